"""Stories beside the rules: what they expect is checked, what is wrong in them is said, what they cover is counted."""

from __future__ import annotations

import json
import re
import shutil
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from rich.console import Console
from standing.cli.app import app
from standing.events import personal_fields
from standing.events.intake import Event
from standing.present.renderers.terminal import print_document
from standing.present.rules.scenarios import checked_as_dict, mismatch_in_words, scenarios_document
from standing.rules.author.compiler import assemble, compile_rules
from standing.rules.author.reader import parse
from standing.rules.ruleset import Ruleset
from standing.rules.scenarios.check import ScenarioResults, check_scenarios
from standing.rules.scenarios.player import Mismatch, PlayedScenario, play
from standing.rules.scenarios.recorder import record
from standing.rules.scenarios.yaml import flow
from standing.rules.timeline import Timeline
from typer.testing import CliRunner

from tests.make import programmes
from tests.make.scenarios import parse_scenarios
from tests.make.strategies import purchase, refund
from tests.make.support import ROOT, real_ruleset
from tests.unit.engine.test_clock import every_day
from tests.unit.rules.test_rulebook import CARE, TIER, WRITTEN

RULES = ROOT / "rules"
FILE = "rules/scenarios/story.yaml"
HEAD = """\
- scenario: one
  title: {en: One story, zh: 一个故事}
  story:
    - on: 2026-01-05
      purchase: {amount: 900.00}
"""


@pytest.fixture(scope="module")
def rules() -> Ruleset:
    return real_ruleset()


@pytest.fixture(scope="module")
def defaults() -> ScenarioResults:
    return check_scenarios(RULES)


def told_of(rules: Ruleset, text: str) -> PlayedScenario:
    """One story, played."""
    (scenario,) = parse_scenarios(text, FILE, rules)
    return play(scenario, Timeline.of(rules))


def misses(rules: Ruleset, steps: str) -> list[str]:
    """What is said of the misses of a story that begins with a purchase of 900.00 on 5 January 2026."""
    return [mismatch_in_words(rules, miss, "en") for miss in told_of(rules, HEAD + steps).misses]


# The stories of the default rules ------------------------------------------------------------------------------------


def test_every_story_of_the_default_rules_is_as_expected(defaults: ScenarioResults) -> None:
    said = [
        f"{one.scenario.file}: {mismatch_in_words(defaults.ruleset, miss, 'en')}"
        for one in defaults.failed
        for miss in one.misses
    ]
    assert said == []
    assert len(defaults.played) >= 10


def test_they_reach_every_rule_and_nearly_every_comparison(defaults: ScenarioResults) -> None:
    for whole in (True, False):
        both, everything = defaults.counted(whole=whole)
        assert both * 100 >= everything * 90
    assert {one.rule for one in defaults.covered} == {
        name for stratum in defaults.ruleset.strata for name in stratum.rules()
    }


def test_each_care_rule_falls_due_in_some_story_and_each_gate_holds_something_back(defaults: ScenarioResults) -> None:
    lived = [day for one in defaults.played for day in one.lived]
    assert {name for day in lived for name in day.due} == set(defaults.ruleset.care)
    assert {gate for day in lived for _, gate in day.refrained} == {"consent", "contact-cap"}


@pytest.mark.parametrize("page", ["docs/guide.md", "docs/guide.zh-CN.md", "docs/scenarios.md"])
def test_the_stories_of_the_pages_are_as_they_say(rules: Ruleset, page: str) -> None:
    examples = re.findall(r"```yaml\n(- scenario: .*?)```", (ROOT / page).read_text(), re.DOTALL)
    assert len(examples) == 1
    assert told_of(rules, examples[0]).misses == ()


def test_stories_are_no_part_of_the_rules(tmp_path: Path, rules: Ruleset) -> None:
    shutil.copytree(RULES, tmp_path / "rules", ignore=shutil.ignore_patterns("scenarios"))
    assert compile_rules(tmp_path / "rules") == rules
    (tmp_path / "rules" / "scenarios").mkdir()
    (tmp_path / "rules" / "scenarios" / "broken.yaml").write_text("- nonsense")
    assert compile_rules(tmp_path / "rules").version == rules.version


