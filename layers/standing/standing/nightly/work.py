"""Runs a bucket's night: measures time and resources, and stores the report, which marks the bucket as done.

If the bucket is split, before or meanwhile, its customers' nights are those of the buckets below it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from standing.aws.lake_bucket import Lake
from standing.aws.logging import safe_message
from standing.aws.table import Customers, Units
from standing.lake.buckets import buckets_of
from standing.lake.split import deal_out
from standing.nightly.bucket import rescore_bucket
from standing.nightly.changed import PROVED_EVERY
from standing.nightly.model import model_of
from standing.nightly.scores import BusPort, Scoring
from standing.nightly.summary import keep_failure, keep_part, with_work_of
from standing.report.model import BucketReport, Used
from standing.rules.timeline import Timeline
from standing.values.days import Day, day_date
from standing.values.faults import Fault, FaultError


@dataclass(frozen=True)
class BucketWork:
    """Does the buckets' nights of one lake and one table."""

    lake: Lake
    customers: Customers
    rules: Timeline
    bus: BusPort | None = None
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    proved_every: int = PROVED_EVERY

    def bucket(self, number: int, day: Day, gigabytes: float) -> list[BucketReport]:
        """One bucket's night with so much memory; its report, or those of the buckets that it is split into.

        What fails is kept for the night's report, and raised.
        """
        begun = self._report(number, day, gigabytes) if self._is_leaf(number) else None
        if begun and self._is_leaf(number):
            keep_part(self.lake, begun)
            return [begun]
        wrong = deal_out(self.lake, number)
        first, *others = (self._report(leaf, day, gigabytes) for leaf in buckets_of(self.lake).leaves(number))
        first = replace(first, wrong=wrong | first.wrong)
        reports = [with_work_of(first, begun) if begun else first, *others]
        for report in reports:
            keep_part(self.lake, report)
        return reports

    def _is_leaf(self, number: int) -> bool:
        return buckets_of(self.lake).is_leaf(number)

    def _report(self, number: int, day: Day, gigabytes: float) -> BucketReport:
        began, self.customers.units = self.clock(), Units()
        try:
            outcome = rescore_bucket(
                *(self.lake, self.customers, self.rules, number, day, self.clock, self._scoring(), self.proved_every)
            )
        except Exception as error:
            keep_failure(self.lake, str(day_date(day)), number, _fault_of(error))
            raise
        ended = self.clock()
        seconds = (ended - began).total_seconds()
        return replace(
            outcome,
            day=str(day_date(day)),
            rules=self.rules.on(day).version,
            started=began.isoformat(),
            ended=ended.isoformat(),
            seconds=round(seconds, 3),
            used=Used(round(seconds * gigabytes, 3), self.customers.units.write, self.customers.units.read),
        )

    def _scoring(self) -> Scoring | None:
        model = model_of(self.lake) if self.bus else None
        return Scoring(model, self.bus) if model and self.bus else None


def _fault_of(error: Exception) -> Fault:
    return error.fault if isinstance(error, FaultError) else Fault("failed", {"cause": safe_message(error)})
