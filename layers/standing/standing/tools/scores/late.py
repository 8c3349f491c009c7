"""`standing scores`, of which every command is imported late."""

from __future__ import annotations

import typer

from standing.tools.late import LateGroup

COMMANDS = ("fit", "show", "due")


class ScoresGroup(LateGroup):
    """`standing scores`, with the commands of another module."""

    order = COMMANDS
    late = dict.fromkeys(COMMANDS, "standing.tools.scores.commands:scores")


scores = typer.Typer(
    cls=ScoresGroup,
    no_args_is_help=True,
    help="Scores that a model gives: churn, expected purchases, lifetime value.",
)


@scores.callback()
def about() -> None:
    """Scores that a model gives: churn, expected purchases, lifetime value."""
