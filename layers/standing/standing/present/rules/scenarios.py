"""What `standing rules test` says: what became of each story, why one fails, and what none of them covers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from standing.engine.reasons import display
from standing.engine.state import LevelState
from standing.present.language import in_language, reason_line, word_for
from standing.present.terminal import Text
from standing.rules.author.scenario.scenario import Expected
from standing.rules.frozen import Title
from standing.rules.ruleset import Ruleset
from standing.rules.scenarios.check import ScenarioResults
from standing.rules.scenarios.coverage import CoveredRule
from standing.rules.scenarios.player import CareOn, Mismatch, PlayedScenario
from standing.rules.scenarios.thresholds import MovedThreshold
from standing.values.catalogue import Language
from standing.values.days import day_date
from standing.values.messages import Messages

PHRASES = Messages(
    "story",
    {
        "rating": "{about} should be {wanted}, and is {actual}",
        "not-rating": "{about} should not be {wanted}, and is {actual}",
        "feature": "{about} should be {wanted}, and is {actual}",
        "care": "{name} (“{about}”) should fall due, and {actual}",
        "no-care": "{name} (“{about}”) should not fall due, and {actual}",
        "held-back": "{name} (“{about}”) should be held back ({wanted}), and {actual}",
        "due": "falls due",
        "not-due": "does not: its conditions do not hold",
        "too-soon": "does not: it was due on {last}, too short a time ago",
        "consent": "is held back: no consent",
        "contact-cap": "is held back: contact cap",
        "by-consent": "no consent",
        "by-contact-cap": "contact cap",
        "since": "since {day}",
        "grace": "grace period until {day}",
        "when": "When",
        "passed": "{passed} of {all:story is|stories are} as expected",
        "covered": (
            "Covered (true in some story, and false in some): {lines} of {all_lines:comparison|comparisons}"
            " ({share} %), {rules} of {all_rules:rule|rules} ({rules_share} %)"
        ),
        "never_true": "In no story true:",
        "never_false": "In no story false:",
        "moved": "Moved thresholds: a story notices {noticed} of {all}",
        "unnoticed": "No story would notice:",
        "moved_to": "→ {to}; one in which it is {would} would",
        "whole": "(the whole rule)",
    },
)

phrase = PHRASES.say


def print_checked(checked: ScenarioResults, language: Language, console: Console) -> None:
    """The result in the terminal, in English or Chinese: what failed comes last, where it is seen."""
    for one in sorted(checked.played, key=lambda one: bool(one.misses)):
        _print_story(checked.ruleset, one, language, console)
    passed = len(checked.played) - len(checked.failed)
    said = phrase("passed", language, passed=passed, all=len(checked.played))
    console.print(Text(f"\n{said}", style="red" if checked.failed else "green"))
    console.print(Text(_coverage_line(checked, language)))
    _print_missing("never_true", checked.missing(lambda one: one.ever_true), language, console)
    _print_missing("never_false", checked.missing(lambda one: one.ever_false), language, console)
    if checked.moved:
        _print_moved(checked.moved, language, console)


def _print_moved(moved: Sequence[MovedThreshold], language: Language, console: Console) -> None:
    """How many moved thresholds some story notices, and those that none does."""
    unnoticed = [one for one in moved if not one.noticed]
    said = phrase("moved", language, noticed=len(moved) - len(unnoticed), all=len(moved))
    console.print(Text(f"\n{said}"))
    if not unnoticed:
        return
    console.print(Text(phrase("unnoticed", language)))
    places, lines = [f"{one.file}:{one.line}" for one in unnoticed], [one.text for one in unnoticed]
    width, wide = max(map(len, places)), max(map(len, lines))
    for one, place in zip(unnoticed, places, strict=True):
        what = phrase("moved_to", language, to=one.to, would=one.would)
        console.print(
            Text.assemble("  ", (place.ljust(width), "cyan"), f"  {one.text.ljust(wide)}  ", what),
            soft_wrap=True,
        )


def checked_as_dict(checked: ScenarioResults) -> dict[str, Any]:
    """The result for `--json`: every story, everything that was not as expected, and the whole coverage."""
    return {
        "rules": checked.ruleset.version,
        "passed": len(checked.played) - len(checked.failed),
        "failed": len(checked.failed),
        "scenarios": [_story_as_dict(checked.ruleset, one) for one in checked.played],
        "coverage": {
            "rules": _counts(checked, whole=True),
            "comparisons": _counts(checked, whole=False),
            "lines": [_covered_as_dict(one) for one in checked.covered],
        },
        **({"thresholds": [asdict(one) for one in checked.moved]} if checked.moved else {}),
    }


def mismatch_in_words(ruleset: Ruleset, miss: Mismatch, language: Language) -> str:
    """What was expected and what is instead, in one sentence."""
    expected = miss.expected
    wanted = phrase(f"by-{expected.wanted}", language) if expected.kind == "held-back" else _wanted(ruleset, expected)
    about, actual = in_language(_title(ruleset, expected), language), _actual(ruleset, miss, language)
    return phrase(expected.kind, language, name=expected.about, about=about, wanted=wanted, actual=actual)


def _print_story(ruleset: Ruleset, one: PlayedScenario, language: Language, console: Console) -> None:
    scenario = one.scenario
    name = f"{scenario.name}: {in_language(scenario.title, language)}" if scenario.title else scenario.name
    style = "red" if one.misses else "green"
    console.print(
        Text.assemble(("✗ " if one.misses else "✓ ", style), (name, "bold" if one.misses else "")), soft_wrap=True
    )
    for miss in one.misses:
        where = f"{scenario.file}:{miss.expected.line}"
        console.print(Text.assemble("  ", (where, "cyan"), f" · {day_date(miss.day)}"), soft_wrap=True)
        console.print(Padding(Text(mismatch_in_words(ruleset, miss, language), style="red"), (0, 0, 0, 4)))
        console.print(Padding(_because(miss, language), (0, 0, 0, 4)))


def _because(miss: Mismatch, language: Language) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    for asked in miss.because:
        label = phrase("when", language) if miss.care else f"{word_for(asked.purpose, language)} {asked.level}"
        lines = "\n".join(reason_line(reason, language) for reason in asked.because)
        table.add_row(Text(label, style="cyan"), Text(lines, overflow="fold"))
    return table


def _coverage_line(checked: ScenarioResults, language: Language) -> str:
    lines, rules = _counts(checked, whole=False), _counts(checked, whole=True)
    numbers = {"lines": lines["both"], "all_lines": lines["all"], "rules": rules["both"], "all_rules": rules["all"]}
    return phrase("covered", language, share=lines["percent"], rules_share=rules["percent"], **numbers)


def _print_missing(name: str, missing: Sequence[CoveredRule], language: Language, console: Console) -> None:
    if not missing:
        return
    console.print(Text(phrase(name, language)))
    places = [f"{one.file}:{one.line}" for one in missing]
    width = max(len(place) for place in places)
    for one, place in zip(missing, places, strict=True):
        line = one.text or phrase("whole", language)
        console.print(
            Text.assemble("  ", (place.ljust(width), "cyan"), f"  {line}  ", (one.rule, "dim")), soft_wrap=True
        )


def _counts(checked: ScenarioResults, *, whole: bool) -> dict[str, int]:
    both, everything = checked.counted(whole=whole)
    return {"both": both, "all": everything, "percent": both * 100 // max(everything, 1)}


def _story_as_dict(ruleset: Ruleset, one: PlayedScenario) -> dict[str, Any]:
    scenario = one.scenario
    return {
        "scenario": scenario.name,
        "title": scenario.title.model_dump() if scenario.title else None,
        "file": scenario.file,
        "line": scenario.line,
        "passed": not one.misses,
        "failures": [_miss_as_dict(ruleset, miss) for miss in one.misses],
    }


def _miss_as_dict(ruleset: Ruleset, miss: Mismatch) -> dict[str, Any]:
    expected = miss.expected
    return {
        "line": expected.line,
        "day": str(day_date(miss.day)),
        "kind": expected.kind,
        "about": expected.about,
        "expected": _wanted(ruleset, expected),
        "actual": _bare(ruleset, miss),
        "said": mismatch_in_words(ruleset, miss, "en"),
        "because": [asked._asdict() for asked in miss.because],
    }


def _covered_as_dict(one: CoveredRule) -> dict[str, Any]:
    seen = {"true": one.ever_true, "false": one.ever_false}
    return {"rule": one.rule, "comparison": one.text or None, "file": one.file, "line": one.line, **seen}


def _title(ruleset: Ruleset, expected: Expected) -> Title:
    if expected.kind in {"rating", "not-rating"}:
        return ruleset.ratings[expected.about].title
    return (ruleset.by_name if expected.kind == "feature" else ruleset.care)[expected.about].title


def _wanted(ruleset: Ruleset, expected: Expected) -> str | None:
    if expected.kind == "feature":
        return display(ruleset, expected.about, expected.wanted) or "unknown"
    return None if expected.wanted is None else str(expected.wanted)


def _bare(ruleset: Ruleset, miss: Mismatch) -> str | None:
    """What is instead: a level, a value, or how a care rule stands."""
    if miss.held:
        return miss.held.level
    return miss.care.standing if miss.care else display(ruleset, miss.expected.about, miss.value)


def _actual(ruleset: Ruleset, miss: Mismatch, language: Language) -> str:
    if miss.held:
        return _held(miss.held, language)
    if miss.care:
        return _care(miss.care, language)
    return _bare(ruleset, miss) or word_for("unknown", language)


def _held(held: LevelState, language: Language) -> str:
    parts = [phrase("since", language, day=day_date(held.since))]
    if held.grace_until is not None:
        parts.append(phrase("grace", language, day=day_date(held.grace_until)))
    return f"{held.level} ({', '.join(parts)})"


def _care(care: CareOn, language: Language) -> str:
    last = "" if care.last_due is None else day_date(care.last_due)
    return phrase(care.standing, language, last=last)
