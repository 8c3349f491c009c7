"""What is asked for, as it was typed, and the places in which it is looked for. Knows nothing of how it is found."""

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

CARE = "care"  # in the place of a condition
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
    """Where customers are looked for: the lake, or where `live` the table; by which rules, and what day it is."""

    lake: Lake
    customers: Customers
    rules: Timeline
    language: Language = "en"
    live: bool = False
    now: datetime | None = None

    @property
    def today(self) -> Day:
        """The programme's day."""
        return day_of(self.now or datetime.now(UTC), self.rules.latest.programme.time_zone)

    def decided(self, which: pl.Expr) -> pl.DataFrame:
        """Decisions that were published, of which something holds. Raises UserError where a file is damaged."""
        if self.live:
            rows = (decision_row(row) for row in self.customers.outcomes())
            return deduplicate("decisions", frame("decisions", rows)).filter(which)
        way_out = message("`standing lake compact` sets it aside, `standing lake gaps --refill` brings its rows back")
        with damage_as_user_error(way_out):
            return decisions(self.lake, which)


@dataclass(frozen=True)
class Request:
    """What is asked for, as it was typed: `what` is a condition or `care`; see the command's options."""

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
        """Of what the list is to be."""
        return CARE if self.what.strip() == CARE else "customers" if self.moved is None else "moves"

    def check(self) -> None:
        """Raises UserError where an option means nothing for such a list."""
        for name, kinds in MEANT_FOR.items():
            if getattr(self, name) and self.kind not in kinds:
                raise UserError(
                    "`--{option}` means nothing here: it is for {kinds}",
                    option=name.replace("_", "-"),
                    kinds=listed("and", kinds),
                )

    def read(self, ruleset: Ruleset) -> Query:
        """The customers that are wanted, by some rules. Raises RulesError, and UserError where a column is none."""
        condition = question(self.what, ruleset) if self.what.strip() else None
        facts = list(self.columns) or _facts_of(condition) or [*ruleset.ratings]
        known = [*(name for rating in ruleset.ratings.values() for name in rating.fact_names), *ruleset.by_name]
        for name in [*facts, *([self.sort] if self.sort else [])]:
            if name not in known:
                raise UserError("`{name}` is not a feature or rating{nearest}", name=name, nearest=nearest(name, known))
        return Query(condition, tuple(facts), self.sort, self.ascending, self.most)


def _facts_of(condition: Condition | None) -> list[str]:
    """What a condition speaks of, in its order; of what a rating was, the rating itself."""
    names = Query(condition).asked
    return list(dict.fromkeys(name.removesuffix(".was") for name in names))


@contextmanager
def damage_as_user_error(way_out: Message) -> Iterator[None]:
    """What is damaged is named, with the way out. Raises UserError in place of CorruptFile."""
    try:
        yield
    except CorruptFile as error:
        raise UserError("{error}; {way_out}", error=error, way_out=way_out) from None
