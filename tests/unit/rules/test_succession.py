"""Rules that follow others: from which day they are in force, and what becomes of levels reached before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from standing.engine.ledger.announcements import RatingChanged
from standing.engine.start import StoredHistory, replay_up_to
from standing.engine.state import LevelState
from standing.engine.view import view
from standing.events.intake import Event
from standing.foresight.explanation import explanations
from standing.foresight.outlook import look_ahead
from standing.impact.impact import impact
from standing.impact.report import Report, as_dict
from standing.impact.sources import edited_rules
from standing.impact.view import impact_document
from standing.present.renderers.markdown import markdown
from standing.rules.author.build import build_ruleset, built_rules
from standing.rules.author.compiler import CompiledRules, compile_folder
from standing.rules.author.problems import RulesError
from standing.rules.author.succession import continued, continues, succeeding
from standing.rules.conditions import Group, comparisons
from standing.rules.ruleset import Ruleset
from standing.rules.timeline import Timeline
from standing.values.days import Day, day_date, day_number

from tests.make.frames import population_of
from tests.make.strategies import Customer, purchase

PROGRAMME = """\
title: {en: Club, zh: 俱乐部}
currency: USD
time_zone: UTC
"""
FEATURES = """\
spend:
  title: {en: Spend in 90 days, zh: 近90天消费}
  sum: transaction.net_amount
  over: 90d
orders:
  title: {en: Orders in 90 days, zh: 近90天订单}
  count: purchase
  over: 90d
"""
TIER = """\
rating: tier
title: {en: Tier, zh: 等级}
levels: [bronze, silver, gold]
qualify:
  silver:
    all:
      - spend >= 100.00
  gold:
    all:
      - spend >= 200.00
retain:
  gold:
    all:
      - spend >= 150.00
