"""History from files into table and lake, on moto: the standing that the events make, and nothing said about it."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pydantic import BaseModel
from standing.aws.contention import TooContended
from standing.aws.table import CommitConflict, Customers
from standing.backfill.partition import REFUSED, events_in, part_file, partition
from standing.backfill.run import Backfill
from standing.backfill.settlement import Settlement
from standing.engine.decide import decide, fold_anew
from standing.events import EventDetail
from standing.events.intake import Event
from standing.ingest.batch import Ingest
from standing.lake.compaction import compact, stage
from standing.lake.gaps import missing_commits, refill
from standing.lake.layout import month_key, staged_prefix
from standing.lake.reader import read_bucket
from standing.nightly.bucket import rescore_bucket
from standing.nightly.plan import day_to_close
from standing.rules.timeline import Timeline
from standing.values.days import day_number
from standing.values.errors import UserError

from tests.integration.nightly.test_night import RULES, end_here
from tests.make.lakes import Meanwhile, MemoryLake, bucket_of, months_of, neighbours
from tests.make.support import NOW, KeptRejections, complaint, message, purchase, taken, taking_in

WHO = "c-1"
NUMBER = bucket_of(WHO)
UNTIL = day_to_close(NOW, RULES.latest)
HISTORY = [
    *(purchase(n, amount=f"{n % 7 * 31}.50", days_ago=900 - 30 * n) for n in range(29)),
    purchase(40, amount="2500.00", days_ago=12.0),
    complaint(41, days_ago=11.0),
]


@pytest.fixture
def rules() -> Timeline:
    """A tier by the spend of five days, and a call after six days without an order."""
    return RULES


def settled(lake: MemoryLake, customers: Any, rules: Timeline, events: list[Event] | None = None) -> Any:
    own = taken(rules.latest, *HISTORY) if events is None else events
    return Settlement(lake, customers, rules, UNTIL, lambda: NOW, pause=lambda _: None).part(own).counts


def test_the_state_is_what_all_events_make_of_it_and_nothing_is_said(rules: Timeline, customers: Customers) -> None:
    lake = MemoryLake()
    assert dict(settled(lake, customers, rules)) == {"customers": 1, "events": len(HISTORY)}
    state = customers.load(WHO)
    assert state is not None
    events = taken(rules.latest, *HISTORY)
    by_one = decide(None, events, rules, NOW).state
    assert (state.day, state.version) == (UNTIL, 1)
    assert by_one.buckets == fold_anew(state, rules, NOW, customers_past(customers)).state.buckets
    assert customers.decisions(WHO) == []
    assert state.ledger.said == {name: held.level for name, held in state.closed.all_shown().items()}
    assert not state.ledger.unanswered
    assert len(customers.history(WHO)) == len(HISTORY)
    assert customers.checkpoints(WHO)


def customers_past(customers: Customers) -> Any:
    from standing.aws.table import stored_history  # noqa: PLC0415

    return stored_history(customers.history(WHO), customers.checkpoints(WHO))


def test_the_lake_has_all_of_it_and_the_night_after_finds_nothing_to_say(rules: Timeline, customers: Customers) -> None:
    lake = MemoryLake()
    settled(lake, customers, rules)
    compact(lake, NUMBER)
    bucket = read_bucket(lake, NUMBER)
    assert (bucket.records.height, bucket.states.height, missing_commits(bucket).height) == (len(HISTORY), 1, 0)
    told = rescore_bucket(lake, customers, rules, NUMBER, UNTIL, clock=lambda: NOW)
    assert (told.reconciled, told.differences, told.commits) == (1, 0, 0)


def test_records_that_were_lost_are_a_gap_though_the_state_came_from_the_table(
    rules: Timeline, customers: Customers
) -> None:
    lake = MemoryLake()
    settled(lake, customers, rules)
    compact(lake, NUMBER)
    lake.delete(months_of(lake, "records", NUMBER))
    assert missing_commits(read_bucket(lake, NUMBER)).to_dicts() == [{"customer": WHO, "version": 1, "missing": 1}]
    refill(lake, customers, rules, [WHO])
    stage(lake)
    compact(lake, NUMBER)
    assert missing_commits(read_bucket(lake, NUMBER)).height == 0


def test_what_comes_after_is_announced_and_what_was_before_is_not(rules: Timeline, customers: Customers) -> None:
    settled(MemoryLake(), customers, rules)
    ingest = Ingest(rules, customers, KeptRejections(), clock=lambda: NOW)
    ingest.batch([message(1, purchase(99, amount="900.00"))])
    said = [(one["rating"], one.get("was"), one.get("to")) for one in customers.decisions(WHO) if one.get("rating")]
    assert [to for _, _, to in said] == ["gold"]


def test_the_ends_of_months_are_kept_beside_those_of_others(rules: Timeline, customers: Customers) -> None:
    lake = MemoryLake()
    key = month_key("2026-02", NUMBER)
    other = pl.DataFrame({"customer": ["other"], "day": [1]}, schema_overrides={"day": pl.Int32})
    lake.put(key, _parquet(other))
    settled(lake, customers, rules)
    kept = pl.read_parquet(lake.get(key).body)
    assert kept["customer"].to_list() == [WHO, "other"]
    february = kept.filter(pl.col("customer") == WHO).row(0, named=True)
    assert february["day"] == day_number((NOW - timedelta(days=31)).date())
    assert february["levels/tier/level"] == "bronze"
    assert len(lake.keys("months/")) == 14


def test_a_damaged_end_of_a_month_is_set_aside_and_the_rest_goes_on(rules: Timeline, customers: Customers) -> None:
    lake, key = MemoryLake(), month_key("2026-02", NUMBER)
    lake.put(key, b"PAR1 and no more")
    settling = Settlement(lake, customers, rules, UNTIL, lambda: NOW)
    assert settling.part(taken(rules.latest, *HISTORY)).aside == [f"aside/{key}"]
    assert lake.get(f"aside/{key}").body == b"PAR1 and no more"
    assert pl.read_parquet(lake.get(key).body)["customer"].to_list() == [WHO]


def test_the_end_of_a_month_that_others_write_meanwhile_has_theirs_too(rules: Timeline, customers: Customers) -> None:
    lake, theirs, key = MemoryLake(), MemoryLake(), month_key("2026-02", NUMBER)
    _, other = neighbours(WHO, 2)
    settled(theirs, customers, rules, taken(rules.latest, purchase(1, customer=other, days_ago=50)))

    class Busy:
        """A lake into which others write just before we do, once."""

        def __getattr__(self, name: str) -> Any:
            return getattr(lake, name)

        def replace(self, at: str, body: bytes, etag: str) -> str:
            if at == key and not lake.get(key).body:
                lake.put(key, theirs.get(key).body)
            return lake.replace(at, body, etag)

    busy: Any = Busy()
    settled(busy, customers, rules)
    assert pl.read_parquet(lake.get(key).body)["customer"].to_list() == sorted([WHO, other])


def _parquet(rows: pl.DataFrame) -> bytes:
    from standing.lake.parquet import parquet_bytes  # noqa: PLC0415

    return parquet_bytes(rows)


def test_it_ends_the_same_whatever_call_was_the_last(rules: Timeline, customers: Customers) -> None:
    whole: list[str] = []
    expected = _after(rules, customers, "whole", whole, 0)
    assert {"put_all", "put_state", "load", "put"} <= set(whole)
    for last in range(1, len(whole) + 1):
        assert _after(rules, customers, f"w-{last}", [], last) == expected, whole[last - 1]


def _after(rules: Timeline, customers: Customers, who: str, calls: list[str], last: int) -> Any:
    lake = MemoryLake()
    events = taken(rules.latest, *(purchase(n, customer=who, amount="70.00", days_ago=200 - n) for n in range(40)))
    for ending in (last, 0):
        ends: Any = Meanwhile(lake, calls, ending, end_here), Meanwhile(customers, calls, ending, end_here)
        with suppress(KeyboardInterrupt):
            Settlement(ends[0], ends[1], rules, UNTIL, lambda: NOW).part(events)
    compact(lake, bucket_of(who))
    bucket, state = read_bucket(lake, bucket_of(who)), customers.load(who)
    assert state is not None
    return (state.version, state.day, state.closed, state.buckets, len(customers.history(who)), bucket.records.height)


def test_live_events_that_come_meanwhile_are_not_lost(rules: Timeline, customers: Customers) -> None:
    class Meanwhile:
        """A table into which an event comes just before a state is put for the first time."""

        came = False

        def __getattr__(self, name: str) -> Any:
            return getattr(customers, name)

        def put_state(self, *arguments: Any) -> None:
            if not self.came:
                self.came = True
                live = Ingest(rules, customers, KeptRejections(), clock=lambda: NOW)
                assert not live.batch([message(1, purchase(77, amount="11.00"))]).failed
            customers.put_state(*arguments)

    lake = MemoryLake()
    settled(lake, Meanwhile(), rules)
    state = customers.load(WHO)
    assert state is not None
    assert state.version == 2
    assert len(customers.history(WHO)) == len(HISTORY) + 1
    assert state.buckets == fold_anew(state, rules, NOW, customers_past(customers)).state.buckets
    compact(lake, NUMBER)
    assert missing_commits(read_bucket(lake, NUMBER)).height == 0


def test_who_is_live_keeps_what_was_said_and_its_day(rules: Timeline, customers: Customers) -> None:
    ingest = Ingest(rules, customers, KeptRejections(), clock=lambda: NOW)
    ingest.batch([message(1, purchase(39, amount="3.00", days_ago=12.0)), message(2, HISTORY[0])])
    before = customers.load(WHO)
    counts = settled(MemoryLake(), customers, rules)
    after = customers.load(WHO)
    assert before is not None
    assert after is not None
    assert (counts["known"], counts["events"]) == (1, len(HISTORY) - 1)
    assert (before.ledger.said, after.ledger.said) == ({"tier": "bronze"}, {"tier": "bronze"})
    assert after.closed.levels["tier"].level == "gold"
    assert after.day == day_number((NOW - timedelta(days=11)).date())
    assert after.version == before.version + 1


def test_another_content_under_the_same_id_and_a_forgotten_customer_are_left_out(
    rules: Timeline, customers: Customers
) -> None:
    events = taken(rules.latest, purchase(1, amount="5.00", days_ago=9), purchase(1, amount="6.00", days_ago=9))
    gone = taken(rules.latest, purchase(2, customer="gone", days_ago=9))
    customers.forget("gone")
    counts = settled(MemoryLake(), customers, rules, [*events, *gone])
    assert dict(counts) == {"customers": 1, "events": 1, "conflicting": 1, "forgotten": 1}
    assert customers.rows("gone") == []


def test_who_keeps_changing_is_given_up_with_an_error(rules: Timeline, customers: Customers) -> None:
    class Busy:
        def __getattr__(self, name: str) -> Any:
            return getattr(customers, name)

        def put_state(self, *_arguments: Any) -> None:
            raise CommitConflict({})

    with pytest.raises(TooContended):
        settled(MemoryLake(), Busy(), rules)


def test_who_is_begun_again_is_counted_and_kept_once(rules: Timeline, customers: Customers) -> None:
    class Late:
        """A table whose state, once, cannot be found just after it was written."""

        came = False

        def __getattr__(self, name: str) -> Any:
            return getattr(customers, name)

        def state_row(self, customer: str) -> Any:
            late, self.came = not self.came, True
            return None if late else customers.state_row(customer)

    lake = MemoryLake()
    assert settled(lake, Late(), rules)["customers"] == 1
    assert pl.read_parquet(lake.get(month_key("2026-02", NUMBER)).body)["customer"].to_list() == [WHO]


MAPPING = """
source: core-banking
type: purchase.v1
fields:
  id: "{branch}-{booking}"
  customer: "c-{customer}"
  time: {column: booked, format: "%d.%m.%Y %H:%M", zone: Europe/Berlin}
  amount: {column: amount, decimals: 2}
  currency: USD
  channel: {column: code, values: {W: web, S: store}}
