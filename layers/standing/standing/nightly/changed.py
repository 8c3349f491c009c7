"""The customers that a night must look at: those with a new version, and those of whom the lake lacks something.

All others continue from the night before. If files only grew since then, only the files that changed are read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

import polars as pl

from standing.lake.gaps import counted_records, gaps_in
from standing.lake.layout import Kind
from standing.lake.parquet import collect
from standing.lake.reader import OpenBucket
from standing.nightly.before import Files, NightBefore, changed, only_grown
from standing.rescoring.bucket import INCOMPLETE, STIRRED
from standing.values.days import Day

PROVED_EVERY = 7  # days
AT_ONCE = 10_000  # customers whose states are unpacked together
VERSION = ["customer", "version"]
OF_STATES = (*VERSION, "origin", "events")
OF_RECORDS = (*VERSION, "late")
NOBODY = pl.DataFrame(schema={"customer": pl.String, "version": pl.Int64})


class ChangedCustomers(NamedTuple):
    """The customers to look at, each with the version of its last state.

    `incomplete` has those of whom the lake lacks something, also of customers that have no state any more, with the
    version that the night before knew. `files` has the keys of the files that most of the states are in. `is_proof`
    says that all versions of everybody were looked at; `missed` has those whom the shorter way had not found: nobody.
    """

    versions: pl.DataFrame
    incomplete: pl.DataFrame
    files: Collection[str]
    is_proof: bool = False
    missed: pl.DataFrame = NOBODY

    @property
    def all(self) -> pl.DataFrame:
        """The ids of all these customers."""
        return pl.concat([self.versions.select("customer"), self.incomplete.select("customer")]).unique()

    def states(self, opened: OpenBucket) -> Iterator[pl.DataFrame]:
        """The last states of those who are complete and have events, some at a time. Raises CorruptFile."""
        whole = self.versions.join(self.incomplete, on="customer", how="anti").sort("customer")
        others = [key for key in opened.etags["states"] if key not in self.files]
        for some in whole.iter_slices(AT_ONCE):
            found = _states(opened, self.files, some)
            rest = some.join(found, on=VERSION, how="anti")
            older = _states(opened, others, rest) if rest.height else found.clear()
            yield pl.concat([found, older]).unique(VERSION).filter(pl.col("features_hash") != "").sort("customer")


def changed_customers(
    opened: OpenBucket, before: NightBefore, files: Files, until: Day, proved_every: int = PROVED_EVERY
) -> ChangedCustomers:
    """The customers that changed since the night before; all, if nothing is known of that. Raises CorruptFile.

    Every `proved_every` days they are found in both ways, which proves that nobody is missed.
    """
    if before.rows is None or before.noted is None or not only_grown(before.noted.files, files):
        return _of_all_files(opened, before.rows)
    found = _of_new_rows(opened, before.rows, changed(before.noted.files, files))
    if until - before.noted.proved < proved_every:
        return found
    everybody = _of_all_files(opened, before.rows)
    there = pl.concat([everybody.versions, everybody.incomplete]).unique("customer")
    return everybody._replace(missed=there.join(found.all, on="customer", how="anti").sort("customer"))


def _of_all_files(opened: OpenBucket, before: pl.DataFrame | None) -> ChangedCustomers:
    """By all versions that there are, whatever the night before found."""
    states = collect(opened.scan("states").select(OF_STATES))
    versions, missing = _last(states), gaps_in(counted_records(opened.scan("records")), states).select(VERSION)
    if before is None:
        return ChangedCustomers(versions, missing, opened.etags["states"].keys(), is_proof=True)
    gone = before.select(VERSION).join(versions, on="customer", how="anti")
    calm = before.filter(~pl.col(STIRRED)).join(missing, on="customer", how="anti")
    unseen = versions.join(calm, on=VERSION, how="anti")
    return ChangedCustomers(unseen, _together(missing, gone), opened.etags["states"].keys(), is_proof=True)


def _of_new_rows(opened: OpenBucket, before: pl.DataFrame, keys: Collection[str]) -> ChangedCustomers:
    """By the rows that are newer than what the night before knew, up to which every complete customer is complete."""
    known = before.select(*VERSION, INCOMPLETE, STIRRED)
    states = _newer(opened, "states", keys, OF_STATES, known)
    counted = counted_records(_newer(opened, "records", keys, OF_RECORDS, known).lazy())
    there = known.filter(~pl.col(INCOMPLETE)).join(
        pl.concat([states.select("customer"), counted.select("customer")]), on="customer", how="semi"
    )
    vouched = there.select(*VERSION, pl.lit("table").alias("origin"), pl.lit(0, dtype=pl.Int64).alias("events"))
    lacking = gaps_in(counted, pl.concat([states, vouched])).select(VERSION)
    stirred = known.filter(pl.col(STIRRED) & ~pl.col(INCOMPLETE)).select(VERSION)
    versions = _together(_last(states), stirred)
    again = known.filter(pl.col(INCOMPLETE)).select(VERSION)
    if again.is_empty():
        return ChangedCustomers(versions, lacking, keys)
    checked = _checked_again(opened, again)
    others = versions.join(again, on="customer", how="anti")
    lacking = _together(lacking.join(again, on="customer", how="anti"), checked.incomplete)
    return ChangedCustomers(pl.concat([checked.versions, others]), lacking, keys)


def _checked_again(opened: OpenBucket, customers: pl.DataFrame) -> ChangedCustomers:
    """Customers that were incomplete, by all that there is of them."""
    own = customers.lazy().select("customer")
    states = collect(opened.scan("states").select(OF_STATES).join(own, on="customer", how="semi"))
    counted = counted_records(opened.scan("records").select(OF_RECORDS).join(own, on="customer", how="semi"))
    versions = _last(states)
    gone = customers.join(versions, on="customer", how="anti")
    return ChangedCustomers(versions, _together(gaps_in(counted, states).select(VERSION), gone), ())


def _newer(
    opened: OpenBucket, kind: Kind, keys: Collection[str], columns: Collection[str], known: pl.DataFrame
) -> pl.DataFrame:
    """The rows of some files that are newer than the version that is known of their customer."""
    seen = known.lazy().select("customer", seen="version")
    rows = opened.scan(kind, [key for key in opened.etags[kind] if key in keys]).select(columns)
    later = pl.col("version") > pl.col("seen").fill_null(-1)
    return collect(rows.join(seen, on="customer", how="left").filter(later).drop("seen"))


def _last(states: pl.DataFrame) -> pl.DataFrame:
    return states.group_by("customer").agg(pl.col("version").max())


def _together(first: pl.DataFrame, more: pl.DataFrame) -> pl.DataFrame:
    """The rows of one, and of the other those of other customers."""
    return pl.concat([first, more.join(first, on="customer", how="anti")])


def _states(opened: OpenBucket, keys: Collection[str], wanted: pl.DataFrame) -> pl.DataFrame:
    rows = opened.scan("states", [key for key in opened.etags["states"] if key in keys])
    return collect(rows.join(wanted.lazy(), on=VERSION, how="semi"))
