"""The table of what holds, in docs/ARCHITECTURE.md, is true: each promise has the tests it names, and mutants."""

from __future__ import annotations

import re

import pytest

from tests.make.support import ROOT
from tests.mutants.catalogue import mutants

ROW = re.compile(r"^\| (INV-\d+) \| .+ \| (.+) \|$", re.MULTILINE)
MARK = re.compile(r'^@pytest\.mark\.invariant\("(INV-\d+)"\)$', re.MULTILINE)
TABLE = {
    name: set(re.findall(r"`(tests/[^`]+)`", tests))
    for name, tests in ROW.findall((ROOT / "docs" / "ARCHITECTURE.md").read_text())
}
MUTANTS = mutants()


def marked() -> dict[str, set[str]]:
    """The files with tests of each invariant, by their markers."""
    found: dict[str, set[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for name in MARK.findall(path.read_text()):
            found.setdefault(name, set()).add(path.relative_to(ROOT).as_posix())
    return found


def test_the_table_names_exactly_the_files_whose_tests_are_marked() -> None:
    assert marked() == TABLE


@pytest.mark.parametrize("name", sorted(TABLE))
def test_each_promise_has_a_mutant_that_its_own_tests_kill(name: str) -> None:
    own = [mutant for mutant in MUTANTS if mutant.name.startswith(f"{name.lower()}-")]
    assert any(mutant.kills.split("::")[0] in TABLE[name] for mutant in own)


def test_each_mutant_of_a_promise_belongs_to_one_in_the_table() -> None:
    names = {match[1].upper() for mutant in MUTANTS if (match := re.match(r"(inv-\d+)-", mutant.name))}
    assert names <= TABLE.keys()
