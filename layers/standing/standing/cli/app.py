"""The command `standing`: what people type, and how mistakes are answered.

Commands import what they work with when they are called, here and in every module of commands: help and the completion
of a shell need none of it.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from standing.aws.logging import silence_libraries
from standing.cli import customer as customer_commands
from standing.cli import release as live_commands
from standing.cli import search as finding
from standing.cli.backfill import backfill
from standing.cli.lake import lake
from standing.cli.night import night, report
from standing.cli.options import EventFile, Json, Lang, Rules, Stack, chosen, print_data, target_of
from standing.cli.queues import dead, refused
from standing.cli.rules import rules
from standing.cli.scenario import scenario
from standing.cli.scores import scores
from standing.cli.shadow import shadow
from standing.local.project import project_root
from standing.present.output import err, out, print_json
from standing.present.terminal import Text, working
from standing.rules.author.problems import RulesError
from standing.values.counted import counted
from standing.values.errors import UserError
from standing.values.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from standing.local.aws import LocalAws, RunningAws
    from standing.operations.sender import SendResult

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Standing keeps every customer's rating up to date, as events happen.\n\n"
    "Commands work on the stack that the ordinary AWS configuration reaches (profile, region, environment), or with "
    "--local on the local AWS of this clone.",
)
local = typer.Typer(no_args_is_help=True, help="The local AWS: start it with Standing deployed, look at it, stop it.")
outbox = typer.Typer(no_args_is_help=True, help="Outcomes: the decisions that are published on the bus.")
app.add_typer(local, name="local")
app.add_typer(dead, name="dead-letters")
app.add_typer(refused, name="rejected")
app.add_typer(outbox, name="outbox")
app.add_typer(rules, name="rules")
rules.add_typer(shadow, name="shadow")
rules.command()(live_commands.release)
rules.command()(live_commands.live)
rules.command()(live_commands.rollback)
app.add_typer(scenario, name="scenario")
app.add_typer(lake, name="lake")
app.add_typer(scores, name="scores")
app.command()(backfill)
app.command()(night)
app.command()(report)
app.command("list")(finding.list_customers)
app.command()(finding.trend)
app.command("export")(customer_commands.export_customer)
app.command("forget")(customer_commands.forget_customer)


@app.callback()
def main_options(
    use_local: Annotated[
        bool, typer.Option("--local", envvar="STANDING_LOCAL", help="Use the local AWS of this clone.")
    ] = False,
) -> None:
    """Options of every command."""
    chosen.local = use_local


@local.command()
def up() -> None:
    """Start the local AWS afresh, build Standing and deploy its template there."""
    from standing.local.connection import use_local_aws
    from standing.release.release import release_clone

    aws = _local_aws()
    with working(err, "starting the local AWS") as tell:
        running = aws.start()
        use_local_aws()
        release_clone(tell)
    _print_running(running)
    err.print("Try `standing --local send events/purchase.v1.json` and `standing --local show c-1001`.")


@local.command()
def status(as_json: Json = False) -> None:
    """Say whether the local AWS runs, and what is deployed on it."""
    from standing.aws.stack import Target
    from standing.local.connection import use_local_aws

    running = _local_aws().running()
    if not running:
        print_data({"running": False}, as_json=as_json, table=None)
        raise typer.Exit(1)
    use_local_aws()
    data = {"running": True, "endpoint": running.endpoint, "pid": running.pid, **Target().outputs}
    print_data(data, as_json=as_json, table=_pairs(data))


@local.command()
def down() -> None:
    """Stop the local AWS that `up` started, and only that. What was in it is gone."""
    err.print("stopped the local AWS" if _local_aws().stop() else "no local AWS of this clone was running")


@app.command()
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
    from standing.operations.sender import deliver, progress_bar
    from standing.release.store import rules_of

    target = target_of(stack)
    read = prepare(file, rules_of(target, folder).latest, datetime.now(UTC), anyway=anyway)
    _complain(described(file, [*read.unsendable, *read.doomed]))
    with progress_bar(err) as progress:
        result = deliver(target, read, progress, wait=wait)
    _complain(described(file, result.unsendable[len(read.unsendable) :]))
    print_data(result.as_dict(), as_json=as_json, table=_sent(result, anyway=anyway, waited=wait))
    raise typer.Exit(1 if result.unsendable or (read.doomed and not anyway) else 0)


@app.command()
def audit(file: EventFile, stack: Stack = "standing", folder: Rules = None, as_json: Json = False) -> None:
    """Account for every line of a file: in the table, a duplicate, rejected, a dead letter, held back, or lost.

    Counted from outside: the file's events against the table's records and the messages in the queues.
    """
    from standing.operations.audit import audit as audit_file
    from standing.release.store import rules_of

    target = target_of(stack)
    result = audit_file(target, file, rules_of(target, folder).latest)
    print_data(result.as_dict(), as_json=as_json, table=_pairs(result.as_dict(), leave_out={"lost_lines"}))
    if result.lost:
        err.print(f"lost: lines {', '.join(map(str, result.lost_lines))}", style="red")
        raise typer.Exit(1)


@app.command()
def show(
    customer: Annotated[str, typer.Argument(help="The customer's opaque id.")],
    stack: Stack = "standing",
    last: Annotated[int, typer.Option(min=0, help="How many of the last decisions to show.")] = 8,
    language: Lang = "en",
    folder: Rules = None,
    as_json: Json = False,
) -> None:
    """Show a customer's card: ratings, features and the last decisions with their reasons, as of today."""
    from standing.customers.card import card, print_card
    from standing.release.store import rules_of

    target = target_of(stack)
    rules = rules_of(target, folder)
    shown = card(target, rules, customer, last)
    if as_json:
        print_json(shown.as_dict())
        return
    print_card(shown, language, out)
    if shown.decided_by not in {entry.ruleset.version for entry in rules.entries}:
        said = f"Shown by rules {rules.latest.version}; its state was last decided by {shown.decided_by}."
        err.print(said, style="yellow")


