"""The programme is found from where one stands; the kit goes with the code, and is laid out beside the programme."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from standing.local import kit, project
from standing.local.kit import lay_out_kit, sam_config
from standing.local.project import deployment_folder, kit_folder, programme_folder, ruleset_layer, tool
from standing.values.errors import UserError

from tests.make.support import ROOT


@pytest.fixture
def programme(tmp_path: Path) -> Path:
    """A programme's folder that is no clone."""
    folder = tmp_path / "own"
    (folder / "rules" / "ratings").mkdir(parents=True)
    (folder / "rules" / "programme.yaml").touch()
    return folder


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package as a wheel installs it, with a kit in it."""
    package = tmp_path / "site-packages" / "standing"
    (package / "local" / "__pycache__").mkdir(parents=True)
    (package / "local" / "__pycache__" / "aws.pyc").touch()
    (package / "__init__.py").write_text("one")
    for part in (*kit.PARTS, "samconfig.toml"):
        source, target = ROOT / part, package / "kit" / part
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copyfile(source, target)
    for module in (project, kit):
        monkeypatch.setattr(module, "PACKAGE", package)
    return package


def test_a_programme_is_found_in_the_working_directory_or_above(
    programme: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(programme / "rules" / "ratings")
    assert programme_folder() == programme
    monkeypatch.chdir(programme.parent)
    with pytest.raises(UserError, match="`standing init` writes a programme"):
        programme_folder()


def test_a_clone_is_its_own_kit_and_is_deployed_from_where_it_is() -> None:
    assert kit_folder() == ROOT
    assert deployment_folder(ROOT) == lay_out_kit(ROOT) == ROOT
    assert ruleset_layer(ROOT) == ROOT / "layers" / "ruleset"
    assert sam_config(ROOT) == ROOT / "samconfig.toml"


def test_what_the_wheel_carries_is_laid_out_with_the_package_in_its_layer(programme: Path, installed: Path) -> None:
    assert kit_folder() == installed / "kit"
    folder = lay_out_kit(programme)
    assert folder == programme / ".standing" / "deployment"
    assert (folder / "template.yaml").read_bytes() == (ROOT / "template.yaml").read_bytes()
    assert (folder / "functions" / "ingest" / "handler.py").exists()
    layer = folder / "layers" / "standing"
    assert (layer / "requirements.txt").exists()
    assert {path.name for path in layer.rglob("*")} == {"requirements.txt", "standing", "__init__.py", "local"}


def test_another_version_is_laid_out_anew_and_compiled_rules_stay(programme: Path, installed: Path) -> None:
    layer = lay_out_kit(programme) / "layers" / "standing" / "standing"
    (layer / "gone.py").touch()
    ruleset_layer(programme).mkdir()
    (installed / "__init__.py").write_text("two")
    lay_out_kit(programme)
    assert (layer / "__init__.py").read_text() == "two"
    assert not (layer / "gone.py").exists()
    assert ruleset_layer(programme).exists()


def test_a_clone_deploys_another_programme_beside_it(programme: Path) -> None:
    folder = lay_out_kit(programme)
    assert folder == programme / ".standing" / "deployment"
    assert (folder / "layers" / "standing" / "standing" / "engine" / "fold.py").exists()


def test_a_programmes_own_samconfig_comes_first(programme: Path) -> None:
    assert sam_config(programme) == ROOT / "samconfig.toml"
    (programme / "samconfig.toml").touch()
    assert sam_config(programme) == programme / "samconfig.toml"


@pytest.mark.usefixtures("installed")
def test_tools_are_those_of_the_environment_that_runs_us(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project, "find_spec", lambda _: True)
    assert tool("sam", "sam") == Path(sys.executable).with_name("sam")
    monkeypatch.setattr(project, "find_spec", lambda _: None)
    with pytest.raises(ModuleNotFoundError) as raised:
        tool("sam", "sam")
    assert raised.value.name == "sam"


def test_tools_of_a_clone_are_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(project, "PACKAGE", tmp_path / "layers" / "standing" / "standing")
    monkeypatch.setattr(project, "find_spec", lambda _: None)
    with pytest.raises(UserError, match="make setup"):
        tool("sam", "sam")
    program = tmp_path / ".tools" / "sam" / "bin" / "sam"
    program.parent.mkdir(parents=True)
    program.touch()
    assert tool("sam", "sam") == program
