"""`standing backfill` into the deployed template: a table by its mapping, killed in between, and heard by nobody."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
from standing.aws.queues import peek
from standing.aws.stack import Target
from standing.lake.compaction import compact_all
from standing.lake.gaps import missing_commits
from standing.lake.reader import read_bucket

from tests.e2e.test_lake import in_the_lake, standing
from tests.e2e.test_road import deliver, purchase, until
from tests.make.lakes import deployed_bucket_of
from tests.make.support import ROOT

WORK = ROOT / ".standing" / "backfill"
MAPPING = """
source: shop.checkout
separator: ";"
type: purchase.v1
fields:
  id: "o-{order}"
  customer: "bf-{who}"
  time: {column: at, format: "%Y-%m-%d %H:%M", zone: America/New_York}
  amount: {column: amount, mark: ",", decimals: 2}
  currency: USD
"""
CUSTOMERS, ORDERS = 40, 12


def written(folder: Path) -> tuple[Path, Path]:
    """A CSV of orders, one of which is none, and its mapping."""
    days = [datetime.now(UTC) - timedelta(days=60 * number + 2) for number in range(ORDERS)]
    rows = [
        f"{who}-{number};{who};{day:%Y-%m-%d %H:%M};3{number},50"
        for who in range(CUSTOMERS)
        for number, day in enumerate(days)
    ]
    (folder / "orders.csv").write_text("\n".join(["order;who;at;amount", *rows, "x;1;yesterday;1,00"]) + "\n")
    (folder / "map.yaml").write_text(MAPPING)
    return folder / "orders.csv", folder / "map.yaml"


def workers(command: int) -> list[int]:
    """The processes that a command began."""
    tasks = Path(f"/proc/{command}/task").glob("*/children")
    return [int(pid) for children in tasks for pid in children.read_text().split()]


def test_a_backfill_that_is_killed_goes_on_and_nobody_hears_of_it(target: Target, ear: str, tmp_path: Path) -> None:
    rows, mapping = written(tmp_path)
    command = ["backfill", str(rows), "--mapping", str(mapping), "--jobs", "2", "--json"]
    before = set(WORK.glob("*"))
    with subprocess.Popen(
        [str(Path(sys.executable).with_name("standing")), *command], cwd=ROOT, stdout=subprocess.DEVNULL
    ) as killed:
        until(lambda: any(path.suffix == ".done" for new in set(WORK.glob("*")) - before for path in new.glob("*")))
        ours = workers(killed.pid)
        assert ours
        killed.kill()
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in ours))

    done, total = standing(*command), CUSTOMERS * ORDERS
    told = json.loads(done.stdout)
    assert (done.returncode, told["rows"], told["taken"], told["refused"]) == (1, total + 1, total, 1)
    assert (told["customers"], told["events"] + told["known"]) == (CUSTOMERS, total)
    assert "expected a time as" in Path(told["refused_rows"]).read_text()
    assert [path.name for path in Path(told["refused_rows"]).parent.iterdir()] == ["refused.jsonl"]
    again = json.loads(standing(*command).stdout)
    assert (again["events"], again["known"]) == (0, total)

    names = [f"bf-{who}" for who in range(CUSTOMERS)]
    for name in names:
        assert len(target.customers.history(name)) == ORDERS
        assert target.customers.decisions(name) == []
    until(lambda: all(in_the_lake(target, name) for name in names))
    compact_all(target.lake, {deployed_bucket_of(name) for name in names})
    for name in names:
        bucket = read_bucket(target.lake, deployed_bucket_of(name))
        assert missing_commits(bucket).is_empty()
        assert Counter(bucket.records["customer"])[name] == ORDERS
    assert "the state agreed with its events" in standing("rebuild", names[0]).stdout

    deliver(target, tmp_path / "live", [purchase(names[0], 1, "4500.00", 0)])
    until(lambda: bool(target.customers.decisions(names[0])))
    heard = [json.loads(body)["detail"] for body in peek(target, ear)]
    assert {one["customer"] for one in heard} & set(names) <= {names[0]}
    said = {(one["rating"], one["from"]) for one in target.customers.decisions(names[0]) if one.get("rating")}
    assert ("tier", None) not in said
    assert said


def filled(path: Path, events: list[dict[str, Any]]) -> str:
    """A run that brings these events; its id."""
    path.write_text("".join(f"{json.dumps(event)}\n" for event in events))
    done = standing("backfill", str(path), "--jobs", "1", "--json")
    assert done.returncode == 0, done.stderr
    return str(json.loads(done.stdout)["run"])


def test_a_run_is_taken_back_beside_another_and_live_events(target: Target, tmp_path: Path) -> None:
    both, alone = "bf-both", "bf-alone"
    first = [purchase(who, n, "3000.00", 20 - n) for who in (both, alone) for n in range(2)]
    run = filled(tmp_path / "first.jsonl", first)
    live = [purchase(both, 20, "40.00", 1), first[0]]
    deliver(target, tmp_path / "live", live)
    until(lambda: len(target.customers.history(both)) == 3)
    other = filled(tmp_path / "second.jsonl", [purchase(both, n, "9.00", 60) for n in (10, 11)])
    until(lambda: in_the_lake(target, both) and in_the_lake(target, alone))

    back = standing("backfill", "--retract", run, "--json")
    assert back.returncode == 0, back.stdout + back.stderr
    told = json.loads(back.stdout)
    assert (told["customers"], told["events"], told["gone"], told["conflicts"]) == (2, 3, 1, [])
    states = {one["run"]: one["state"] for one in json.loads(standing("backfill", "--list", "--json").stdout)["runs"]}
    assert (states[run], states[other]) == ("retracted", "done")
    assert target.customers.rows(alone) == []
    assert {one.event.detail.id for one in target.customers.history(both)} == {f"{both}-{n}" for n in (0, 10, 11, 20)}
    assert "the state agreed with its events" in standing("rebuild", both).stdout
    until(lambda: in_the_lake(target, both))
    compact_all(target.lake, {deployed_bucket_of(both), deployed_bucket_of(alone)})
    bucket = read_bucket(target.lake, deployed_bucket_of(both))
    assert set(bucket.records.filter(pl.col("customer") == both)["id"]) == {f"{both}-{n}" for n in (0, 10, 11, 20)}
    gone = read_bucket(target.lake, deployed_bucket_of(alone))
    assert not {*gone.records["customer"], *gone.states["customer"]} & {alone}
