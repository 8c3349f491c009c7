"""Rules that say nothing, ask for less at a higher level, or leave levels out: each is told, with what was meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standing.engine.engine import engine_of
from standing.engine.measures import aggregate, empty
from standing.events.intake import Event
from standing.rules.author.compiler import compile_rules
from standing.rules.prove.check import Report, check
from standing.rules.prove.idle_lines import on_scale
from standing.rules.prove.ranges import range_of
from standing.rules.ruleset import Ruleset

from tests.make import programmes
from tests.unit.rules.test_check import CORRECT, TIER, written

MORE = """\
nps_90d:
  title: {en: Answers, zh: 回答}
  mean: feedback.score
  over: 90d
trend:
  title: {en: Trend, zh: 趋势}
  ratio: [orders_30d, orders_90d]
part:
  title: {en: Part, zh: 部分}
  ratio: [orders_90d, complaints_90d]
more:
  title: {en: More, zh: 合计}
  plus: [orders_90d, complaints_90d]
less:
  title: {en: Less, zh: 差}
  minus: [orders_90d, complaints_90d]
categories:
  title: {en: Categories, zh: 品类}
  distinct: purchase.category
  over: 90d
  at_most: 20
birthday:
  title: {en: Birthday, zh: 生日}
  days_until: profile.birthday
renewal:
  title: {en: Renewal, zh: 续期}
  days_to: profile.dates.renewal
deposits:
  title: {en: Deposits, zh: 存款}
  latest: profile.amounts.deposits
  over: 90d
appetite:
  title: {en: Appetite, zh: 风险偏好}
  latest: profile.risk_appetite
  over: 90d
paid:
  title: {en: Paid, zh: 支付}
  sum: purchase.amount
  over: 90d
lowest:
  title: {en: Lowest, zh: 最低}
  min: purchase.amount
  over: 90d
churn:
  title: {en: Churn, zh: 流失}
  latest: score.value
  over: 90d
  where: {name: churn}
value:
  title: {en: Value, zh: 价值}
  points: [{feature: orders_90d, from: 0, to: 10, weight: 100}]
