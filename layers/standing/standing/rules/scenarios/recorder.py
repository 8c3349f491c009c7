"""Recording: a customer's events as a story without personal data, with what the rules decide.

Left out: ids (a purchase that a refund names gets a new id), the customer, personal fields, the author of an override,
and texts that are not codes.
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

IDENTIFYING = {"id", "customer", "time", "currency", "purchase"}  # the programme gives the currency
CODE = re.compile(r"(?!.*[0-9]{9})[A-Za-z0-9][A-Za-z0-9._:/+-]*", re.ASCII)  # no space, no @, no telephone number
CODED = {"channel", "reason", "topic", "campaign", "category", "item", "preferred_channel", "segments"}

type Fields = dict[str, Any]
type Step = tuple[Day, str, Fields]  # the day, the event's family, and its fields


@dataclass(frozen=True)
class Recording:
    """A story's text, the result of its last day, and the number of events that today's rules refuse."""

    name: str
    text: str
    end: DayResult
    left_out: int


@dataclass
class Eraser:
    """Removes from events what may identify the person. Equal texts become equal codes."""

    known_codes: frozenset[str]
    codes: dict[str, str] = field(default_factory=dict)

    def fields(self, event: Event) -> Fields:
        """An event's fields, without personal and identifying ones."""
        dropped = IDENTIFYING | personal_fields(type(event.detail))
        fields = {name: value for name, value in event.detail.stored().items() if name not in dropped}
        if "author" in fields:
            fields["author"] = SOMEBODY
        return {name: self._coded(value) if name in CODED else value for name, value in fields.items()}

    def _coded(self, value: Any) -> Any:  # noqa: ANN401 -- any JSON
        if isinstance(value, dict):
            return {name: self._coded(entry) for name, entry in value.items()}
        if not isinstance(value, str) or value in self.known_codes or CODE.fullmatch(value):
            return value
        return self.codes.setdefault(value, f"code-{len(self.codes) + 1}")


def record(events: Iterable[Event], ruleset: Ruleset, day: Day) -> Recording | None:
    """The story of the events up to the end of a day. None if today's rules refuse all of them."""
    eraser = Eraser(frozenset(_named(ruleset)))
    in_order = _in_order(ruleset, (event for event in events if event.day <= day))
    named = _named_again(in_order, ruleset)
    steps = [(event.day, event.detail.family, named.get(event.key, {}) | eraser.fields(event)) for event in in_order]
    made = [_made(ruleset, step, number) for number, step in enumerate(steps, 1)]
    accepted = [(step, event) for step, event in zip(steps, made, strict=True) if event]
    if not accepted:
        return None
    lines = list(_lines([step for step, _ in accepted]))
    name = f"recorded-{digest(lines)[:8]}"
    happened = tuple(event for _, event in accepted)
    days = tuple(sorted({*(event.day for event in happened), day}))
    end = play(Scenario(name, None, "", 1, happened, (), days), Timeline.of(ruleset)).lived[-1]
    return Recording(name, "\n".join([*_heading(name), *lines, *_end(end), ""]), end, len(steps) - len(accepted))


def _named_again(events: list[Event], ruleset: Ruleset) -> dict[tuple[str, str], Fields]:
    """Fields with a new id, for purchases that refunds name and for those refunds."""
    bought = purchases_of(events, events, ruleset)
    numbers = {one.key: f"bought-{number}" for number, one in enumerate(dict.fromkeys(bought.values()), 1)}
    refunds: dict[tuple[str, str], Fields] = {key: {"purchase": numbers[one.key]} for key, one in bought.items()}
    return refunds | {key: {"id": number} for key, number in numbers.items()}


def _named(ruleset: Ruleset) -> Iterator[str]:
    """The texts that the rules name: these are always codes."""
    for measure in ruleset.measures.values():
        yield from measure.where.values()
    for line in (line for condition in ruleset.rules.values() for line in comparisons(condition)):
        yield from (value for value in line.values if isinstance(value, str))


def _in_order(ruleset: Ruleset, events: Iterable[Event]) -> list[Event]:
    """Sorted by moment. At one moment, the event that counts comes last, since a story's moments are consecutive."""
    lesser_last = sorted(events, key=_content, reverse=True)
    return sorted(lesser_last, key=lambda event: (event.day, event.detail.time, list(_places(ruleset, event))))


def _content(event: Event) -> str:
    return flow({name: value for name, value in event.detail.stored().items() if name not in IDENTIFYING})


def _places(ruleset: Ruleset, event: Event) -> Iterator[int]:
    """For each measure with an order, the place of the event's value; a value that counts first has the greatest."""
    for measure in (one for one in ruleset.measures.values() if one.order):
        values = values_of(measure, [event], ruleset.programme.minor_digits)
        yield -measure.precedence(values[0].value)[0] if values else -len(measure.order)


def _made(ruleset: Ruleset, step: Step, number: int) -> Event | None:
    """The event that a story makes of a step. None if the rules do not know it."""
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
    """The expectations on the last day: the shown level of every rating, and the care that falls due."""
    yield f"    - on: {day_date(end.day)}"
    yield f"      expect: {flow({name: held.level for name, held in end.closed.all_shown().items()})}"
    if end.due:
        yield f"      care: {flow(list(end.due))}"
