"""Runs of a backfill as people meet them: listed, resumed, taken back, named by the night, and reached by forget."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from standing.aws.table import Customers
from standing.backfill.partition import part_file
from standing.backfill.run import Backfill, fill_back, folder_of
from standing.backfill.run_list import list_runs, retract
from standing.backfill.settlement import Settlement
from standing.backfill.work_folders import forget_in_work, is_in_work, work_below
from standing.cli import app
from standing.cli import backfill as commands
from standing.customers.forget import forget_in_backfills
from standing.lake.layout import retracted_prefix
from standing.lake.runs import Run, begin, keep, run_of, runs, unfinished
from standing.nightly.plan import day_to_close
from standing.nightly.summary import NightSteps, summarise
from standing.present.report.attention import attention
from standing.values.catalogue import LANGUAGES
from standing.values.errors import UserError
from typer.testing import CliRunner

from tests.integration.nightly.test_night import RULES
from tests.make import reports
from tests.make.lakes import MemoryLake, bucket_of
from tests.make.support import NOW, envelope, purchase, taken

WHO, OTHER = "c-1", "c-2"
RUN = Run("20260301-1200-aaaaaaaa", ["a.csv"], "map.yaml", "0123", "2026-03-01T12:00:00+00:00")
UNTIL = day_to_close(NOW, RULES.latest)


@dataclass
class Place:
    """A stack of which only the table and the lake are there."""

    customers: Customers
    lake: MemoryLake = field(default_factory=MemoryLake)
    outputs: dict[str, str] = field(default_factory=lambda: {"TableName": "customers", "LakeBucketName": "memory"})


@pytest.fixture
def place(customers: Customers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """A stack, and a clone in a folder of its own."""
    found = Place(customers)
    monkeypatch.setattr(commands, "target_of", lambda _: found)
    monkeypatch.setattr("standing.release.store.rules_of", lambda *_: RULES)
    monkeypatch.setattr(commands, "programme_folder", lambda: tmp_path)
    return found


def said(*arguments: str) -> Any:
    return CliRunner().invoke(app.app, ["backfill", *arguments])


def nothing(*_: Any) -> None:
    """Nobody looks at the progress."""


def settled(place: Any, run: Run = RUN, first: int = 0, who: str = WHO) -> None:
    """A run of two purchases that ended."""
    begin(place.lake, run)
    events = taken(RULES.latest, *(purchase(first + n, customer=who, days_ago=30 - n) for n in range(2)))
    Settlement(place.lake, place.customers, RULES, UNTIL, lambda: NOW, run.run).part(events)
    keep(place.lake, replace(run, state="done", ended=run.began, counts={"events": 2, "customers": 1}))


def test_a_run_is_noted_before_anything_is_settled_and_its_end_after(place: Any, tmp_path: Path) -> None:
    (tmp_path / "none.jsonl").write_text("")
    one, other = (fill_back(place, RULES, tmp_path, [tmp_path / "none.jsonl"], nothing) for _ in range(2))
    assert one["run"] != other["run"]
    assert {run.run for run in runs(place.lake)} == {one["run"], other["run"]}
    run = run_of(place.lake, one["run"])
    assert run is not None
    assert (run.state, run.files, run.mapping, run.counts["events"]) == ("done", ["none.jsonl"], None, 0)
    assert datetime.fromisoformat(run.began) <= datetime.fromisoformat(run.ended or "")


def test_a_run_that_is_resumed_keeps_its_id_and_its_last_day(place: Any, tmp_path: Path) -> None:
    work, file = work_of(place, tmp_path)
    began = run_of(place.lake, dealt(place, work, file, UNTIL - 3))
    assert began is not None
    assert began.state == "begun"
    resumed = backfill(place, work, file, UNTIL)
    resumed._dealt(nothing)
    assert resumed._begun() == began
    (here,) = list_runs(place, tmp_path)["unfinished"]
    assert (here["run"], here["command"], here["dealt"]) == (began.run, f"standing backfill {file}", True)
    assert json.loads((work / "run.json").read_text())["until"] == UNTIL - 3


def work_of(place: Any, root: Path) -> tuple[Path, Path]:
    file = root / "events.jsonl"
    file.write_text(
        "".join(f"{json.dumps(purchase(n, customer=who, days_ago=9))}\n" for n, who in enumerate([WHO, OTHER]))
    )
    return folder_of(root, place, [file], None, None), file


def backfill(place: Any, work: Path, file: Path, until: int) -> Backfill:
    return Backfill(place, RULES, [file], None, work, 1, until, 1.0, f"standing backfill {file}")


def dealt(place: Any, work: Path, file: Path, until: int = UNTIL) -> str:
    """A run whose files were read, and of which nothing is settled yet."""
    begun = backfill(place, work, file, until)
    begun._dealt(nothing)
    return begun._begun().run


def test_runs_are_listed_the_newest_first_and_how_to_go_on(place: Any, tmp_path: Path) -> None:
    settled(place)
    work, file = work_of(place, tmp_path)
    run = dealt(place, work, file)
    shown = said("--list").stdout
    assert shown.index(run) < shown.index(RUN.run)
    assert f"standing backfill --retract {run}" in shown
    assert f"standing backfill {file}" in shown.replace("\n", "")
    told = json.loads(said("--list", "--json").stdout)
    assert [(one["run"], one["state"], one["counts"].get("events")) for one in told["runs"]] == [
        (run, "begun", None),
        (RUN.run, "done", 2),
    ]
    assert said("--list", "--lang", "zh").exit_code == 0


def test_files_that_were_not_read_to_the_end_are_listed_as_such(place: Any, tmp_path: Path) -> None:
    work, file = work_of(place, tmp_path)
    dealt(place, work, file)
    (work / "dealt.json").unlink()
    assert "nothing of them was taken in" in said("--list").stdout


def test_without_files_and_without_a_run_it_says_what_is_missing(place: Any) -> None:
    assert place
    assert "--list or --retract RUN" in str(said().exception)
    assert "there is no such run" in str(said("--retract", "2026").exception)
    assert "There is no run yet" in said("--list").stdout


def test_a_run_is_taken_back_with_its_working_folder_and_no_other(place: Any, tmp_path: Path) -> None:
    settled(place)
    settled(place, replace(RUN, run="20260302-1200-bbbbbbbb"), first=5, who=OTHER)
    work, file = work_of(place, tmp_path)
    run = dealt(place, work, file)
    done = said("--retract", RUN.run, "--json")
    told = json.loads(done.stdout)
    assert (done.exit_code, told["customers"], told["events"], told["gone"], told["removed"]) == (0, 1, 2, 1, [])
    assert (place.customers.rows(WHO), len(place.customers.history(OTHER))) == ([], 2)
    assert [one.state for one in runs(place.lake) if one.run == RUN.run] == ["retracted"]
    assert json.loads(said("--retract", RUN.run, "--json").stdout)["events"] == 2
    assert "Working folder removed" in said("--retract", run).stderr
    assert not work.exists()


def test_a_run_that_is_taken_back_is_not_resumed(place: Any, tmp_path: Path) -> None:
    work, file = work_of(place, tmp_path)
    run = dealt(place, work, file)
    keep(place.lake, replace(RUN, run=run, state="retracting"))
    with pytest.raises(UserError, match=f"--retract {run}"):
        backfill(place, work, file, UNTIL).run(nothing)


def test_conflicts_are_named_and_the_exit_code_is_1(place: Any) -> None:
    settled(place)
    detail = {"id": "r-1", "customer": WHO, "time": NOW.isoformat(), "amount": "5.00", "currency": "USD"}
    refund = taken(RULES.latest, envelope("refund.v1", detail | {"purchase": "p-0"}))
    Settlement(place.lake, place.customers, RULES, UNTIL, lambda: NOW, "other").part(refund)
    done = said("--retract", RUN.run)
    assert done.exit_code == 1
    assert "r-1" in done.stdout
    assert "names a purchase of it" in " ".join(done.stdout.split())
    assert [one.event.detail.id for one in place.customers.history(WHO)] == ["r-1"]
    assert json.loads(said("--retract", RUN.run, "--json").stdout)["conflicts"] == [
        {"customer": WHO, "kind": "refund", "event": "r-1"}
    ]
    assert forget_in_backfills(place.lake, WHO) == 1
    (mark,) = place.lake.keys(retracted_prefix(bucket_of(WHO)))
    assert orjson.loads(place.lake.get(mark).body)["conflicts"] == []


def test_what_is_settled_while_the_run_is_taken_back_goes_by_the_same_command(place: Any, tmp_path: Path) -> None:
    settled(place)
    retract(place, RULES, tmp_path, RUN.run, nothing)
    settled(place, first=7)
    assert retract(place, RULES, tmp_path, RUN.run, nothing)["events"] == 4
    assert place.customers.rows(WHO) == []


@pytest.mark.parametrize(
    ("state", "began", "named"),
    [
        ("begun", "2026-11-24T23:00:00+00:00", True),
        ("begun", "2026-11-25T01:00:00+00:00", False),
        ("retracting", "2026-11-25T01:00:00+00:00", True),
        ("done", "2026-11-01T01:00:00+00:00", False),
        ("retracted", "2026-11-01T01:00:00+00:00", False),
    ],
)
def test_a_night_names_what_was_begun_a_day_before_and_did_not_end(state: Any, began: str, *, named: bool) -> None:
    lake, day = MemoryLake(), str(reports.DAY)
    keep(lake, replace(RUN, state=state, began=began))
    assert [one.run for one in unfinished(lake, day)] == ([RUN.run] if named else [])
    report = summarise(lake, NightSteps(day, []))
    for language in LANGUAGES:
        lines = attention(report, language)
        assert any(f"`standing backfill --retract {RUN.run}`" in line for line in lines) == named


def test_forgetting_reaches_what_waits_in_working_folders(place: Any, tmp_path: Path) -> None:
    work, file = work_of(place, tmp_path)
    dealt(place, work, file)
    (work / "refused.jsonl").write_text(f'{{"row": 1, "expected": "{WHO}"}}\n{{"row": 2, "expected": "{OTHER}"}}\n')
    assert is_in_work(tmp_path, WHO)
    assert forget_in_work(tmp_path, WHO) == 1
    assert not is_in_work(tmp_path, WHO)
    assert not any(WHO in path.read_text() for path in work.glob("*.jsonl"))
    assert OTHER in part_file(work, bucket_of(OTHER)).read_text()
    assert OTHER in (work / "refused.jsonl").read_text()
    assert forget_in_work(tmp_path, WHO) == 0
    (work / "dealt.json").unlink()
    assert forget_in_work(tmp_path, "anybody") == 1
    assert not any(work_below(tmp_path).iterdir())