"""
ROWS = """branch,booking,customer,booked,amount,code
7,1,1,01.02.2026 09:30,12.345,W
7,2,1,2026-02-02,3.00,S
7,3,1,03.02.2026 10:00,x,S
7,4,1,04.02.2026 10:00,4.00,Q
7,5,1,05.02.2096 10:00,4.00,W
7,6,,06.02.2026 10:00,4.00,W
"""


def test_a_table_is_read_by_its_mapping_and_each_row_that_is_no_event_is_named(rules: Timeline, tmp_path: Path) -> None:
    (tmp_path / "map.yaml").write_text(MAPPING)
    (tmp_path / "rows.csv").write_text(ROWS)
    pl.read_csv(tmp_path / "rows.csv").write_parquet(tmp_path / "rows.parquet")
    for name in ("rows.csv", "rows.parquet"):
        work = tmp_path / f"work-{name}"
        work.mkdir()
        taking = taking_in([tmp_path / name], rules.latest, work, tmp_path / "map.yaml")
        dealt = partition(taking, work, lambda _: None)
        assert (dealt.events, dealt.refused.total()) == (1, 5)
        (event,) = [json.loads(line) for line in (work / f"{NUMBER:03d}.jsonl").read_text().splitlines()]
        assert event["detail"] == {
            "id": "7-1",
            "customer": "c-1",
            "time": "2026-02-01T09:30:00+01:00",
            "amount": "12.34",
            "currency": "USD",
            "channel": "web",
        }
        refused = [json.loads(line) for line in (work / REFUSED).read_text().splitlines()]
        assert [(one["row"], one["field"]) for one in refused] == [
            *[(n, "row") for n in (2, 3, 4)],
            (5, "detail.time"),
            (6, "detail.customer"),
        ]
        assert "expected a time as %d.%m.%Y %H:%M" in refused[0]["expected"]


def dealt_out(events: list[dict[str, Any]], rules: Timeline, folder: Path) -> Path:
    """The file of the customer's bucket, of a file of events."""
    (folder / "events.jsonl").write_text("".join(f"{json.dumps(event)}\n" for event in events))
    partition(taking_in([folder / "events.jsonl"], rules.latest, folder), folder, lambda _: None)
    return part_file(folder, NUMBER)


