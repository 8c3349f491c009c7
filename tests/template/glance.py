"""STD-17: the dashboard shows what a day looks like; each metric that is looked at is one that there is, of our own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import chain
from typing import Any

from tests.template.cloudformation import FUNCTION, QUEUE, Properties, Template, of_type, text, walk

ALARM, DASHBOARD = "AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard"
MACHINE, TABLE = "AWS::StepFunctions::StateMachine", "AWS::DynamoDB::Table"
WIDE = 24  # columns
QUEUED = {"QueueName": (QUEUE, "QueueName", "")}
CALLED = {"FunctionName": (FUNCTION, "", "")}
READING = {**CALLED, "Resource": (FUNCTION, "", ":live")}
RUN = {"StateMachineArn": (MACHINE, "", "")}
STORED = {"TableName": (TABLE, "", "")}
# What AWS tells, by namespace and name: by which dimensions, and of what each is the name.
OF_AWS: dict[tuple[str, str], dict[str, tuple[str, str, str]]] = {
    **dict.fromkeys(
        [
            ("AWS/SQS", name)
            for name in ("NumberOfMessagesSent", "ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage")
        ],
        QUEUED,
    ),
    **dict.fromkeys([("AWS/Lambda", name) for name in ("Errors", "Throttles", "Duration", "Invocations")], CALLED),
    ("AWS/Lambda", "IteratorAge"): READING,
    **dict.fromkeys(
        [
            ("AWS/States", name)
            for name in ("ExecutionTime", "ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut")
        ],
        RUN,
    ),
    **dict.fromkeys([("AWS/DynamoDB", name) for name in ("ReadThrottleEvents", "WriteThrottleEvents")], STORED),
}
OURS, SERVICE = "Standing", re.compile(r"standing-\$\{Stage\}-(\w+)")
# What people look for first, as one row of numbers.
FIRST = (
    "NumberOfMessagesSent",
    "rejected",
    "ApproximateNumberOfMessagesVisible",
    "ApproximateAgeOfOldestMessage",
    "published",
    "IteratorAge",
    "ExecutionTime",
    "customers",
)

type Metric = tuple[str, str, dict[str, str]]


def std_17(template: Template) -> list[str]:
    """There is a dashboard, named by the stack; it and the alarms are of metrics that there are: others stay silent."""
    boards = of_type(template, DASHBOARD)
    faults = chain.from_iterable(_faults(template, name, board) for name, board in boards.items())
    return [*([] if boards else ["Dashboard: expected one"]), *faults, *_silent(template)]


def _silent(template: Template) -> Iterator[str]:
    for name, alarm in of_type(template, ALARM).items():
        for part in walk(alarm):
            dimensions = {one["Name"]: text(one["Value"]) for one in part.get("Dimensions", ())}
            if "MetricName" in part and "ExecutedVersion" not in dimensions:  # those are STD-06's
                metric = (part["Namespace"], part["MetricName"], dimensions)
                yield from (f"{name}: expected {said}" for said in _unknown(template, metric))


def shown(board: Properties) -> Iterator[Metric]:
    """(namespace, name, dimensions) of every metric on a dashboard."""
    for widget in _widgets(board):
        for namespace, name, *rest in widget["properties"]["metrics"]:
            pairs = [one for one in rest if isinstance(one, str)]
            yield namespace, name, dict(zip(pairs[::2], pairs[1::2], strict=True))


def _widgets(board: Properties) -> list[dict[str, Any]]:
    widgets: list[dict[str, Any]] = json.loads(text(board["DashboardBody"]))["widgets"]
    return widgets


def _faults(template: Template, name: str, board: Properties) -> Iterator[str]:
    if text(board.get("DashboardName")) != "${AWS::StackName}":
        yield f"{name}: expected the stack's name as its name"
    widgets = _widgets(board)
    first = [one for one in widgets if one["y"] == 0]
    numbers = [one["properties"]["metrics"][0][1] for one in first if one["properties"]["view"] == "singleValue"]
    if tuple(numbers) != FIRST or len(numbers) != len(first):
        yield f"{name}: expected a first row of these numbers: {', '.join(FIRST)}"
    if any(one["properties"]["region"] != "${AWS::Region}" for one in widgets):
        yield f"{name}: expected the stack's own region"
    yield from (f"{name}: expected nothing upon {title}" for title in _covered(widgets))
    yield from (f"{name}: expected {said}" for metric in shown(board) for said in _unknown(template, metric))
    yield from (f"{name}: expected {metric} of {function}" for function, metric in _unseen(template, board))


def _covered(widgets: list[dict[str, Any]]) -> Iterator[str]:
    taken: set[tuple[int, int]] = set()
    for one in widgets:
        columns, rows = range(one["x"], one["x"] + one["width"]), range(one["y"], one["y"] + one["height"])
        cells = {(x, y) for x in columns for y in rows}
        if taken & cells or columns.stop > WIDE:
            yield one["properties"]["title"]
        taken |= cells


def _unknown(template: Template, metric: Metric) -> Iterator[str]:
    namespace, name, dimensions = metric
    if namespace == OURS:
        found = SERVICE.fullmatch(dimensions.get("service", ""))
        functions = {function.lower() for function in of_type(template, FUNCTION)}
        if set(dimensions) != {"service"} or not found or found[1] not in functions:
            yield f"a function of ours as the service of {name}"
        return
    known = OF_AWS.get((namespace, name))
    if known is None:
        yield f"a metric that AWS has, not {namespace} {name}"
    elif {key: _kind(template, value) for key, value in dimensions.items()} != known:
        yield f"{namespace} {name} by {', '.join(known)}, of what is deployed here"


def _kind(template: Template, value: str) -> tuple[str, str, str]:
    """(type, attribute, suffix) of what a dimension's value refers to."""
    found = re.fullmatch(r"\$\{(\w+)(?:\.(\w+))?\}(.*)", value)
    resource = template["Resources"].get(found[1], {}) if found else {}
    return (resource.get("Type", ""), found[2] or "", found[3]) if found else ("", "", "")


def _unseen(template: Template, board: Properties) -> Iterator[tuple[str, str]]:
    """Functions whose errors or throttles are not shown."""
    seen = {(dimensions.get("FunctionName"), name) for _, name, dimensions in shown(board)}
    for function in of_type(template, FUNCTION):
        for name in ("Errors", "Throttles"):
            if (f"${{{function}}}", name) not in seen:
                yield function, name
