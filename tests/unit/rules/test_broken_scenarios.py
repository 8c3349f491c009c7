"""What is wrong in a story is said with file, line and the way out, and never with a traceback."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standing.rules.author.problems import Problem, RulesError
from standing.rules.ruleset import Ruleset
from standing.rules.scenarios.check import check_scenarios

from tests.make.scenarios import parse_scenarios
from tests.make.support import real_ruleset
from tests.unit.rules.test_scenarios import FILE, HEAD, RULES, folder_of


@pytest.fixture(scope="module")
def rules() -> Ruleset:
    return real_ruleset()


class Broken(NamedTuple):
    """A story that cannot be understood: its text, the line of the problem, and what is said."""

    text: str
    line: int
    said: str


SILVER = "      expect: {tier: silver}\n"
STORY = HEAD + SILVER
LATER = STORY + "    - after: 1d\n"
BROKEN = {
    "unknown word of a story": Broken(
        STORY + "  nevr: [win-back]\n", 7, "`nevr` is not a word of a story; did you mean `never`?"
    ),
    "unknown word of a step": Broken(
        HEAD + "      expct: {tier: silver}\n", 6, "`expct` is not a word of a step; did you mean `expect`?"
    ),
    "no name": Broken("- story:\n    - on: 2026-01-05\n", 1, "`scenario` is missing"),
    "no title in Chinese": Broken(HEAD.replace(", zh: 一个故事", "") + SILVER, 2, "`title.zh` is missing"),
    "no steps": Broken("scenario: one\nstory: []\n", 2, "`story` has too few: at least 1"),
    "not a block": Broken("- nonsense\n", 1, "a story is a block of `name: value` lines"),
    "a step that is not a block": Broken(STORY + "    - purchase\n", 7, "a step is a block of `name: value` lines"),
    "twice the same name": Broken(STORY + STORY, 7, f"`one` is the name of another story, {FILE}:1"),
    "no such date": Broken(
        HEAD.replace("01-05", "02-30") + SILVER, 4, "`on`: 2026-02-30 is not in the calendar: a date such as 2026-03-01"
    ),
    "a date of another kind": Broken(
        HEAD.replace("2026-01-05", "5.1.2026") + SILVER, 4, "`on`: a date such as 2026-03-01, from 1970 to 2199"
    ),
    "back in time": Broken(
        STORY + "    - on: 2026-01-04\n",
        7,
        "goes back in time: the step before is on 2026-01-05; order the steps by their days",
    ),
    "no day": Broken(
        STORY + "    - expect: {tier: silver}\n",
        7,
        "each step has `on` (a date) or `after` (days after the step before), not both",
    ),
    "two days": Broken(
        STORY + "    - on: 2026-01-06\n      after: 1d\n",
        7,
        "each step has `on` (a date) or `after` (days after the step before), not both",
    ),
    "after nothing": Broken(
        HEAD.replace("on: 2026-01-05", "after: 1d") + SILVER,
        4,
        "the first step has no step before it: begin with `on` and a date",
    ),
    "after a month": Broken(STORY + "    - after: 1m\n", 7, "`after`: a number of days such as 90d"),
    "after the end of time": Broken(
        HEAD.replace("2026", "2190") + SILVER + "    - after: 9999d\n", 7, "stories end before 2169"
    ),
    "two events": Broken(
        HEAD + "      refund: {amount: 1}\n" + SILVER,
        6,
        "has purchase and refund: one event a step, the next one below `after: 0d`",
    ),
    "an event that is no block": Broken(
        LATER + "      purchase: 12.00\n", 8, "`purchase` should be a block of `name: value` lines"
    ),
    "unknown field": Broken(
        HEAD.replace("amount", "amuont") + SILVER,
        5,
        "`amuont` is not a field of `purchase`, which has id, time, amount, currency, channel, category, items",
    ),
    "another customer": Broken(
        HEAD.replace("{amount", "{customer: c-2, amount") + SILVER,
        5,
        "a story is of one customer: leave `customer` out",
    ),
    "no amount": Broken(
        HEAD.replace("amount: 900.00", "channel: web") + SILVER,
        5,
        "`purchase.amount`: expected a value: this field is required",
    ),
    "a broken amount": Broken(
        HEAD.replace("900.00", "nine") + SILVER,
        5,
        '`purchase.amount`: expected a decimal number, not negative and below 10 billion, such as "12.50"',
    ),
    "too many decimals": Broken(
        HEAD.replace("900.00", "900.001") + SILVER, 5, "`purchase.amount`: expected at most 2 decimals in USD"
    ),
    "another currency": Broken(
        HEAD.replace("900.00", "900.00, currency: EUR") + SILVER,
        5,
        "`purchase.currency`: expected USD, the programme's currency",
    ),
    "a time of another day": Broken(
        HEAD.replace("900.00", "900.00, time: 2026-01-06T12:00:00Z") + SILVER,
        5,
        "`purchase.time`: expected a time on 2026-01-05, the day of this step, or none",
    ),
    "the same id": Broken(
        HEAD.replace("900.00", "900.00, id: a") + SILVER + "    - after: 1d\n      refund: {amount: 1, id: a}\n",
        8,
        "`a` is the id of another event of this story",
    ),
    "no such kind": Broken(
        LATER + "      feedback: {kind: moan}\n",
        8,
        "`feedback.kind`: expected 'complaint', 'praise', 'inquiry', 'survey' or 'review'",
    ),
    "a score that is no number": Broken(
        LATER + "      feedback: {kind: survey, scale: [1, 5], score: four}\n",
        8,
        "`feedback.score`: expected a whole number",
    ),
    "an unknown channel": Broken(
        LATER + "      profile: {consent: {fax: true}}\n",
        8,
        "`profile.consent.fax`: expected one of the programme's channels: email, phone, letter",
    ),
    "yes for true": Broken(
        LATER + "      profile: {consent: {email: yes}}\n", 8, "`profile.consent.email`: expected true or false"
    ),
    "an override of nothing": Broken(
        LATER + "      override: {rating: rank, level: gold, reason: r, expires: 2026-02-01}\n",
        8,
        "`override.rating`: expected one of lifecycle, satisfaction, tier, churn-risk",
    ),
    "an override that is over": Broken(
        LATER + "      override: {rating: tier, level: gold, reason: r, expires: 2026-01-01}\n",
        8,
        "`override.expires`: expected a day that is not before the event's own",
    ),
    "an answer to no care rule": Broken(
        LATER + "      care: {care: welcom, status: done}\n", 8, "`welcom` is not a care rule; did you mean `welcome`?"
    ),
    "a refund of nothing": Broken(
        HEAD.replace("{amount", "{id: order-1, amount", 1)
        + SILVER
        + "    - after: 1d\n      refund: {purchase: order-2, amount: 1}\n",
        8,
        "`order-2` is the id of no purchase above, such as `purchase: {id: order-2, amount: 9.00}`; did you mean",
    ),
    "times without an event": Broken(LATER + "      times: 3\n", 8, "`times` repeats an event, and this step has none"),
    "times nothing": Broken(HEAD + "      times: 0\n" + SILVER, 6, "`times`: a whole number such as 3"),
    "too many events": Broken(
        HEAD + "      times: 9999\n" + SILVER + "    - after: 1d\n      purchase: {amount: 1}\n      times: 2\n",
        9,
        "is more than 10,000 events: tell it in several stories",
    ),
    "unknown rating": Broken(
        HEAD + "      expect: {teir: silver}\n", 6, "`teir` is not a rating; did you mean `tier`?"
    ),
    "a feature among the ratings": Broken(
        HEAD + "      expect: {orders_90d: 1}\n", 6, "`orders_90d` is a feature, which stands below `features`"
    ),
    "unknown level": Broken(
        HEAD + "      expect: {tier: golden}\n", 6, "`golden` is not a level of `tier`: bronze, silver, gold, platinum"
    ),
    "unknown level that is not expected": Broken(
        HEAD + "      expect_not: {tier: [gold, golden]}\n",
        6,
        "`golden` is not a level of `tier`: bronze, silver, gold, platinum",
    ),
    "unknown feature": Broken(
        HEAD + "      expect: {features: {orders_9d: 1}}\n",
        6,
        "`orders_9d` is not a feature; did you mean `orders_90d`?",
    ),
    "a value of another kind": Broken(
        HEAD + "      expect: {features: {orders_90d: many}}\n",
        6,
        "`many` is not a value of `orders_90d`: a whole number such as 3, or unknown",
    ),
    "a value that is a list": Broken(
        HEAD + "      expect: {features: {spend_365d: [1]}}\n",
        6,
        "`['1']` is not a value of `spend_365d`: an amount such as 120.00, or unknown",
    ),
    "unknown care rule": Broken(
        HEAD + "      care: [welcome, win-bak]\n", 6, "`win-bak` is not a care rule; did you mean `win-back`?"
    ),
    "care that is no list": Broken(
        HEAD + "      care: win-back\n",
        6,
        "`care`: a list of care rules that fall due, such as [win-back], or a block with the result of one",
    ),
    "no_care that is no list": Broken(
        HEAD + "      no_care: win-back\n", 6, "`no_care`: a list of care rules, such as [win-back]"
    ),
    "unknown gate": Broken(
        HEAD + "      held_back: {welcome: mood}\n", 6, "`mood` holds nothing back: consent or contact-cap does"
    ),
    "never, of no care rule": Broken(
        HEAD + "  never: [win-back, win-bak]\n", 6, "`win-bak` is not a care rule; did you mean `win-back`?"
    ),
    "never, of no level": Broken(
        HEAD + "  never: [{tier: golden}]\n", 6, "`golden` is not a level of `tier`: bronze, silver, gold, platinum"
    ),
    "never, of nothing": Broken(
        HEAD + "  never: []\n", 6, "`never`: a list of what never happens, such as [win-back, {tier: platinum}]"
    ),
    "nothing expected": Broken(HEAD, 1, "expects nothing: add expect, expect_not, care, no_care, held_back or never"),
    "no event": Broken(
        "- scenario: one\n  story:\n    - on: 2026-01-05\n      expect: {tier: bronze}\n",
        2,
        "has no event: before the first one there is nobody to rate",
    ),
    "expected before the first event": Broken(
        "- scenario: one\n  story:\n    - on: 2026-01-04\n      expect: {tier: bronze}\n"
        "    - after: 1d\n      purchase: {amount: 1}\n",
        4,
        "`tier` is expected before the first event, on 2026-01-05: there is no standing yet",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_wrong_is_said_with_its_line_and_the_way_out(rules: Ruleset, name: str) -> None:
    broken = BROKEN[name]
    with pytest.raises(RulesError) as caught:
        parse_scenarios(broken.text, FILE, rules)
    found = [(problem.file, problem.line) for problem in caught.value.problems if broken.said in problem.message]
    assert found == [(FILE, broken.line)], str(caught.value)
    assert len(caught.value.problems) == 1


def test_problems_of_all_files_are_said_together(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, HEAD + "      expect: {tier: golden}\n")
    (folder / "scenarios" / "another.yaml").write_text(HEAD + "      care: [nothing]\n")
    (folder / "scenarios" / "other.yml").write_text(HEAD + SILVER)
    (folder / "scenarios" / "tabs.yaml").write_text("- scenario:\tone\n\tstory: 1\n")
    with pytest.raises(RulesError) as caught:
        check_scenarios(folder)
    files = [problem.file.removeprefix("rules/scenarios/") for problem in caught.value.problems]
    assert files == ["another.yaml", "other.yml", "story.yaml", "tabs.yaml"]


def test_a_folder_without_stories_says_where_to_write_one(tmp_path: Path) -> None:
    shutil.copytree(RULES, tmp_path / "rules", ignore=shutil.ignore_patterns("scenarios"))
    with pytest.raises(RulesError, match=r"rules/scenarios:1: has no story: write one in a file of this folder"):
        check_scenarios(tmp_path / "rules")


SHARED = real_ruleset()
DEFAULTS = "".join(path.read_text() for path in sorted((RULES / "scenarios").glob("*.yaml")))
SLIPS = ["{", "}", "[", "]", ": ", "- ", "\n", "null", "true", "0", "-"]
LINES = DEFAULTS.splitlines(keepends=True)


@settings(max_examples=150)
@given(st.data())
def test_any_slip_of_the_keyboard_is_a_story_or_a_problem_with_a_line(data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, len(LINES) - 1))
    text = "".join(LINES[begin : begin + 25])
    place = data.draw(st.integers(0, len(text)))
    slip = data.draw(
        st.text(max_size=4) | st.sampled_from(["{", "}", "[", "]", ": ", "- ", "\n", "null", "true", "0", "-"])
    )
    dropped = data.draw(st.integers(0, 6))
    broken = text[:place] + slip + text[place + dropped :]
    assert all(1 <= problem.line <= broken.count("\n") + 2 for problem in _found(broken))


def _found(text: str) -> list[Problem]:
    try:
        parse_scenarios(text, FILE, SHARED)
    except RulesError as error:
        return error.problems or [Problem("an error without a problem", 0, "")]
    return []
