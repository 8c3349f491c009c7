"""What a night's report says, and each bucket's part of it; and how they are stored: JSON, the fields in this order.

A field that may be none is left out of the JSON where it is none.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import orjson

from standing.values.faults import Fault

COUNTS = (
    *("customers", "stirred", "moved", "gone", "busy", "commits", "decisions", "conflicts"),
    *("reconciled", "differences", "proved", "scores", "incomplete_customers"),
)

type Counts = dict[str, int]
type Levels = dict[str, Counts]  # by rating and level: customers
type Moves = dict[str, dict[str, Counts]]  # by rating, level before and level: customers
type Sums = dict[str, dict[str, Counts]]  # by two names, and what is summed
type Quality = dict[str, dict[str, Counts]]  # by source and day: events, late, duplicates, rejected
type Spread = dict[str, dict[str, Counts]]  # `ratings` and `features`, by name and level or bin: customers
type Amount = int | float


@dataclass(frozen=True)
class Figures:
    """What is counted (docs/report.md); of months by their names, such as `2026-10`."""

    levels: Levels = field(default_factory=dict)
    moves: dict[str, Moves] = field(default_factory=dict)
    changes: dict[str, Counts] = field(default_factory=dict)
    after: dict[str, Sums] = field(default_factory=dict)
    drift: dict[str, Spread] = field(default_factory=dict)
    rfm: Sums = field(default_factory=dict)
    segments: Counts = field(default_factory=dict)
    churn: Counts = field(default_factory=dict)
    care: dict[str, dict[str, Counts]] = field(default_factory=dict)
    quality: Quality = field(default_factory=dict)
    refunds: dict[str, Counts] = field(default_factory=dict)


@dataclass(frozen=True)
class Group:
    """Some customers: how many, and the first by id."""

    customers: int
    first: list[str]


type Groups = dict[str, Group]  # by `moved/RATING/BEFORE/LEVEL` and `expired/CARE`


@dataclass(frozen=True)
class Difference:
    """A feature of a customer that the state has otherwise than the lake; none where one of them has it not."""

    customer: str
    day: int
    feature: str
    state: str | None
    lake: str | None


@dataclass(frozen=True)
class Oddity:
    """Something odd in the records of a customer or of a source.

    In a report also the first bucket that has it, and in how many others it is.
    """

    what: Fault
    customer: str | None = None
    source: str | None = None
    bucket: int | None = None
    others: int | None = None

    @property
    def name(self) -> str:
        """By which it is told from others."""
        return f"{self.what.code}/{self.customer or self.source}"


@dataclass(frozen=True)
class Used:
    """What a night used of Lambda and of the table."""

    gb_seconds: Amount = 0
    write_units: Amount = 0
    read_units: Amount = 0


@dataclass(frozen=True)
class Seconds:
    """How long the buckets took."""

    slowest_bucket: Amount
    all_buckets: Amount


@dataclass(frozen=True)
class ScoreModel:
    """The model of the scores: its hash and its last day, if there is one; why none was learnt, where one was due."""

    hash: str | None = None
    as_of: str | None = None
    why: Fault | None = None


@dataclass(frozen=True)
class UnfinishedRun:
    """A run of `standing backfill` that needs somebody: its id, its state, and when it began (ISO 8601)."""

    run: str
    state: str
    began: str


@dataclass(frozen=True)
class BucketReport:
    """A bucket's part: its counts, its faults by name, when it ran, and what it used.

    `groups`: by the lake. `moved_now`: by what the run decided itself.
    """

    bucket: int
    customers: int = 0
    incomplete_customers: int = 0
    stirred: int = 0
    reconciled: int = 0
    differences: int = 0
    proved: int = 0
    scores: int = 0
    moved: int = 0
    gone: int = 0
    busy: int = 0
    commits: int = 0
    decisions: int = 0
    conflicts: int = 0
    different: list[Difference] = field(default_factory=list)
    incomplete: list[str] = field(default_factory=list)
    figures: Figures = field(default_factory=Figures)
    groups: Groups = field(default_factory=dict)
    moved_now: Groups = field(default_factory=dict)
    wrong: dict[str, Fault] = field(default_factory=dict)
    odd: dict[str, Oddity] = field(default_factory=dict)
    day: str = ""
    rules: str = ""
    started: str = ""
    ended: str = ""
    seconds: Amount = 0
    used: Used = field(default_factory=Used)


@dataclass(frozen=True)
class Report:
    """A night: counts of all buckets, those that failed, what is named, and figures.

    `groups`: none where nobody was named yet. From `rules` to `used`: none where no bucket was done. `trend`: levels by
    day, of this night and those before.
    """

    day: str
    customers: int
    stirred: int = 0
    moved: int = 0
    gone: int = 0
    busy: int = 0
    commits: int = 0
    decisions: int = 0
    conflicts: int = 0
    reconciled: int = 0
    differences: int = 0
    proved: int = 0
    scores: int = 0
    incomplete_customers: int = 0
    buckets: int = 0
    failed_buckets: list[int] = field(default_factory=list)
    different: list[Difference] = field(default_factory=list)
    incomplete: list[str] = field(default_factory=list)
    wrong: dict[str, Fault] = field(default_factory=dict)
    odd: dict[str, Oddity] = field(default_factory=dict)
    figures: Figures = field(default_factory=Figures)
    groups: Groups | None = None
    rules: str | None = None
    started: str | None = None
    ended: str | None = None
    seconds: Seconds | None = None
    used: Used | None = None
    model: ScoreModel = field(default_factory=ScoreModel)
    backfills: list[UnfinishedRun] = field(default_factory=list)
    trend: dict[str, Levels] | None = None


type Told = BucketReport | Report


def counts_of(report: Told) -> Counts:
    """What is counted, by name."""
    return {name: getattr(report, name) for name in COUNTS}


def bucket_json(part: BucketReport) -> bytes:
    """A bucket's report as it is stored."""
    return orjson.dumps(part, default=_content, option=orjson.OPT_PASSTHROUGH_DATACLASS)


def report_json(report: Report) -> bytes:
    """A night's report as it is stored."""
    option = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_INDENT_2
    return orjson.dumps(_with_own_figures(report), default=_content, option=option)


def faults_json(wrong: dict[str, Fault]) -> bytes:
    """What is wrong, by name, as it is stored."""
    return orjson.dumps(wrong, default=_content, option=orjson.OPT_PASSTHROUGH_DATACLASS)


def _with_own_figures(report: Report) -> dict[str, Any]:
    """Where no bucket was done, figures are left out of which nothing is known."""
    own = {name: found for name, found in vars(report.figures).items() if found or report.buckets}
    return _content(report) | {"figures": own}


def _content(part: Any) -> dict[str, Any]:  # noqa: ANN401 -- a dataclass of this module
    optional = (one.name for one in fields(part) if one.default is None)
    missing = {name for name in optional if getattr(part, name) is None}
    return {name: value for name, value in vars(part).items() if name not in missing}
