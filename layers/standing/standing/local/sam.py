"""Runs sam on a programme's deployment folder. Its output is shown only if it fails."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from standing.local.kit import lay_out_kit, sam_config
from standing.local.project import programme_folder, tool
from standing.values.errors import UserError

COMPILED = "StandingLayer/python/durable_rules_engine*.so"


def run_sam(programme: Path, command: str, *arguments: str, environment: dict[str, str] | None = None) -> None:
    """Run a sam command for a programme, with the current kit.

    Raises UserError with sam's last lines if it fails, or if it built a layer that cannot work.
    """
    folder = lay_out_kit(programme)
    done = subprocess.run(  # noqa: S603 -- a fixed program
        [str(tool("sam", "sam")), command, "--config-file", str(sam_config(programme)), *arguments],
        cwd=folder,
        env={
            **(os.environ if environment is None else environment),
            "HOME": str(_writable_home(programme)),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
            "SAM_CLI_TELEMETRY": "0",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise UserError("sam {command} failed:\n{why}", command=command, why=last_lines(done.stdout + done.stderr))
    if command == "build" and not list((folder / ".aws-sam" / "build").glob(COMPILED)):
        raise UserError("sam build left durable-rules out of the layer: is there a C compiler (cc) and python3.12-dev?")


def _writable_home(programme: Path) -> Path:
    """The user's home folder, or one in the programme if that is read-only: sam and pip need one."""
    home = Path(os.environ.get("HOME", "/nonexistent"))
    if os.access(home, os.W_OK):
        return home
    own = programme / ".standing" / "home"
    own.mkdir(parents=True, exist_ok=True)
    return own


def last_lines(text: str, count: int = 25) -> str:
    """The last lines of a log, which have the cause."""
    return "\n".join(text.strip().splitlines()[-count:])


if __name__ == "__main__":
    try:
        run_sam(programme_folder(), *sys.argv[1:])
    except UserError as error:
        sys.exit(str(error))