# Playing -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ("      expect: {tier: silver, lifecycle: new, churn-risk: low}", []),
        ("      expect: {tier: gold}", ["Tier should be gold, and is silver (since 2026-01-05)"]),
        ("      expect: {tier: bronze}", ["Tier should be bronze, and is silver (since 2026-01-05)"]),
        ("      expect_not: {tier: silver}", ["Tier should not be silver, and is silver (since 2026-01-05)"]),
        ("      expect_not: {tier: [gold, platinum]}", []),
        (
            "      expect: {features: {orders_90d: 2, spend_365d: 900.00, satisfaction_180d: unknown}}",
            ["Orders in the last 90 days should be 2, and is 1"],
        ),
        (
            "      care: [second-order]",
            [
                "second-order (“Invite to a second order”) should fall due, and does not: its conditions do not hold",
            ],
        ),
        (
            "      care: [welcome]",
            ["welcome (“Welcome a new customer”) should fall due, and is held back: no consent"],
        ),
        (
            "      held_back: {welcome: contact-cap}",
            [
                "welcome (“Welcome a new customer”) should be held back (contact cap), and is held back: no consent",
            ],
        ),
        ("      held_back: {welcome: consent}", []),
        ("      no_care: [welcome]", []),
        (
            "    - after: 3d\n      feedback: {kind: complaint}\n      no_care: [service-recovery]",
            ["service-recovery (“Make good after a complaint”) should not fall due, and falls due"],
        ),
        (
            "    - after: 3d\n      feedback: {kind: complaint}\n    - after: 1d\n      care: [service-recovery]",
            [
                "service-recovery (“Make good after a complaint”) should fall due, and does not: it was due on "
                "2026-01-08, too short a time ago"
            ],
        ),
        ("    - on: 2026-06-01\n      expect: {lifecycle: dormant}\n  never: [{lifecycle: lost}]", []),
        (
            "    - on: 2026-06-01\n  never: [{lifecycle: slipping}, win-back]",
            ["Lifecycle stage should not be slipping, and is slipping (since 2026-02-20)"],
        ),
        (
            "    - on: 2026-06-01\n      refund: {amount: 1.00}\n      times: 2\n  never: [refund-spike]",
            ["refund-spike (“Unusually many refunds”) should not fall due, and falls due"],
        ),
    ],
)
def test_what_is_expected_is_compared_with_the_end_of_the_day(rules: Ruleset, steps: str, said: list[str]) -> None:
    assert misses(rules, steps) == said


def test_two_steps_of_one_day_both_expect_its_end(rules: Ruleset) -> None:
    steps = "      expect: {tier: silver}\n    - after: 0d\n      purchase: {amount: 1100.00}\n"
    said = ["Tier should be silver, and is gold (since 2026-01-05)"]
    assert misses(rules, steps + "      expect: {tier: gold}") == said


def test_what_is_held_back_is_held_back_on_every_day_of_the_episode(rules: Ruleset) -> None:
    days = "    - after: {}d\n      held_back: {{high-value-slipping: consent}}\n"
    steps = "    - after: 0d\n      purchase: {amount: 1100.00}\n" + days.format(46) + days.format(20) + days.format(1)
    assert misses(rules, steps) == []


def test_a_holdout_makes_no_difference_to_what_falls_due(rules: Ruleset) -> None:
    everybody = [care.model_copy(update={"holdout": 10_000}) for care in rules.care.values()]
    strata = (*rules.strata[:-1], rules.strata[-1].model_copy(update={"care": tuple(everybody)}))
    held_out = assemble(rules.programme, rules.measures.values(), rules.features, strata)
    steps = (
        "    - on: 2026-01-05\n      profile: {consent: {email: true}}\n    - after: 14d\n      care: [second-order]"
    )
    assert misses(held_out, steps) == []


def test_a_step_says_all_that_an_event_may(rules: Ruleset) -> None:
    steps = """\
    - after: 1d
      feedback: {kind: survey, score: 4, scale: [1, 5], topic: "a: b"}
    - after: 0d
      purchase: {amount: 12, items: 3, channel: web, id: order-1, currency: USD, time: 2026-01-06T23:59:59-05:00}
    - after: 0d
      profile: {segments: {student: true, house: own}, dates: {renewal: 2026-09-01}, birthday: 2000-02-29}
    - after: 0d
      override: {rating: tier, level: gold, reason: goodwill, author: me, expires: 2026-02-01}
    - after: 0d
      care: {care: welcome, status: done}
      times: 3
      expect: {tier: gold, features: {satisfaction_180d: 0.75}}
"""
    played = told_of(rules, HEAD + steps)
    assert played.misses == ()
    details = [event.detail.model_dump() for event in played.scenario.events]
    assert details[1]["scale"] == (1, 5)
    assert [(one["care"], str(one["day"]), one["status"]) for one in details[5:]] == [
        ("welcome", "2026-01-06", "done")
    ] * 3
    assert len({event.detail.id for event in played.scenario.events}) == 8


def test_of_two_things_said_on_one_day_the_later_counts(rules: Ruleset) -> None:
    steps = """\
    - after: 0d
      profile: {consent: {email: false}}
    - after: 0d
      profile: {consent: {email: true}}
      care: [welcome]
"""
    assert misses(rules, steps) == []


