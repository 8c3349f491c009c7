"""Every call into the core and the table adapter: the only module to change when these change. It times nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from pathlib import Path
from time import sleep
from typing import Any, cast
from unittest import mock

from standing.aws import table
from standing.engine import decide as deciding
from standing.engine import fold, start, view
from standing.engine.backends import durable, plain
from standing.engine.decide import DecisionResult
from standing.engine.engine import Engine, engine_of
from standing.engine.start import StoredHistory
from standing.engine.state import State
from standing.events import intake
from standing.events.intake import Event
from standing.ingest.batch import Ingest, Message
from standing.rules.author.compiler import compile_rules
from standing.rules.conditions import Condition, branches
from standing.rules.timeline import Timeline

type Row = dict[str, Any]
type Facts = Mapping[str, int | str]
type Wrap = Callable[[str, Callable[..., Any]], Callable[..., Any]]

# The stage of a decision by function. A function's own time counts, without that of functions that it calls.
SEAMS: tuple[tuple[str, object, str], ...] = (
    ("decode", table.Customers, "load"),
    ("parse", import_module(__name__), "parse"),
    ("outcome", deciding, "decide"),
    ("clock", fold.LivedSpan, "_decide"),
    ("clock", fold, "scheduled_changes"),
    ("clock", fold, "pending_transitions"),
    ("features", start, "aggregate"),
    ("features", Engine, "facts"),
    ("match", durable.DurableBackend, "match"),
    ("match", plain.PlainBackend, "match"),
    ("encode", table.Customers, "commit"),
)
STAGES = tuple(dict.fromkeys(stage for stage, _, _ in SEAMS))


SALTED: Row = {"salt": {"S": "0123456789abcdef"}}


@dataclass
class Memory:
    """A stand-in for DynamoDB: it returns one customer's stored rows, and keeps the last written ones."""

    state: Row | None = None
    checkpoints: dict[str, Row] = field(default_factory=dict)
    written: list[Row] = field(default_factory=list)

    def get_item(self, *, Key: Row, **_: object) -> dict[str, Any]:  # noqa: N803
        """The stored state, or the table's salt, as boto3 returns it."""
        if Key["pk"]["S"] == table.SALT:
            return {"Item": SALTED}
        return {"Item": self.state} if self.state else {}

    def get_paginator(self, _: str) -> Memory:
        """The paginator of the checkpoints, the only one."""
        return self

    def paginate(self, **_: object) -> list[dict[str, Any]]:
        """All checkpoints on one page."""
        return [{"Items": list(self.checkpoints.values())}]

    def transact_write_items(self, *, TransactItems: list[dict[str, Any]], **_: object) -> dict[str, Any]:  # noqa: N803
        """Keep the written rows."""
        self.written = [row["Put"]["Item"] for row in TransactItems if "Put" in row]  # the rest are conditions
        return {}

    def store(self) -> None:
        """Store the last written rows, so that they are returned from now on."""
        self.checkpoints |= {row["sk"]["S"]: row for row in self.written if row["sk"]["S"].startswith("CHECKPOINT#")}
        self.state = next(row for row in self.written if row["sk"]["S"] == table.STATE)


@dataclass
class SlowTable:
    """A stand-in for DynamoDB that takes some seconds for each answer. Threads may call it at once."""

    seconds: float
    rows: dict[tuple[str, str], Row] = field(default_factory=dict)

    def get_item(self, *, Key: Row, **_: object) -> dict[str, Any]:  # noqa: N803
        """A stored row, or the table's salt."""
        sleep(self.seconds)
        row = SALTED if Key["pk"]["S"] == table.SALT else self.rows.get((Key["pk"]["S"], Key["sk"]["S"]))
        return {"Item": row} if row else {}

    def transact_write_items(self, *, TransactItems: list[dict[str, Any]], **_: object) -> dict[str, Any]:  # noqa: N803
        """Store rows."""
        sleep(self.seconds)
        for row in (one["Put"]["Item"] for one in TransactItems if "Put" in one):
            self.rows[row["pk"]["S"], row["sk"]["S"]] = row
        return {}


class NoRejections:
    """A Rejected queue into which nothing may come."""

    def keep(self, message: str, rejection: dict[str, Any]) -> None:
        """Fail."""
        raise LookupError(f"{rejection}: {message}")


