"""Care under load: whatever the order, repeats and faults, no cap is exceeded, and nothing is asked for twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import combinations
from operator import itemgetter
from random import Random
from typing import Any

import pytest
from botocore.exceptions import ClientError
from standing.aws.table import CommitConflict, EventRecord
from standing.engine.advance import advance_clock
from standing.engine.decide import DecisionResult
from standing.engine.ledger.care import CareDecided
from standing.engine.state import Checkpoint, State
from standing.engine.view import view_of_history
from standing.events.intake import Event
from standing.ingest.batch import BatchReport, Ingest, Message, ParsedMessage
from standing.rules.author.compiler import assemble
from standing.rules.ruleset import Action, Cap, Care, Ruleset, Stratum
from standing.rules.timeline import Timeline
from standing.values.days import Day

from tests.make import programmes
from tests.make import strategies as made
from tests.make.programmes import CONSENT, MEASURES, profile
from tests.make.strategies import complaint, every, line, noon, purchase, stored, stored_checkpoint, survey

WRITERS = 64
CAPS = (Cap(at_most=1, within=3), Cap(at_most=4, within=30), Cap(at_most=1, within=30, channel="phone"))
COMPLAINED, CALM = line("complaints_7d", ">=", 1), line("complaints_7d", "==", 0)


def rule(name: str, action: str, channel: str, repeat: int, within: int, *when: Any, **more: Any) -> Care:
    """A care rule that is a contact."""
    do = {"action": action, "owner": "service", "priority": "normal", "channel": channel, "within": within}
    do |= {word: more.pop(word) for word in list(more) if word in Action.model_fields}
    return Care(name=name, title=made.TITLE, when=every(*when), do=Action(**do), repeat_after=repeat, **more)


def programme() -> Ruleset:
    """Five contacts on two channels, which late events move; offers and apologies contradict each other."""
    features = (
        made.feature("complaints_7d", "count", programmes.COMPLAINTS, over=7),
        made.feature("orders_10d", "count", programmes.ORDERS, over=10),
        made.feature("spend_20d", "sum", programmes.NET, over=20),
        made.feature("since_order", "days_since_last", programmes.ORDERS),
    )
    cares = (
        rule("call", "call-back", "phone", 14, 2, COMPLAINED, priority="high", consent="not-needed"),
        rule("sorry", "apologise", "email", 5, 3, COMPLAINED, line("spend_20d", "<", 15_000), consent="not-needed"),
        rule("offer", "send-offer", "email", 6, 4, CALM, line("since_order", ">=", 4), priority="low"),
        rule("thanks", "thank", "email", 3, 5, CALM, line("orders_10d", ">=", 2), holdout=10_000),
        rule("ask", "ask", "phone", 9, 6, line("spend_20d", ">=", 20_000), consent="not-needed"),
    )
    said = {"channels": ("email", "phone"), "consent": {"email": CONSENT, "phone": CONSENT}, "caps": CAPS}
    more = {"never_together": (("send-offer", "apologise"),), "lateness": 40, "salt": "made"}
    return assemble(made.PROGRAMME.model_copy(update={**said, **more}), MEASURES, features, (Stratum(care=cares),))


RULES = Timeline.of(programme())


@dataclass
class Table:
    """One customer's rows under the table's conditions, with faults; `others`: what other writers do meanwhile."""

    random: Random
    state: State | None = None
    events: dict[tuple[str, str], EventRecord] = field(default_factory=dict)
    kept: dict[Day, Checkpoint] = field(default_factory=dict)
    care: list[CareDecided] = field(default_factory=list)
    others: Callable[[], bool] = lambda: False
    rush: float = 0.5
    depth: int = 0

    def load(self, _customer: str) -> State | None:
        return self.state

    def history(self, _customer: str) -> list[EventRecord]:
        return list(self.events.values())

    def checkpoints(self, _customer: str) -> list[Checkpoint]:
        return list(self.kept.values())

    def was_asked(self, _customer: str, care: str, day: Day) -> bool:
        return any((one.care, one.day, one.status) == (care, day, "requested") for one in self.care)

    def commit(
        self, before: State | None, outcome: DecisionResult, events: Sequence[Event], _rules: Timeline, now: datetime
    ) -> None:
        self._meanwhile()
        known = {event.key: self.events[event.key].event for event in events if event.key in self.events}
        if known or (before.version if before else 0) != (self.state.version if self.state else 0):
            raise CommitConflict(known)
        self.state = stored(outcome.state)
        self.kept |= {one.day: stored_checkpoint(one) for one in outcome.checkpoints}
        self.care += [one for one in outcome.decisions if isinstance(one, CareDecided)]
        self._record(events, now, counts=True)
        self._fault("after")

    def record(self, events: Sequence[Event], _rules: Timeline, now: datetime) -> None:
        if known := {event.key: self.events[event.key].event for event in events if event.key in self.events}:
            raise CommitConflict(known)
        self._record(events, now, counts=False)

    def claim(self, event: Event, too_late_at: datetime | None = None) -> bool:
        raise NotImplementedError  # no backfill brings any of these

    def _record(self, events: Sequence[Event], now: datetime, *, counts: bool) -> None:
        self.events |= {event.key: EventRecord(event, now, counts) for event in events}

    def _meanwhile(self) -> None:
        """Other writers, up to all of them at once, each in the middle of what it does."""
        self._fault("before")
        self.depth += 1
        while self.depth < WRITERS and self.random.random() < self.rush and self.others():
            pass
        self.depth -= 1

    def _fault(self, when: str) -> None:
        if self.random.random() < 0.04:
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": when}}, "TransactWriteItems")


class Rejections:
    """Nothing of these histories is ever rejected."""

    def keep(self, message: str, rejection: dict[str, Any]) -> None:
        raise AssertionError((message, rejection))


class Delivery(Ingest):
    """An ingest that is handed events as they are; what failed comes again."""

    def deliver(self, events: Sequence[Event]) -> bool:
        report = BatchReport()
        self._settle([ParsedMessage(Message(str(number), ""), event) for number, event in enumerate(events)], report)
        return not report.failed


@dataclass
class History:
    """One customer's events, and each of their deliveries: some late, some again, in batches, at once with others."""

    random: Random
    table: Table
    waiting: list[tuple[Day, Event]]
    clock: datetime

    def run(self) -> None:
        self.table.others = self.step
        while self.step():
            pass

    def step(self) -> bool:
        """One batch, or one night; a batch that failed comes again. Whether there was one."""
        if not self.waiting:
            return False
        day = self.waiting[0][0]
        some = sum(one[0] == day for one in self.waiting[: self.random.randint(1, 4)])
        batch, self.waiting = self.waiting[:some], self.waiting[some:]
        self.clock = max(self.clock, noon(day))
        if not self._ingest().deliver([event for _, event in batch]):
            self.waiting = sorted([*self.waiting, *batch], key=itemgetter(0))
        if self.random.random() < 0.3:
            _night(self.table, day - 1, self.clock)
        return True

    def _ingest(self) -> Delivery:
        return Delivery(RULES, self.table, Rejections(), clock=lambda: self.clock, pause=lambda _: None)


