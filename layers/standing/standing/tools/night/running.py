"""Beginning a night and following it: an execution of the stack's state machine. Knows nothing of how it is shown."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from standing.tools.project import UserError
from standing.tools.target import Target

ENDED = {"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"}
PAUSE = 1.0  # seconds between two looks


class Night(NamedTuple):
    """How an execution ended: its status, what it gave back, and why it failed, where it did."""

    status: str
    output: dict[str, Any]
    cause: str


def begin(target: Target, day: str | None) -> str:
    """Start a night, of a day or of the last that is over; the execution's ARN. Raises UserError without one."""
    if "NightArn" not in target.outputs:
        raise UserError(f"the stack `{target.stack}` has no night: deploy it anew with `standing rules release`")
    given = {"day": day} if day else {}
    answer = target.states.start_execution(stateMachineArn=target.outputs["NightArn"], input=json.dumps(given))
    return answer["executionArn"]


def follow(target: Target, execution: str, seen: Callable[[int, int], None]) -> Night:
    """Wait for the end; `seen` is told how many buckets are done, of how many."""
    while True:
        found = target.states.describe_execution(executionArn=execution)
        seen(*_progress(target, execution))
        if found["status"] in ENDED:
            cause = f"{found.get('error', '')}: {found.get('cause', '')}".strip(": ")
            return Night(found["status"], json.loads(found.get("output") or "{}"), cause)
        time.sleep(PAUSE)


def _progress(target: Target, execution: str) -> tuple[int, int]:
    """Buckets done and buckets in all; nothing while it is planned."""
    try:
        runs = target.states.list_map_runs(executionArn=execution)["mapRuns"]
        counts = [target.states.describe_map_run(mapRunArn=run["mapRunArn"])["itemCounts"] for run in runs]
    except ClientError:  # a look that failed is made up for by the next
        return 0, 0
    return sum(one["succeeded"] + one["failed"] for one in counts), sum(one["total"] for one in counts)
