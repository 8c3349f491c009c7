"""The commands of `standing rules` that are imported late."""

from __future__ import annotations

from standing.tools.late import LateGroup

COMMANDS = ("build", "check", "test", "fmt", "schema", "show", "impact", "snapshot", "comment")
LATE = {
    "check": "standing.tools.rules.check_command:rules",
    "impact": "standing.tools.rules.impact_commands:rules",
    "snapshot": "standing.tools.rules.impact_commands:rules",
    "comment": "standing.tools.rules.impact_commands:rules",
}


class RulesGroup(LateGroup):
    """`standing rules`, with the commands of other modules."""

    order = COMMANDS
    late = LATE
