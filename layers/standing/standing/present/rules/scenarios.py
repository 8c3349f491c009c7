"""The output of `standing rules test`: the result of each story, why it failed, and what no story covers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from operator import attrgetter
from typing import Any, Literal

from standing.engine.reasons import display
from standing.engine.state import LevelState
from standing.present.document import Block, Column, Document, Item, Items, Paragraph, Section, Span, Table, in_lines
from standing.present.language import phrase as shared_phrase
from standing.present.reasons import reason_lines
from standing.rules.author.scenario.scenario import Expected
from standing.rules.frozen import Title
from standing.rules.ruleset import Ruleset
from standing.rules.scenarios.check import ScenarioResults
from standing.rules.scenarios.coverage import CoveredRule
from standing.rules.scenarios.player import CareOn, Mismatch, PlayedScenario
from standing.rules.scenarios.thresholds import MovedThreshold
from standing.values.catalogue import Language
from standing.values.days import day_date
from standing.values.messages import Messages, in_a_row

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


def scenarios_document(checked: ScenarioResults, language: Language) -> Document:
    """The result of each story, and what no story covers. Failed stories come last in the list, next to the total."""
    played = sorted(checked.played, key=lambda one: bool(one.misses))
    stories = Items(tuple(_story(checked.ruleset, one, language) for one in played))
    passed = len(played) - len(checked.failed)
    said = phrase("passed", language, passed=passed, all=len(played))
    sums = Paragraph(said, "bad" if checked.failed else "good"), Paragraph(_coverage_line(checked, language))
    missing = (*_missing("never_true", checked, language), *_missing("never_false", checked, language))
    moved = _moved(checked.moved, language) if checked.moved else ()
    return Document(language, (stories, Section("", (*sums, *missing)), *moved))


def _missing(
    name: Literal["never_true", "never_false"], checked: ScenarioResults, language: Language
) -> Iterator[Block]:
    """The lines that are never true in a story, or never false."""
    seen = attrgetter("ever_true" if name == "never_true" else "ever_false")
    if missing := checked.missing(seen):
        yield Paragraph(phrase(name, language))
        rows = ((_place(one), one.text or phrase("whole", language), Span(one.rule, "soft")) for one in missing)
        yield Table((Column(is_whole=True), Column(), Column()), tuple(rows))


def _moved(moved: Sequence[MovedThreshold], language: Language) -> Iterator[Block]:
    """How many moved thresholds a story notices, and those that no story notices."""
    unnoticed = [one for one in moved if not one.noticed]
    yield Section("", (Paragraph(phrase("moved", language, noticed=len(moved) - len(unnoticed), all=len(moved))),))
    if unnoticed:
        yield Paragraph(phrase("unnoticed", language))
        rows = ((_place(one), one.text, phrase("moved_to", language, to=one.to, would=one.would)) for one in unnoticed)
        yield Table((Column(is_whole=True), Column(is_whole=True), Column()), tuple(rows))


def _place(one: CoveredRule | MovedThreshold) -> Span:
    return Span(f"{one.file}:{one.line}", "place")


def checked_as_dict(checked: ScenarioResults) -> dict[str, Any]:
    """The result for `--json`: every story, every mismatch, and the whole coverage."""
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
    """What was expected and what the result is, in one sentence."""
    expected = miss.expected
    wanted = phrase(f"by-{expected.wanted}", language) if expected.kind == "held-back" else _wanted(ruleset, expected)
    about, actual = _title(ruleset, expected).in_language(language), _actual(ruleset, miss, language)
    return phrase(expected.kind, language, name=expected.about, about=about, wanted=wanted, actual=actual)


def _story(ruleset: Ruleset, one: PlayedScenario, language: Language) -> Item:
    scenario = one.scenario
    name = f"{scenario.name}: {scenario.title.in_language(language)}" if scenario.title else scenario.name
    mark, shown = (Span("✗ ", "bad"), Span(name, "strong")) if one.misses else (Span("✓ ", "good"), Span(name))
    below = (block for miss in one.misses for block in _miss(ruleset, scenario.file, miss, language))
    return Item((mark, shown), tuple(below))


def _miss(ruleset: Ruleset, file: str, miss: Mismatch, language: Language) -> Iterator[Block]:
    where = Span(f"{file}:{miss.expected.line}", "place"), Span(f" · {day_date(miss.day)}")
    yield Paragraph(in_lines([where, Span(mismatch_in_words(ruleset, miss, language), "bad")]))
    names = [f"{shared_phrase(asked.purpose, language)} {asked.level}" for asked in miss.because]
    shown = [Span(phrase("when", language) if miss.care else name, "soft") for name in names]
    lines = [reason_lines(asked.because, language) for asked in miss.because]
    yield Table((Column(is_whole=True), Column()), tuple(zip(shown, lines, strict=True)))


def _coverage_line(checked: ScenarioResults, language: Language) -> str:
    lines, rules = _counts(checked, whole=False), _counts(checked, whole=True)
    numbers = {"lines": lines["both"], "all_lines": lines["all"], "rules": rules["both"], "all_rules": rules["all"]}
    return phrase("covered", language, share=lines["percent"], rules_share=rules["percent"], **numbers)


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
    """The actual result: a level, a value, or the state of a care rule."""
    if miss.held:
        return miss.held.level
    return miss.care.standing if miss.care else display(ruleset, miss.expected.about, miss.value)


def _actual(ruleset: Ruleset, miss: Mismatch, language: Language) -> str:
    if miss.held:
        return _held(miss.held, language)
    if miss.care:
        return _care(miss.care, language)
    return _bare(ruleset, miss) or shared_phrase("unknown", language)


def _held(held: LevelState, language: Language) -> str:
    parts = [phrase("since", language, day=day_date(held.since))]
    if held.grace_until is not None:
        parts.append(phrase("grace", language, day=day_date(held.grace_until)))
    return f"{held.level} ({in_a_row(parts).in_language(language)})"


def _care(care: CareOn, language: Language) -> str:
    last = "" if care.last_due is None else day_date(care.last_due)
    return phrase(care.standing, language, last=last)
