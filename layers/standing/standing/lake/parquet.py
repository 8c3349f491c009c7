"""Parquet in and out, by way of bytes. A file that is damaged or of another schema is told apart, and why.

A file that we write is sealed: its footer has the SHA-256 of the file, with zeros in its place. Parquet alone would
not notice every bit that is another, and polars may panic where it does.
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
from standing.values.faults import Fault, FaultError

ROW_GROUP = 50_000  # rows; small enough that a reader who wants one customer skips most of a file
SEAL = "standing.sha256"
BLANK = "0" * 64  # where the SHA-256 will be
BEFORE_SEAL = SEAL.encode() + b"\x18\x40"  # as Thrift says it: a text of 64 bytes follows
END = b"PAR1"
WRONG = (Exception, pl.exceptions.PanicException)  # of the reader; a panic is no Exception


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


def parquet_bytes(rows: pl.DataFrame) -> bytes:
    """A frame as Parquet, sealed: the same bytes for the same rows."""
    file = io.BytesIO()
    rows.write_parquet(file, compression="zstd", statistics=True, row_group_size=ROW_GROUP, metadata={SEAL: BLANK})
    return _sealed(file.getvalue())


def _sealed(body: bytes) -> bytes:
    place = body.rindex(BEFORE_SEAL) + len(BEFORE_SEAL)
    return b"".join((memoryview(body)[:place], _digest(body, place), memoryview(body)[place + len(BLANK) :]))


def _digest(body: bytes, place: int) -> bytes:
    digest = hashlib.sha256(memoryview(body)[:place])
    digest.update(BLANK.encode())
    digest.update(memoryview(body)[place + len(BLANK) :])
    return digest.hexdigest().encode()


def check_seal(body: bytes) -> None:
    """Raises CorruptFile where a file to its end is not as it was written. Of one without a seal that is not known."""
    place = body.rfind(BEFORE_SEAL) + len(BEFORE_SEAL) if body.endswith(END) else 0
    if place >= len(BEFORE_SEAL) and _digest(body, place) != body[place : place + len(BLANK)]:
        raise CorruptFile(Fault("not-the-same"))


class Parts:
    """Frames that follow one another, on disk in a folder, until they are written as one file."""

    def __init__(self, folder: str) -> None:
        """In a folder that is there."""
        self.folder = Path(folder)
        self.paths: list[Path] = []

    def add(self, rows: pl.DataFrame) -> None:
        """Take a frame in."""
        self.paths.append(self.folder / f"{len(self.paths)}.parquet")
        rows.write_parquet(self.paths[-1], compression="lz4")

    def parquet_bytes(self) -> bytes:
        """All of them, one at least, as `written` would write them together; a part of them at a time is in memory."""
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
    """A file whose rows are still to be read, by `collected`. Raises CorruptFile where it is not of this kind."""
    check_seal(body)
    try:
        rows = pl.scan_parquet(io.BytesIO(body))
        there = rows.collect_schema()
    except WRONG as error:  # whatever the reader stumbles over, the file is at fault
        raise not_whole(error) from None
    later = [name for name in LATER[kind] if name not in there]
    _check(kind, {**there, **{name: SCHEMAS[kind][name] for name in later}})
    return rows.with_columns(pl.lit(None, dtype=SCHEMAS[kind][name]).alias(name) for name in later).select(
        *SCHEMAS[kind]
    )


def collect(rows: pl.LazyFrame) -> pl.DataFrame:
    """The rows of a file, or what was asked of them. Raises CorruptFile."""
    try:
        return rows.collect(engine="streaming")
    except WRONG as error:  # as above
        raise not_whole(error) from None


def _check(kind: Kind, there: Mapping[str, Any]) -> None:
    """Raises CorruptFile where a file has other columns."""
    for name, wanted in SCHEMAS[kind].items():
        found = there.get(name)
        if found is None:
            raise CorruptFile(Fault("column-missing", {"column": name}))
        check_type(name, found, wanted)
    if extra := [name for name in there if name not in SCHEMAS[kind]]:
        raise CorruptFile(Fault("column-unexpected", {"column": extra[0]}))


def check_type(column: str, found: Any, expected: Any) -> None:  # noqa: ANN401 -- polars' types
    """Raises CorruptFile where a column is of another type than it should be."""
    if found != expected:
        raise CorruptFile(Fault("column-type", {"column": column, "found": str(found), "expected": str(expected)}))


def scan_stored(kind: Kind, stored: StoredObject) -> pl.LazyFrame:
    """An object whose rows are still to be read; none where there is none. Raises CorruptFile."""
    return frame(kind).lazy() if stored is ABSENT else scan(kind, stored.body)


def read_stored(kind: Kind, stored: StoredObject) -> pl.DataFrame:
    """The rows of an object; none where there is none. Raises CorruptFile."""
    return collect(scan_stored(kind, stored))


def scan_all(lake: Lake, kind: Kind, keys: Iterable[str]) -> tuple[dict[str, pl.LazyFrame], Wrong]:
    """Several objects by key, each read once to see that it is whole; and by key what is wrong with the others."""
    return _whole(lake, kind, keys, _checked)


def read_all(lake: Lake, kind: Kind, keys: Iterable[str]) -> tuple[pl.DataFrame, list[str], Wrong]:
    """The rows of several objects, the keys of those that were read, and by key what is wrong with the others."""
    whole, wrong = _whole(lake, kind, keys, collect)
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


def _checked(rows: pl.LazyFrame) -> pl.LazyFrame:
    """The rows, still to be read, of a file that is whole. Raises CorruptFile."""
    collect(rows.select(pl.all().null_count()))
    return rows
