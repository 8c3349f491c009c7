"""Forgetting: what stays of a customer who was forgotten, so that events of the past cannot bring them back.

A mark tells whether an id that is known is that of a forgotten customer; it does not give an id away.
"""

from __future__ import annotations

import hashlib


def tombstone_key(salt: str, customer: str) -> str:
    """The mark of a customer, by a salt that is the table's own."""
    return hashlib.sha256(f"{salt}|{customer}".encode()).hexdigest()
