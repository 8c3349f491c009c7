"""Commands that are imported only when they are called: those that need z3 or polars, which take long to import."""

from __future__ import annotations

from importlib import import_module
from typing import Any, ClassVar

import typer
from typer.core import TyperGroup


class LateGroup(TyperGroup):
    """A group with commands of other modules. `late` names for each the module and the group in it, `order` all."""

    order: ClassVar[tuple[str, ...]] = ()
    late: ClassVar[dict[str, str]] = {}

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401 -- typer keeps the types of commands to itself
        """All of them, in the order in which they are used."""
        return [*self.order, *(name for name in super().list_commands(ctx) if name not in self.order)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401 -- as above
        """A command; of another module, by importing it."""
        if cmd_name not in self.late:
            return super().get_command(ctx, cmd_name)
        module, _, group = self.late[cmd_name].partition(":")
        return typer.main.get_group(getattr(import_module(module), group)).get_command(ctx, cmd_name)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 -- as above
        """The command that is called; where there is none of that name, the nearest of all is named."""
        if args and self.get_command(ctx, args[0]) is None:
            self.commands.update({name: self.get_command(ctx, name) for name in self.late})
        return super().resolve_command(ctx, args)
