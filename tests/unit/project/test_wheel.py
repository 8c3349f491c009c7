"""The wheel carries all that a programme begins with and deploys, and no file that was made on the way."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from email import message_from_bytes
from pathlib import Path, PurePosixPath

import pytest
from standing.local.kit import PARTS

from tests.make.support import ROOT
from tests.unit.project.test_architecture import PACKAGE

MADE = {"__pycache__", ".standing", ".aws-sam"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel of this clone."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return zipfile.ZipFile(built)


def files(place: Path) -> set[str]:
    """The files of the clone in a place, by their paths in it."""
    found = [place] if place.is_file() else [path for path in place.rglob("*") if path.is_file()]
    return {path.relative_to(ROOT).as_posix() for path in found if not MADE & set(path.parts)}


def test_it_holds_the_package_whole_with_what_is_no_code(wheel: zipfile.ZipFile) -> None:
    names = {name for name in wheel.namelist() if not name.startswith(("standing/kit/", "standing_engine-"))}
    inside = PACKAGE.relative_to(ROOT).parent.as_posix()
    assert names == {PurePosixPath(name).relative_to(inside).as_posix() for name in files(PACKAGE)}
    assert {"standing/present/page.html", "standing/starter/README.md"} <= names


@pytest.mark.parametrize("part", [*PARTS, "samconfig.toml", "events", "rules", ".github/workflows", "docs/examples"])
def test_it_holds_what_is_deployed_and_what_a_programme_begins_with(wheel: zipfile.ZipFile, part: str) -> None:
    wanted = files(ROOT / part)
    assert wanted
    assert {f"standing/kit/{name}" for name in wanted} <= set(wheel.namelist())
    for name in wanted:
        assert wheel.read(f"standing/kit/{name}") == (ROOT / name).read_bytes()


def test_it_holds_nothing_that_was_made(wheel: zipfile.ZipFile) -> None:
    assert [name for name in wheel.namelist() if MADE & set(PurePosixPath(name).parts)] == []
    assert not any("layers/ruleset" in name or "layers/shadow" in name for name in wheel.namelist())


def test_it_names_its_extras_and_its_command(wheel: zipfile.ZipFile) -> None:
    (metadata,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    assert message_from_bytes(wheel.read(metadata)).get_all("Provides-Extra") == ["all", "authoring", "batch", "local"]
    (commands,) = (name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    assert b"standing = standing.cli.app:main" in wheel.read(commands)
