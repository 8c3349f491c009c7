"""One bucket's night: compaction, reconciliation, rescoring, and commits to the table.

Every step can be repeated and interrupted at any call: nothing is written twice, and the night's standing is stored
after the commits. Does not know other buckets. Its cost follows what changed since the night before: features, ratings
and care alone are computed for everybody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import polars as pl

from standing.aws.lake_bucket import Lake
from standing.aws.rules_bucket import PreconditionFailed
from standing.lake.compaction import compact
from standing.lake.layout import kind_prefix, standing_key
from standing.lake.parquet import CorruptFile, Wrong, collect, parquet_bytes
from standing.lake.reader import OpenBucket, open_bucket
from standing.nightly.anomalies import anomalies
from standing.nightly.before import Files, NightBefore, Notes, files_of, night_before, taken_in_since
from standing.nightly.begin import Begin, Beginnings
from standing.nightly.changed import PROVED_EVERY, ChangedCustomers, changed_customers
from standing.nightly.clock import ClockRun, TablePort
from standing.nightly.metrics.all import MetricInputs, metrics
from standing.nightly.metrics.day_end import at_end
from standing.nightly.metrics.groups import groups
from standing.nightly.months import keep_month, kept_months
from standing.nightly.scores import Scoring
from standing.report.model import COUNTS, BucketReport, Difference
from standing.rescoring.bucket import INCOMPLETE, STIRRED, RescoredBucket, rescore_from
from standing.rules.timeline import Timeline
from standing.values.days import Day, end_of_day

NAMED = 20  # customers, and differences, that a report names
YEAR = 365  # days of decisions that figures need


def rescore_bucket(
    lake: Lake,
    table: TablePort,
    rules: Timeline,
    number: int,
    until: Day,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    scoring: Scoring | None = None,
    proved_every: int = PROVED_EVERY,
) -> BucketReport:
    """A bucket's night, to the end of the day `until`: its counts and faults, without times and usage.

    Every `proved_every` days it looks at everybody, and compares that with what it carried from night to night.
    Raises CorruptFile if the bucket's own files cannot be read.
    """
    compacted = compact(lake, number)
    _refuse_damaged(compacted.wrong, number)
    opened, before = open_bucket(lake, number), night_before(lake, number)
    months, unread = kept_months(lake, number, until)
    night = Night(opened, before, rules, until, ClockRun(rules, table, until, clock), months, scoring)
    files = files_of(opened, before.noted.files if before.noted else None)
    changed = changed_customers(opened, before, files, until, proved_every)
    report, standing, ended = night.run(files, changed)
    proved = until if changed.is_proof or before.noted is None else before.noted.proved
    noted = Notes(until, files, scoring.model.spend if scoring else "", proved)
    with suppress(PreconditionFailed):  # another run of the same night was faster, and found the same
        lake.replace(standing_key(number), parquet_bytes(standing, noted.as_footer()), before.etag)
    keep_month(lake, number, until, ended)
    anew = {standing_key(number): before.wrong.handled("worked-out-anew")} if before.wrong else {}
    return replace(report, wrong=compacted.wrong | opened.wrong | anew | unread)


def _refuse_damaged(wrong: Wrong, number: int) -> None:
    """Before anything is said of any customer: compaction has read the files to their ends. Raises CorruptFile."""
    for key, fault in wrong.items():
        if key.startswith((kind_prefix("states", number), kind_prefix("records", number))) and fault.code != "not-ours":
            raise CorruptFile(fault.at(key))


@dataclass(frozen=True)
class RecordsOf:
    """The records of a bucket, as the figures need them: the fewer files, the better."""

    opened: OpenBucket
    files: Files
    time_zone: str

    def everything(self) -> pl.LazyFrame:
        """All records."""
        return self.opened.scan("records")

    def since(self, day: Day) -> pl.LazyFrame:
        """Those from a day on."""
        return self.opened.scan("records", self.opened.since("records", day)).filter(pl.col("day") >= day)

    def taken_in_since(self, day: Day) -> pl.LazyFrame:
        """Those that were taken in on a day or later, and others of the same files."""
        begin = int(end_of_day(day - 1, self.time_zone).timestamp())
        later = taken_in_since(self.files, begin)
        return self.opened.scan("records", [key for key in self.opened.etags["records"] if key in later])


@dataclass(frozen=True)
class Night:
    """The night of one bucket: what there is, and the rules by which it is decided."""

    opened: OpenBucket
    before: NightBefore
    rules: Timeline
    until: Day
    passing: ClockRun
    months: Mapping[str, pl.DataFrame]
    scoring: Scoring | None = None

    def run(self, files: Files, changed: ChangedCustomers) -> tuple[BucketReport, pl.DataFrame, pl.DataFrame]:
        """Do the night: the report, the standing after it, and the standing at the end of the day.

        Customers with gaps in the lake, or without any rows, are decided from the table. They are counted as customers
        and named, but not included in metrics from the lake. Raises CorruptFile.
        """
        begun = Begin(self.rules, self.opened, self.before, self.until, self.scoring).all(changed)
        rescored = rescore_from(self.rules, self._records(), begun.customers, self.until)
        incomplete = sorted(changed.incomplete["customer"])
        self.passing.all([*rescored.stirred, *incomplete])
        later = self.opened.scan("states", self.opened.since("states", self.until + 1))
        ended = at_end(rescored.standing, later, self._records(), self.rules.on(self.until), self.until, begun.facts)
        report = self._report(begun, rescored, incomplete, ended, files, is_proof=changed.is_proof)
        standing = rescored.standing.join(begun.bought, on="customer", how="left", maintain_order="left")
        return report, pl.concat([standing, self._unknown(changed)], how="diagonal_relaxed"), ended

    def _records(self) -> pl.LazyFrame:
        """The records that count."""
        return self.opened.scan("records").filter(~pl.col("late"))

    def _unknown(self, changed: ChangedCustomers) -> pl.DataFrame:
        """Incomplete customers, as the night before knew them, so that every night names them until they are not."""
        marks = [pl.lit(value=True).alias(name) for name in (INCOMPLETE, STIRRED)]
        if self.before.rows is None:
            return changed.incomplete.with_columns(marks)
        known = self.before.rows.drop(INCOMPLETE, STIRRED)
        return changed.incomplete.select("customer").join(known, on="customer", how="left").with_columns(marks)

    def _report(
        self,
        begun: Beginnings,
        rescored: RescoredBucket,
        incomplete: list[str],
        ended: pl.DataFrame,
        files: Files,
        *,
        is_proof: bool,
    ) -> BucketReport:
        ruleset = self.rules.on(self.until)
        decisions = collect(self.opened.decisions(self.until - YEAR))
        scored, sent = self._scored(begun.bought)
        records = RecordsOf(self.opened, files, ruleset.programme.time_zone)
        known = MetricInputs(ruleset, self.until, ended, records, decisions, self.months, scored)
        counts = Counter({"customers": begun.customers.height + len(incomplete)}) + self.passing.counts
        counts += Counter({"incomplete_customers": len(incomplete), "stirred": len(rescored.stirred), "scores": sent})
        counts += Counter({"reconciled": begun.reconciled, "differences": begun.differences.height})
        counts += Counter({"proved": begun.customers.height if is_proof else 0})
        totals: dict[str, Any] = {name: counts[name] for name in COUNTS}
        return BucketReport(
            self.opened.number,
            **totals,
            different=[Difference(**one) for one in begun.differences.head(NAMED).rows(named=True)],
            incomplete=incomplete[:NAMED],
            figures=metrics(known),
            groups=groups(decisions, self.until, ruleset.programme.time_zone),
            moved_now=self.passing.moved,
            odd=anomalies(self.opened.scan("records"), self.until),
        )

    def _scored(self, bought: pl.DataFrame) -> tuple[pl.DataFrame | None, int]:
        """The scores, if there is a model, and the number of scores sent."""
        if self.scoring is None:
            return None, 0
        scored = self.scoring.of(bought, self.until)
        return scored, self.scoring.say(scored, self._records(), self.rules.on(self.until), self.until)
