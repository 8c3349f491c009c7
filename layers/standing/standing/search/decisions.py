"""The ledger's decisions in the lake, also those not compacted yet: level moves and care actions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import batched

import polars as pl

from standing.aws.lake_bucket import Lake
from standing.lake.layout import INCOMING, STAGED
from standing.lake.parquet import collect, corrupt_at, scan
from standing.lake.rows import deduplicate, frame
from standing.lake.tombstones import tombstones
from standing.rules.timeline import Timeline
from standing.values.days import Day

AT_ONCE = 32  # files in memory at the same time
PLACES = ("decisions/", f"{STAGED}/decisions/", f"{INCOMING}/decisions/")
ASKED, CLOSED = "requested", ("accepted", "done", "declined", "failed", "expired")
OPEN = "open"
MOVED = {"customer": pl.String, "day": pl.Int32, "rating": pl.String, "before": pl.String, "level": pl.String}
MOVED_BY = {"decided_at": pl.Int64, "rules": pl.String, "id": pl.String}


def decisions(lake: Lake, which: pl.Expr) -> pl.DataFrame:
    """The decisions in the lake that meet a condition, each once. Raises CorruptFile, which names the file.

    Forgotten customers, who stay in files until the next compaction, are left out.
    """
    keys = [key for place in PLACES for key in lake.keys(place)]
    parts = [collect(pl.concat(list(_scanned(lake, some))).filter(which)) for some in batched(keys, AT_ONCE)]
    return tombstones(lake).kept(deduplicate("decisions", pl.concat([frame("decisions"), *parts])))


def _scanned(lake: Lake, keys: Iterable[str]) -> Iterator[pl.LazyFrame]:
    yield frame("decisions").lazy()
    for key, stored in lake.get_all(keys):
        with corrupt_at(key):
            yield scan("decisions", stored.body)


def is_move(rating: str, before: str | None, level: str | None, since: Day, until: Day | None = None) -> pl.Expr:
    """Whether a decision announced a move of a rating from `before` to `level` (None: any), from `since` to `until`."""
    changed = (pl.col("status") == "changed") & pl.col("before").is_not_null() & (pl.col("rating") == rating)
    move = changed & (pl.col("day") >= since)
    for name, value in (("before", before), ("level", level)):
        move = move & (pl.col(name) == value) if value else move
    return move & (pl.col("day") <= until) if until is not None else move


def moves(found: pl.DataFrame) -> pl.DataFrame:
    """Level moves, latest first: customer, day, levels, decision and rules."""
    return found.select(*MOVED, *MOVED_BY).sort("day", "customer", "decided_at", descending=[True, False, True])


IS_CARE = pl.col("care").is_not_null() & pl.col("status").is_in([ASKED, *CLOSED])


def care(decided: pl.DataFrame, rules: Timeline, today: Day) -> pl.DataFrame:
    """Each requested care action: `customer`, `care`, `due`, `asked_at`, `status` and `changed_at`.

    Also its rule's `action`, `owner`, `channel`, `priority` and `until`, the last day on which it can be done.

    `status` is how it ended, or `open`. An action not answered by its last day is `expired`, even if no night has
    recorded that yet.
    """
    key = ["customer", "care", "day"]
    asked = decided.filter(pl.col("status") == ASKED)
    last = decided.filter(pl.col("status") != ASKED).sort("decided_at", "version")
    ended = last.group_by(key, maintain_order=True).agg(
        ended=pl.col("status").last(), ended_at=pl.col("decided_at").last()
    )
    whole = asked.join(ended, on=key, how="left").join(_defined(rules), on=["rules", "care"], how="left")
    until = pl.col("day") + pl.col("within")
    unanswered = pl.when(until < today).then(pl.lit("expired")).otherwise(pl.lit(OPEN))
    return whole.select(
        "customer",
        "care",
        "action",
        "owner",
        "channel",
        "priority",
        due="day",
        until=until.cast(pl.Int32),
        asked_at="decided_at",
        status=pl.coalesce("ended", unanswered),
        changed_at=pl.coalesce("ended_at", "decided_at"),
    ).sort("until", "customer", "care", nulls_last=True)


def _defined(rules: Timeline) -> pl.DataFrame:
    """The care rules of each version of the rules: one row for each version and care rule."""
    rows = {
        (entry.ruleset.version, name): (one.do.action, one.do.owner, one.do.priority, one.do.within)
        for entry in rules.entries
        for name, one in entry.ruleset.care.items()
    }
    names = ("rules", "care", "action", "owner", "priority")
    schema = {**dict.fromkeys(names, pl.String), "within": pl.Int32}
    return pl.DataFrame([(*key, *what) for key, what in rows.items()], schema=schema, orient="row")
