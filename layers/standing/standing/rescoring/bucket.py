"""Rescores customers: each one's standing at the end of a day, and which customers may need a decision.

Only the engine decides. Customers for whom it would decide something are never left out here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from standing.engine.state import State
from standing.rescoring.care import lacks_consent
from standing.rescoring.days import DayResults, Records, simulate_days
from standing.rescoring.features import columns_needed
from standing.rescoring.memory import REMEMBERED, frame_of
from standing.rules.ruleset import Ruleset
from standing.rules.timeline import Timeline
from standing.values.days import Day

SAID, WAITING, EXPIRES, STIRRED, INCOMPLETE = "said/", "waiting/", "expires", "stirred", "incomplete"


AT_ONCE = 10_000  # customers


@dataclass(frozen=True)
class RescoredBucket:
    """`standing` has a row a customer with `version`, `day`, facts and memory; `stirred` has those to decide."""

    standing: pl.DataFrame
    stirred: tuple[str, ...]


def rescore(
    rules: Timeline, records: pl.DataFrame, states: pl.DataFrame, before: pl.DataFrame | None, until: Day
) -> RescoredBucket:
    """Simulate customers up to the end of `until`, a finished day.

    `records` has their event records that count, `states` their states (`states_of`). `before` is the standing of an
    earlier night, from which customers continue who needed no decision then and whose state has not changed since.
    """
    begin = _begin(states, before).join(_ledger(states), on="customer", how="left", maintain_order="left")
    return rescore_from(rules, records.lazy(), begin, until)


def rescore_from(rules: Timeline, records: pl.LazyFrame, begin: pl.DataFrame, until: Day) -> RescoredBucket:
    """The same, for customers of whom `begin` says where their days begin, and what their ledger has (`carried`).

    The records of those who are more than a day behind are read once for all their days, some customers at a time.
    """
    behind = begin.filter(pl.col("day") < until - 1)
    parts = [_rescored(rules, _read(rules, records, some), some, until) for some in behind.iter_slices(AT_ONCE)]
    parts.append(_rescored(rules, records, begin.filter(pl.col("day") >= until - 1), until))
    standing = pl.concat([part.standing for part in parts], how="diagonal").sort("customer")
    return RescoredBucket(standing, tuple(sorted(name for part in parts for name in part.stirred)))


def _read(rules: Timeline, records: pl.LazyFrame, customers: pl.DataFrame) -> pl.DataFrame:
    """The records of some customers, as far as features need them."""
    names = sorted({name for entry in rules.entries for name in columns_needed(entry.ruleset)})
    own = records.select(names).join(customers.lazy().select("customer"), on="customer", how="semi")
    return own.collect(engine="streaming")


def _rescored(rules: Timeline, records: Records, begin: pl.DataFrame, until: Day) -> RescoredBucket:
    first, ledger = begin.drop(pl.selectors.by_name(*_ledger_names(begin))), _ledger(begin)
    standing = first.filter(pl.col("day") >= until)
    stirred: set[str] = set()
    for lived in simulate_days(rules, records, first, until):
        frame = lived.frame.join(ledger, on="customer", how="left", maintain_order="left")
        stirred |= set(frame.filter(_stirs(lived.ruleset, frame.columns))["customer"])
        if lived.day == until:
            standing = pl.concat([standing, _stored(lived)], how="diagonal")
    marks = pl.col("customer").is_in(sorted(stirred)).alias(STIRRED), pl.lit(value=False).alias(INCOMPLETE)
    whole = standing.with_columns(marks).join(ledger, on="customer", how="left", maintain_order="left")
    return RescoredBucket(whole, tuple(stirred))


def carried(standing: pl.DataFrame) -> pl.DataFrame:
    """What one night passes on to the next of each customer: version, day, memory, and the parts of the ledger."""
    names = (name for name in standing.columns if name.startswith(REMEMBERED))
    return standing.select("customer", "version", "day", *names, *_ledger_names(standing))


def states_of(states: Iterable[State]) -> pl.DataFrame:
    """States as columns: version, day, memory, and the parts of the ledger that a night needs.

    These are the announced level of each rating, until when each care rule waits, and when care actions expire.
    """
    known = list(states)
    memories = frame_of(((state.customer, state.day, state.closed) for state in known), {})
    rows = [
        {"version": state.version, EXPIRES: min(state.ledger.unanswered.values(), default=None)}
        | {f"{SAID}{rating}": level for rating, level in state.ledger.said.items()}
        | {f"{WAITING}{care}": day for care, day in state.ledger.waiting.items()}
        for state in known
    ]
    names = sorted({name for row in rows for name in row if name.startswith((SAID, WAITING))})
    kinds = {name: pl.String if name.startswith(SAID) else pl.Int32 for name in names}
    schema = {"version": pl.Int64, EXPIRES: pl.Int32, **kinds}
    return pl.concat([memories, pl.DataFrame(rows, schema=schema, orient="row")], how="horizontal")


def _begin(states: pl.DataFrame, before: pl.DataFrame | None) -> pl.DataFrame:
    """Where each customer's days begin: at its state, or at the night before if the state has not changed since."""
    own = states.select("customer", "version", "day", *(name for name in states.columns if name.startswith(REMEMBERED)))
    if before is None:
        return own
    calm = before.filter(~pl.col(STIRRED))  # the others may still need a decision
    same = calm.join(own.select("customer", "version"), on=["customer", "version"], how="semi")
    resumed = same.select("customer", "version", "day", *(name for name in same.columns if name.startswith(REMEMBERED)))
    return pl.concat([own.join(resumed, on="customer", how="anti"), resumed], how="diagonal")


def _ledger(states: pl.DataFrame) -> pl.DataFrame:
    return states.select("customer", *_ledger_names(states))


def _ledger_names(frame: pl.DataFrame) -> list[str]:
    return [name for name in frame.columns if name == EXPIRES or name.startswith((SAID, WAITING))]


def _stirs(ruleset: Ruleset, columns: list[str]) -> pl.Expr:
    """Whether a day has a result that the ledger does not have yet."""
    unsaid = []
    for name, rating in ruleset.ratings.items():
        level = pl.coalesce(pl.col(f"shown/{name}/level"), pl.col(f"levels/{name}/level"))
        announced = pl.col(f"{SAID}{name}") if f"{SAID}{name}" in columns else pl.lit(None, dtype=pl.String)
        unsaid.append(level.ne_missing(announced) & level.is_in(rating.levels))
    care = [pl.col(name) for name in columns if name.startswith(("fell-due/", "refrained/"))]
    waiting = [
        (pl.col(f"{WAITING}{name}") <= pl.col("day")) & pl.col(f"care/{name}") & ~lacks_consent(rule)
        for name, rule in ruleset.care.items()
        if f"{WAITING}{name}" in columns
    ]
    return pl.any_horizontal(*unsaid, *care, *waiting, pl.col(EXPIRES) <= pl.col("day")).fill_null(value=False)


def _stored(lived: DayResults) -> pl.DataFrame:
    facts = [name for name in (*lived.ruleset.by_name, *lived.ruleset.ratings) if name in lived.frame.columns]
    remembered = (name for name in lived.frame.columns if name.startswith(REMEMBERED))
    return lived.frame.select("customer", "version", "day", *remembered, *facts)
