"""A synthetic bucket of the lake before a night: files in a folder, the night before behind it, a day to compact.

The records have every column of the lake. Most columns are empty, as for a shop that only sends purchases.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any

import polars as pl
from standing.aws.lake_bucket import ABSENT, Lake, StoredObject
from standing.lake.compaction import MONTH
from standing.lake.layout import current_key, staged_prefix
from standing.lake.parquet import ROW_GROUP, parquet_bytes
from standing.lake.rows import ORDER, RECORDS, STATES
from standing.nightly.bucket import rescore_bucket
from standing.nightly.scores import Scoring
from standing.report.model import BucketReport
from standing.rescoring.days import plan_of
from standing.rescoring.memory import GATES, REMEMBERED
from standing.rescoring.refunds import COUNTS_ON
from standing.rules.ruleset import Ruleset
from standing.rules.timeline import Timeline
from standing.scores.fitting.model import FitSettings, fit_model
from standing.scores.model import Model, parsed, text
from standing.values.days import Day, day_number, month_of

from benchmarks.lake_made import LAST, Made
from tests.make import cdnow

NUMBER = 263
MODEL = "models/scores.json"


class FolderLake(Lake):
    """A folder in place of an S3 bucket. Nobody else writes to it."""

    def __init__(self, folder: Path) -> None:
        """Use the files of a folder."""
        super().__init__(client=None, name=str(folder), at_once=1)  # type: ignore[arg-type]  # it has no calls

    def etags(self, prefix: str) -> dict[str, str]:
        """As S3; an ETag is made of size and time."""
        paths = (path for path in Path(self.name).rglob("*") if path.is_file())
        names = {str(path.relative_to(self.name)): _etag(path) for path in paths}
        return {name: names[name] for name in sorted(names) if name.startswith(prefix)}

    def folders(self, prefix: str) -> list[str]:
        """As S3."""
        folder = Path(self.name) / prefix
        below = folder.iterdir() if folder.exists() else ()
        return sorted(f"{prefix}{path.name}/" for path in below if path.is_dir())

    def get(self, key: str) -> StoredObject:
        """As S3."""
        path = Path(self.name) / key
        return StoredObject(path.read_bytes(), _etag(path)) if path.exists() else ABSENT

    def put(self, key: str, body: bytes) -> None:
        """As S3."""
        path = Path(self.name) / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)

    def replace(self, key: str, body: bytes, etag: str) -> str:  # noqa: ARG002 -- nobody else writes
        """As S3."""
        self.put(key, body)
        return self.get(key).etag

    def delete(self, keys: Iterable[str]) -> None:
        """As S3."""
        for key in list(keys):
            (Path(self.name) / key).unlink(missing_ok=True)


def _etag(path: Path) -> str:
    status = path.stat()
    return f"{status.st_size}-{status.st_mtime_ns}"


class NobodyThere:
    """A table without customers. The work of a night in the table is not measured."""

    def load(self, _customer: str) -> None:
        """Find no state."""


class Silent:
    """A bus that accepts everything."""

    def put(self, _entries: Sequence[Any]) -> list[int]:
        """Accept every entry."""
        return []


def bucket_made(folder: Path, made: Made, ruleset: Ruleset) -> FolderLake:
    """The bucket of all synthetic customers as the night before left it, with one more day to compact."""
    lake = FolderLake(folder)
    lake.delete(lake.keys(""))
    lake.put(MODEL, text(_model(ruleset)).encode())
    records = _records(pl.scan_parquet(made.by_customer))
    before, today = records.filter(pl.col("day") < LAST), records.filter(pl.col("day") == LAST)
    for month in before.select(MONTH.unique()).collect().to_series().sort():
        of_it = before.filter(month == MONTH).with_columns(version=pl.lit(1, pl.Int64))
        _sink(of_it, folder / current_key("records", NUMBER, month))
    standing = _day_of(ruleset, before, before.select("customer").unique(), LAST - 1)
    _sink(_states(ruleset, standing, 1, None), folder / current_key("states", NUMBER, month_of(LAST - 1)))
    night(lake, ruleset, LAST - 1)
    _stage_today(lake, ruleset, records, today, standing)
    return lake


def night(lake: FolderLake, ruleset: Ruleset, day: Day) -> BucketReport:
    """A bucket's whole night without the table: compact, reconcile, rescore, score and count."""
    scoring = Scoring(model_of(lake), Silent())
    return rescore_bucket(lake, NobodyThere(), Timeline.of(ruleset), NUMBER, day, scoring=scoring)  # type: ignore[arg-type]


