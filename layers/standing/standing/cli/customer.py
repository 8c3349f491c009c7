"""One customer: `standing show`, `explain`, `export`, `forget` and `rebuild`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from standing.cli.options import Json, Lang, Rules, Stack, chosen, confirmed, target_of, told
from standing.local.project import programme_folder
from standing.present.output import err, out, print_json, print_whole
from standing.present.renderers.terminal import print_document
from standing.values.messages import Message, message

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
    err.print(_stored(customer, *rows_in(exported)).in_language(chosen.language))
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
    from standing.customers.forget import forget_everywhere, rows_known

    target = target_of(stack)
    err.print(_stored(customer, *rows_known(target, programme_folder(), customer)).in_language(chosen.language))
    if not yes:
        confirmed(told("Forget this customer? It cannot be undone"))
    gone = forget_everywhere(target, programme_folder(), customer)
    for place, deleted in gone.rows.items():
        text = told(
            "{stack}: {deleted:row|rows} deleted; later events of `{customer}` are rejected",
            stack=place,
            deleted=deleted,
            customer=customer,
        )
        err.print(text)
    err.print(
        told(
            "reports of nights that named `{customer}`, and do not any more: {nights}",
            customer=customer,
            nights=gone.reports,
        )
    )
    err.print(
        told(
            "backfills that did not end, or were taken back, and named `{customer}`: {backfills}",
            customer=customer,
            backfills=gone.backfills,
        )
    )
    err.print(
        told(
            "The lake forgets at its next compaction: `standing lake compact` does it now. Backups and "
            "queues keep what they have for 35 days at most (docs/lake.md)."
        )
    )


def _stored(customer: str, in_table: int, in_lake: int) -> Message:
    if not in_table and not in_lake:
        return message("nothing is stored about `{customer}`", customer=customer)
    return message(
        "`{customer}`: {table:row|rows} in the table, {lake} in the lake",
        customer=customer,
        table=in_table,
        lake=in_lake,
    )


def show(
    customer: Customer,
    stack: Stack = "standing",
    last: Annotated[int, typer.Option(min=0, help="How many of the last decisions to show.")] = 8,
    language: Lang = "en",
    folder: Rules = None,
    as_json: Json = False,
) -> None:
    """Show a customer's card: ratings, features and the last decisions with their reasons, as of today."""
    from standing.customers.card import card, card_document
    from standing.release.store import rules_of

    target = target_of(stack)
    rules = rules_of(target, folder)
    shown = card(target, rules, customer, last)
    if as_json:
        print_json(shown.as_dict())
        return
    print_document(card_document(shown, language), out)
    if shown.decided_by not in {entry.ruleset.version for entry in rules.entries}:
        note = told(
            "Shown by rules {rules}; its state was last decided by {decided_by}.",
            rules=rules.latest.version,
            decided_by=shown.decided_by,
        )
        err.print(note, style="yellow")


def explain(
    customer: Customer,
    as_of: Annotated[
        datetime | None,
        typer.Option("--as-of", formats=["%Y-%m-%d"], help="Explain this day instead of today; it may be to come."),
    ] = None,
    known_on: Annotated[
        datetime | None,
        typer.Option("--known-on", formats=["%Y-%m-%d"], help="With what had been taken in by the end of this day."),
    ] = None,
    stack: Stack = "standing",
    language: Lang = "en",
    folder: Rules = None,
    as_json: Json = False,
) -> None:
    """Explain each rating: what holds and fails, what time alone will change and when, and the least that would.

    Every change that is named was tried on: it reaches the level, and one step less does not.
    """
    from standing.customers.explanation import explain as explain_customer
    from standing.customers.explanation import explanation_document
    from standing.release.store import rules_of

    days = (None if moment is None else moment.date() for moment in (as_of, known_on))
    target = target_of(stack)
    explained = explain_customer(target.customers, rules_of(target, folder), customer, *days)
    if as_json:
        print_json(explained.as_dict())
    else:
        print_document(explanation_document(explained, language), out)


def rebuild(
    customer: Customer,
    stack: Stack = "standing",
    folder: Rules = None,
) -> None:
    """Fold a customer anew from the event records, by the rules that are live, and store the result."""
    from standing.operations import recovery
    from standing.release.store import rules_of

    target = target_of(stack)
    out.print(recovery.rebuild(target, rules_of(target, folder), customer).in_language(chosen.language))
