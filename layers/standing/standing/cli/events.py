"""`standing send`, `audit` and `outbox replay`: sends and audits event files, and publishes outcomes again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from standing.cli.options import EventFile, Json, Rules, Stack, chosen, pairs_document, print_data, target_of, told
from standing.present.output import err, out
from standing.values.messages import LISTS, Joined, Readable, in_a_row, message

if TYPE_CHECKING:
    from collections.abc import Iterable

    from standing.operations.sender import SendResult

outbox = typer.Typer(no_args_is_help=True, help="Outcomes: the decisions that are published on the bus.")


def send(
    file: EventFile,
    stack: Stack = "standing",
    wait: Annotated[bool, typer.Option(help="Wait until every event has been applied or rejected.")] = True,
    anyway: Annotated[bool, typer.Option("--anyway", help="Send also what the rules would reject.")] = False,
    folder: Rules = None,
    as_json: Json = False,
) -> None:
    """Send an event file to the bus, with progress, until the queue behind it is drained.

    A line that the bus could not take (not JSON, over 256 KB), or that the rules would reject, is told before, by its
    number and with the reason, and held back; the others are sent. The exit code is 1 where any was held back.
    """
    from standing.operations.check import described, prepare
    from standing.operations.sender import deliver
    from standing.present.progress import progress_bar
    from standing.release.store import rules_of

    target = target_of(stack)
    read = prepare(file, rules_of(target, folder).latest, datetime.now(UTC), anyway=anyway)
    _complain(described(file, [*read.unsendable, *read.doomed]))
    with progress_bar(err) as progress:
        result = deliver(target, read, progress, wait=wait, language=chosen.language)
    _complain(described(file, result.unsendable[len(read.unsendable) :]))
    print_data(result.as_dict(), as_json=as_json, view=_sent(result, anyway=anyway, waited=wait))
    raise typer.Exit(1 if result.unsendable or (read.doomed and not anyway) else 0)


def audit(file: EventFile, stack: Stack = "standing", folder: Rules = None, as_json: Json = False) -> None:
    """Account for every line of a file: in the table, a duplicate, rejected, a dead letter, held back, or lost.

    Counted from outside: the file's events against the table's records and the messages in the queues.
    """
    from standing.operations.audit import audit as audit_file
    from standing.release.store import rules_of

    target = target_of(stack)
    result = audit_file(target, file, rules_of(target, folder).latest)
    print_data(result.as_dict(), as_json=as_json, view=pairs_document(result.as_dict(), leave_out={"lost_lines"}))
    if result.lost:
        err.print(told("lost: lines {lines}", lines=in_a_row(map(str, result.lost_lines))), style="red")
        raise typer.Exit(1)


@outbox.command("replay")
def replay(
    since: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The first day (UTC) of decisions to publish.")],
    stack: Stack = "standing",
) -> None:
    """Publish decisions again, for a consumer that lost them. They keep their ids, so others can ignore them."""
    from standing.operations import recovery

    published = recovery.replay_outbox(target_of(stack), since.date())
    out.print(told("{published:outcome|outcomes} published again", published=published))


def _complain(lines: Iterable[Readable]) -> None:
    for line in lines:
        err.print(line.in_language(chosen.language), style="red", soft_wrap=True)


def _sent(result: SendResult, *, anyway: bool, waited: bool) -> str:
    """What was sent and what was not, in a line."""
    speed = f"{result.sent / result.seconds:,.0f}" if waited and result.sent >= 100 else ""
    fast = message(" ({speed} events a second)", speed=speed) if speed else ""
    held = len(result.unsendable) + (0 if anyway else len(result.doomed))
    parts = [message("{sent:event|events} sent{fast}", sent=result.sent, fast=fast)]
    parts.append(message("{lines:line|lines} held back", lines=held))
    if result.doomed and anyway:
        parts.append(message("{events:event|events} sent to be rejected", events=len(result.doomed)))
    elif result.doomed:
        parts.append(message("see `--anyway`"))
    return Joined(tuple(parts), LISTS("comma")).in_language(chosen.language)