# What is said of a miss ----------------------------------------------------------------------------------------------


def _because(miss: Mismatch) -> list[tuple[str, str, list[tuple[str, str | None, bool]]]]:
    return [
        (asked.purpose, asked.level, [(one["line"], one["actual"], one["holds"]) for one in asked.because])
        for asked in miss.because
    ]


def test_a_level_that_was_not_reached_says_what_it_needs(rules: Ruleset) -> None:
    (miss,) = told_of(rules, HEAD + "      expect: {tier: gold}").misses
    lines = [("spend_365d >= 2000.00", "900.00", False), ("complaints_90d < 3", "0", True)]
    assert _because(miss) == [("needs", "gold", lines)]


def test_a_level_that_should_be_lower_says_what_keeps_it(rules: Ruleset) -> None:
    (miss,) = told_of(rules, HEAD + "      expect: {tier: bronze}").misses
    retained = ("kept-by", "silver", [("spend_365d >= 600.00", "900.00", True)])
    assert _because(miss) == [retained, ("qualifies-by", "silver", [("spend_365d >= 800.00", "900.00", True)])]


def test_a_level_set_by_hand_says_so(rules: Ruleset) -> None:
    steps = """\
    - after: 1d
      override: {rating: tier, level: gold, reason: goodwill, expires: 2026-02-01}
      expect_not: {tier: gold}
"""
    (miss,) = told_of(rules, HEAD + steps).misses
    assert ("set by hand until 2026-02-01, by somebody: goodwill", "gold", True) in _because(miss)[0][2]


def folder_of(tmp_path: Path, text: str) -> Path:
    shutil.copytree(RULES, tmp_path / "rules", ignore=shutil.ignore_patterns("scenarios"))
    (tmp_path / "rules" / "scenarios").mkdir()
    (tmp_path / "rules" / "scenarios" / "story.yaml").write_text(text)
    return tmp_path / "rules"


def printed(checked: ScenarioResults, language: Any) -> str:
    text = StringIO()
    print_document(scenarios_document(checked, language), Console(width=100, file=text))
    return text.getvalue()


def test_the_result_says_file_line_day_and_why_in_both_languages(tmp_path: Path) -> None:
    checked = check_scenarios(folder_of(tmp_path, HEAD + "      expect: {tier: gold}\n      care: [welcome]\n"))
    english, chinese = printed(checked, "en"), printed(checked, "zh")
    assert "✗ one: One story" in english
    assert "rules/scenarios/story.yaml:6 · 2026-01-05" in english
    assert "Needs gold  ✗ spend_365d >= 2000.00 (was 900.00)" in english
    assert "When  ✓ lifecycle entered new (was none → new)" in english
    assert "0 of 1 story is as expected" in english
    places = {line.split()[0] for line in english.partition("In no story false:")[2].splitlines() if line}
    assert {"rules/ratings/tier.yaml:12", "rules/ratings/tier.yaml:14"} <= places  # silver's rule, and its one line
    assert "✗ one: 一个故事" in chinese
    assert "客户等级应为 gold，实际为 silver" in chinese


def test_of_a_made_up_birthday_nothing_is_withheld(tmp_path: Path) -> None:
    steps = "    - after: 1d\n      profile: {birthday: 01-31}\n      care: [birthday]\n"
    english = printed(check_scenarios(folder_of(tmp_path, HEAD + steps)), "en")
    assert "✗ days_to_birthday <= 3 (was 25)" in english


def test_the_command_ends_with_1_where_a_story_fails(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, HEAD + "      expect: {tier: gold}\n")
    result = CliRunner().invoke(app, ["rules", "test", "--rules", str(folder), "--json"])
    assert result.exit_code == 1
    said = json.loads(result.stdout)
    assert (said["passed"], said["failed"]) == (0, 1)
    (failure,) = said["scenarios"][0]["failures"]
    assert (failure["line"], failure["day"], failure["expected"], failure["actual"]) == (
        6,
        "2026-01-05",
        "gold",
        "silver",
    )
    (folder / "scenarios" / "story.yaml").write_text(HEAD + "      expect: {tier: silver}\n")
    assert CliRunner().invoke(app, ["rules", "test", "--rules", str(folder)]).exit_code == 0


# Coverage ------------------------------------------------------------------------------------------------------------


def _small(tmp_path: Path, story: str) -> ScenarioResults:
    for name, text in (WRITTEN | {"scenarios/story.yaml": story}).items():
        (tmp_path / "rules" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "rules" / name).write_text(text)
    return check_scenarios(tmp_path / "rules")


