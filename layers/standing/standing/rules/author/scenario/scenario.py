"""A story as it was understood: its events, and what is expected on which day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from standing.events.intake import Event
from standing.rules.conditions import Fact
from standing.rules.frozen import Title
from standing.values.days import Day

type Kind = Literal["rating", "not-rating", "feature", "care", "no-care", "held-back"]


@dataclass(frozen=True)
class Expected:
    """One thing that is expected of a day's end; without a day, of every day of the story.

    `about` names a rating, a feature or a care rule; `wanted` is its level, its value (none: unknown), or the gate.
    """

    kind: Kind
    about: str
    wanted: Fact | None
    line: int
    day: Day | None


@dataclass(frozen=True)
class Scenario:
    """One story, in which everything was understood. `days` are those of its steps from the first event on, rising."""

    name: str
    title: Title | None
    file: str
    line: int
    events: tuple[Event, ...]
    expected: tuple[Expected, ...]
    days: tuple[Day, ...]
