"""The commands `standing lake …`: compaction by hand, and gaps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import polars as pl
import typer
from rich.table import Table
from rich.text import Text

from standing.batch.lake.compacting import Compacted, compact_all
from standing.batch.lake.files import Damaged
from standing.batch.lake.gaps import holes, lagging, refill
from standing.batch.lake.layout import BUCKETS, bucket_of
from standing.batch.lake.reading import read_bucket
from standing.tools.live.kept import rules_of
from standing.tools.options import Json, Rules, Stack, err, out, print_json, target_of
from standing.tools.project import UserError
from standing.tools.target import Target

lake = typer.Typer(no_args_is_help=True, help="The lake: event records and states as Parquet (docs/lake.md).")
WAY_OUT = (
    "Restore the object's version before that one; or delete it and run `standing lake gaps --refill`, "
    "which brings back what the table still has."
)
Bucket = Annotated[int | None, typer.Option("--bucket", min=0, max=BUCKETS - 1, help="This bucket alone.")]


@lake.command("compact")
def compact_lake(bucket: Bucket = None, stack: Stack = "standing", as_json: Json = False) -> None:
    """Make one sorted file a bucket of what came in, without repeats and forgotten customers.

    Objects that are damaged are set aside and named; the exit code is then 1.
    """
    target = target_of(stack)
    with err.status("compacting"):
        done = compact_all(target.lake, range(BUCKETS) if bucket is None else [bucket])
    if as_json:
        print_json({"rows": done.rows, "wrong": done.wrong, "overtaken": done.overtaken})
    else:
        out.print(" and ".join(f"{count:,} {kind}" for kind, count in done.rows.items()))
    _tell(done)


@lake.command("gaps")
def show_gaps(
    fill: Annotated[bool, typer.Option("--refill", help="Fill them from the table.")] = False,
    stack: Stack = "standing",
    folder: Rules = None,
    as_json: Json = False,
) -> None:
    """List the customers of whom the lake lacks something that the table has; the exit code is 1 where there are any.

    Compact first: what waits to be compacted is not looked at. Reads the whole table.
    """
    target = target_of(stack)
    found = _gaps(target)
    if as_json:
        print_json(found.to_dicts())
    else:
        out.print(_table(found) if found.height else "no gaps")
    if fill and found.height:
        filled = refill(target.lake, target.customers, rules_of(target, folder), found["customer"])
        _tell(compact_all(target.lake, sorted({bucket_of(name) for name in found["customer"]})))
        err.print(f"{filled} customers filled from the table")
    elif found.height:
        raise typer.Exit(1)


def _gaps(target: Target) -> pl.DataFrame:
    """Every gap, bucket by bucket: `customer`, the lake's `version`, and how many versions are `missing`."""
    versions: dict[int, list[tuple[str, int]]] = {}
    for customer, version in target.customers.versions():
        versions.setdefault(bucket_of(customer), []).append((customer, version))
    return (
        pl.concat(_gaps_of(target, versions))
        .group_by("customer")
        .agg(pl.col("version").max(), pl.col("missing").sum())
        .sort("customer")
    )


def _gaps_of(target: Target, versions: dict[int, list[tuple[str, int]]]) -> Iterator[pl.DataFrame]:
    for number in range(BUCKETS):
        try:
            bucket = read_bucket(target.lake, number)
        except Damaged as error:
            raise UserError(f"{error}\n{WAY_OUT}") from None
        yield holes(bucket)
        yield lagging(bucket, versions.get(number, []))


def _tell(done: Compacted) -> None:
    for key, why in done.wrong.items():
        err.print(f"{key}: {why}", style="red", markup=False, soft_wrap=True)
    if done.overtaken:
        err.print("somebody else compacted at the same time: run it again", style="yellow")
    if done.wrong or done.overtaken:
        raise typer.Exit(1)


def _table(found: pl.DataFrame) -> Table:
    table = Table("customer", "version in the lake", "versions missing", box=None, pad_edge=False)
    for customer, version, missing in found.rows():
        table.add_row(Text(customer, overflow="fold"), str(version), str(missing))
    return table