def _stage_today(
    lake: FolderLake, ruleset: Ruleset, records: pl.LazyFrame, today: pl.LazyFrame, standing: pl.DataFrame
) -> None:
    """The last day, as the archive brings it: its records, and the states that the event path made of them."""
    counts = today.group_by("customer").agg(pl.len().cast(pl.Int64).alias("events")).collect()
    remembered = [name for name in standing.columns if name.startswith(REMEMBERED)]
    known = counts.select("customer").join(standing.select("customer", *remembered), on="customer", how="left")
    own = records.join(counts.lazy().select("customer"), on="customer", how="semi")
    lived = _day_of(ruleset, own, known.lazy(), LAST)
    states = _states(ruleset, lived, 2, counts)
    new = today.with_columns(version=pl.lit(2, pl.Int64)).collect()
    lake.put(f"{staged_prefix('records', NUMBER)}today.parquet", parquet_bytes(new))
    lake.put(f"{staged_prefix('states', NUMBER)}today.parquet", parquet_bytes(states.collect()))


def _day_of(ruleset: Ruleset, records: pl.LazyFrame, known: pl.LazyFrame, day: Day) -> pl.DataFrame:
    """The features, ratings and care of a day, from the memories of the day before if there are any."""
    dated = known.with_columns(pl.lit(day - 1, dtype=pl.Int32).alias("day"))
    counted = records.with_columns(pl.col("day").alias(COUNTS_ON))  # no refund names its purchase
    return plan_of(ruleset, counted, dated, day).collect(engine="streaming").sort("customer")


def _model(ruleset: Ruleset) -> Model:
    """A model with the parameters of CDNOW: the synthetic customers never leave, so none can be fitted to them."""
    programme = ruleset.programme
    terms = FitSettings(programme.currency, programme.minor_digits)
    return fit_model(cdnow.purchases().lazy(), day_number(date(1998, 6, 30)), terms)


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


def _states(ruleset: Ruleset, lived: pl.DataFrame, version: int, events: pl.DataFrame | None) -> pl.LazyFrame:
    """States of customers after a day, with what the ledger has announced by then."""
    ratings, names = list(ruleset.ratings), [feature.name for feature in ruleset.features]
    counted = lived if events is None else lived.join(events, on="customer", how="left")
    memory = pl.struct(
        levels=_entries(_level(kept, name) for kept, name in product(["levels"], ratings)).list.drop_nulls(),
        shown=_entries(_level(kept, name) for kept, name in product(["shown"], ratings)).list.drop_nulls(),
        due=_entries(_due(name) for name in ruleset.care).list.drop_nulls(),
        held_back=_entries(_held(name, gate) for name, gate in product(ruleset.care, GATES)).list.drop_nulls(),
        contacts=pl.concat_list([_contacts(channel) for channel in ruleset.programme.channels]),
    )
    said = _entries(
        pl.struct(rating=pl.lit(name), level=pl.coalesce(f"shown/{name}/level", f"levels/{name}/level"))
        for name in ratings
    )
    fixed = {"version": version, "features_hash": ruleset.features_hash, "rules": ruleset.version}
    fixed |= {"origin": "table" if events is None else "stream", "run": None}
    nothing = [pl.lit([]).alias(name) for name in ("honoured", "unanswered", "refrained", "contacts", "waiting")]
    ledger = pl.struct(said.alias("said"), memory.struct.field("due").alias("asked"), *nothing)
    made = counted.lazy().select(
        "customer",
        pl.col("day"),
        *(pl.lit(value).alias(name) for name, value in fixed.items()),
        (pl.lit(None) if events is None else pl.col("events")).alias("events"),
        memory.alias("opened"),
        memory.alias("closed"),
        ledger.alias("ledger"),
        _entries(map(_entry, names)).alias("features"),
    )
    return made.select(_as_stored(name) for name in STATES)


def _as_stored(name: str) -> pl.Expr:
    """A column in the order and types of the lake; the fields of a structure are taken by name."""
    kind = STATES[name]
    if not isinstance(kind, pl.Struct):
        return pl.col(name).cast(kind)
    fields = [pl.col(name).struct.field(field.name).cast(field.dtype) for field in kind.fields]
    return pl.struct(fields).alias(name)


def _entries(parts: Iterable[pl.Expr]) -> pl.Expr:
    return pl.concat_list(list(parts))


def _level(kept: str, rating: str) -> pl.Expr:
    level, since, grace = (pl.col(f"{kept}/{rating}/{part}") for part in ("level", "since", "grace"))
    return pl.when(level.is_not_null()).then(
        pl.struct(rating=pl.lit(rating), level=level, since=since, grace_until=grace)
    )


def _due(care: str) -> pl.Expr:
    day = pl.col(f"due/{care}")
    return pl.when(day.is_not_null()).then(pl.struct(care=pl.lit(care), day=day))


def _held(care: str, gate: str) -> pl.Expr:
    day = pl.col(f"held/{care}/{gate}")
    return pl.when(day.is_not_null()).then(pl.struct(care=pl.lit(care), gate=pl.lit(gate), day=day))


def _contacts(channel: str) -> pl.Expr:
    days = pl.col(f"contacts/{channel}").fill_null([])
    return days.list.eval(pl.struct(channel=pl.lit(channel), day=pl.element()))


def _entry(name: str) -> pl.Expr:
    number = pl.col(name).cast(pl.Int64)
    return pl.struct(pl.lit(name).alias("name"), number.alias("number"), pl.lit(None, dtype=pl.String).alias("text"))
