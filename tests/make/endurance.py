"""Many decisions in one process: `python -m tests.make.endurance COUNT` prints as JSON how memory and threads grow.

It has a process of its own, because memory that other tests used and freed would hide a leak.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path

from standing.engine.codec import pack, unpack
from standing.engine.decide import DecisionResult, decide, needs_history
from standing.engine.start import NOTHING, StoredHistory
from standing.engine.state import State
from standing.events.intake import Event
from standing.rules.timeline import Timeline

from tests.make.support import NOW, complaint, purchase, real_rules, taken

WARM_UP = 2_000
LIFE = 12  # events of a customer; then the next customer begins, so that no history grows
FAR_TOO_MUCH = 100 * 1024 * 1024
SPARSE = 9  # days between two events, so that the clock has work


def decisions(rules: Timeline) -> Iterator[DecisionResult]:
    """Decisions like those of the ingest function. Every twelfth event is late."""
    customer = 0
    while True:
        state: State | None = None
        events: list[Event] = []
        for event in life(rules, customer):
            past = StoredHistory(events) if needs_history(state, [event], rules) else NOTHING
            outcome = decide(state, [event], rules, NOW, past)
            state, events = stored(outcome.state), [*events, event]
            yield outcome
        customer += 1


def life(rules: Timeline, customer: int) -> list[Event]:
    """A customer's events. Each customer spends other amounts."""
    name, first = f"c-{customer}", LIFE * SPARSE
    bodies = [
        purchase(n, customer=name, amount=f"{50 + customer % 997}.00", days_ago=first - n * SPARSE) for n in range(LIFE)
    ]
    bodies[LIFE // 2] = complaint(1, customer=name, days_ago=first - LIFE // 2 * SPARSE)
    bodies[-1] = purchase(LIFE, customer=name, days_ago=first - SPARSE / 2)
    return taken(rules.latest, *bodies, now=NOW + timedelta(minutes=1))


def stored(state: State) -> State:
    """The state as read from the table."""
    about = {"customer": state.customer, "version": state.version, "day": state.day}
    return unpack(pack(state), **about, features_hash=state.features_hash)  # type: ignore[arg-type]


def memory() -> int:
    """The bytes of memory of this process, from /proc, or from ps on systems without /proc."""
    gc.collect()
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024
    command = ["ps", "-o", "rss=", "-p", str(os.getpid())]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout) * 1024


def threads() -> int:
    """The number of threads of this process; with /proc, those of C extensions are included."""
    tasks = Path("/proc/self/task")
    return len(list(tasks.iterdir())) if tasks.exists() else threading.active_count()


def main(count: int) -> dict[str, int]:
    """Warm up, then make `count` decisions. Returns what was made, and the growth of memory and threads."""
    made = decisions(real_rules())
    start = memory()
    announced = _announced(made, WARM_UP, start)
    warm, threads_before = memory(), threads()
    announced += _announced(made, count, start)
    return {"announced": announced, "bytes": memory() - warm, "threads": threads() - threads_before}


def _announced(made: Iterator[DecisionResult], count: int, start: int) -> int:
    """Make decisions. Returns the number of announced ones. Stops at an obvious leak, before it harms the machine."""
    announced = 0
    for number, outcome in enumerate(islice(made, count)):
        announced += len(outcome.decisions)
        if number % 100 == 0 and memory() - start > FAR_TOO_MUCH:
            raise MemoryError(f"{FAR_TOO_MUCH} bytes more after {number} decisions")
    return announced


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(int(sys.argv[1]))))
