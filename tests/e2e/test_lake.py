"""The lake as it is deployed: what ingest wrote, the archive function brings there; and a customer is forgotten."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from standing.aws.queues import peek
from standing.aws.stack import Target
from standing.lake.compaction import compact_all
from standing.lake.gaps import behind_table, missing_commits
from standing.lake.reader import everything_of, read_bucket

from tests.e2e.test_road import complaint, deliver, purchase, until
from tests.make.lakes import deployed_bucket_of, months_of
from tests.make.support import ROOT


def standing(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("standing")), *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)


def exported(customer: str) -> dict[str, Any]:
    said = standing("export", customer)
    found: dict[str, Any] = json.loads(said.stdout)
    assert (said.returncode == 0) == bool(found["table"] or any(found["lake"].values())), said.stderr
    return found


def in_the_lake(target: Target, customer: str) -> bool:
    """Whether the lake has all that the table has of a customer."""
    state = target.customers.load(customer)
    assert state is not None
    bucket = everything_of(target.lake, customer)
    return not missing_commits(bucket).height and not behind_table(bucket, [(customer, state.version)]).height


def test_what_was_applied_comes_into_the_lake_and_can_be_forgotten(target: Target, tmp_path: Path) -> None:
    events = [*(purchase("lake", n, "700.00", 40 - n) for n in range(3)), complaint("lake", 9, 2)]
    neighbours = [purchase("lake-2", 1, "12.00", 3)]
    assert deliver(target, tmp_path / "events", [*events, *neighbours]).applied == 5
    until(lambda: in_the_lake(target, "lake") and in_the_lake(target, "lake-2"))
    number = deployed_bucket_of("lake")
    assert compact_all(target.lake, [number]).wrong == {}
    records = read_bucket(target.lake, number).records.to_dicts()
    assert [row["amount"] for row in records if row["customer"] == "lake"] == [70_000, 70_000, 70_000, None]

    given = exported("lake")
    assert len([sort for sort in given["table"] if sort.startswith("EVENT#")]) == len(given["lake"]["records"]) == 4
    decided = [sort for sort in given["table"] if sort.startswith(("DECISION#", "CARE#"))]
    until(lambda: len(everything_of(target.lake, "lake").decisions) == len(decided) > 0)
    said = standing("forget", "lake", "--yes")
    assert said.returncode == 0, said.stderr
    assert exported("lake")["table"] == {}
    assert exported("lake")["lake"]["records"] != []
    assert standing("lake", "compact", "--bucket", str(number)).returncode == 0
    assert exported("lake") == {
        "customer": "lake",
        "table": {},
        "lake": {"records": [], "decisions": [], "states": [], "standings": []},
    }
    assert standing("forget", "lake", "--yes").returncode == 1
    assert exported("lake-2")["table"] != {}

    later = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    again = [*events, {**events[0], "detail": {**events[0]["detail"], "id": "lake-new", "time": later}}]
    assert deliver(target, tmp_path / "again", again).rejected == 5
    bodies = [json.loads(body) for body in peek(target, target.outputs["RejectedUrl"])]
    reasons = {body["reason"] for body in bodies if '"customer":"lake"' in body["message"].replace(" ", "")}
    assert reasons == {"forgotten"}
    assert exported("lake")["table"] == {}


def test_gaps_are_found_and_filled_from_the_table(target: Target, tmp_path: Path) -> None:
    deliver(target, tmp_path / "events", [purchase("gap", n, "5.00", 9 - n) for n in range(2)])
    until(lambda: in_the_lake(target, "gap"))
    compact_all(target.lake, [deployed_bucket_of("gap")])
    target.lake.delete(months_of(target.lake, "records", deployed_bucket_of("gap")))
    found = {one["customer"] for one in json.loads(standing("lake", "gaps", "--json").stdout)}
    assert "gap" in found
    assert standing("lake", "gaps", "--refill").returncode == 0
    assert missing_commits(read_bucket(target.lake, deployed_bucket_of("gap"))).is_empty()
    assert in_the_lake(target, "gap")
