"""The figures of a night: what polars counts is what plain Python counts, and buckets add up to the whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property, reduce
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standing.engine.engine import engine_of
from standing.engine.ledger.announcements import LevelHonoured, RatingChanged
from standing.engine.measures import aggregate, empty
from standing.events import Feedback, Purchase, Refund
from standing.events.intake import Event
from standing.lake.records import row_of
from standing.lake.rows import Bucket, deduplicate, frame
from standing.nightly.metrics.aftermath import aftermath
from standing.nightly.metrics.all import MetricInputs, metrics
from standing.nightly.metrics.care import care
from standing.nightly.metrics.day_end import at_end
from standing.nightly.metrics.drift import numbers
from standing.nightly.metrics.groups import groups, moved_now
from standing.nightly.metrics.levels import changes, level_holders
from standing.nightly.metrics.months import compared_with, month_before, month_watched
from standing.nightly.metrics.quality import quality, refunds
from standing.nightly.metrics.samples import merge_samples
from standing.nightly.metrics.scores import scores
from standing.nightly.metrics.sums import Nested, add, add_all
from standing.report.model import Figures, Group
from standing.rescoring.bucket import rescore
from standing.rescoring.memories import latest, states_of
from standing.rescoring.refunds import with_counting_day as records_counted_on
from standing.rules.ruleset import Ruleset
from standing.rules.timeline import Timeline
from standing.values.days import Day, day_date, day_in, end_of_day, month_end, month_of

from tests.make import programmes
from tests.make.crowd import FIRST, crowd
from tests.make.frames import RecordsIn
from tests.make.lakes import lake_rows, owned
from tests.make.strategies import complaint, counted_on, order, purchase, refund
from tests.make.support import real_rules
from tests.unit.rescoring.test_rescoring import folded

RULES = real_rules()
RULESET = RULES.latest
UNTIL = FIRST + 140
BEFORE, WATCHED = compared_with(UNTIL)


@dataclass(frozen=True)
class Made:
    """Some customers: what the lake knows of them, and the events themselves."""

    histories: dict[str, list[Event]]
    bucket: Bucket

    def up_to(self, day: Day) -> dict[str, list[Event]]:
        """Who was a customer by a day, with the events until then."""
        cut = {who: [one for one in events if one.day <= day] for who, events in self.histories.items()}
        return {who: events for who, events in cut.items() if events}

    def standing(self, day: Day) -> pl.DataFrame:
        """The standing that the night of a day keeps, when events of the day after it are there already."""
        records = self.bucket.records.filter(pl.col("day") <= day + 1)
        states = self.bucket.states.filter(pl.col("day") <= day + 1)
        found = rescore(RULES, records, states_of(latest(states)), None, day)
        return at_end(found.standing, states.lazy(), records.lazy(), RULESET, day)

    @cached_property
    def known(self) -> MetricInputs:
        """What the figures of the last day are counted from."""
        months = {month: self.standing(month_end(month)) for month in (BEFORE, WATCHED)}
        return MetricInputs(
            RULESET,
            UNTIL,
            self.standing(UNTIL),
            RecordsIn(self.bucket.records),
            self.bucket.decisions,
            months,
            self.scored,
        )

    @property
    def scored(self) -> pl.DataFrame:
        """Some scores for half of them."""
        some = list(self.histories)[::2]
        found = {"r_score": 5, "f_score": 4, "m_score": 3}
        columns = {name: [1 + n % most for n in range(len(some))] for name, most in found.items()}
        churn = [n * 997 % 9_999 for n in range(len(some))]
        return pl.DataFrame({"customer": some, **columns, "churn": churn}).with_columns(segment=pl.lit("loyal"))

    def shown(self, day: Day) -> dict[tuple[str, str], str]:
        """By customer and rating: what the fold shows at the end of a day."""
        memories = {who: folded(RULES, events, day) for who, events in self.up_to(day).items()}
        return {(who, name): one.level for who, memory in memories.items() for name, one in memory.all_shown().items()}

    def of(self, customers: set[str]) -> MetricInputs:
        """The same of some of them alone."""
        known, own = self.known, pl.col("customer").is_in(sorted(customers))
        frames: dict[str, Any] = {name: getattr(known, name).filter(own) for name in ("standing", "decisions")}
        frames["records"] = RecordsIn(self.bucket.records.filter(own))
        months = {month: rows.filter(own) for month, rows in known.months.items()}
        return replace(known, **frames, months=months, scored=self.scored.filter(own))


@pytest.fixture(scope="module")
def made() -> Made:
    """A crowd of some months."""
    everybody = {who: [one for one in events if one.day <= UNTIL + 1] for who, events in crowd(60, 142, seed=3)}
    everybody["c-moved-on"] = [purchase(UNTIL - 40, "20.00"), purchase(UNTIL + 1, "3000.00")]  # gold since today
    histories = {who: owned(events, who) for who, events in everybody.items() if events}
    parts = [lake_rows(RULES, who, events) for who, events in histories.items()]
    kinds = {
        kind: deduplicate(kind, pl.concat([getattr(one, kind) for one in parts])) for kind in ("records", "decisions")
    }
    return Made(histories, Bucket(kinds["records"], pl.concat([one.states for one in parts]), kinds["decisions"]))


@pytest.fixture(scope="module")
def counted(made: Made) -> Figures:
    return metrics(made.known)


def nested(counts: Mapping[Any, int]) -> Nested:
    found: Nested = {}
    for (*path, last), number in counts.items():
        place = found
        for part in path:
            place = place.setdefault(part, {})
        place[last] = number
    return found


def test_levels_are_those_of_each_customers_fold(made: Made, counted: Figures) -> None:
    now = made.shown(UNTIL)
    assert counted.levels == nested(Counter((rating, level) for (_, rating), level in now.items()))
    assert len(counted.levels["tier"]) > 1


def test_moves_lead_from_the_levels_then_to_the_levels_now(made: Made, counted: Figures) -> None:
    now, then = made.shown(UNTIL), made.shown(month_end(BEFORE))
    moved = Counter((rating, then.get((who, rating), ""), level) for (who, rating), level in now.items())
    assert counted.moves == {BEFORE: nested(moved)}
    assert len(moved) > len(RULESET.ratings) * 2
    assert all("" in rows for rows in counted.moves[BEFORE].values())
    for rating, rows in counted.moves[BEFORE].items():
        assert reduce(add, rows.values()) == counted.levels[rating]
        before = {level: sum(row.values()) for level, row in rows.items() if level}
        assert before == counted.drift[BEFORE]["ratings"][rating]


def test_changes_are_counted_by_customer(made: Made, counted: Figures) -> None:
    times: Counter[tuple[str, str]] = Counter()
    for one in made.bucket.decisions.rows(named=True):
        if one["status"] == "changed" and one["before"] and UNTIL - 365 < one["day"] <= UNTIL:
            times[one["customer"], one["rating"]] += 1
    bins = Counter((rating, ["0", "1", "2", "3+"][min(times[who, rating], 3)]) for who, rating in made.shown(UNTIL))
    assert counted.changes == nested(bins)
    assert len({times for found in counted.changes.values() for times in found}) == 4


def test_a_change_is_counted_for_a_year_and_the_first_level_is_none() -> None:
    now = pl.DataFrame({"customer": ["a"], "rating": ["tier"], "level": ["gold"]})

    def counts(**changed: Any) -> Nested:
        row = {"customer": "a", "rating": "tier", "status": "changed", "before": "bronze", "day": 1_000, **changed}
        counted: Nested = changes(now, frame("decisions", [row]), 1_000)["tier"]
        return counted

    assert counts() == counts(day=636) == {"1": 1}
    assert counts(day=635) == counts(day=1_001) == counts(before=None) == counts(status="honoured") == {"0": 1}


def test_after_is_what_each_did(made: Made, counted: Figures) -> None:
    end = month_end(WATCHED)
    expected: Nested = {}
    for (who, rating), level in made.shown(end).items():
        did = [one.detail for one in made.histories[who] if end < one.day <= end + 90]
        paid = [_cents(one) for one in did if isinstance(one, Purchase)]
        everything = [one for one in made.histories[who] if one.day <= end + 90]
        of_these = (one.detail for one in everything if counted_on(one, everything) > end)
        back = [_cents(one) for one in of_these if isinstance(one, Refund)]
        complained = sum(isinstance(one, Feedback) and one.kind == "complaint" for one in did)
        numbers = (1, int(bool(paid)), len(paid), sum(paid) - sum(back), complained)
        leaf = dict(zip(("customers", "buyers", "orders", "spend", "complaints"), numbers, strict=True))
        expected = add(expected, {rating: {level: leaf}})
    assert counted.after == {WATCHED: expected}


def _cents(detail: Purchase | Refund) -> int:
    return int(100 * Decimal(detail.amount))


def rows(*events: Event) -> pl.DataFrame:
    records = [{**row_of(event, 2), "late": False, "at": event.day * 86_400, "version": 1} for event in events]
    return records_counted_on(frame("records", records).lazy(), RULESET).collect()


def test_after_the_end_of_a_month_only_the_days_after_it_count() -> None:
    then = pl.DataFrame({"customer": ["c-1", "c-2"], "rating": ["tier"] * 2, "level": ["gold"] * 2})
    did = rows(
        purchase(1_000, "999.00"),
        purchase(1_001, "10.00"),
        purchase(1_090, "20.00"),
        refund(1_090, "45.50"),
        complaint(1_050),
        purchase(1_091, "999.00"),
    )
    leaf = {"customers": 2, "buyers": 1, "orders": 2, "spend": -1_550, "complaints": 1}
    assert aftermath(then, did.lazy(), 1_000) == {"tier": {"gold": leaf}}
    back = (refund(day, "999.00", of="p-1000") for day in (1_050, 1_091))
    given_back = rows(purchase(1_000, "999.00"), *back)
    assert aftermath(then, given_back.lazy(), 1_000)["tier"]["gold"]["spend"] == 0  # of what was bought before
    assert aftermath(then, did.clear().lazy(), 1_000) == {"tier": {"gold": dict.fromkeys(leaf, 0) | {"customers": 2}}}


def test_drift_bins_every_number_by_powers_of_two(made: Made, counted: Figures) -> None:
    for month, day in (("now", UNTIL), (BEFORE, month_end(BEFORE)), (WATCHED, month_end(WATCHED))):
        bins: Counter[tuple[str, ...]] = Counter()
        for events in made.up_to(day).values():
            known = engine_of(RULESET).facts(aggregate(empty(RULESET), events, RULESET), day)
            bins.update((name, _bin(known.get(name))) for name in numbers(RULESET))
        assert counted.drift[month]["features"] == nested(bins), month
        ratings = Counter((rating, level) for (_, rating), level in made.shown(day).items())
        assert counted.drift[month]["ratings"] == nested(ratings)


def _bin(value: Any) -> str:
    if value is None:
        return "unknown"
    return f"{'-' * (value < 0)}2^{abs(value).bit_length() - 1}" if value else "0"


def test_neither_texts_nor_what_is_personal_is_spread() -> None:
    assert not [one.name for one in RULESET.features if one.personal and one.name in numbers(RULESET)]
    (first, *others) = [one for one in RULESET.features if one.name in numbers(RULESET)]
    private = first.model_copy(update={"personal": True})
    assert numbers(RULESET.model_copy(update={"features": (private, *others)})) == [one.name for one in others]


def test_who_has_moved_on_is_counted_as_the_day_left_them(made: Made) -> None:
    beyond = made.bucket.states.filter(pl.col("day") == UNTIL + 1)["customer"].unique()
    assert beyond.len() > 0
    standing = made.known.standing
    assert set(standing["customer"]) == set(made.up_to(UNTIL))
    assert standing["day"].unique().to_list() == [UNTIL]
    assert set(level_holders(standing, RULESET.ratings).select("customer", "rating").rows()) == set(made.shown(UNTIL))


@settings(max_examples=10, deadline=None)
@given(programmes.rulesets(), st.lists(programmes.histories(most=6, span=30), min_size=1, max_size=5), st.data())
def test_whatever_the_rules_a_day_ends_as_the_fold_says(
    ruleset: Ruleset, histories: list[list[Event]], data: st.DataObject
) -> None:
    rules, day = Timeline.of(ruleset), data.draw(st.integers(1_000, 1_040))
    cut = {f"c-{n}": [one for one in events if one.day <= day + 1] for n, events in enumerate(histories)}
    parts = [lake_rows(rules, who, events) for who, events in cut.items()]
    records, states = pl.concat([one.records for one in parts]), pl.concat([one.states for one in parts])
    found = rescore(rules, records, states_of(latest(states)), None, day)
    standing = at_end(found.standing, states.lazy(), records.lazy(), ruleset, day)
    until = {who: [one for one in events if one.day <= day] for who, events in cut.items()}
    there = {who: events for who, events in until.items() if events}
    shown = {who: folded(rules, events, day).all_shown() for who, events in there.items()}
    expected = {(who, rating, one.level) for who, levels in shown.items() for rating, one in levels.items()}
    assert set(level_holders(standing, ruleset.ratings).rows()) == expected
    known = {
        who: engine_of(ruleset).facts(aggregate(empty(ruleset), events, ruleset), day) for who, events in there.items()
    }
    names = [name for name in ruleset.by_name if name in standing.columns]
    rows = {row["customer"]: {name: row[name] for name in names} for row in standing.rows(named=True)}
    assert rows == {who: {name: one.get(name) for name in names} for who, one in known.items()}
    assert names == [*ruleset.by_name] or not there


@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_two_buckets_add_up_to_the_whole(made: Made, counted: Figures, data: st.DataObject) -> None:
    some = set(data.draw(st.lists(st.sampled_from(sorted(made.histories)), unique=True)))
    one, other = metrics(made.of(some)), metrics(made.of(set(made.histories) - some))
    assert add_all([one, other]) == add_all([other, one]) == counted
    assert _leaves(vars(counted)) == {int}


def _leaves(found: Nested) -> set[type]:
    return {kind for value in found.values() for kind in (_leaves(value) if isinstance(value, dict) else {type(value)})}


def test_adding_keeps_what_only_one_has_and_changes_neither() -> None:
    one, other = {"a": {"x": 1}, "b": 2}, {"a": {"x": 3, "y": 4}, "c": {}}
    assert add(one, other) == {"a": {"x": 4, "y": 4}, "b": 2, "c": {}}
    assert (one, other) == ({"a": {"x": 1}, "b": 2}, {"a": {"x": 3, "y": 4}, "c": {}})
    assert add_all([]) == Figures()


def test_what_came_too_late_counts_for_quality_alone(made: Made, counted: Figures) -> None:
    at = int(end_of_day(UNTIL, RULESET.programme.time_zone).timestamp()) - 1
    records = made.bucket.records
    some = records.filter(pl.col("family") == "purchase").head(9)
    late = some.with_columns(
        pl.lit(value=True).alias("late"), pl.lit(at, pl.Int64).alias("at"), pl.format("late-{}", "id").alias("id")
    )
    found = metrics(replace(made.known, records=RecordsIn(pl.concat([records, late]))))
    assert found.quality["shop"][str(day_date(UNTIL))] == {"events": 9, "late": 9}
    assert replace(found, quality=counted.quality) == counted


def test_months_that_are_not_kept_are_not_compared_with(made: Made) -> None:
    alone = metrics(replace(made.known, months={}))
    assert (alone.moves, alone.after, list(alone.drift)) == ({}, {}, ["now"])


def ledger(*decided: tuple[str, Day, int, str | None]) -> pl.DataFrame:
    """Decisions about a call: status, day of the decision, hours after its beginning (UTC), gate."""
    told = [
        {"customer": "c", "care": "call", "status": status, "gate": gate, "decided_at": day * 86_400 + hours * 3_600}
        for status, day, hours, gate in decided
    ]
    return frame("decisions", told)


def test_care_is_counted_by_what_became_of_it_and_when_it_was_decided() -> None:
    statuses = ("requested", "missed", "held-out", "accepted", "done", "declined", "failed", "expired")
    names = ("sent", "missed", "held/holdout", "accepted", "done", "declined", "failed", "expired")
    told = ledger(
        *((status, 1_000, 12, None) for status in statuses),
        ("held-back", 1_000, 0, "consent"),
        ("held-back", 1_000, 23, "contact-cap"),
        ("requested", 999, 23, None),
        ("requested", 971, 0, None),
        ("requested", 970, 23, None),
        ("requested", 1_001, 0, None),
    )
    today = dict.fromkeys((*names, "held/consent", "held/contact-cap"), 1)
    assert care(told, 1_000, "UTC") == {"1d": {"call": today}, "30d": {"call": {**today, "sent": 3}}}
    shanghai = care(told, 1_001, "Asia/Shanghai")  # eight hours before UTC: its day began at 16:00 of the day before
    assert shanghai["1d"] == {"call": {"held/contact-cap": 1, "sent": 1}}
    assert care(told.clear(), 1_000, "UTC") == {}


def test_changes_of_levels_are_no_care() -> None:
    changed = {"customer": "c", "rating": "tier", "status": "changed", "decided_at": 1_000 * 86_400}
    assert care(frame("decisions", [changed]), 1_000, "UTC") == {}


def test_quality_is_by_source_and_the_day_on_which_events_came() -> None:
    came = [
        ("shop", 1_000 * 86_400, False),
        ("shop", 1_000 * 86_400 + 86_399, True),
        ("shop", 999 * 86_400, False),
        ("bank", 971 * 86_400, True),
        ("bank", 970 * 86_400, False),
        ("bank", 1_001 * 86_400, False),
    ]
    records = frame("records", [{"source": source, "at": at, "late": late} for source, at, late in came])
    days = {day: str(day_date(day)) for day in (971, 999, 1_000)}
    assert quality(records.lazy(), 1_000, "UTC") == {
        "shop": {days[999]: {"events": 1, "late": 0}, days[1_000]: {"events": 2, "late": 1}},
        "bank": {days[971]: {"events": 1, "late": 1}},
    }
    assert quality(records.lazy(), 1_001, "Asia/Shanghai")["shop"][str(day_date(1_001))] == {"events": 1, "late": 1}


def test_refunds_that_are_of_no_known_purchase_are_counted_by_source() -> None:
    did = rows(
        *(order(995, "9.00", "a"), order(1_000, "9.00", "b"), order(1_000, "9.00", "late")),
        *(refund(1_000, name=f"named-{of}", of=of) for of in ("a", "b", "c", None)),
        *(refund(999, name="before", of="late"), refund(969, name="long-ago"), refund(1_001, name="to-come")),
        refund(1_000, name="desk", of="a", source="desk"),
    )
    back, since = did.lazy().filter(pl.col("family") == "refund"), RecordsIn(did).since
    assert refunds(back, since, 1_000, "UTC") == {
        "shop": {"refunds": 5, "unnamed": 1, "unknown": 2},
        "desk": {"refunds": 1, "unnamed": 0, "unknown": 0},
    }
    assert refunds(did.clear().lazy(), since, 1_000, "UTC") == {}


def test_scores_are_counted_by_recency_segment_and_tenths() -> None:
    columns = ("customer", "r_score", "f_score", "m_score", "segment", "churn")
    people = [
        ("c-1", 5, 1, 2, "new-customers", 999),
        ("c-2", 5, 2, 2, "new-customers", 10_000),
        ("c-3", 1, 1, 1, "lost", 0),
    ]
    found = pl.DataFrame(people, schema=columns, orient="row")
    did = rows(purchase(1_000, "30.00"), refund(1_001, "10.00"), purchase(636, "5.00"), purchase(635, "99.00"))
    assert scores(found, did.lazy(), 1_000) == {
        "rfm": {"5": {"2": {"customers": 2, "spend": 3_500}}, "1": {"1": {"customers": 1, "spend": 0}}},
        "segments": {"new-customers": 2, "lost": 1},
        "churn": {"0": 2, "9": 1},
    }
    assert scores(None, did.lazy(), 1_000) == {"rfm": {}, "segments": {}, "churn": {}}


@pytest.mark.parametrize(
    ("day", "before", "watched"),
    [
        ("2026-11-25", "2026-10", "2026-07"),
        ("2026-11-30", "2026-10", "2026-08"),
        ("2026-11-29", "2026-10", "2026-08"),
        ("2026-11-28", "2026-10", "2026-07"),
        ("2026-01-01", "2025-12", "2025-09"),
        ("2026-03-31", "2026-02", "2025-12"),
        ("2026-03-30", "2026-02", "2025-11"),
    ],
)
def test_the_months_that_a_day_is_compared_with(day: str, before: str, watched: str) -> None:
    number = day_in(day)
    assert (month_before(number), month_watched(number)) == (before, watched)


@given(st.integers(0, 40_000))
def test_a_month_is_watched_once_ninety_days_have_passed(day: Day) -> None:
    watched = month_end(month_watched(day))
    assert watched + 90 <= day < month_end(month_of(watched + 1)) + 90
    assert month_end(month_before(day)) < day <= month_end(month_of(day))
    assert end_of_day(day, "UTC").timestamp() == (day + 1) * 86_400


def moves_of(day: Day, *customers: str, before: str | None = "gold", status: str = "changed") -> pl.DataFrame:
    rows = [
        {
            "customer": who,
            "id": f"{who}-{day}",
            "version": 1,
            "day": day,
            "decided_at": 0,
            "rules": "r",
            "status": status,
        }
        | {"rating": "tier", "before": before, "level": "silver"}
        for who in customers
    ]
    return frame("decisions", rows)


def test_groups_name_the_first_of_those_who_moved_on_the_day() -> None:
    names = [f"c-{number:02}" for number in range(14)]
    day = UNTIL
    rows = pl.concat(
        [
            moves_of(day, *names[::-1]),
            moves_of(day - 1, "c-before"),
            moves_of(day + 1, "c-after"),
            moves_of(day, "c-first", before=None),
            moves_of(day, "c-honoured", status="honoured"),
        ]
    )
    assert groups(rows, day, "UTC") == {"moved/tier/gold/silver": Group(14, names[:10])}


def test_groups_name_whose_care_ended_unanswered_on_the_day_of_that() -> None:
    zone = RULESET.programme.time_zone
    begin, end = (int(end_of_day(day, zone).timestamp()) for day in (UNTIL - 1, UNTIL))
    decided = {"c-early": begin - 1, "c-b": begin, "c-a": end - 1, "c-late": end}
    rows = [
        {"customer": who, "id": who, "version": 1, "day": UNTIL - 9, "decided_at": at, "rules": "r"}
        | {"care": "call", "status": "expired"}
        for who, at in decided.items()
    ]
    assert groups(frame("decisions", rows), UNTIL, zone) == {"expired/call": Group(2, ["c-a", "c-b"])}


def test_groups_of_buckets_add_up_to_those_of_all() -> None:
    names = [f"c-{number:02}" for number in range(30)]
    parts = [groups(moves_of(UNTIL, *names[place::3]), UNTIL, "UTC") for place in range(3)]
    assert merge_samples(parts) == groups(moves_of(UNTIL, *names), UNTIL, "UTC")
    assert [len(one.first) for part in parts for one in part.values()] == [10, 10, 10]


def test_what_is_decided_just_now_is_named_where_a_level_changed_on_the_day() -> None:
    changed = RatingChanged("tier", "gold", "silver", UNTIL, ())
    others = (
        replace(changed, was=None),
        replace(changed, day=UNTIL - 1),
        LevelHonoured("tier", "gold", "silver", UNTIL, UNTIL, ()),
    )
    assert moved_now("c-1", (changed, *others), UNTIL) == {"moved/tier/gold/silver": Group(1, ["c-1"])}
