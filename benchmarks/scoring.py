"""The part of scores: BG/NBD fitted to synthetic customers, from a row for each to converged parameters."""

from __future__ import annotations

import random
from functools import partial
from math import ceil
from time import perf_counter

import polars as pl
from standing.scores.bgnbd import BgNbd
from standing.scores.fitting.bgnbd import collapsed, fit

from benchmarks.figures import Figures
from benchmarks.timing import no_collection

MADE = BgNbd(r=0.25, alpha=33.5, a=0.72, b=2.16)  # near CDNOW's parameters, in days
LONGEST = 730  # days since the first purchase


def measure(figures: Figures, customers: int, repeats: int) -> None:
    """Fit the synthetic customers `repeats` times. The time starts with their rows."""
    people = made(customers)
    run = partial(fit, people.lazy())
    run()  # warms up
    times = []
    with no_collection():
        for _ in range(repeats):
            began = perf_counter()
            fitted = run()
            times.append(perf_counter() - began)
    figures.note("bgnbd.seconds_1m", [one * 1_000_000 / customers for one in times])
    figures.count("bgnbd.customers", customers)
    figures.count("bgnbd.groups", len(collapsed(people.lazy())))
    figures.count("bgnbd.steps", fitted.steps)


def made(customers: int, seed: int = 2005) -> pl.DataFrame:
    """Customers who buy according to the model, observed in whole days like real ones."""
    draw = random.Random(seed)  # noqa: S311 -- customers, not secrets
    rows = [_customer(draw) for _ in range(customers)]
    return pl.DataFrame(rows, schema=["frequency", "recency", "T"], orient="row")


def _customer(draw: random.Random) -> tuple[int, int, int]:
    age, rate = draw.randrange(1, LONGEST), draw.gammavariate(MADE.r, 1 / MADE.alpha)
    leaves = draw.betavariate(MADE.a, MADE.b)
    days, time = set[int](), 0.0
    while rate > 0 and draw.random() > leaves:
        time += draw.expovariate(rate)
        if time > age - 1:
            break
        days.add(ceil(time))
    return len(days), max(days, default=0), age
