"""Reads a sheet of an Excel workbook by polars. What its reader does not report is read from the sheet's XML."""

from __future__ import annotations

import logging
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import polars as pl

from standing.backfill.files.rows import FileRow, unreadable
from standing.values.messages import message

FAILED = message("has a cell whose formula failed, such as #DIV/0! or #N/A")
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
LINKED = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
logging.getLogger("fastexcel").setLevel(logging.ERROR)  # it warns about every empty column


class Sheet(NamedTuple):
    """A sheet: the number of data rows with a value, and the numbers (from 1) of rows with a failed formula."""

    rows: int
    failed: set[int]


def excel_columns(path: Path, sheet: str | None) -> list[str]:
    """The names of a sheet's columns. Raises Unreadable."""
    return _frame(path, sheet).columns


def excel(path: Path, sheet: str | None) -> Iterator[FileRow]:
    """Every row of a sheet (by default the first). Rows without values are skipped. Raises Unreadable."""
    failed = sheet_of(path, sheet).failed
    for number, row in enumerate(_frame(path, sheet).iter_rows(named=True), 1):
        if number in failed:
            yield FileRow(number, None, FAILED)
        elif any(value is not None for value in row.values()):
            yield FileRow(number, row)


def _frame(path: Path, sheet: str | None) -> pl.DataFrame:
    import fastexcel  # noqa: F401, PLC0415 -- polars needs it, and who has no workbook does not

    try:
        return pl.read_excel(
            path, sheet_name=sheet, infer_schema_length=None, drop_empty_rows=False, drop_empty_cols=False
        )
    except Exception as error:  # noqa: BLE001 -- whatever the reader stumbles over, the file is at fault
        raise unreadable(path, error) from None


def sheet_of(path: Path, name: str | None) -> Sheet:
    """The content of a sheet's own XML file. Raises Unreadable."""
    try:
        with zipfile.ZipFile(path) as book, book.open(_part(book, name)) as file:
            return _sheet(ElementTree.iterparse(file, ("end",)))  # noqa: S314 -- expat refuses to blow up
    except (OSError, KeyError, StopIteration, zipfile.BadZipFile, ElementTree.ParseError) as error:
        raise unreadable(path, error) from None


def _part(book: zipfile.ZipFile, name: str | None) -> str:
    """The path of a sheet in a workbook."""
    sheets = ElementTree.fromstring(book.read("xl/workbook.xml")).iter(f"{MAIN}sheet")  # noqa: S314 -- as above
    wanted = next(one.get(LINKED) for one in sheets if name in {None, one.get("name")})
    links = ElementTree.fromstring(book.read("xl/_rels/workbook.xml.rels"))  # noqa: S314 -- as above
    target = next(one.get("Target", "") for one in links if one.get("Id") == wanted)
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"


def _sheet(parts: Iterator[tuple[str, ElementTree.Element]]) -> Sheet:
    rows, failed, names, place = 0, set[int](), None, 0
    for _, part in parts:
        if part.tag != f"{MAIN}row":
            continue
        place = int(part.get("r") or place + 1)
        cells = [cell for cell in part.iter(f"{MAIN}c") if any(one.text for one in cell.iter() if one is not cell)]
        if cells and names is None:
            names = place
        elif cells and names is not None:
            rows += 1
            failed |= {place - names} if any(cell.get("t") == "e" for cell in cells) else set()
        part.clear()
    return Sheet(rows, failed)
