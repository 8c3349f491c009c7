"""Recording: a customer's events as a story that says nothing of the person, with what the rules make of it.

What is left out: ids (a purchase that a refund names has one of the story's own), the customer, personal fields, who
set a level by hand, and texts that are no codes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from standing.engine.fold import DayResult
from standing.engine.measures import values_of
from standing.engine.refunds import purchases_of
from standing.events import personal_fields
from standing.events.intake import Event, Rejected
from standing.rules.author.scenario.events import SOMEBODY, build_event
from standing.rules.author.scenario.scenario import Scenario
from standing.rules.conditions import comparisons
from standing.rules.ruleset import Ruleset, digest
from standing.rules.scenarios.player import play
from standing.rules.scenarios.yaml import flow
from standing.rules.timeline import Timeline
from standing.values.days import Day, day_date

IDENTIFYING = {"id", "customer", "time", "currency", "purchase"}  # the currency is the programme's
CODE = re.compile(r"(?!.*[0-9]{9})[A-Za-z0-9][A-Za-z0-9._:/+-]*", re.ASCII)  # no space, no @, no telephone number
CODED = {"channel", "reason", "topic", "campaign", "category", "item", "preferred_channel", "segments"}

type Fields = dict[str, Any]
type Step = tuple[Day, str, Fields]  # the day, what happened, and its fields


@dataclass(frozen=True)
class Recording:
    """A story's text, the end of its last day as it plays, and how many events today's rules would refuse."""

    name: str
    text: str
    end: DayResult
    left_out: int


@dataclass
class Eraser:
    """Takes out of events what may say something of the person. The same text always becomes the same code."""

    kept: frozenset[str]
    codes: dict[str, str] = field(default_factory=dict)

    def fields(self, event: Event) -> Fields:
        """An event's fields without what is personal or identifies."""
        dropped = IDENTIFYING | personal_fields(type(event.detail))
        told = {name: value for name, value in event.detail.stored().items() if name not in dropped}
        if "author" in told:
            told["author"] = SOMEBODY
        return {name: self._coded(value) if name in CODED else value for name, value in told.items()}

    def _coded(self, value: Any) -> Any:  # noqa: ANN401 -- any JSON
        if isinstance(value, dict):
            return {name: self._coded(entry) for name, entry in value.items()}
        if not isinstance(value, str) or value in self.kept or CODE.fullmatch(value):
            return value
        return self.codes.setdefault(value, f"code-{len(self.codes) + 1}")


def record(events: Iterable[Event], ruleset: Ruleset, day: Day) -> Recording | None:
    """The story of some events up to the end of a day; nothing where today's rules would take in none of them."""
    eraser = Eraser(frozenset(_named(ruleset)))
    in_order = _in_order(ruleset, (event for event in events if event.day <= day))
    named = _named_again(in_order, ruleset)
    told = [(event.day, event.detail.family, named.get(event.key, {}) | eraser.fields(event)) for event in in_order]
    made = [_made(ruleset, step, number) for number, step in enumerate(told, 1)]
    kept = [(step, event) for step, event in zip(told, made, strict=True) if event]
    if not kept:
        return None
    lines = list(_lines([step for step, _ in kept]))
    name = f"recorded-{digest(lines)[:8]}"
    happened = tuple(event for _, event in kept)
    days = tuple(sorted({*(event.day for event in happened), day}))
    end = play(Scenario(name, None, "", 1, happened, (), days), Timeline.of(ruleset)).lived[-1]
    return Recording(name, "\n".join([*_heading(name), *lines, *_end(end), ""]), end, len(told) - len(kept))


def _named_again(events: list[Event], ruleset: Ruleset) -> dict[tuple[str, str], Fields]:
    """New ids for the purchases that refunds name, and where refunds name them."""
    bought = purchases_of(events, events, ruleset)
    numbers = {one.key: f"bought-{number}" for number, one in enumerate(dict.fromkeys(bought.values()), 1)}
    refunds: dict[tuple[str, str], Fields] = {key: {"purchase": numbers[one.key]} for key, one in bought.items()}
    return refunds | {key: {"id": number} for key, number in numbers.items()}


def _named(ruleset: Ruleset) -> Iterator[str]:
    """The texts that the rules themselves name: they are codes, whatever they look like."""
    for measure in ruleset.measures.values():
        yield from measure.where.values()
    for line in (line for condition in ruleset.rules.values() for line in comparisons(condition)):
        yield from (value for value in line.values if isinstance(value, str))


def _in_order(ruleset: Ruleset, events: Iterable[Event]) -> list[Event]:
    """By moment; of one moment what counts comes last, because a story's moments follow each other."""
    lesser_last = sorted(events, key=_said, reverse=True)
    return sorted(lesser_last, key=lambda event: (event.day, event.detail.time, list(_places(ruleset, event))))


def _said(event: Event) -> str:
    return flow({name: value for name, value in event.detail.stored().items() if name not in IDENTIFYING})


def _places(ruleset: Ruleset, event: Event) -> Iterator[int]:
    """Of each value that has an order its place, those that count first being the greatest."""
    for measure in (one for one in ruleset.measures.values() if one.order):
        values = values_of(measure, [event], ruleset.programme.minor_digits)
        yield -measure.precedence(values[0].value)[0] if values else -len(measure.order)


def _made(ruleset: Ruleset, step: Step, number: int) -> Event | None:
    """The event that a story would make of a step; nothing where the rules do not know what it speaks of."""
    day, family, fields = step
    if family == "care" and fields["care"] not in ruleset.care:
        return None
    try:
        return build_event(ruleset, family, fields, day, number)
    except Rejected:
        return None


def _heading(name: str) -> Iterator[str]:
    yield f"- scenario: {name}"
    yield "  title: {en: A recorded customer, zh: 一位被记录的客户}"
    yield "  story:"


def _lines(steps: Iterable[Step]) -> Iterator[str]:
    for (day, family, fields), alike in groupby((day, family, flow(fields)) for day, family, fields in steps):
        number = len(list(alike))
        yield f"    - on: {day_date(day)}"
        yield f"      {family}: {fields}"
        if number > 1:
            yield f"      times: {number}"


def _end(end: DayResult) -> Iterator[str]:
    """What the rules make of it: every rating as it shows, and the care that falls due."""
    yield f"    - on: {day_date(end.day)}"
    yield f"      expect: {flow({name: held.level for name, held in end.closed.all_shown().items()})}"
    if end.due:
        yield f"      care: {flow(list(end.due))}"
