"""INV-13: events of one customer, faster than they can be applied: they wait in the queue, and none is lost."""

from __future__ import annotations

import json
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import batched
from pathlib import Path

import pytest
from rich.console import Console
from standing.aws.bus import Bus
from standing.aws.queues import peek
from standing.aws.stack import Target
from standing.engine.view import view, view_of_history
from standing.operations.audit import audit
from standing.operations.event_files import Line, read_lines
from standing.operations.sender import await_drained
from standing.present.progress import progress_bar
from standing.rules.timeline import Timeline

from tests.e2e.test_road import purchase
from tests.make.support import taken

MANY, SENDERS = 1_000, 8  # far more than 500 a second, where the bus takes them as fast


@pytest.mark.invariant("INV-13")
@pytest.mark.parametrize("days", [0.001, pytest.param(60.0, marks=pytest.mark.long)])
def test_a_thousand_events_of_one_customer_at_once(
    target: Target, rules: Timeline, tmp_path: Path, days: float
) -> None:
    """Spread over days, nearly all are late to others: that is slower, and some go back to the queue for a while."""
    chance, customer = random.Random(13), f"burst-{days}"
    events = [purchase(customer, n, f"{chance.randint(1, 90)}.00", chance.random() * days) for n in range(MANY)]
    path = tmp_path / "events"
    path.write_text("".join(json.dumps(event) + "\n" for event in events))
    entries = [line.entry for line in read_lines(path) if isinstance(line, Line)]
    bus = Bus(target.events, target.outputs["BusName"])
    with ThreadPoolExecutor(SENDERS) as pool:
        refused = [place for places in pool.map(bus.put, batched(entries, MANY // SENDERS)) for place in places]
    assert (len(entries), refused) == (MANY, [])
    with progress_bar(Console(quiet=True)) as progress:
        await_drained(target, progress, MANY)
    counted = audit(target, path)
    assert (counted.applied, counted.lost, counted.dead_letters, counted.rejected) == (MANY, 0, 0, 0)
    assert all(peek(target, queue) == [] for queue in target.dead_letter_queues)
    assert len(target.customers.history(customer)) == MANY
    state = target.customers.load(customer)
    assert state is not None
    folded = view_of_history(taken(rules.latest, *events, now=datetime.now(UTC)), rules, state.day)
    assert view(state, rules, state.day) == folded
