"""The part of the batch: how far the waits for the table overlap when a batch has events of many customers."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from benchmarks import core_calls
from benchmarks.figures import Figures
from benchmarks.made import LAST, made_programme, moment, purchase
from benchmarks.timing import ratios

CUSTOMERS = 50  # as many as the function's batches have messages
ANSWER = 0.015  # seconds until the table answers


def measure(figures: Figures, repeats: int) -> None:
    """Apply batches of one and of many customers in turns, and note the figures."""
    batch(1)  # warms up
    one, many = [], []
    for _ in range(repeats):
        one.append(_milliseconds(lambda: batch(1)))
        many.append(_milliseconds(lambda: batch(CUSTOMERS)))
    figures.note("batch.one_customer_ms", one)
    figures.note(f"batch.{CUSTOMERS}_customers_ms", many)
    figures.note(f"ingest.batch_of_{CUSTOMERS}_ratio", ratios(many, one))


def batch(customers: int) -> None:
    """Apply a batch with a purchase of each of so many new customers. Each call takes the table `ANSWER` seconds."""
    bodies = [purchase(f"batched-{number}", LAST, "20.00") for number in range(customers)]
    applied = core_calls.applied(bodies, made_programme(), moment(LAST), core_calls.SlowTable(ANSWER))
    if applied != customers:
        raise LookupError(f"{applied} of {customers} events were applied")


def _milliseconds(work: Callable[[], None]) -> float:
    started = perf_counter()
    work()
    return (perf_counter() - started) * 1000
