"""Scores in rules: what a model said, dated; and scores that the rules themselves add up."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from standing.engine.engine import engine_of
from standing.engine.measures import aggregate, empty
from standing.events.intake import Event
from standing.rules.author.compiler import compile_rules
from standing.rules.author.problems import RulesError
from standing.rules.conditions import Fact
from standing.rules.features import Ramp
from standing.rules.prove.check import check
from standing.rules.ruleset import Ruleset
from standing.rules.scenarios.player import play
from standing.rules.timeline import Timeline

from tests.make.programmes import score
from tests.make.scenarios import parse_scenarios
from tests.make.strategies import complaint, purchase
from tests.make.support import real_ruleset

PROGRAMME = "title: {en: A shop, zh: 商店}\ncurrency: USD\ntime_zone: UTC\n"
CHURN = "latest: score.value; where: {name: churn}"
RISK = """\
rating: risk
title: {en: Risk, zh: 风险}
levels: [low, high]
stability: {review: daily, fall: to-kept}
qualify:
  high:
    all:
      - churn >= 0.7
"""


def written(folder: Path, features: dict[str, str], risk: str = RISK) -> Path:
    (folder / "ratings").mkdir(parents=True)
    (folder / "programme.yaml").write_text(PROGRAMME)
    named = {"churn": CHURN} | features
    title = "title: {en: A feature, zh: 特征}"
    entries = [f"{name}:\n  {title}\n  " + "\n  ".join(said.split("; ")) for name, said in named.items()]
    (folder / "features.yaml").write_text("\n".join(entries) + "\n")
    (folder / "ratings" / "risk.yaml").write_text(risk)
    return folder


def known(rules: Ruleset, events: list[Event], day: int) -> dict[str, Fact]:
    return engine_of(rules).facts(aggregate(empty(rules), events, rules), day)


def problems(folder: Path, features: dict[str, str]) -> list[str]:
    with pytest.raises(RulesError) as raised:
        compile_rules(written(folder, features))
    return [str(problem) for problem in raised.value.problems]


def test_the_latest_score_of_a_name_is_a_feature_from_its_day_on(tmp_path: Path) -> None:
    rules = compile_rules(written(tmp_path, {"band": "latest: score.band; where: {name: churn}"}))
    said = [score(20, "churn", 2_000, "a"), score(30, "churn", 7_300, "b"), score(31, "worth", 99, "c")]
    assert "churn" not in known(rules, said, 19)
    assert known(rules, said, 29) == {"churn": 2_000, "band": "low"}
    assert known(rules, said, 40) == {"churn": 7_300, "band": "plus"}


@pytest.mark.parametrize("kind", ["latest", "min", "max", "mean"])
def test_a_feature_says_of_which_score_it_is(tmp_path: Path, kind: str) -> None:
    (said,) = problems(tmp_path, {"any": f"{kind}: score.value"})
    assert "of which score? Name it, such as `where: {name: churn}`" in said


def test_scores_are_not_added_up(tmp_path: Path) -> None:
    (said,) = problems(tmp_path, {"all": "sum: score.value; where: {name: churn}"})
    assert "score has none for it" in said


def test_a_score_begins_no_membership(tmp_path: Path) -> None:
    rules = compile_rules(written(tmp_path, {"year": "count: purchase; over: membership-year"}))
    assert not any("score" in one.of and "purchase" in one.of for one in rules.measures.values())
    events = [score(10, "churn", 2_000), purchase(100), purchase(400)]
    assert known(rules, events, 405)["year"] == 2


def test_a_story_tells_of_a_score(tmp_path: Path) -> None:
    rules = compile_rules(written(tmp_path, {}))
    story = """\
scenario: at-risk
story:
  - {on: 2026-03-01, purchase: {amount: 10.00}, expect: {risk: low}}
  - {on: 2026-04-01, score: {name: churn, value: 7300, band: high}, expect: {risk: high, features: {churn: 0.73}}}
"""
    (scenario,) = parse_scenarios(story, "rules/scenarios/one.yaml", rules)
    assert not play(scenario, Timeline.of(rules)).misses


# Scores that the rules add up

POINTS = """points:
    - {feature: spend, from: 0, to: 500.00, weight: 60}
    - {feature: quiet, from: 100, to: 0, weight: 30}
    - {feature: churn, from: 0.9, to: 0.1, weight: 10, unknown: 5}
