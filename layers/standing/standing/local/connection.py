"""Pointing this process at the local AWS of the programme."""

from __future__ import annotations

from pathlib import Path

from standing.local.aws import LocalAws, point_at
from standing.local.project import programme_folder
from standing.values.errors import UserError


def use_local_aws() -> None:
    """Point this process at the local AWS of the programme. Raises UserError where it is not running."""
    running = LocalAws(local_folder()).running()
    if not running:
        raise UserError("the local AWS is not running: `standing local up` starts it")
    point_at(running)


def local_folder() -> Path:
    """Where the programme's local AWS keeps its files."""
    return programme_folder() / ".standing" / "local"
