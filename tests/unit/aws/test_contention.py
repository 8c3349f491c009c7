"""Trying again where somebody else was faster, at a row of the table or at an object of the lake."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from standing.aws.contention import LONGEST, Attempts, Overtaken, TooContended
from standing.aws.rules_bucket import PreconditionFailed
from standing.aws.table import CommitConflict


def overtaken(times: int, error: Overtaken) -> Callable[[], str]:
    """What is overtaken so often, and done then."""
    left = iter([error] * times)

    def attempt() -> str:
        for one in left:
            raise one
        return "done"

    return attempt


@pytest.mark.parametrize("error", [CommitConflict({}), PreconditionFailed()])
def test_what_is_overtaken_is_tried_again_after_a_pause(error: Overtaken) -> None:
    pauses: list[float] = []
    assert Attempts(4, pauses.append).run(overtaken(3, error)) == "done"
    assert len(pauses) == 3
    assert all(0 <= pause <= LONGEST for pause in pauses)


@pytest.mark.parametrize("error", [CommitConflict({}), PreconditionFailed()])
def test_what_is_always_overtaken_is_given_up(error: Overtaken) -> None:
    pauses: list[float] = []
    with pytest.raises(TooContended):
        Attempts(4, pauses.append).run(overtaken(4, error))
    assert len(pauses) == 3


def test_another_error_is_not_tried_again() -> None:
    def attempt() -> None:
        raise ValueError("another")

    with pytest.raises(ValueError, match="another"):
        Attempts(4, lambda _: None).run(attempt)
