"""Parquet files as bytes. A corrupt file, or one of another schema, is rejected with a reason.

Files that we write are sealed: the footer has the SHA-256 of the file, computed with zeros in its place. Parquet alone
does not detect every changed bit, and polars may panic on one.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from standing.aws.lake_bucket import ABSENT, Lake, StoredObject
from standing.aws.logging import PlainError
from standing.lake.layout import Kind
from standing.lake.rows import LATER, SCHEMAS, frame
from standing.values.days import day_date, month_of
from standing.values.faults import Fault, FaultError

ROW_GROUP = 50_000  # rows; small enough that a reader who wants one customer skips most of a file
SEAL = "standing.sha256"
BLANK = "0" * 64  # where the SHA-256 will be
BEFORE_SEAL = SEAL.encode() + b"\x18\x40"  # Thrift: a string of 64 bytes follows
END = b"PAR1"
WRONG = (Exception, pl.exceptions.PanicException)  # raised by polars; a panic is not an Exception


type Wrong = dict[str, Fault]  # by key: what is wrong with an object


class CorruptFile(FaultError, PlainError, ValueError):  # noqa: N818 -- it says what is with the file
    """A file that cannot be read as what it should be, and why."""


@contextmanager
def corrupt_at(key: str) -> Iterator[None]:
    """Raises CorruptFile with the file named, where what is done with it does."""
    try:
        yield
    except CorruptFile as error:
        raise CorruptFile(error.fault.at(key)) from None


def not_whole(error: BaseException) -> CorruptFile:
    """Of a file that the reader stumbled over."""
    return CorruptFile(Fault("not-whole", {"error": type(error).__name__}))


def parquet_bytes(rows: pl.DataFrame, notes: Mapping[str, str] | None = None) -> bytes:
    """A frame as Parquet, sealed: the same bytes for the same rows. Its footer has the notes, by name."""
    file, footer = io.BytesIO(), {**(notes or {}), SEAL: BLANK}
    rows.write_parquet(file, compression="zstd", statistics=True, row_group_size=ROW_GROUP, metadata=footer)
    return _sealed(file.getvalue())


def _sealed(body: bytes) -> bytes:
    place = body.rindex(BEFORE_SEAL) + len(BEFORE_SEAL)
    return b"".join((memoryview(body)[:place], _digest(body, place), memoryview(body)[place + len(BLANK) :]))


def _digest(body: bytes, place: int) -> bytes:
    digest = hashlib.sha256(memoryview(body)[:place])
    digest.update(BLANK.encode())
    digest.update(memoryview(body)[place + len(BLANK) :])
    return digest.hexdigest().encode()


def check_seal(body: bytes) -> bool:
    """Whether a complete file has a seal. Raises CorruptFile if it has another content than its seal says."""
    place = body.rfind(BEFORE_SEAL) + len(BEFORE_SEAL) if body.endswith(END) else 0
    if place < len(BEFORE_SEAL):
        return False
    if _digest(body, place) != body[place : place + len(BLANK)]:
        raise CorruptFile(Fault("not-the-same"))
    return True


class Parts:
    """Consecutive frames, stored in a folder until they are written as one file."""

    def __init__(self, folder: str) -> None:
        """Use an existing folder."""
        self.folder = Path(folder)
        self.paths: list[Path] = []

    def add(self, rows: pl.DataFrame) -> None:
        """Append a frame."""
        self.paths.append(self.folder / f"{len(self.paths)}.parquet")
        rows.write_parquet(self.paths[-1], compression="lz4")

    def parquet_bytes(self) -> bytes:
        """All frames (at least one) as one sealed Parquet file, written in a streaming way."""
        file = io.BytesIO()
        pl.scan_parquet(self.paths).sink_parquet(
            file,
            compression="zstd",
            statistics=True,
            row_group_size=ROW_GROUP,
            engine="streaming",
            metadata={SEAL: BLANK},
        )
        return _sealed(file.getvalue())


def scan(kind: Kind, body: bytes) -> pl.LazyFrame:
    """Open a file lazily; `collect` reads its rows. Raises CorruptFile if it is not of this kind.

    A file without a seal is read once, to see that it is whole.
    """
    is_sealed = check_seal(body)
    try:
        rows = pl.scan_parquet(io.BytesIO(body))
        there = rows.collect_schema()
    except WRONG as error:  # whatever the reader stumbles over, the file is at fault
        raise not_whole(error) from None
    later = [name for name in LATER[kind] if name not in there]
    _check(kind, {**there, **{name: SCHEMAS[kind][name] for name in later}})
    if not is_sealed:
        collect(rows.select(pl.all().null_count()))
    added = (pl.lit(None, dtype=SCHEMAS[kind][name]).alias(name) for name in later)
    return rows.with_columns(added).select(*SCHEMAS[kind])


def collect(rows: pl.LazyFrame) -> pl.DataFrame:
    """Read the rows of a lazy frame. Raises CorruptFile."""
    try:
        return rows.collect(engine="streaming")
    except WRONG as error:  # as above
        raise not_whole(error) from None


def _check(kind: Kind, there: Mapping[str, Any]) -> None:
    """Raises CorruptFile where a file has other columns."""
    for name, wanted in SCHEMAS[kind].items():
        dtype = there.get(name)
        if dtype is None:
            raise CorruptFile(Fault("column-missing", {"column": name}))
        check_type(name, dtype, wanted)
    if extra := [name for name in there if name not in SCHEMAS[kind]]:
        raise CorruptFile(Fault("column-unexpected", {"column": extra[0]}))


def check_type(column: str, actual: Any, expected: Any) -> None:  # noqa: ANN401 -- polars' types
    """Raises CorruptFile where a column is of another type than it should be."""
    if actual != expected:
        raise CorruptFile(Fault("column-type", {"column": column, "found": str(actual), "expected": str(expected)}))


def scan_stored(kind: Kind, stored: StoredObject) -> pl.LazyFrame:
    """Open an object lazily. It has no rows if it is ABSENT. Raises CorruptFile."""
    return frame(kind).lazy() if stored is ABSENT else scan(kind, stored.body)


def scan_month(kind: Kind, month: str, stored: StoredObject) -> pl.LazyFrame:
    """Open the file of a month lazily. It has no rows if it is ABSENT. Raises CorruptFile, also for other days."""
    rows = scan_stored(kind, stored)
    days = collect(rows.select(first=pl.col("day").min(), last=pl.col("day").max())).row(0)
    if other := next((day for day in days if day is not None and month_of(day) != month), None):
        raise CorruptFile(Fault("other-month", {"day": str(day_date(other))}))
    return rows


def scan_all(lake: Lake, kind: Kind, keys: Iterable[str]) -> tuple[dict[str, pl.LazyFrame], Wrong]:
    """Several objects by key, and by key what is wrong with those that are not whole."""
    return _whole(lake, kind, keys, lambda rows: rows)


def read_all(
    lake: Lake, kind: Kind, keys: Iterable[str], which: pl.Expr | None = None
) -> tuple[pl.DataFrame, list[str], Wrong]:
    """The rows of several objects, the keys of those that were read, and by key what is wrong with the others.

    `which` says which rows are wanted.
    """
    whole, wrong = _whole(lake, kind, keys, collect if which is None else lambda rows: collect(rows.filter(which)))
    return pl.concat([frame(kind), *whole.values()]), list(whole), wrong


def _whole[T](
    lake: Lake, kind: Kind, keys: Iterable[str], take: Callable[[pl.LazyFrame], T]
) -> tuple[dict[str, T], Wrong]:
    """What is taken of several objects, by key, and what is wrong with the others."""
    whole: dict[str, T] = {}
    wrong: Wrong = {}
    for key, stored in lake.get_all(keys):
        try:
            whole[key] = take(scan(kind, stored.body))
        except CorruptFile as error:
            wrong[key] = error.fault
    return whole, wrong
