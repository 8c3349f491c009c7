"""The kit in a programme's deployment folder: what sam builds and deploys, with this package in the layer."""

from __future__ import annotations

import shutil
from pathlib import Path

from standing.local.project import PACKAGE, deployment_folder, kit_folder

LAYERS = ("layers/standing/requirements.txt", "layers/polars", "layers/charts")
PARTS = ("template.yaml", "shadow.yaml", "functions", *LAYERS)
NOT_DEPLOYED = shutil.ignore_patterns("kit", "__pycache__")  # the kit itself, and what Python compiled


def lay_out_kit(programme: Path) -> Path:
    """Copy the current kit into a programme's deployment folder, and return the folder. A clone needs no copy.

    Compiled rules and sam's build in the folder stay; sam rebuilds only what changed.
    """
    folder, kit = deployment_folder(programme), kit_folder()
    if folder == kit:
        return folder
    for part in PARTS:
        _replace(kit / part, folder / part)
    _replace(PACKAGE, folder / "layers" / "standing" / "standing")
    return folder


def sam_config(programme: Path) -> Path:
    """The samconfig.toml of a programme, or the kit's if it has none."""
    own = programme / "samconfig.toml"
    return own if own.exists() else kit_folder() / own.name


def _replace(source: Path, target: Path) -> None:
    """Replace a file or a folder by a copy of another."""
    if source.is_dir():
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target, ignore=NOT_DEPLOYED)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
