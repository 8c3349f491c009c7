"""Rates of currencies, dated, from a table: what one unit was worth on a day, in the currency of the events."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

from pydantic import BaseModel, ConfigDict, PrivateAttr

from standing.backfill.files.formats import Format, rows_of
from standing.backfill.files.rows import Row, Unreadable
from standing.backfill.mapping.aggregation import aggregate_lines
from standing.backfill.mapping.amounts import Mark, number, product, rounded, spelled
from standing.backfill.mapping.cells import cell, id_in
from standing.backfill.mapping.errors import BadRow
from standing.backfill.mapping.fields import FieldSource
from standing.backfill.mapping.joins import Separator
from standing.events.expectations import EXPECTATIONS
from standing.values.messages import Readable

OLDEST = 7  # days that a rate may be old: markets rest on weekends and holidays


class Rates(BaseModel):
    """A table of rates: its `file`, beside the mapping, and its columns for the `day`, the `currency` and the `rate`.

    A rate is what one unit of that currency is worth in the one that is named with `to`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str
    to: str
    day: str = "day"
    currency: str = "currency"
    rate: str = "rate"
    mark: Mark | None = None
    separator: Separator | None = None
    _known: dict[str, list[tuple[date, Decimal]]] = PrivateAttr(default_factory=dict)

    def read(self, folder: Path) -> None:
        """Read the table. Raises Unreadable, also where one of its rows is wrong: amounts would be."""
        path = folder / self.file
        for read in rows_of(path, Format(self.separator), {self.day, self.currency, self.rate}):
            if (why := read.why if read.row is None else self._add(read.row)) is not None:
                raise Unreadable("{path}: row {row}: {why}", path=path, row=read.number, why=why)
        for known in self._known.values():
            known.sort()

    def _add(self, row: Row) -> Readable | None:
        """Keep a rate; what is wrong with it, if it is."""
        try:
            self._known.setdefault(str(id_in(row, self.currency)), []).append((self._day(row), self._worth(row)))
        except BadRow as bad:
            return bad
        return None

    def _worth(self, row: Row) -> Decimal:
        worth = number(cell(row[self.rate], self.rate) or "", self.mark, self.rate)
        if worth is None or worth <= 0:
            raise BadRow(self.rate, "a rate above nought")
        return worth

    def _day(self, row: Row) -> date:
        value = cell(row[self.day], self.day)
        try:
            return value if isinstance(value, date) else date.fromisoformat(str(value).strip()[:10])
        except ValueError:
            raise BadRow(self.day, EXPECTATIONS("date"), value) from None

    def converted(self, amount: str, field: FieldSource, rows: Sequence[Row], day: str) -> str:
        """An amount in the events' currency, rounded once. Raises BadRow where no rate is known for its day."""
        column = str(field.currency)
        named = [id_in(row, column) for row in rows]
        currency = aggregate_lines("only", named, column)
        worth = Decimal(1) if currency == self.to else self._on(day, currency, column)
        return spelled(rounded(product([Decimal(amount), worth]), field.decimals, field.name))

    def _on(self, day: str, currency: str | None, column: str) -> Decimal:
        known = self._known.get(currency or "", [])
        place = bisect_right(known, date.fromisoformat(day), key=lambda rate: rate[0]) if day else 0
        if not place or (date.fromisoformat(day) - known[place - 1][0]).days > OLDEST:
            raise BadRow(
                column,
                "a currency with a rate to {currency} in {file}, at most {most:day|days} old",
                currency=self.to,
                file=self.file,
                most=OLDEST,
            )
        return known[place - 1][1]
