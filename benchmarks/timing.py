"""Timing: contenders take turns within each repeat, because the machine is shared."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median, quantiles
from time import perf_counter_ns
from typing import Any

WARMING = 4  # calls


@dataclass(frozen=True)
class Spread:
    """A figure over its repeats: the median and the quartiles."""

    median: float
    low: float
    high: float
    repeats: int


def spread(values: Sequence[float]) -> Spread:
    """The median of some repeats, with their quartiles."""
    if len(values) == 1:
        return Spread(values[0], values[0], values[0], 1)
    low, _, high = quantiles(values, n=4, method="inclusive")
    return Spread(median(values), low, high, len(values))


@dataclass(frozen=True)
class Contender:
    """Something to time: `prepare` makes the inputs of a lap (not timed), `call` is timed on each input.

    A slow contender runs only in the first `laps` laps of a repeat.
    """

    prepare: Callable[[], Sequence[Any]]
    call: Callable[[Any], object]
    laps: int = 1000

    def microseconds(self) -> float:
        """The microseconds of a call over a lap's inputs, after a few calls that warm up the processor's caches."""
        inputs, call = self.prepare(), self.call
        for item in self.prepare()[:WARMING]:
            call(item)
        started = perf_counter_ns()
        for item in inputs:
            call(item)
        return (perf_counter_ns() - started) / len(inputs) / 1000


def in_turns(contenders: Mapping[str, Contender], repeats: int, laps: int) -> dict[str, list[float]]:
    """The microseconds of a call of each contender, repeat by repeat: the median of its laps.

    A lap is a few milliseconds of each contender, so that other work of the machine slows all of them alike.
    """
    medians: dict[str, list[float]] = {name: [] for name in contenders}
    for repeat in range(-1, repeats):  # the first warms up
        with no_collection():
            for name, figures in _laps(contenders, laps).items():
                if repeat >= 0:
                    medians[name].append(median(figures))
    return medians


def _laps(contenders: Mapping[str, Contender], laps: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in contenders}
    names = list(contenders)
    for lap in range(laps):
        begin = lap % len(names)
        for name in names[begin:] + names[:begin]:
            if lap < contenders[name].laps:
                times[name].append(contenders[name].microseconds())
    return times


def ratios(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """The ratio within each repeat: what slows both cancels out."""
    return [one / other for one, other in zip(above, below, strict=True)]


@contextmanager
def no_collection() -> Iterator[None]:
    """Stop the garbage collector, which would slow one contender by chance."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@dataclass
class Stopwatch:
    """The nanoseconds of each stage itself, without the stages that it calls."""

    spent: Counter[str] = field(default_factory=Counter)
    stages: list[str] = field(default_factory=list)
    last: int = 0

    def wrap(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, with its time counted as the stage's."""

        def timed(*args: Any, **named: Any) -> Any:  # noqa: ANN401 -- whatever the function takes and gives
            self._turn()
            self.stages.append(stage)
            try:
                return function(*args, **named)
            finally:
                self._turn()
                self.stages.pop()

        return timed

    def _turn(self) -> None:
        now = perf_counter_ns()
        if self.stages:
            self.spent[self.stages[-1]] += now - self.last
        self.last = now
