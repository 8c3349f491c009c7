"""The command `standing`: its commands, each in the module of its noun, and how mistakes are answered.

Commands import what they work with when they are called: help and the completion of a shell need none of it.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from standing.aws.logging import silence_libraries
from standing.cli import customer, events, release, search
from standing.cli.backfill import backfill
from standing.cli.help import Commands
from standing.cli.init import init
from standing.cli.lake import lake
from standing.cli.local import local
from standing.cli.night import night, report
from standing.cli.options import Lang, chosen, told
from standing.cli.queues import dead, refused
from standing.cli.rules import rules
from standing.cli.scenario import scenario
from standing.cli.scores import scores
from standing.cli.shadow import shadow
from standing.present.output import err
from standing.rules.author.problems import RulesError
from standing.values.errors import UserError, failure_of
from standing.values.messages import message

EXTRA_MISSING = 2  # the exit code, as of a command that was typed wrong: nothing was begun
app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Standing keeps every customer's rating up to date, as events happen.\n\n"
    "Commands work on the stack that the ordinary AWS configuration reaches (profile, region, environment), or with "
    "--local on the local AWS of this programme.",
)
app.command()(init)
app.add_typer(local, name="local")
app.add_typer(dead, name="dead-letters")
app.add_typer(refused, name="rejected")
app.add_typer(events.outbox, name="outbox")
app.add_typer(rules, name="rules")
rules.add_typer(shadow, name="shadow")
rules.command()(release.release)
rules.command()(release.live)
rules.command()(release.rollback)
app.add_typer(scenario, name="scenario")
app.add_typer(lake, name="lake")
app.add_typer(scores, name="scores")
app.command()(events.send)
app.command()(events.audit)
app.command()(customer.show)
app.command()(customer.explain)
app.command("list")(search.list_customers)
app.command()(search.trend)
app.command()(night)
app.command()(report)
app.command()(backfill)
app.command("export")(customer.export_customer)
app.command("forget")(customer.forget_customer)
app.command()(customer.rebuild)


@app.callback()
def main_options(
    use_local: Annotated[
        bool, typer.Option("--local", envvar="STANDING_LOCAL", help="Use the local AWS of this programme.")
    ] = False,
    language: Lang = "en",
) -> None:
    """Options of every command."""
    chosen.local = use_local
    os.environ["STANDING_LANG"] = language  # which the command's own option reads


def main() -> None:
    """Run the command; a user's mistake is answered with a message, never with a traceback."""
    silence_libraries()
    try:
        sys.exit(app(standalone_mode=False))
    except SystemExit:  # asked first, so that whoever ends well need not know the errors of AWS
        raise
    except (typer.Abort, KeyboardInterrupt):
        _fail(told("stopped"))
    except typer.TyperException as error:  # what was typed is no command of ours; `Commands` has put it into words
        from typer.rich_utils import rich_format_error

        rich_format_error(error)  # type: ignore[arg-type]  # no other is raised
        sys.exit(error.exit_code)
    except ModuleNotFoundError as error:
        from standing.cli.extras import command_called, missing_extra

        _fail(missing_extra(error, command_called(typer.main.get_command(app), sys.argv[1:])), EXTRA_MISSING)
    except _errors_of_aws() as error:
        from standing.aws.refusals import explain_refusal

        _fail(explain_refusal(error).in_language(chosen.language))  # type: ignore[arg-type]  # no other is raised
    except (RulesError, UserError, OSError) as error:
        _fail(_mistake(error))


def _mistake(error: RulesError | UserError | OSError) -> str:
    """What was wrong, in the language that was asked for where it is told in both."""
    if isinstance(error, RulesError):
        return error.told(chosen.language)
    if isinstance(error, OSError):  # a file that cannot be read or written
        said = message("{file}: {why}", file=error.filename or message("a file"), why=failure_of(error))
        return said.in_language(chosen.language)
    return error.in_language(chosen.language)


def _errors_of_aws() -> tuple[type[Exception], ...]:
    """What boto3 raises; asked for only once something was raised."""
    from botocore.exceptions import BotoCoreError, ClientError

    return BotoCoreError, ClientError


def _fail(message: str, code: int = 1) -> None:
    err.print(message, style="red", soft_wrap=True)
    sys.exit(code)


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUTF8", "1")
    main()
