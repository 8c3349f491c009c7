"""`standing rules shadow`: runs candidate rules beside the live rules, and compares them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from standing.cli.options import Json, Lang, Rules, Stack, chosen, say, target_of, told
from standing.local.project import programme_folder
from standing.present.output import err, out, print_json
from standing.present.renderers.terminal import print_document

shadow = typer.Typer(
    help="A candidate for the rules beside the live ones: it decides everything and announces nothing."
)


@shadow.callback(invoke_without_command=True)
def show_shadow(
    context: typer.Context, stack: Stack = "standing", language: Lang = "en", as_json: Json = False
) -> None:
    """Compare a candidate in the shadow with the live rules, over the same customers as of today.

    Who stands otherwise, by which comparison, and which care it asked for. `start` and `stop` begin and end it.
    """
    if context.invoked_subcommand:
        return
    from standing.operations.sender import waiting
    from standing.release.comparison import RulesSide, compare
    from standing.release.comparison_view import comparison_document
    from standing.release.shadow import running_shadow
    from standing.release.store import rules_of, rules_of_shadow

    target = target_of(stack)
    candidate = running_shadow(target)
    comparison = compare(
        RulesSide(rules_of(target), target.customers), RulesSide(rules_of_shadow(candidate), candidate.customers)
    )
    events = waiting(candidate)
    if as_json:
        print_json({**comparison.as_dict(), "waiting": events})
    else:
        print_document(comparison_document(comparison, events, language), out)


@shadow.command()
def start(
    folder: Rules = None,
    since: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], help="The first day that the candidate decides; left out: today."),
    ] = None,
    stack: Stack = "standing",
) -> None:
    """Deploy a candidate beside the live rules, and let it decide all that is known so far.

    It gets a stack of its own, so the live one is not touched, and the same events from now on. If it is interrupted,
    do it again: it goes on where it stopped.
    """
    from standing.present.progress import progress_bar
    from standing.release.shadow import ShadowStack

    with progress_bar(err) as progress:
        begin = since.date() if since else None
        events = ShadowStack(target_of(stack), say, chosen.language).start(
            folder or programme_folder() / "rules", begin, progress
        )
    err.print(
        told(
            "The candidate decided {events:event|events}, and goes on. Compare it with the live rules: standing rules "
            "shadow",
            events=events,
        )
    )


@shadow.command()
def stop(stack: Stack = "standing") -> None:
    """End the shadow, and delete all that it decided."""
    from standing.release.shadow import ShadowStack

    ShadowStack(target_of(stack), say).stop()
