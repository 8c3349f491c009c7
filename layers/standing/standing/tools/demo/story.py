"""A story for the demo, synthetic: one customer's complaint, the call-back it led to, and how that was closed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from standing.tools.demo.data import SYNTHETIC
from standing.tools.events.auditing import peek
from standing.tools.events.listening import await_published
from standing.tools.events.sending import progress_bar, send
from standing.tools.target import Target

type Say = Callable[[str], None]


def follow_complaint(target: Target, ear: str, folder: Path, customer: str, now: datetime, out: Console) -> None:
    """Follow the last complaint of a customer from the event to the call-back, answer it, and see it closed."""
    asked = next((one for one in _heard(target, ear, customer, "care.requested.v1") if _by_complaint(one)), None)
    if asked is None:
        out.print(f"no care action of {customer} to follow: its complaint is known too late, or its tier is too low")
        return
    out.print(f"[bold]A complaint, followed[/bold] (synthetic, {customer})")
    _tell(out, asked["day"], "complaint", "the shop's service desk puts feedback.v1 on the bus")
    because = ", ".join(f"{reason['line']} (was {reason['actual']})" for reason in asked["because"])
    _tell(out, asked["decided_at"][:10], "care.requested", f"{asked['care']}: {asked['action']} by {asked['owner']}")
    _tell(out, "", "because", because)
    _tell(out, "", "when", f"not before {_minute(asked['not_before'])}, no later than {_minute(asked['expires_at'])}")
    _answer(target, folder, asked, now)
    closed = _heard(target, ear, customer, "care.closed.v1")
    for one in sorted(closed, key=lambda one: one["sequence"]):
        if (one["care"], one["day"]) == (asked["care"], asked["day"]):
            _tell(out, one["decided_at"][:10], "care.closed", f"{one['care']} of {one['day']}: {one['status']}")


def _answer(target: Target, folder: Path, asked: dict[str, Any], now: datetime) -> None:
    """The relationship manager's system accepts the call and reports it done, as care.v1 events."""
    about = {"customer": asked["customer"], "time": now.isoformat(), "care": asked["care"], "day": asked["day"]}
    answers = [
        {"source": SYNTHETIC, "detail-type": "care.v1", "detail": {"id": f"call-{status}", **about, "status": status}}
        for status in ("accepted", "done")
    ]
    path = folder / "answers.jsonl"
    path.write_text("".join(json.dumps(event) + "\n" for event in answers))
    with progress_bar(Console(quiet=True)) as progress:
        send(target, path, progress, wait=True)
    await_published(target)


def _heard(target: Target, ear: str, customer: str, detail_type: str) -> list[dict[str, Any]]:
    """The outcomes of one type that the bus carried for a customer."""
    outcomes = [json.loads(body) for body in peek(target, ear)]
    return [
        outcome["detail"]
        for outcome in outcomes
        if outcome["detail-type"] == detail_type and outcome["detail"]["customer"] == customer
    ]


def _by_complaint(asked: dict[str, Any]) -> bool:
    return any("complaints" in reason["line"] for reason in asked["because"])


def _minute(moment: str) -> str:
    return datetime.fromisoformat(moment).strftime("%Y-%m-%d %H:%M UTC")


def _tell(out: Console, day: str, what: str, words: str) -> None:
    out.print(f"  {day:10}  {what:14}  {words}", markup=False, highlight=False)
