"""The commands `standing lake …`: compaction by hand, and gaps."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from standing.cli.options import Json, Rules, Stack, chosen, label, target_of, told
from standing.present.document import Column, Document, Table
from standing.present.output import err, out, print_json
from standing.present.renderers.terminal import print_document
from standing.present.terminal import working
from standing.values.messages import listed, message

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from standing.lake.compaction import CompactionResult
    from standing.lake.layout import Kind
    from standing.lake.parquet import Wrong

lake = typer.Typer(no_args_is_help=True, help="The lake: events, decisions and states as Parquet (docs/lake.md).")
Bucket = Annotated[int | None, typer.Option("--bucket", min=1, max=131_071, help="This bucket alone.")]

Bits = Annotated[int, typer.Option("--bits", min=1, max=16, help="Two to this power is the new number of buckets.")]

GAP = ("customer", "version_in_lake", "versions_missing")


@lake.command("compact")
def compact_lake(bucket: Bucket = None, stack: Stack = "standing", as_json: Json = False) -> None:
    """Sort what came in into the months of its buckets, without repeats and forgotten customers: counts new rows.

    Objects that are damaged are set aside and named; the exit code is then 1.
    """
    from standing.lake.upkeep import compact_now

    target = target_of(stack)
    with working(err, told("compacting")):
        done = compact_now(target, bucket)
    if as_json:
        print_json(asdict(done))
    else:
        out.print(_rows(done.rows))
    _tell(done)


@lake.command("split")
def split_lake(
    bits: Bits,
    stack: Stack = "standing",
    as_json: Json = False,
) -> None:
    """Split the lake's buckets into more, one after another (docs/scale.md says how many are needed).

    Nights and events may go on meanwhile. Can be stopped at any point: the same command goes on.
    """
    from standing.lake.buckets import buckets_of
    from standing.lake.split import split
    from standing.present.progress import progress_bar

    target = target_of(stack)
    with progress_bar(err) as progress:
        bar = progress.add_task(told("splitting"), total=None)
        wrong = split(target.lake, bits, lambda done, of: progress.update(bar, completed=done, total=of))
    buckets = buckets_of(target.lake)
    if as_json:
        named = {key: asdict(one) for key, one in wrong.items()}
        print_json({"bits": buckets.bits, "into": buckets.into, "wrong": named})
    elif buckets.into is None:
        out.print(told("the lake has {count:bucket|buckets}", count=2**buckets.bits))
    else:
        out.print(told("the lake is not split to the end: restore what is damaged, and the same command goes on"))
    _tell_wrong(wrong)


@lake.command("gaps")
def show_gaps(
    fill: Annotated[bool, typer.Option("--refill", help="Fill them from the table.")] = False,
    stack: Stack = "standing",
    folder: Rules = None,
    as_json: Json = False,
) -> None:
    """List the customers whose data in the lake is incomplete; the exit code is 1 if there are any.

    Compact first: what waits to be compacted is not looked at. Reads the whole table.
    """
    from standing.lake.upkeep import fill_gaps, gaps
    from standing.release.store import rules_of

    target = target_of(stack)
    with working(err, told("looking for gaps")):
        missing = gaps(target)
    if as_json:
        print_json(missing)
    elif missing:
        print_document(_gaps_document(missing), out)
    else:
        out.print(told("no gaps"))
    if fill and missing:
        customers, done = fill_gaps(target, rules_of(target, folder), [gap["customer"] for gap in missing])
        err.print(told("{customers:customer|customers} filled from the table", customers=customers))
        _tell(done)
    elif missing:
        raise typer.Exit(1)


def _rows(counts: Mapping[Kind, int]) -> str:
    """How many rows there are of each kind, in a line."""
    parts = (message("{count} {kind}", count=count, kind=label(kind)) for kind, count in counts.items())
    return listed("and", parts).in_language(chosen.language)


def _tell(done: CompactionResult) -> None:
    if done.overtaken:
        err.print(told("somebody else compacted at the same time: run it again"), style="yellow")
    _tell_wrong(done.wrong, failed=done.overtaken)


def _tell_wrong(wrong: Wrong, *, failed: bool = False) -> None:
    """Name what is damaged. The exit code is 1 if there is anything, or if something else failed."""
    for key, why in wrong.items():
        err.print(why.at(key).in_language(chosen.language), style="red", soft_wrap=True)
    if wrong or failed:
        raise typer.Exit(1)


def _gaps_document(gaps: Sequence[Mapping[str, Any]]) -> Document:
    columns = (Column(label(name), is_number=name != "customer") for name in GAP)
    rows = ((gap["customer"], f"{gap['version']:,}", f"{gap['missing']:,}") for gap in gaps)
    return Document(chosen.language, (Table(tuple(columns), tuple(rows)),))
