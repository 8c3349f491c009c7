"""`python -m benchmarks`: measure everything in one run and write results.md and results.json.

With `--quick` or `--only` the results go to `.standing/bench/`, because they are not of one whole run.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from standing.tools.project import project_root

from benchmarks import imports, local, sizes, stages
from benchmarks.figures import Figures
from benchmarks.machine import described
from benchmarks.report import verdicts, write

PARTS: dict[str, Callable[[Figures, bool], None]] = {
    "stages": lambda figures, quick: stages.measure(figures, repeats=5 if quick else 25, rounds=4 if quick else 12),
    "sizes": lambda figures, quick: sizes.measure(figures, households=150 if quick else sizes.ALL),
    "imports": lambda figures, quick: imports.measure(figures, repeats=5 if quick else 15),
    "local": lambda figures, quick: local.measure(figures, households=20 if quick else 65, rounds=3),
}


def main() -> None:
    """Measure, write, and say which targets are met. A missed target is said, and is not an error."""
    asked = _arguments()
    figures = Figures()
    for name in [asked.only] if asked.only else PARTS:
        sys.stdout.write(f"measuring: {name}\n")
        sys.stdout.flush()
        PARTS[name](figures, asked.quick)
    folder = Path(__file__).parent if not (asked.quick or asked.only) else project_root() / ".standing" / "bench"
    write(folder, figures, described())
    sys.stdout.write("\n".join(verdicts(figures)) + f"\nwritten: {folder.relative_to(project_root())}/results.md\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repeats and customers")
    parser.add_argument("--only", choices=PARTS, help="one part alone")
    return parser.parse_args()


if __name__ == "__main__":
    main()
