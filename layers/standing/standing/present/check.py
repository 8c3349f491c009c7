"""What `standing rules check` says, for people and for machines."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from standing.present.language import in_language, phrase
from standing.present.rules.size import state_size
from standing.present.terminal import Text
from standing.rules.author.problems import Problem
from standing.rules.author.sizes import sizes_of
from standing.rules.prove.check import LocatedFinding, Report
from standing.rules.prove.findings import CHECKS, Finding
from standing.rules.prove.words import way_out
from standing.values.catalogue import Language


def print_report(report: Report, language: Language, console: Console, *, whole: bool = False) -> None:
    """Every problem and finding with its place, and the count; what is accepted comes first, if `whole`."""
    for problem in report.problems:
        _print_problem(problem, language, console)
    open_still = [one for one in report.found if not one.accepted]
    for one in [*(report.accepted if whole else ()), *open_still]:
        _print_finding(one, language, console)
    console.print(Text(_summary(report, language)))


def print_more(report: Report, language: Language, console: Console, *, whole: bool = False) -> None:
    """Where the accepted findings are shown, if they were not; and how large a customer's state can be."""
    if report.accepted and not whole:
        console.print(Text(phrase("folded", language, accepted=len(report.accepted))), style="dim", soft_wrap=True)
    if report.ruleset:
        console.print(Text(state_size(report.ruleset, language)), style="dim", soft_wrap=True)


def report_as_dict(report: Report, language: Language = "en") -> dict[str, Any]:
    """For `--json`."""
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


def _print_problem(problem: Problem, language: Language, console: Console) -> None:
    place = (f"{problem.place}: ", "bold")
    if not problem.check:
        console.print(Text.assemble(place, problem.said(language)), soft_wrap=True)
        return
    title = CHECKS.say(problem.check, language)
    console.print(Text.assemble(place, (f"{problem.check} {title}", "red")), soft_wrap=True)
    console.print(Text(f"    {problem.said(language)}"), soft_wrap=True)
    console.print(Text(f"    → {in_language(way_out(problem.check), language)}", style="dim"), soft_wrap=True)


def _print_finding(one: LocatedFinding, language: Language, console: Console) -> None:
    found, title = one.finding, CHECKS.say(one.finding.check, language)
    style = "dim" if one.accepted else "yellow" if found.is_question or found.unproved else "red"
    head = Text.assemble((f"{one.file}:{one.line}: ", "bold"), (f"{found.check} {title}", style))
    console.print(head, soft_wrap=True)
    console.print(Text(f"    {found.about}: {in_language(found.said, language)}"), soft_wrap=True)
    if found.example:
        facts = " · ".join(f"{fact} {value}" for fact, value in found.example.items())
        console.print(Text(f"    {phrase('for_example', language, facts=facts)}", style="dim"), soft_wrap=True)
    after = phrase("accepted_because", language, reason=one.accepted) if one.accepted else _way_out(found, language)
    console.print(Text(f"    {after}", style="dim"), soft_wrap=True)


def _way_out(found: Finding, language: Language) -> str:
    if found.unproved:
        return f"→ {phrase('make_simpler', language, check=found.check)}"
    return f"→ {in_language(way_out(found.check), language)}"


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
    about = {"check": found.check, "about": found.about, "message": in_language(found.said, language)}
    kind = {"question": found.is_question, "proved": not found.unproved, "way_out": _way_out(found, language)[2:]}
    return {"file": one.file, "line": one.line, **about, **kind, "example": found.example, "accepted": one.accepted}
