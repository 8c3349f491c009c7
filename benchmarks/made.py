"""Synthetic rules and customers: 30 rules over 25 features, and customers with 60 active days in the last year.

All random values come from a seed. There are several customers, so that no figure depends on a single one.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from standing.rules.timeline import Timeline
from standing.values.days import Day, day_date, day_number

from benchmarks.core_calls import Memory, Row, delivered, parse, programme

RULES = Path(__file__).parent / "rules"
CUSTOMERS, ACTIVE_DAYS = 8, 60
LAST = day_number(date(2026, 6, 15))  # the last active day; the event to decide is on the next day
HOUR = 17  # UTC: the same day in the programme's time zone


@dataclass(frozen=True)
class Customer:
    """A customer after a year: the stored rows, the messages of that year, and two messages to decide now."""

    name: str
    stored: Row
    checkpoints: dict[str, Row]
    year: tuple[str, ...]
    next_message: str
    complaint: str
    now: datetime

    @property
    def memory(self) -> Memory:
        """A table with this customer's state."""
        return Memory(dict(self.stored), dict(self.checkpoints))


@cache
def made_programme() -> Timeline:
    """The synthetic rules."""
    return programme(RULES)


@cache
def made_customers() -> tuple[Customer, ...]:
    """The synthetic customers, each after a year of events, applied day by day."""
    return tuple(_customer(number) for number in range(CUSTOMERS))


def message(detail_type: str, customer: str, name: str, day: Day, about: dict[str, Any]) -> str:
    """The message of an event in the queue: the bus's whole envelope."""
    time = moment(day).isoformat()
    detail = {"id": name, "customer": customer, "time": time, **about}
    bus = {"version": "0", "id": f"b-{name}", "account": "000000000000", "time": time, "region": "us-east-1"}
    return json.dumps({**bus, "resources": [], "source": "shop", "detail-type": detail_type, "detail": detail})


def purchase(customer: str, day: Day, amount: str) -> str:
    """The message of a purchase."""
    about = {"amount": amount, "currency": "USD", "channel": "store", "items": 3}
    return message("purchase.v1", customer, f"purchase-{day}", day, about)


def _customer(number: int) -> Customer:
    name, chance = f"made-{number}", random.Random(number)  # noqa: S311 -- reproducible on purpose
    days = sorted([*chance.sample(range(LAST - 364, LAST), ACTIVE_DAYS - 1), LAST])
    year = [(day, body) for day in days for body in _happened(name, day, day == days[-30], chance)]
    memory, rules = Memory(), made_programme()
    for day, bodies in groupby(year, key=lambda one: one[0]):
        events = [parse(body, rules, moment(day)) for _, body in bodies]
        delivered(memory, events, rules, moment(day))
        memory.store()
    assert memory.state is not None  # noqa: S101 -- the customer has events
    return Customer(
        name=name,
        stored=memory.state,
        checkpoints=memory.checkpoints,
        year=tuple(body for _, body in year),
        next_message=purchase(name, LAST + 1, _money(chance)),
        complaint=message("feedback.v1", name, "complaint-now", LAST + 1, {"kind": "complaint", "topic": "queue"}),
        now=moment(LAST + 1),
    )


def _happened(customer: str, day: Day, everything: bool, chance: random.Random) -> Iterator[str]:
    """The messages of an active day. On one day there are events of all types, so that every feature is known."""
    yield purchase(customer, day, _money(chance))
    others: dict[str, tuple[float, str, dict[str, Any]]] = {
        "visit": (0.25, "engagement.v1", {"kind": "visit"}),
        "survey": (0.1, "feedback.v1", {"kind": "survey", "scale": [1, 5], "score": chance.randint(2, 5)}),
        "refund": (0.08, "refund.v1", {"amount": _money(chance), "currency": "USD"}),
        "complaint": (0.03, "feedback.v1", {"kind": "complaint", "topic": "queue"}),
    }
    for name, (share, detail_type, about) in others.items():
        if everything or chance.random() < share:
            yield message(detail_type, customer, f"{name}-{day}", day, about)


def _money(chance: random.Random) -> str:
    return f"{chance.randint(15, 90)}.{chance.randint(0, 99):02d}"


def moment(day: Day) -> datetime:
    """The moment of a day at which everything happens."""
    there = day_date(day)
    return datetime(there.year, there.month, there.day, tzinfo=UTC) + timedelta(hours=HOUR)
