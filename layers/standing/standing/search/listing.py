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

from standing.present.document import Column, Document, Table
from standing.present.output import err, out, print_json
from standing.present.renderers.terminal import print_document
from standing.present.sheets import write_sheet
from standing.search.words import WORDS, said
from standing.values.catalogue import Language

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


def print_or_write(result: SearchResult, options: OutputOptions, language: Language) -> None:
    """Print a list's headline and notes, then print or write the list. Raises OSError if a file cannot be written."""
    err.print(result.head, soft_wrap=True)
    for note in _notes(result, language):
        err.print(note, style="yellow", soft_wrap=True)
    for file in _written(result, options):
        err.print(f"{said('written', language, file=file)}: {said('personal', language)}", soft_wrap=True)
    if options.as_json:
        rows = [{name: _plain(value) for name, value in row.items()} for row in result.rows.rows(named=True)]
        print_json(result.about | {"total": result.total, "rows": rows})
    elif not (options.csv or options.parquet) and not result.rows.is_empty():
        print_document(list_document(result.rows.drop(result.leave_out, strict=False), language), out)


def _notes(result: SearchResult, language: Language) -> Iterator[str]:
    yield from result.notes
    if result.rows.height < result.total:
        yield said("cut", language, shown=f"{result.rows.height:,}")


def _written(result: SearchResult, options: OutputOptions) -> Iterator[Path]:
    if options.csv:
        write_sheet(result.rows, options.csv)
        yield options.csv
    if options.parquet:
        result.rows.write_parquet(options.parquet, compression="zstd")
        yield options.parquet


def _plain(value: Any) -> Any:  # noqa: ANN401 -- of whatever column
    """A value for JSON: decimals and dates as strings, so that nothing is lost."""
    return str(value) if isinstance(value, Decimal | date) else value


def list_document(rows: pl.DataFrame, language: Language) -> Document:
    """The rows as a document."""
    columns = (_column(name, kind, language) for name, kind in rows.schema.items())
    return Document(language, (Table(tuple(columns), tuple(tuple(map(_cell, row)) for row in rows.rows())),))


def _column(name: str, kind: pl.DataType, language: Language) -> Column:
    title = said(name, language) if name in WORDS else name
    return Column(title, is_number=kind.is_numeric(), is_whole=not isinstance(kind, pl.String))


def _cell(value: Any) -> str:  # noqa: ANN401 -- of whatever column
    return "–" if value is None else f"{value:,}" if isinstance(value, int | Decimal) else str(value)


def columns_in(text: str | None) -> Sequence[str]:
    """The column names in a list such as `tier,spend_365d`."""
    return [name.strip() for name in (text or "").split(",") if name.strip()]