"""
LINE = "      - complaints_90d < 3\n"


def of_line(folder: Path, line: str) -> list[str]:
    """What is said of a line of gold."""
    rules = written(folder, {"features.yaml": ("", MORE), "ratings/tier.yaml": (LINE, f"{LINE}      - {line}\n")})
    return of_report(check(rules))


def of_report(report: Report) -> list[str]:
    assert report.problems == ()
    wanted = {"CHK-01", "CHK-15"}
    return [one.finding.message for one in report.found if one.finding.check in wanted]


KNOWN = "holds for every customer whose `{}` is known: its values go {}"
ALL = "holds for everybody: `{}` goes {}"
NEVER = "can never hold: `{}` is impossible"
ALWAYS_TRUE = {
    "nps_90d < 3": KNOWN.format("nps_90d", "from 0 to 1; did you mean `nps_90d < 0.3`?"),
    "nps_90d < 30": KNOWN.format("nps_90d", "from 0 to 1; did you mean `nps_90d < 0.3`?"),
    "nps_90d <= 85": KNOWN.format("nps_90d", "from 0 to 1; did you mean `nps_90d <= 0.85`?"),
    "nps_90d != 3": KNOWN.format("nps_90d", "from 0 to 1; did you mean `nps_90d != 0.3`?"),
    "nps_90d < 300": KNOWN.format("nps_90d", "from 0 to 1"),
    "nps_90d <= 1": KNOWN.format("nps_90d", "from 0 to 1"),
    "trend < 30": KNOWN.format("trend", "from 0 to 1; did you mean `trend < 0.3`?"),
    "orders_90d >= 0": ALL.format("orders_90d", "from 0 on"),
    "orders_90d > -1": ALL.format("orders_90d", "from 0 on"),
    "categories <= 20": ALL.format("categories", "from 0 to 20"),
    "birthday <= 400": KNOWN.format("birthday", "from 0 to 366"),
    "renewal >= 0": KNOWN.format("renewal", "from 0 on"),
    "days_since_order >= 0": KNOWN.format("days_since_order", "from 0 on"),
    "deposits >= 0": KNOWN.format("deposits", "from 0.00 on"),
    "paid >= 0.00": ALL.format("paid", "from 0.00 on"),
    "lowest > -5": KNOWN.format("lowest", "from 0.00 on"),
    "appetite >= averse": KNOWN.format("appetite", "from averse to aggressive"),
    "appetite in [averse, cautious, balanced, growth, aggressive]": (
        KNOWN.format("appetite", "from averse to aggressive")
    ),
    "value <= 100": ALL.format("value", "from 0 to 100"),
    "churn >= 0": KNOWN.format("churn", "from 0 on"),
    "part >= 0": KNOWN.format("part", "from 0 on"),
    "more >= 0": ALL.format("more", "from 0 on"),
    "stage in [new, active, quiet]": ALL.format("stage", "from new to quiet"),
    "stage.days_to_review >= 1": ALL.format("stage.days_to_review", "from 1 on"),
}
NEVER_TRUE = {
    "nps_90d > 3": "; did you mean `nps_90d > 0.3`?",
    "nps_90d >= 40": "; did you mean `nps_90d >= 0.4`?",
    "trend >= 50": "; did you mean `trend >= 0.5`?",
    "orders_90d < 0": "",
    "orders_90d == -1": "",
    "orders_90d in [-1, -2]": "",
    "categories > 20": "",
    "birthday > 366": "",
    "value > 100": "",
    "appetite > aggressive": "",
    "paid < 0": "",
}
FINE = (
    *("nps_90d < 0.3", "nps_90d <= 0.9999", "part >= 30", "less >= -5", "less < 0", "churn < 30"),
    *("spend_365d >= 200000", "categories is saturated", "nps_90d is unknown", "appetite >= growth", "orders_90d != 0"),
    *("deposits >= 200000.00", "lowest >= 0.01", "stage in [new, active]", "birthday <= 365", "value >= 100"),
    *("stage entered active", "stage was new", "orders_90d in [0, 1]", "more > 0", "days_since_order >= 9000"),
)


@pytest.mark.parametrize("line", ALWAYS_TRUE)
def test_a_line_that_always_holds_is_told_with_the_range_and_what_was_meant(tmp_path: Path, line: str) -> None:
    assert of_line(tmp_path, line) == [f"`{line}` {ALWAYS_TRUE[line]}"]


@pytest.mark.parametrize("line", NEVER_TRUE)
def test_a_line_that_never_holds_is_told_once_with_what_was_meant(tmp_path: Path, line: str) -> None:
    assert of_line(tmp_path, line) == [NEVER.format(line) + NEVER_TRUE[line]]


@pytest.mark.parametrize("line", NEVER_TRUE)
def test_a_line_that_excludes_nobody_is_told(tmp_path: Path, line: str) -> None:
    (said,) = of_line(tmp_path, f"none:\n          - {line}")
    assert said.startswith(f"`{line}` holds for nobody: `{line.split(maxsplit=1)[0]}` goes from ")
    assert said.endswith(NEVER_TRUE[line])


@pytest.mark.parametrize("line", FINE)
def test_of_a_line_that_holds_for_some_nothing_is_said(tmp_path: Path, line: str) -> None:
    assert of_line(tmp_path, line) == []


def test_that_something_is_known_is_a_question_and_a_number_beyond_its_range_a_fault(tmp_path: Path) -> None:
    change = {"features.yaml": ("", MORE), "ratings/tier.yaml": (LINE, f"{LINE}      - nps_90d >= 0\n")}
    assert [one.finding.check for one in check(written(tmp_path / "is", change)).questions if one.line == 12] == [
        "CHK-15"
    ]
    change["ratings/tier.yaml"] = (LINE, f"{LINE}      - nps_90d < 3\n")
    assert [one.finding.check for one in check(written(tmp_path / "no", change)).faults if one.line == 12] == ["CHK-15"]


CARED = CORRECT["care/service.yaml"]
BESIDE = {
    "success: {feature: orders_90d, at_least: 0, after: 9d}": "`success` is always met: `orders_90d` goes from 0 on",
    "success: {feature: nps_90d, at_least: 4, after: 9d}": (
        "`success` can never be met: `nps_90d` goes from 0 to 1; did you mean `nps_90d >= 0.4`?"
    ),
    "holdout: 100%": "everybody is held out: nothing would ever be done",
}


@pytest.mark.parametrize("line", BESIDE)
def test_values_beside_the_lines_are_looked_at_too(tmp_path: Path, line: str) -> None:
    changes = {"features.yaml": ("", MORE), "care/service.yaml": (CARED, f"{CARED}  {line}\n")}
    assert of_report(check(written(tmp_path, changes))) == [BESIDE[line]]


def test_a_score_gives_points_for_values_that_there_are(tmp_path: Path) -> None:
    ramp = "points: [{feature: nps_90d, from: 0, to: 40, weight: 100}]"
    more = MORE.replace("points: [{feature: orders_90d, from: 0, to: 10, weight: 100}]", ramp)
    said = "`40.0000` is no value that `nps_90d` has: it goes from 0 to 1; did you mean `nps_90d >= 0.4`?"
    assert said.replace("40.0000", "40") in of_report(check(written(tmp_path, {"features.yaml": ("", more)})))


@settings(max_examples=150)
@given(programmes.rulesets(), programmes.histories(), st.integers(0, 60))
def test_every_value_of_every_customer_is_within_its_range(rules: Ruleset, happened: list[Event], later: int) -> None:
    known = engine_of(rules).facts(
        aggregate(empty(rules), happened, rules), max(event.day for event in happened) + later
    )
    for name, value in known.items():
        low, high = range_of(rules, name)
        if isinstance(value, int):
            assert (value if low is None else low) <= value <= (value if high is None else high), name


@given(st.integers(-20_000, 2_000_000))
def test_what_is_suggested_is_a_score(value: int) -> None:
    meant = on_scale(value)
    assert meant is None or (
        0 < meant <= 10_000
        and value in {meant * 10 + rest for rest in range(10)} | {meant * 100 + rest for rest in range(100)}
    )


# Levels above ------------------------------------------------------------------------------------------------------

UPPER = """\
  platinum:
    all:
      - spend_365d >= 4000.00
      - orders_90d >= 12
