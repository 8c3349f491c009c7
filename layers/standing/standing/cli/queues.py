"""`standing rejected …` and `standing dead-letters …`: what was laid aside is listed, kept in a file, and dropped.

What works with AWS is imported when it is called: help needs none of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from standing.cli.options import Json, Lang, Stack, chosen, confirmed, label, target_of, told
from standing.present.document import Column, Document, Table
from standing.present.output import err, out, print_json
from standing.present.renderers.terminal import print_document
from standing.values.messages import Message, message

if TYPE_CHECKING:
    from standing.aws.stack import Target
    from standing.operations.undelivered import QueuedMessage, QueueKind
    from standing.values.catalogue import Language

refused = typer.Typer(no_args_is_help=True, help="Events that can never be applied, with the reason.")
dead = typer.Typer(no_args_is_help=True, help="Messages that failed at every retry, or could not be delivered.")

Ids = Annotated[list[str] | None, typer.Argument(metavar="ID", help="Ids of events, or of messages; all if left out.")]
Reasons = Annotated[list[str] | None, typer.Option("--reason", help="Only what has this reason; repeatable.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
ExportFile = Annotated[Path, typer.Argument(metavar="FILE", help="A new file: JSON, one message a line.")]
Drop = Annotated[bool, typer.Option("--drop", help="Then drop what was written, once the file is whole.")]


@refused.command("list")
def list_rejected(stack: Stack = "standing", lang: Lang = "en", as_json: Json = False) -> None:
    """List what was rejected: which event, in which field, and what was expected there.

    Of a message too large for the queue only the beginning is kept, and it is said how large it was.
    """
    from standing.operations.undelivered import REJECTED

    _list(REJECTED, target_of(stack), lang, as_json=as_json)


@refused.command("export")
def export_rejected(file: ExportFile, drop: Drop = False, yes: Yes = False, stack: Stack = "standing") -> None:
    """Write what was rejected to a file, whole, with its reasons. It has personal fields, and is the owner's alone."""
    from standing.operations.undelivered import REJECTED

    _export(REJECTED, target_of(stack), file, drop=drop, yes=yes)


@refused.command("drop")
def drop_rejected(ids: Ids = None, reasons: Reasons = None, yes: Yes = False, stack: Stack = "standing") -> None:
    """Drop what was rejected, for good, after it was shown: all, or what has these ids and reasons.

    `export --drop` keeps it in a file.
    """
    from standing.operations.undelivered import REJECTED, chosen_of

    target = target_of(stack)
    _drop(REJECTED, target, chosen_of(REJECTED.kept(target), ids or [], reasons or []), yes=yes)


@dead.command("list")
def list_dead_letters(stack: Stack = "standing", lang: Lang = "en", as_json: Json = False) -> None:
    """List the dead letters. What failed, and where, is in the ingest function's log."""
    from standing.operations.undelivered import DEAD_LETTERS

    _list(DEAD_LETTERS, target_of(stack), lang, as_json=as_json)


@dead.command("export")
def export_dead_letters(file: ExportFile, drop: Drop = False, yes: Yes = False, stack: Stack = "standing") -> None:
    """Write the dead letters to a file, whole. It has personal fields, and is the owner's alone."""
    from standing.operations.undelivered import DEAD_LETTERS

    _export(DEAD_LETTERS, target_of(stack), file, drop=drop, yes=yes)


@dead.command("drop")
def drop_dead_letters(ids: Ids = None, yes: Yes = False, stack: Stack = "standing") -> None:
    """Drop dead letters, for good, after they were shown: all, or those with these ids. They were never applied.

    `redrive` has them applied; `export --drop` keeps them in a file.
    """
    from standing.operations.undelivered import DEAD_LETTERS, chosen_of

    target = target_of(stack)
    _drop(DEAD_LETTERS, target, chosen_of(DEAD_LETTERS.kept(target), ids or [], []), yes=yes)


@dead.command("redrive")
def redrive_dead_letters(stack: Stack = "standing") -> None:
    """Put every dead letter back into the ingest queue, after the cause was mended. Repeats do no harm."""
    from standing.operations.undelivered import redrive

    out.print(told("{messages:message|messages} put back into the ingest queue", messages=redrive(target_of(stack))))


def _list(pile: QueueKind, target: Target, language: Language, *, as_json: bool) -> None:
    messages = pile.kept(target)
    if as_json:
        print_json([queued.as_dict() for queued in messages])
    else:
        _print(pile, messages, language)
    _tell_of_others(pile, target, messages)


def _print(pile: QueueKind, messages: Sequence[QueuedMessage], language: Language) -> None:
    if messages:
        print_document(_document(pile, messages, language), out)
    else:
        out.print(told("none"))
    err.print(told("{messages:message|messages}", messages=len(messages)))


def _export(pile: QueueKind, target: Target, file: Path, *, drop: bool, yes: bool) -> None:
    from standing.operations.undelivered import write

    messages = pile.kept(target)
    write(file, messages)
    err.print(told("{messages:message|messages} written to {file}", messages=len(messages), file=file))
    _tell_of_others(pile, target, messages)
    if drop:
        _drop(pile, target, messages, yes=yes)


def _drop(pile: QueueKind, target: Target, shown: Sequence[QueuedMessage], *, yes: bool) -> None:
    if not shown:
        err.print(told("nothing to drop"))
        return
    print_document(_document(pile, shown, chosen.language), err)
    if not yes:
        confirmed(told("Drop {messages:message|messages} for good?", messages=len(shown)))
    dropped = pile.drop(target, shown)
    err.print(told("{messages:message|messages} dropped", messages=dropped))
    if dropped < len(shown):
        err.print(
            told(
                "not to be had: {messages}, gone already, or {others}",
                messages=len(shown) - dropped,
                others=_read_by_others(),
            ),
            style="yellow",
        )
        raise typer.Exit(1)


def _read_by_others() -> Message:
    from standing.aws.queues import HIDDEN

    return message("read by somebody else just now; look again in {seconds} seconds", seconds=HIDDEN)


def _tell_of_others(pile: QueueKind, target: Target, messages: Sequence[QueuedMessage]) -> None:
    """A message that somebody else is reading cannot be shown: say how many there are of them."""
    others = pile.waiting(target) - len(messages)
    if others > 0:
        err.print(
            told("about {messages} more cannot be shown: {others}", messages=others, others=_read_by_others()),
            style="yellow",
        )


def _document(pile: QueueKind, messages: Sequence[QueuedMessage], language: Language) -> Document:
    names = (*pile.columns, "cut") if any(queued.cut for queued in messages) else pile.columns
    rows = (tuple(queued.in_words(name, language) for name in names) for queued in messages)
    return Document(language, (Table(tuple(Column(label(name)) for name in names), tuple(rows)),))
