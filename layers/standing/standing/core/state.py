"""A customer's state: what the fold needs to go on, and what the ledger has said so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from standing.core.days import Day
from standing.core.measures import Buckets


class Held(NamedTuple):
    """The level a customer has in one rating, since which day, and when its grace period ends (none: not in one)."""

    level: str
    since: Day
    grace_until: Day | None = None


@dataclass(frozen=True)
class Memory:
    """What one day passes on to the next: the level of each rating, and when each care rule was last due."""

    levels: dict[str, Held] = field(default_factory=dict)
    due: dict[str, Day] = field(default_factory=dict)


@dataclass(frozen=True)
class State:
    """One customer, decided up to and including `day`.

    `opened` and `closed` are what that day began and ended with: a further event of the same day decides it again from
    `opened`. `said` (levels announced), `honoured` (until when an announced level is honoured) and `asked` (days on
    which care was acted on) belong to the ledger; no rating reads them. `version` counts commits.
    """

    customer: str
    version: int
    day: Day
    features_hash: str
    buckets: Buckets
    opened: Memory
    closed: Memory
    said: dict[str, str]
    asked: dict[str, Day]
    honoured: dict[str, Day] = field(default_factory=dict)
