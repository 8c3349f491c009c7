"""The local AWS, with eight things our template needs and ministack lacks.

`AWS::Events::Archive` in CloudFormation (the archive behind it is ministack's own, replay included); the condition keys
`events:source` and `events:detail-type`, by which a role may put events of one source only; policies of an event bus,
which deny to others what is ours to say; CodeDeploy's resources and alarms on metric math, as names only; a map that
reads in its input how many items it works on at once; a mapping whose concurrency a parameter gives; that calls which
never leave this machine count as TLS, so that buckets that take nothing else can be used; and that a state machine
hears by its class what a function raised, so that it tries again only what may pass.
Versions and aliases are ministack's own, but an alias moves to a new version at once: nothing shifts by weight, and no
alarm is asked. With them the template deploys unchanged. Run by the interpreter of ministack's own
environment, so it imports nothing of ours.
"""

from __future__ import annotations

import json
from typing import Any

from ministack.app import main
from ministack.core import iam_actions, iam_evaluator
from ministack.services import eventbridge, iam, lambda_svc, stepfunctions
from ministack.services.cloudformation import provisioners

Properties = dict[str, Any]
Made = tuple[str, dict[str, str]]  # the physical id, and what Fn::GetAtt gives


def create(logical_id: str, properties: Properties, stack: str) -> Made:
    """Create the archive that the resource describes."""
    name = properties.get("ArchiveName") or f"{stack}-{logical_id}"[:48]
    pattern = properties.get("EventPattern")
    status, _, body = eventbridge._create_archive(
        {
            "ArchiveName": name,
            "EventSourceArn": properties["SourceArn"],
            "EventPattern": json.dumps(pattern) if pattern else "",
            "RetentionDays": int(properties.get("RetentionDays", 0)),
        }
    )
    if status != 200:
        raise ValueError(f"AWS::Events::Archive: {body!r}")
    return name, {"Arn": json.loads(body)["ArchiveArn"], "ArchiveName": name}


def delete(physical_id: str, _properties: Properties) -> None:
    """Delete the archive."""
    eventbridge._delete_archive({"ArchiveName": physical_id})


def name_only(logical_id: str, _properties: Properties, stack: str) -> Made:
    """Create a resource of which there is nothing but its name."""
    name = f"{stack}-{logical_id}"
    return name, {"Arn": f"arn:aws:cloudwatch:us-east-1:000000000000:alarm:{name}"}


def nothing(_physical_id: str, _properties: Properties) -> None:
    """Delete what was nothing but a name."""


def alarm(logical_id: str, properties: Properties, stack: str) -> Made:
    """Create an alarm: ministack's own, or a name where it is on metric math."""
    made: Made = (name_only if "Metrics" in properties else create_alarm)(logical_id, properties, stack)
    return made


def alarm_again(physical_id: str, before: Properties, after: Properties, stack: str, logical_id: str) -> Made:
    """Update an alarm, likewise."""
    if "Metrics" in after:
        return name_only(logical_id, after, stack)
    made: Made = update_alarm(physical_id, before, after, stack, logical_id)
    return made


def delete_alarm(physical_id: str, properties: Properties) -> None:
    """Delete an alarm, likewise."""
    if "Metrics" not in properties:
        remove_alarm(physical_id, properties)


def create_bus_policy(_logical_id: str, properties: Properties, _stack: str) -> Made:
    """Add a statement to a bus's policy."""
    bus, name = properties.get("EventBusName", "default"), properties["StatementId"]
    policy = eventbridge._event_bus_policies.get(bus) or {"Version": "2012-10-17", "Statement": []}
    others = [one for one in policy["Statement"] if one.get("Sid") != name]
    statements = [*others, {"Sid": name, **properties["Statement"]}]
    eventbridge._event_bus_policies[bus] = {**policy, "Statement": statements}
    return f"{bus}|{name}", {}


def delete_bus_policy(_physical_id: str, properties: Properties) -> None:
    """Take a statement out of a bus's policy."""
    names = {"EventBusName": properties.get("EventBusName", "default"), "StatementId": properties["StatementId"]}
    eventbridge._remove_permission(names)


def bus_policy_for_arn(arn: str) -> tuple[Properties, str] | None:
    """A bus's own policy and whose it is; ministack keeps it, and asks for it by this name."""
    policy = eventbridge._event_bus_policies.get(arn.rpartition("event-bus/")[2])
    return (policy, arn.split(":")[4]) if policy else None


class Several(list[str]):
    """The values of a key that a request has several of. For an operator that takes one, several are none of them."""

    def __str__(self) -> str:
        """As one text."""
        return " ".join(self)


