"""Compares the readers on generated cases, in a process of its own: `python -m tests.make.agreement SEED COUNT`.

durable-rules does not free the memory of a deleted ruleset (0.3 MB a case). A function has few rulesets and keeps
them; after thousands of generated ones, only the end of the process frees the memory.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import polars as pl
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from standing.engine.backends import Backend, durable, plain
from standing.rules.conditions import Condition, Fact

from tests.make import backends as batch
from tests.make import strategies as made
from tests.make import written
from tests.make.support import ROOT

CUSTOMERS = st.lists(made.facts, min_size=1, max_size=4)
RULES = made.rules | made.rules | made.rules | made.wide_rules
CASES: st.SearchStrategy[written.Case] = st.tuples(RULES, CUSTOMERS) | written.cases | written.lived()


def agree(
    rules: dict[str, Condition], customers: list[dict[str, Fact]], *more: Callable[[dict[str, Condition]], Backend]
) -> None:
    """Assert that all readers agree: each for each customer, and polars for all customers at once."""
    oracle = [plain.PlainBackend(rules).match(facts) for facts in customers]
    readers: list[Backend] = [durable.DurableBackend(rules), batch.PolarsBackend(rules), *(one(rules) for one in more)]
    for reader in readers:
        assert [reader.match(facts) for facts in customers] == oracle
    rows = batch.PolarsBackend(rules).match_all(frame(customers)).rows(named=True)
    assert [frozenset(name for name, holds in row.items() if holds) for row in rows] == oracle


def frame(customers: list[dict[str, Fact]]) -> pl.DataFrame:
    """A frame with a column for each fact, which is a text for all customers or a number for all, as in any ruleset."""
    names = sorted({name for facts in customers for name in facts})
    return pl.DataFrame(
        {"": range(len(customers))} | {name: [facts.get(name) for facts in customers] for name in names}
    )


def compare(number: int, count: int) -> None:
    """Compare the readers on `count` cases of a seed. Raises AssertionError with a case for which they differ."""

    @seed(number)
    @settings(max_examples=count, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(CASES)
    def agreeing(case: written.Case) -> None:
        agree(*case)

    agreeing()


def compared_apart(number: int, count: int) -> str:
    """Run `compare` in a process of its own. Returns its output if it failed."""
    command = [sys.executable, "-m", "tests.make.agreement", str(number), str(count)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stderr[-3_000:] if done.returncode else ""


if __name__ == "__main__":
    compare(int(sys.argv[1]), int(sys.argv[2]))
