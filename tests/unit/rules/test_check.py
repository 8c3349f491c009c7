"""The checks: each finds its broken ruleset, shows a customer for whom it is so, and finds nothing in correct rules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from standing.engine.backends import plain
from standing.engine.engine import engine_of
from standing.engine.measures import aggregate, empty
from standing.events.intake import Event
from standing.present.check import check_document, report_as_dict
from standing.present.renderers.terminal import print_document
from standing.rules.author.compiler import assemble
from standing.rules.conditions import Condition
from standing.rules.features import Measure
from standing.rules.prove.check import LocatedFinding, Report, check
from standing.rules.prove.findings import CHECKS
from standing.rules.prove.prover import Prover
from standing.rules.prove.words import WAYS_OUT, way_out
from standing.rules.ruleset import Ruleset, Stratum

from tests.make import backends, programmes
from tests.make import strategies as made
from tests.make.support import ROOT

PROGRAMME = """\
title: {en: Club, zh: 会员}
currency: USD
time_zone: UTC
history: 800d
"""
FEATURES = """\
spend_365d:
  title: {en: Spend, zh: 消费}
  sum: transaction.net_amount
  over: 365d
orders_30d:
  title: {en: Orders in a month, zh: 月订单}
  count: purchase
  over: 30d
orders_90d:
  title: {en: Orders, zh: 订单}
  count: purchase
  over: 90d
complaints_90d:
  title: {en: Complaints, zh: 投诉}
  count: feedback
  where: {kind: complaint}
  over: 90d
days_since_order:
  title: {en: Days since an order, zh: 距下单}
  days_since_last: purchase
"""
TIER = """\
rating: tier
title: {en: Tier, zh: 等级}
levels: [bronze, silver, gold]
qualify:
  silver:
    all:
      - spend_365d >= 800.00
  gold:
    all:
      - spend_365d >= 2000.00
      - complaints_90d < 3
retain:
  gold:
    all:
      - spend_365d >= 1600.00
      - complaints_90d < 4
"""
STAGE = """\
rating: stage
title: {en: Stage, zh: 阶段}
ordered: false
levels: [new, active, quiet]
qualify:
  new:
    all:
      - days_since_order is unknown
  active:
    any:
      - days_since_order <= 30
      - orders_30d >= 1
"""
CARE = """\
- care: greet
  title: {en: Greet, zh: 问候}
  when:
    all:
      - tier >= gold
      - orders_90d >= 1
      - stage == active
  do: {action: write, owner: service, within: 3d}
  repeat_after: 30d
"""
NEWCOMERS = """\
- care: invite
  title: {en: Invite, zh: 邀请}
  when:
    all:
      - tier == bronze
      - stage == new
  do: {action: invite, owner: service, within: 3d}
  repeat_after: 30d
"""
CORRECT = {
    "programme.yaml": PROGRAMME,
    "features.yaml": FEATURES,
    "ratings/tier.yaml": TIER,
    "ratings/stage.yaml": STAGE,
    "care/service.yaml": CARE,
    "care/newcomers.yaml": NEWCOMERS,
}
APOLOGY = """
- care: apology
  title: {en: Apology, zh: 致歉}
  when:
    all:
      - complaints_90d >= 1
  do: {action: apologise, owner: service, within: 3d}
  repeat_after: 30d
"""
MOOD = """\
rating: mood
title: {en: Mood, zh: 心情}
levels: [calm, glad]
qualify:
  glad:
    all:
      - LINE
