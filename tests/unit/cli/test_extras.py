"""What a plain install leaves out is named, with the way to have it, and nothing else is taken for it."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from standing.cli.app import app
from standing.cli.extras import EXTRAS, command_called
from typer.main import get_command

from tests.make.support import ROOT

WITHOUT = """
import sys
from pathlib import Path
from standing.cli.app import main
from standing.local import project
missing, package, *sys.argv[1:] = sys.argv[1:]
sys.modules[missing] = None
if package:
    project.PACKAGE = Path(package)
main()
"""
AUTHORING, BATCH, LOCAL = (f"pip install 'standing-engine[{extra}]'" for extra in EXTRAS)


def without(missing: str, words: str, folder: Path = ROOT, package: str = "") -> tuple[int, str]:
    """`standing` where a module is not installed: its exit code and what it says."""
    command = [sys.executable, "-c", WITHOUT, missing, package, *words.split()]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr.strip()


@pytest.mark.parametrize(
    ("words", "missing", "said"),
    [
        ("rules check", "z3", f"`standing rules check` needs z3: {AUTHORING}"),
        ("rules check --lang zh", "z3", f"`standing rules check` 需要 z3：{AUTHORING}"),
        ("rules impact --base HEAD", "polars", f"`standing rules impact` needs polars: {AUTHORING}"),
        ("--local list gold", "polars", f"`standing list` needs polars: {BATCH}"),
    ],
)
def test_a_command_says_what_it_lacks(words: str, missing: str, said: str) -> None:
    assert without(missing, words) == (2, said)


def test_the_local_aws_needs_its_tools(tmp_path: Path) -> None:
    (tmp_path / "standing" / "kit").mkdir(parents=True)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "programme.yaml").touch()
    said = f"`standing local up` needs ministack: {LOCAL}"
    assert without("none", "local up", tmp_path, str(tmp_path / "standing")) == (2, said)


def test_what_no_extra_brings_is_a_fault_of_ours() -> None:
    code, said = without("standing.present.rules.pages", "rules show")
    assert (code, "ModuleNotFoundError" in said) == (1, True)


def test_a_command_is_named_as_it_is_typed() -> None:
    command = get_command(app)
    assert command_called(command, ["--local", "rules", "shadow", "start", "--rules", "show"]) == (
        "standing rules shadow start"
    )
    assert command_called(command, ["show", "rules"]) == "standing show"


def test_each_extra_installs_what_it_is_said_to_bring() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = {name: " ".join(wanted) for name, wanted in project["optional-dependencies"].items()}
    assert asked.keys() == EXTRAS.keys() | {"all"}
    for extra, brought in EXTRAS.items():
        assert all(name in asked[extra] for name in brought), extra
        assert extra in asked["all"]
