"""States as bytes: they come back as they were, and a format of the future is refused."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standing.engine.codec import DEFLATED, PLAIN, ROOM, pack, pack_checkpoint, unpack
from standing.engine.series import Extremes, Latest, Observation, Seen, Series, Sums
from standing.engine.state import Checkpoint, Ledger, LevelState, Memory, State
from standing.rules.features import Reach

from tests.make.strategies import happened, stored, stored_checkpoint, sums

words = st.text(st.characters(codec="utf-8"), max_size=12)
day_numbers = st.integers(0, 40_000)
values = st.integers(-(2**60), 2**60) | st.integers(-300, 300) | st.just(0)
levels = st.dictionaries(words, st.builds(LevelState, words, day_numbers, st.none() | day_numbers), max_size=4)
days_by_word = st.dictionaries(words, day_numbers, max_size=4)
memories = st.builds(
    Memory,
    levels=levels,
    due=days_by_word,
    shown=st.just({}) | levels,
    held_back=st.just({}) | st.dictionaries(words, days_by_word, max_size=3),
    contacts=st.just({}) | st.dictionaries(words, st.lists(day_numbers, max_size=4).map(tuple), max_size=3),
)
ledgers = st.builds(
    Ledger,
    said=st.dictionaries(words, words, max_size=4),
    honoured=st.just({}) | days_by_word,
    asked=days_by_word,
    unanswered=st.just({}) | days_by_word,
    refrained=st.just({}) | days_by_word,
)
reaches = st.builds(Reach, st.integers(1, 400), st.booleans())


def _happened(of: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Observation]]:
    """Values of a measure, all of one kind."""
    return st.lists(st.builds(Observation, day_numbers, st.integers(0, 2**52), of), max_size=12)


@st.composite
def sums_of_days(draw: st.DrawFn) -> Sums:
    return Sums().plus(draw(_happened(values))).evict(draw(day_numbers), draw(reaches))


@st.composite
def serieses(draw: st.DrawFn) -> Series:
    """Any series, of any kind, new or pruned."""
    of = words if draw(st.booleans()) else values
    made: Series = draw(
        sums_of_days()
        | _happened(values).map(Extremes().plus)
        | _happened(of).map(Latest().plus)
        | _happened(of).map(Seen().plus)
    )
    return made.evict(draw(day_numbers), draw(reaches)) if draw(st.booleans()) else made


@st.composite
def wider_and_narrower(draw: st.DrawFn) -> tuple[Sums, Sums, Sums]:
    """A year of transactions, some of their days, and one more day of transactions."""
    days = sorted(draw(st.sets(st.integers(20_000, 20_200), min_size=9, max_size=60)))
    year = Sums().plus(happened(*((day, draw(st.integers(-900, 90_000))) for day in days)))
    few = st.lists(st.sampled_from(days), min_size=1, max_size=90)
    some = draw(
        few | st.sets(st.sampled_from(days), max_size=3).map(lambda out: [one for one in days if one not in out])
    )
    more = year.plus(happened((draw(st.integers(20_000, 20_210)), 1)))
    return year, Sums().plus(happened(*((day, 0) for day in some))), more


states = st.builds(
    State,
    customer=words,
    version=st.integers(1, 10**9),
    day=day_numbers,
    features_hash=words,
    buckets=st.lists(serieses(), max_size=5).map(tuple),
    opened=memories,
    closed=memories,
    ledger=ledgers,
)

SPENT = Sums().plus(happened((20_000, 1_250), (20_003, -300), (20_003, 100)))
A_STATE = State(
    customer="c-1",
    version=3,
    day=20_003,
    features_hash="0123abcd",
    buckets=(SPENT, Sums(), Sums().plus(happened((5, 0)))),
    opened=Memory({"tier": LevelState("silver", 20_000)}),
    closed=Memory({"tier": LevelState("gold", 20_003)}, {"tier-reached": 20_003}),
    ledger=Ledger(said={"tier": "gold"}, asked={"tier-reached": 20_003}),
)

A_RICH_STATE = State(
    customer="c-1",
    version=3,
    day=20_003,
    features_hash="0123abcd",
    buckets=(
        SPENT,
        Extremes(),
        Extremes((19_990, 20_001), (-1_250, 3), (400, 3)),
        Latest((19_000, 20_003), (0, 1_728_259_200_000_000), ("学生", "true")),
        Latest((20_002,), (1_728_172_800_000_000,), (-7_500,)),
        Seen({"app": (19_999, 20_003), "web": (20_000,)}),
    ),
    opened=Memory(
        {"mood": LevelState("calm", 19_000), "tier": LevelState("silver", 20_000, 20_030)},
        {"recover": 19_995, "thank": 19_990},
        {"tier": LevelState("gold", 20_001)},
        {"greet": {"consent": 20_001}},
        {"email": (19_990, 19_995)},
    ),
    closed=Memory(
        {"mood": LevelState("calm", 19_000), "tier": LevelState("gold", 20_003)},
        {"recover": 20_003, "thank": 19_990},
        {},
        {},
        {"email": (19_995,), "phone": (20_003,)},
    ),
    ledger=Ledger({"mood": "upset", "tier": "gold"}, {"mood": 20_014}, {"recover": 20_003}, {"recover#20003": 20_005}),
)

YEAR = Sums().plus(happened(*((19_900 + day * day % 53, 2_599 + 1_700 * (day % 9)) for day in range(40))))
A_YEAR = (
    *A_RICH_STATE.buckets,
    YEAR,
    Sums().plus(happened(*((day, 0) for day in YEAR.days[:-1]))),
    Sums().plus(happened(*((day, 3) for day in range(19_000, 20_000, 70)))),
)


def _read(packed: bytes) -> State:
    return unpack(packed, customer="c-1", version=3, day=20_003, features_hash="0123abcd")


@settings(max_examples=500)
@given(states)
def test_a_state_comes_back_as_it_was(state: State) -> None:
    again = stored(state)
    assert again == state
    assert pack(again) == pack(state)


@settings(max_examples=200)
@given(st.builds(Checkpoint, day_numbers, words, st.lists(serieses(), max_size=5).map(tuple), memories))
def test_a_checkpoint_comes_back_as_it_was(checkpoint: Checkpoint) -> None:
    again = stored_checkpoint(checkpoint)
    assert again == checkpoint
    assert pack_checkpoint(again) == pack_checkpoint(checkpoint)


@given(sums_of_days(), st.integers(0, 40_000), st.integers(0, 400))
def test_windows_of_a_series_that_came_back_are_the_same(series: Sums, first: int, length: int) -> None:
    (read,) = _read(pack(State("c-1", 3, 20_003, "0123abcd", (series,), Memory(), Memory()))).buckets
    again = sums(read)
    assert again.window(first, first + length) == series.window(first, first + length)
    assert (again.first, again.latest(first)) == (series.first, series.latest(first))


def _with(*buckets: Series) -> State:
    return State("c-1", 3, 20_003, "0123abcd", buckets, Memory(), Memory())


@given(wider_and_narrower())
def test_days_that_another_series_has_too_come_back(made: tuple[Sums, Sums, Sums]) -> None:
    year, some, more = made
    for buckets in ((year, some), (some, year), (year, year), (Latest(), year, some, some)):
        assert _read(pack(_with(*buckets))).buckets == buckets
    read = _read(pack(_with(year, some))).buckets
    assert _read(pack(_with(more, read[1]))).buckets == (more, some)


def test_the_days_of_purchases_are_not_stored_again_beside_those_of_transactions() -> None:
    days = sorted(Random(1).sample(range(20_000, 21_000), 400))
    year = Sums().plus(happened(*((day, 2_599) for day in days)))
    purchases = Sums().plus(happened(*((day, 0) for day in days[1:])))
    assert len(pack(_with(year, purchases))) < len(pack(_with(year))) + 40


@pytest.mark.parametrize(("days", "form"), [(10, PLAIN), (200, PLAIN), (ROOM, DEFLATED)])
def test_only_what_would_begin_another_kilobyte_is_deflated(days: int, form: int) -> None:
    year = Sums().plus(happened(*((20_000 + day, 2_599) for day in range(days))))
    packed = pack(_with(year))
    assert packed[0] == form
    assert len(packed) <= ROOM + 1
    assert _read(packed).buckets == (year,)


def test_a_series_that_was_read_is_not_written_again_until_it_changes() -> None:
    series, _ = _read(pack(_with(SPENT, YEAR))).buckets
    assert pack(_with(series, series.plus(happened((20_010, 5))))) == pack(
        _with(SPENT, SPENT.plus(happened((20_010, 5))))
    )
    series.row = (0, 7, (), (), (), 0)
    assert _read(pack(_with(series, SPENT))).buckets == (Sums((7,), (1,), (0,), 7), SPENT)


def test_a_busy_year_is_small() -> None:
    year = Sums().plus(happened(*((20_000 + day, 2_599) for day in range(0, 365, 3))))
    packed = pack(State("c-1", 3, 20_365, "0123abcd", (year,), Memory(), Memory()))
    assert len(packed) < 4 * len(year.days) + 60


@pytest.mark.parametrize("form", [0, 1, 4, 127, 255])
def test_a_format_it_does_not_know_is_refused(form: int) -> None:
    said = f"^state of format {form}; this code reads formats 2 and 3: deploy the newer code$"
    with pytest.raises(ValueError, match=said):
        _read(bytes([form]) + pack(A_STATE)[1:])


@pytest.mark.parametrize("number", [2**63 - 1, 2**64 - 1, 2**64, 2**90, -(2**63), -(2**63) - 1, -(2**90)])
def test_a_number_of_any_size_comes_back(number: int) -> None:
    many = Sums((1, 2), (1, 1), (number, -1), 1), Extremes((1,), (number,), (number,)), Latest((1,), (0,), (number,))
    assert _read(pack(_with(*many))).buckets == many