def applied(bodies: Sequence[str], rules: Timeline, now: datetime, client: SlowTable) -> int:
    """Apply a batch of messages. Returns how many events were applied."""
    customers = table.Customers(cast("Any", client), "benchmark")
    batch = [Message(str(number), body) for number, body in enumerate(bodies)]
    return Ingest(rules, customers, NoRejections(), clock=lambda: now).batch(batch).counts["applied"]


def programme(folder: Path) -> Timeline:
    """The compiled rules of a folder, in force on all days."""
    return Timeline.of(compile_rules(folder))


def parse(body: str, rules: Timeline, now: datetime) -> Event:
    """The event of a queue's message."""
    return intake.take_in(intake.read_envelope(body), rules.latest, now)


def decided(memory: Memory, body: str, rules: Timeline, now: datetime) -> DecisionResult:
    """A whole decision, from the stored item and the message to the items to store. The event is not late."""
    return delivered(memory, [parse(body, rules, now)], rules, now)


def delivered(memory: Memory, events: Sequence[Event], rules: Timeline, now: datetime) -> DecisionResult:
    """Decide events of a customer, and write the result."""
    customers = _customers(memory)
    state = customers.load(events[0].detail.customer)
    outcome = deciding.decide(state, events, rules, now)
    customers.commit(state, outcome, events, rules, now)
    return outcome


def loaded(memory: Memory, customer: str) -> State:
    """The stored state, freshly read: nothing in it is cached."""
    state = _customers(memory).load(customer)
    if state is None:
        raise LookupError(customer)
    return state


def stored_past(memory: Memory, customer: str, history: Sequence[Event]) -> StoredHistory:
    """The stored history beside the state."""
    return StoredHistory(history, _customers(memory).checkpoints(customer))


def silent_days(state: State, rules: Timeline, days: int) -> view.View:
    """The view after the clock moved over days without events."""
    return view.view(state, rules, state.day + days)


def folded_again(state: State, past: StoredHistory, late: Event, rules: Timeline, now: datetime) -> DecisionResult:
    """Decide a late event: a fold from the last checkpoint before it, or from the beginning if there is none."""
    return deciding.decide(state, [late], rules, now, past)


def facts_of(memory: Memory, body: str, rules: Timeline, now: datetime) -> dict[str, int | str]:
    """The facts for the rules when a message is decided: only those that a rule uses."""
    met: dict[str, int | str] = {}
    match = durable.DurableBackend.match

    def listening(reader: durable.DurableBackend, facts: Any) -> frozenset[str]:  # noqa: ANN401 -- facts, of whatever type
        met.update(facts)
        return match(reader, facts)

    with mock.patch.object(durable.DurableBackend, "match", listening):
        decided(memory, body, rules, now)
    asked = {fact for _, branch in alternatives(rules) for fact, _, _ in branch}
    return {fact: value for fact, value in met.items() if fact in asked}


def conditions(rules: Timeline) -> dict[str, Condition]:
    """Every condition by its rule's name."""
    return {name: when for stratum in rules.latest.strata for name, when in stratum.rules().items()}


def alternatives(rules: Timeline) -> list[tuple[str, Sequence[tuple[str, str, Any]]]]:
    """Each rule as alternatives, one of which must hold. An alternative is comparisons of fact, operator and value."""
    return [(name, branch) for name, when in conditions(rules).items() for branch in branches(when)]


def reader(rules: Timeline) -> Callable[[Any], frozenset[str]]:
    """Standing's durable-rules reader over all rules: it maps facts to the names of the rules that hold."""
    return durable.DurableBackend(conditions(rules)).match


def readers_by_stratum(rules: Timeline) -> Callable[[Any], frozenset[str]]:
    """Standing's durable-rules readers over the strata one by one, as in a decision."""
    strata = engine_of(rules.latest).durable
    return lambda facts: frozenset().union(*(one.match(facts) for one in strata))


def oracle(rules: Timeline) -> Callable[[Any], frozenset[str]]:
    """The plain reader over all rules."""
    return plain.PlainBackend(conditions(rules)).match


@contextmanager
def watched(wrap: Wrap) -> Iterator[None]:
    """Within the context, `wrap` wraps the function of every stage, to measure its time."""
    with ExitStack() as stack:
        for stage, owner, name in SEAMS:
            stack.enter_context(mock.patch.object(owner, name, wrap(stage, getattr(owner, name))))
        yield


def _customers(memory: Memory) -> table.Customers:
    return table.Customers(cast("Any", memory), "benchmark")
