"""The working folders of backfills that did not end: how to go on, and what they hold of a customer."""

from __future__ import annotations

import json
import shlex
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from standing.backfill.partition import REFUSED, bucket_file
from standing.lake.layout import bucket_of
from standing.lake.runs import Run
from standing.values.days import Day

DEALT, RUN = "dealt.json", "run.json"


@dataclass(frozen=True)
class FolderNote:
    """What a working folder says of its run: what it is, its last day, and the command that goes on with it."""

    folder: Path
    run: Run
    until: Day
    command: str

    @property
    def is_dealt(self) -> bool:
        """Whether all files were read; before that nothing was taken in."""
        return (self.folder / DEALT).exists()


def work_below(root: Path) -> Path:
    """Where the working folders are."""
    return root / ".standing" / "backfill"


def write_note(folder: Path, run: Run, until: Day, command: str) -> None:
    """Note what a working folder is of, before anything else is in it."""
    (folder / RUN).write_text(json.dumps({"run": asdict(run), "until": until, "command": command}))


def command_of(files: Sequence[Path], mapping: Path | None, until: str | None) -> str:
    """The command that goes on with a run of some files."""
    options = {"--mapping": mapping, "--until": until}
    said = [part for name, value in options.items() if value is not None for part in (name, str(value))]
    return shlex.join(["standing", "backfill", *map(str, files), *said])


def read_note(folder: Path) -> FolderNote:
    """What a working folder is of."""
    told = json.loads((folder / RUN).read_text())
    return FolderNote(folder, Run(**told["run"]), told["until"], told["command"])


def unfinished_folders(root: Path) -> list[FolderNote]:
    """The working folders of runs that did not end."""
    return [read_note(path.parent) for path in sorted(work_below(root).glob(f"*/{RUN}"))]


def remove_folder(root: Path, run: str) -> list[Path]:
    """Remove the working folder of a run, if it is here; what was removed."""
    folders = [one.folder for one in unfinished_folders(root) if one.run.run == run]
    for folder in folders:
        shutil.rmtree(folder)
    return folders


def is_in_work(root: Path, customer: str) -> bool:
    """Whether a working folder whose files were read to the end holds something of a customer."""
    folders = (one.folder for one in unfinished_folders(root) if one.is_dealt)
    return any(_split(path, customer)[0] for folder in folders for path in _files(folder, customer))


def forget_in_work(root: Path, customer: str) -> int:
    """Take a customer out of all working folders; how many of them held something of it. Can be repeated.

    Where files were not read to the end, nobody knows in which cells it stands: of those everything goes, and the same
    command reads them again.
    """
    folders = (path for path in sorted(work_below(root).glob("*")) if path.is_dir())
    return sum(_forget_in(folder, customer) for folder in folders)


def _forget_in(folder: Path, customer: str) -> bool:
    """Whether a folder held something of a customer."""
    there = {path.name for path in folder.iterdir()}
    if there - {REFUSED} and DEALT not in there:
        shutil.rmtree(folder)
        return True
    return sum(_without(path, customer) for path in _files(folder, customer)) > 0


def _files(folder: Path, customer: str) -> list[Path]:
    """Where something of a customer may be: its events, and rows that were refused."""
    return [bucket_file(folder, bucket_of(customer)), folder / REFUSED]


def _without(path: Path, customer: str) -> bool:
    """Write a file anew without the lines that name a customer; whether there were any."""
    go, stay = _split(path, customer)
    if go:
        half = path.with_suffix(".half")
        half.write_bytes(b"".join(stay))
        half.replace(path)
    return bool(go)


def _split(path: Path, customer: str) -> tuple[list[bytes], list[bytes]]:
    """The lines of a file that name a customer, and the others; none of a file that is not there."""
    found: tuple[list[bytes], list[bytes]] = ([], [])
    for line in path.read_bytes().splitlines(keepends=True) if path.exists() else []:
        found[0 if _names(json.loads(line), customer) else 1].append(line)
    return found


def _names(told: dict[str, Any], customer: str) -> bool:
    """Whether an event is of a customer, or what is said of a refused row has its id."""
    return bool(told["detail"]["customer"] == customer if "detail" in told else customer in told.values())
