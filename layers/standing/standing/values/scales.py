"""Answers on scales: what a score is in ten-thousandths, and how sums and means of scores are floored once, at the end.

An answer is how many steps it is above the lowest of its scale. Knows nothing of events.
"""

from __future__ import annotations

from collections.abc import Callable

SCORE_UNIT = 10_000
REMAINDER = "remainder"  # the value of a measure that keeps what flooring leaves of each score
FINE = 104  # bits behind the point of a remainder; see `exact`


def score(answer: int, steps: int) -> int:
    """An answer in ten-thousandths of its scale, floored."""
    return answer * SCORE_UNIT // steps


def remainder(answer: int, steps: int) -> int | None:
    """What flooring leaves of a score, FINE bits behind the point; none where that is nothing, as of 4 on 1 to 5."""
    return (answer * SCORE_UNIT % steps << FINE) // steps or None


def exact(count: int, total: int, remainders: int) -> int:
    """The sum of some scores, floored once: from their count, what they are floored to, and their remainders.

    Each remainder lacks less than one last bit, all of them less than `count`. Adding `count - 1` lifts a whole sum up
    to itself, and no other to the next: what that one lacks is at least one part in the least common multiple of the
    steps. So this is exact while `count` times that multiple is below 2**FINE; the batch says the same in 128 bits.
    """
    return total + (remainders + count - 1 >> FINE) if count else 0


OF_ANSWERS: dict[str, Callable[[int, int], int | None]] = {
    "score": score,
    REMAINDER: remainder,
    "answer": lambda answer, _: answer,
    "steps": lambda _, steps: steps,
}
