"""Money: decimal strings in events, whole minor units inside. Does not know exchange rates."""

from __future__ import annotations

from decimal import Decimal


class MoneyError(ValueError):
    """An amount that the programme's currency cannot express."""


def to_minor(amount: Decimal, minor_digits: int) -> int:
    """An amount in minor units (ISO 4217): `Decimal("12.5")` with 2 digits is 1250.

    Raises MoneyError when the amount has more decimals than the currency.
    """
    scaled = amount.scaleb(minor_digits)
    if scaled != scaled.to_integral_value():
        raise MoneyError(f"at most {minor_digits} decimals")
    return int(scaled)


def from_minor(minor: int, minor_digits: int) -> str:
    """Minor units as a decimal string: `1250` with 2 digits is `12.50`."""
    return f"{Decimal(minor).scaleb(-minor_digits):.{minor_digits}f}"
