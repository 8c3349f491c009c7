"""The command `standing`: what people type, and how mistakes are answered."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.table import Table
from typer.rich_utils import rich_format_error

from standing.adapters.telling import hold_others
from standing.core.visible import on_one_line, visible
from standing.rulebook.problems import RulesError
from standing.tools.backfill.commands import backfill
from standing.tools.customers import commands as customer_commands
from standing.tools.customers.explaining import explain as explain_customer
from standing.tools.customers.explaining import print_explained
from standing.tools.customers.showing import card, print_card
from standing.tools.events import recovery
from standing.tools.events.auditing import audit as audit_file
from standing.tools.events.recovery import Kept
from standing.tools.events.sending import progress_bar
from standing.tools.events.sending import send as send_file
from standing.tools.lake.commands import lake
from standing.tools.live import commands as live_commands
from standing.tools.live.kept import rules_of
from standing.tools.live.releasing import release_clone
from standing.tools.live.shadow_commands import shadow
from standing.tools.local.aws import LocalAws, Running
from standing.tools.night.commands import night
from standing.tools.night.reporting import report
from standing.tools.options import (
    EventFile,
    Json,
    Lang,
    Rules,
    Stack,
    chosen,
    err,
    out,
    print_data,
    print_json,
    target_of,
)
from standing.tools.printing import Text, working
from standing.tools.project import UserError, project_root
from standing.tools.rules.commands import rules
from standing.tools.rules.scenario_commands import scenario
from standing.tools.scores.late import scores
from standing.tools.target import Target, local_folder, use_local_aws

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Standing keeps every customer's rating up to date, as events happen.\n\n"
    "Commands work on the stack that the ordinary AWS configuration reaches (profile, region, environment), or with "
    "--local on the local AWS of this clone.",
)
local = typer.Typer(no_args_is_help=True, help="The local AWS: start it with Standing deployed, look at it, stop it.")
dead = typer.Typer(no_args_is_help=True, help="Messages that failed at every retry, or could not be delivered.")
refused = typer.Typer(no_args_is_help=True, help="Events that can never be applied, with the reason.")
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
    as_json: Json = False,
) -> None:
    """Send an event file to the bus, with progress, until the queue behind it is drained.

    A line that the bus could not take (not JSON, over 256 KB) is reported by its number; the others are sent.
    """
    with progress_bar(err) as progress:
        result = send_file(target_of(stack), file, progress, wait=wait)
    for line in result.unsendable:
        err.print(f"{file}:{line.number}: {line.why}", style="red")
    speed = f" ({result.sent / result.seconds:,.0f} events a second)" if wait and result.sent >= 100 else ""
    summary = f"{result.sent:,} events sent{speed}, {len(result.unsendable)} lines refused"
    print_data(result.as_dict(), as_json=as_json, table=summary)
    raise typer.Exit(1 if result.unsendable else 0)


@app.command()
def audit(file: EventFile, stack: Stack = "standing", as_json: Json = False) -> None:
    """Account for every line of a file: in the table, a duplicate, rejected, a dead letter, or lost.

    Counted from outside: the file's events against the table's records and the messages in the queues.
    """
    result = audit_file(target_of(stack), file)
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
    days = (None if moment is None else moment.date() for moment in (as_of, known_on))
    target = target_of(stack)
    explained = explain_customer(target.customers, rules_of(target, folder), customer, *days)
    if as_json:
        print_json(explained.as_dict())
    else:
        print_explained(explained, language, out)


@refused.command("list")
def list_rejected(stack: Stack = "standing", as_json: Json = False) -> None:
    """List what was rejected: which event, in which field, and what was expected there.

    Of a message too large for the queue only the beginning is kept, and it is said how large it was.
    """
    kept = recovery.rejected(target_of(stack))
    columns = ("source", "detail_type", "event_id", "reason", "field", "expected")
    _print_kept(kept, (*columns, "cut") if any(one.cut for one in kept) else columns, as_json=as_json)


@dead.command("list")
def list_dead_letters(stack: Stack = "standing", as_json: Json = False) -> None:
    """List the dead letters. What failed, and where, is in the ingest function's log."""
    _print_kept(recovery.dead_letters(target_of(stack)), ("source", "detail_type", "event_id"), as_json=as_json)


@dead.command("redrive")
def redrive_dead_letters(stack: Stack = "standing") -> None:
    """Put every dead letter back into the ingest queue, after the cause was mended. Repeats do no harm."""
    out.print(f"{recovery.redrive(target_of(stack)):,} messages put back into the ingest queue")


@outbox.command("replay")
def replay(
    since: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The first day (UTC) of decisions to publish.")],
    stack: Stack = "standing",
) -> None:
    """Publish decisions again, for a consumer that lost them. They keep their ids, so others can ignore them."""
    out.print(f"{recovery.replay_outbox(target_of(stack), since.date()):,} outcomes published again")


@app.command()
def rebuild(
    customer: Annotated[str, typer.Argument(help="The customer's opaque id.")],
    stack: Stack = "standing",
    folder: Rules = None,
) -> None:
    """Fold a customer anew from the event records, by the rules that are live, and store the result."""
    target = target_of(stack)
    out.print(recovery.rebuild(target, rules_of(target, folder), customer))


def main() -> None:
    """Run the command; a user's mistake is answered with a message, never with a traceback."""
    hold_others()
    try:
        sys.exit(app(standalone_mode=False))
    except typer.Abort:
        _fail("stopped")
    except typer.TyperException as error:  # what was typed is no command of ours
        error.message = visible(error.message)
        rich_format_error(error)  # type: ignore[arg-type]  # no other is raised
        sys.exit(error.exit_code)
    except RulesError as error:
        _fail(error.told(chosen.language))
    except UserError as error:
        _fail(str(error))
    except (BotoCoreError, ClientError) as error:
        _fail(f"AWS: {error}")
    except OSError as error:  # a file that cannot be read or written
        _fail(f"{error.filename or 'a file'}: {error.strerror or error}")
    except KeyboardInterrupt:
        _fail("stopped")


def _fail(message: str) -> None:
    err.print(message, style="red", soft_wrap=True)
    sys.exit(1)


def _local_aws() -> LocalAws:
    return LocalAws(project_root(), local_folder())


def _print_running(running: Running) -> None:
    err.print(f"The local AWS runs at {running.endpoint} with Standing on it. `standing local down` stops it.")


def _print_kept(kept: list[Kept], columns: tuple[str, ...], *, as_json: bool) -> None:
    if as_json:
        print_json([asdict(one) for one in kept])
        return
    table = Table(*(column.replace("_", " ") for column in columns), box=None, pad_edge=False)
    for one in kept:
        table.add_row(*(Text(on_one_line(getattr(one, column)), overflow="fold") for column in columns))
    out.print(table if kept else "none")


def _pairs(data: dict[str, Any], leave_out: set[str] | None = None) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, value in data.items():
        if name not in (leave_out or set()):
            table.add_row(name.replace("_", " "), Text(str(value), overflow="fold"))
    return table


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUTF8", "1")
    main()
