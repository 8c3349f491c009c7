"""`python -m benchmarks`: measure everything in one run and write results.md, results.json and the tables of two docs.

With `--only` one part is measured, and only its figures are replaced; the results say so. With `--quick` the results go
to `.standing/bench/`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from standing.local.project import programme_folder

from benchmarks import batches, cost, finding, imports, local, nights, rescoring, ruling, scale, scoring, sizes, stages
from benchmarks.figures import Figures
from benchmarks.machine import described
from benchmarks.report import flat, read, verdicts, write

PARTS: dict[str, Callable[[Figures, bool], None]] = {
    "stages": lambda figures, quick: stages.measure(figures, repeats=5 if quick else 25, laps=6 if quick else 20),
    "batches": lambda figures, quick: batches.measure(figures, repeats=3 if quick else 9),
    "sizes": lambda figures, quick: sizes.measure(figures, households=150 if quick else 1000),
    "imports": lambda figures, quick: imports.measure(figures, repeats=5 if quick else 15),
    "rules": lambda figures, quick: ruling.measure(
        figures, repeats=3 if quick else 15, customers=100_000 if quick else 1_000_000
    ),
    "scores": lambda figures, quick: scoring.measure(
        figures, customers=100_000 if quick else 1_000_000, repeats=3 if quick else 9
    ),
    "list": lambda figures, quick: finding.measure(
        figures, customers=100_000 if quick else 1_000_000, repeats=3 if quick else 9
    ),
    "rescore": lambda figures, quick: rescoring.measure(figures, customers=50_000 if quick else 1_000_000, repeats=3),
    "night": lambda figures, quick: nights.measure(figures, customers=10_000 if quick else 100_000, repeats=3),
    "local": lambda figures, quick: local.measure(figures, households=20 if quick else 65, rounds=3),
}


def main() -> None:
    """Measure, write, and print which targets are met. A missed target is not an error."""
    asked = _arguments()
    figures = Figures()
    for name in [asked.only] if asked.only else PARTS:
        sys.stdout.write(f"measuring: {name}\n")
        sys.stdout.flush()
        PARTS[name](figures, asked.quick)
    folder = programme_folder() / ".standing" / "bench" if asked.quick else Path(__file__).parent
    about = described()
    if asked.only and not asked.quick:
        figures, about = _renewed(folder, asked.only, figures, about)
    results = flat(figures, about)
    write(folder, figures, results)
    if not asked.quick:
        _work_out_the_cost(programme_folder() / "docs" / "cost.md", results)
    sys.stdout.write("\n".join(verdicts(figures)) + f"\nwritten: {folder.relative_to(programme_folder())}/results.md\n")


def _renewed(folder: Path, part: str, figures: Figures, about: dict[str, str]) -> tuple[Figures, dict[str, str]]:
    """The last written figures, with those of one part replaced."""
    written, run = read(folder)
    written.spreads |= figures.spreads
    written.words |= figures.words
    return written, run | {f"part {part}": f"measured alone, at {about['commit']}, {about['measured_at']}"}


def _work_out_the_cost(page: Path, results: dict[str, str | float]) -> None:
    measured = {name: value for name, value in results.items() if not isinstance(value, str)}
    page.write_text(cost.filled(page.read_text(), measured))
    larger = page.with_name("scale.md")
    larger.write_text(scale.filled(larger.read_text(), measured))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repeats and customers")
    parser.add_argument("--only", choices=PARTS, help="one part alone; its figures are renewed")
    return parser.parse_args()


if __name__ == "__main__":
    main()
