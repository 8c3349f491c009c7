"""Conditions on a row: which rows are used, and which kind of event a row is."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from standing.backfill.files.rows import Row
from standing.backfill.mapping.amounts import Mark, number
from standing.backfill.mapping.cells import cell, id_of
from standing.backfill.mapping.errors import BadRow, BadWord
from standing.values.messages import LISTS, Joined, Message, message

BOUNDS = {
    "below": lambda found, bound: found < bound,
    "above": lambda found, bound: found > bound,
    "at_most": lambda found, bound: found <= bound,
    "at_least": lambda found, bound: found >= bound,
}


def _several(value: Any) -> Any:  # noqa: ANN401 -- whatever YAML can say
    """One text or several, as texts."""
    return [str(one) for one in (value if isinstance(value, list) else [value])]


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise BadWord("a regular expression: character {at} fits none", at=(error.pos or 0) + 1) from None
    return text


Texts = Annotated[list[str], BeforeValidator(_several)]


class Condition(BaseModel):
    """What a `column` has to be: `is` or `is_not` one of some texts, `starts` with one, `matches` a pattern whole,
    `empty`, or a number `below`, `above`, `at_least` or `at_most` another (with `mark`, as amounts are written)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: str
    is_: Texts | None = Field(None, alias="is")
    is_not: Texts | None = None
    starts: Texts | None = None
    matches: Annotated[str, AfterValidator(_pattern)] | None = None
    empty: bool | None = None
    below: Decimal | None = None
    above: Decimal | None = None
    at_most: Decimal | None = None
    at_least: Decimal | None = None
    mark: Mark | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set - {"column", "mark"}:
            raise BadWord(
                "what the column has to be: is, is_not, starts, matches, empty, below, above, at_least, at_most"
            )
        return self

    def holds(self, row: Row) -> bool:
        """Whether a row meets the condition. An empty cell is neither one of some texts nor a number. Raises BadRow."""
        value = cell(row[self.column], self.column)
        text = None if value is None else id_of(value, self.column)
        if self.empty is not None and self.empty != (text is None):
            return False
        return self._is_text(text or "") and all(self._is_within(name, value) for name in BOUNDS)

    def _is_text(self, text: str) -> bool:
        return (
            (self.is_ is None or text in self.is_)
            and (self.is_not is None or text not in self.is_not)
            and (self.starts is None or text.startswith(tuple(self.starts)))
            and (self.matches is None or re.fullmatch(self.matches, text) is not None)
        )

    def _is_within(self, name: str, cell_value: object) -> bool:
        bound = getattr(self, name)
        if bound is None:
            return True
        value = None if cell_value is None else number(cell_value, self.mark, self.column)
        return value is not None and BOUNDS[name](value, bound)

    @property
    def words(self) -> Joined:
        """The condition in the mapping's words."""
        asked = self.model_dump(by_alias=True, exclude_unset=True, exclude={"column", "mark"})
        return Joined(tuple(_phrase(name, value) for name, value in asked.items()), LISTS("comma"))


def _phrase(name: str, value: object) -> Message:
    shown = Joined(tuple(value), LISTS("or")) if isinstance(value, list) else str(value)
    return message("{name} {value}", name=name, value=shown)


def _list(value: Any) -> Any:  # noqa: ANN401 -- whatever YAML can say
    return [value] if isinstance(value, dict) else value


Conditions = Annotated[tuple[Condition, ...], BeforeValidator(_list)]


def all_hold(conditions: tuple[Condition, ...], row: Row) -> bool:
    """Whether a row meets all conditions. Raises BadRow."""
    return all(one.holds(row) for one in conditions)


def must_hold(conditions: tuple[Condition, ...], row: Row) -> None:
    """Raise BadRow if a row does not meet a condition."""
    for condition in conditions:
        if not condition.holds(row):
            value = row[condition.column]
            raise BadRow(
                condition.column, "{said}, as the mapping says with `expect` of such a row", value, said=condition.words
            )
