"""The subject and the place of the measurement: the commit, the versions, the machine."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from standing.local.project import programme_folder

PACKAGES = ("zen-engine", "durable-rules", "orjson", "pydantic", "boto3", "aws-lambda-powertools", "ministack")


def described() -> dict[str, str]:
    """The commit (with a plus sign if files differ from it), the versions and the machine, under flat names."""
    changed = _git(
        "status", "--porcelain", "--untracked-files=no", "--", "layers", "functions", "rules", "benchmarks/*.py"
    )
    return {
        "commit": _git("rev-parse", "--short=12", "HEAD") + ("+" if changed else ""),
        "measured_at": datetime.now(UTC).isoformat(timespec="minutes"),
        "machine.processor": _processor(),
        "machine.cores": str(os.cpu_count()),
        "machine.system": f"{platform.system()} {platform.machine()}",
        "versions.python": platform.python_version(),
        **{f"versions.{name}": found for name in PACKAGES if (found := _version(name))},
    }


def _version(package: str) -> str:
    if package == "ministack":  # it has its own environment
        pinned = (programme_folder() / "requirements" / "ministack.in").read_text()
        return pinned.partition("==")[2].strip()
    return version(package)


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(programme_folder()), *arguments]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 -- a fixed command
    return answer.stdout.strip() or ("unknown" if answer.returncode else "")
