"""The local AWS: ministack, with eight features that the template needs and ministack lacks.

1. `AWS::Events::Archive` in CloudFormation. The archive behind it, with replay, is ministack's.
2. The condition keys `events:source` and `events:detail-type`, which limit a role to events of one source.
3. Policies of an event bus, which deny Standing's own event types to other senders.
4. CodeDeploy's resources, and alarms on metric math: as names only.
5. A distributed map that reads its concurrency from its input.
6. An event source mapping whose concurrency is a parameter.
7. Calls on loopback count as TLS, so that buckets that require TLS can be used.
8. A state machine sees the class of a function's exception as the error, so that it retries only transient errors.

With these the template deploys unchanged. Versions and aliases are ministack's, but an alias moves to a new version at
once: no traffic shifts by weight, and no alarm is checked. The interpreter of ministack's environment runs this file,
so it imports nothing of Standing.
"""

from __future__ import annotations

import json
from typing import Any

from ministack.app import main
from ministack.core import iam_actions, iam_evaluator
from ministack.services import eventbridge, iam, lambda_svc, stepfunctions
from ministack.services.cloudformation import provisioners

Properties = dict[str, Any]
Made = tuple[str, dict[str, str]]  # the physical id, and the attributes of Fn::GetAtt


def create(logical_id: str, properties: Properties, stack: str) -> Made:
    """Create the archive of a resource."""
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
    """Create a resource as a name only."""
    name = f"{stack}-{logical_id}"
    return name, {"Arn": f"arn:aws:cloudwatch:us-east-1:000000000000:alarm:{name}"}


def nothing(_physical_id: str, _properties: Properties) -> None:
    """Delete a resource that is a name only."""


def alarm(logical_id: str, properties: Properties, stack: str) -> Made:
    """Create an alarm: by ministack, or as a name only if it is on metric math."""
    made: Made = (name_only if "Metrics" in properties else create_alarm)(logical_id, properties, stack)
    return made


def alarm_again(physical_id: str, before: Properties, after: Properties, stack: str, logical_id: str) -> Made:
    """Update an alarm, in the same way."""
    if "Metrics" in after:
        return name_only(logical_id, after, stack)
    made: Made = update_alarm(physical_id, before, after, stack, logical_id)
    return made


def delete_alarm(physical_id: str, properties: Properties) -> None:
    """Delete an alarm, in the same way."""
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
    """Remove a statement from a bus's policy."""
    names = {"EventBusName": properties.get("EventBusName", "default"), "StatementId": properties["StatementId"]}
    eventbridge._remove_permission(names)


def bus_policy_for_arn(arn: str) -> tuple[Properties, str] | None:
    """A bus's policy and its owner. ministack stores the policy, and calls a function of this name for it."""
    policy = eventbridge._event_bus_policies.get(arn.rpartition("event-bus/")[2])
    return (policy, arn.split(":")[4]) if policy else None


class Several(list[str]):
    """Several values of one condition key. To an operator that takes one value, they equal none of them."""

    def __str__(self) -> str:
        """All values as one text."""
        return " ".join(self)


def entries_context(service: str, action: str, body: bytes, parameters: Properties) -> Properties:
    """The condition keys of a request: ministack's, and for PutEvents those of its entries.

    AWS refuses a call if the source of any entry is not allowed, so several sources count as one that nobody allows.
    """
    context: Properties = request_tag_context(service, action, body, parameters)
    if action == "events:PutEvents":
        entries = json.loads(body or b"{}").get("Entries", [])
        for key, part in (("events:source", "Source"), ("events:detail-type", "DetailType")):
            context[key] = Several(sorted({str(entry.get(part)) for entry in entries}))
    return context


def condition_key(key: str, context: Any) -> Any:  # noqa: ANN401 -- ministack's own
    """A condition key of a request. Loopback counts as TLS: it is as private. An assumed role counts as the role."""
    if key.lower() == "aws:securetransport":
        return "true"
    value = resolved_key(key, context)
    if key.lower() == "aws:principalarn" and ":assumed-role/" in str(value):
        name = iam_evaluator._role_name_from_assumed_arn(value)
        return iam._roles.get_scoped(context.principal_account, None, name)["Arn"]
    return value


def executed(*arguments: Any, **more: Any) -> Properties:  # noqa: ANN401 -- ministack's own
    """Run a function. If it raises, the error's type is the exception's class."""
    result: Properties = execute(*arguments, **more)
    body = result.get("body")
    if result.get("error") and isinstance(body, dict) and body.get("errorType") == "Runtime.HandlerError":
        body["errorType"] = class_raised(str(result.get("log", ""))) or body["errorType"]
    return result


def class_raised(log: str) -> str:
    """The class of the exception whose traceback ends a log, or "" if there is none."""
    lines = log.rpartition("Traceback (most recent call last):\n")[2].splitlines()
    last = next((line for line in lines if line[:1].isalpha()), "")
    return last.partition(":")[0].rpartition(".")[2]


def mapped(state: Properties, raw_input: Any, effective: Any, *more: Any) -> Any:  # noqa: ANN401 -- ministack's own
    """Run a distributed map. Its input may set the concurrency."""
    path = state.get("MaxConcurrencyPath")
    concurrency = {"MaxConcurrency": stepfunctions._resolve_path_or_ctx(path, effective, more[-1])} if path else {}
    return run_map({**state, **concurrency}, raw_input, effective, *more)


def numbered(properties: Properties) -> Properties:
    """A mapping's properties with the concurrency as a number. A parameter is text, which CloudFormation converts."""
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
