"""Answers on scales: scores in ten-thousandths, and sums and means of scores that are floored once, at the end.

An answer is the number of steps above the lowest value of its scale. Does not know events.
"""

from __future__ import annotations

from collections.abc import Callable

SCORE_UNIT = 10_000
REMAINDER = "remainder"  # the value of a measure that sums what flooring cuts off each score
FINE = 104  # fractional bits of a remainder; see `exact`


def score(answer: int, steps: int) -> int:
    """An answer as a score in ten-thousandths of its scale, floored."""
    return answer * SCORE_UNIT // steps


def remainder(answer: int, steps: int) -> int | None:
    """What flooring cuts off a score, with FINE fractional bits. None if it is zero, as for 4 on a scale of 1 to 5."""
    return (answer * SCORE_UNIT % steps << FINE) // steps or None


def exact(count: int, total: int, remainders: int) -> int:
    """The sum of `count` scores, floored once. `total` is the sum of floored scores, `remainders` of remainders.

    Each remainder is itself floored and loses less than one last bit, so all of them lose less than `count` bits.
    Adding `count - 1` restores a sum that is whole, and lifts no other sum to the next whole number: a sum that is not
    whole is short by at least 1 / (least common multiple of the steps). So the result is exact while `count` times that
    multiple is below 2**FINE. The batch computes the same in 128 bits.
    """
    return total + (remainders + count - 1 >> FINE) if count else 0


OF_ANSWERS: dict[str, Callable[[int, int], int | None]] = {
    "score": score,
    REMAINDER: remainder,
    "answer": lambda answer, _: answer,
    "steps": lambda _, steps: steps,
}
