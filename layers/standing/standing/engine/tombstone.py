"""Tombstones: what remains of a forgotten customer, so that old events cannot bring them back.

A tombstone shows whether a known id was forgotten; it does not reveal an id.
"""

from __future__ import annotations

import hashlib


def tombstone_key(salt: str, customer: str) -> str:
    """The tombstone of a customer: a hash with the table's own salt."""
    return hashlib.sha256(f"{salt}|{customer}".encode()).hexdigest()