"""


def written(folder: Path, changes: Changes) -> Path:
    """The correct rules with some text of some files replaced; a file that is not there is written as it is."""
    for name in {*CORRECT, *changes}:
        old, new = changes.get(name, ("", ""))
        path = folder / "rules" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = CORRECT.get(name, "")
        assert old in text, f"{old} is not in {name}"
        path.write_text(text.replace(old, new, 1) if old else text + new, encoding="utf-8")
    return folder / "rules"


type Changes = dict[str, tuple[str, str]]  # for a file, what is replaced by what; for one that is not there, its text


@dataclass(frozen=True)
class Broken:
    """Rules with a fault: what was changed in correct ones, where it is found, what is said, and of which customer."""

    changes: Changes
    file: str
    line: int
    said: str
    example: dict[str, str] = field(default_factory=dict)


KEEPS_GOLD = "    all:\n      - spend_365d >= 1600.00\n      - complaints_90d < 4"
IS_NEW = "  new:\n    all:\n      - days_since_order is unknown"
EAGER = CARE.replace("greet", "greet-much").replace("orders_90d >= 1", "orders_90d >= 5")
MAY_NOT_MEET = "never_together: [[write, apologise]]\n"
TO_SILVER, TO_GOLD = "      - spend_365d >= 800.00\n", "      - complaints_90d < 3\n"
BROKEN = {
    "CHK-01 lines that contradict each other": Broken(
        {"care/service.yaml": ("orders_90d >= 1", "days_since_order > 60")},
        "care/service.yaml",
        6,
        "`days_since_order > 60` contradicts `stage == active`",
    ),
    "CHK-01 a shorter window that holds more": Broken(
        {"care/service.yaml": ("tier >= gold\n      - orders_90d >= 1", "orders_30d >= 3\n      - orders_90d < 3")},
        "care/service.yaml",
        5,
        "`orders_30d >= 3` contradicts `orders_90d < 3`",
    ),
    "CHK-01 an alternative": Broken(
        {"care/service.yaml": ("  when:\n    all:\n      - tier >= gold", "  when:\n    any:\n      - orders_90d < 0")},
        "care/service.yaml",
        5,
        "an alternative can never hold: `orders_90d < 0`",
    ),
    "CHK-02 a level above takes all": Broken(
        {"ratings/tier.yaml": ("spend_365d >= 2000.00\n      - complaints_90d < 3", "spend_365d >= 500.00")},
        "ratings/tier.yaml",
        5,
        "whoever qualifies gets `gold`, which is above it",
    ),
    "CHK-02 a level before takes all": Broken(
        {"ratings/stage.yaml": (IS_NEW, "  new:\n    all:\n      - orders_30d >= 0")},
        "ratings/stage.yaml",
        9,
        "whoever qualifies gets `new`, which comes before it",
        {"days_since_order": "0"},
    ),
    "CHK-02 care that is asked for already": Broken(
        {"care/service.yaml": ("", EAGER)},
        "care/service.yaml",
        12,
        "whenever it holds, `greet` asks for write, too",
        {"orders_90d": "5"},
    ),
    "CHK-03": Broken(
        {"ratings/tier.yaml": ("spend_365d >= 1600.00", "spend_365d >= 2500.00")},
        "ratings/tier.yaml",
        15,
        "`spend_365d >= 2500.00` asks more to keep `gold` than to reach it",
        {"spend_365d": "2000.00"},
    ),
    "CHK-04 ordered": Broken(
        {
            "ratings/tier.yaml": ("complaints_90d < 3", "complaints_90d < 0"),
            "care/service.yaml": ("tier >= gold\n      - ", ""),
        },
        "ratings/tier.yaml",
        1,
        "no customer can ever be `gold`",
    ),
    "CHK-04 without order": Broken(
        {"ratings/stage.yaml": ("orders_30d >= 1", "orders_30d >= 0")},
        "ratings/stage.yaml",
        1,
        "no customer can ever be `quiet`",
    ),
    "CHK-05": Broken(
        {"ratings/tier.yaml": (KEEPS_GOLD, "    any:\n      - orders_90d >= 0")},
        "ratings/tier.yaml",
        1,
        "who is `gold` stays so for ever",
    ),
    "CHK-06": Broken(
        {"care/service.yaml": ("", APOLOGY), "programme.yaml": ("", MAY_NOT_MEET)},
        "care/service.yaml",
        3,
        "write and apologise (`apology`) can fall due for the same customer",
        {"complaints_90d": "1"},
    ),
    "CHK-07": Broken(
        {"ratings/mood.yaml": ("", MOOD.replace("LINE", "tier entered gold"))},
        "ratings/mood.yaml",
        5,
        "`glad` is lost again the day after, though nothing happened",
        {"tier": "gold"},
    ),
    "CHK-08": Broken(
        {"ratings/tier.yaml": (TO_SILVER, TO_SILVER + "      - spend_365d < 1900.00\n")},
        "ratings/tier.yaml",
        1,
        "with less and with more `spend_365d` a customer has a level; this one falls to `bronze`",
    ),
    "CHK-09": Broken(
        {"ratings/tier.yaml": (TO_GOLD, TO_GOLD + "      - spend_365d < 9000.00\n")},
        "ratings/tier.yaml",
        1,
        "more `spend_365d` raises some customers and lowers others: is that meant?",
    ),
    "CHK-01 but where a level is set by hand": Broken(
        {"care/service.yaml": ("orders_90d >= 1", "spend_365d < 100.00\n      - tier < silver")},
        "care/service.yaml",
        5,
        "can never hold: `tier >= gold` contradicts `tier < silver`",
    ),
    "CHK-06 where a level is set by hand": Broken(
        {
            "care/service.yaml": ("", APOLOGY.replace("complaints_90d >= 1", "stage == new\n      - tier >= gold")),
            "programme.yaml": ("", MAY_NOT_MEET.replace("write", "invite")),
            "care/newcomers.yaml": ("tier == bronze", "days_since_order > 40\n      - tier >= silver"),
        },
        "care/newcomers.yaml",
        3,
        "invite and apologise (`apology`) can fall due for the same customer, where a level is set by hand",
        {"stage": "new", "tier": "gold"},
    ),
    "CHK-14 a rating": Broken(
        {
            "care/service.yaml": ("      - stage == active\n", ""),
            "care/newcomers.yaml": ("      - stage == new\n", ""),
        },
        "ratings/stage.yaml",
        1,
        "no rule asks for `stage`: is it only shown and announced?",
    ),
    "CHK-14 levels": Broken(
        {"care/newcomers.yaml": ("tier == bronze", "tier < gold")},
        "ratings/tier.yaml",
        1,
        "no rule tells `bronze` and `silver` apart",
    ),
    "CHK-15": Broken(
        {"ratings/tier.yaml": (TO_GOLD, "      - complaints_90d >= 0\n")},
        "ratings/tier.yaml",
        11,
        "`complaints_90d >= 0` holds for everybody: `complaints_90d` goes from 0 on",
    ),
    "CHK-16 less of the same": Broken(
        {"ratings/tier.yaml": ("spend_365d >= 2000.00", "spend_365d >= 200.00")},
        "ratings/tier.yaml",
        8,
        "`gold` stands above `silver`, and asks for less: `spend_365d >= 800.00` is not met; is that meant?",
        {"complaints_90d": "0"},
    ),
    "CHK-16 a line that is dropped": Broken(
        {"ratings/tier.yaml": (TO_SILVER, TO_SILVER + "      - orders_90d >= 1\n")},
        "ratings/tier.yaml",
        9,
        "`gold` stands above `silver`, and does not ask for `orders_90d >= 1`; is that meant?",
        {"orders_90d": "0"},
    ),
    "CHK-17": Broken(
        {"care/newcomers.yaml": ("tier == bronze", "tier == silver")},
        "care/newcomers.yaml",
        5,
        "`tier == silver` leaves out `gold`, above it; did you mean `tier >= silver`?",
        {"tier": "gold", "stage": "new"},
    ),
    "CHK-14 a feature": Broken(
        {"care/service.yaml": ("      - orders_90d >= 1\n", "")},
        "features.yaml",
        9,
        "no rule asks for `orders_90d`",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_ruleset_is_found_out(tmp_path: Path, name: str) -> None:
    broken = BROKEN[name]
    found = _only(check(written(tmp_path, broken.changes)), name[:6])
    assert (found.file, found.line) == (f"rules/{broken.file}", broken.line)
    assert broken.said in found.finding.message
    assert found.finding.example.items() >= broken.example.items()


def _only(report: Report, wanted: str) -> LocatedFinding:
    assert report.problems == ()
    (found, *others) = [one for one in report.found if one.finding.check == wanted]
    assert not others
    return found


COMPILED = {
    "CHK-10": ({"ratings/tier.yaml": ("spend_365d >= 800.00", "spent_365d >= 800.00")}, "did you mean `spend_365d`?"),
    "CHK-11": ({"ratings/tier.yaml": ("spend_365d >= 800.00", "spend_365d >= 800.001")}, "too many decimals"),
    "CHK-12": ({"ratings/mood.yaml": ("", MOOD.replace("LINE", "mood == glad"))}, "need each other in a circle"),
    "CHK-13": ({"features.yaml": ("over: 365d", "over: 2000d")}, "looks back 2000 days"),
}


@pytest.mark.parametrize("name", COMPILED)
def test_what_keeps_rules_from_being_compiled_names_its_check(tmp_path: Path, name: str) -> None:
    changes, said = COMPILED[name]
    report = check(written(tmp_path, changes))
    assert [problem.check for problem in report.problems] == [name]
    assert said in report.problems[0].message
    assert report.found == ()


def test_every_check_has_its_broken_ruleset() -> None:
    assert {name[:6] for name in [*BROKEN, *COMPILED]} == set(CHECKS.texts)


def test_nothing_is_found_in_correct_rules(tmp_path: Path) -> None:
    report = check(written(tmp_path, {}))
    assert (report.problems, report.found) == ((), ())


def test_nothing_is_left_to_mend_in_the_rules_of_this_clone() -> None:
    report = check(ROOT / "rules")
    assert (report.problems, report.faults, report.questions) == ((), [], [])
    assert all(one.accepted for one in report.found)


def test_a_finding_may_be_accepted_with_a_reason_and_a_reason_that_is_not_needed_is_a_problem(tmp_path: Path) -> None:
    accept = ("title: {en: Tier, zh: 等级}\n", "title: {en: Tier, zh: 等级}\naccept: {CHK-03: renewals are dear}\n")
    changes: dict[str, Any] = {"ratings/tier.yaml": accept}
    (problem,) = check(written(tmp_path / "no", changes)).problems
    assert "`accept` names CHK-03, but there is no such finding" in problem.message
    dear = TIER.replace(*accept).replace("spend_365d >= 1600.00", "spend_365d >= 2500.00")
    report = check(written(tmp_path / "yes", {"ratings/tier.yaml": (TIER, dear)}))
    assert (report.problems, report.faults) == ((), [])
    assert [one.accepted for one in report.found] == ["renewals are dear"]


def test_actions_that_contradict_each_other_exist(tmp_path: Path) -> None:
    (problem,) = check(written(tmp_path, {"programme.yaml": ("", "never_together: [[write, whistle]]\n")})).problems
    assert "`whistle` is an action of no care rule; there are invite, write" in problem.message


def test_what_only_a_level_set_by_hand_makes_true_is_said_so(tmp_path: Path) -> None:
    quiet_yet_active = {"care/service.yaml": ("orders_90d >= 1", "days_since_order > 60")}
    found = _only(check(written(tmp_path, quiet_yet_active)), "CHK-01")
    assert found.finding.message.startswith("can only hold where a level is set by hand")


def test_only_a_level_set_by_hand_is_decided_later_than_at_the_next_review(tmp_path: Path) -> None:
    far = {"care/service.yaml": ("orders_90d >= 1", "tier.days_to_review > 400")}
    found = _only(check(written(tmp_path, far)), "CHK-01")
    assert found.finding.message.startswith("can only hold where a level is set by hand")


def test_care_that_makes_a_difference_where_a_level_is_set_by_hand_is_not_hidden(tmp_path: Path) -> None:
    of_quiet = EAGER.replace("orders_90d >= 5", "orders_30d >= 5").replace("stage == active", "stage != new")
    other = CARE.replace("orders_90d >= 1", "orders_30d >= 1")
    report = check(written(tmp_path, {"care/service.yaml": (CARE, other + of_quiet)}))
    assert [one.finding.message for one in report.found if one.finding.check == "CHK-02"] == []


@pytest.fixture
def impatient() -> Iterator[None]:
    """z3 gives up after so little work that no machine is fast enough."""
    z3.set_param("rlimit", 1)
    yield
    z3.set_param("rlimit", 0)


@pytest.mark.usefixtures("impatient")
def test_what_takes_too_long_to_prove_is_said_and_is_not_passed_over() -> None:
    report = check(ROOT / "rules", patience=1)
    assert report.unproved
    assert report.failed
    assert {one.finding.check for one in report.unproved} <= set(CHECKS.texts)
    assert any(one.line > 1 for one in report.unproved)
    console = Console(width=200)
    with console.capture() as captured:
        print_document(check_document(report, "en"), console)
    assert "not proved: the question took over 0.001 s" in captured.get()
    assert f"{len(report.unproved)} not proved" in captured.get()
    assert [one for one in report_as_dict(report)["findings"] if not one["proved"]]


def test_every_check_has_a_way_out_in_both_languages() -> None:
    assert set(WAYS_OUT.texts) == set(CHECKS.texts)
    assert "accept: {CHK-03: the reason}" in str(way_out("CHK-03"))


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", BROKEN)
def test_every_finding_is_told_in_both_languages_with_its_way_out(tmp_path: Path, name: str, language: Any) -> None:
    report = check(written(tmp_path, BROKEN[name].changes))
    console = Console(width=200)
    with console.capture() as captured:
        print_document(check_document(report, language), console)
    (found,) = [one for one in report.found if one.finding.check == name[:6]]
    said = found.finding.said.in_language(language)
    assert said in captured.get()
    assert way_out(name[:6]).in_language(language) in captured.get()
    assert bool(re.search("[一-鿿]", said)) is (language == "zh")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_report_is_told_in_both_languages(tmp_path: Path, language: Any) -> None:
    report = check(written(tmp_path, BROKEN["CHK-03"].changes))
    console = Console(width=200)
    with console.capture() as captured:
        print_document(check_document(report, language), console)
    said = captured.get()
    assert CHECKS.say("CHK-03", language) in said
    assert "rules/ratings/tier.yaml:15:" in said
    assert report_as_dict(report)["findings"][0]["example"]["spend_365d"] == "2000.00"


# What proofs stand on ----------------------------------------------------------------------------------------------


@settings(max_examples=150)
@given(programmes.rulesets(), programmes.histories(), st.integers(0, 60))
def test_the_laws_of_features_hold_for_every_customer(rules: Ruleset, happened: list[Event], later: int) -> None:
    _holds_for(rules, happened, max(event.day for event in happened) + later)


WINDOWED = (
    *(("count", programmes.ORDERS), ("count", programmes.COMPLAINTS), ("sum", programmes.NET)),
    *(("mean", programmes.SCORES), ("min", programmes.AMOUNTS), ("max", programmes.AMOUNTS)),
    *(("count", programmes.DEPOSITS), ("sum", programmes.DEPOSITED), ("mean", programmes.DEPOSITED)),
    *(("min", programmes.HELD_MOST), ("max", programmes.HELD_MOST), ("mean", programmes.HELD_MEAN)),
    *(("count", programmes.MOVED_MONEY), ("mean", programmes.NET)),
    *(("min", programmes.NET_MOST), ("max", programmes.NET_MOST)),
)
WINDOWS = assemble(
    made.PROGRAMME,
    programmes.MEASURES,
    tuple(
        programmes.made_feature(f"{kind}-{measure}-{over}-{ending}", kind, measure, over=over, ending=ending)
        for kind, measure in WINDOWED
        for over in (5, 10, 20, None)
        for ending in (0, 5, 10)
        if over or not ending
    )
    + tuple(programmes.made_feature(kind, kind, programmes.ORDERS) for kind in ("days_since_last", "days_since_first")),
    (Stratum(),),
)


@settings(max_examples=100)
@given(programmes.histories(), st.integers(0, 60))
def test_the_laws_of_windows_hold_for_every_customer(happened: list[Event], later: int) -> None:
    _holds_for(WINDOWS, happened, max(event.day for event in happened) + later)


def test_a_refund_of_one_category_may_count_where_nothing_of_it_was_bought() -> None:
    shoes = {"where": {"category": "shoes"}}
    measures = (Measure(of=RETURNS, value="net_amount", **shoes), Measure(of=RETURNS, **shoes), Measure(of=RETURNS))
    features = [
        programmes.made_feature(f"{kind}-{place}", kind, measures[place].name, over=5, ending=8)
        for place, kind in enumerate(("sum", "count", "count"))
    ]
    back = made.refund(1_010, "20.00", of="a")
    back = replace(back, detail=back.detail.model_copy(update={"category": "shoes"}))
    rules = assemble(made.PROGRAMME, measures, tuple(features), (Stratum(),))
    _holds_for(rules, [made.order(1_000, "50.00", "a"), back], 1_010)
    nothing = made.every(made.line("sum-0", "==", -2_000), made.line("count-2", "==", 0))
    assert not Prover(rules).possible(Prover(rules).world.holds(nothing))


RETURNS = ("purchase", "refund")


def _holds_for(rules: Ruleset, happened: list[Event], day: int) -> None:
    known = engine_of(rules).facts(aggregate(empty(rules), happened, rules), day)
    prover = Prover(rules)
    said = [prover.world.known(one.name) == z3.BoolVal(one.name in known) for one in rules.features]
    said += [prover.world.number(name) == value for name, value in known.items() if _is_base(rules, name, value)]
    assert prover.possible(*said)


def _is_base(rules: Ruleset, name: str, value: object) -> bool:
    return isinstance(value, int) and rules.by_name[name].kind != "ratio"


@settings(max_examples=300)
@given(made.rules, made.facts)
def test_z3_reads_a_condition_as_plain_python_does(rules: dict[str, Condition], known: dict[str, Any]) -> None:
    assert backends.SolverBackend(rules).match(known) == plain.PlainBackend(rules).match(known)


def test_a_ratio_is_read_exactly() -> None:
    part = programmes.made_feature("part", "ratio", first="orders_before_5d", second="orders_10d")
    prover = Prover(made.ruleset((*made.CLUB_FEATURES, part), Stratum()))
    three = made.line("orders_10d", "==", 3)
    least, above = (made.every(made.line("part", "==", value), three) for value in (6_666, 6_667))
    assert not prover.possible(prover.world.holds(above))  # 2 of 3 are 6,666 ten-thousandths, and nothing is 6,667
    assert prover.example([prover.world.holds(least)], [least])["orders_before_5d"] == "2"
    half = made.every(made.line("part", "==", 5_000), made.line("orders_10d", "==", 2))
    assert prover.example([prover.world.holds(half)], [half])["orders_before_5d"] == "1"
