"""Files of cells, for spreadsheets: the one way in which they are written. A text is never a formula in them.

Excel and its like run what begins with `=`, `+`, `-` or `@`, in full width too, or with a tab or the end of a line, and
leave out spaces and quotes before it. Such a text is written after an apostrophe; a number stays a number.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

LEADING = "[\\s\\p{Z}\\p{C}\"'`‘’“”＂＇]*"  # what is left out before a formula
FORMULA = f"^{LEADING}[=+\\-@−＝＋－＠﹢﹣﹦﹫]|^[\t\r\n]"
NUMBER = r"^[-−]?[0-9]+(\.[0-9]+)?$"
APOSTROPHE = "'"


def write_sheet(rows: pl.DataFrame, path: Path) -> None:
    """Write rows as CSV in UTF-8, with the mark by which Excel knows it. Raises OSError."""
    texts = [name for name, kind in rows.schema.items() if kind == pl.String]
    safe = rows.with_columns(harmless(pl.col(name)).alias(name) for name in texts)
    safe.write_csv(path, include_bom=True, line_terminator="\r\n")


def harmless(text: pl.Expr) -> pl.Expr:
    """Texts of which none is a formula."""
    runs = text.str.contains(FORMULA) & ~text.str.contains(NUMBER)
    return pl.when(runs).then(pl.lit(APOSTROPHE) + text).otherwise(text)
