"""Every call into the core and the table adapter: the one module to mend when they change. Knows nothing of timing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any, cast
from unittest import mock

from standing.adapters import table
from standing.core import decide as deciding
from standing.core import fold, intake, view
from standing.core.conditions import Condition, branches
from standing.core.decide import Outcome
from standing.core.intake import Event
from standing.core.readers import durable, plain
from standing.core.ruleset import Ruleset
from standing.core.state import State
from standing.rulebook.compiling import compile_rules

type Row = dict[str, Any]
type Facts = Mapping[str, int | str]
type Wrap = Callable[[str, Callable[..., Any]], Callable[..., Any]]

# Which function's own time, without that of the functions in it, counts as which stage of a decision.
SEAMS: tuple[tuple[str, object, str], ...] = (
    ("decode", table.Customers, "load"),
    ("parse", import_module(__name__), "parse"),
    ("outcome", deciding, "decide"),
    ("clock", fold, "live_day"),
    ("features", deciding, "gather"),
    ("features", fold, "facts"),
    ("match", durable.Reader, "match"),
    ("match", plain.Reader, "match"),
    ("encode", table.Customers, "commit"),
)
STAGES = tuple(dict.fromkeys(stage for stage, _, _ in SEAMS))


@dataclass
class Memory:
    """What stands in for DynamoDB: it hands out one stored state and keeps what was last to be stored."""

    state: Row | None = None
    written: list[Row] = field(default_factory=list)

    def get_item(self, **_: object) -> dict[str, Any]:
        """The stored state, as boto3 gives it."""
        return {"Item": self.state} if self.state else {}

    def transact_write_items(self, *, TransactItems: list[dict[str, Any]], **_: object) -> dict[str, Any]:  # noqa: N803
        """Keep the rows."""
        self.written = [row["Put"]["Item"] for row in TransactItems]
        return {}


@dataclass(frozen=True)
class Programme:
    """A ruleset with what the core wants of it."""

    ruleset: Ruleset

    @property
    def rules(self) -> Any:  # noqa: ANN401 -- a ruleset, or a timeline of rulesets once the core takes that
        """What `decide` and `view` are given."""
        return self.ruleset


def programme(folder: Path) -> Programme:
    """The rules of a folder, compiled."""
    return Programme(compile_rules(folder))


def parse(body: str, of: Programme, now: datetime) -> Event:
    """A message of the queue as an event."""
    return intake.take_in(json.loads(body), of.ruleset.programme, now)


def decided(memory: Memory, body: str, of: Programme, now: datetime) -> Outcome:
    """One whole decision, from the stored item and the message to the items to be stored."""
    customers = _customers(memory)
    event = parse(body, of, now)
    state = customers.load(event.detail.customer)
    outcome = deciding.decide(state, [event], of.rules, now)
    customers.commit(state, outcome, [event], of.ruleset, now)
    return outcome


def delivered(memory: Memory, events: Sequence[Event], of: Programme, now: datetime) -> Outcome:
    """Some events of one customer committed; the state they leave is stored."""
    customers = _customers(memory)
    state = customers.load(events[0].detail.customer)
    outcome = deciding.decide(state, events, of.rules, now)
    customers.commit(state, outcome, events, of.ruleset, now)
    memory.state = memory.written[0]
    return outcome


def loaded(memory: Memory, customer: str) -> State:
    """The stored state, read as if for the first time: nothing in it is worked out yet."""
    state = _customers(memory).load(customer)
    if state is None:
        raise LookupError(customer)
    return state


def silent_days(state: State, of: Programme, days: int) -> view.View:
    """The clock moved over days without events."""
    return view.view(state, of.rules, state.day + days)


def folded_anew(state: State, history: Sequence[Event], late: Event, of: Programme, now: datetime) -> Outcome:
    """A late event: the customer's whole history folded again."""
    return deciding.decide(state, [late], of.rules, now, history)


def facts_of(memory: Memory, body: str, of: Programme, now: datetime) -> dict[str, int | str]:
    """The facts that the rules meet when a message is decided, as far as any rule asks for them."""
    met: dict[str, int | str] = {}
    match = durable.Reader.match

    def listening(reader: durable.Reader, facts: Any) -> frozenset[str]:  # noqa: ANN401 -- facts, of whatever type
        met.update(facts)
        return match(reader, facts)

    with mock.patch.object(durable.Reader, "match", listening):
        decided(memory, body, of, now)
    asked = {fact for _, branch in alternatives(of) for fact, _, _ in branch}
    return {fact: value for fact, value in met.items() if fact in asked}


def conditions(of: Programme) -> dict[str, Condition]:
    """Every condition by its rule's name."""
    return {name: when for stratum in of.ruleset.strata for name, when in stratum.rules().items()}


def alternatives(of: Programme) -> list[tuple[str, Sequence[tuple[str, str, Any]]]]:
    """Each rule as alternatives of which one must hold, each a list of comparisons: fact, operator, value."""
    return [(name, branch) for name, when in conditions(of).items() for branch in branches(when)]


def reader(of: Programme) -> Callable[[Any], frozenset[str]]:
    """Our durable-rules reader over all rules at once: facts in, the names of the rules that hold out."""
    return durable.Reader(conditions(of)).match


def readers_by_stratum(of: Programme) -> Callable[[Any], frozenset[str]]:
    """The same over the strata one by one, as a decision has to match them."""
    strata = of.ruleset.durable
    return lambda facts: frozenset().union(*(one.match(facts) for one in strata))


def oracle(of: Programme) -> Callable[[Any], frozenset[str]]:
    """The plain reader over all rules at once."""
    return plain.Reader(conditions(of)).match


@contextmanager
def watched(wrap: Wrap) -> Iterator[None]:
    """For a while, every function among the seams is wrapped to say whose time is spent."""
    with ExitStack() as stack:
        for stage, owner, name in SEAMS:
            stack.enter_context(mock.patch.object(owner, name, wrap(stage, getattr(owner, name))))
        yield


def _customers(memory: Memory) -> table.Customers:
    return table.Customers(cast("Any", memory), "benchmark")
