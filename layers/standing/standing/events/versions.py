"""Older versions of events: stored for years and still sent by some producers, they are brought up to date when read.

Where a type changes in a way that old events do not fit, its model gets the next version, and the step from the one
before is added here. `tests/fixtures/stored/` keeps a record of every version that was ever written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

type Detail = dict[str, Any]
type Step = tuple[str, Callable[[Detail], Detail]]

OLDER: dict[str, Step] = {}
"""For each older type, the next one and how its detail becomes that one's: `{"visit.v1": ("visit.v2", change)}`."""


def newest(detail_type: str, detail: Detail) -> tuple[str, Detail]:
    """A type and a detail brought up to the version that today's models read; others are given back as they are."""
    while detail_type in OLDER:
        detail_type, change = OLDER[detail_type]
        detail = change(dict(detail))
    return detail_type, detail
