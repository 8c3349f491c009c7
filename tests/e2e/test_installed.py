"""Standing as those have it who do not clone it: a wheel in an environment of its own, and a programme beside it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.make.support import ROOT

pytestmark = pytest.mark.long  # it installs everything, and builds every layer


def ran(*command: str | Path, cwd: Path, code: int = 0) -> str:
    """What a command prints, or what it says is wrong, with nothing of the clone around it."""
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON", "VIRTUAL_ENV"))
    }
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=cwd, env=clean, capture_output=True, text=True, check=False, timeout=1800)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stderr if code else done.stdout


def installed(folder: Path, extras: str = "") -> Path:
    """The command, of the wheel of this clone in an environment that was empty."""
    ran(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    (wheel,) = folder.glob("*.whl")
    ran(sys.executable, "-m", "venv", folder / "venv", cwd=folder)
    ran(folder / "venv" / "bin" / "pip", "install", "--quiet", f"{wheel}{extras}", cwd=folder)
    return folder / "venv" / "bin" / "standing"


@pytest.fixture
def standing(tmp_path: Path) -> Path:
    """The command with all extras."""
    return installed(tmp_path, "[all]")


@pytest.fixture
def programme(standing: Path, tmp_path: Path) -> Iterator[Path]:
    """A bank's programme, outside the clone; its local AWS is stopped in any case."""
    ran(standing, "init", "own", "--trade", "bank", cwd=tmp_path)
    yield tmp_path / "own"
    ran(standing, "local", "down", cwd=tmp_path / "own")


def test_an_installed_standing_writes_proves_deploys_and_runs_a_programme(standing: Path, programme: Path) -> None:
    assert "site-packages" in ran(
        standing.with_name("python"), "-c", "import standing; print(standing.__file__)", cwd=programme
    )
    assert "0 problems, 0 findings, 0 questions" in ran(standing, "rules", "check", cwd=programme)
    assert "51 of 51 stories" in ran(standing, "rules", "test", cwd=programme)
    assert ran(standing, "rules", "fmt", "--check", cwd=programme) == ""
    assert "江岸银行" in ran(standing, "rules", "show", "--lang", "zh", cwd=programme)
    ran(standing, "local", "up", cwd=programme)
    sent = json.loads(ran(standing, "--local", "send", "events/example.json", "--json", cwd=programme))
    assert sent["sent"] == 2
    counted = json.loads(ran(standing, "--local", "audit", "events/example.json", "--json", cwd=programme))
    assert (counted["applied"], counted["lost"], counted["rejected"]) == (2, 0, 0)
    shown = json.loads(ran(standing, "--local", "show", "c-1001", "--json", cwd=programme))
    assert shown["ratings"]["value"]["level"] == "affluent"
    assert shown["features"]["assets"] == "61000.00"
    assert "release" in ran(standing, "--local", "rules", "live", "--json", cwd=programme)
    assert not (programme / "template.yaml").exists()


def test_a_plain_install_plays_the_stories_and_says_what_it_lacks(tmp_path: Path) -> None:
    plain = installed(tmp_path)
    ran(plain, "init", "own", "--trade", "shop", cwd=tmp_path)
    own = tmp_path / "own"
    assert "37 of 37 stories" in ran(plain, "rules", "test", cwd=own)
    assert "Kobako Store" in ran(plain, "rules", "show", cwd=own)
    for words, extra in (("rules check", "authoring"), ("list gold", "batch"), ("local up", "local")):
        assert f"pip install 'standing-engine[{extra}]'" in ran(plain, *words.split(), cwd=own, code=2)
