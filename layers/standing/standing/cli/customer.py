"""The commands `standing export` and `standing forget`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from standing.cli.options import Stack, target_of
from standing.local.project import project_root
from standing.present.output import err, print_whole
from standing.values.counted import counted
from standing.values.errors import UserError

if TYPE_CHECKING:
    from standing.aws.stack import Target

Customer = Annotated[str, typer.Argument(help="The customer's opaque id.")]


def export_customer(
    customer: Customer,
    file: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write there instead.")] = None,
    stack: Stack = "standing",
) -> None:
    """Print everything that is stored about a customer, in the table and in the lake, as JSON.

    The exit code is 1 where there is nothing.
    """
    from standing.customers.export import as_json, export, rows_in

    target = target_of(stack)
    exported = export(target.customers, target.lake, customer)
    if file:
        file.write_text(as_json(exported), encoding="utf-8")
    else:
        print_whole(as_json(exported))
    err.print(_said(customer, *rows_in(exported)))
    if not any(rows_in(exported)):
        raise typer.Exit(1)


def forget_customer(
    customer: Customer,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    stack: Stack = "standing",
) -> None:
    """Forget a customer for good: the table at once, the lake at its next compaction. Later events are rejected.

    `standing export` shows what will go. What stays is a mark that says of an id whether it was forgotten.
    """
    from standing.backfill.work_folders import is_in_work
    from standing.customers.export import export, rows_in
    from standing.customers.forget import forget

    target = target_of(stack)
    in_table, in_lake = rows_in(export(target.customers, target.lake, customer))
    if not in_table and not in_lake and not is_in_work(project_root(), customer):
        raise UserError(f"{_said(customer, 0, 0)}: there is nothing to forget")
    err.print(_said(customer, in_table, in_lake))
    if not yes:
        typer.confirm("Forget this customer? It cannot be undone", abort=True, err=True)
    for place in _places(target):
        deleted = forget(place.customers, target.lake, customer)
        err.print(f"{place.stack}: {counted(deleted, 'row')} deleted; later events of `{customer}` are rejected")
    _forget_elsewhere(target, customer)
    err.print(
        "The lake forgets at its next compaction: `standing lake compact` does it now. Backups and queues keep what "
        "they have for 35 days at most (docs/lake.md)."
    )


def _forget_elsewhere(target: Target, customer: str) -> None:
    """Where a customer is named beside table and lake."""
    from standing.backfill.work_folders import forget_in_work
    from standing.customers.forget import forget_in_backfills, forget_in_reports
    from standing.release.store import rules_of

    nights = forget_in_reports(target.lake, rules_of(target, None).latest, customer)
    err.print(f"reports of nights that named `{customer}`, and do not any more: {nights}")
    backfills = forget_in_backfills(target.lake, customer) + forget_in_work(project_root(), customer)
    err.print(f"backfills that did not end, or were taken back, and named `{customer}`: {backfills}")


def _places(target: Target) -> list[Target]:
    """The stack, and the shadow that runs beside it, if one does."""
    from standing.release.shadow import shadow_of

    shadow = shadow_of(target)
    return [target, shadow] if shadow.status() else [target]


def _said(customer: str, in_table: int, in_lake: int) -> str:
    if not in_table and not in_lake:
        return f"nothing is stored about `{customer}`"
    return f"`{customer}`: {counted(in_table, 'row')} in the table, {in_lake} in the lake"
