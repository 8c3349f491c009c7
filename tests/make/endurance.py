"""Many decisions in one process: `python -m tests.make.endurance COUNT` says how memory and threads grew, as JSON.

A process of its own, because what other tests have used and given back would hide what is never given back.
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
LIFE = 12  # events of one customer: then the next one begins, so that no history grows
FAR_TOO_MUCH = 100 * 1024 * 1024
SPARSE = 9  # days between two of them, so that the clock has days to live through


def decisions(rules: Timeline) -> Iterator[DecisionResult]:
    """One decision after another, as the ingest function makes them: every twelfth event is a late one."""
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
    """A customer's events: no two customers spend alike."""
    name, first = f"c-{customer}", LIFE * SPARSE
    bodies = [
        purchase(n, customer=name, amount=f"{50 + customer % 997}.00", days_ago=first - n * SPARSE) for n in range(LIFE)
    ]
    bodies[LIFE // 2] = complaint(1, customer=name, days_ago=first - LIFE // 2 * SPARSE)
    bodies[-1] = purchase(LIFE, customer=name, days_ago=first - SPARSE / 2)
    return taken(rules.latest, *bodies, now=NOW + timedelta(minutes=1))


def stored(state: State) -> State:
    """The state as it comes back from the table."""
    about = {"customer": state.customer, "version": state.version, "day": state.day}
    return unpack(pack(state), **about, features_hash=state.features_hash)  # type: ignore[arg-type]


def memory() -> int:
    """The bytes that this process holds: by /proc, and by ps where there is no /proc."""
    gc.collect()
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024
    command = ["ps", "-o", "rss=", "-p", str(os.getpid())]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout) * 1024


def threads() -> int:
    """The threads of this process, those of C extensions included where /proc tells."""
    tasks = Path("/proc/self/task")
    return len(list(tasks.iterdir())) if tasks.exists() else threading.active_count()


def main(count: int) -> dict[str, int]:
    """Make some decisions to warm up, then `count` more; what was made, and how memory and threads grew meanwhile."""
    made = decisions(real_rules())
    start = memory()
    announced = _announced(made, WARM_UP, start)
    warm, threads_before = memory(), threads()
    announced += _announced(made, count, start)
    return {"announced": announced, "bytes": memory() - warm, "threads": threads() - threads_before}


def _announced(made: Iterator[DecisionResult], count: int, start: int) -> int:
    """Make decisions; how many were told. A leak that is plain to see ends it, before it hurts the machine."""
    announced = 0
    for number, outcome in enumerate(islice(made, count)):
        announced += len(outcome.decisions)
        if number % 100 == 0 and memory() - start > FAR_TOO_MUCH:
            raise MemoryError(f"{FAR_TOO_MUCH} bytes more after {number} decisions")
    return announced


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(int(sys.argv[1]))))
