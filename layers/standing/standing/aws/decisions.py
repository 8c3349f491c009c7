"""Decisions as rows of the table: they are the ledger, and the table's stream carries them to the publisher."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import singledispatch
from itertools import accumulate
from typing import Any, NamedTuple

import orjson

from standing.engine.decide import Decision, DecisionResult
from standing.engine.ledger.announcements import LevelHonoured, RatingChanged
from standing.engine.ledger.care import CareAccepted, CareClosed, CareDecided
from standing.engine.reasons import Reason
from standing.values.days import Day, day_date

MOST_REASONS = 64 * 1024  # bytes: a row of the table may have 400 KB, and an entry of the bus 256


class DecisionRow(NamedTuple):
    """A decision's sort key (None: it is numbered), its content, and the type of outcome it is published as, if any."""

    sort_key: str | None
    content: dict[str, Any]
    outcome: str | None = None


def decision_rows(outcome: DecisionResult, now: datetime) -> Iterator[dict[str, Any]]:
    """The decisions of a commit as rows. Each has a stable id, which is the same each time it is published."""
    for number, decision in enumerate(outcome.decisions):
        yield _row(decision, outcome, number, now)


def care_sort_key(care: str, day: Day) -> str:
    """The sort key of a care action that fell due."""
    return f"CARE#{care}#{day_date(day)}"


def _row(decision: Decision, outcome: DecisionResult, number: int, now: datetime) -> dict[str, Any]:
    state = outcome.state
    sort_key, content, published_as = decision_content(decision)
    sort = sort_key or f"DECISION#{state.version:012d}#{number:02d}"
    detail = {
        "id": hashlib.sha256(f"{state.customer}|{sort}".encode()).hexdigest()[:32],
        "customer": state.customer,
        "sequence": state.version,
        "rules": decision.rules,
        "decided_at": now.isoformat(timespec="seconds"),
        **content,
    }
    row: dict[str, Any] = {
        "pk": {"S": state.customer},
        "sk": {"S": sort},
        "detail": {"S": orjson.dumps(detail).decode()},
    }
    return row | ({"outcome": {"S": published_as}} if published_as else {})


@singledispatch
def decision_content(decision: Decision) -> DecisionRow:
    """A decision's sort key and content, by its type."""
    raise TypeError(type(decision).__name__)


@decision_content.register
def _(decision: RatingChanged) -> DecisionRow:
    content = {"rating": decision.rating, "from": decision.was, "to": decision.level, **_common(decision)}
    return DecisionRow(None, content, "rating.changed.v1")


@decision_content.register
def _(decision: LevelHonoured) -> DecisionRow:
    content = {
        "rating": decision.rating,
        "honoured": decision.level,
        "computed": decision.computed,
        "until": str(day_date(decision.until)),
        **_common(decision),
    }
    return DecisionRow(None, content)


@decision_content.register
def _(decision: CareDecided) -> DecisionRow:
    do = decision.do
    content = {
        "care": decision.care,
        "status": decision.status,
        "arm": decision.arm,
        "action": do.action,
        "owner": do.owner,
        "priority": do.priority,
        **({"channel": do.channel} if do.channel else {}),
        **({"gate": decision.gate} if decision.gate else {}),
        "not_before": decision.not_before.isoformat(timespec="seconds"),
        "expires_at": decision.expires.isoformat(),
        **_common(decision),
    }
    sort_key = care_sort_key(decision.care, decision.day)
    if decision.status == "held-back":
        return DecisionRow(f"{sort_key}#held-back#{decision.gate}", content)
    return DecisionRow(sort_key, content, "care.requested.v1" if decision.status == "requested" else None)


@decision_content.register
def _(decision: CareAccepted) -> DecisionRow:
    return DecisionRow(*_answer(decision))


@decision_content.register
def _(decision: CareClosed) -> DecisionRow:
    return DecisionRow(*_answer(decision), "care.closed.v1")


def _answer(decision: CareAccepted | CareClosed) -> tuple[str, dict[str, Any]]:
    """The sort key and content of an answer to a care action."""
    content = {"care": decision.care, "status": decision.status, "day": str(day_date(decision.day))}
    return f"{care_sort_key(decision.care, decision.day)}#{decision.status}", content


def _common(decision: RatingChanged | LevelHonoured | CareDecided) -> dict[str, Any]:
    return {"day": str(day_date(decision.day)), **_reasons(decision.because)}


def _reasons(because: Sequence[Reason]) -> dict[str, Any]:
    """The first reasons, up to MOST_REASONS bytes of JSON, and the number that was left out, if any."""
    sizes = accumulate(len(orjson.dumps(reason)) for reason in because)
    some = [reason for reason, size in zip(because, sizes, strict=True) if size <= MOST_REASONS]
    left_out = len(because) - len(some)
    return {"because": some, **({"more_reasons": left_out} if left_out else {})}
