"""Special functions in plain Python: the first two derivatives of `math.lgamma`.

Both use recurrence up to where the asymptotic series (Abramowitz and Stegun, 6.3.18 and 6.4.12) has 14 digits.
"""

from __future__ import annotations

from math import log

LARGE = 12.0  # from here on the first omitted term of the series is below 1e-15
DIGAMMA = (1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760)
TRIGAMMA = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730)


def digamma(x: float) -> float:
    """The derivative of ln Γ, for x above 0."""
    stepped = 0.0
    while x < LARGE:
        stepped -= 1 / x
        x += 1
    return stepped + log(x) - 1 / (2 * x) - _series(DIGAMMA, 1 / (x * x)) / (x * x)


def trigamma(x: float) -> float:
    """The second derivative of ln Γ, for x above 0."""
    stepped = 0.0
    while x < LARGE:
        stepped += 1 / (x * x)
        x += 1
    return stepped + 1 / x + 1 / (2 * x * x) + _series(TRIGAMMA, 1 / (x * x)) / (x * x * x)


def _series(terms: tuple[float, ...], y: float) -> float:
    total = 0.0
    for term in reversed(terms):
        total = total * y + term
    return total
