"""The mutants are up to date: what each replaces stands in its file exactly once, and the test that it names exists."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.mutants.catalogue import Mutant, in_the_tree, mutants

MUTANTS = mutants()


def test_each_has_a_name_of_its_own() -> None:
    assert [name for name, times in Counter(mutant.name for mutant in MUTANTS).items() if times > 1] == []


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_what_it_replaces_stands_in_its_file_exactly_once(mutant: Mutant) -> None:
    assert [in_the_tree(edit.file).count(edit.old) for edit in mutant.edits] == [1] * len(mutant.edits)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_it_changes_something(mutant: Mutant) -> None:
    assert all(edit.old != edit.new for edit in mutant.edits)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_test_that_it_names_exists(mutant: Mutant) -> None:
    file, _, test = mutant.kills.partition("::")
    assert (f"\ndef {test.partition('[')[0]}(" if test else "\ndef test_") in in_the_tree(file)
