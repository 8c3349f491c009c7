"""The connection of this process to the programme's local AWS."""

from __future__ import annotations

from pathlib import Path

from standing.local.aws import LocalAws, point_at
from standing.local.project import programme_folder
from standing.values.errors import UserError


def use_local_aws() -> None:
    """Point this process at the programme's local AWS. Raises UserError if it is not running."""
    running = LocalAws(local_folder()).running()
    if not running:
        raise UserError("the local AWS is not running: `standing local up` starts it")
    point_at(running)


def local_folder() -> Path:
    """The folder with the files of the programme's local AWS."""
    return programme_folder() / ".standing" / "local"
