"""Series as bytes: what each kind of series keeps, as columns of numbers, and how older formats are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate, compress
from operator import sub
from typing import Any

from standing.engine.codec.columns import FEW, put_column, put_days, take_column, take_days
from standing.engine.codec.varints import Reader, Writer, steps, unzigzag
from standing.engine.series import Amended, Extremes, Latest, Seen, Series, Sums

FIRST = 1  # sums only, and memories whole
SECOND = 2  # every number a varint
FORMAT = 3
COUNTED, SUMMED, SHAPES = 1, 2, 4  # of sums: whether counts and sums follow, and from there on the wider series' place
MOST_LEFT_OUT = 1.125  # where more are left out, a flag for each day is smaller than their places
type Read = Callable[[Reader, int, Sequence[Series]], Series]


def write_series(writer: Writer, buckets: Sequence[Series]) -> None:
    """All series of a customer: of each its kind, its number of days (or values seen), and what belongs to them."""
    writer.put(len(buckets))
    for place, series in enumerate(buckets):
        if series.packed:
            writer.packed += series.packed
        else:
            _write(writer, series, buckets[:place])


def _write(writer: Writer, series: Series, before: Sequence[Series]) -> None:
    if isinstance(series, Amended) and series.pending:  # what is stored is pruned, and its day is the last of all
        raise ValueError("a series is stored as of a day by which all of it is known")
    kind = KINDS.index(type(series))
    writer.put(len(series.days) * len(KINDS) + kind)
    if series.days:
        WRITERS[kind](writer, series, before)


def read_series(reader: Reader, form: int) -> tuple[Series, ...]:
    """What `write_series` wrote, in this format or an older one."""
    found: list[Series] = []
    for _ in range(reader.take()):
        begin = reader.place
        length, kind = divmod(reader.take(), 1 if form == FIRST else len(KINDS))
        series = READERS[form][kind](reader, length, found) if length else EMPTY[kind]
        if form == FORMAT and 0 < length <= FEW:  # a longer one may have been read from the days of another
            vars(series)["packed"] = reader.packed[begin : reader.place]
        found.append(series)
    return tuple(found)


def _write_sums(writer: Writer, series: Any, before: Sequence[Series]) -> None:  # noqa: ANN401 -- of its kind
    """Which columns there are and what is known of `first`; the days, the counts and the sums, as far as needed."""
    place = _wider(series, before)
    wider, left_out = _among(series, before[place - 1]) if place else (None, [])
    counts = _unexpected(series, wider)
    summed = any(series.sums)
    writer.put(COUNTED * bool(counts) | SUMMED * summed | SHAPES * place, series.days[0] - series.first)
    if wider:
        writer.put(len(left_out), *steps((0, *left_out)))
    else:
        put_days(writer, series.days)
    if counts:
        put_column(writer, counts)
    if summed:
        put_column(writer, series.sums)


def _read_sums(reader: Reader, length: int, before: Sequence[Series]) -> Sums:
    shape, since = reader.take(), reader.take()
    if shape >= SHAPES:
        wider = _without(before[shape // SHAPES - 1], tuple(accumulate(reader.several(reader.take()))))
        days, counts = wider.days, wider.counts
        if shape & COUNTED:
            counts = tuple(map(sub, counts, take_column(reader, length)))
    else:
        days = take_days(reader, length)
        counts = take_column(reader, length) if shape & COUNTED else (1,) * length
    sums = take_column(reader, length) if shape & SUMMED else (0,) * length
    return Sums(days, counts, sums, days[0] - since)


def _wider(series: Sums, before: Sequence[Series]) -> int:
    """The first series before that has all days of this one and few others, counted from 1; 0 where there is none.

    Purchases are among transactions.
    """
    if len(series.days) <= FEW:
        return 0
    return next((place for place, other in enumerate(before, 1) if _contains(other, series.days)), 0)


def _contains(series: Series, days: tuple[int, ...]) -> bool:
    if not isinstance(series, Sums) or not len(days) <= len(series.days) <= len(days) * MOST_LEFT_OUT:
        return False
    return series.days == days or frozenset(series.days).issuperset(days)


def _among(series: Sums, wider: Series) -> tuple[Sums, list[int]]:
    """What is left of a wider series on a series' days, and the places of those left out."""
    if wider.days == series.days:
        return _without(wider, []), []
    wanted = frozenset(series.days)
    left_out = [place for place, day in enumerate(wider.days) if day not in wanted]
    return _without(wider, left_out), left_out


