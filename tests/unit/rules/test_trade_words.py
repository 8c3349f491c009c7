"""What the language says of other trades: activities that a programme names, categories, and what a customer has."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from standing.customers.phrases import NOUNS, plan_in_words
from standing.engine.engine import engine_of
from standing.engine.fold import simulate_day
from standing.engine.ledger.announcements import RatingChanged
from standing.engine.measures import aggregate, empty
from standing.engine.reasons import WITHHELD, reasons
from standing.engine.start import StoredHistory, replay_up_to
from standing.engine.state import Memory
from standing.events import Engagement, Purchase
from standing.events.intake import Event
from standing.foresight.explanation import explanations
from standing.foresight.outlook import look_ahead
from standing.present.rules.words import FAMILY_WORDS
from standing.rules.author.compiler import compile_rules
from standing.rules.author.problems import RulesError
from standing.rules.author.vocabulary import FAMILIES, allowed_values
from standing.rules.conditions import Fact
from standing.rules.prove.check import check
from standing.rules.ruleset import Ruleset
from standing.rules.timeline import Timeline
from standing.values.days import Day

from tests.make import strategies as made
from tests.make.programmes import activity, profile
from tests.make.scenarios import parse_scenarios
from tests.make.strategies import Customer, refund

PROGRAMME = """\
title: {en: A bank, zh: 银行}
currency: USD
time_zone: UTC
activities: [deposit, instalment-missed]
"""
TITLE = "title: {en: A feature, zh: 特征}"
TIER = """\
rating: tier
title: {en: Tier, zh: 等级}
levels: [plain, wealthy]
stability: {review: daily, fall: to-kept}
qualify:
  wealthy:
    all:
      - held >= 50000.00
