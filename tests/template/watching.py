"""Checks on what runs by itself: that somebody hears when it does not, and that one bad part does not stop the rest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.template.cloudformation import (
    FUNCTION,
    QUEUE,
    Properties,
    Template,
    arn_of,
    at,
    at_least,
    function_of,
    listed,
    of_type,
    pointed_at,
    text,
    walk,
)

ALARM, TOPIC = "AWS::CloudWatch::Alarm", "AWS::SNS::Topic"
MAPPING, MACHINE = "AWS::Lambda::EventSourceMapping", "AWS::StepFunctions::StateMachine"
FAILED = ("ExecutionsFailed", "ExecutionsTimedOut")
ABOVE = ("GreaterThanThreshold", "GreaterThanOrEqualToThreshold")

type Wanted = tuple[str, str, str]  # the resource, the metric, and what is said where there is no alarm


def std_03(template: Template) -> list[str]:
    """What waits, fails, is held back or lags behind is told to somebody."""
    heard = set(_heard(template))
    return [f"{name}: expected {said}" for name, metric, said in _wanted(template) if (name, metric) not in heard]


def std_10(template: Template) -> list[str]:
    """A Map state takes no more at a time than it is allowed to, and some failures do not stop it."""
    findings = []
    for name, machine in of_type(template, MACHINE).items():
        for state in walk(machine.get("Definition")):
            if state.get("Type") == "Map":
                findings += [f"{name}: expected {said}" for said in _map(state)]
    return findings + [f"{name}: expected its Definition, as an object" for name in _unread(template)]


def _wanted(template: Template) -> Iterator[Wanted]:
    mapped = {text(mapping.get("EventSourceArn")): mapping for mapping in of_type(template, MAPPING).values()}
    read = {arn_of(template, mapping.get("EventSourceArn"), QUEUE) for mapping in mapped.values()}
    for name in of_type(template, QUEUE):
        if name in read:
            yield name, "ApproximateAgeOfOldestMessage", "an alarm on its oldest message"
        else:
            yield name, "ApproximateNumberOfMessagesVisible", "an alarm on its depth"
    for name in of_type(template, FUNCTION):
        yield name, "Errors", "an alarm on its errors"
        yield name, "Throttles", "an alarm on its throttles"
    for mapping in of_type(template, MAPPING).values():
        if not arn_of(template, mapping.get("EventSourceArn"), QUEUE):
            function = function_of(template, mapping.get("FunctionName"))
            yield function, "IteratorAge", "an alarm on how far it is behind its stream"
    for name in of_type(template, MACHINE):
        yield from ((name, metric, f"an alarm on {metric}") for metric in FAILED)


def _heard(template: Template) -> Iterator[tuple[str, str]]:
    """(resource, metric) of each alarm that somebody hears, on the whole of a resource."""
    for alarm in of_type(template, ALARM).values():
        heard = any(pointed_at(action) in of_type(template, TOPIC) for action in listed(alarm.get("AlarmActions")))
        rises = alarm.get("ComparisonOperator") in ABOVE and at_least(alarm.get("Threshold"), 0)
        if heard and rises and alarm.get("ActionsEnabled") is not False:
            yield _watched(alarm), str(alarm.get("MetricName"))


def _watched(alarm: Properties) -> str:
    """The resource that an alarm's metric is of; a new version of a function alone is not the function."""
    dimensions = {one["Name"]: one["Value"] for one in listed(alarm.get("Dimensions"))}
    if "ExecutedVersion" in dimensions:
        return ""
    first = next(iter(dimensions.values()), None)
    return pointed_at(first) or pointed_at(first, "QueueName")


def _map(state: dict[str, Any]) -> Iterator[str]:
    if not at_least(state.get("MaxConcurrency"), 1):
        yield "a MaxConcurrency of its Map"
    tolerated = ("ToleratedFailurePercentage", "ToleratedFailureCount")
    if not any(at_least(state.get(name), 1) for name in tolerated):
        yield "failures that its Map tolerates"
    if at(state, "ItemProcessor", "ProcessorConfig", "Mode") != "DISTRIBUTED":
        yield "a distributed Map: an inline one tolerates nothing"


def _unread(template: Template) -> list[str]:
    machines = of_type(template, MACHINE).items()
    return [name for name, machine in machines if not at(machine, "Definition", "States")]
