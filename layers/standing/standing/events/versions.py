"""Older versions of events: they are stored for years, some producers still send them, and they are upcast when read.

When a type changes so that old events no longer fit, its model gets the next version, and the step from the version
before is added here. `tests/fixtures/stored/` has a record of every version that was ever written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

type Detail = dict[str, Any]
type Step = tuple[str, Callable[[Detail], Detail]]

OLDER: dict[str, Step] = {}
"""For each older type, the next type and the function that upcasts its detail: `{"visit.v1": ("visit.v2", change)}`."""


def newest(detail_type: str, detail: Detail) -> tuple[str, Detail]:
    """A type and detail, upcast to the version of today's models. Other types are returned unchanged."""
    while detail_type in OLDER:
        detail_type, change = OLDER[detail_type]
        detail = change(dict(detail))
    return detail_type, detail
