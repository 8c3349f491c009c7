"""`standing list` and `standing trend` as they are typed, on a night that was lived through on moto."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from standing.aws.table import Customers
from standing.cli import search as commands
from standing.cli.app import app
from standing.customers.forget import forget
from standing.ingest.batch import Ingest
from standing.lake.compaction import compact_all
from standing.lake.gaps import refill
from standing.nightly.plan import day_to_close
from standing.nightly.summary import conclude
from standing.nightly.trends import with_trend
from standing.nightly.work import BucketWork
from standing.rules.author.problems import RulesError
from standing.rules.timeline import Timeline
from standing.search import search as asking
from standing.search.request import Sources
from standing.values.errors import UserError
from typer.testing import CliRunner, Result

from tests.make.lakes import MemoryLake, bucket_of
from tests.make.nights import begun
from tests.make.support import NOW, KeptRejections, complaint, message, naming, purchase, real_ruleset

RULES = Timeline.of(naming(real_ruleset()))
LATER = NOW + timedelta(days=1)
NAMES = ("c-1", "c-2", "c-3", "=2+5")
EVENTS = [
    purchase(1, customer="c-1", amount="2500.00", days_ago=40),
    purchase(2, customer="c-2", amount="900.00", days_ago=20),
    purchase(3, customer="c-2", amount="1600.00", days_ago=0),
    purchase(4, customer="c-3", amount="100.00", days_ago=3),
    complaint(5, customer="c-3", days_ago=1),
    purchase(6, customer="=2+5", amount="2100.00", days_ago=2),
]


@pytest.fixture
def lake(customers: Customers, monkeypatch: pytest.MonkeyPatch) -> MemoryLake:
    """Four customers, and the night of the day of the last purchase; it is the day after."""
    lake = MemoryLake()
    desk = Ingest(RULES, customers, KeptRejections(), clock=lambda: NOW)
    for number, one in enumerate(EVENTS):
        assert not desk.batch([message(number, one)]).failed
    refill(lake, customers, RULES, NAMES)
    _, steps = begun(lake, RULES.latest, LATER)
    work = BucketWork(lake, customers, RULES, clock=lambda: LATER)
    for number in sorted({bucket_of(who) for who in NAMES}):
        work.bucket(number, day_to_close(LATER, RULES.latest), 1.0)
    conclude(lake, steps, lambda found: with_trend(found, lake), lambda _: None)
    refill(lake, customers, RULES, NAMES)  # what the night decided, as the stream brings it
    monkeypatch.setattr(commands, "target_of", lambda _: SimpleNamespace(lake=lake, customers=customers))
    monkeypatch.setattr("standing.release.store.rules_of", lambda *_: RULES)
    monkeypatch.setattr(commands, "_places", lambda *_, live: Sources(lake, customers, RULES, "en", live, LATER))
    return lake


def typed(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False, env={"COLUMNS": "120"})


def rows(*arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(typed(*arguments, "--json").stdout)["rows"]
    return found


def test_who_meets_a_condition_is_printed_with_the_day_and_how_many_there_are(lake: MemoryLake) -> None:
    assert lake
    told = typed("list", "tier >= silver and spend_365d > 2000", "--sort", "spend_365d", "--limit", "2")
    assert told.stderr.splitlines()[0] == "Customers as of the end of 2026-03-31: 3"
    assert "the first 2 are shown; `--limit 0` shows all of them" in told.stderr
    lines = [line.split() for line in told.stdout.splitlines()]
    heads, rule, *rows = lines
    assert (heads, {*"".join(rule)}) == (["Customer", "tier", "spend_365d"], {"─"})
    assert rows == [["c-1", "gold", "2,500.00"], ["c-2", "gold", "2,500.00"]]


def test_the_table_says_the_same_on_the_day_after(lake: MemoryLake) -> None:
    asked = ("list", "tier == gold or lifecycle == new", "--columns", "tier,lifecycle,spend_365d,orders_90d")
    assert rows(*asked) == rows(*asked, "--live")
    assert {one["customer"]: one["spend_365d"] for one in rows(*asked)} == {
        "=2+5": "2100.00",
        "c-1": "2500.00",
        "c-2": "2500.00",
        "c-3": "100.00",
    }
    assert lake


def test_files_hold_everything_and_no_formula(lake: MemoryLake, tmp_path: Path) -> None:
    sheet, parquet = tmp_path / "list.csv", tmp_path / "list.parquet"
    told = typed("list", "tier == gold", "--csv", str(sheet), "--parquet", str(parquet))
    assert told.stdout == ""
    assert told.stderr.count("written: ") == 2
    assert sheet.read_bytes().decode("utf-8-sig").splitlines() == [
        "customer,tier",
        "'=2+5,gold",
        "c-1,gold",
        "c-2,gold",
    ]
    assert pl.read_parquet(parquet)["customer"].to_list() == ["=2+5", "c-1", "c-2"]
    assert lake


def test_who_moved_and_what_care_is_open(lake: MemoryLake) -> None:
    assert [
        (one["customer"], one["day"]) for one in rows("list", "--moved", "silver -> gold", "--since", "2026-03-01")
    ] == [("c-2", "2026-03-31")]
    (care,) = rows("list", "care", "--open", "--owner", "service-recovery")
    assert (care["customer"], care["action"], care["until"]) == ("c-3", "apologise", "2026-04-02")
    assert rows("list", "care", "--open") == rows("list", "care", "--open", "--live")
    assert lake


def test_whoever_is_forgotten_is_gone_from_lists_at_once(lake: MemoryLake, customers: Customers) -> None:
    forget(customers, lake, "c-2")
    for more in ((), ("--live",)):
        assert [one["customer"] for one in rows("list", "tier == gold", *more)] == ["=2+5", "c-1"]
    assert rows("list", "--moved", "tier", "--since", "2026-01-01") == []
    compact_all(lake)
    assert [one["customer"] for one in rows("list", "tier == gold")] == ["=2+5", "c-1"]


def test_a_trend_is_that_of_the_nights(lake: MemoryLake) -> None:
    told = json.loads(typed("trend", "tier", "--json").stdout)
    assert told["nights"] == [{"day": "2026-03-31", "levels": {"platinum": 0, "gold": 3, "silver": 0, "bronze": 1}}]
    assert "gold" in typed("trend", "tier").stdout
    assert lake


def test_what_is_wrong_is_said_before_anything_is_looked_for(lake: MemoryLake) -> None:
    assert lake
    for arguments, error, said in (
        (("list", "tier >= golden"), RulesError, "condition:1: `tier >= golden`"),
        (("list", "", "--sort", "spnd_365d"), UserError, "did you mean `spend_365d`"),
        (("list", "care", "--columns", "tier"), UserError, "`--columns` does not apply here"),
    ):
        with pytest.raises(error, match=said):
            typed(*arguments)
    assert asking.LISTS.keys() == {"customers", "moves", "care"}
