"""STD-18: X-Ray follows everything where it is asked to, and nobody may speak to it where it is not."""

from __future__ import annotations

from collections.abc import Iterator

from tests.template.cloudformation import (
    FUNCTION,
    ROLE,
    Properties,
    Template,
    arn_of,
    at,
    listed,
    of_type,
    text,
    true,
    walk,
)

MACHINE = "AWS::StepFunctions::StateMachine"
TELLS = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
TELLS_AND_ASKS = TELLS | {"xray:GetSamplingRules", "xray:GetSamplingTargets"}


def std_18(template: Template) -> list[str]:
    """Of a template that is traced: functions and machines are, and their roles alone may tell of it."""
    return [*_dark(template), *_wrong_roles(template, _expected(template))]


def untraced(template: Template) -> list[str]:
    """Of a template that is not traced: who tells X-Ray something all the same."""
    lit = [name for name, one in of_type(template, MACHINE).items() if true(at(one, "TracingConfiguration", "Enabled"))]
    return [*(f"{name}: expected no traces" for name in lit), *_wrong_roles(template, {})]


def _dark(template: Template) -> Iterator[str]:
    for name, function in of_type(template, FUNCTION).items():
        if text(at(function, "TracingConfig", "Mode")) not in ("${Tracing}", "Active"):
            yield f"{name}: expected the parameter Tracing as its mode"
    for name, machine in of_type(template, MACHINE).items():
        if not true(at(machine, "TracingConfiguration", "Enabled")):
            yield f"{name}: expected traces"


def _expected(template: Template) -> dict[str, set[str]]:
    """What each role may say to X-Ray: that of a function, or of a machine, which samples by itself."""
    functions = {arn_of(template, one.get("Role"), ROLE): TELLS for one in of_type(template, FUNCTION).values()}
    machines = {
        arn_of(template, one.get("RoleArn"), ROLE): TELLS_AND_ASKS for one in of_type(template, MACHINE).values()
    }
    return functions | machines


def _wrong_roles(template: Template, expected: dict[str, set[str]]) -> Iterator[str]:
    for name, role in of_type(template, ROLE).items():
        wanted = expected.get(name, set())
        if _said(role) != wanted:
            yield f"{name}: expected of X-Ray: {', '.join(sorted(wanted)) or 'nothing'}"


def _said(role: Properties) -> set[str]:
    actions = (str(action) for part in walk(role) for action in listed(part.get("Action")))
    return {action for action in actions if action.startswith("xray:")}
