"""The night of a bucket: what it takes beside the features alone, and whether it follows the day or the years before.

A bucket has 100,000 customers, two years of 50 records each, the night before behind it, and one new day. Every night
runs in a process of its own, on a copy of the same files.
"""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from benchmarks.bucket_made import bucket_made
from benchmarks.figures import Figures
from benchmarks.lake_made import DAYS, Made, made
from benchmarks.rescore_one import rules
from benchmarks.rescoring import FOLDER, Ran, run
from benchmarks.timing import ratios

YEAR = 365
CORES = 2
BUCKETS = 10


def measure(figures: Figures, customers: int, repeats: int) -> None:
    """Time nights with one, two and three years of history, the features alone, and ten buckets on two cores."""
    two = made(FOLDER, customers)
    years = {1: made(FOLDER, customers, YEAR), 2: two, 3: made(FOLDER, customers, 3 * YEAR)}
    folders = {year: _made(files, year) for year, files in years.items()}
    nights: dict[int, list[Ran]] = {year: [] for year in years}
    features: list[float] = []
    for _ in range(repeats):
        features.append(run("ours", two.by_customer).seconds)
        for year, ran in nights.items():
            ran.append(_night(folders[year], FOLDER / "night"))
    seconds = {year: [one.seconds for one in ran] for year, ran in nights.items()}
    for year, took in seconds.items():
        figures.note(f"night.seconds_{year}y", took)
    figures.note("night.seconds_features", features)
    figures.note("night.ratio_to_features", ratios(seconds[2], features))
    figures.note("night.growth_1y_to_3y", ratios(seconds[3], seconds[1]))
    figures.count("night.peak_mb", max(one.peak_mb for ran in nights.values() for one in ran))
    figures.count("night.customers", customers)
    figures.note("rescore.seconds.whole_bucket_100k", seconds[2])  # what docs/scale.md is worked out from
    figures.count("rescore.bucket_100k_peak_mb", max(one.peak_mb for one in nights[2]))
    figures.count("night.seconds_1m", _many(folders[2]))


def _made(files: Made, year: int) -> Path:
    """A bucket before the night. It is made once."""
    folder = FOLDER / f"bucket-{files.customers}-{year}y"
    if not folder.exists():
        half = folder.with_suffix(".half")
        shutil.rmtree(half, ignore_errors=True)
        bucket_made(half, files, rules())
        half.rename(folder)
    return folder


def _night(folder: Path, copy: Path) -> Ran:
    """A night on a copy of a bucket. The copies have the files' times, which stand for ETags."""
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder, copy)
    return run("bucket", copy)


def _many(folder: Path) -> float:
    """The seconds that the nights of ten buckets take together, as many at once as there are cores."""
    copies = [FOLDER / f"night-{number}" for number in range(BUCKETS)]
    with ThreadPoolExecutor(CORES) as pool:
        ran = list(pool.map(partial(_night, folder), copies))
    for copy in copies:
        shutil.rmtree(copy)
    return sum(one.seconds for one in ran) / CORES


assert DAYS == 2 * YEAR  # noqa: S101 -- the files that other parts use have two years
