"""INV-10: a process may live for as long as it likes: no decision leaves anything behind in it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.make.support import ROOT

FULL, GROWTH = 50_000, 5 * 1024 * 1024  # of so many decisions, all that they may leave behind


@pytest.mark.invariant("INV-10")
@pytest.mark.parametrize("count", [5_000, pytest.param(FULL, marks=pytest.mark.long)])
def test_decisions_leave_no_memory_and_no_thread_behind(count: int) -> None:
    """Of fewer decisions, a share of the growth is allowed, so that the same leak is seen."""
    command = [sys.executable, "-m", "tests.make.endurance", str(count)]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr[-500:]
    grew = json.loads(said.stdout)
    assert grew["announced"] > count / 2  # they decided something
    assert grew["bytes"] <= GROWTH * count / FULL
    assert grew["threads"] == 0
