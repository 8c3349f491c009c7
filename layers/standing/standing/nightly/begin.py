"""Where each customer's days begin: at its last state if that is new, else at the end of the night before.

New states are compared with the records first; what else of a customer follows from its records alone is computed with
them, and carried from night to night.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from standing.lake.parquet import collect
from standing.lake.reader import OpenBucket
from standing.nightly.before import NightBefore
from standing.nightly.changed import VERSION, ChangedCustomers
from standing.nightly.scores import Scoring
from standing.rescoring.bucket import carried
from standing.rescoring.features import columns_needed, features_on
from standing.rescoring.memories import states_of
from standing.rescoring.reconciliation import TOLD, Reconciliation, reconcile
from standing.rules.timeline import Timeline
from standing.scores.rfm import TOTALS
from standing.values.days import Day

DAY = pl.col("day")
FOR_SCORES = {"family", "day", "amount", "purchase"}


class Beginnings(NamedTuple):
    """`customers` has the version, day, memory and ledger of everybody who is complete.

    `facts` has the features at the end of the night's day of those whose state is of that day or later. `bought` has
    the totals of customers with purchases (`rfm.totals`), if there is a model of scores. The rest is of new states.
    """

    customers: pl.DataFrame
    facts: pl.DataFrame
    bought: pl.DataFrame
    reconciled: int
    differences: pl.DataFrame


class _Begun(NamedTuple):
    """The same of some changed customers."""

    customers: pl.DataFrame
    facts: pl.DataFrame
    bought: pl.DataFrame
    compared: Reconciliation


@dataclass(frozen=True)
class Begin:
    """Where the days of a bucket's customers begin, for a night to the end of the day `until`."""

    rules: Timeline
    opened: OpenBucket
    before: NightBefore
    until: Day
    scoring: Scoring | None = None

    def all(self, changed: ChangedCustomers) -> Beginnings:
        """Everybody's. Raises CorruptFile."""
        begun = [self._begun(states) for states in changed.states(self.opened)]
        customers, facts, bought, compared = zip(*begun, strict=True) if begun else ((), (), (), ())
        rest = self._others(changed)
        return Beginnings(
            _together([*customers, carried(rest)]),
            _together(facts),
            _together([self._nothing_bought(), *bought, *self._bought(rest)]),
            sum(one.customers for one in compared),
            pl.concat([_no_differences(), *(one.differences for one in compared)]),
        )

    def _begun(self, states: pl.DataFrame) -> _Begun:
        own = self._records_of(states)
        known = own.filter(self.until >= DAY).lazy()
        there = states.filter(self.until <= DAY).lazy().select("customer")
        facts = features_on(self.rules.on(self.until), known.join(there, on="customer", how="semi"), self.until)
        bought = self.scoring.totals(known, self.rules.on(self.until), self.until) if self.scoring else pl.DataFrame()
        compared = reconcile(self.rules, own, self._not_seen(states))
        return _Begun(states_of(states), facts.collect(), bought, compared)

    def _records_of(self, states: pl.DataFrame) -> pl.DataFrame:
        """The records that count of some customers, as far as anything needs them."""
        names = {name for entry in self.rules.entries for name in columns_needed(entry.ruleset)}
        own = self.opened.scan("records").filter(~pl.col("late")).select(sorted(names | FOR_SCORES | {"version"}))
        return collect(own.join(states.lazy().select("customer"), on="customer", how="semi"))

    def _not_seen(self, states: pl.DataFrame) -> pl.DataFrame:
        """The states that no night compared yet."""
        before = self.before.rows
        return states if before is None else states.join(before.select(VERSION), on=VERSION, how="anti")

    def _others(self, changed: ChangedCustomers) -> pl.DataFrame:
        """The standing that the night before left of customers who are as they were."""
        nobody = pl.DataFrame(schema={"customer": pl.String, "version": pl.Int64, "day": pl.Int32})
        return nobody if self.before.rows is None else self.before.rows.join(changed.all, on="customer", how="anti")

    def _nothing_bought(self) -> pl.DataFrame:
        totals = dict.fromkeys(TOTALS, pl.Int64) if self.scoring else {}
        return pl.DataFrame(schema={"customer": pl.String, **totals})

    def _bought(self, others: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """The totals of those who are as they were, as the night before left them, or else computed again.

        They are computed again of customers with records that were of a day to come for the night before.
        """
        if self.scoring is None:
            return
        noted, again = self.before.noted, others.select("customer")
        if noted is not None and noted.spend == self.scoring.model.spend and {*TOTALS} <= {*others.columns}:
            yield others.filter((noted.day >= DAY) & pl.col("repeats").is_not_null()).select("customer", *TOTALS)
            again = others.filter(noted.day < DAY).select("customer")
        if again.height:
            records = self.opened.scan("records").filter(~pl.col("late")).join(again.lazy(), on="customer", how="semi")
            yield self.scoring.totals(records, self.rules.on(self.until), self.until)


def _together(parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat([pl.DataFrame(schema={"customer": pl.String}), *parts], how="diagonal")


def _no_differences() -> pl.DataFrame:
    return pl.DataFrame(schema=dict.fromkeys(TOLD, pl.String) | {"day": pl.Int32})
