"""Help and the completion of a shell are there at once: a command imports its work when it is called."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from standing.cli.app import app
from typer.testing import CliRunner

HEAVY = ("boto3", "botocore", "durable_rules_engine", "numpy", "orjson", "plotly", "polars", "ruamel", "z3")
OURS = (*HEAVY, "standing.rules.ruleset")  # our models need pydantic; typer uses it, too, once a command has options
TELL = f"""
import sys
from standing.cli.app import main
sys.argv[0] = "standing"
try:
    main()
finally:
    print([name for name in {(*OURS, "pydantic")} if name in sys.modules], file=sys.stderr)
"""
ALL = f"""
import contextlib, io, sys
from standing.cli.app import main
for words in sys.argv.pop().split(","):
    sys.argv[1:] = [*words.split(), "--help"]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
        main()
    if found := [name for name in {OURS} if name in sys.modules]:
        sys.exit(f"{{words}}: {{found}}")
"""


def commands(group: Any, *path: str) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        yield (*path, name)
        yield from commands(command, *path, name) if hasattr(command, "commands") else ()


COMMANDS = list(commands(typer.main.get_command(app)))


def started(*words: str, program: str = TELL, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", program, *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | environment)


def test_help_imports_nothing_that_the_commands_work_with() -> None:
    said = started("--help")
    assert said.stderr == "[]\n"
    assert "explain" in said.stdout


def test_nor_does_the_help_of_any_command() -> None:
    said = started(",".join(" ".join(words) for words in COMMANDS), program=ALL)
    assert (said.returncode, said.stderr) == (0, "")


def test_nor_does_a_shell_that_completes_a_command() -> None:
    said = started(_STANDING_COMPLETE="complete_bash", COMP_WORDS="standing rules sn", COMP_CWORD="2")
    assert said.stdout.split() == ["snapshot"]
    assert not any(name in said.stderr for name in OURS)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_has_help(words: tuple[str, ...]) -> None:
    said = CliRunner().invoke(app, [*words, "--help"])
    assert said.exit_code == 0
    assert f"{' '.join(words)} [OPTIONS]" in said.output


def test_commands_of_the_rules_are_in_the_order_of_their_use() -> None:
    said = [words[1] for words in COMMANDS if words[0] == "rules" and len(words) == 2]
    assert said[:9] == ["build", "check", "test", "fmt", "schema", "show", "impact", "snapshot", "comment"]


def test_the_nearest_command_is_named() -> None:
    assert "Did you mean 'check'" in CliRunner().invoke(app, ["rules", "chek"]).output