"""
PARTS = {
    "spend": "sum: transaction.net_amount; over: 30d",
    "quiet": "days_since_last: purchase",
    "value": POINTS.rstrip(),
}


def with_points(folder: Path, was: str = "", becomes: str = "") -> Path:
    return written(folder, PARTS | {"value": POINTS.rstrip().replace(was, becomes, 1)} if was else PARTS)


def test_a_score_adds_up_the_floored_points_of_its_parts(tmp_path: Path) -> None:
    rules = compile_rules(with_points(tmp_path))
    assert known(rules, [], 10)["value"] == 5  # nothing spent, never bought, and no churn known
    events = [purchase(100, "123.45"), score(101, "churn", 4_999)]
    assert known(rules, [], 100) == {"spend": 0, "value": 5}
    assert known(rules, events, 100)["value"] == 14 + 30 + 5  # 60 * 12345 // 50000 = 14
    assert known(rules, events, 101)["value"] == 14 + 29 + 5  # 30 * 99 // 100 = 29; 10 * 4001 // 8000 = 5
    assert known(rules, events, 129)["value"] == 14 + 21 + 5
    assert known(rules, events, 130)["value"] == 0 + 21 + 5  # the purchase has left its window
    assert known(rules, [*events, purchase(140, "9999.00")], 140)["value"] == 60 + 30 + 5


@given(st.integers(-(2**53), 2**53), st.integers(-(10**6), 10**6), st.integers(-(10**6), 10**6), st.integers(1, 100))
def test_a_ramp_gives_whole_points_that_rise_at_its_steps(value: int, begin: int, end: int, weight: int) -> None:
    assume(begin != end)
    ramp = Ramp(part="worth", begin=begin, end=end, weight=weight)
    exact = Fraction(weight) * (value - begin) / (end - begin)
    assert ramp.points(value) == floor(min(max(exact, Fraction(0)), Fraction(weight)))
    before = -1 if ramp.rises else 1
    for point, step in enumerate(ramp.steps, 1):
        assert ramp.points(step + before) < point <= ramp.points(step)
    assert (ramp.points(begin), ramp.points(end)) == (0, weight)


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ("weight: 60", "weight: 50", "the weights add up to 90: together they are to be 100"),
        ("feature: spend", "feature: spent", "`spent` is not a feature that stands above this one"),
        ("feature: spend", "feature: value", "`value` is not a feature that stands above this one"),
        ("to: 500.00", "to: 0", "`from` and `to` are the same"),
        ("to: 500.00", "to: 0.001", "`0.001` has too many decimals for an amount of money"),
        ("to: 500.00", "to: much", "a number such as 12 or 4.50"),
        ("unknown: 5", "unknown: 11", "`weight` is at least 1, and `unknown` no more than it"),
        ("weight: 60", "weight: 160", "whole points from 0 to 100"),
        ("from: 0, ", "", "`value.points.0.from` is missing"),
    ],
)
def test_a_score_that_cannot_be_is_named_with_what_was_expected(
    tmp_path: Path, was: str, becomes: str, said: str
) -> None:
    with pytest.raises(RulesError) as raised:
        compile_rules(with_points(tmp_path, was, becomes))
    assert any(said in str(problem) and "features.yaml:1" in str(problem) for problem in raised.value.problems)


def test_a_band_of_a_model_is_no_number(tmp_path: Path) -> None:
    band = {"band": "latest: score.band; where: {name: churn}"}
    ramp = "points: [{feature: band, from: 0, to: 1, weight: 100}]"
    (said,) = problems(tmp_path, band | {"value": ramp})
    assert "`band` is not a number that stands above this one" in said


def test_proofs_know_what_a_score_can_be(tmp_path: Path) -> None:
    """85 points need the money; 101 cannot be."""
    lines = ["value >= 85", "spend < 350.00"]
    either = "\n".join(f"      - {line}" for line in lines)
    folder = with_points(tmp_path)
    (folder / "ratings" / "risk.yaml").write_text(RISK.replace("      - churn >= 0.7", either))
    (found,) = [one for one in check(folder).found if one.finding.check == "CHK-01"]
    assert "`value >= 85`" in found.finding.message
    (folder / "ratings" / "risk.yaml").write_text(RISK.replace("churn >= 0.7", "value >= 84"))
    assert not [one for one in check(folder).found if one.finding.check == "CHK-01"]
    (folder / "ratings" / "risk.yaml").write_text(RISK.replace("churn >= 0.7", "value >= 101"))
    assert [one for one in check(folder).found if one.finding.check == "CHK-01"]


def test_the_example_in_the_docs_is_so() -> None:
    """docs/scores.md: who bought 90 days ago, first 365 days ago, six times, and complained once."""
    rules = real_ruleset()
    events = [purchase(day, name=f"p{day}") for day in (1_000, 1_010, 1_020, 1_030, 1_040, 1_275)]
    assert (
        known(rules, [*events, complaint(1_300)], 1_365)["loyalty_score"] == 40 - 1
    )  # the first is a year and a day ago
    assert known(rules, [*events, purchase(1_100), complaint(1_300)], 1_365)["loyalty_score"] == 40
