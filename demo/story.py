"""The demo's synthetic story: one customer's complaint, the call-back that it led to, and how it was closed."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from standing.aws.queues import peek
from standing.aws.stack import Target
from standing.operations.listener import await_published
from standing.operations.sender import send
from standing.present.language import phrase, tense
from standing.present.progress import progress_bar
from standing.present.terminal import PlainConsole, Text
from standing.values.counted import counted
from standing.values.days import Day, day_date, day_in

from demo.data import SYNTHETIC

ANSWERED = 40  # the most other actions to answer
MIXED = ("done", "done", "declined", "done", "accepted", "failed")


def follow_complaint(target: Target, ear: str, folder: Path, now: datetime, today: Day, out: Console) -> str | None:
    """Follow a complaint from the event to the call-back, answer it, and see it closed. Returns the customer, if any.

    It is the latest complaint that led to a call-back.
    """
    requested = _heard(target, ear, "care.requested.v1")
    asked = max(
        filter(_by_complaint, requested), key=lambda one: (one["day"], one["decided_at"], one["customer"]), default=None
    )
    if asked is None:
        out.print("no complaint to follow: all are known too late, held back, or of customers of a low tier")
        return None
    customer: str = asked["customer"]
    out.print(Text.assemble(("A complaint, followed", "bold"), f" (synthetic, {customer})"))
    _tell(out, asked["day"], "complaint", "the shop's service desk puts feedback.v1 on the bus")
    met = phrase(tense(day_in(asked["day"]), today), "en")
    because = ", ".join(f"{reason['line']} ({met} {reason['actual']})" for reason in asked["because"])
    _tell(out, asked["decided_at"][:10], "care.requested", f"{asked['care']}: {asked['action']} by {asked['owner']}")
    _tell(out, "", "because", because)
    _tell(out, "", "when", f"not before {_minute(asked['not_before'])}, no later than {_minute(asked['expires_at'])}")
    others = [one for one in requested if one is not asked][:ANSWERED]
    _send(target, folder / "answers.jsonl", [*answers(asked, now, "accepted", "done"), *some_answers(others, now)])
    _tell(
        out,
        str(day_date(today)),
        "care.v1",
        f"accepted, and then done; {counted(len(others), 'answer')} more to other actions",
    )
    for care in _heard(target, ear, "care.closed.v1"):
        if all(care[name] == asked[name] for name in ("customer", "care", "day")):
            _tell(out, care["decided_at"][:10], "care.closed", f"{care['care']} of {care['day']}: {care['status']}")
    return customer


def answers(asked: dict[str, Any], now: datetime, *statuses: str) -> list[dict[str, Any]]:
    """The answers of the owner's system to an action, as care.v1 events in order."""
    about = {name: asked[name] for name in ("customer", "care", "day")}
    return [
        {"source": SYNTHETIC, "detail-type": "care.v1", "detail": {"id": _answer_id(asked, status), **about, **said}}
        for place, status in enumerate(statuses)
        for said in ({"time": (now + timedelta(seconds=place)).isoformat(), "status": status},)
    ]


def some_answers(requested: list[dict[str, Any]], now: datetime) -> list[dict[str, Any]]:
    """One answer to each action: most are done, some are declined, failed, or only accepted."""
    return [
        answer for place, asked in enumerate(requested) for answer in answers(asked, now, MIXED[place % len(MIXED)])
    ]


def _answer_id(asked: dict[str, Any], status: str) -> str:
    return f"{asked['care']}-{asked['day']}-{status}"


def _send(target: Target, path: Path, answered: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(event) + "\n" for event in answered), encoding="utf-8")
    with progress_bar(PlainConsole(quiet=True)) as progress:
        send(target, path, progress, wait=True)
    await_published(target)


def _heard(target: Target, ear: str, detail_type: str) -> list[dict[str, Any]]:
    """The published outcomes of one type."""
    outcomes = [json.loads(body) for body in peek(target, ear)]
    return [outcome["detail"] for outcome in outcomes if outcome["detail-type"] == detail_type]


def _by_complaint(asked: dict[str, Any]) -> bool:
    return any("complaints" in reason["line"] and reason["actual"] != "0" for reason in asked["because"])


def _minute(moment: str) -> str:
    return datetime.fromisoformat(moment).strftime("%Y-%m-%d %H:%M UTC")


def _tell(out: Console, day: str, what: str, words: str) -> None:
    out.print(f"  {day:10}  {what:14}  {words}", highlight=False)
