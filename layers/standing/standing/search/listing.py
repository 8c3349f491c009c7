"""Output of a list of customers, moves or care actions: a table, JSON, or a CSV, Excel or Parquet file.

Does not know how they were found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
from rich.table import Table

from standing.present.output import err, out, print_json
from standing.present.sheets import write_sheet
from standing.present.terminal import Text
from standing.search.words import WORDS, said
from standing.values.catalogue import Language
from standing.values.visible import on_one_line

SHOWN = 50  # rows of a table, unless a limit is given


@dataclass(frozen=True)
class SearchResult:
    """A search's result: `rows` in readable form, their `total` before a limit, and metadata for JSON in `about`.

    `head` is the headline, `notes` are warnings. A printed table leaves out the columns in `leave_out`.
    """

    rows: pl.DataFrame
    total: int
    about: dict[str, Any]
    head: str
    notes: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class OutputOptions:
    """How to print or write a list."""

    as_json: bool = False
    csv: Path | None = None
    parquet: Path | None = None
    limit: int | None = None

    @property
    def most(self) -> int | None:
        """The limit of rows, or None for all. A printed table has at most SHOWN rows unless a limit is given."""
        if self.limit is None:
            return None if self.as_json or self.csv or self.parquet else SHOWN
        return self.limit or None


def print_or_write(listed: SearchResult, given: OutputOptions, language: Language) -> None:
    """Print a list's headline and notes, then print or write the list. Raises OSError if a file cannot be written."""
    err.print(listed.head, soft_wrap=True)
    for note in _notes(listed, language):
        err.print(note, style="yellow", soft_wrap=True)
    for file in _written(listed, given):
        err.print(f"{said('written', language, file=file)}: {said('personal', language)}", soft_wrap=True)
    if given.as_json:
        rows = [{name: _plain(value) for name, value in row.items()} for row in listed.rows.rows(named=True)]
        print_json(listed.about | {"total": listed.total, "rows": rows})
    elif not (given.csv or given.parquet) and not listed.rows.is_empty():
        out.print(_table(listed.rows.drop(listed.leave_out, strict=False), language))


def _notes(listed: SearchResult, language: Language) -> Iterator[str]:
    yield from listed.notes
    if listed.rows.height < listed.total:
        yield said("cut", language, shown=f"{listed.rows.height:,}")


def _written(listed: SearchResult, given: OutputOptions) -> Iterator[Path]:
    if given.csv:
        write_sheet(listed.rows, given.csv)
        yield given.csv
    if given.parquet:
        listed.rows.write_parquet(given.parquet, compression="zstd")
        yield given.parquet


def _plain(value: Any) -> Any:  # noqa: ANN401 -- of whatever column
    """A value for JSON: decimals and dates as strings, so that nothing is lost."""
    return str(value) if isinstance(value, Decimal | date) else value


def _table(rows: pl.DataFrame, language: Language) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name, kind in rows.schema.items():
        head = said(name, language) if name in WORDS else name
        right, whole = kind.is_numeric(), not isinstance(kind, pl.String)
        table.add_column(Text(head), justify="right" if right else "left", overflow="fold", no_wrap=whole)
    for row in rows.rows():
        table.add_row(*map(_cell, row))
    return table


def _cell(value: Any) -> Text:  # noqa: ANN401 -- of whatever column
    shown = "–" if value is None else f"{value:,}" if isinstance(value, int | Decimal) else str(value)
    return Text(on_one_line(shown), overflow="fold")


def columns_in(text: str | None) -> Sequence[str]:
    """The column names in a list such as `tier,spend_365d`."""
    return [name.strip() for name in (text or "").split(",") if name.strip()]
