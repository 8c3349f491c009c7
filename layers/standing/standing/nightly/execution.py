"""Beginning a night and following it: an execution of the stack's state machine. Knows nothing of how it is shown."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from botocore.exceptions import ClientError

from standing.aws.stack import Target
from standing.values.errors import UserError

ENDED = {"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"}
PAUSE = 1.0  # seconds between two looks

type Step = Literal["planning", "buckets", "summing-up"]


class Night(NamedTuple):
    """How an execution ended: its status, what it gave back, and why it failed, where it did."""

    status: str
    output: dict[str, Any]
    cause: str


def close(target: Target, day: str | None, seen: Callable[[int, int], None]) -> Night:
    """Close a day, or the last that is over; `seen` as in `follow`. Raises UserError where the stack has no night."""
    return follow(target, begin(target, day), seen)


def begin(target: Target, day: str | None) -> str:
    """Start a night, of a day or of the last that is over; the execution's ARN. Raises UserError without one."""
    if "NightArn" not in target.outputs:
        raise UserError(f"the stack `{target.stack}` has no night: deploy it anew with `standing rules release`")
    given = {"day": day} if day else {}
    answer = target.states.start_execution(stateMachineArn=target.outputs["NightArn"], input=json.dumps(given))
    return answer["executionArn"]


def follow(target: Target, execution: str, seen: Callable[[int, int], None]) -> Night:
    """Wait for the end; `seen` is told how many buckets are done, of how many: of none while they are planned."""
    while True:
        found = target.states.describe_execution(executionArn=execution)
        if looked := _progress(target, execution):
            seen(*looked)
        if found["status"] in ENDED:
            cause = f"{found.get('error', '')}: {found.get('cause', '')}".strip(": ")
            return Night(found["status"], json.loads(found.get("output") or "{}"), cause)
        time.sleep(PAUSE)


def step(done: int, of: int) -> Step:
    """What a night is doing, by its buckets: it plans until it knows them, and sums up once they are done."""
    if not of:
        return "planning"
    return "buckets" if done < of else "summing-up"


def _progress(target: Target, execution: str) -> tuple[int, int] | None:
    """Buckets done and buckets in all; nothing where it could not be looked at, which the next look makes up for."""
    try:
        runs = target.states.list_map_runs(executionArn=execution)["mapRuns"]
        counts = [target.states.describe_map_run(mapRunArn=run["mapRunArn"])["itemCounts"] for run in runs]
    except ClientError:
        return None
    return sum(one["succeeded"] + one["failed"] for one in counts), sum(one["total"] for one in counts)
