"""The records of runs of `standing backfill` in the lake, and which runs were retracted.

Does not know tables or Parquet, since the night's report reads it, too.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import Literal

import orjson

from standing.aws.lake_bucket import ABSENT, Lake
from standing.aws.rules_bucket import PreconditionFailed
from standing.lake.layout import BACKFILLS, retracted_prefix, run_key

type Step = Literal["begun", "done", "retracting", "retracted"]

KEY = re.compile(rf"{BACKFILLS}/[^/]+\.json")


@dataclass(frozen=True)
class Run:
    """A run: the names of its files, mapping and working folder, and when it began and ended (ISO 8601).

    `counts` are the counts that `standing backfill` printed at its end.
    """

    run: str
    files: list[str]
    mapping: str | None
    folder: str
    began: str
    ended: str | None = None
    state: Step = "begun"
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def is_unfinished(self) -> bool:
        """Whether it must be resumed or its retraction finished."""
        return self.state in {"begun", "retracting"}


def run_of(lake: Lake, run: str) -> Run | None:
    """A run by its id, or None."""
    stored = lake.get(run_key(run))
    return None if stored is ABSENT else Run(**orjson.loads(stored.body))


def runs(lake: Lake) -> list[Run]:
    """All runs, newest first."""
    keys = [key for key in lake.keys(f"{BACKFILLS}/") if KEY.fullmatch(key)]
    records = (Run(**orjson.loads(stored.body)) for _, stored in lake.get_all(keys))
    return sorted(records, key=lambda one: (one.began, one.run), reverse=True)


def begin(lake: Lake, run: Run) -> Run:
    """Record that a run began, before any customer is settled. Returns the stored run if there is one already."""
    try:
        lake.replace(run_key(run.run), _text(run), "")
    except PreconditionFailed:
        return run_of(lake, run.run) or run
    return run


def keep(lake: Lake, run: Run) -> None:
    """Store a run's record."""
    lake.put(run_key(run.run), _text(run))


def _text(run: Run) -> bytes:
    return orjson.dumps(asdict(run), option=orjson.OPT_INDENT_2)


def unfinished(lake: Lake, day: str) -> list[Run]:
    """The runs that need somebody: those that began before a day such as `2026-11-26` and did not end.

    And those that are taken back, but not to the end.
    """
    return [one for one in runs(lake) if one.is_unfinished and (one.state == "retracting" or one.began[:10] < day)]


def runs_taken_back(lake: Lake, number: int) -> frozenset[str]:
    """The retracted runs of a bucket. Compaction drops their rows, even rows that arrive later."""
    prefix = retracted_prefix(number)
    return frozenset(key.removeprefix(prefix).removesuffix(".json") for key in lake.keys(prefix))
