"""Running sam from the clone's own environment: quietly, and with what went wrong where something did."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from standing.local.project import project_root, tool
from standing.values.errors import UserError

COMPILED = "StandingLayer/python/durable_rules_engine*.so"


def run_sam(root: Path, *arguments: str, environment: dict[str, str] | None = None) -> None:
    """Run sam in the clone. Raises UserError with its last lines where it fails, or built a layer that cannot work."""
    done = subprocess.run(  # noqa: S603 -- our own program
        [str(tool(root, "sam", "sam")), *arguments],
        cwd=root,
        env={
            **(os.environ if environment is None else environment),
            "HOME": str(_writable_home(root)),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
            "SAM_CLI_TELEMETRY": "0",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise UserError(f"sam {arguments[0]} failed:\n{last_lines(done.stdout + done.stderr)}")
    if arguments[0] == "build" and not list((root / ".aws-sam" / "build").glob(COMPILED)):
        raise UserError("sam build left durable-rules out of the layer: is there a C compiler (cc) and python3.12-dev?")


def _writable_home(root: Path) -> Path:
    """The user's home, or one in the clone where that cannot be written to: sam and pip need one."""
    home = Path(os.environ.get("HOME", "/nonexistent"))
    if os.access(home, os.W_OK):
        return home
    own = root / ".standing" / "home"
    own.mkdir(parents=True, exist_ok=True)
    return own


def last_lines(text: str, count: int = 25) -> str:
    """The end of a log, where the reason stands."""
    return "\n".join(text.strip().splitlines()[-count:])


if __name__ == "__main__":
    try:
        run_sam(project_root(), *sys.argv[1:])
    except UserError as error:
        sys.exit(str(error))
