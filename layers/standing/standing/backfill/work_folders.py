"""The working folders of unfinished backfills: how to resume them, and the customers in them."""

from __future__ import annotations

import json
import shlex
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from standing.backfill.partition import REFUSED, part_file, part_of
from standing.lake.runs import Run
from standing.values.days import Day

DEALT, RUN = "dealt.json", "run.json"


@dataclass(frozen=True)
class FolderNote:
    """The note in a working folder: its run, its last day, and the command that resumes it."""

    folder: Path
    run: Run
    until: Day
    command: str

    @property
    def is_dealt(self) -> bool:
        """Whether all files were read. Before that, nothing was settled."""
        return (self.folder / DEALT).exists()


def work_below(root: Path) -> Path:
    """The folder of all working folders."""
    return root / ".standing" / "backfill"


def write_note(folder: Path, run: Run, until: Day, command: str) -> None:
    """Write a working folder's note, before anything else."""
    (folder / RUN).write_text(json.dumps({"run": asdict(run), "until": until, "command": command}))


def command_of(files: Sequence[Path], mapping: Path | None, until: str | None) -> str:
    """The command that resumes a run of some files."""
    options = {"--mapping": mapping, "--until": until}
    arguments = [part for name, value in options.items() if value is not None for part in (name, str(value))]
    return shlex.join(["standing", "backfill", *map(str, files), *arguments])


def read_note(folder: Path) -> FolderNote:
    """Read a working folder's note."""
    note = json.loads((folder / RUN).read_text())
    return FolderNote(folder, Run(**note["run"]), note["until"], note["command"])


def unfinished_folders(root: Path) -> list[FolderNote]:
    """The working folders of unfinished runs."""
    return [read_note(path.parent) for path in sorted(work_below(root).glob(f"*/{RUN}"))]


def remove_folder(root: Path, run: str) -> list[Path]:
    """Remove the local working folder of a run. Returns the removed folders."""
    folders = [one.folder for one in unfinished_folders(root) if one.run.run == run]
    for folder in folders:
        shutil.rmtree(folder)
    return folders


def is_in_work(root: Path, customer: str) -> bool:
    """Whether a working folder whose files were read completely has data of a customer."""
    folders = (one.folder for one in unfinished_folders(root) if one.is_dealt)
    return any(_split(path, customer)[0] for folder in folders for path in _files(folder, customer))


def forget_in_work(root: Path, customer: str) -> int:
    """Delete a customer from all working folders. Returns how many had data of the customer. Can be repeated.

    If files were not read completely, it is unknown which cells have data of the customer: then the folder's data is
    deleted, and the same command reads the files again.
    """
    folders = (path for path in sorted(work_below(root).glob("*")) if path.is_dir())
    return sum(_forget_in(folder, customer) for folder in folders)


def _forget_in(folder: Path, customer: str) -> bool:
    """Whether a folder had data of a customer."""
    there = {path.name for path in folder.iterdir()}
    if there - {REFUSED} and DEALT not in there:
        shutil.rmtree(folder)
        return True
    return sum(_without(path, customer) for path in _files(folder, customer)) > 0


def _files(folder: Path, customer: str) -> list[Path]:
    """The files that may have data of a customer: events and refused rows."""
    return [part_file(folder, part_of(customer)), folder / REFUSED]


def _without(path: Path, customer: str) -> bool:
    """Rewrite a file without the lines that name a customer. Returns whether there were any."""
    go, stay = _split(path, customer)
    if go:
        half = path.with_suffix(".half")
        half.write_bytes(b"".join(stay))
        half.replace(path)
    return bool(go)


def _split(path: Path, customer: str) -> tuple[list[bytes], list[bytes]]:
    """The lines of a file that name a customer, and the others; empty for a missing file."""
    lines: tuple[list[bytes], list[bytes]] = ([], [])
    for line in path.read_bytes().splitlines(keepends=True) if path.exists() else []:
        lines[0 if _names(json.loads(line), customer) else 1].append(line)
    return lines


def _names(line: dict[str, Any], customer: str) -> bool:
    """Whether an event, or the entry of a refused row, is of a customer."""
    return bool(line["detail"]["customer"] == customer if "detail" in line else customer in line.values())
