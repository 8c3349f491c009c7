"""The part of the night: twelve features of a million customers from transactions, beside duckdb, pandas and a scan.

Then ratings and care, and whether the time for a customer depends on the number of customers.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import polars as pl
from standing.local.project import programme_folder

from benchmarks.figures import Figures
from benchmarks.lake_made import EACH, Made, made
from benchmarks.rescore_one import MEASURED
from benchmarks.timing import ratios

FOLDER = programme_folder() / ".standing" / "bench" / "lake"
LAYOUTS = ("time_ordered", "sorted")


class Ran(NamedTuple):
    """The time and the memory of a process."""

    seconds: float
    peak_mb: float


def measure(figures: Figures, customers: int, repeats: int) -> None:
    """Compare the answers, then time every contestant in turn, in a process of its own."""
    many, few = made(FOLDER, customers), made(FOLDER, customers // 10)
    _equal(many)
    for layout, file in zip(LAYOUTS, many[:2], strict=True):
        _features(figures, layout, file, repeats)
    worst = max(
        figures[f"rescore.seconds.ours.{layout}"] / figures[f"rescore.seconds.pandas.{layout}"] for layout in LAYOUTS
    )
    figures.count("rescore.ratio_to_pandas", worst)
    _rules(figures, many, repeats)
    _growth(figures, few, many, repeats)
    figures.count("rescore.customers", customers)
    figures.count("rescore.transactions", customers * EACH)


def _features(figures: Figures, layout: str, file: Path, repeats: int) -> None:
    runs: dict[str, list[Ran]] = {name: [] for name in ("ours", "duckdb", "scan")}
    for _ in range(repeats):
        for name, ran in runs.items():
            ran.append(run(name, file))
    runs["pandas"] = [run("pandas", file)]  # once: it is slow, and far from the target
    for name, ran in runs.items():
        figures.note(f"rescore.seconds.{name}.{layout}", [one.seconds for one in ran])
        figures.count(f"rescore.peak.{name}.{layout}_mb", max(one.peak_mb for one in ran))
    seconds = {name: [one.seconds for one in found] for name, found in runs.items()}
    figures.note(f"rescore.ratio_to_duckdb.{layout}", ratios(seconds["ours"], seconds["duckdb"]))
    figures.note(f"rescore.ratio_to_scan.{layout}", ratios(seconds["ours"], seconds["scan"]))


def _rules(figures: Figures, many: Made, repeats: int) -> None:
    """The ratings and care of a day after another one, so that customers have memories."""
    features, known = FOLDER / "features.parquet", FOLDER / "features.known"
    known.unlink(missing_ok=True)
    run("ours", many.by_customer, features)
    run("rules", features)
    lived = pl.scan_parquet(FOLDER / "rules.out")
    names = [name for name in lived.collect_schema().names() if "/" in name and not name.startswith(("fell", "refr"))]
    lived.select("customer", *names).sink_parquet(known)
    took: dict[str, list[float]] = {"ours": [], "rules": []}
    for _ in range(repeats):
        took["ours"].append(run("ours", many.by_customer).seconds)
        took["rules"].append(run("rules", features).seconds)
    figures.note("rescore.seconds.rules", took["rules"])
    figures.note("rescore.rules_ratio_to_features", ratios(took["rules"], took["ours"]))


def _growth(figures: Figures, few: Made, many: Made, repeats: int) -> None:
    """A whole day of features, ratings and care: for a tenth of the customers, then for all of them."""
    turns = [(run("night", few.by_customer), run("night", many.by_customer)) for _ in range(repeats)]
    tenth, all_of_them = zip(*turns, strict=True)
    figures.note("rescore.seconds.bucket_100k", [one.seconds for one in tenth])
    figures.note("rescore.seconds.night_1m", [one.seconds for one in all_of_them])
    figures.note(
        "rescore.growth_100k_to_1m",
        [own.seconds / one.seconds / 10 for own, one in zip(all_of_them, tenth, strict=True)],
    )


def _equal(many: Made) -> None:
    """Check that the contestants' features are equal. Raises ValueError if not."""
    for file in many[:2]:
        features = {name: _found(name, file) for name in ("ours", "duckdb", "pandas")}
        for name, rows in features.items():
            if not rows.equals(features["ours"]):
                raise ValueError(f"{name} finds something else in {file.name}")


def _found(name: str, file: Path) -> pl.DataFrame:
    run(name, file)
    asked = [pl.col(one).cast(pl.Int64) for one in MEASURED]
    return pl.read_parquet(FOLDER / f"{name}.out").select(pl.col("customer").cast(pl.String), *asked).sort("customer")


def run(name: str, file: Path, out: Path | None = None) -> Ran:
    """Run a contestant on a file, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.rescore_one", name, str(file), str(out or FOLDER / f"{name}.out")]
    done = subprocess.run(command, cwd=programme_folder(), capture_output=True, text=True, check=True)  # noqa: S603 -- ours
    return Ran(**json.loads(done.stdout))
