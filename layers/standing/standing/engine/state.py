"""A customer's state: what the fold needs to go on, and what the ledger has said so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from standing.engine.measures import StoredBuckets
from standing.values.days import Day

type Reasons = dict[str, Day]


class LevelState(NamedTuple):
    """The level a customer has in one rating, since which day, and when its grace period ends (none: not in one)."""

    level: str
    since: Day
    grace_until: Day | None = None


@dataclass(frozen=True)
class Memory:
    """What one day passes on to the next.

    `levels`: what was computed of each rating. `shown`: what is shown instead, because somebody set it by hand. `due`:
    when each care rule was last due. `held_back`: for each care rule whose conditions hold, for which reasons it was
    held back since they began to, and when first. `contacts`: by channel, the days that count towards a contact cap.
    """

    levels: dict[str, LevelState] = field(default_factory=dict)
    due: dict[str, Day] = field(default_factory=dict)
    shown: dict[str, LevelState] = field(default_factory=dict)
    held_back: dict[str, Reasons] = field(default_factory=dict)
    contacts: dict[str, tuple[Day, ...]] = field(default_factory=dict)

    def shows(self, rating: str) -> LevelState | None:
        """What everybody sees of a rating; none before the first day."""
        return self.shown.get(rating) or self.levels.get(rating)

    def all_shown(self) -> dict[str, LevelState]:
        """What everybody sees of each rating."""
        return self.levels | self.shown


class Contact(NamedTuple):
    """A contact that was asked for, or would have been but for the holdout: its channel, the care rule, and its day."""

    channel: str
    care: str
    day: Day


@dataclass(frozen=True)
class Ledger:
    """What was said and done so far. It may depend on arrival; no rating reads it.

    `said`: the level of each rating that was announced. `honoured`: until when an announced level is honoured. `asked`:
    the last day on which each care rule was acted on. `unanswered`: the actions that are open, what was accepted
    among them, as `rule#day`, with the last day on which they make sense. `refrained`: the last day on which a
    held-back action was recorded, by `rule#reason`. `contacts`: those that may still count towards a cap, in the order
    of their days. `waiting`: the care rules that could not be acted on yet, each with the first day on which it may be.
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

    `opened` and `closed` are what that day began and ended with: a further event of the same day decides it again from
    `opened`. `version` counts commits.
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
        """Whether no event counts any more: every one of them was taken back, and what was said stays said."""
        return not self.features_hash


@dataclass(frozen=True)
class Checkpoint:
    """A customer at the end of `day`, the last of a month: where a late event's fold may begin."""

    day: Day
    features_hash: str
    buckets: StoredBuckets
    memory: Memory
