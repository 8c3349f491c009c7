"""States as bytes: they come back as they were, and a format of the future is refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standing.core.codec import FORMAT, pack, unpack
from standing.core.measures import Series
from standing.core.state import Held, Memory, State

from tests.unit.strategies import stored

words = st.text(st.characters(codec="utf-8"), max_size=12)
day_numbers = st.integers(0, 40_000)
values = st.integers(-(2**60), 2**60) | st.integers(-300, 300) | st.just(0)
memories = st.builds(
    Memory,
    levels=st.dictionaries(words, st.builds(Held, words, day_numbers, st.none() | day_numbers), max_size=4),
    due=st.dictionaries(words, day_numbers, max_size=4),
)


@st.composite
def serieses(draw: st.DrawFn) -> Series:
    happened = draw(st.lists(st.tuples(day_numbers, values), max_size=12))
    return Series().plus(happened).since(draw(day_numbers))


states = st.builds(
    State,
    customer=words,
    version=st.integers(1, 10**9),
    day=day_numbers,
    features_hash=words,
    buckets=st.lists(serieses(), max_size=5).map(tuple),
    opened=memories,
    closed=memories,
    said=st.dictionaries(words, words, max_size=4),
    asked=st.dictionaries(words, day_numbers, max_size=4),
)

SPENT = Series().plus([(20_000, 1_250), (20_003, -300), (20_003, 100)])
A_STATE = State(
    customer="c-1",
    version=3,
    day=20_003,
    features_hash="0123abcd",
    buckets=(SPENT, Series(), Series().plus([(5, 0)])),
    opened=Memory({"tier": Held("silver", 20_000)}),
    closed=Memory({"tier": Held("gold", 20_003)}, {"tier-reached": 20_003}),
    said={"tier": "gold"},
    asked={"tier-reached": 20_003},
)


def _read(packed: bytes) -> State:
    return unpack(packed, customer="c-1", version=3, day=20_003, features_hash="0123abcd")


@settings(max_examples=500)
@given(states)
def test_a_state_comes_back_as_it_was(state: State) -> None:
    again = stored(state)
    assert again == state
    assert pack(again) == pack(state)


@given(serieses(), st.integers(0, 40_000), st.integers(0, 400))
def test_windows_of_a_series_that_came_back_are_the_same(series: Series, first: int, length: int) -> None:
    (again,) = _read(pack(State("c-1", 3, 20_003, "0123abcd", (series,), Memory(), Memory(), {}, {}))).buckets
    assert again.window(first, first + length) == series.window(first, first + length)
    assert (again.first, again.latest(first)) == (series.first, series.latest(first))


def test_what_the_first_release_packed_still_reads() -> None:
    packed = bytes.fromhex(
        "01785b5b7b2274696572223a5b2273696c766572222c32303030305d7d2c7b7d5d2c5b7b2274696572223a5b22676f6c6422"
        "2c32303030335d7d2c7b22746965722d72656163686564223a32303030337d5d2c7b2274696572223a22676f6c64227d2c7b"
        "22746965722d72656163686564223a32303030337d5d0302a09c010100030102c4138f03000105000001"
    )
    assert pack(A_STATE) == packed
    assert _read(packed) == A_STATE


def test_a_busy_year_is_small() -> None:
    year = Series().plus([(20_000 + day, 2_599) for day in range(0, 365, 3)])
    packed = pack(State("c-1", 3, 20_365, "0123abcd", (year,), Memory(), Memory(), {}, {}))
    assert len(packed) < 4 * len(year.days) + 60


@pytest.mark.parametrize("form", [0, FORMAT + 1, 127, 300])
def test_a_format_it_does_not_know_is_refused(form: int) -> None:
    number = bytes([form]) if form < 128 else bytes([form & 0x7F | 0x80, form >> 7])
    with pytest.raises(ValueError, match=f"^state of format {form}; this code reads {FORMAT}: deploy the newer code$"):
        _read(number + pack(A_STATE)[1:])
