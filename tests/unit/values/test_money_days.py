"""Money in minor units and days in the programme's time zone; and the guards that every unit test runs under."""

from __future__ import annotations

import socket
import time
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standing.values.days import (
    day_date,
    day_in,
    day_number,
    day_of,
    end_of_day,
    last_anniversary,
    month_ends,
    next_anniversary,
)
from standing.values.money import MoneyError, from_minor, to_minor

ZONES = sorted(available_timezones() - {"Factory", "localtime"})
MOMENTS = st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("amount", "digits", "minor"),
    [
        ("12.5", 2, 1250),
        ("12.50", 2, 1250),
        ("0", 2, 0),
        ("0.01", 2, 1),
        ("9999999999.99", 2, 999_999_999_999),
        ("9999999999.9999", 4, 99_999_999_999_999),
        ("1000", 0, 1000),
        ("1.0", 0, 1),
        ("-3.99", 2, -399),
        ("1.2345", 4, 12345),
    ],
)
def test_amounts_become_whole_minor_units(amount: str, digits: int, minor: int) -> None:
    assert to_minor(Decimal(amount), digits) == minor


@pytest.mark.parametrize(("amount", "digits"), [("0.001", 2), ("1.5", 0), ("12.345", 2), ("0.00001", 4)])
def test_decimals_that_the_currency_has_not_are_refused(amount: str, digits: int) -> None:
    with pytest.raises(MoneyError, match=f"^at most {digits} decimals$"):
        to_minor(Decimal(amount), digits)


@pytest.mark.parametrize(
    ("minor", "digits", "text"),
    [(1250, 2, "12.50"), (5, 2, "0.05"), (-5, 2, "-0.05"), (0, 2, "0.00"), (7, 0, "7"), (4000, 4, "0.4000")],
)
def test_minor_units_read_as_decimal_strings(minor: int, digits: int, text: str) -> None:
    assert from_minor(minor, digits) == text


@given(st.integers(-(2**53), 2**53), st.integers(0, 4))
def test_money_survives_the_way_out_and_in_exactly(minor: int, digits: int) -> None:
    text = from_minor(minor, digits)
    assert Fraction(text) == Fraction(minor, 10**digits)
    assert to_minor(Decimal(text), digits) == minor


@given(st.dates(date(1970, 1, 1), date(9999, 12, 31)))
def test_day_numbers_count_from_1970(day: date) -> None:
    assert day_date(day_number(day)) == day
    assert day_number(day) == (day - date(1970, 1, 1)).days


@pytest.mark.parametrize(
    ("moment", "zone", "day"),
    [
        ("2026-03-01T04:59:59.999999+00:00", "America/New_York", "2026-02-28"),
        ("2026-03-01T05:00:00+00:00", "America/New_York", "2026-03-01"),
        ("2026-07-01T03:59:59+00:00", "America/New_York", "2026-06-30"),
        ("2026-07-01T04:00:00+00:00", "America/New_York", "2026-07-01"),
        ("2026-02-28T16:00:00+00:00", "Asia/Shanghai", "2026-03-01"),
        ("2026-03-01T23:30:00-05:00", "UTC", "2026-03-02"),
        ("2026-03-01T00:30:00+14:00", "UTC", "2026-02-28"),
        ("2024-02-29T12:00:00+00:00", "UTC", "2024-02-29"),
    ],
)
def test_a_moment_falls_on_the_day_of_the_programme(moment: str, zone: str, day: str) -> None:
    assert day_date(day_of(datetime.fromisoformat(moment), zone)) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("day", "zone", "end"),
    [
        ("2026-03-01", "UTC", "2026-03-02T00:00:00+00:00"),
        ("2026-03-01", "Asia/Shanghai", "2026-03-01T16:00:00+00:00"),
        ("2026-03-07", "America/New_York", "2026-03-08T05:00:00+00:00"),
        ("2026-03-08", "America/New_York", "2026-03-09T04:00:00+00:00"),  # 23 hours long
        ("2026-11-01", "America/New_York", "2026-11-02T05:00:00+00:00"),  # 25 hours long
        ("2026-03-28", "Asia/Beirut", "2026-03-28T22:00:00+00:00"),  # the next day begins at one
    ],
)
def test_a_day_ends_when_the_next_begins(day: str, zone: str, end: str) -> None:
    assert end_of_day(day_in(day), zone) == datetime.fromisoformat(end)


@given(st.integers(0, 40_000), st.sampled_from(ZONES))
def test_the_end_of_a_day_divides_it_from_the_next(day: int, zone: str) -> None:
    end = end_of_day(day, zone)
    assert end.utcoffset() == timedelta(0)
    assert day_of(end, zone) > day
    assert day_of(end - timedelta(microseconds=1), zone) <= day


@given(MOMENTS, st.sampled_from(ZONES), st.integers(-14 * 60, 14 * 60))
def test_the_offset_a_moment_is_written_with_does_not_move_its_day(moment: datetime, zone: str, minutes: int) -> None:
    written = moment.astimezone(timezone(timedelta(minutes=minutes)))
    assert day_of(written, zone) == day_of(moment, zone)


def test_no_unit_test_can_wait() -> None:
    with pytest.raises(pytest.fail.Exception):
        time.sleep(0)


def test_no_unit_test_can_reach_the_network() -> None:
    with socket.socket() as unconnected, pytest.raises(pytest.fail.Exception):
        unconnected.connect(("127.0.0.1", 9))
    with pytest.raises(pytest.fail.Exception):
        socket.create_connection(("localhost", 9))


def test_the_ends_of_months_include_both_days() -> None:
    first, last = day_in("2026-01-31"), day_in("2026-03-31")
    assert list(month_ends(first, last)) == [first, day_in("2026-02-28"), last]
    assert list(month_ends(first + 1, last - 1)) == [day_in("2026-02-28")]


@pytest.mark.parametrize(
    ("month_day", "day", "falls_on"),
    [
        ("02-29", "2026-02-28", "2026-02-28"),
        ("02-29", "2026-03-01", "2027-02-28"),
        ("02-29", "2028-02-28", "2028-02-29"),
        ("02-29", "2099-03-01", "2100-02-28"),
        ("05-17", "2026-05-17", "2026-05-17"),
        ("05-17", "2026-05-18", "2027-05-17"),
    ],
)
def test_an_anniversary_of_the_29th_of_february_falls_on_the_28th_in_other_years(
    month_day: str, day: str, falls_on: str
) -> None:
    assert str(day_date(next_anniversary(month_day, day_in(day)))) == falls_on


def test_the_last_anniversary_may_be_the_day_itself() -> None:
    born = date(2024, 2, 29)
    found = [str(day_date(last_anniversary(born, day_in(day)))) for day in ("2026-02-27", "2026-02-28", "2028-02-28")]
    assert found == ["2025-02-28", "2026-02-28", "2027-02-28"]
