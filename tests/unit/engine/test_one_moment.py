"""Two values of one moment: the more cautious counts, whichever came first, and on both paths."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standing.engine.engine import engine_of
from standing.engine.measures import aggregate, empty
from standing.engine.overrides import manual_level_on
from standing.engine.series import Latest, Observation
from standing.events.intake import Event
from standing.lake.records import rows_of
from standing.rescoring.features import features_on
from standing.rules.author.compiler import compile_rules
from standing.rules.ruleset import Ruleset
from standing.rules.scenarios.player import play
from standing.rules.scenarios.recorder import record
from standing.rules.timeline import Timeline
from standing.scores.scores import last_said

from tests.make.programmes import override, profile, score
from tests.make.scenarios import parse_scenarios
from tests.unit.rules.test_score_rules import PROGRAMME, written

DAY = 20_000
FEATURES = {
    "appetite": "latest: profile.risk_appetite",
    "may_email": "latest: profile.consent.email",
    "plan": "latest: profile.segments.plan",
    "set_level": "latest: override.level; where: {rating: risk}",
}


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Ruleset:
    """A programme with a channel, a rating that can be set by hand, and features of the latest word."""
    folder = written(tmp_path_factory.mktemp("moments"), FEATURES)
    (folder / "programme.yaml").write_text(PROGRAMME + "channels: [email]\n")
    return compile_rules(folder)


def said(day: int, name: str, **what: Any) -> Event:
    """A word about a customer, at noon."""
    return profile(day, name, **what)


CASES = [
    ([{"consent": {"email": True}}, {"consent": {"email": False}}], "may_email", 0),
    ([{"risk_appetite": "aggressive"}, {"risk_appetite": "averse"}, {"risk_appetite": "growth"}], "appetite", 0),
    ([{"risk_appetite": "aggressive"}, {"risk_appetite": "balanced"}], "appetite", 2),
    ([{"segments": {"plan": "plus"}}, {"segments": {"plan": "basic"}}], "plan", "basic"),
]


@pytest.mark.parametrize(("words", "feature", "expected"), CASES)
def test_the_more_cautious_word_counts(
    rules: Ruleset, words: list[dict[str, Any]], feature: str, expected: Any
) -> None:
    events = [said(DAY, f"w{number}", **what) for number, what in enumerate(words)]
    for order in permutations(events):
        buckets = empty(rules)
        for one in order:
            buckets = aggregate(buckets, [one], rules)
        assert engine_of(rules).facts(buckets, DAY)[feature] == expected
        assert aggregate(empty(rules), order, rules).series == buckets.series
    assert in_polars(rules, events)[feature] == expected


def test_consent_taken_back_as_it_is_given_is_no_consent(rules: Ruleset) -> None:
    events = [said(DAY, "yes", consent={"email": True}), said(DAY, "no", consent={"email": False})]
    assert in_polars(rules, events)["consent/email"] == "false"
    consent = rules.programme.consent["email"]
    (kept,) = {aggregate(empty(rules), order, rules).latest[consent] for order in permutations(events)}
    assert kept == Latest((DAY,), kept.moments, ("false",))


def test_consent_that_is_given_later_counts(rules: Ruleset) -> None:
    events = [said(DAY, "no", hour=9, consent={"email": False}), said(DAY, "yes", hour=12, consent={"email": True})]
    assert engine_of(rules).facts(aggregate(empty(rules), events, rules), DAY)["may_email"] == 1
    assert in_polars(rules, events)["may_email"] == 1


def test_of_two_levels_set_at_one_moment_the_lower_shows(rules: Ruleset) -> None:
    both = [override(DAY, level, DAY + 9, level, rating="risk") for level in ("low", "high")]
    for order in permutations(both):
        buckets = aggregate(empty(rules), order, rules)
        ruling = manual_level_on(rules.ratings["risk"], buckets, DAY)
        assert ruling
        assert ruling.level == "low"
        assert engine_of(rules).facts(buckets, DAY)["set_level"] == "low"
    assert in_polars(rules, both)["ruling/risk"].startswith('["low"')
    assert in_polars(rules, both)["set_level"] == "low"


def test_of_one_level_set_twice_at_one_moment_the_one_that_ends_sooner_shows(rules: Ruleset) -> None:
    both = [override(DAY, "high", DAY + days, f"o{days}", rating="risk") for days in (9, 3)]
    ruling = manual_level_on(rules.ratings["risk"], aggregate(empty(rules), both, rules), DAY)
    assert ruling
    assert ruling.expires == DAY + 3


def test_a_score_said_twice_at_one_moment_was_last_said_as_rules_have_it() -> None:
    both = [score(DAY, "churn", value, f"s{value}") for value in (9_000, 100)]
    assert last_said(rows_of(both, 2).lazy())["band"].to_list() == ["low"]


@pytest.mark.parametrize(("words", "feature", "expected"), CASES)
def test_a_recorded_story_tells_last_what_counts(
    rules: Ruleset, words: list[dict[str, Any]], feature: str, expected: Any
) -> None:
    events = [said(DAY, f"w{number}", **what) for number, what in enumerate(words)]
    recording = record(events, rules, DAY)
    assert recording
    (story,) = parse_scenarios(recording.text, "story.yaml", rules)
    assert play(story, Timeline.of(rules)).lived[-1].facts[feature] == expected


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.sampled_from("abc"))), st.randoms())
def test_no_order_of_arrival_makes_a_difference(values: list[tuple[int, int, str]], random: Any) -> None:
    one = [Observation(*value) for value in values]
    other = random.sample(one, len(one))
    assert Latest().plus(one) == Latest().plus(other)
    assert Latest().plus(one, lambda value: -ord(str(value))) == Latest().plus(other, lambda value: -ord(str(value)))


def in_polars(rules: Ruleset, events: list[Event]) -> dict[str, Any]:
    """What the lake makes of it."""
    (row,) = features_on(rules, rows_of(events, 2).lazy(), DAY).collect(engine="streaming").rows(named=True)
    return row
