"""The report: results.md for people, results.json for programs, and the last lines on the terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import starmap
from pathlib import Path

from benchmarks.figures import TARGETS, Figures, Target
from benchmarks.timing import Spread

SECTIONS = {
    "decision": "A decision",
    "stage": "The decision by stage (own time; the stopwatch adds a little to each)",
    "match": "Matching: 30 rules, one set of facts",
    "zen": "zen-engine, one evaluation of the same rules and facts",
    "clock": "The clock: days on which nothing happens",
    "batch": "A batch, with a table that takes 15 ms for each answer",
    "refold": "Folding again after a late event: of a week ago, and of a year ago (before every checkpoint)",
    "state": "Stored states of real households after their year",
    "event": "Stored events",
    "care": "Stored care actions",
    "checkpoint": "Stored checkpoints",
    "ingest": "The ingest function: importing it, and a batch of many customers",
    "local": "Through the local AWS",
    "check": "`standing rules check`: 100 made rules over 30 features",
    "impact": "`standing rules impact`: an edit of those rules, over 1,000,000 made customers",
    "rescore": "The night: 12 features of 1,000,000 made customers from 50,000,000 transactions, ratings and care",
    "list": "`standing list`: a condition over the standings of 1,000,000 made customers, in 256 files",
    "bgnbd": "Scores: BG/NBD fitted on 1,000,000 made customers",
    "made": "What was made for it",
}
NOTES = {
    "decision": "From the stored item and the queue's message to the items to be stored. `ratio_to_durable` is against "
    "bare durable-rules on the same facts: what a decision takes beside the matching that it cannot do without. "
    "`ratio_to_zen` (zen's fastest form) and `ratio_to_zen_created` (its fastest with `create_decision` once and "
    "`evaluate` many times) have no target: they compare a whole decision with matching alone, by another matcher. "
    "`with_care` decides a complaint that calls for care.",
    "zen": "`loaded`: the engine's static loader, then `engine.evaluate(key, …)`. `created`: `create_decision` once, "
    "then `decision.evaluate(…)`, which in this version starts two threads each time: 0.1 ms and more on an empty "
    "graph too, depending on how busy the machine is. All collect every hit. `compiled_expression` is not a decision: "
    "one expression that lists which lines hold.",
    "match": "`ours` is one reader over all rules, as `durable` is; `ours_by_stratum` is what a decision calls. "
    "`plain` is the plain-Python reader. Before anything is timed, all of them and every form of zen must name the "
    "same rules.",
    "state": "Baskets and coupons of the data set Complete Journey, with synthetic refunds and feedback, by the rules "
    "in `rules/`. Sizes are of whole items, names and keys included, as DynamoDB counts them.",
    "local": "`make demo`'s events through bus, queue, function and table on this machine. Units are what the table "
    "said was consumed, summed from the ingest function's own metrics.",
    "check": "`processor_seconds` leaves out what else the machine did; `seconds_of_the_command` "
    "is the whole command, with Python and every library loaded anew.",
    "impact": "`seconds` is the impact alone, from the customers' features in memory: both rulesets settled, level by "
    "level, and counted. `bare` is polars on the same 200 conditions in one query, by either of its engines; the ratio "
    "is to the faster of the two in each repeat. `peak_mb` is of a process that reads both rulesets and the snapshot, "
    "compares, and writes the Markdown.",
    "rescore": "From one Parquet file to another, each contestant in a process of its own, after all of them found the "
    "same whole numbers. `time_ordered` and `sorted` are the same rows in the order of time and by customer, as in the "
    "lake. `ours` also takes consent and levels set by hand, and the others do not. `scan` reads the columns that the "
    "features need, and sums each. `rules` are ratings and care of the day after, from features that were written; "
    "`night_1m` and `bucket_100k` are features, ratings and care together, everything written that a night keeps.",
    "night": "All that `rescore` does of a bucket of the lake with 100,000 customers, from the day's compaction to the "
    "report's figures, without the table, after a night that was done before; `seconds_1y` to `seconds_3y` by years "
    "of history. `ratio_to_features` is with two years, against the twelve features of everybody alone, from one file.",
    "list": "`seconds_1m` is from the listing of the lake (a folder here; S3 adds its transfer) to the sorted "
    "rows: every file is read whole, as its seal is over the whole, and of it only the columns that are asked for are "
    "decoded. `scan` is polars on the same files and columns; it looks at no seal, no override and no day.",
    "bgnbd": "`seconds_1m` is from a row a customer to parameters that have converged: collapsed to `groups` of equal "
    "(x, t_x, T), a part of them fitted for a place to begin, then `steps` of Newton's method over all.",
    "ingest": "`batch_of_50_ratio`: see the batch above. Importing: fresh processes in turns, bytecode compiled "
    "beforehand. `alone` is the bare import of boto3, Powertools and pydantic; `alone_with_clients` also makes the two "
    "clients that the handler makes when it is imported.",
}
UNITS = {"_mb": "MB", ".us": "µs", ".ms": "ms", "_ms": "ms", "bytes": "bytes"}


def write(folder: Path, figures: Figures, results: Mapping[str, str | float]) -> None:
    """Write both files: the page from the figures, and the flat names as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    about = {name: word for name, word in results.items() if isinstance(word, str) and name not in figures.words}
    (folder / "results.json").write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n")
    (folder / "results.md").write_text(page(figures, about))