@app.command()
def explain(
    customer: Annotated[str, typer.Argument(help="The customer's opaque id.")],
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
    from standing.customers.explanation import print_explained
    from standing.release.store import rules_of

    days = (None if moment is None else moment.date() for moment in (as_of, known_on))
    target = target_of(stack)
    explained = explain_customer(target.customers, rules_of(target, folder), customer, *days)
    if as_json:
        print_json(explained.as_dict())
    else:
        print_explained(explained, language, out)


@outbox.command("replay")
def replay(
    since: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The first day (UTC) of decisions to publish.")],
    stack: Stack = "standing",
) -> None:
    """Publish decisions again, for a consumer that lost them. They keep their ids, so others can ignore them."""
    from standing.operations import recovery

    published = recovery.replay_outbox(target_of(stack), since.date())
    out.print(f"{counted(published, 'outcome')} published again")


@app.command()
def rebuild(
    customer: Annotated[str, typer.Argument(help="The customer's opaque id.")],
    stack: Stack = "standing",
    folder: Rules = None,
) -> None:
    """Fold a customer anew from the event records, by the rules that are live, and store the result."""
    from standing.operations import recovery
    from standing.release.store import rules_of

    target = target_of(stack)
    out.print(recovery.rebuild(target, rules_of(target, folder), customer))


def main() -> None:
    """Run the command; a user's mistake is answered with a message, never with a traceback."""
    silence_libraries()
    try:
        sys.exit(app(standalone_mode=False))
    except SystemExit:  # asked first, so that whoever ends well need not know the errors of AWS
        raise
    except (typer.Abort, KeyboardInterrupt):
        _fail("stopped")
    except typer.TyperException as error:  # what was typed is no command of ours
        from typer.rich_utils import rich_format_error

        error.message = visible(error.message)
        rich_format_error(error)  # type: ignore[arg-type]  # no other is raised
        sys.exit(error.exit_code)
    except _errors_of_aws() as error:
        from standing.aws.refusals import explain_refusal

        _fail(explain_refusal(error))  # type: ignore[arg-type]  # no other is raised
    except (RulesError, UserError, OSError) as error:
        _fail(_mistake(error))


def _mistake(error: RulesError | UserError | OSError) -> str:
    """What was wrong, in the language that was asked for where it is told in both."""
    if isinstance(error, RulesError):
        return error.told(chosen.language)
    if isinstance(error, OSError):  # a file that cannot be read or written
        return f"{error.filename or 'a file'}: {error.strerror or error}"
    return str(error)


def _complain(lines: Iterable[str]) -> None:
    for line in lines:
        err.print(line, style="red", soft_wrap=True)


def _sent(result: SendResult, *, anyway: bool, waited: bool) -> str:
    """What was sent and what was not, in a line."""
    speed = f" ({result.sent / result.seconds:,.0f} events a second)" if waited and result.sent >= 100 else ""
    held = len(result.unsendable) + (0 if anyway else len(result.doomed))
    parts = [f"{counted(result.sent, 'event')} sent{speed}", f"{counted(held, 'line')} held back"]
    if result.doomed:
        parts.append(f"{counted(len(result.doomed), 'event')} sent to be rejected" if anyway else "see `--anyway`")
    return ", ".join(parts)


def _errors_of_aws() -> tuple[type[Exception], ...]:
    """What boto3 raises; asked for only once something was raised."""
    from botocore.exceptions import BotoCoreError, ClientError

    return BotoCoreError, ClientError


def _fail(message: str) -> None:
    err.print(message, style="red", soft_wrap=True)
    sys.exit(1)


def _local_aws() -> LocalAws:
    from standing.local.aws import LocalAws
    from standing.local.connection import local_folder

    return LocalAws(project_root(), local_folder())


def _print_running(running: RunningAws) -> None:
    err.print(f"The local AWS runs at {running.endpoint} with Standing on it. `standing local down` stops it.")


def _pairs(data: dict[str, Any], leave_out: set[str] | None = None) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, value in data.items():
        if name not in (leave_out or set()):
            table.add_row(name.replace("_", " "), Text(str(value), overflow="fold"))
    return table


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUTF8", "1")
    main()
