"""The night before: its standing of a bucket, and the files that it was made from, by which changes are seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import orjson
import polars as pl

from standing.aws.lake_bucket import Lake
from standing.lake.layout import Kind, standing_key
from standing.lake.parquet import collect
from standing.lake.reader import OpenBucket
from standing.lake.standings import keep_standing
from standing.lake.tombstones import tombstones
from standing.values.days import Day
from standing.values.faults import Fault

NOTES = "standing.night"
READ: tuple[Kind, ...] = ("states", "records")  # from which a standing is made

type Files = Mapping[str, "File"]  # by key


class File(NamedTuple):
    """A file as a night read it: its ETag, its rows, and when the last of them was taken in (states: 0)."""

    etag: str
    rows: int
    last_at: int


class Notes(NamedTuple):
    """What a night notes with its standing: its day, its files, and how it counted spending (empty: it did not)."""

    day: Day
    files: Files
    spend: str

    def as_footer(self) -> dict[str, str]:
        """The notes as they are stored."""
        files = {key: list(file) for key, file in self.files.items()}
        return {NOTES: orjson.dumps({"day": self.day, "files": files, "spend": self.spend}).decode()}


class NightBefore(NamedTuple):
    """The standing that the night before stored, without forgotten customers, and what it noted with it.

    `rows` is None if there is none, or if it is corrupt (`wrong`). `noted` is None where nothing is known.
    """

    rows: pl.DataFrame | None
    noted: Notes | None
    etag: str
    wrong: Fault | None


def night_before(lake: Lake, number: int) -> NightBefore:
    """The night before of a bucket."""
    kept = keep_standing(lake, standing_key(number))
    rows = None if kept.rows is None else tombstones(lake, number).kept(kept.rows)
    return NightBefore(rows, _noted(kept.notes), kept.etag, kept.wrong)


def _noted(footer: Mapping[str, str]) -> Notes | None:
    if NOTES not in footer:
        return None
    noted = orjson.loads(footer[NOTES])
    return Notes(noted["day"], {key: File(*file) for key, file in noted["files"].items()}, noted["spend"])


def files_of(opened: OpenBucket, before: Files | None) -> Files:
    """The files of a bucket, as they are now. Of those that did not change, nothing is read. Raises CorruptFile."""
    known = before or {}
    return {
        key: known[key] if key in known and known[key].etag == etag else _read(opened, kind, key, etag)
        for kind in READ
        for key, etag in opened.etags[kind].items()
    }


def _read(opened: OpenBucket, kind: Kind, key: str, etag: str) -> File:
    last_at = pl.col("at").max().fill_null(0) if kind == "records" else pl.lit(0)
    return File(etag, *collect(opened.scan(kind, [key]).select(pl.len(), last_at.alias("last"))).row(0))


def taken_in_since(files: Files, second: int) -> list[str]:
    """The keys of the files that have records that were taken in at a second since 1970, or later."""
    return [key for key, file in files.items() if file.last_at >= second]


def only_grown(before: Files, now: Files) -> bool:
    """Whether no file is gone, and none lost rows: then whatever is new is in those that changed."""
    return all(key in now and now[key].rows >= file.rows for key, file in before.items())


def changed(before: Files, now: Files) -> frozenset[str]:
    """The keys of the files that changed, or are new."""
    return frozenset(key for key, file in now.items() if before.get(key) != file)