def entries_context(service: str, action: str, body: bytes, parameters: Properties) -> Properties:
    """The condition keys of a request: ministack's own, and for PutEvents what its entries say.

    AWS refuses a call if any entry's source is not allowed, so several sources are one that nobody allows.
    """
    context: Properties = request_tag_context(service, action, body, parameters)
    if action == "events:PutEvents":
        entries = json.loads(body or b"{}").get("Entries", [])
        for key, part in (("events:source", "Source"), ("events:detail-type", "DetailType")):
            context[key] = Several(sorted({str(entry.get(part)) for entry in entries}))
    return context


def condition_key(key: str, context: Any) -> Any:  # noqa: ANN401 -- ministack's own
    """A condition key of a request. Loopback stands in for TLS: it is as private. Who took a role on is that role."""
    if key.lower() == "aws:securetransport":
        return "true"
    value = resolved_key(key, context)
    if key.lower() == "aws:principalarn" and ":assumed-role/" in str(value):
        name = iam_evaluator._role_name_from_assumed_arn(value)
        return iam._roles.get_scoped(context.principal_account, None, name)["Arn"]
    return value


def executed(*arguments: Any, **more: Any) -> Properties:  # noqa: ANN401 -- ministack's own
    """Run a function; of what it raised, the class is the error's type."""
    result: Properties = execute(*arguments, **more)
    body = result.get("body")
    if result.get("error") and isinstance(body, dict) and body.get("errorType") == "Runtime.HandlerError":
        body["errorType"] = class_raised(str(result.get("log", ""))) or body["errorType"]
    return result


def class_raised(log: str) -> str:
    """The class of the exception whose trace ends a log; empty where there is none."""
    lines = log.rpartition("Traceback (most recent call last):\n")[2].splitlines()
    said = next((line for line in lines if line[:1].isalpha()), "")
    return said.partition(":")[0].rpartition(".")[2]


def mapped(state: Properties, raw_input: Any, effective: Any, *more: Any) -> Any:  # noqa: ANN401 -- ministack's own
    """Run a distributed map; how many items at once may stand in its input."""
    path = state.get("MaxConcurrencyPath")
    said = {"MaxConcurrency": stepfunctions._resolve_path_or_ctx(path, effective, more[-1])} if path else {}
    return run_map({**state, **said}, raw_input, effective, *more)


def numbered(properties: Properties) -> Properties:
    """A mapping's properties with its concurrency as a number, which CloudFormation makes of a parameter's text."""
    scaling = {name: int(value) for name, value in (properties.get("ScalingConfig") or {}).items()}
    return {**properties, "ScalingConfig": scaling} if scaling else properties


def mapping(logical_id: str, properties: Properties, stack: str) -> Made:
    """Create an event source mapping."""
    made: Made = create_mapping(logical_id, numbered(properties), stack)
    return made


def mapping_again(physical_id: str, before: Properties, after: Properties, stack: str) -> Made:
    """Update an event source mapping."""
    made: Made = update_mapping(physical_id, numbered(before), numbered(after), stack)
    return made


execute = lambda_svc._execute_function_with_config_scope
resolved_key = iam_evaluator._resolve_condition_key
request_tag_context = iam_actions.request_tag_context
run_map = stepfunctions._run_distributed_map
ALARM = provisioners._RESOURCE_HANDLERS["AWS::CloudWatch::Alarm"]
create_alarm, update_alarm, remove_alarm = ALARM["create"], ALARM["update"], ALARM["delete"]
MAPPING = provisioners._RESOURCE_HANDLERS["AWS::Lambda::EventSourceMapping"]
create_mapping, update_mapping = MAPPING["create"], MAPPING["update"]

if __name__ == "__main__":
    MAPPING.update({"create": mapping, "update": mapping_again})
    provisioners._RESOURCE_HANDLERS["AWS::Events::Archive"] = {"create": create, "delete": delete}
    ALARM.update({"create": alarm, "update": alarm_again, "delete": delete_alarm})
    for kind in ("Application", "DeploymentGroup"):
        provisioners._RESOURCE_HANDLERS[f"AWS::CodeDeploy::{kind}"] = {"create": name_only, "delete": nothing}
    stepfunctions._run_distributed_map = mapped
    lambda_svc._execute_function_with_config_scope = executed
    made = {"create": create_bus_policy, "delete": delete_bus_policy}
    provisioners._RESOURCE_HANDLERS["AWS::Events::EventBusPolicy"] = made
    eventbridge.bus_policy_for_arn = bus_policy_for_arn
    iam_evaluator._RESOURCE_POLICY_LOOKUPS["events"] = ("eventbridge", "bus_policy_for_arn")
    iam_actions.request_tag_context = entries_context
    iam_evaluator._resolve_condition_key = condition_key
    main()
