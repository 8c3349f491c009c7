"""Broken events, for the tables of several event types: what was changed, and what is said of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest
from standing.events.intake import Rejected, take_in
from standing.rules.ruleset import Ruleset

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Broken(NamedTuple):
    """A sample with one thing changed, and what is said of it."""

    kind: str
    change: dict[str, Any]
    field: str
    expected: str
    reason: str = "does-not-fit"


def why_rejected(envelope: dict[str, Any], ruleset: Ruleset) -> Rejected:
    """Why an envelope is rejected; it must be."""
    with pytest.raises(Rejected) as caught:
        take_in(envelope, ruleset, NOW)
    return caught.value
