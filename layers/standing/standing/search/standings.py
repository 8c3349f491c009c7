"""Customers by a condition over stored standings. Only the columns that a query needs are decoded.

A fact is a column of integers or strings, as rules compare it. A rating's fact is the rank of its shown level.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import batched
from typing import Any, NamedTuple

import polars as pl

from standing.aws.lake_bucket import Lake
from standing.lake.parquet import WRONG, check_seal, check_type, collect, corrupt_at, not_whole
from standing.lake.tombstones import tombstones
from standing.rescoring.backend import expression
from standing.rescoring.memory import column
from standing.rules.conditions import Condition, comparisons
from standing.rules.ruleset import Ruleset
from standing.values.days import Day

AT_ONCE = 32  # files in memory at the same time
ALWAYS: dict[str, Any] = {"customer": pl.String, "day": pl.Int32}


class NotKept(ValueError):  # noqa: N818 -- describes the facts
    """Facts that no night stores. `known` has the facts that are stored."""

    def __init__(self, facts: Iterable[str], known: Iterable[str]) -> None:
        self.facts, self.known = tuple(facts), tuple(known)
        super().__init__(", ".join(self.facts))


@dataclass(frozen=True)
class Query:
    """A query: a condition (None: all customers), the facts to show, the order, and the limit.

    `by` is the fact to sort by, in descending or, if `rising`, ascending order; unknown values last, then by customer.
    """

    condition: Condition | None = None
    facts: tuple[str, ...] = ()
    by: str | None = None
    rising: bool = False
    most: int | None = None

    @property
    def shown(self) -> list[str]:
        """The facts to show, including the one to sort by."""
        return list(dict.fromkeys([*self.facts, *([self.by] if self.by else [])]))

    @property
    def asked(self) -> list[str]:
        """Every fact that is needed."""
        lines = comparisons(self.condition) if self.condition else ()
        return list(dict.fromkeys([*self.shown, *(line.fact for line in lines)]))


class QueryResult(NamedTuple):
    """`rows` has `customer` and the facts; `total` customers meet the condition; `days` counts them by their day.

    `lacking` counts, by fact, the files that lack it, so that it is unknown for their customers.
    """

    rows: pl.DataFrame
    total: int
    days: dict[Day, int]
    lacking: dict[str, int]


def find(lake: Lake, keys: Sequence[str], ruleset: Ruleset, wanted: Query) -> QueryResult:
    """Run a query on the standings under some keys. Raises CorruptFile and NotKept.

    Forgotten customers, who stay in files until the next compaction, are left out.
    """
    search = Search(ruleset, wanted)
    parts = [search.in_files(list(_read(lake, some))) for some in batched(keys, AT_ONCE)]
    search.refuse_unknown()
    rows = tombstones(lake).kept(pl.concat([*parts, search.nobody]))
    lacking = {fact: search.files - search.having[fact] for fact in wanted.asked}
    return QueryResult(
        ordered(rows, wanted), rows.height, dict(search.days), {fact: many for fact, many in lacking.items() if many}
    )


def ordered(rows: pl.DataFrame, wanted: Query) -> pl.DataFrame:
    """Rows in the query's order, up to its limit."""
    if wanted.by is None:
        in_order = rows.sort("customer")
    else:
        falls = [not wanted.rising, False]
        in_order = rows.sort(wanted.by, "customer", descending=falls, nulls_last=True, maintain_order=True)
    return in_order if wanted.most is None else in_order.head(wanted.most)


def schema_of(ruleset: Ruleset, facts: Iterable[str]) -> dict[str, Any]:
    """The schema of `customer` and some facts."""
    texts = {one.name for one in ruleset.features if one.unit == "text"}
    return {"customer": pl.String, **{fact: pl.String if fact in texts else pl.Int64 for fact in facts}}


