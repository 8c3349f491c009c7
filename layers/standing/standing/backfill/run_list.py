"""`standing backfill --list` and `--retract`: lists runs, and retracts one."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from standing.aws.contention import TooContended
from standing.aws.stack import Target
from standing.backfill.retraction import COUNTS, Retraction
from standing.backfill.run import BUSY, Seen
from standing.backfill.work_folders import remove_folder, unfinished_folders
from standing.lake.buckets import buckets_of
from standing.lake.compaction import stage
from standing.lake.parquet import CorruptFile
from standing.lake.runs import Run, keep, run_of, runs
from standing.rules.timeline import Timeline
from standing.values.errors import UserError


def list_runs(target: Target, root: Path) -> dict[str, Any]:
    """All runs, newest first, and the local working folders of unfinished runs."""
    here = [
        {"folder": str(note.folder), "run": note.run.run, "command": note.command, "began": note.run.began}
        | {"dealt": note.is_dealt}
        for note in unfinished_folders(root)
    ]
    return {"runs": [asdict(one) for one in runs(target.lake)], "unfinished": here}


def retract(target: Target, rules: Timeline, root: Path, name: str, seen: Seen) -> dict[str, Any]:
    """Retract a run, and remove its local working folder. Returns the result. Can be repeated.

    Raises UserError if there is no such run, or if others keep writing the same customers.
    """
    run = run_of(target.lake, name)
    if run is None:
        raise UserError(
            "--retract {name}: there is no such run; `standing backfill --list` names those that there are", name=name
        )
    if run.state != "retracted":
        keep(target.lake, replace(run, state="retracting"))
    try:
        result = _all_buckets(target, rules, run, seen)
    except TooContended:
        raise UserError(BUSY) from None
    except CorruptFile as error:
        raise UserError("{error}: restore it (docs/lake.md), then the same command goes on", error=error) from None
    keep(target.lake, replace(run, state="retracted"))
    return result | {"run": name, "removed": [str(folder) for folder in remove_folder(root, name)]}


def _all_buckets(target: Target, rules: Timeline, run: Run, seen: Seen) -> dict[str, Any]:
    stage(target.lake)
    retracting = Retraction(target.lake, target.customers, rules, run.run, datetime.fromisoformat(run.began))
    buckets = buckets_of(target.lake)
    there = buckets.grouped(target.customers.brought_by(run.run), str)
    counts, conflicts = Counter[str](), list[dict[str, str]]()
    for done, number in enumerate(buckets.all(), 1):
        result = retracting.bucket(number, there.get(number, ()))
        counts.update(result["counts"])
        conflicts += result["conflicts"]
        seen("back", done, len(buckets.all()))
    return {name: counts[name] for name in COUNTS} | {"conflicts": conflicts}
