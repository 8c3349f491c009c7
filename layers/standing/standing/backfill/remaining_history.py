"""A customer's remaining history without the events of a backfill's run. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from standing.aws.table import EventRecord
from standing.engine.start import StoredHistory
from standing.engine.state import Checkpoint
from standing.events import Purchase, Refund
from standing.values.days import Day

DAY = pl.col("day")


@dataclass(frozen=True)
class RemainingHistory:
    """The events that still count, and the checkpoints. If the oldest events are gone, `first` is the run's first day.

    The fold then begins at the last checkpoint before it, which is without the run's events. `run` is another run that
    brought some of the events, if none of them was sent.
    """

    past: StoredHistory
    first: Day | None = None
    run: str = ""

    @property
    def since(self) -> Day:
        """The first day on which the customer changes."""
        return self.first or 0

    def stale(self, anew: Collection[Checkpoint]) -> list[Checkpoint]:
        """The outdated checkpoints for whose days there is no new one."""
        made = {one.day for one in anew}
        return [one for one in self.past.checkpoints if one.day not in made and one.day >= self.since]

    def refunds_of(self, bought: Collection[str]) -> list[str]:
        """The ids of refunds that name a retracted purchase, if no other purchase has its id."""
        still = {one.detail.id for one in self.past.events if isinstance(one.detail, Purchase)}
        refunds = ((one.detail.id, one.detail.purchase) for one in self.past.events if isinstance(one.detail, Refund))
        return sorted(name for name, purchase in refunds if purchase in bought and purchase not in still)


def remaining_history(
    run: str,
    history: Sequence[EventRecord],
    checkpoints: Sequence[Checkpoint],
    brought: pl.DataFrame,
    everything: pl.DataFrame,
) -> RemainingHistory | None:
    """The remaining history without a run, or None if the table no longer has the events needed to fold it.

    `brought` has the lake's records of the run, `everything` all records that count if the table's may have expired.
    """
    others = [one for one in history if one.counts and one.brought.run != run]
    past, runs = StoredHistory([one.event for one in others], checkpoints), {one.brought.run for one in others}
    only = "" if "" in runs else max(runs, default="")
    gone = _gone(run, history, everything)
    if gone is None:
        return RemainingHistory(past, None, only)
    ours = [one.event.day for one in history if one.brought.run == run]
    first = min([*ours, *brought["day"]])
    base = max((one.day for one in checkpoints if one.day < first), default=None)
    return RemainingHistory(past, first, only) if base is not None and gone <= base and past.events else None


def _gone(run: str, history: Iterable[EventRecord], everything: pl.DataFrame) -> Day | None:
    """The last day of an event of another origin that the table no longer has, or None if it has all of them."""
    there = {one.event.key for one in history}
    others = everything.filter(pl.col("run").ne_missing(run)).select("source", "id", "day").iter_rows()
    return max((day for source, name, day in others if (source, name) not in there), default=None)