def _without(series: Series, places: Sequence[int]) -> Sums:
    if not isinstance(series, Sums):
        raise TypeError("only sums have counts")
    if not places:
        return series
    flags = bytearray(b"\1") * len(series.days)
    for place in places:
        flags[place] = 0
    return Sums(tuple(compress(series.days, flags)), tuple(compress(series.counts, flags)))


def _unexpected(series: Sums, wider: Sums | None) -> tuple[int, ...]:
    """The counts, unless there is one a day; or by how much they are less than a wider series', if they are."""
    if not wider:
        return series.counts if max(series.counts) > 1 else ()
    differences = tuple(map(sub, wider.counts, series.counts))
    return differences if any(differences) else ()


def _write_extremes(writer: Writer, series: Any, _: Sequence[Series]) -> None:  # noqa: ANN401
    put_days(writer, series.days)
    put_column(writer, series.lows)
    put_column(writer, [high - low for low, high in zip(series.lows, series.highs, strict=True)])


def _read_extremes(reader: Reader, length: int, _: Sequence[Series]) -> Extremes:
    days, lows = take_days(reader, length), take_column(reader, length)
    return Extremes(days, lows, tuple(map(sum, zip(lows, take_column(reader, length), strict=True))))


def _write_latest(writer: Writer, series: Any, _: Sequence[Series]) -> None:  # noqa: ANN401
    writer.put(series.days[0], *steps(series.days), *series.moments)
    for value in series.values:
        writer.fact(value)


def _read_latest(reader: Reader, length: int, _: Sequence[Series]) -> Latest:
    days = tuple(accumulate(reader.several(length)))
    return Latest(days, reader.several(length), tuple(reader.fact() for _ in range(length)))


def _write_seen(writer: Writer, series: Any, _: Sequence[Series]) -> None:  # noqa: ANN401
    for value, days in series.days.items():
        writer.fact(value)
        writer.put(len(days), days[0], *steps(days))


def _read_seen(reader: Reader, length: int, _: Sequence[Series]) -> Seen:
    return Seen({reader.fact(): tuple(accumulate(reader.several(reader.take()))) for _ in range(length)})


# Older formats -----------------------------------------------------------------------------------------------------


def _read_sums_of_varints(reader: Reader, length: int, _: Sequence[Series]) -> Sums:
    first, summed = reader.take(), reader.take()
    days = tuple(accumulate(reader.several(length), initial=first))[1:]
    counts = reader.several(length)
    sums = tuple(map(unzigzag, reader.several(length))) if summed else (0,) * length
    return Sums(days, counts, sums, first)


def _read_extremes_of_varints(reader: Reader, length: int, _: Sequence[Series]) -> Extremes:
    days = tuple(accumulate(reader.several(length)))
    lows = tuple(map(unzigzag, reader.several(length)))
    return Extremes(days, lows, tuple(map(sum, zip(lows, reader.several(length), strict=True))))


KINDS: tuple[type[Sums | Extremes | Latest | Seen], ...] = (Sums, Extremes, Latest, Seen)
EMPTY: tuple[Series, ...] = tuple(kind(packed=bytes([number])) for number, kind in enumerate(KINDS))
WRITERS = (_write_sums, _write_extremes, _write_latest, _write_seen)
READERS: dict[int, tuple[Read, ...]] = {
    FIRST: (_read_sums_of_varints,),
    SECOND: (_read_sums_of_varints, _read_extremes_of_varints, _read_latest, _read_seen),
    FORMAT: (_read_sums, _read_extremes, _read_latest, _read_seen),
}
