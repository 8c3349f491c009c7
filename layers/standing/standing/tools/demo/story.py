"""A story for the demo, synthetic: one customer's complaint, the call-back it led to, and how that was closed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from standing.tools.demo.data import SYNTHETIC
from standing.tools.events.listening import await_published
from standing.tools.events.queues import peek
from standing.tools.events.sending import progress_bar, send
from standing.tools.printing import Plain, Text
from standing.tools.target import Target

type Say = Callable[[str], None]


def follow_complaint(target: Target, ear: str, folder: Path, now: datetime, out: Console) -> str | None:
    """Follow a complaint from the event to the call-back, answer it, and see it closed; whose it was, if there was one.

    Of those that led to a call-back, the latest.
    """
    led = filter(_by_complaint, _heard(target, ear, "care.requested.v1"))
    asked = max(led, key=lambda one: (one["day"], one["decided_at"], one["customer"]), default=None)
    if asked is None:
        out.print("no complaint to follow: all are known too late, held back, or of customers of a low tier")
        return None
    customer: str = asked["customer"]
    out.print(Text.assemble(("A complaint, followed", "bold"), f" (synthetic, {customer})"))
    _tell(out, asked["day"], "complaint", "the shop's service desk puts feedback.v1 on the bus")
    because = ", ".join(f"{reason['line']} (was {reason['actual']})" for reason in asked["because"])
    _tell(out, asked["decided_at"][:10], "care.requested", f"{asked['care']}: {asked['action']} by {asked['owner']}")
    _tell(out, "", "because", because)
    _tell(out, "", "when", f"not before {_minute(asked['not_before'])}, no later than {_minute(asked['expires_at'])}")
    _answer(target, folder, asked, now)
    for one in sorted(_heard(target, ear, "care.closed.v1"), key=lambda one: one["sequence"]):
        if all(one[name] == asked[name] for name in ("customer", "care", "day")):
            _tell(out, one["decided_at"][:10], "care.closed", f"{one['care']} of {one['day']}: {one['status']}")
    return customer


def _answer(target: Target, folder: Path, asked: dict[str, Any], now: datetime) -> None:
    """The relationship manager's system accepts the call and reports it done, as care.v1 events."""
    about = {"customer": asked["customer"], "time": now.isoformat(), "care": asked["care"], "day": asked["day"]}
    answers = [
        {"source": SYNTHETIC, "detail-type": "care.v1", "detail": {"id": f"call-{status}", **about, "status": status}}
        for status in ("accepted", "done")
    ]
    path = folder / "answers.jsonl"
    path.write_text("".join(json.dumps(event) + "\n" for event in answers))
    with progress_bar(Plain(quiet=True)) as progress:
        send(target, path, progress, wait=True)
    await_published(target)


def _heard(target: Target, ear: str, detail_type: str) -> list[dict[str, Any]]:
    """The outcomes of one type that the bus carried."""
    outcomes = [json.loads(body) for body in peek(target, ear)]
    return [outcome["detail"] for outcome in outcomes if outcome["detail-type"] == detail_type]


def _by_complaint(asked: dict[str, Any]) -> bool:
    return any("complaints" in reason["line"] and reason["actual"] != "0" for reason in asked["because"])


def _minute(moment: str) -> str:
    return datetime.fromisoformat(moment).strftime("%Y-%m-%d %H:%M UTC")


def _tell(out: Console, day: str, what: str, words: str) -> None:
    out.print(f"  {day:10}  {what:14}  {words}", highlight=False)
