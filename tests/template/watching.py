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
    number,
    of_type,
    pointed_at,
    text,
    true,
    walk,
)
from tests.template.sharing import at_once

ALARM, TOPIC = "AWS::CloudWatch::Alarm", "AWS::SNS::Topic"
SCHEDULE = "AWS::Scheduler::Schedule"
MAPPING, MACHINE = "AWS::Lambda::EventSourceMapping", "AWS::StepFunctions::StateMachine"
FAILED = ("ExecutionsFailed", "ExecutionsTimedOut")
BELOW = ("LessThanThreshold", "LessThanOrEqualToThreshold")
LONGEST_DAY, TWO_DAYS = 25 * 3600, 2 * 24 * 60  # seconds, as clocks go back; minutes, in which a second night is due
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
                findings += [f"{name}: expected {said}" for said in _map(template, state)]
    return findings + [f"{name}: expected its Definition, as an object" for name in _unread(template)]


def std_14(template: Template) -> list[str]:
    """Of no metric there is anything on a new stack: each alarm says what that means, and is neither deaf nor hasty."""
    return [*_undecided(template), *_unmissed(template)]


def _undecided(template: Template) -> Iterator[str]:
    for name, alarm in of_type(template, ALARM).items():
        missing = alarm.get("TreatMissingData")
        if missing not in ("breaching", "notBreaching"):
            yield f"{name}: expected a decision on missing data: breaching or notBreaching"
        if missing == "breaching" and not _patient(alarm):
            yield f"{name}: expected two days' patience with a stack that is new (WarmUpConfiguration)"
        if missing == "notBreaching" and alarm.get("ComparisonOperator") in BELOW:
            yield f"{name}: expected missing data to be breaching: else it is silent for ever where nothing ever comes"


def _patient(alarm: Properties) -> bool:
    warm = at(alarm, "WarmUpConfiguration")
    whole = true(at(warm, "OnlyStartEvaluatingAfterWarmUpPeriodEnds"))
    return whole and at_least(at(warm, "WarmUpPeriodDurationInMinutes"), TWO_DAYS)


def _unmissed(template: Template) -> Iterator[str]:
    """Machines that a schedule starts once a day, and that nobody would miss, or that would be missed too soon."""
    for schedule in of_type(template, SCHEDULE).values():
        name = pointed_at(at(schedule, "Target", "Arn"))
        machine = of_type(template, MACHINE).get(name, {})
        longest = LONGEST_DAY + (number(at(machine, "Definition", "TimeoutSeconds")) or 0)
        if not any(_misses(template, alarm, name, longest) for alarm in of_type(template, ALARM).values()):
            yield f"{name}: expected an alarm where none of it succeeded for {longest} s, a day and its longest run"


def _misses(template: Template, alarm: Properties, machine: str, longest: int) -> bool:
    wanted = ("ExecutionsSucceeded", "Sum", "LessThanThreshold", "breaching")
    said = tuple(alarm.get(key) for key in ("MetricName", "Statistic", "ComparisonOperator", "TreatMissingData"))
    seconds = (number(alarm.get("Period")) or 0) * (number(alarm.get("EvaluationPeriods")) or 0)
    whole = alarm.get("DatapointsToAlarm", alarm.get("EvaluationPeriods")) == alarm.get("EvaluationPeriods")
    told = _told(template, alarm) and number(alarm.get("Threshold")) == 1
    return said == wanted and told and whole and _watched(alarm) == machine and seconds >= longest


def _told(template: Template, alarm: Properties) -> bool:
    """Whether somebody hears of it."""
    topics = of_type(template, TOPIC)
    heard = any(pointed_at(action) in topics for action in listed(alarm.get("AlarmActions")))
    return heard and alarm.get("ActionsEnabled") is not False


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
        rises = alarm.get("ComparisonOperator") in ABOVE and at_least(alarm.get("Threshold"), 0)
        if rises and _told(template, alarm):
            yield _watched(alarm), str(alarm.get("MetricName"))


def _watched(alarm: Properties) -> str:
    """The resource that an alarm's metric is of; a new version of a function alone is not the function."""
    dimensions = {one["Name"]: one["Value"] for one in listed(alarm.get("Dimensions"))}
    if "ExecutedVersion" in dimensions:
        return ""
    first = next(iter(dimensions.values()), None)
    return pointed_at(first) or pointed_at(first, "QueueName")


def _map(template: Template, state: dict[str, Any]) -> Iterator[str]:
    if not at_least(at_once(template, state), 1):
        yield "a MaxConcurrency of its Map"
    tolerated = ("ToleratedFailurePercentage", "ToleratedFailureCount")
    if not any(at_least(state.get(name), 1) for name in tolerated):
        yield "failures that its Map tolerates"
    if at(state, "ItemProcessor", "ProcessorConfig", "Mode") != "DISTRIBUTED":
        yield "a distributed Map: an inline one tolerates nothing"


def _unread(template: Template) -> list[str]:
    machines = of_type(template, MACHINE).items()
    return [name for name, machine in machines if not at(machine, "Definition", "States")]
