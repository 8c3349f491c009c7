"""The part of `list`: a condition over the standings of 1,000,000 synthetic customers, beside a plain scan."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter

import polars as pl
from standing.lake.layout import month_key, numbers_of
from standing.lake.parquet import parquet_bytes
from standing.local.project import programme_folder
from standing.rules.author.compiler import compile_rules
from standing.rules.author.questions import question
from standing.rules.ruleset import Ruleset
from standing.search.nights import last_night
from standing.search.standings import Query, find

from benchmarks.bucket_made import FolderLake
from benchmarks.figures import Figures
from benchmarks.timing import ratios

FOLDER = programme_folder() / ".standing" / "bench" / "standings"
MONTH, DAY = "2026-06", 20_634
ASKED = "tier >= gold and lifecycle in [slipping, dormant]"
PRIME = 7_919
BUCKETS = numbers_of(8)


def measure(figures: Figures, customers: int, repeats: int) -> None:
    """Compare the answers, then time both in turns."""
    ruleset = compile_rules(programme_folder() / "rules")
    lake = _made(FOLDER / str(customers), customers, ruleset)
    wanted = Query(question(ASKED, ruleset), ("tier", "lifecycle", "spend_365d"), by="spend_365d")
    ours, plain = [], []
    for repeat in range(-1, repeats):  # the first warms up
        begun = perf_counter()
        answer = find(lake, last_night(lake).keys, ruleset, wanted)
        between = perf_counter()
        rows = _plain(Path(lake.name))
        ended = perf_counter()
        if answer.rows["customer"].to_list() != rows["customer"].to_list():
            raise ValueError("the list and the scan find something else")
        if repeat >= 0:
            ours.append(between - begun)
            plain.append(ended - between)
    figures.note("list.seconds_1m", ours)
    figures.note("list.seconds_scan", plain)
    figures.note("list.ratio_to_scan", ratios(ours, plain))
    figures.count("list.customers", customers)
    figures.count("list.found", answer.total)


def _plain(folder: Path) -> pl.DataFrame:
    """The same condition by polars alone, on the names of the levels, without seals and overrides."""
    wanted = pl.col("levels/tier/level").is_in(["gold", "platinum"])
    wanted &= pl.col("levels/lifecycle/level").is_in(["slipping", "dormant"])
    names = ["customer", "levels/tier/level", "levels/lifecycle/level", "spend_365d"]
    rows = pl.scan_parquet(sorted(folder.rglob("*.parquet"))).filter(wanted).select(names)
    return rows.collect().sort("spend_365d", "customer", descending=[True, False])


def _made(folder: Path, customers: int, ruleset: Ruleset) -> FolderLake:
    """Standings as after a night, with every column. They are written once."""
    lake = FolderLake(folder)
    for number in BUCKETS:
        key = month_key(MONTH, number)
        if not (folder / key).exists():
            lake.put(key, parquet_bytes(_bucket(number, customers, ruleset)))
    return lake


def _bucket(number: int, customers: int, ruleset: Ruleset) -> pl.DataFrame:
    own = pl.LazyFrame({"n": pl.int_range(number - BUCKETS.start, customers, len(BUCKETS), eager=True)})
    drawn = pl.col("n").hash
    levels = {
        f"levels/{name}/level": pl.lit(pl.Series(rating.levels)).gather(drawn(len(name)) % len(rating.levels))
        for name, rating in ruleset.ratings.items()
    }
    days = {f"levels/{name}/since": (DAY - drawn(9) % 700).cast(pl.Int32) for name in ruleset.ratings}
    shown = {f"shown/{name}/level": pl.lit(None, dtype=pl.String) for name in ruleset.ratings}
    features = {one.name: (drawn(place) % 100_000).cast(pl.Int64) for place, one in enumerate(ruleset.features)}
    who = pl.format("c-{}", (pl.col("n") * PRIME % 10_000_019).cast(pl.String).str.zfill(8))
    frame = own.select(customer=who, day=pl.lit(DAY, dtype=pl.Int32), **levels, **days, **shown, **features)
    return frame.sort("customer").collect()