def test_an_event_is_checked_once_between_its_file_and_the_lake(
    rules: Timeline, customers: Customers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = []

    def counted(model: type[EventDetail], found: Any) -> EventDetail:
        checked.append(found["id"])
        return BaseModel.model_validate.__func__(model, found)  # type: ignore[attr-defined,no-any-return]

    monkeypatch.setattr(EventDetail, "model_validate", classmethod(counted))
    lake = MemoryLake()
    settled(lake, customers, rules, list(events_in(dealt_out(HISTORY, rules, tmp_path))))
    assert sorted(checked) == sorted(event["detail"]["id"] for event in HISTORY)
    stage(lake)
    compact(lake, NUMBER)
    assert read_bucket(lake, NUMBER).records.height == len(HISTORY)


def test_what_was_dealt_out_is_read_back_as_it_was_taken_in(rules: Timeline, tmp_path: Path) -> None:
    assert list(events_in(dealt_out(HISTORY, rules, tmp_path))) == taken(rules.latest, *HISTORY)


@pytest.mark.parametrize("half", ["", "{", "{}", "[]", "1", "100.00"])
def test_a_line_that_is_not_as_it_was_written_ends_the_run(half: str, rules: Timeline, tmp_path: Path) -> None:
    path = dealt_out([purchase(1, amount="200.00"), purchase(2, amount="300.00")], rules, tmp_path)
    first, second = path.read_text().splitlines()
    path.write_text(f"{first}\n{second.replace('300.00', half) if '.' in half else half}\n")
    with pytest.raises(UserError, match="line 2 is not as it was written: remove"):
        list(events_in(path))


def test_what_is_staged_is_named_after_its_content(rules: Timeline, customers: Customers) -> None:
    lake = MemoryLake()
    settled(lake, customers, rules)
    keys = lake.keys(staged_prefix("records", NUMBER))
    settled(lake, customers, rules)
    assert lake.keys(staged_prefix("records", NUMBER)) == keys


def test_where_too_many_rows_are_refused_nothing_is_settled(rules: Timeline, tmp_path: Path) -> None:
    (tmp_path / "map.yaml").write_text(MAPPING)
    (tmp_path / "rows.csv").write_text(ROWS)
    target: Any = None  # nobody asks for it
    backfill = Backfill(
        target, rules, [tmp_path / "rows.csv"], tmp_path / "map.yaml", tmp_path / "work", 1, UNTIL, 0.05
    )
    with pytest.raises(
        UserError, match=r"83\.3% of the rows are refused, more than --stop-at 5%: nothing was taken in"
    ):
        backfill.run(lambda *_: None)
    assert [path.name for path in (tmp_path / "work").iterdir()] == [REFUSED]
    assert len((tmp_path / "work" / REFUSED).read_text().splitlines()) == 5
