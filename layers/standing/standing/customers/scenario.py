"""`standing scenario record`: a stored customer as a scenario without personal data, and where its end differs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from standing.aws.table import Customers, stored_history
from standing.engine.fold import DayResult
from standing.engine.start import StoredHistory, replay_up_to
from standing.foresight.outlook import simulated_up_to
from standing.rules.author.scenario.reader import MOST_EVENTS
from standing.rules.scenarios.recorder import record
from standing.rules.timeline import Timeline
from standing.values.days import day_date, day_number
from standing.values.errors import UserError
from standing.values.messages import Readable, message


@dataclass(frozen=True)
class RecordedScenario:
    """A recorded customer: the scenario's name and text, and its differences from the table, one line each."""

    name: str
    text: str
    otherwise: tuple[Readable, ...]


def record_customer(
    customers: Customers, rules: Timeline, customer: str, as_of: date | None = None
) -> RecordedScenario:
    """The scenario of a customer up to a day (None: of the last event). Raises UserError if there are no events."""
    programme = rules.latest.programme
    stored = stored_history(customers.history(customer), customers.checkpoints(customer) if programme.history else ())
    days = [event.day for event in stored.events if as_of is None or event.day <= day_number(as_of)]
    if not days:
        raise UserError(
            "no customer `{customer}` with an event up to {day}: there is nothing to tell",
            customer=customer,
            day=as_of or message("today"),
        )
    if len(days) > MOST_EVENTS:
        raise UserError(
            "`{customer}` has {days:event|events}; a story tells of at most {most}",
            customer=customer,
            days=len(days),
            most=MOST_EVENTS,
        )
    day = max(days) if as_of is None else day_number(as_of)
    recorded = record(stored.events, rules.latest, day)
    if recorded is None:
        raise UserError(
            "today's rules would take in no event of `{customer}`: there is nothing to tell", customer=customer
        )
    otherwise = [*_left_out(recorded.left_out), *_differences(_end(rules, stored, day), recorded.end)]
    return RecordedScenario(recorded.name, recorded.text, tuple(otherwise))


def _end(rules: Timeline, stored: StoredHistory, day: int) -> DayResult:
    """The customer's last day in the table, with everything that the scenario leaves out."""
    return simulated_up_to(replay_up_to(day, stored), rules, day)


def _left_out(number: int) -> Iterator[Readable]:
    if number:
        yield message("left out: {events:event|events} that today's rules would refuse", events=number)


def _differences(stored: DayResult, told: DayResult) -> Iterator[Readable]:
    """Differences that come from personal data, older rules, or events that are no longer stored."""
    seen = told.closed.all_shown()
    for name, held in stored.closed.all_shown().items():
        level = seen[name].level if name in seen else message("none")
        if level != held.level:
            yield message(
                "{name}: {stored} in the table, {told} in the scenario", name=name, stored=held.level, told=level
            )
    for name in sorted({*stored.due} ^ {*told.due}):
        day = day_date(told.day)
        if name in stored.due:
            yield message("{name}: due on {day} only in the table", name=name, day=day)
        else:
            yield message("{name}: due on {day} only in the scenario", name=name, day=day)
