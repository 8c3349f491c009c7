"""STD-13: who may say what on a bus. Outcomes are the publisher's, scores the night's, and everybody else is denied."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.template.cloudformation import (
    ROLE,
    Properties,
    Template,
    arn_of,
    at,
    listed,
    of_type,
    pointed_at,
    text,
    walk,
)

BUS = "AWS::Events::EventBus"
POLICY = "AWS::Events::EventBusPolicy"
PUT = "events:PutEvents"
SOURCE = "events:source"
OURS = {SOURCE: "standing", "events:detail-type": "score.v1"}  # what no producer sends, by the key that tells it
ANY_ENTRY = "ForAnyValue:StringEquals"  # a call has several entries: one is enough to deny it, whatever goes with it
OTHERS = ("ArnNotEquals", "StringNotEquals")  # also of who has no ARN: a negated operator holds where a key is missing


def std_13(template: Template) -> list[str]:
    """What is ours to say is denied to everybody but the one role that says it, which says nothing else."""
    return [*_open_buses(template), *_several_sources(template)]


def _open_buses(template: Template) -> Iterator[str]:
    for bus in of_type(template, BUS):
        for key, value in OURS.items():
            if _speakers(template, key, value) != [_excepted(template, bus, key, value)]:
                yield f"{bus}: expected a policy that denies {value} as {key} to all but the one role that may say it"


def _several_sources(template: Template) -> Iterator[str]:
    for role, grant in _grants(template):
        if len(listed(_conditions(grant, "StringEquals").get(SOURCE))) != 1:
            yield f"{role}: expected one source of its own in what it may put (StringEquals on {SOURCE})"


def _speakers(template: Template, key: str, value: str) -> list[str]:
    """The roles that are allowed to put such entries."""
    return [role for role, grant in _grants(template) if value in listed(_conditions(grant, "StringEquals").get(key))]


def _grants(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    """(role, statement) of everything that a role may put on a bus."""
    for name, role in of_type(template, ROLE).items():
        for part in walk(role):
            if part.get("Effect") == "Allow" and PUT in listed(part.get("Action")):
                yield name, part


def _excepted(template: Template, bus: str, key: str, value: str) -> str:
    """The role to which a policy of the bus leaves such entries, which it denies to all others; empty: none does."""
    for policy in of_type(template, POLICY).values():
        statement = at(policy, "Statement") or {}
        if pointed_at(policy.get("EventBusName")) == bus and _denies_all(statement, bus):
            named = _conditions(statement, ANY_ENTRY)
            if set(named) == {key} and value in listed(named[key]):
                return _left_to(template, statement)
    return ""


def _denies_all(statement: Properties, bus: str) -> bool:
    return (
        statement.get("Effect") == "Deny"
        and statement.get("Principal") in ("*", {"AWS": "*"})
        and PUT in listed(statement.get("Action"))
        and f"${{{bus}.Arn}}" in map(text, listed(statement.get("Resource")))
    )


def _left_to(template: Template, statement: Properties) -> str:
    """The one role of this template that a statement does not deny; empty where it says more or less than that."""
    operators = set(statement["Condition"]) - {ANY_ENTRY}
    found = [_conditions(statement, operator) for operator in operators if operator in OTHERS]
    if len(operators) != 1 or not found or set(found[0]) != {"aws:principalarn"}:
        return ""
    roles = listed(found[0]["aws:principalarn"])
    return arn_of(template, roles[0], ROLE) if len(roles) == 1 else ""


def _conditions(statement: Properties, operator: str) -> dict[str, Any]:
    """What a statement asks by one operator; keys are the same in small and capital letters."""
    return {key.lower(): value for key, value in (at(statement, "Condition", operator) or {}).items()}
