"""One bucket's night: compacted, reconciled, rescored, and what there is to say written into the table.

Every step can be repeated and may end at any call: what was written is not written again, and the standing of the night
is kept after that. Knows nothing of other buckets.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import polars as pl

from standing.adapters.lake import Lake
from standing.adapters.rules_bucket import Overtaken
from standing.batch.lake.compacting import compact
from standing.batch.lake.files import written
from standing.batch.lake.gaps import holes
from standing.batch.lake.layout import standing_key
from standing.batch.lake.memories import latest, states_of
from standing.batch.lake.reading import read_bucket
from standing.batch.lake.standings import Kept, kept
from standing.batch.rescoring.bucket import Rescored, rescore
from standing.batch.rescoring.reconciling import Reconciled, reconcile
from standing.core.days import Day
from standing.core.timeline import Timeline
from standing.night.figures import counted
from standing.night.oddities import oddities
from standing.night.passing import Passing, TablePort
from standing.night.scoring import Scoring

NAMED = 20  # customers, and differences, that a report names


def rescore_bucket(
    lake: Lake,
    table: TablePort,
    rules: Timeline,
    number: int,
    until: Day,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    scoring: Scoring | None = None,
) -> dict[str, Any]:
    """A bucket's night, to the end of the day `until`: what became of it, in counts, and what is wrong, by name.

    Customers of whom the lake misses something are left to the core, which reads the table. Raises Damaged where what
    is known of the bucket cannot be read.
    """
    compacted = compact(lake, number)
    bucket, before = read_bucket(lake, number), kept(lake, standing_key(number))
    states, records = latest(bucket.states), bucket.records.filter(~pl.col("late"))
    incomplete = holes(bucket)["customer"].to_list()
    whole = states.filter(~pl.col("customer").is_in(incomplete))
    reconciled = reconcile(rules, records, _moved_since(whole, before))
    found = rescore(rules, records, states_of(whole), before.rows, until)
    passing = Passing(rules, table, until, clock)
    passing.all([*found.stirred, *incomplete])
    with suppress(Overtaken):  # another run of the same night was faster, and found the same
        lake.replace(standing_key(number), written(found.standing), before.etag)
    scores = scoring.bucket(records, until) if scoring else None
    said = scoring.say(scores, records, rules.on(until), until) if scoring and scores is not None else 0
    figures, unread = counted(lake, number, bucket, found.standing, scores, rules.on(until), until)
    anew = {standing_key(number): f"{before.wrong}: worked out anew"} if before.wrong else {}
    return _told(number, states.height, found, reconciled, passing) | {
        "scores": said,
        "incomplete": incomplete[:NAMED],
        "wrong": compacted.wrong | anew | unread,
        "odd": oddities(records, until),
        "figures": figures,
    }


def _moved_since(states: pl.DataFrame, before: Kept) -> pl.DataFrame:
    """The states that no night has reconciled yet."""
    if before.rows is None:
        return states
    return states.join(before.rows.select("customer", "version"), on=["customer", "version"], how="anti")


def _told(number: int, customers: int, found: Rescored, reconciled: Reconciled, passing: Passing) -> dict[str, Any]:
    differences = reconciled.differences
    return {
        "bucket": number,
        "customers": customers,
        "stirred": len(found.stirred),
        **{name: passing.counts[name] for name in ("moved", "gone", "busy", "commits", "decisions", "conflicts")},
        "reconciled": reconciled.customers,
        "differences": differences.height,
        "different": differences.head(NAMED).to_dicts(),
    }
