"""The table's own conditions, below what ingest makes of them."""

from __future__ import annotations

import pytest
from standing.aws.table import CommitConflict, Customers
from standing.engine.decide import decide
from standing.engine.state import State
from standing.events.intake import Event
from standing.rules.timeline import Timeline

from tests.make.strategies import noon, purchase


def write(customers: Customers, before: State | None, event: Event, rules: Timeline) -> None:
    """A commit of one event, decided from a state that was loaded before."""
    customers.commit(before, decide(before, [event], rules, noon(1_010)), [event], rules, noon(1_010))


def test_a_state_that_has_moved_on_is_not_written_over(customers: Customers, rules: Timeline) -> None:
    write(customers, None, purchase(1_000), rules)
    stale = customers.load("c-1")
    write(customers, stale, purchase(1_001), rules)
    for before in (stale, None):
        with pytest.raises(CommitConflict) as refusal:
            write(customers, before, purchase(1_002), rules)
        assert refusal.value.applied == {}
    now = customers.load("c-1")
    assert now is not None
    assert (now.version, now.day) == (2, 1_001)
    assert len(customers.history("c-1")) == 2


def test_contacts_and_what_waits_are_stored(customers: Customers, rules: Timeline) -> None:
    write(customers, None, purchase(1_000), rules)
    stored = customers.load("c-1")
    assert stored is not None
    due = {name for name, day in stored.ledger.asked.items() if rules.latest.care[name].do.channel and day == 1_000}
    assert {one.care for one in stored.ledger.contacts} <= due