"""
HELD = {"held": "latest: profile.amounts.deposits"}


def written(folder: Path, features: dict[str, str], programme: str = PROGRAMME, tier: str = TIER) -> Path:
    (folder / "ratings").mkdir(parents=True)
    (folder / "programme.yaml").write_text(programme)
    entries = [f"{name}:\n  {TITLE}\n  " + "\n  ".join(said.split("; ")) for name, said in (HELD | features).items()]
    (folder / "features.yaml").write_text("\n".join(entries) + "\n")
    (folder / "ratings" / "tier.yaml").write_text(tier)
    return folder


def problems(folder: Path, features: dict[str, str], programme: str = PROGRAMME) -> list[str]:
    with pytest.raises(RulesError) as raised:
        compile_rules(written(folder, features, programme))
    return [str(problem) for problem in raised.value.problems]


def known_of(rules: Ruleset, events: Sequence[Event], day: Day) -> dict[str, Fact]:
    return engine_of(rules).facts(made.pruned(aggregate(empty(rules), events, rules), day, rules), day)


def deposits(day: Day, amount: str, name: str = "v") -> Event:
    return profile(day, name, amounts={"deposits": amount}, currency="USD")


# Activities --------------------------------------------------------------------------------------------------------


def test_activities_are_counted_summed_and_compared_as_money(tmp_path: Path) -> None:
    kinds = {kind: f"{kind}: activity.amount; where: {{kind: deposit}}; over: 30d" for kind in ("sum", "max", "mean")}
    rules = compile_rules(
        written(
            tmp_path,
            kinds
            | {"missed": "count: activity; where: {kind: instalment-missed}", "kinds": "distinct: activity.kind"}
            | {"abroad": "count: activity; where: {channel: abroad, category: cash}"},
        )
    )
    events = [activity(100, "deposit", "10.00", "a"), activity(101, "deposit", "30.01", "b")]
    events += [activity(102, "deposit", None, "c"), activity(103, "instalment-missed", None, "d")]
    assert known_of(rules, events, 110) == {
        **{"sum": 4_001, "max": 3_001, "mean": 2_000},
        **{"missed": 1, "kinds": 2, "abroad": 0},
    }


def test_an_activity_that_the_programme_does_not_name_is_found_where_a_rule_asks_for_it(tmp_path: Path) -> None:
    (said,) = problems(tmp_path, {"missed": "count: activity; where: {kind: instalment-mised}"})
    assert "`instalment-mised` is not one of deposit, instalment-missed" in said
    assert "/features.yaml:7:17: " in said


def test_a_programme_without_activities_has_none_to_count(tmp_path: Path) -> None:
    bare = PROGRAMME.replace("activities: [deposit, instalment-missed]\n", "")
    (said,) = problems(tmp_path, {"all": "count: activity"}, bare)
    assert "programme.yaml names no `activities`" in said


@pytest.mark.parametrize("names", ["[Deposit]", "[deposit, deposit]", "deposit", "['']"])
def test_activities_are_names_each_once(tmp_path: Path, names: str) -> None:
    wrong = PROGRAMME.replace("[deposit, instalment-missed]", names)
    assert any("activities" in said for said in problems(tmp_path, {}, wrong))


def test_a_membership_begins_with_an_activity_only_where_there_are_any(tmp_path: Path) -> None:
    """Rules that name none have the version they would have if there were no activities."""
    year = {"spent": "sum: transaction.net_amount; over: membership-year"}
    bare = PROGRAMME.replace("activities: [deposit, instalment-missed]\n", "")
    with_them, without = (
        compile_rules(written(tmp_path / name, year, text)) for name, text in (("a", PROGRAMME), ("b", bare))
    )
    assert ["activity" in one.of for one in with_them.measures.values()].count(True) == 1
    assert not any("activity" in one.of for one in without.measures.values())
    assert "activities" not in without.model_dump_json(exclude_defaults=True)


# Categories and items ----------------------------------------------------------------------------------------------


def test_categories_are_filtered_by_and_counted(tmp_path: Path) -> None:
    rules = compile_rules(
        written(
            tmp_path,
            {
                "books": "sum: transaction.net_amount; where: {category: books}",
                "categories": "distinct: purchase.category",
                "looked": "distinct: engagement.item; where: {kind: view, category: books}",
            },
        )
    )
    who: dict[str, Any] = {"customer": "c-1", "time": made.noon(100)}
    paid: dict[str, Any] = {**who, "currency": "USD"}
    bought = [Purchase(**paid, id=name, amount="8.00", category=name) for name in ("books", "games")]
    seen = [
        Engagement(**who, id=f"{kind}-{item}", kind=kind, category="books", item=item)
        for kind, item in (("view", "b-1"), ("view", "b-1x"), ("basket", "b-2"))
    ]
    back = refund(101, "3.00")
    returned = back.detail.model_copy(update={"category": "books"})
    events = [made.event(100, detail) for detail in (*bought, *seen)] + [made.event(101, returned), refund(102, "1.00")]
    assert known_of(rules, events, 105) == {"books": 500, "categories": 2, "looked": 2}


# What a customer has -----------------------------------------------------------------------------------------------


def test_the_latest_amount_is_money_and_older_ones_do_not_come_back(tmp_path: Path) -> None:
    rules = compile_rules(written(tmp_path, {"recent": "latest: profile.amounts.deposits; over: 30d"}))
    events = [deposits(100, "60000.00"), deposits(110, "49999.99")]
    assert known_of(rules, events, 109) == {"held": 6_000_000, "recent": 6_000_000}
    assert known_of(rules, events, 110) == {"held": 4_999_999, "recent": 4_999_999}
    assert known_of(rules, events, 140) == {"held": 4_999_999}
    assert known_of(rules, [*events, profile(120, "w", amounts={"loans": "1.00"}, currency="USD")], 120) == {
        "held": 4_999_999,
        "recent": 4_999_999,
    }


@pytest.mark.parametrize("kind", ["min", "max", "mean"])
def test_what_was_held_has_a_lowest_a_highest_and_a_mean(tmp_path: Path, kind: str) -> None:
    rules = compile_rules(written(tmp_path, {"over": f"{kind}: profile.amounts.deposits; over: 30d"}))
    events = [deposits(day, amount) for day, amount in ((100, "10.00"), (110, "40.00"), (120, "25.00"))]
    assert known_of(rules, events, 125)["over"] == {"min": 1_000, "max": 4_000, "mean": 2_500}[kind]


@pytest.mark.parametrize("kind", ["sum", "distinct", "days_until", "count"])
def test_what_is_held_does_not_add_up(tmp_path: Path, kind: str) -> None:
    (said,) = problems(tmp_path, {"wrong": f"{kind}: profile.amounts.deposits"})
    assert "features.yaml:6:" in said


def test_a_ratio_of_what_is_owed_and_the_limit_is_worked_out(tmp_path: Path) -> None:
    parts = {name: f"latest: profile.amounts.{name}" for name in ("owed", "limit")}
    rules = compile_rules(written(tmp_path, parts | {"used": "ratio: [owed, limit]"}))
    said = profile(100, amounts={"owed": "900.00", "limit": "1000.00"}, currency="USD")
    assert known_of(rules, [said], 100)["used"] == 9_000
    assert rules.by_name["used"].personal


@pytest.mark.parametrize("amounts", [("10.00", "60000.00"), ("60000.00", "10.00")])
def test_a_level_follows_the_latest_amount_in_whatever_order_it_is_told(
    tmp_path: Path, amounts: tuple[str, str]
) -> None:
    rules = compile_rules(written(tmp_path, {}))
    events = [deposits(100, amounts[0]), deposits(130, amounts[1])]
    for order in (events, events[::-1]):
        customer = Customer(Timeline.of(rules))
        for one in order:
            customer.deliver(one)
        assert customer.standing.closed.levels["tier"].level == ("wealthy" if amounts[1] > "2" else "plain")


def test_reasons_do_not_say_what_a_customer_has(tmp_path: Path) -> None:
    rules = compile_rules(written(tmp_path, {}))
    buckets = aggregate(empty(rules), [deposits(100, "61234.50")], rules)
    lived = simulate_day(rules, buckets, Memory(), 100, event_day=True)
    assert lived.closed.levels["tier"].level == "wealthy"
    condition = rules.ratings["tier"].qualify["wealthy"]
    assert reasons(rules, condition, lived.facts) == ({"line": "held >= 50000.00", "actual": WITHHELD, "holds": True},)


def test_decisions_do_not_say_what_a_customer_has(tmp_path: Path) -> None:
    customer = Customer(Timeline.of(compile_rules(written(tmp_path, {}))))
    (decision,) = customer.deliver(deposits(100, "61234.50"))
    assert "61234" not in repr(decision)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("held >= 50000.00", "1 more profile change (A feature: 10.00 → 50000.00)"),
        ("held == 0.50", "1 more profile change (A feature: 10.00 → 0.50)"),
        ("held <= 9.99", "1 more profile change (A feature: 10.00 → 9.99)"),
    ],
)
def test_what_would_have_to_be_held_is_named(tmp_path: Path, line: str, said: str) -> None:
    rules = compile_rules(written(tmp_path, {}, tier=TIER.replace("held >= 50000.00", line)))
    seen = look_ahead(replay_up_to(100, StoredHistory([deposits(100, "10.00")])), Timeline.of(rules), 100)
    (way,) = next(explanations(seen)).ways
    assert way.plan is not None
    assert plan_in_words(rules, way.plan, 100, "en") == said


def test_two_amounts_of_one_profile_are_said_together(tmp_path: Path) -> None:
    both = TIER + "      - funds >= 100.00\n"
    rules = compile_rules(written(tmp_path, {"funds": "latest: profile.amounts.funds"}, tier=both))
    seen = look_ahead(replay_up_to(100, StoredHistory([deposits(100, "10.00")])), Timeline.of(rules), 100)
    (way,) = next(explanations(seen)).ways
    assert way.plan is not None
    assert [(one.lever.feature.name, one.becomes) for one in way.plan.wanted] == [
        ("held", 5_000_000),
        ("funds", 10_000),
    ]


@pytest.mark.parametrize(
    ("feature", "line", "said"),
    [
        ("count: activity; where: {kind: deposit}; over: 30d", "moved >= 2", "2 more `deposit` (A feature: 0 → 2)"),
        (
            "sum: activity.amount; where: {kind: deposit}; over: 30d",
            "moved >= 7.50",
            "7.50 more by `deposit` (A feature: 0.00 → 7.50)",
        ),
    ],
)
def test_an_activity_moves_a_feature_by_its_own_name(tmp_path: Path, feature: str, line: str, said: str) -> None:
    rules = compile_rules(written(tmp_path, {"moved": feature}, tier=TIER.replace("held >= 50000.00", line)))
    seen = look_ahead(replay_up_to(100, StoredHistory([deposits(100, "10.00")])), Timeline.of(rules), 100)
    (way,) = next(explanations(seen)).ways
    assert way.plan is not None
    assert plan_in_words(rules, way.plan, 100, "en").startswith(said)


# Proofs ------------------------------------------------------------------------------------------------------------


def test_an_amount_is_never_negative_and_may_be_as_large_as_rules_ask(tmp_path: Path) -> None:
    large = TIER.replace("50000.00", "900000000.00")
    assert [one.finding.check for one in check(written(tmp_path / "large", {}, tier=large)).faults] == []
    below = TIER.replace(">= 50000.00", "< 0.00")
    assert "CHK-01" in {one.finding.check for one in check(written(tmp_path / "below", {}, tier=below)).faults}


# Days to a date itself ---------------------------------------------------------------------------------------------


def matures(day: Day, on: str, name: str = "m") -> Event:
    return profile(day, name, dates={"maturity": on})


def test_the_days_to_a_date_itself_end_with_it_and_an_anniversary_comes_again(tmp_path: Path) -> None:
    rules = compile_rules(
        written(tmp_path, {"once": "days_to: profile.dates.maturity", "yearly": "days_until: profile.dates.maturity"})
    )
    said = [matures(100, "1971-05-01")]  # day 485
    assert [known_of(rules, said, day) for day in (100, 120, 484, 485, 486)] == [
        {"once": 385, "yearly": 20},
        {"once": 365, "yearly": 0},
        {"once": 1, "yearly": 1},
        {"once": 0, "yearly": 0},
        {"yearly": 365},
    ]
    assert known_of(rules, [*said, matures(486, "1972-05-01", "n")], 487)["once"] == 364


def test_time_alone_brings_a_date_near_and_past(tmp_path: Path) -> None:
    near = TIER.replace("held >= 50000.00", "once <= 30")
    rules = compile_rules(written(tmp_path, {"once": "days_to: profile.dates.maturity"}, tier=near))
    customer = Customer(Timeline.of(rules))
    customer.deliver(matures(100, "1971-05-01"))
    decided = customer.deliver(deposits(600, "1.00"))
    moved = [(one.level, one.day) for one in decided if isinstance(one, RatingChanged)]
    assert moved == [("wealthy", 455), ("plain", 486)]


@pytest.mark.parametrize("date", ["birthday", "amounts.deposits", "dates"])
def test_what_has_no_year_has_no_days_to_it(tmp_path: Path, date: str) -> None:
    (said,) = problems(tmp_path, {"once": f"days_to: profile.{date}"})
    assert "days_to needs a value: profile.dates.NAME" in said


# Stories and words -------------------------------------------------------------------------------------------------

STORY = """\
- scenario: saver
  story:
    - on: 2026-01-05
      {step}
      expect: {{tier: plain}}
