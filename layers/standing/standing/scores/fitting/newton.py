"""Damped Newton method for positive parameters: finds the highest likelihood, or says why there is none.

Works on logarithms, so that parameters stay positive and units of time or money do not matter. Does not know models.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp, isfinite, log, sqrt

from standing.values.faults import Fault, FaultError

MOST_STEPS = 200
LONGEST = 1.0  # the largest change of a parameter's logarithm in one step
FLAT = 1e-10  # the largest gradient at the maximum: a customer's log-likelihood by a parameter's logarithm
SETTLED = 1e-9  # the largest last full Newton step, in a parameter's logarithm
EXTREME = 15.0  # the largest distance of a logarithm from its start: beyond it, the parameter diverges

type Vector = list[float]
type Matrix = list[list[float]]


class NotConverged(FaultError, ValueError):  # noqa: N818 -- what happened
    """No parameters fit best, or they could not be found: nothing may be published."""


@dataclass(frozen=True)
class Slope:
    """The mean log-likelihood of a customer at some parameters, with its first and second derivatives."""

    value: float
    gradient: Vector
    hessian: Matrix

    def to_logarithms(self, at: Vector) -> Slope:
        """The same, with respect to the parameters' logarithms."""
        gradient = [p * g for p, g in zip(at, self.gradient, strict=True)]
        hessian = [
            [one * other * self.hessian[i][j] + (gradient[i] if i == j else 0.0) for j, other in enumerate(at)]
            for i, one in enumerate(at)
        ]
        return Slope(self.value, gradient, hessian)


@dataclass(frozen=True)
class Maximum:
    """The parameters found, their mean log-likelihood, and the number of steps."""

    parameters: tuple[float, ...]
    value: float
    steps: int


def highest(slope: Callable[[Vector], Slope], start: Sequence[float], names: Sequence[str]) -> Maximum:
    """The parameters with the highest likelihood. Raises NotConverged if no maximum is found."""
    place, damping = [log(one) for one in start], 0.0
    here = _at(slope, place)
    for steps in range(MOST_STEPS):
        step = _solved(here, 0.0)
        if step and max(map(abs, here.gradient)) <= FLAT and max(map(abs, step)) <= SETTLED:
            return Maximum(tuple(exp(one) for one in place), here.value, steps)
        place, here, damping = _climbed(slope, place, here, damping)
        _check_runaway(place, start, names)
    slope_here = f"{max(map(abs, here.gradient)):.1e}"
    raise NotConverged(Fault("no-top", {"steps": MOST_STEPS, "slope": slope_here, "wanted": f"{FLAT:.0e}"}))


def _at(slope: Callable[[Vector], Slope], place: Vector) -> Slope:
    found = [exp(one) for one in place]
    return slope(found).to_logarithms(found)


def _climbed(
    slope: Callable[[Vector], Slope], place: Vector, here: Slope, damping: float
) -> tuple[Vector, Slope, float]:
    """One step, damped until it goes up. The damping is reduced afterwards."""
    while damping < 1e12:
        step = _solved(here, damping)
        if step:
            short = min(1.0, LONGEST / max(*map(abs, step), 1e-300))
            there = [one + short * by for one, by in zip(place, step, strict=True)]
            found = _at(slope, there)
            if isfinite(found.value) and found.value >= here.value - 1e-13 * abs(here.value):
                return there, found, damping / 10 if damping > 1e-9 else 0.0
        damping = max(damping * 10, 1e-6)
    raise NotConverged(Fault("no-step"))


def _check_runaway(place: Vector, start: Sequence[float], names: Sequence[str]) -> None:
    for name, one, began in zip(names, place, start, strict=True):
        if abs(one - log(began)) > EXTREME:
            raise NotConverged(Fault("runs-away", {"parameter": name, "value": f"{exp(one):.1e}"}))


def _solved(here: Slope, damping: float) -> Vector | None:
    """The Newton step, from (-H + damping) step = gradient, or None if it is not certain to go up."""
    lower = _cholesky(here.hessian, damping)
    if lower is None:
        return None
    size, half = len(lower), list[float]()
    for i in range(size):
        half.append((here.gradient[i] - sum(lower[i][j] * half[j] for j in range(i))) / lower[i][i])
    step = [0.0] * size
    for i in reversed(range(size)):
        step[i] = (half[i] - sum(lower[j][i] * step[j] for j in range(i + 1, size))) / lower[i][i]
    return step


def _cholesky(hessian: Matrix, damping: float) -> Matrix | None:
    """The lower triangle L of -H + damping = L Lᵀ, or None if that is not positive definite."""
    lower: Matrix = []
    for i, row in enumerate(hessian):
        made: Vector = []
        for j in range(i + 1):
            left = -row[j] - sum(one * other for one, other in zip(made, (lower[j] if j < i else made), strict=False))
            if j < i:
                made.append(left / lower[j][j])
            elif left + damping <= 1e-14:
                return None
            else:
                made.append(sqrt(left + damping))
        lower.append(made)
    return lower
