"""The part of the table: the size of real households' items after a year, by DynamoDB's count of bytes."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from standing.local.project import programme_folder
from standing.rules.timeline import Timeline

from benchmarks.core_calls import Memory, Row, delivered, parse, programme
from benchmarks.figures import Figures
from demo.data import SEED, Dated, purchases, redemptions, synthetic

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
DEPLOYED = Path("rules")


def measure(figures: Figures, households: int) -> None:
    """Apply every household's year day by day, and note the sizes of the stored items."""
    rules = programme(programme_folder() / DEPLOYED)
    states: list[Row] = []
    others: dict[str, list[int]] = {"EVENT": [], "DECISION": [], "CARE": [], "CHECKPOINT": []}
    for events in _by_customer(households, rules):
        memory = Memory()
        for row in _written(memory, events, rules):
            others.get(row["sk"]["S"].partition("#")[0], []).append(item_bytes(row))
        states += [memory.state] if memory.state else []
    _note(figures, "state", [item_bytes(row) for row in states])
    _note(figures, "state.image", [len(row["image"]["B"]) for row in states])
    for kind, sizes in others.items():
        _note(figures, kind.lower(), sizes)
    figures.count("state.households", len(states))
    for kind in ("DECISION", "CARE", "CHECKPOINT"):
        figures.count(f"{kind.lower()}.rows_per_event", len(others[kind]) / len(others["EVENT"]))


def item_bytes(row: Row) -> int:
    """An item's size by DynamoDB's rules: names and values, numbers by pairs of digits."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in row.items())


def _value_bytes(value: dict[str, Any]) -> int:
    ((kind, content),) = value.items()
    if kind == "N":
        return (len(content.strip("-0.")) + 1) // 2 + 1
    return len(content if kind == "B" else content.encode())


def _by_customer(households: int, rules: Timeline) -> Iterator[list[Dated]]:
    zone = rules.latest.programme.time_zone
    real = list(purchases(households, zone, NOW))
    real += redemptions({_customer(dated) for dated in real}, zone, NOW)
    made = synthetic(real, random.Random(SEED), NOW)  # noqa: S311 -- reproducible on purpose
    for _, events in groupby(sorted([*real, *made], key=lambda one: (_customer(one), one.time)), key=_customer):
        yield list(events)


def _written(memory: Memory, events: list[Dated], rules: Timeline) -> Iterator[Row]:
    """Every written row except states, day by day, with each day's events in one batch."""
    taken = [(event.day, event) for dated in events for event in [parse(json.dumps(dated.event), rules, NOW)]]
    for _, day in groupby(taken, key=itemgetter(0)):
        delivered(memory, [event for _, event in day], rules, NOW)
        memory.store()
        yield from memory.written


def _customer(dated: Dated) -> str:
    return str(dated.event["detail"]["customer"])


def _note(figures: Figures, name: str, sizes: list[int]) -> None:
    if len(sizes) > 1:
        figures.count(f"{name}.median_bytes", median(sizes))
        figures.count(f"{name}.p99_bytes", quantiles(sizes, n=100, method="inclusive")[98])
