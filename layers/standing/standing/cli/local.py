"""`standing local`: starts the local AWS with Standing deployed, shows it, and stops it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from standing.cli.options import Json, chosen, pairs_document, print_data, told
from standing.local.project import programme_folder
from standing.present.output import err
from standing.present.terminal import working

if TYPE_CHECKING:
    from standing.local.aws import LocalAws, RunningAws

local = typer.Typer(no_args_is_help=True, help="The local AWS: start it with Standing deployed, look at it, stop it.")


@local.command()
def up() -> None:
    """Start the local AWS afresh, build Standing and deploy its template there."""
    from standing.local.connection import use_local_aws
    from standing.release.release import release_programme

    aws = _local_aws()
    with working(err, told("starting the local AWS")) as tell:
        running = aws.start()
        use_local_aws()
        release_programme(lambda said: tell(said.in_language(chosen.language)))
    _print_running(running)
    text = told("Try `standing --local send {events}` and `standing --local show c-1001`.", events=_example())
    err.print(text)


@local.command()
def status(as_json: Json = False) -> None:
    """Say whether the local AWS runs, and what is deployed on it."""
    from standing.aws.stack import Target
    from standing.local.connection import use_local_aws

    running = _local_aws().running()
    if not running:
        print_data(
            {"running": False},
            as_json=as_json,
            view=told("the local AWS is not running: `standing local up` starts it"),
        )
        raise typer.Exit(1)
    use_local_aws()
    data = {"running": True, "endpoint": running.endpoint, "pid": running.pid, **Target().outputs}
    print_data(data, as_json=as_json, view=pairs_document(data))


@local.command()
def down() -> None:
    """Stop the local AWS that `up` started, and only that. What was in it is gone."""
    stopped = _local_aws().stop()
    err.print(told("stopped the local AWS") if stopped else told("no local AWS of this programme was running"))


def _local_aws() -> LocalAws:
    from standing.local.aws import LocalAws
    from standing.local.connection import local_folder

    return LocalAws(local_folder())


def _example() -> str:
    """The programme's own events to try, or a sample of the clone's."""
    own = "events/example.json"
    return own if (programme_folder() / own).exists() else "events/purchase.v1.json"


def _print_running(running: RunningAws) -> None:
    text = told(
        "The local AWS runs at {endpoint} with Standing on it. `standing local down` stops it.",
        endpoint=running.endpoint,
    )
    err.print(text)
