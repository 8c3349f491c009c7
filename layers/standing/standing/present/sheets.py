"""Writes files for spreadsheets. Every such file is written here, so that no text in it becomes a formula.

Spreadsheets run text that begins with `=`, `+`, `-` or `@` (full width included), a tab or a newline, and ignore spaces
and quotes before it. Such a text gets an apostrophe in front; a number stays a number.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

LEADING = "[\\s\\p{Z}\\p{C}\"'`‘’“”＂＇]*"  # what spreadsheets ignore before a formula
FORMULA = f"^{LEADING}[=+\\-@−＝＋－＠﹢﹣﹦﹫]|^[\t\r\n]"
NUMBER = r"^[-−]?[0-9]+(\.[0-9]+)?$"
APOSTROPHE = "'"


def write_sheet(rows: pl.DataFrame, path: Path) -> None:
    """Write rows as CSV in UTF-8, with a byte order mark for Excel. Raises OSError."""
    texts = [name for name, kind in rows.schema.items() if kind == pl.String]
    safe = rows.with_columns(harmless(pl.col(name)).alias(name) for name in texts)
    safe.write_csv(path, include_bom=True, line_terminator="\r\n")


def harmless(text: pl.Expr) -> pl.Expr:
    """The texts, changed so that none is a formula."""
    runs = text.str.contains(FORMULA) & ~text.str.contains(NUMBER)
    return pl.when(runs).then(pl.lit(APOSTROPHE) + text).otherwise(text)