"""


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("activity: {kind: depositt}", "one of the programme's activities: deposit, instalment-missed"),
        ("activity: {kind: deposit, amount: 1.005}", "at most 2 decimals in USD"),
        ("activity: {kind: deposit, amounts: 1.00}", "is not a field of `activity`"),
        ("profile: {amounts: {deposits: 1.005}}", "at most 2 decimals in USD"),
        ("profile: {amounts: {deposits: much}}", "a decimal number, not negative and below 10 billion"),
        ("profile: {amounts: 5}", "an object of names and their values"),
    ],
)
def test_a_slip_in_a_story_is_told_with_its_line(tmp_path: Path, step: str, said: str) -> None:
    rules = compile_rules(written(tmp_path, {}))
    with pytest.raises(RulesError) as raised:
        parse_scenarios(STORY.format(step=step), "rules/scenarios/story.yaml", rules)
    (problem,) = raised.value.problems
    assert said in problem.message
    assert problem.line == 4


def test_an_amount_in_a_story_is_in_the_programmes_currency(tmp_path: Path) -> None:
    rules = compile_rules(written(tmp_path, {}))
    for step in ("activity: {kind: deposit, amount: 5.00}", "profile: {amounts: {deposits: 5.00}}"):
        (story,) = parse_scenarios(STORY.format(step=step), "rules/scenarios/story.yaml", rules)
        assert story.events[0].detail.model_dump()["currency"] == "USD"
    (bare,) = parse_scenarios(STORY.format(step="activity: {kind: deposit}"), "rules/scenarios/story.yaml", rules)
    assert bare.events[0].detail.model_dump()["currency"] is None


def test_every_kind_of_event_has_its_words_in_both_languages() -> None:
    assert {name for name in FAMILY_WORDS.texts if "." not in name} == FAMILIES.keys()
    kinds = {kind for name in ("engagement", "feedback") for kind in allowed_values(FAMILIES[name], "kind")}
    assert kinds <= NOUNS.texts.keys()
