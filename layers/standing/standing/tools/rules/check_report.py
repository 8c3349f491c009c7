"""What `standing rules check` says, for people and for machines."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text

from standing.rulebook.checking import Located, Report
from standing.rulebook.proving.findings import CHECKS
from standing.tools.language import Language, phrase, say


def print_report(report: Report, language: Language, console: Console) -> None:
    """Every problem and finding with its place, and the count."""
    for problem in report.problems:
        mark = f" [{problem.check}]" if problem.check else ""
        console.print(
            Text.assemble((f"{problem.file}:{problem.line}: ", "bold"), problem.message, (mark, "dim")), soft_wrap=True
        )
    for one in report.found:
        _print_finding(one, language, console)
    console.print(Text(_summary(report, language)))


def report_as_dict(report: Report) -> dict[str, Any]:
    """For `--json`."""
    return {
        "problems": [vars(problem) for problem in report.problems],
        "findings": [_as_dict(one) for one in report.found],
    }


def _print_finding(one: Located, language: Language, console: Console) -> None:
    found, title = one.finding, say(CHECKS[one.finding.check], language)
    style = "dim" if one.accepted else "yellow" if found.is_question else "red"
    head = Text.assemble((f"{one.file}:{one.line}: ", "bold"), (f"{found.check} {title}", style))
    console.print(head, soft_wrap=True)
    console.print(Text(f"    {found.about}: {found.message}"), soft_wrap=True)
    if found.example:
        facts = " · ".join(f"{fact} {value}" for fact, value in found.example.items())
        console.print(Text(f"    {phrase('for_example', language, facts=facts)}", style="dim"), soft_wrap=True)
    if one.accepted:
        console.print(
            Text(f"    {phrase('accepted_because', language, reason=one.accepted)}", style="dim"), soft_wrap=True
        )


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
    }
    return "".join(phrase(part, language, **counts) for part in ("checked", "found", "asked"))


def _as_dict(one: Located) -> dict[str, Any]:
    found = one.finding
    about = {"check": found.check, "about": found.about, "message": found.message, "question": found.is_question}
    return {"file": one.file, "line": one.line, **about, "example": found.example, "accepted": one.accepted}
