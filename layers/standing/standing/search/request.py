"""A search request as typed, and the sources to search. Does not know how customers are found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime

import polars as pl

from standing.aws.lake_bucket import Lake
from standing.aws.table import Customers
from standing.lake.decisions import decision_row
from standing.lake.parquet import CorruptFile
from standing.lake.rows import deduplicate, frame
from standing.rules.author.messages import nearest
from standing.rules.author.questions import question
from standing.rules.conditions import Condition
from standing.rules.ruleset import Ruleset
from standing.rules.timeline import Timeline
from standing.search.decisions import decisions
from standing.search.standings import Query
from standing.values.catalogue import Language
from standing.values.days import Day, day_of
from standing.values.errors import UserError
from standing.values.messages import Message, listed, message

CARE = "care"  # instead of a condition
MEANT_FOR = {
    "as_of": ("customers",),
    "columns": ("customers",),
    "sort": ("customers",),
    "ascending": ("customers",),
    "since": ("moves", CARE),
    "until": ("moves", CARE),
    "status": (CARE,),
    "owner": (CARE,),
    "action": (CARE,),
}


@dataclass(frozen=True)
class Sources:
    """The sources of a search: the lake, or the table if `live`; the rules, and today."""

    lake: Lake
    customers: Customers
    rules: Timeline
    language: Language = "en"
    live: bool = False
    now: datetime | None = None

    @property
    def today(self) -> Day:
        """Today, in the programme's time zone."""
        return day_of(self.now or datetime.now(UTC), self.rules.latest.programme.time_zone)

    def decided(self, which: pl.Expr) -> pl.DataFrame:
        """The decisions that meet a condition. Raises UserError if a file is corrupt."""
        if self.live:
            rows = (decision_row(row) for row in self.customers.outcomes())
            return deduplicate("decisions", frame("decisions", rows)).filter(which)
        way_out = message("`standing lake compact` quarantines it, `standing lake gaps --refill` restores its rows")
        with damage_as_user_error(way_out):
            return decisions(self.lake, which)


@dataclass(frozen=True)
class Request:
    """A request as typed: `what` is a condition or `care`; the others are the command's options."""

    what: str = ""
    as_of: date | None = None
    columns: Sequence[str] = ()
    sort: str | None = None
    ascending: bool = False
    moved: str | None = None
    since: date | None = None
    until: date | None = None
    status: str | None = None
    owner: str | None = None
    action: str | None = None
    most: int | None = None

    @property
    def kind(self) -> str:
        """The kind of list: customers, moves or care actions."""
        return CARE if self.what.strip() == CARE else "customers" if self.moved is None else "moves"

    def check(self) -> None:
        """Raise UserError if an option does not apply to this kind of list."""
        for name, kinds in MEANT_FOR.items():
            if getattr(self, name) and self.kind not in kinds:
                raise UserError(
                    "`--{option}` does not apply here: it is for {kinds}",
                    option=name.replace("_", "-"),
                    kinds=listed("and", kinds),
                )

    def read(self, ruleset: Ruleset) -> Query:
        """Parse the request by some rules. Raises RulesError, and UserError for an unknown column."""
        condition = question(self.what, ruleset) if self.what.strip() else None
        facts = list(self.columns) or _facts_of(condition) or [*ruleset.ratings]
        known = [*(name for rating in ruleset.ratings.values() for name in rating.fact_names), *ruleset.by_name]
        for name in [*facts, *([self.sort] if self.sort else [])]:
            if name not in known:
                raise UserError("`{name}` is not a feature or rating{nearest}", name=name, nearest=nearest(name, known))
        return Query(condition, tuple(facts), self.sort, self.ascending, self.most)


def _facts_of(condition: Condition | None) -> list[str]:
    """The facts in a condition, in order. A comparison with a rating's former level counts as the rating."""
    names = Query(condition).asked
    return list(dict.fromkeys(name.removesuffix(".was") for name in names))


@contextmanager
def damage_as_user_error(way_out: Message) -> Iterator[None]:
    """Raise UserError, with the way out, instead of CorruptFile."""
    try:
        yield
    except CorruptFile as error:
        raise UserError("{error}; {way_out}", error=error, way_out=way_out) from None
