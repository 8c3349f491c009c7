"""A whole mapping: makes events of a row, or of a basket's lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from standing.backfill.files.rows import Row
from standing.backfill.mapping.aggregation import aggregate_lines
from standing.backfill.mapping.cells import id_in
from standing.backfill.mapping.conditions import Conditions, all_hold, must_hold
from standing.backfill.mapping.errors import BadRow, BadWord
from standing.backfill.mapping.field_kinds import MONEY, FieldKind, field_kind_of
from standing.backfill.mapping.fields import COLUMN, FieldSource, Zone, filled
from standing.backfill.mapping.joins import FileFormat, Join
from standing.backfill.mapping.rates import Rates
from standing.events import MODELS

type Envelope = dict[str, Any]
type Said = str | bool | int | list[int]


class Kind(BaseModel):
    """One kind of event: its `type` and `fields`, `when` a row is one, and what to `expect` of such a row.

    A field is a text, in which `{column}` stands for a column's value, another constant, or is taken from a column
    (`FieldSource`). A name with a dot is an entry of a field, such as `consent.email`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str | FieldSource
    fields: dict[str, FieldSource | Said]
    when: Conditions = ()
    expect: Conditions = ()

    @property
    def columns(self) -> set[str]:
        """The columns that it needs."""
        made = [one for one in (self.type, *self.fields.values()) if isinstance(one, str)]
        taken = [one for one in (self.type, *self.fields.values()) if isinstance(one, FieldSource)]
        asked = {one.column for one in (*self.when, *self.expect)}
        return asked.union(*(one.columns for one in taken), *(COLUMN.findall(text) for text in made))


def _listed(written: Any) -> Any:  # noqa: ANN401 -- whatever YAML can say
    return [written] if isinstance(written, str) else written


class Mapping(FileFormat):
    """A mapping: the `source` of the events, and of which kinds they are.

    A mapping of one kind says its `type` and `fields`; one of several says `events`, a list of kinds. Rows for which
    one of `skip` holds are not meant. `group_by` makes one event of all lines that have the same in some columns.
    """

    source: str
    events: Annotated[tuple[Kind, ...], Field(min_length=1)]
    skip: Conditions = ()
    group_by: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    join: tuple[Join, ...] = ()
    rates: Rates | None = None
    zone: Zone | None = None

    @model_validator(mode="before")
    @classmethod
    def _of_one_kind(cls, written: Any) -> Any:  # noqa: ANN401 -- whatever YAML can say
        """Read `type` and `fields` beside the source as a mapping of one kind."""
        if not isinstance(written, dict) or "events" in written:
            return written
        kind = {name: written[name] for name in ("type", "fields", "when", "expect") if name in written}
        return {name: value for name, value in written.items() if name not in kind} | {"events": [kind]}

    @model_validator(mode="after")
    def _lines_are_of_baskets(self) -> Self:
        taken = [one for kind in self.events for one in kind.fields.values() if isinstance(one, FieldSource)]
        if not self.group_by and any(one.lines != "only" for one in taken):
            raise BadWord("`group_by`, since a field says with `lines` what the lines of a basket make")
        if not self.rates and any(one.currency for one in taken):
            raise BadWord("`rates`, since an amount says with `from` that it is converted")
        return self

    @property
    def columns(self) -> set[str]:
        """The columns that it needs from the file itself."""
        joined = {name for one in self.join for name in one.columns}
        needed = set(self.group_by).union(
            COLUMN.findall(self.source), (one.column for one in self.skip), *(kind.columns for kind in self.events)
        )
        return (needed | {ours for one in self.join for ours in one.ours}) - joined

    def is_meant(self, row: Row) -> bool:
        """Whether a row is used, not skipped. Raises BadRow."""
        return not any(one.holds(row) for one in self.skip)

    def group_of(self, row: Row) -> list[str]:
        """The values that identify a row's basket. Raises BadRow if a row has none."""
        return [_named(row, column) for column in self.group_by]

    def envelopes(self, rows: Sequence[Row]) -> list[Envelope]:
        """The envelopes of a row's or a basket's events, as they would be sent. Raises BadRow."""
        kinds = [kind for kind in self.events if all_hold(kind.when, rows[0])]
        if not kinds:
            raise BadRow(self._asked, "a row that one of `events` is for; if it is not meant, name it under `skip`")
        for row in rows:
            for kind in kinds:
                if not all_hold(kind.when, row):
                    raise BadRow(self._asked, "lines of one basket that are all of one kind", None)
                must_hold(kind.expect, row)
        return [self._envelope(kind, rows) for kind in kinds]

    @property
    def _asked(self) -> str:
        return next((one.column for kind in self.events for one in kind.when), "row")

    def _envelope(self, kind: Kind, rows: Sequence[Row]) -> Envelope:
        detail: Envelope = {}
        for name, field in kind.fields.items():
            value = self._value(field, rows, field_kind_of(name))
            if value is not None:
                holder, _, entry = name.partition(".")
                if entry:
                    detail.setdefault(holder, {})[entry] = value
                else:
                    detail[name] = value
        family = self._value(kind.type, rows, FieldKind.OTHER)
        if self.rates:
            self._converted(kind, detail, rows)
        return {
            "source": self._value(self.source, rows, FieldKind.OTHER),
            "detail-type": family,
            "detail": _fitting(family, detail),
        }

    def _value(self, field: FieldSource | Said, rows: Sequence[Row], use: FieldKind) -> Any:  # noqa: ANN401 -- any JSON
        if isinstance(field, FieldSource):
            return (
                field.aggregate_lines(rows, use, self.zone) if self.group_by else field.value(rows[0], use, self.zone)
            )
        if not isinstance(field, str):
            return field
        texts = [text for row in rows if (text := filled(field, row, use)) is not None]
        return aggregate_lines("only", texts, field)

    def _converted(self, kind: Kind, detail: Envelope, rows: Sequence[Row]) -> None:
        """Convert amounts to the event's currency, by the rates of its day."""
        assert self.rates is not None  # noqa: S101 -- whoever calls has looked
        for name, field in kind.fields.items():
            holder, _, entry = name.partition(".")
            place, key = (detail.get(holder, {}), entry) if entry else (detail, name)
            if isinstance(field, FieldSource) and field.currency and key in place:
                place[key] = self.rates.converted(place[key], field, rows, str(detail.get("time", ""))[:10])


def _named(row: Row, column: str) -> str:
    name = id_in(row, column)
    if name is None:
        raise BadRow(column, "a value: the mapping groups by it")
    return name


def _fitting(family: object, detail: Envelope) -> Envelope:
    """A detail without constants that belong to an empty field, such as a currency without an amount."""
    fields = MODELS[str(family)].model_fields if family in MODELS else {}
    is_bare = "currency" in fields and not fields["currency"].is_required() and not MONEY & set(detail)
    unsaid = ({"currency"} if is_bare else set()) | ({"scale"} if "score" not in detail else set())
    return {name: value for name, value in detail.items() if name not in unsaid}
