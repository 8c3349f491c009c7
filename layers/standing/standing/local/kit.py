"""The kit laid out for a programme: what sam builds and deploys, with this very package in its layer."""

from __future__ import annotations

import shutil
from pathlib import Path

from standing.local.project import PACKAGE, deployment_folder, kit_folder

LAYERS = ("layers/standing/requirements.txt", "layers/polars", "layers/charts")
PARTS = ("template.yaml", "shadow.yaml", "functions", *LAYERS)
NOT_DEPLOYED = shutil.ignore_patterns("kit", "__pycache__")  # the kit itself, and what Python compiled


def lay_out_kit(programme: Path) -> Path:
    """A programme's deployment folder, with the kit in it as it is now; a clone is laid out as it is.

    The compiled rules in it stay, and what sam built: it builds anew what changed.
    """
    folder, kit = deployment_folder(programme), kit_folder()
    if folder == kit:
        return folder
    for part in PARTS:
        _replace(kit / part, folder / part)
    _replace(PACKAGE, folder / "layers" / "standing" / "standing")
    return folder


def sam_config(programme: Path) -> Path:
    """How sam builds and deploys a programme: its own samconfig.toml, or the kit's where it has none."""
    own = programme / "samconfig.toml"
    return own if own.exists() else kit_folder() / own.name


def _replace(source: Path, target: Path) -> None:
    """Copy a file or a folder over what is there."""
    if source.is_dir():
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target, ignore=NOT_DEPLOYED)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
