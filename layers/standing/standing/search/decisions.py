"""The ledger's decisions, those included that no compaction has seen: who moved, and what is asked for whom."""

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

AT_ONCE = 32  # files that are in memory together
PLACES = ("decisions/", f"{STAGED}/decisions/", f"{INCOMING}/decisions/")
ASKED, CLOSED = "requested", ("accepted", "done", "declined", "failed", "expired")
OPEN = "open"
MOVED = {"customer": pl.String, "day": pl.Int32, "rating": pl.String, "before": pl.String, "level": pl.String}
MOVED_BY = {"decided_at": pl.Int64, "rules": pl.String, "id": pl.String}


def decisions(lake: Lake, which: pl.Expr) -> pl.DataFrame:
    """The decisions of the lake of which something holds, each once. Raises CorruptFile, which names the file.

    Whoever was forgotten and stays there until the next compaction is left out.
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
    """Whether a decision announced a level after another, of some ratings and levels (none: any), in some days."""
    changed = (pl.col("status") == "changed") & pl.col("before").is_not_null() & (pl.col("rating") == rating)
    found = changed & (pl.col("day") >= since)
    for name, wanted in (("before", before), ("level", level)):
        found = found & (pl.col(name) == wanted) if wanted else found
    return found & (pl.col("day") <= until) if until is not None else found


def moves(found: pl.DataFrame) -> pl.DataFrame:
    """Moves, the last first: who, when, from which level to which, by which decision and rules."""
    return found.select(*MOVED, *MOVED_BY).sort("day", "customer", "decided_at", descending=[True, False, True])


IS_CARE = pl.col("care").is_not_null() & pl.col("status").is_in([ASKED, *CLOSED])


def care(found: pl.DataFrame, rules: Timeline, today: Day) -> pl.DataFrame:
    """Each care action that was requested: `customer`, `care`, `due`, `asked_at`, `status` and `changed_at`.

    And of its rule `action`, `owner`, `channel`, `priority` and `until`, the last day on which it makes sense.

    `status`: how it ended, or `open`. What nobody answered by its last day is `expired`, though no night has said so.
    """
    key = ["customer", "care", "day"]
    asked = found.filter(pl.col("status") == ASKED)
    last = found.filter(pl.col("status") != ASKED).sort("decided_at", "version")
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
    """What each version of the rules asks for: a row a version and care rule."""
    rows = {
        (entry.ruleset.version, name): (one.do.action, one.do.owner, one.do.priority, one.do.within)
        for entry in rules.entries
        for name, one in entry.ruleset.care.items()
    }
    names = ("rules", "care", "action", "owner", "priority")
    schema = {**dict.fromkeys(names, pl.String), "within": pl.Int32}
    return pl.DataFrame([(*key, *what) for key, what in rows.items()], schema=schema, orient="row")