class File(NamedTuple):
    """A file of standings: its key, its content, and its columns."""

    key: str
    body: bytes
    columns: Mapping[str, Any]

    @property
    def is_empty(self) -> bool:
        """Whether it has no customers; then it may lack columns."""
        return collect(pl.scan_parquet(self.body).select("customer").head(1)).is_empty()


class Search:
    """A search through files of standings, some at a time. It counts customers by day, and missing facts."""

    def __init__(self, ruleset: Ruleset, wanted: Query) -> None:
        self.ruleset, self.wanted = ruleset, wanted
        self.columns = {name: self._stored(name) for name in (*ruleset.ratings, *ruleset.by_name)}
        self.nobody = pl.DataFrame(schema=schema_of(ruleset, wanted.shown))
        self.stored = {name: kind for fact in wanted.asked for name, kind in self._stored(fact).items()}
        self.days: Counter[Day] = Counter()
        self.having: Counter[str] = Counter()
        self.files = 0

    def in_files(self, files: list[File]) -> pl.DataFrame:
        """The matching customers in some files: `customer` and the shown facts. Raises CorruptFile."""
        for file in files:
            self._look_at(file)
        if not files:
            return self.nobody
        rows = pl.scan_parquet(
            [file.body for file in files],
            schema=ALWAYS | self.stored,
            missing_columns="insert",
            extra_columns="ignore",
        )
        for day, customers in collect(rows.group_by("day").len()).rows():
            self.days[day] += customers
        facts = rows.select("customer", *(self._fact(name) for name in self.wanted.asked))
        if self.wanted.condition is not None:
            facts = facts.filter(expression(self.wanted.condition))
        return collect(facts.select(list(self.nobody.columns)))

    def refuse_unknown(self) -> None:
        """Raises NotKept where a fact that is asked for is in none of the files."""
        facts = [fact for fact in self.wanted.asked if self.files and not self.having[fact]]
        if facts:
            names = (*self.ruleset.ratings, *self.ruleset.by_name)
            raise NotKept(facts, (name for name in names if self.having[name]))

    def _look_at(self, file: File) -> None:
        """Count what a file has. Raises CorruptFile where a column is of another kind than it should be."""
        has = [name for name, stored in self.columns.items() if stored.keys() & file.columns.keys()]
        if not set(self.wanted.asked) <= set(has) and file.is_empty:
            return
        self.files += 1
        self.having.update(has)
        for name, wanted in (ALWAYS | self.stored).items():
            with corrupt_at(file.key):
                check_type(name, file.columns.get(name, wanted), wanted)

    def _stored(self, fact: str) -> dict[str, Any]:
        """The columns that may have a fact, of which one is enough; empty if it is not stored."""
        if fact in self.ruleset.ratings:
            return {column(kept, fact, "level"): pl.String for kept in ("shown", "levels")}
        return {fact: schema_of(self.ruleset, [fact])[fact]} if fact in self.ruleset.by_name else {}

    def _fact(self, fact: str) -> pl.Expr:
        names = list(self._stored(fact))
        if not names:
            return pl.lit(None, dtype=pl.Int64).alias(fact)
        if fact not in self.ruleset.ratings:
            return pl.col(fact)
        ranks = self.ruleset.ratings[fact].ranks
        return pl.coalesce(names).replace_strict(ranks, default=None, return_dtype=pl.Int64).alias(fact)


def _read(lake: Lake, keys: Iterable[str]) -> Iterator[File]:
    """Read intact files. Raises CorruptFile, which names the first corrupt one."""
    for key, stored in lake.get_all(keys):
        with corrupt_at(key):
            check_seal(stored.body)
            columns = _columns(stored.body)
        yield File(key, stored.body, columns)


def _columns(body: bytes) -> Mapping[str, Any]:
    """The columns of a file. Raises CorruptFile."""
    try:
        return pl.read_parquet_schema(BytesIO(body))
    except WRONG as error:  # whatever the reader stumbles over, the file is at fault
        raise not_whole(error) from None