def read(folder: Path) -> tuple[Figures, dict[str, str]]:
    """The last written figures, and the description of their run."""
    figures, about = Figures(), dict[str, str]()
    written = json.loads((folder / "results.json").read_text())
    for name, value in written.items():
        if isinstance(value, str):
            texts = figures.words if name.split(".")[0] in SECTIONS else about
            texts[name] = value
        elif not name.endswith((".low", ".high", ".repeats", ".target")):
            low, high = (written.get(f"{name}.{end}", value) for end in ("low", "high"))
            figures.spreads[name] = Spread(value, low, high, written.get(f"{name}.repeats", 1))
    return figures, about


def flat(figures: Figures, about: Mapping[str, str]) -> dict[str, str | float]:
    """All values under flat names: the median, the quartiles as `.low` and `.high`, and the number of repeats."""
    values: dict[str, str | float] = {**about, **figures.words}
    for name, spread in figures.spreads.items():
        values[name] = round(spread.median, 4)
        if spread.repeats > 1:
            values |= {f"{name}.low": round(spread.low, 4), f"{name}.high": round(spread.high, 4)}
            values[f"{name}.repeats"] = spread.repeats
    return values | {f"{name}.target": target.most for name, target in TARGETS.items() if name in figures}


def page(figures: Figures, about: Mapping[str, str]) -> str:
    """The page for people."""
    lines = [
        "# Benchmark",
        "",
        "Written by `make bench`; docs/cost.md reads it. One run, medians, with the quartiles beside them. A part that "
        "was measured alone since (`python -m benchmarks --only PART`) says so.",
        "",
    ]
    lines += [f"- {name}: {word}" for name, word in about.items()]
    lines += [
        "",
        "## Targets",
        "",
        "| figure | measured | quartiles | target | met |",
        "| --- | ---: | ---: | ---: | --- |",
    ]
    lines += [_target_row(figures, name, target) for name, target in TARGETS.items()]
    for prefix, title in SECTIONS.items():
        lines += _section(figures, prefix, title)
    return "\n".join(lines) + "\n"


def verdicts(figures: Figures) -> Iterator[str]:
    """A line for each measured target, for the terminal."""
    for name, target in TARGETS.items():
        if name in figures:
            yield f"{name} = {number(figures[name])}, target ≤ {number(target.most)}: {verdict(figures[name], target)}"


def verdict(measured: float, target: Target) -> str:
    """Whether a target is met, or by how much it is missed."""
    if measured <= target.most:
        return "met"
    return f"MISSED by {number(measured - target.most)} ({measured / target.most - 1:.0%} over)"


def number(value: float) -> str:
    """A figure with its significant digits."""
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 100 else f"{value:.2f}"


def _target_row(figures: Figures, name: str, target: Target) -> str:
    if name not in figures:
        return f"| `{name}`: {target.says} | not measured | | ≤ {number(target.most)} | not measured |"
    spread = figures.spreads[name]
    measured = [
        f"`{name}`: {target.says}",
        number(spread.median),
        _quartiles(figures, name),
        f"≤ {number(target.most)}",
    ]
    return "| " + " | ".join([*measured, verdict(spread.median, target)]) + " |"


def _section(figures: Figures, prefix: str, title: str) -> list[str]:
    names = [name for name in figures.spreads if name.split(".")[0] == prefix]
    words = {name: word for name, word in figures.words.items() if name.split(".")[0] == prefix}
    if not names:
        return []
    note = [NOTES[prefix], ""] if prefix in NOTES else []
    table = ["| figure | median | quartiles | repeats |", "| --- | ---: | ---: | ---: |"]
    rows = [
        f"| {_named(name)} | {number(figures[name])} | {_quartiles(figures, name)} | {figures.spreads[name].repeats} |"
        for name in names
    ]
    return ["", f"## {title}", "", *note, *table, *rows, *starmap("| {} | {} | | |".format, words.items())]


def _named(name: str) -> str:
    unit = next((unit for ending, unit in UNITS.items() if name.endswith(ending)), "")
    return f"`{name}`" + (f" ({unit})" if unit else "")


def _quartiles(figures: Figures, name: str) -> str:
    spread = figures.spreads[name]
    return "" if spread.repeats == 1 else f"{number(spread.low)} to {number(spread.high)}"
