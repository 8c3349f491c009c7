"""Invalid events, for the test tables of several event types: the change, and the reason of the rejection."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest
from standing.events.intake import Rejected, take_in
from standing.rules.ruleset import Ruleset

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Broken(NamedTuple):
    """A sample with one change, and the reason of its rejection."""

    kind: str
    change: dict[str, Any]
    field: str
    expected: str
    reason: str = "does-not-fit"


def why_rejected(envelope: dict[str, Any], ruleset: Ruleset) -> Rejected:
    """The rejection of an envelope. Fails if it is not rejected."""
    with pytest.raises(Rejected) as caught:
        take_in(envelope, ruleset, NOW)
    return caught.value
