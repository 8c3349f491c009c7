"""The record of releases: what follows what, what is in force, and what going back leads to."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Literal

from hypothesis import given
from hypothesis import strategies as st
from standing.rules.releases import ALL_DAYS, Entries, Release, Releases, begun, followed_by, in_force, predecessor

AT = datetime(2026, 11, 26, 12, tzinfo=UTC)
FIRST = date(2026, 11, 1)


def said(version: str, day: int | None, by: Literal["release", "rollback"] = "release") -> Release:
    since = ALL_DAYS if day is None else FIRST + timedelta(days=day)
    return Release(since=since, version=version, by=by, at=AT)


def told(*entries: Release) -> Entries:
    """Entries that were added one after another."""
    found: Entries = ()
    for entry in entries:
        found = followed_by(found, entry)
    return found


def test_each_day_has_the_rules_that_were_released_last_before_it() -> None:
    entries = told(said("a", None), said("b", 3), said("c", 7))
    days = [in_force(entries, FIRST + timedelta(days=day)).version for day in (0, 2, 3, 6, 7, 99)]
    assert days == ["a", "a", "b", "b", "c", "c"]
    assert in_force(told(said("a", 3)), FIRST).version == "a"
    assert in_force(told(said("a", 3), said("b", 7)), FIRST).version == "a"


def test_what_was_to_begin_later_is_dropped_and_no_rules_follow_themselves() -> None:
    entries = told(said("a", None), said("b", 9), said("c", 5))
    assert [entry.version for entry in entries] == ["a", "c"]
    assert told(said("a", None), said("b", 9), said("a", 5)) == (said("a", None),)
    assert told(said("a", None), said("b", 5), said("c", 5)) == (said("a", None), said("c", 5))


def test_going_back_twice_does_not_come_to_what_was_taken_back() -> None:
    entries = told(said("a", None), said("b", 1), said("c", 2))
    assert predecessor(entries) == "b"
    entries = followed_by(entries, said("b", 3, "rollback"))
    assert predecessor(entries) == "a"
    entries = followed_by(entries, said("a", 4, "rollback"))
    assert predecessor(entries) is None
    entries = followed_by(entries, said("d", 5))
    assert predecessor(entries) == "a"


def test_a_record_holds_from_when_the_stack_names_it() -> None:
    before = told(said("a", None))
    record = Releases(id="second", at=AT, entries=told(*before, said("b", 2)), before=before)
    assert record.deployed("first") == before
    assert record.deployed("second") == record.entries
    assert Releases.model_validate_json(record.model_dump_json()) == record


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 20)), min_size=1), st.integers(0, 20))
def test_a_release_changes_no_day_before_it(releases: list[tuple[str, int]], day: int) -> None:
    entries = told(said("first", None), *(said(version, at) for version, at in releases))
    after = followed_by(entries, said("new", day))
    days = [FIRST + timedelta(days=one) for one in range(25)]
    was, becomes = ([in_force(one, at).version for at in days] for one in (entries, after))
    assert becomes[:day] == was[:day]
    assert set(becomes[day:]) == {"new"}
    assert [one.since for one in after] == sorted({one.since for one in after})
    assert begun(after, FIRST + timedelta(days=day)) == after
