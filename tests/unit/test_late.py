"""What takes long to import is imported by the commands that need it, and by no others."""

from __future__ import annotations

import subprocess
import sys

import pytest
from standing.tools.cli import app
from standing.tools.rules.late import COMMANDS, LATE
from typer.testing import CliRunner


def test_neither_z3_nor_polars_is_imported_before_it_is_needed() -> None:
    asked = "import sys, standing.tools.cli; print(sorted({'z3', 'polars', 'plotly'} & set(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_there(name: str) -> None:
    assert set(LATE) < set(COMMANDS)
    said = CliRunner().invoke(app, ["rules", name, "--help"])
    assert said.exit_code == 0
    assert f"rules {name} [OPTIONS]" in said.output


def test_the_nearest_command_is_named_also_where_it_is_imported_late() -> None:
    assert "Did you mean 'check'" in CliRunner().invoke(app, ["rules", "chek"]).output
