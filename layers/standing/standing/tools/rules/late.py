"""Commands that are imported only when they are called: those that need z3 or polars, which take long to import."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

COMMANDS = ("build", "check", "test", "fmt", "schema", "show", "impact", "snapshot", "comment")
LATE = {
    "check": "standing.tools.rules.check_command",
    "impact": "standing.tools.rules.impact_commands",
    "snapshot": "standing.tools.rules.impact_commands",
    "comment": "standing.tools.rules.impact_commands",
}


class LateGroup(TyperGroup):
    """`standing rules`, with the commands of other modules."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401 -- typer keeps the types of commands to itself
        """All of them, in the order in which they are used."""
        return [*COMMANDS, *(name for name in super().list_commands(ctx) if name not in COMMANDS)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401 -- as above
        """A command; of another module, by importing it."""
        if cmd_name not in LATE:
            return super().get_command(ctx, cmd_name)
        return typer.main.get_group(import_module(LATE[cmd_name]).rules).get_command(ctx, cmd_name)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 -- as above
        """The command that is called; where there is none of that name, the nearest of all is named."""
        if args and self.get_command(ctx, args[0]) is None:
            self.commands.update({name: self.get_command(ctx, name) for name in LATE})
        return super().resolve_command(ctx, args)
