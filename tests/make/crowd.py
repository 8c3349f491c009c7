"""A crowd of synthetic customers, by seed: purchases, refunds, feedback, consent, overrides; some events are late."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

from standing.events import Engagement, Profile
from standing.events.intake import Event
from standing.values.days import Day, day_date

from tests.make import strategies as made
from tests.make.programmes import override

FIRST = 20_000


def crowd(customers: int, days: int, seed: int = 1) -> Iterator[tuple[str, list[Event]]]:
    """Customers with their events of some days, in the order of arrival."""
    random = Random(seed)
    for number in range(customers):
        who = f"c-{number}"
        events = [replace(one, detail=one.detail.model_copy(update={"customer": who})) for one in _life(random, days)]
        yield who, events


def _life(random: Random, days: int) -> list[Event]:
    began, pace = FIRST + random.randrange(days), random.choice([3, 9, 30, 90])
    events, day, number = [_consents(random, began)], began, 0
    while day < FIRST + days:
        events.append(_event(random, day, f"e{number}", events))
        number += 1
        day += random.randrange(pace) + (random.random() < 0.05) * 120
    return _shuffled(random, events)


def _shuffled(random: Random, events: list[Event]) -> list[Event]:
    """The events, a tenth of them late."""
    late = [random.random() < 0.1 for _ in events]
    order = sorted(range(len(events)), key=lambda place: place + 5 * late[place])
    return [events[place] for place in order]


def _event(random: Random, day: Day, name: str, before: list[Event]) -> Event:
    amount = f"{random.randrange(1, 400)}.{random.randrange(100):02}"
    chance = random.random()
    if chance < 0.7:
        return made.purchase(day, amount, name, random.choice([None, "web", "store"]))
    if chance < 0.8:
        return _returned(random, day, amount, name, before)
    if chance < 0.88:
        return made.complaint(day, name)
    if chance < 0.94:
        return made.survey(day, random.randint(1, 5), name=name)
    if chance < 0.97:
        return _engaged(random, day, name)
    return override(day, random.choice(["bronze", "silver", "gold"]), day + random.randrange(60), name)


def _returned(random: Random, day: Day, amount: str, name: str, before: list[Event]) -> Event:
    """A refund that names an earlier purchase, none, or an unknown one; some come from another source."""
    bought = [one for one in before if one.detail.family == "purchase"]
    of = random.choice([None, "unknown", *bought[-9:]])
    return made.refund(day, amount, name, of, random.choice([made.SOURCE, made.SOURCE, "desk"]))


def _engaged(random: Random, day: Day, name: str) -> Event:
    details: dict[str, Any] = {"kind": "redemption", "campaign": f"campaign-{random.randrange(5)}"}
    return made.event(day, Engagement(id=f"{name}-{day}", customer="c", time=made.noon(day), **details))


def _consents(random: Random, day: Day) -> Event:
    consent = {"consent": {"email": random.random() < 0.7, "phone": random.random() < 0.5}}
    birthday = f"{day_date(day + random.randrange(365)):%m-%d}"
    moment = made.noon(day) - timedelta(hours=1)
    return made.event(day, Profile(id=f"p-{day}", customer="c", time=moment, birthday=birthday, **consent))
