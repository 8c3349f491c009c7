"""A customer's state: what the fold needs to continue, and the ledger so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from standing.engine.measures import StoredBuckets
from standing.values.days import Day

type Reasons = dict[str, Day]


class LevelState(NamedTuple):
    """A customer's level in a rating, since which day, and when its grace period ends (None: not in one)."""

    level: str
    since: Day
    grace_until: Day | None = None


@dataclass(frozen=True)
class Memory:
    """What one day passes on to the next.

    `levels` has the computed level of each rating, `shown` the levels shown instead, by override. `due` has the day on
    which each care rule was last due. `held_back` has, for each care rule whose conditions hold, the gates that held it
    back since they became true, each with the first day. `contacts` has the days that count towards caps, by channel.
    """

    levels: dict[str, LevelState] = field(default_factory=dict)
    due: dict[str, Day] = field(default_factory=dict)
    shown: dict[str, LevelState] = field(default_factory=dict)
    held_back: dict[str, Reasons] = field(default_factory=dict)
    contacts: dict[str, tuple[Day, ...]] = field(default_factory=dict)

    def shows(self, rating: str) -> LevelState | None:
        """The shown level of a rating, or None before the first day."""
        return self.shown.get(rating) or self.levels.get(rating)

    @property
    def beside_levels(self) -> tuple[Any, ...]:
        """All that is remembered beside the computed levels."""
        return self.due, self.shown, self.held_back, self.contacts

    def all_shown(self) -> dict[str, LevelState]:
        """The shown level of each rating."""
        return self.levels | self.shown


class Contact(NamedTuple):
    """A contact that was requested, or would have been without the holdout: its channel, care rule and day."""

    channel: str
    care: str
    day: Day


@dataclass(frozen=True)
class Ledger:
    """What was announced and requested so far. It may depend on the order of arrival; no rating reads it.

    `said` has the announced level of each rating, `honoured` the day until which an announced level is honoured.
    `asked` has the last day on which each care rule was acted on. `unanswered` has the open actions (also accepted
    ones) as `rule#day`, with their last day. `refrained` has the last day on which a held-back action was recorded, by
    `rule#gate`. `contacts` has those that may still count towards a cap, in order of days. `waiting` has the care rules
    that could not be acted on yet, with the first day on which they can be.
    """

    said: dict[str, str] = field(default_factory=dict)
    honoured: dict[str, Day] = field(default_factory=dict)
    asked: dict[str, Day] = field(default_factory=dict)
    unanswered: dict[str, Day] = field(default_factory=dict)
    refrained: dict[str, Day] = field(default_factory=dict)
    contacts: tuple[Contact, ...] = ()
    waiting: dict[str, Day] = field(default_factory=dict)


@dataclass(frozen=True)
class State:
    """One customer, decided up to and including `day`.

    `opened` and `closed` are the memories at the beginning and the end of that day. A further event of the same day
    decides it again from `opened`. `version` counts commits.
    """

    customer: str
    version: int
    day: Day
    features_hash: str
    buckets: StoredBuckets
    opened: Memory
    closed: Memory
    ledger: Ledger = field(default_factory=Ledger)

    @property
    def is_empty(self) -> bool:
        """Whether no event counts any more, because all were retracted. Announcements stay."""
        return not self.features_hash


@dataclass(frozen=True)
class Checkpoint:
    """A customer at the end of `day`, the last of a month: where a late event's fold may begin."""

    day: Day
    features_hash: str
    buckets: StoredBuckets
    memory: Memory
