"""Features in the lake: the values that rules compare, for every customer as of one day, in one pass.

`engine/features.py` defines the features; here they are the same as expressions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from functools import reduce
from operator import and_, or_
from typing import Any

import polars as pl

from standing.engine.features import EXACT, RATIO_UNIT
from standing.lake.records import KEY, NAMED
from standing.rescoring.refunds import COUNTS_ON, with_counting_day
from standing.rules.features import (
    RULING,
    CombinedFeature,
    DistinctFeature,
    ExtremeFeature,
    LatestFeature,
    Measure,
    MeasuredFeature,
    MembershipYear,
    PointsFeature,
    Ramp,
    SinceFeature,
    SumFeature,
    UntilFeature,
    Window,
    WindowedFeature,
)
from standing.rules.kinds import KindName
from standing.rules.ruleset import Ruleset
from standing.values.days import Day, day_date, last_anniversary, next_anniversary
from standing.values.scales import FINE, REMAINDER, SCORE_UNIT

LEAP_YEAR = 2000
MEASURE, RANK = "measure-", "rank-"
ONE_SCORE = pl.lit(2**FINE, dtype=pl.Int128)  # of remainders, which are sums below 2**127 up to 2**23 answers
SUMMED = {"sums", "extremes"}  # series whose features are computed while a file is read, in one pass
the_day, the_moment = pl.col("day"), pl.col("moment")


def features_on(ruleset: Ruleset, records: pl.LazyFrame, day: Day) -> pl.LazyFrame:
    """The features of each customer in some event records, at the end of a day; null if unknown.

    Also `consent/CHANNEL`, the last consent for a channel, and `ruling/RATING`, the last override as its stored text.
    Records may have `counts_on` already (`with_counting_day`).
    """
    if ruleset.nets and COUNTS_ON not in records.collect_schema():
        records = with_counting_day(records, ruleset)
    own = [feature for feature in ruleset.features if isinstance(feature, MeasuredFeature)]
    summed = {one.name: _taken(ruleset, one, day) for one in own if _is_summed(ruleset, one)}
    others = {one.name: _taken(ruleset, one, day) for one in own if one.name not in summed} | dict(
        _settings(ruleset, day)
    )
    frame = _gathered(ruleset, records, summed)
    if others:
        frame = frame.join(_gathered(ruleset, records.filter(_asked_for(ruleset, others)), others), "customer", "left")
        frame = frame.with_columns(pl.col(one.name).fill_null(0) for one in own if isinstance(one, DistinctFeature))
    for feature in ruleset.features:
        if feature.parts:
            frame = frame.with_columns(MADE_OF[feature.kind](feature).alias(feature.name))
    return frame


def columns_needed(ruleset: Ruleset) -> set[str]:
    """The columns of records that features are made of."""
    values = {name for measure in ruleset.measures.values() for name in _value(measure).meta.root_names()}
    return {*KEY, "family", "day", "moment", "amount", "purchase"} | values


def _is_summed(ruleset: Ruleset, feature: MeasuredFeature) -> bool:
    return ruleset.measures[feature.measure].keeps in SUMMED


def _gathered(ruleset: Ruleset, records: pl.LazyFrame, taken: Mapping[str, pl.Expr]) -> pl.LazyFrame:
    """A row a customer, of the measures that are needed for it alone."""
    needed = {name: ruleset.measures[name] for name in _needed(taken)}
    measured = [_value(measure).alias(_column(name)) for name, measure in needed.items()]
    ranked = [_rank(one).alias(_rank_column(name)) for name, one in needed.items() if one.keeps == "latest"]
    return records.with_columns(measured + ranked).group_by("customer").agg(**taken)


def _asked_for(ruleset: Ruleset, taken: Mapping[str, pl.Expr]) -> pl.Expr:
    """Whether a record counts for any of some features."""
    return pl.any_horizontal(_counts(ruleset.measures[name]) for name in _needed(taken))


def _needed(taken: Mapping[str, pl.Expr]) -> list[str]:
    """The measures that some expressions read."""
    names = {name for one in taken.values() for name in one.meta.root_names()}
    return sorted(name.removeprefix(MEASURE) for name in names if name.startswith(MEASURE))


def _column(measure: str) -> str:
    return f"{MEASURE}{measure}"


def _rank_column(measure: str) -> str:
    return f"{RANK}{measure}"


def _rank(measure: Measure) -> pl.Expr:
    """The rank of a value among ordered values, by `Measure.precedence`."""
    value = _said_of(measure)
    if not measure.order:
        return pl.lit(0, dtype=pl.Int64)
    word = value.str.json_path_match("$[0]") if measure.value == RULING else value
    ranks = {word: rank for rank, word in enumerate(measure.order)}
    return word.replace_strict(ranks, default=len(ranks), return_dtype=pl.Int64)


def _value(measure: Measure) -> pl.Expr:
    """The value of a measure in each record; null if the record does not count."""
    return pl.when(_counts(measure)).then(_said_of(measure))


def _counts(measure: Measure) -> pl.Expr:
    families = (pl.col("family") == family for family in measure.of)
    return reduce(and_, (pl.col(name) == wanted for name, wanted in measure.where.items()), reduce(or_, families))


def _said_of(measure: Measure) -> pl.Expr:
    amount, path = pl.col("amount"), measure.value
    if path == "count":
        return pl.lit(0, dtype=pl.Int64)
    if path == "net_amount":
        return pl.when(pl.col("family") == "refund").then(-amount).otherwise(amount)
    if path == REMAINDER:
        return _remainder(pl.col("answer"), pl.col("steps"))
    if path.partition(".")[0] not in NAMED:
        return pl.col(path)
    entry = pl.col("entries").list.eval(pl.element().filter(pl.element().struct.field("name") == path)).list.first()
    return entry.struct.field("number" if path.startswith("amounts.") else "text")


def _remainder(answer: pl.Expr, steps: pl.Expr) -> pl.Expr:
    left = (answer * SCORE_UNIT % steps).cast(pl.Int128)
    return (left * ONE_SCORE).floordiv(steps.cast(pl.Int128))


def _taken(ruleset: Ruleset, feature: MeasuredFeature, day: Day) -> pl.Expr:
    """A refund that counts on an earlier day counts there from its own day on."""
    known = pl.when(the_day <= day).then(pl.col(COUNTS_ON))
    return TAKEN[feature.kind](feature, day, known if ruleset.measures[feature.measure].nets else the_day)


def _settings(ruleset: Ruleset, day: Day) -> Iterator[tuple[str, pl.Expr]]:
    for channel, measure in ruleset.programme.consent.items():
        yield f"consent/{channel}", _last(measure, the_day <= day)
    for rating in ruleset.ratings.values():
        if rating.override is not None:
            yield f"ruling/{rating.name}", _last(rating.override, the_day <= day)


def _within(window: Window, day: Day, when: pl.Expr) -> pl.Expr:
    """Whether a record counts on a day in a window."""
    last = day - window.ending
    begin = _begin(window, last)
    return when <= last if begin is None else (when <= last) & (begin <= when)


def _begin(window: Window, last: Day) -> pl.Expr | Day | None:
    over = window.over
    if over == "calendar-year":
        return last - day_date(last).timetuple().tm_yday + 1
    if isinstance(over, MembershipYear):
        joined = _first_day(over.anchor)
        return pl.when(joined <= last).then(_last_anniversary(joined, last)).otherwise(last)
    return None if over is None else last - over + 1


def _first_day(measure: str) -> pl.Expr:
    return pl.when(pl.col(_column(measure)).is_not_null()).then(the_day).min()


def _last_anniversary(joined: pl.Expr, last: Day) -> pl.Expr:
    date = joined.cast(pl.Date)
    anniversaries = {one.month * 100 + one.day: last_anniversary(one, last) for one in _days_of_a_year()}
    key = date.dt.month().cast(pl.Int32) * 100 + date.dt.day()
    return key.replace_strict(anniversaries, default=None, return_dtype=pl.Int32)


def _days_of_a_year() -> Iterator[date]:
    first = date(LEAP_YEAR, 1, 1)
    return (first + timedelta(days=number) for number in range(366))


def _values(feature: WindowedFeature, day: Day, when: pl.Expr) -> pl.Expr:
    """Null outside of the window: the streaming engine sums that as it reads, and a filter it does not."""
    return pl.when(_within(feature.window, day, when)).then(pl.col(_column(feature.measure)))


def _limited(value: pl.Expr) -> pl.Expr:
    return value.clip(-EXACT, EXACT).cast(pl.Int64)


def _count(feature: WindowedFeature, day: Day, when: pl.Expr) -> pl.Expr:
    return _values(feature, day, when).count().cast(pl.Int64)


def _sum(feature: SumFeature, day: Day, when: pl.Expr) -> pl.Expr:
    return _limited(_summed(feature, day, when))


def _mean(feature: SumFeature, day: Day, when: pl.Expr) -> pl.Expr:
    count = _count(feature, day, when)
    return pl.when(count > 0).then(_limited(_summed(feature, day, when).floordiv(count)))


def _summed(feature: SumFeature, day: Day, when: pl.Expr) -> pl.Expr:
    """The sum of the values, floored once: `values/scales.py` says why this is exact."""
    total = _values(feature, day, when).sum()
    if feature.remainder is None:
        return total
    remainders = pl.when(_within(feature.window, day, when)).then(pl.col(_column(feature.remainder))).sum()
    lifted = remainders + _count(feature, day, when).cast(pl.Int128) - 1
    return total + pl.when(_count(feature, day, when) > 0).then(lifted.floordiv(ONE_SCORE)).otherwise(0).cast(pl.Int64)


def _distinct(feature: DistinctFeature, day: Day, when: pl.Expr) -> pl.Expr:
    return _values(feature, day, when).drop_nulls().n_unique().cast(pl.Int64).clip(upper_bound=feature.at_most)


def _latest(feature: LatestFeature, day: Day, when: pl.Expr) -> pl.Expr:
    value = _last(feature.measure, _within(feature.window, day, when))
    if not feature.levels:
        return value
    ranks = {level: rank for rank, level in enumerate(feature.levels)}
    return value.replace_strict(ranks, default=None, return_dtype=pl.Int64)


def _last(measure: str, within: pl.Expr) -> pl.Expr:
    """The last value: of the latest day, there of the latest moment, there the one that counts first."""
    value = pl.col(_column(measure))
    there = within & value.is_not_null()
    keys = [one.filter(there) for one in (the_day, the_moment, pl.col(_rank_column(measure)), value)]
    return value.filter(there).sort_by(keys, descending=[False, False, True, True]).last()


def _since_first(feature: SinceFeature, day: Day, _: pl.Expr) -> pl.Expr:
    first = _first_day(feature.measure)
    return pl.when(first <= day).then(day - first).cast(pl.Int64)


def _since_last(feature: SinceFeature, day: Day, _: pl.Expr) -> pl.Expr:
    there = pl.col(_column(feature.measure)).is_not_null() & (the_day <= day)
    return (day - pl.when(there).then(the_day).max()).cast(pl.Int64)


def _until(feature: UntilFeature, day: Day, _: pl.Expr) -> pl.Expr:
    days = (f"{one.month:02}-{one.day:02}" for one in _days_of_a_year())
    there = {month_day: next_anniversary(month_day, day) - day for month_day in days}
    value = _last(feature.measure, the_day <= day).str.slice(-5)
    return value.replace_strict(there, default=None, return_dtype=pl.Int64)


def _to(feature: UntilFeature, day: Day, _: pl.Expr) -> pl.Expr:
    days = _last(feature.measure, the_day <= day).str.to_date("%Y-%m-%d").cast(pl.Int64) - day
    return pl.when(days >= 0).then(days)


def _lowest(feature: ExtremeFeature, day: Day, when: pl.Expr) -> pl.Expr:
    return _limited(_values(feature, day, when).min())


def _highest(feature: ExtremeFeature, day: Day, when: pl.Expr) -> pl.Expr:
    return _limited(_values(feature, day, when).max())


def _score(feature: PointsFeature) -> pl.Expr:
    return pl.sum_horizontal(map(_points, feature.ramps))


def _points(ramp: Ramp) -> pl.Expr:
    gone = (pl.col(ramp.part) - ramp.begin) * (1 if ramp.rises else -1)
    return (gone.clip(0, ramp.span) * ramp.weight).floordiv(ramp.span).fill_null(ramp.unknown)


def _minus(feature: CombinedFeature) -> pl.Expr:
    return _limited(pl.col(feature.first) - pl.col(feature.second))


def _plus(feature: CombinedFeature) -> pl.Expr:
    return _limited(pl.col(feature.first) + pl.col(feature.second))


def _ratio(feature: CombinedFeature) -> pl.Expr:
    first, second = pl.col(feature.first), pl.col(feature.second)
    ratio = (first.cast(pl.Int128) * RATIO_UNIT).floordiv(second.cast(pl.Int128))  # the product may be beyond 64 bits
    return pl.when(second != 0).then(_limited(ratio))


TAKEN: dict[KindName, Callable[[Any, Day, pl.Expr], pl.Expr]] = {  # each takes the features of its kind
    "count": _count,
    "sum": _sum,
    "mean": _mean,
    "min": _lowest,
    "max": _highest,
    "distinct": _distinct,
    "latest": _latest,
    "days_since_first": _since_first,
    "days_since_last": _since_last,
    "days_until": _until,
    "days_to": _to,
}
MADE_OF: dict[KindName, Callable[[Any], pl.Expr]] = {
    "ratio": _ratio,
    "minus": _minus,
    "plus": _plus,
    "points": _score,
}