def history(random: Random, events: Sequence[Event]) -> History:
    """The deliveries of some events, in the order in which they arrive."""
    copies = [event for event in events for _ in range(random.choice((1, 1, 2, 3, 8)))]
    waiting = [(event.day + random.choice((0, 0, 0, 1, 2, 5, 14, 41)), event) for event in copies]
    table = Table(random, rush=random.choice((0.3, 0.5, 0.9, 0.99)))
    return History(random, table, sorted(waiting, key=itemgetter(0)), noon(0))


def _night(table: Table, until: Day, now: datetime) -> None:
    """The clock moved as a night does, on condition of the version."""
    state = table.state
    outcome = advance_clock(state, RULES, until, now) if state else None
    if state and outcome:
        try:
            table.commit(state, outcome, (), RULES, now)
        except (CommitConflict, ClientError):
            return  # the next night does it


def made_history(random: Random) -> list[Event]:
    """Up to fourteen events of two months."""

    def one(number: int) -> Event:
        day, name = 1_000 + random.randrange(60), f"e{number}"
        return random.choice(
            (
                lambda: purchase(day, random.choice(("40.00", "90.00", "220.00")), name),
                lambda: purchase(day, "120.00", name),
                lambda: complaint(day, name),
                lambda: survey(day, random.randint(1, 5), name=name),
                lambda: profile(day, name, consent={"email": random.random() < 0.8}),
            )
        )()

    return [profile(1_000, "first", hour=1, consent={"email": True}), *map(one, range(random.randint(3, 14)))]


def wrong(table: Table, events: Sequence[Event]) -> list[str]:
    """What must never be, and is."""
    asked = [one for one in table.care if one.status in {"requested", "held-out"}]
    found = [f"{cap} exceeded on {day}" for cap in CAPS for day in _exceeded(cap, asked)]
    for one, other in combinations((one for one in table.care if one.gate is None), 2):
        days = abs(one.day - other.day)
        if one.care == other.care and days < RULES.latest.care[one.care].repeat_after:
            found.append(f"{one.care} twice in {days} days")
    for one, other in combinations([one for one in asked if one.status == "requested"], 2):
        if one.day == other.day and {one.do.action, other.do.action} == {"send-offer", "apologise"}:
            found.append(f"both on {one.day}")
    if lost := {event.key for event in events} - table.events.keys():
        found.append(f"lost {lost}")
    return found


def _exceeded(cap: Cap, asked: Sequence[CareDecided]) -> list[Day]:
    days = [one.day for one in asked if cap.channel in {None, one.do.channel}]
    return [day for day in days if sum(day <= other < day + cap.within for other in days) > cap.at_most]


def stands_as_folded(table: Table) -> bool:
    """Whether the standing is that of the events that count, told at once."""
    counted = [one.event for one in table.history("") if one.counts]
    if table.state is None:
        return not counted  # whatever came, came too late
    return view_of_history(counted, RULES, table.state.day).memory == table.state.closed


@pytest.mark.invariant("INV-15")
@pytest.mark.parametrize(("first", "many"), [(0, 250), pytest.param(250, 4_750, marks=pytest.mark.long)])
def test_no_cap_is_exceeded_and_nothing_asked_twice_or_lost(first: int, many: int) -> None:
    statuses: Counter[str] = Counter()
    for seed in range(first, first + many):
        random = Random(seed)
        events = made_history(random)
        delivered = history(random, events)
        delivered.run()
        table = delivered.table
        assert wrong(table, events) == [], seed
        assert stands_as_folded(table), seed
        statuses.update(one.gate or one.status for one in table.care)
    assert {"requested", "held-out", "missed", "contact-cap", "never-together", "consent"} <= statuses.keys()
