"""Other programs and libraries write nothing on the terminal: what they say is kept, and told where they fail."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from standing.local.sam import run_sam
from standing.values.errors import UserError

CHATTY = "#!/bin/sh\necho said by another; echo warned by another >&2; exit {code}\n"
WARNS = """
import logging
from standing.aws.logging import silence_libraries
{what}
logging.getLogger("urllib3").warning("pool is full")
"""


def sam_that_ends(program: Path, code: int) -> None:
    program.write_text(CHATTY.format(code=code))
    program.chmod(0o755)


def test_what_sam_says_is_told_only_where_it_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("standing.local.sam.tool", lambda *_: tmp_path / "sam")
    sam_that_ends(tmp_path / "sam", 0)
    run_sam(tmp_path, "deploy")
    sam_that_ends(tmp_path / "sam", 1)
    with pytest.raises(UserError, match="warned by another"):
        run_sam(tmp_path, "deploy")
    assert capfd.readouterr() == ("", "")


def said(what: str) -> str:
    command = [sys.executable, "-c", WARNS.format(what=what)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stderr


def test_what_libraries_log_does_not_come_to_the_terminal() -> None:
    assert said("silence_libraries()") == ""
    assert said("pass") == "pool is full\n"