stability: {review: daily}
"""
CHANGE = day_number(date(2026, 12, 1))
DEARER = {"spend >= 200.00": "spend >= 500.00", "spend >= 150.00": "spend >= 400.00"}
MISLAID = {"spend:\n": "spend_before:\n"}

type Written = Callable[..., CompiledRules]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """A function that writes a rules folder with some words replaced, and compiles it."""

    def write(
        change: dict[str, str] | None = None, *, keep: bool = False, effective: str = "2026-12-01"
    ) -> CompiledRules:
        texts = {"programme.yaml": PROGRAMME, "features.yaml": FEATURES, "ratings/tier.yaml": TIER}
        if keep:
            texts["programme.yaml"] += f"effective: {effective}\n"
            texts["ratings/tier.yaml"] += "existing: keep\n"
        for name, text in texts.items():
            path = tmp_path / "rules" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(_replaced(text, change or {}), encoding="utf-8")
        return compile_folder(tmp_path / "rules")

    return write


def _replaced(text: str, change: dict[str, str]) -> str:
    for old, new in change.items():
        text = text.replace(old, new)
    return text


def held(rules: Timeline, day: Day, *events: Event) -> str:
    """The tier on a day, by the event path: each event in a batch of its own."""
    customer = Customer(rules)
    for event in events:
        customer.deliver(event)
    return view(customer.standing, rules, day).memory.levels["tier"].level


def terms_of(ruleset: Ruleset) -> list[tuple[str, dict[str, list[str]]]]:
    """For each of the older terms the day and the lines of each level."""
    return [
        (
            str(day_date(one.before)),
            {level: [line.text for line in comparisons(ask)] for level, ask in one.keep.items()},
        )
        for one in ruleset.ratings["tier"].terms
    ]


EARLY, LATE = purchase(CHANGE - 10, "250.00", "early"), purchase(CHANGE + 10, "250.00", "late")


def test_existing_levels_are_kept_by_the_rules_they_were_reached_under(written: Written) -> None:
    old, new = written(), written(DEARER, keep=True)
    rules = continued(Timeline.of(old.ruleset), new, CHANGE)
    assert held(rules, CHANGE + 40, EARLY) == "gold"
    assert held(rules, CHANGE + 40, LATE) == "silver"
    assert held(rules, CHANGE + 95, EARLY) == "bronze"  # nothing keeps it: it falls as it would have


def test_reassessed_levels_fall_at_the_next_review(written: Written) -> None:
    old, new = written(), written(DEARER)
    rules = continued(Timeline.of(old.ruleset), new, CHANGE)
    assert held(rules, CHANGE - 1, EARLY) == "gold"
    assert held(rules, CHANGE, EARLY) == "silver"


def test_a_level_that_was_lost_and_reached_again_is_judged_by_the_new_rules(written: Written) -> None:
    rules = continued(Timeline.of(written().ruleset), written(DEARER, keep=True), CHANGE)
    again = purchase(CHANGE + 100, "250.00", "again")
    assert held(rules, CHANGE + 100, EARLY, again) == "silver"


def test_a_level_reached_after_the_change_is_not_kept_by_older_rules(written: Written) -> None:
    rules = continued(Timeline.of(written().ruleset), written(DEARER, keep=True), CHANGE)
    reached = purchase(CHANGE, "350.00", "a"), purchase(CHANGE + 50, "160.00", "b")
    assert held(rules, CHANGE + 89, *reached) == "gold"
    assert held(rules, CHANGE + 90, *reached) == "silver"


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_the_order_of_arrival_makes_no_difference(written: Written, order: tuple[int, ...]) -> None:
    rules = continued(Timeline.of(written().ruleset), written(DEARER, keep=True), CHANGE)
    events = [
        purchase(CHANGE - 30, "210.00", "a"),
        purchase(CHANGE + 5, "10.00", "b"),
        purchase(CHANGE + 50, "1.00", "c"),
    ]
    assert held(rules, CHANGE + 59, *(events[place] for place in order)) == "gold"
    assert held(rules, CHANGE + 60, *(events[place] for place in order)) == "silver"


def test_the_terms_are_what_the_rules_before_asked_where_these_ask_otherwise(written: Written) -> None:
    after = succeeding(written().ruleset, written(DEARER, keep=True), CHANGE)
    assert terms_of(after) == [("2026-12-01", {"gold": ["spend >= 150.00", "spend >= 200.00"]})]
    assert isinstance(ask := after.ratings["tier"].terms[0].keep["gold"], Group)
    assert ask.group == "any"


def test_terms_go_on_through_later_changes_and_end_where_levels_are_reassessed(written: Written) -> None:
    first = succeeding(written().ruleset, written(DEARER, keep=True), CHANGE)
    dearest = {"spend >= 200.00": "spend >= 900.00", "spend >= 150.00": "spend >= 800.00"}
    second = succeeding(first, written(dearest, keep=True, effective="2027-01-01"), CHANGE + 31)
    assert [day for day, _ in terms_of(second)] == ["2026-12-01", "2027-01-01"]
    same = succeeding(second, written({**dearest, "Club": "The club"}, keep=True), CHANGE + 60)
    assert terms_of(same) == terms_of(second)
    assert terms_of(succeeding(same, written(dearest), CHANGE + 90)) == []


def test_terms_of_a_level_that_is_gone_are_dropped(written: Written) -> None:
    first = succeeding(written().ruleset, written(DEARER, keep=True), CHANGE)
    renamed = succeeding(first, written({"gold": "golden"}, keep=True), CHANGE + 31)
    assert terms_of(renamed) == [("2026-12-01", {})]


@pytest.mark.parametrize(
    ("change", "place", "said"),
    [
        (MISLAID | {"- spend ": "- orders ", "0.00": "0"}, "rules/ratings/tier.yaml:16", "needs `spend` as the rules"),
        ({"over: 90d": "over: 30d"}, "rules/ratings/tier.yaml:16", "needs `spend` as the rules before define it"),
        ({"USD": "EUR"}, "rules/programme.yaml:1", "`currency` cannot change"),
        ({"UTC": "Asia/Shanghai"}, "rules/programme.yaml:1", "`time_zone` cannot change"),
    ],
)
def test_what_cannot_follow_is_refused_with_its_place(
    written: Written, change: dict[str, str], place: str, said: str
) -> None:
    before = written().ruleset
    with pytest.raises(RulesError) as caught:
        succeeding(before, written(change, keep=True), CHANGE)
    assert any(str(one).startswith(place) and said in str(one) for one in caught.value.problems), caught.value


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"UTC\n": "UTC\neffective: soon\n"}, "programme.yaml:4:12: `effective`: a date such as 2026-12-01"),
        ({"UTC\n": "UTC\neffective: 2026-02-30\n"}, "programme.yaml:4:12: `effective`: a date such as 2026-12-01"),
        (
            {"stability": "existing: keep\nstability"},
            "tier.yaml:15:11: `existing: keep` is about levels reached",
        ),
        ({"stability": "existing: forever\nstability"}, "tier.yaml:15:11: `existing` should be 'keep' or 'reassess'"),
        (
            {"levels": "ordered: false\nexisting: reassess\nlevels", "stability: {review: daily}\n": ""},
            "tier.yaml:4:1: `existing`: only an ordered rating",
        ),
    ],
)
def test_a_policy_that_means_nothing_is_refused(written: Written, change: dict[str, str], said: str) -> None:
    with pytest.raises(RulesError) as caught:
        written(change)
    assert any(said in str(one) for one in caught.value.problems), caught.value


# Building ----------------------------------------------------------------------------------------------------------


def test_the_build_puts_rules_in_force_from_the_day_they_name(written: Written, tmp_path: Path) -> None:
    layer = tmp_path / "layer"
    written()
    build_ruleset(tmp_path / "rules", layer)
    new = written(DEARER, keep=True)
    for _ in range(2):  # built again, it is the same
        build_ruleset(tmp_path / "rules", layer)
        built = built_rules(layer)
        assert built is not None
        assert [entry.since for entry in built.entries] == [0, CHANGE]
        assert terms_of(built.latest)[0][0] == "2026-12-01"
        assert continues(built, new)
        assert not continues(built, written(DEARER))
        written(DEARER, keep=True)


def test_a_first_build_is_in_force_on_all_days(written: Written, tmp_path: Path) -> None:
    new = written(keep=True)
    build_ruleset(tmp_path / "rules", tmp_path / "layer")
    assert built_rules(tmp_path / "layer") == Timeline.of(new.ruleset)


# What is said of it ------------------------------------------------------------------------------------------------


def test_impact_counts_whom_the_older_rules_keep(written: Written) -> None:
    old, new = written().ruleset, written(DEARER, keep=True)
    known = [
        ("a", {"spend": 16_000}, {"tier": LevelState("gold", CHANGE - 5)}),  # kept by older rules
        ("b", {"spend": 16_000}, {"tier": LevelState("gold", CHANGE + 5)}),  # reached after the change: it would fall
        ("c", {"spend": 14_000}, {"tier": LevelState("gold", CHANGE - 5)}),  # kept by neither
        ("d", {"spend": 60_000}, {"tier": LevelState("gold", CHANGE - 5)}),
        ("e", {"spend": 30_000}, {"tier": LevelState("silver", CHANGE - 5)}),  # would have risen
    ]
    people = population_of(old, CHANGE + 9, known)
    after = edited_rules(old, new, people.day)
    found = Report(old, after, people, impact(old, after, people.frame, people.frame, people.day))
    assert found.impact.matrices["tier"] == {
        ("gold", "gold"): 2,
        ("gold", "silver"): 2,
        ("silver", "silver"): 1,
    }
    assert as_dict(found)["kept_by_older_rules"] == {"tier": 1}
    assert as_dict(found)["effective"] == "2026-12-01"
    said = markdown(impact_document(found, "en"))
    assert "In force from 2026-12-01." in said
    assert "`existing: keep` · **Tier: 1 keeps a level by nothing but the rules under which they reached it**" in said


def test_an_explanation_tells_the_older_rules_that_keep_a_level(written: Written) -> None:
    rules = continued(Timeline.of(written().ruleset), written(DEARER, keep=True), CHANGE)
    outlook = look_ahead(replay_up_to(CHANGE + 5, StoredHistory([EARLY])), rules, CHANGE + 5)
    (tier,) = explanations(outlook)
    told = {
        (asked.purpose, asked.level): [(one["line"], one["holds"]) for one in asked.because] for asked in tier.asked
    }
    assert told["kept-by", "gold"] == [("spend >= 400.00", False)]
    assert told["kept-as-before", "gold"] == [("spend >= 150.00", True), ("spend >= 200.00", True)]


def test_a_fall_is_told_with_the_older_rules_that_no_longer_kept_the_level(written: Written) -> None:
    rules = continued(Timeline.of(written().ruleset), written(DEARER, keep=True), CHANGE)
    customer = Customer(rules)
    customer.deliver(EARLY)
    (changed, *_) = customer.deliver(purchase(CHANGE + 200, "1.00", "much-later"))
    assert isinstance(changed, RatingChanged)
    assert [one["line"] for one in changed.because] == ["spend >= 400.00", "spend >= 150.00", "spend >= 200.00"]
    assert not any(one["holds"] for one in changed.because)
