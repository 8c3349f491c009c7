"""The rule author's part: the time of a check and of an impact, and the memory of an impact.

`python -m benchmarks.ruling OLD NEW POPULATION` is one impact in a process of its own. It prints its peak memory in MB.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter, process_time
from typing import Literal

import polars as pl
from standing.impact.impact import impact
from standing.impact.population import Population, write
from standing.impact.report import compare_rulesets
from standing.impact.settled_levels import settle
from standing.impact.sources import of_file
from standing.impact.view import impact_document
from standing.local.project import programme_folder
from standing.present.renderers.markdown import markdown
from standing.rescoring.backend import expression, with_facts
from standing.rules.author.compiler import compile_rules
from standing.rules.prove.check import check
from standing.rules.ruleset import Ruleset

from benchmarks.figures import Figures
from benchmarks.hundred import population, write_rules
from benchmarks.timing import no_collection, ratios

MEGABYTE = 1024  # KB, the system's unit


def measure(figures: Figures, repeats: int, customers: int) -> None:
    """Time a check of the synthetic rules, and the impact of an edit beside the bare expressions."""
    with tempfile.TemporaryDirectory() as folder:
        old = write_rules(Path(folder) / "old" / "rules")
        new = write_rules(Path(folder) / "new" / "rules", edited=True)
        _check(figures, old, repeats)
        before, after = compile_rules(old), compile_rules(new)
        people = population(before, customers)
        _impact(figures, before, after, people, repeats)
        write(people, Path(folder) / "population.parquet")
        figures.count("impact.peak_mb", _peak(old, new, Path(folder) / "population.parquet"))
    figures.count("check.rules", len(before.rules))
    figures.count("check.features", len(before.features))
    figures.count("impact.customers", customers)


def _check(figures: Figures, rules: Path, repeats: int) -> None:
    command = [sys.executable, "-m", "standing.cli.app", "rules", "check", "--rules", str(rules)]
    run = partial(subprocess.run, command, cwd=programme_folder(), capture_output=True, check=False)
    timed = [_timed(partial(check, rules)) for _ in range(repeats + 1)][1:]
    figures.note("check.seconds_100_rules", [wall for wall, _ in timed])
    figures.note("check.processor_seconds", [processor for _, processor in timed])
    figures.note("check.seconds_of_the_command", [_seconds(run) for _ in range(min(repeats, 5) + 1)][1:])


def _impact(figures: Figures, before: Ruleset, after: Ruleset, people: Population, repeats: int) -> None:
    """Time in turns. Both polars engines evaluate the bare expressions; in each repeat, the faster one counts."""
    facts, asked = _facts(before, after, people), _expressions(before, after)
    contenders: dict[str, Callable[[], object]] = {
        "impact.seconds": lambda: impact(before, after, people.frame, people.frame, people.day),
        "impact.bare_seconds_in_memory": partial(_evaluated, facts, asked, "in-memory"),
        "impact.bare_seconds_streaming": partial(_evaluated, facts, asked, "streaming"),
    }
    turns: dict[str, list[float]] = {name: [] for name in contenders}
    for repeat in range(-1, repeats):  # the first warms up
        with no_collection():
            for name, call in contenders.items():
                taken = _seconds(call)
                if repeat >= 0:
                    turns[name].append(taken)
    ours, *bare = turns.values()
    for name, values in turns.items():
        figures.note(name, values)
    figures.note("impact.ratio_to_bare_polars", ratios(ours, [min(one) for one in zip(*bare, strict=True)]))


def _facts(before: Ruleset, after: Ruleset, people: Population) -> pl.DataFrame:
    """The population with the ratings' ranks as columns, so that all expressions can be evaluated together."""
    ranks = settle(before, people.frame, people.day).select(list(before.ratings))
    facts = people.frame.hstack(ranks)
    return with_facts(facts, [*before.rules.values(), *after.rules.values()])


def _expressions(before: Ruleset, after: Ruleset) -> list[pl.Expr]:
    both = [("old", before.rules), ("new", after.rules)]
    named = ((f"{side}:{name}", when) for side, rules in both for name, when in rules.items())
    return [expression(when).alias(name) for name, when in named]


def _evaluated(facts: pl.DataFrame, asked: list[pl.Expr], engine: Literal["in-memory", "streaming"]) -> pl.DataFrame:
    return facts.lazy().select(asked).collect(engine=engine)


def _seconds(call: Callable[[], object]) -> float:
    began = perf_counter()
    call()
    return perf_counter() - began


def _timed(call: Callable[[], object]) -> tuple[float, float]:
    """Wall-clock seconds, and processor seconds."""
    began = process_time()
    return _seconds(call), process_time() - began


def _peak(old: Path, new: Path, people: Path) -> float:
    """The peak MB of a process that works like the command: reads both rulesets and the file, compares, and prints."""
    command = [sys.executable, "-m", "benchmarks.ruling", str(old), str(new), str(people)]
    done = subprocess.run(command, cwd=programme_folder(), capture_output=True, text=True, check=True)  # noqa: S603 -- ours
    return float(done.stdout)


def main() -> None:
    """Run one impact, and print the process's peak memory."""
    old, new, people = (Path(argument) for argument in sys.argv[1:])
    before, after = compile_rules(old), compile_rules(new)
    known = of_file(people, before, after)
    markdown(impact_document(compare_rulesets(before, after, known, known), "en"))
    sys.stdout.write(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE:.1f}\n")


if __name__ == "__main__":
    main()
