"""`standing backfill --check`: shows what files and mapping would import. Writes nothing to table or lake."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from standing.backfill.partition import RowCounts
from standing.backfill.run import convert_files, faults_as_user_errors
from standing.events.intake import Event
from standing.rules.ruleset import Ruleset

SHOWN = 20


@dataclass
class CheckResult:
    """The result of a check: counts, the first events, and the number of customers."""

    tally: RowCounts = field(default_factory=RowCounts)
    events: list[Event] = field(default_factory=list)
    customers: set[int] = field(default_factory=set)  # hashes of their ids: there may be millions

    def as_dict(self, *, values: bool) -> dict[str, Any]:
        """The counts for `--json`; with `values`, also the values of example rows."""
        counts = self.tally.as_dict() | {"customers": len(self.customers)}
        if values:
            for reason, examples in zip(counts["reasons"], self._examples(), strict=True):
                reason["values"] = examples
        return counts

    def _examples(self) -> list[list[str]]:
        shown = self.tally.examples
        return [[str(one.found) for one in shown[reason]] for reason, _ in self.tally.refused.most_common()]


def check(paths: Sequence[Path], mapping: Path | None, ruleset: Ruleset, seen: Callable[[int], None]) -> CheckResult:
    """Check what the rows of files would become. Raises UserError."""
    checked = CheckResult()
    with TemporaryDirectory(prefix="standing-") as folder, faults_as_user_errors():
        for converted in convert_files(paths, mapping, ruleset, datetime.now(UTC), Path(folder)):
            checked.tally.add(converted)
            for event in converted.events:
                checked.customers.add(hash(event.detail.customer))
                if len(checked.events) < SHOWN:
                    checked.events.append(event)
            seen(checked.tally.rows)
    return checked
