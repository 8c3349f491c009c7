"""The part of the cold start: importing the ingest function in new processes, beside importing only its libraries."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from standing.local.project import programme_folder
from standing.rules.author.build import build_ruleset

from benchmarks.figures import Figures
from benchmarks.timing import ratios

# `import pydantic` alone loads nothing: it waits for the first use of a name.
LIBRARIES = "import boto3; from aws_lambda_powertools import Logger, Metrics; from pydantic import BaseModel"
CLIENTS = "; boto3.client('dynamodb'); boto3.client('sqs')"
PROGRAMS = {"ingest": "import handler", "alone": LIBRARIES, "alone_with_clients": LIBRARIES + CLIENTS}
TIMED = "import time; began = time.perf_counter(); {}; print((time.perf_counter() - began) * 1000)"
SETTINGS = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "CUSTOMERS_TABLE": "benchmark",
    "REJECTED_QUEUE_URL": "https://benchmark.invalid/rejected",
    "POWERTOOLS_SERVICE_NAME": "standing",
    "POWERTOOLS_METRICS_NAMESPACE": "Standing",
}


def measure(figures: Figures, repeats: int) -> None:
    """Import in turns, and note the times."""
    where, folders = _artefacts(programme_folder())
    figures.say("ingest.from", where)
    with tempfile.TemporaryDirectory() as bytecode:
        turns = _in_turns(repeats, folders, Path(bytecode))
    for name, values in turns.items():
        figures.note(f"ingest.import_{name}_ms", values)
    figures.note("ingest.import_ratio", ratios(turns["ingest"], turns["alone"]))
    figures.note("ingest.import_ratio_with_clients", ratios(turns["ingest"], turns["alone_with_clients"]))


def _in_turns(repeats: int, folders: list[Path], bytecode: Path) -> dict[str, list[float]]:
    turns: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    for turn in range(-1, repeats):  # the first turn compiles the bytecode
        for name, program in PROGRAMS.items():
            taken = _milliseconds(program, folders, bytecode)
            if turn >= 0:
                turns[name].append(taken)
    return turns


def _artefacts(root: Path) -> tuple[str, list[Path]]:
    """The built artefacts, in Lambda's search order; the sources if nothing is built."""
    ruleset, built = root / "layers" / "ruleset", root / ".aws-sam" / "build"
    if not (ruleset / "python" / "standing_ruleset").exists():
        build_ruleset(root / "rules", ruleset)
    if (built / "Ingest" / "handler.py").exists():
        return "built artefacts", [built / "Ingest", built / "StandingLayer" / "python", ruleset / "python"]
    return "sources", [root / "functions" / "ingest", root / "layers" / "standing", ruleset / "python"]


def _milliseconds(program: str, folders: list[Path], bytecode: Path) -> float:
    """The milliseconds of the import in a new process. boto3 comes from this environment, as from Lambda's own."""
    path = [*map(str, folders), sysconfig.get_path("purelib")]
    begin = f"import sys; sys.path[:0] = {path}; "
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON"))}
    answer = subprocess.run(  # noqa: S603 -- a fixed program
        [sys.executable, "-S", "-c", begin + TIMED.format(program)],
        env={**environment, **SETTINGS, "PYTHONPYCACHEPREFIX": str(bytecode)},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(answer.stdout)
