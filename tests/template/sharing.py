"""STD-15: it runs in an account in which ten functions run at once, as in a new one, and shares them with others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.template.cloudformation import (
    FUNCTION,
    QUEUE,
    Template,
    arn_of,
    at,
    at_least,
    listed,
    number,
    of_type,
    walk,
)

MAPPING, MACHINE = "AWS::Lambda::EventSourceMapping", "AWS::StepFunctions::StateMachine"
CONCURRENCY = 10  # of a new account, until AWS raises it
THROTTLED = "Lambda.TooManyRequestsException"
AILING = (
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
)
HALF_AN_HOUR = 30 * 60


def std_15(template: Template) -> list[str]:
    """What runs at once finds room in a new account; where there is none for a while, it waits, and asks again."""
    return [*_too_many(template), *_reserving(template), *_parallel(template), *_impatient(template)]


def _too_many(template: Template) -> Iterator[str]:
    """A stream is read by one function a shard, which nothing but its shards limits: one is counted for each reader."""
    queues = [at(mapping, "ScalingConfig", "MaximumConcurrency") for _, mapping in _mappings(template, queue=True)]
    streams = [1 for _ in _mappings(template, queue=False)]
    maps = [at_once(template, state) for _, state in _states(template, "Map")]
    wanted = sum(number(one) or CONCURRENCY for one in [*queues, *streams, *maps])  # without a limit: all there are
    if wanted > CONCURRENCY:
        yield f"Parameters: expected functions at once that find room in {CONCURRENCY}, not {wanted}"


def at_once(template: Template, state: dict[str, Any]) -> Any:
    """How many items a Map state works on: its own number, or that which a function is told by a variable."""
    name = str(state.get("MaxConcurrencyPath", "")).rpartition(".")[2].upper()
    told = (at(function, "Environment", "Variables", name) for function in of_type(template, FUNCTION).values())
    return state.get("MaxConcurrency", next(filter(None, told), None))


def _reserving(template: Template) -> Iterator[str]:
    for name, function in of_type(template, FUNCTION).items():
        if "ReservedConcurrentExecutions" in function:
            yield f"{name}: expected no concurrency of its own: of {CONCURRENCY} an account can give none away"


def _parallel(template: Template) -> Iterator[str]:
    for name, mapping in _mappings(template, queue=False):
        if number(mapping.get("ParallelizationFactor", 1)) != 1:
            yield f"{name}: expected one batch of a shard at a time"


def _impatient(template: Template) -> Iterator[str]:
    for name, state in _states(template, "Task"):
        tries = listed(state.get("Retry"))
        if _waited(tries, THROTTLED) < HALF_AN_HOUR:
            yield f"{name}: expected a task to wait for {HALF_AN_HOUR} s and more where {THROTTLED}, with jitter"
        for error in AILING:
            if _waited(tries, error) < 60:
                yield f"{name}: expected a task to be tried again for a minute where {error}, with jitter"


def _waited(tries: list[dict[str, Any]], error: str) -> float:
    """Seconds for which a task is tried again after an error, on average; none without jitter and a longest pause."""
    found = next((one for one in tries if error in listed(one.get("ErrorEquals"))), {})
    if found.get("JitterStrategy") != "FULL" or not at_least(found.get("MaxDelaySeconds"), 1):
        return 0
    first, longest = float(found["IntervalSeconds"]), float(found["MaxDelaySeconds"])
    pauses = (min(first * found["BackoffRate"] ** turn, longest) for turn in range(found["MaxAttempts"]))
    return sum(pauses, start=0.0) / 2  # of full jitter, half is the mean


def _mappings(template: Template, *, queue: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, mapping in of_type(template, MAPPING).items():
        if bool(arn_of(template, mapping.get("EventSourceArn"), QUEUE)) == queue:
            yield name, mapping


def _states(template: Template, type_: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """(machine, state) of each state of a type."""
    for name, machine in of_type(template, MACHINE).items():
        yield from ((name, state) for state in walk(machine.get("Definition")) if state.get("Type") == type_)
