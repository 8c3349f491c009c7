"""A contestant of the night's benchmark, in a process of its own: `python -m benchmarks.rescore_one NAME FILE OUT`.

Each computes the same twelve features from the same file and writes them as Parquet. It prints the time in seconds, and
the process's peak memory in MB.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import polars as pl
from standing.rescoring.days import evaluate_day, plan_of
from standing.rescoring.features import features_on
from standing.rescoring.memory import REMEMBERED, schema, with_all_columns
from standing.rescoring.refunds import COUNTS_ON
from standing.rules.author.compiler import compile_rules
from standing.rules.ruleset import Ruleset

from benchmarks.bucket_made import FolderLake, night
from benchmarks.lake_made import LAST

if TYPE_CHECKING:
    import pandas as pd

RULES = Path(__file__).parent / "night_rules"
COLUMNS = ["customer", "family", "day", "amount", "channel"]
MEGABYTE = 1024  # kB, the system's unit
NET = "CASE WHEN family = 'refund' THEN -amount ELSE amount END"
SINCE = {days: f"day > {LAST - days} AND day <= {LAST}" for days in (30, 90, 180, 365)}
BEFORE = f"day > {LAST - 180} AND day <= {LAST - 90}"
MEASURED = {
    "orders_30d": f"count(*) FILTER (family = 'purchase' AND {SINCE[30]})",
    "orders_90d": f"count(*) FILTER (family = 'purchase' AND {SINCE[90]})",
    "orders_365d": f"count(*) FILTER (family = 'purchase' AND {SINCE[365]})",
    "orders_before_90d": f"count(*) FILTER (family = 'purchase' AND {BEFORE})",
    "online_orders_180d": f"count(*) FILTER (family = 'purchase' AND channel = 'online' AND {SINCE[180]})",
    "spend_30d": f"coalesce(sum({NET}) FILTER ({SINCE[30]}), 0)::BIGINT",
    "spend_90d": f"coalesce(sum({NET}) FILTER ({SINCE[90]}), 0)::BIGINT",
    "spend_365d": f"coalesce(sum({NET}) FILTER ({SINCE[365]}), 0)::BIGINT",
    "refunds_90d": f"count(*) FILTER (family = 'refund' AND {SINCE[90]})",
    "refunded_365d": f"coalesce(sum(amount) FILTER (family = 'refund' AND {SINCE[365]}), 0)::BIGINT",
    "highest_order_365d": f"max(amount) FILTER (family = 'purchase' AND {SINCE[365]})",
    "mean_order_180d": f"(sum(amount) FILTER (family = 'purchase' AND {SINCE[180]}) // "
    f"count(*) FILTER (family = 'purchase' AND {SINCE[180]}))::BIGINT",
}


@cache
def rules() -> Ruleset:
    """Twelve features, with ratings and care rules that use them."""
    return compile_rules(RULES)


def made_records(file: Path) -> pl.LazyFrame:
    """The synthetic records. No refund names its purchase, so each counts on its own day."""
    return pl.scan_parquet(file).with_columns(pl.col("day").alias(COUNTS_ON))


def ours(file: Path, out: Path) -> None:
    """The night's features from the lake, and also consent and overrides."""
    features_on(rules(), made_records(file), LAST).sink_parquet(out)


def by_duckdb(file: Path, out: Path) -> None:
    """One query."""
    import duckdb  # noqa: PLC0415 -- only in its own process: the memory of each contestant is measured

    asked = ", ".join(f"{measured} AS {name}" for name, measured in MEASURED.items())
    query = f"SELECT customer, {asked} FROM '{file}' GROUP BY customer"  # noqa: S608 -- texts of this module
    duckdb.sql(f"COPY ({query}) TO '{out}' (FORMAT parquet, COMPRESSION zstd)")


