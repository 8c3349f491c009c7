"""Figures and targets: the measured values under flat names, and their limits. It measures nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.timing import Spread, spread


@dataclass(frozen=True)
class Target:
    """The highest value that a figure may have, and what the target says."""

    most: float
    says: str


TARGETS = {
    "decision.ratio_to_durable": Target(6, "a whole decision against matching its facts by bare durable-rules"),
    "match.ratio_to_durable": Target(1.3, "our durable-rules reader against bare durable-rules"),
    "clock.ratio_to_durable_200_days": Target(20, "200 silent days against matching one day by bare durable-rules"),
    "ingest.batch_of_50_ratio": Target(8, "a batch of 50 customers against one of one, with a table that takes 15 ms"),
    "decision.write_units_per_event": Target(5, "DynamoDB write units an applied event"),
    "state.median_bytes": Target(700, "a stored state after a year, median household"),
    "state.p99_bytes": Target(1300, "a stored state after a year, 99th percentile"),
    "check.seconds_100_rules": Target(2, "checking 100 rules over 30 features, in seconds"),
    "impact.ratio_to_bare_polars": Target(
        3, "the impact of one edit of 100 rules on 1,000,000 customers, against polars on the bare expressions"
    ),
    "impact.peak_mb": Target(4000, "the memory of that impact's process, in MB"),
    "bgnbd.seconds_1m": Target(3, "BG/NBD fitted on 1,000,000 customers, in seconds"),
    "rescore.ratio_to_duckdb.time_ordered": Target(1, "12 features from a file in the order of time, against duckdb"),
    "rescore.ratio_to_duckdb.sorted": Target(1, "12 features from a file by customer, against duckdb"),
    "rescore.ratio_to_scan.sorted": Target(3, "12 features from a file by customer, against reading its columns"),
    "rescore.ratio_to_pandas": Target(0.1, "12 features against pandas, on the file where it does better"),
    "rescore.rules_ratio_to_features": Target(1, "ratings and care of 1,000,000 customers, against their features"),
    "rescore.bucket_100k_peak_mb": Target(1500, "the night of a bucket of 100,000 customers: memory, in MB"),
    "night.ratio_to_features": Target(8, "the night of a bucket with one new day, against the features of all alone"),
    "night.growth_1y_to_3y": Target(1.2, "that night after three years, against after one"),
    "night.peak_mb": Target(1000, "the memory of that night, in MB"),
    "night.seconds_1m": Target(60, "ten such buckets of 100,000 customers on two cores, in seconds"),
    "rescore.growth_100k_to_1m": Target(1.1, "a day's time a customer, of 1,000,000 against 100,000"),
    "list.seconds_1m": Target(2, "`standing list` by a condition over 1,000,000 customers, in seconds"),
    "list.ratio_to_scan": Target(6, "that, against a plain polars scan of the same files"),
    "ingest.import_ratio": Target(1.5, "importing the ingest function against boto3, Powertools and pydantic alone"),
}


@dataclass
class Figures:
    """All values measured in one run."""

    spreads: dict[str, Spread] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)

    def note(self, name: str, values: Sequence[float]) -> None:
        """Add a figure with its repeats."""
        self.spreads[name] = spread(values)

    def count(self, name: str, value: float) -> None:
        """Add a figure without repeats, because it is the same each time."""
        self.note(name, [value])

    def say(self, name: str, word: str) -> None:
        """Add a word, which is not a number."""
        self.words[name] = word

    def __getitem__(self, name: str) -> float:
        return self.spreads[name].median

    def __contains__(self, name: str) -> bool:
        return name in self.spreads