def test_coverage_says_what_was_true_and_false_of_each_comparison_and_where_it_stands(tmp_path: Path) -> None:
    checked = _small(tmp_path, HEAD + "      expect: {tier: silver}\n    - after: 100d\n")
    tier = f"rules/{TIER}"
    found = {(one.file, one.line, one.text): (one.ever_true, one.ever_false) for one in checked.covered if one.text}
    assert found[tier, 8, "spend_365d >= 800.00"] == (True, False)
    assert found[tier, 11, "spend_365d >= 2000.00"] == (False, True)
    assert found[tier, 13, "satisfaction < 0.4"] == (False, True)
    assert found[tier, 17, "days_since_order <= 60"] == (True, True)
    assert found[tier, 18, "orders_90d >= 3"] == (False, True)
    wholes = {one.rule: (one.line, one.ever_true, one.ever_false) for one in checked.covered if one.is_whole}
    assert wholes["tier/qualify/silver"] == (6, True, False)
    assert wholes["tier/retain/gold"] == (15, True, True)


def test_a_line_that_is_two_comparisons_inside_is_counted_once(tmp_path: Path) -> None:
    checked = _small(tmp_path, HEAD.replace("900.00", "2500.00") + "      expect: {tier: gold}\n    - after: 2d\n")
    entered = [one for one in checked.covered if one.text == "tier entered gold"]
    assert [(one.file, one.ever_true, one.ever_false) for one in entered] == [(f"rules/{CARE}", True, True)]


OPERATORS = (" >= ", " <= ", " < ", " > ", " == ", " in [", " is ", " entered ")


def test_every_condition_line_of_the_files_is_counted(defaults: ScenarioResults) -> None:
    said = checked_as_dict(defaults)["coverage"]
    files = [*RULES.glob("ratings/*.yaml"), *RULES.glob("care/*.yaml")]
    lines = [line.strip() for path in files for line in path.read_text().splitlines()]
    conditions = [line for line in lines if line.startswith("- ") and any(operator in line for operator in OPERATORS)]
    assert said["comparisons"]["all"] == len(conditions)
    assert len(said["lines"]) == len(conditions) + said["rules"]["all"]


# Recording -----------------------------------------------------------------------------------------------------------


def _says_something_personal(event: Event) -> bool:
    return any(getattr(event.detail, name) for name in personal_fields(type(event.detail)))


@settings(max_examples=100)
@given(programmes.rulesets(), programmes.histories(), st.integers(0, 60))
def test_a_recorded_story_ends_as_the_customer_did(rules: Ruleset, happened: list[Event], later: int) -> None:
    known = [event for event in happened if event.detail.family != "care"]  # answers to rules that there may not be
    assume(known)
    day = max(event.day for event in known) + later
    recorded = record(known, rules, day)
    assert recorded is not None
    played = told_of(rules, recorded.text)
    assert played.misses == ()
    if not recorded.left_out and not any(_says_something_personal(event) for event in known):
        assert played.lived[-1].closed.all_shown() == every_day(rules, known, day)[-1].closed.all_shown()


def test_a_recorded_refund_names_its_purchase_by_a_new_id(rules: Ruleset) -> None:
    bought = purchase(1_000, "900.00", "order")
    returned = refund(1_015, "900.00", of=bought)
    recorded = record([bought, purchase(1_005, "40.00"), returned], rules, 1_020)
    assert recorded is not None
    assert bought.detail.id not in recorded.text
    assert recorded.text.count("id: bought-1") == recorded.text.count("purchase: bought-1") == 1
    assert told_of(rules, recorded.text).misses == ()


def test_what_todays_rules_would_refuse_is_left_out_and_counted(rules: Ruleset) -> None:
    of_no_rating = programmes.override(1_002, "new", 1_009, rating="stage")
    answer_to_nothing = programmes.answer(1_003, "care-1", date(1972, 9, 29), "done")
    recorded = record([purchase(1_000, "900.00"), of_no_rating, answer_to_nothing], rules, 1_005)
    assert recorded is not None
    assert recorded.left_out == 2
    assert told_of(rules, recorded.text).misses == ()
    assert record([of_no_rating], rules, 1_005) is None


SCALARS = st.booleans() | st.text()
LISTS = st.lists(SCALARS, max_size=3)


@given(SCALARS | LISTS | st.dictionaries(st.text(), SCALARS | LISTS, max_size=3))
def test_a_value_that_is_written_reads_back_as_it_was(value: Any) -> None:
    text = flow({"value": value})
    assume(_is_yaml(text))
    assert parse(text, FILE).data == {"value": value}


def _is_yaml(text: str) -> bool:
    """Without characters that no YAML may hold, which event texts do not hold either."""
    return all(character.isprintable() for character in text)
