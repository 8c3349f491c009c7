"""A synthetic bucket of the lake before a night: files in a folder, with the last day not yet compacted.

The records have every column of the lake. Most columns are empty, as for a shop that only sends purchases.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
from standing.aws.lake_bucket import ABSENT, Lake, StoredObject
from standing.lake.layout import current_key, staged_prefix
from standing.lake.parquet import ROW_GROUP, parquet_bytes
from standing.lake.rows import ORDER, RECORDS, STATES
from standing.rescoring.features import features_on
from standing.rules.ruleset import Ruleset
from standing.scores.fitting.model import FitSettings, fit_model
from standing.scores.model import Model, parsed, text
from standing.values.days import day_number

from benchmarks.lake_made import LAST, Made
from tests.make import cdnow

NUMBER = 7
MODEL = "models/scores.json"
EMPTY_MEMORY: dict[str, Any] = {"levels": [], "shown": [], "due": [], "held_back": [], "contacts": []}
EMPTY_LEDGER: dict[str, Any] = {"said": [], "honoured": [], "asked": [], "unanswered": [], "refrained": []}
EMPTY_LEDGER |= {"contacts": [], "waiting": []}


class FolderLake(Lake):
    """A folder in place of an S3 bucket. Nobody else writes to it."""

    def __init__(self, folder: Path) -> None:
        """Use the files of a folder."""
        super().__init__(client=None, name=str(folder), at_once=1)  # type: ignore[arg-type]  # it has no calls

    def keys(self, prefix: str) -> list[str]:
        """As S3."""
        names = (str(path.relative_to(self.name)) for path in Path(self.name).rglob("*") if path.is_file())
        return sorted(name for name in names if name.startswith(prefix))

    def get(self, key: str) -> StoredObject:
        """As S3, without an ETag."""
        path = Path(self.name) / key
        return StoredObject(path.read_bytes(), "there") if path.exists() else ABSENT

    def put(self, key: str, body: bytes) -> None:
        """As S3."""
        path = Path(self.name) / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)

    def replace(self, key: str, body: bytes, etag: str) -> None:  # noqa: ARG002 -- nobody else writes
        """As S3."""
        self.put(key, body)

    def delete(self, keys: Iterable[str]) -> None:
        """As S3."""
        for key in list(keys):
            (Path(self.name) / key).unlink(missing_ok=True)


class NobodyThere:
    """A table without customers. The work of a night in the table is not measured."""

    def load(self, _customer: str) -> None:
        """Find no state."""


def bucket_made(folder: Path, made: Made, ruleset: Ruleset) -> FolderLake:
    """The bucket of all synthetic customers, as the archive and last night's compaction leave it."""
    lake = FolderLake(folder)
    lake.delete(lake.keys(""))
    records = _records(pl.scan_parquet(made.by_customer))
    before, today = records.filter(pl.col("day") < LAST), records.filter(pl.col("day") == LAST)
    _sink(before.with_columns(version=pl.lit(1, pl.Int64)), folder / current_key("records", NUMBER))
    _sink(_states(before, ruleset), folder / current_key("states", NUMBER))
    new = today.with_columns(version=pl.lit(2, pl.Int64)).collect()
    lake.put(f"{staged_prefix('records', NUMBER)}today.parquet", parquet_bytes(new))
    lake.put(f"{staged_prefix('states', NUMBER)}today.parquet", parquet_bytes(_states_of_today(today)))
    programme = ruleset.programme
    terms = FitSettings(programme.currency, programme.minor_digits)
    # Parameters of CDNOW: the synthetic customers never leave, so a model cannot be fitted to them.
    model = fit_model(cdnow.purchases().lazy(), day_number(date(1998, 6, 30)), terms)
    lake.put(MODEL, text(model).encode())
    return lake


def model_of(lake: FolderLake) -> Model:
    """The model that scores the bucket."""
    return parsed(lake.get(MODEL).body)


def _sink(rows: pl.LazyFrame, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows.sink_parquet(path, compression="zstd", statistics=True, row_group_size=ROW_GROUP)


def _records(rows: pl.LazyFrame) -> pl.LazyFrame:
    known = rows.with_columns(
        source=pl.lit("shop"),
        id=pl.format("order-{}", pl.col("moment").hash(7)),
        type=pl.lit("purchase.v1"),
        late=pl.lit(value=False),
        at=pl.col("moment") // 1_000_000,
        version=pl.lit(0, dtype=pl.Int64),
    )
    there = known.collect_schema().names()
    empty = (pl.lit(None, dtype=kind).alias(name) for name, kind in RECORDS.items() if name not in there)
    whole = known.with_columns(*empty, pl.lit([], dtype=RECORDS["entries"]).alias("entries"))
    return whole.select(pl.col(name).cast(kind) for name, kind in RECORDS.items()).sort(ORDER["records"])


def _states(records: pl.LazyFrame, ruleset: Ruleset) -> pl.LazyFrame:
    """A state of the day before for every customer, with its features: all are reconciled."""
    names = [feature.name for feature in ruleset.features]
    entries = pl.concat_list(map(_entry, names)).alias("features")
    rows = features_on(ruleset, records, LAST - 1).select("customer", entries)
    return _rows(rows, version=1, day=LAST - 1, events=None, origin="table").sort("customer")


def _states_of_today(today: pl.LazyFrame) -> pl.DataFrame:
    counts = today.group_by("customer").agg(pl.len().cast(pl.Int64).alias("events"))
    bare = counts.with_columns(pl.lit(None, dtype=STATES["features"]).alias("features"))
    return _rows(bare, version=2, day=LAST, origin="stream").sort("customer").collect()


def _rows(rows: pl.LazyFrame, **same: float | str | None) -> pl.LazyFrame:
    fixed: dict[str, Any] = same | {
        "features_hash": "made",
        "rules": "made",
        "opened": EMPTY_MEMORY,
        "closed": EMPTY_MEMORY,
    }
    fixed |= {"ledger": EMPTY_LEDGER}
    constants = pl.LazyFrame([fixed], schema={name: STATES[name] for name in fixed})
    return rows.join(constants, how="cross").select(*STATES)


def _entry(name: str) -> pl.Expr:
    number = pl.col(name).cast(pl.Int64)
    return pl.struct(pl.lit(name).alias("name"), number.alias("number"), pl.lit(None, dtype=pl.String).alias("text"))
