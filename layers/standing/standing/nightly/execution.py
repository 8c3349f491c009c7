"""Starts a night and follows it: an execution of the stack's state machine. Does not know how it is shown."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from botocore.exceptions import ClientError

from standing.aws.stack import Target
from standing.values.errors import UserError

ENDED = {"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"}
PAUSE = 1.0  # seconds between polls

type Step = Literal["dealing", "planning", "training", "buckets", "summing-up"]

STEPS: dict[str, Step] = {"Deal": "dealing", "Plan": "planning", "Train": "training", "Rescore": "buckets"}  # by state


class Look(NamedTuple):
    """What a night is doing, and how many buckets are done, of how many: of none while they are not known."""

    step: Step
    done: int
    of: int


class Night(NamedTuple):
    """The end of an execution: its status, its output, and the cause if it failed."""

    status: str
    output: dict[str, Any]
    cause: str


def close(target: Target, day: str | None, seen: Callable[[Look], None]) -> Night:
    """Close a day, or the last that is over; `seen` as in `follow`. Raises UserError where the stack has no night."""
    return follow(target, begin(target, day), seen)


def begin(target: Target, day: str | None) -> str:
    """Start the night of a day, or of the last finished day. Returns the execution's ARN. Raises UserError."""
    if "NightArn" not in target.outputs:
        raise UserError(
            "the stack `{stack}` has no night: deploy it anew with `standing rules release`", stack=target.stack
        )
    night = {"day": day} if day else {}
    answer = target.states.start_execution(stateMachineArn=target.outputs["NightArn"], input=json.dumps(night))
    return answer["executionArn"]


def follow(target: Target, execution: str, seen: Callable[[Look], None]) -> Night:
    """Wait for the end; `seen` is told of each look."""
    while True:
        answer = target.states.describe_execution(executionArn=execution)
        if look := _look(target, execution):
            seen(look)
        if answer["status"] in ENDED:
            cause = f"{answer.get('error', '')}: {answer.get('cause', '')}".strip(": ")
            return Night(answer["status"], json.loads(answer.get("output") or "{}"), cause)
        time.sleep(PAUSE)


def _look(target: Target, execution: str) -> Look | None:
    """What it is doing; nothing where it could not be looked at, which the next look makes up for."""
    try:
        entered = _last_state(target, execution)
        runs = target.states.list_map_runs(executionArn=execution)["mapRuns"]
        counts = [target.states.describe_map_run(mapRunArn=run["mapRunArn"])["itemCounts"] for run in runs]
    except ClientError:
        return None
    done, of = sum(one["succeeded"] + one["failed"] for one in counts), sum(one["total"] for one in counts)
    return Look(STEPS.get(entered, "summing-up"), done, of)


def _last_state(target: Target, execution: str) -> str:
    """The state that was entered last; at the very beginning the first."""
    history = target.states.get_execution_history(executionArn=execution, reverseOrder=True)["events"]
    entered = (one["stateEnteredEventDetails"]["name"] for one in history if "stateEnteredEventDetails" in one)
    return next(entered, next(iter(STEPS)))