"""


def of_levels(folder: Path, tier: str, check_id: str, care: str = CARED) -> list[tuple[str, int]]:
    report = check(written(folder, {"ratings/tier.yaml": (TIER, tier), "care/service.yaml": (CARED, care)}))
    assert report.problems == ()
    assert all(one.finding.is_question and one.finding.example for one in report.found if one.finding.check == check_id)
    return [(one.finding.message, one.line) for one in report.found if one.finding.check == check_id]


def with_platinum(upper: str = UPPER) -> str:
    return TIER.replace("gold]", "gold, platinum]").replace("retain:", f"{upper}retain:")


def test_gold_from_twenty_thousand_and_platinum_from_four_is_a_question(tmp_path: Path) -> None:
    dearer = with_platinum(UPPER + "      - complaints_90d < 2\n").replace(
        "spend_365d >= 2000.00", "spend_365d >= 20000.00"
    )
    (found,) = of_levels(tmp_path, dearer, "CHK-16")
    assert found[0] == (
        "`platinum` stands above `gold`, and asks for less: `spend_365d >= 20000.00` is not met; is that meant?"
    )


def test_a_new_top_level_that_drops_what_the_one_below_asks_for_is_a_question(tmp_path: Path) -> None:
    (found,) = of_levels(tmp_path, with_platinum(), "CHK-16")
    assert found[0] == "`platinum` stands above `gold`, and does not ask for `complaints_90d < 3`; is that meant?"


def test_a_level_that_asks_for_more_of_everything_is_no_question(tmp_path: Path) -> None:
    assert of_levels(tmp_path, with_platinum(UPPER + "      - complaints_90d < 2\n"), "CHK-16") == []


def test_what_keeps_a_level_is_compared_as_well(tmp_path: Path) -> None:
    kept = "retain:\n  silver:\n    all:\n      - spend_365d >= 700.00\n      - orders_90d >= 1\n"
    (found,) = of_levels(tmp_path, TIER.replace("retain:\n", kept), "CHK-16")
    assert found[0] == "`gold` stands above `silver`, and does not ask for `orders_90d >= 1`; is that meant?"


EXACT = {
    "tier == gold": "`tier == gold` leaves out `platinum`, above it; did you mean `tier >= gold`?",
    "tier in [silver, gold]": (
        "`tier in [silver, gold]` leaves out `platinum`, above it; did you mean `tier >= silver`?"
    ),
    "tier in [gold]": "`tier in [gold]` leaves out `platinum`, above it; did you mean `tier >= gold`?",
    "tier.would_become == gold": (
        "`tier.would_become == gold` leaves out `platinum`, above it; did you mean `tier.would_become >= gold`?"
    ),
}
MEANT = (
    "tier >= gold",
    "tier == platinum",
    "tier == bronze",
    "tier in [bronze, silver]",
    "tier entered gold",
    "tier < gold",
)


@pytest.mark.parametrize("line", EXACT)
def test_levels_above_that_a_line_leaves_out_are_a_question(tmp_path: Path, line: str) -> None:
    (found,) = of_levels(tmp_path, with_platinum(), "CHK-17", CARED.replace("tier >= gold", line))
    assert found == (EXACT[line], 5)


@pytest.mark.parametrize("line", MEANT)
def test_a_line_that_leaves_nobody_above_out_is_no_question(tmp_path: Path, line: str) -> None:
    assert of_levels(tmp_path, with_platinum(), "CHK-17", CARED.replace("tier >= gold", line)) == []


def test_where_no_level_stands_above_the_highest_is_named_as_it_is(tmp_path: Path) -> None:
    assert of_levels(tmp_path, TIER, "CHK-17", CARED.replace("tier >= gold", "tier == gold")) == []


def test_levels_that_have_rules_of_their_own_are_told_apart_on_purpose(tmp_path: Path) -> None:
    own = CARED.replace("greet", "greet-platinum").replace("tier >= gold", "tier == platinum")
    care = CARED.replace("tier >= gold", "tier == gold") + own
    assert of_levels(tmp_path, with_platinum(), "CHK-17", care) == []


def test_a_net_amount_may_be_below_zero_and_an_amount_may_not(tmp_path: Path) -> None:
    rules = compile_rules(written(tmp_path, {"features.yaml": ("", MORE)}))
    found = {name: range_of(rules, name) for name in ("spend_365d", "paid", "less", "more", "part", "trend")}
    assert found == {
        "spend_365d": (None, None),
        "paid": (0, None),
        "less": (None, None),
        "more": (0, None),
        "part": (0, None),
        "trend": (0, 10_000),
    }