def by_pandas(file: Path, out: Path) -> None:
    """Texts as categories, and a group-by for each feature over its rows only, which saves memory."""
    import pandas as pd  # noqa: PLC0415 -- as above

    rows = pd.read_parquet(file, columns=COLUMNS, read_dictionary=["customer", "family", "channel"])
    rows["net"] = rows["amount"].where(rows["family"] != "refund", -rows["amount"])
    bought, day = rows["family"] == "purchase", rows["day"]
    since = {days: (day > LAST - days) & (day <= LAST) for days in SINCE}
    before, online = (day > LAST - 180) & (day <= LAST - 90), rows["channel"] == "online"

    def each(counted: pd.Series[bool], column: str = "amount") -> pd.api.typing.SeriesGroupBy[Any, Any]:
        return rows.loc[counted, ["customer", column]].groupby("customer", observed=False)[column]

    features = {
        "orders_30d": each(bought & since[30]).size(),
        "orders_90d": each(bought & since[90]).size(),
        "orders_365d": each(bought & since[365]).size(),
        "orders_before_90d": each(bought & before).size(),
        "online_orders_180d": each(bought & online & since[180]).size(),
        "spend_30d": each(since[30], "net").sum(),
        "spend_90d": each(since[90], "net").sum(),
        "spend_365d": each(since[365], "net").sum(),
        "refunds_90d": each(~bought & since[90]).size(),
        "refunded_365d": each(~bought & since[365]).sum(),
        "highest_order_365d": each(bought & since[365]).max().astype("Int64"),
    }
    orders = each(bought & since[180])
    count = orders.size()
    features["mean_order_180d"] = (orders.sum() // count.where(count > 0)).astype("Int64")
    pd.DataFrame(features).rename_axis("customer").reset_index().astype({"customer": "str"}).to_parquet(
        out, compression="zstd"
    )


def scan(file: Path, out: Path) -> None:
    """A sum of each of the same columns: reading and decompressing them is the unavoidable part."""
    texts = [pl.col(name).str.len_bytes().sum() for name in ("customer", "family", "channel")]
    pl.scan_parquet(file).select(*texts, pl.col("day").sum(), pl.col("amount").sum()).sink_parquet(out)


def ratings_and_care(file: Path, out: Path) -> None:
    """A day's ratings and care, from written features, and from the day before if there is one."""
    ruleset, known = rules(), file.with_suffix(".known")
    frame = pl.scan_parquet(file)
    if known.exists():
        frame = frame.join(pl.scan_parquet(known), on="customer", how="left")
    frame = with_all_columns(frame, schema(ruleset)).with_columns(pl.lit(LAST, dtype=pl.Int32).alias("day"))
    lived = evaluate_day(ruleset, frame, LAST)
    columns = [
        name for name in lived.collect_schema().names() if name.startswith((*REMEMBERED, "fell-due/", "refrained/"))
    ]
    lived.select("customer", "day", *ruleset.ratings, *columns).sink_parquet(out)


def day(file: Path, out: Path) -> None:
    """A whole day of a bucket: features, ratings and care, all that the night stores."""
    ruleset, records = rules(), made_records(file)
    known = records.select("customer").unique().with_columns(pl.lit(LAST - 1, dtype=pl.Int32).alias("day"))
    plan_of(ruleset, records, known, LAST).sink_parquet(out)


def bucket(folder: Path, _out: Path) -> None:
    """A bucket's whole night without the table, after the night before."""
    report = night(FolderLake(folder), rules(), LAST)
    if report.wrong or report.differences or report.incomplete or not report.reconciled:
        raise ValueError(f"the made bucket is not as it should be: {report}")


CONTESTANTS: dict[str, Callable[[Path, Path], None]] = {
    "ours": ours,
    "duckdb": by_duckdb,
    "pandas": by_pandas,
    "scan": scan,
    "rules": ratings_and_care,
    "night": day,
    "bucket": bucket,
}


def main() -> None:
    """Run a contestant, and print its time and memory."""
    name, file, out = sys.argv[1:]
    rules()  # before the clock starts: a function has them compiled
    began = perf_counter()
    CONTESTANTS[name](Path(file), Path(out))
    seconds = perf_counter() - began
    sys.stdout.write(json.dumps({"seconds": seconds, "peak_mb": _peak()}) + "\n")


def _peak() -> float:
    """The peak memory in MB. `getrusage` gives at least the peak of the parent process, so it is not used."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(lines["VmHWM"].split()[0]) / MEGABYTE


if __name__ == "__main__":
    main()
