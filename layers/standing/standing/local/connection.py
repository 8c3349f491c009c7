"""Pointing this process at the local AWS of the clone."""

from __future__ import annotations

from pathlib import Path

from standing.local.aws import LocalAws, point_at
from standing.local.project import project_root
from standing.values.errors import UserError


def use_local_aws() -> None:
    """Point this process at the local AWS of the clone. Raises UserError where it is not running."""
    root = project_root()
    running = LocalAws(root, local_folder()).running()
    if not running:
        raise UserError("the local AWS is not running: `standing local up` starts it")
    point_at(running)


def local_folder() -> Path:
    """Where the clone's local AWS keeps its files."""
    return project_root() / ".standing" / "local"
