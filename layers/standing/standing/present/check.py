"""The output of `standing rules check`, for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from standing.present.document import Document, Item, Items, Look, Paragraph, Span, in_lines, with_code
from standing.present.language import phrase
from standing.present.rules.size import state_size
from standing.rules.author.problems import Problem
from standing.rules.author.sizes import sizes_of
from standing.rules.prove.check import LocatedFinding, Report
from standing.rules.prove.findings import CHECKS, Finding
from standing.rules.prove.words import way_out
from standing.values.catalogue import Language


def check_document(report: Report, language: Language, *, whole: bool = False) -> Document:
    """Every problem and finding with its place, and the total. With `whole`, accepted findings come first."""
    problems = [_problem(problem, language) for problem in report.problems]
    open_still = [one for one in report.found if not one.accepted]
    found = [_finding(one, language) for one in [*(report.accepted if whole else ()), *open_still]]
    remarks = (Paragraph(with_code(one, rest="soft")) for one in _remarks(report, language, whole=whole))
    return Document(language, (Items((*problems, *found)), Paragraph(_summary(report, language)), *remarks))


def _remarks(report: Report, language: Language, *, whole: bool) -> Iterator[str]:
    """How to see the accepted findings, if they are left out; and how large a customer's state can be."""
    if report.accepted and not whole:
        yield phrase("folded", language, accepted=len(report.accepted))
    if report.ruleset:
        yield state_size(report.ruleset, language)


def report_as_dict(report: Report, language: Language = "en") -> dict[str, Any]:
    """The report for `--json`."""
    sizes = sizes_of(report.ruleset) if report.ruleset else None
    state = {"most_bytes": sizes.most, "room_bytes": sizes.limit, "series": dict(sizes.largest)} if sizes else None
    return {
        "state": state,
        "problems": [_problem_as_dict(problem, language) for problem in report.problems],
        "findings": [_as_dict(one, language) for one in report.found],
    }


def _problem_as_dict(problem: Problem, language: Language) -> dict[str, Any]:
    place = {"file": problem.file, "line": problem.line, "column": problem.column or None}
    return {**place, "message": problem.said(language), "check": problem.check}


def _problem(problem: Problem, language: Language) -> Item:
    place = (Span(f"{problem.place}:", "place"), Span(" "))
    if not problem.check:
        return Item((*place, *with_code(problem.said(language))))
    head = (*place, Span(f"{problem.check} {CHECKS.say(problem.check, language)}", "bad"))
    out = f"→ {way_out(problem.check).in_language(language)}"
    return Item(in_lines([head, with_code(problem.said(language)), with_code(out, rest="soft")]))


def _finding(one: LocatedFinding, language: Language) -> Item:
    found = one.finding
    look: Look = "soft" if one.accepted else "warning" if found.is_question or found.unproved else "bad"
    title = Span(f"{found.check} {CHECKS.say(found.check, language)}", look)
    head = (Span(f"{one.file}:{one.line}:", "place"), Span(" "), title)
    said = with_code(f"{found.about}: {found.said.in_language(language)}")
    after = (with_code(line, rest="soft") for line in _after(one, language))
    return Item(in_lines([head, said, *after]))


def _after(one: LocatedFinding, language: Language) -> Iterator[str]:
    """An example customer, and what to do."""
    if one.finding.example:
        facts = " · ".join(f"{fact} {value}" for fact, value in one.finding.example.items())
        yield phrase("for_example", language, facts=facts)
    accepted = phrase("accepted_because", language, reason=one.accepted) if one.accepted else ""
    yield accepted or _way_out(one.finding, language)


def _way_out(found: Finding, language: Language) -> str:
    if found.unproved:
        return f"→ {phrase('make_simpler', language, check=found.check)}"
    return f"→ {way_out(found.check).in_language(language)}"


def _summary(report: Report, language: Language) -> str:
    if report.ruleset is None:
        return phrase("not_proved", language, problems=len(report.problems))
    counts = {
        "rules": len(report.ruleset.rules),
        "features": len(report.ruleset.features),
        "problems": len(report.problems),
        "faults": len(report.faults),
        "questions": len(report.questions),
        "accepted": len(report.accepted),
        "unproved": len(report.unproved),
    }
    parts = ("checked", "found", "asked", *(("too_long",) if report.unproved else ()))
    return "".join(phrase(part, language, **counts) for part in parts)


def _as_dict(one: LocatedFinding, language: Language) -> dict[str, Any]:
    found = one.finding
    about = {"check": found.check, "about": found.about, "message": found.said.in_language(language)}
    kind = {"question": found.is_question, "proved": not found.unproved, "way_out": _way_out(found, language)[2:]}
    return {"file": one.file, "line": one.line, **about, **kind, "example": found.example, "accepted": one.accepted}
