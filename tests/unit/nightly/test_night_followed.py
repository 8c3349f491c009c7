"""A night is followed from its plan to its sum, and a look that fails says nothing."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError
from standing.aws.stack import Target
from standing.cli import night
from standing.nightly import execution
from standing.nightly.execution import step

ARN = "arn:night"
FAILS = ClientError({"Error": {"Code": "ThrottlingException"}}, "ListMapRuns")


class States:
    """Step Functions, which answers one look after the other: buckets done and in all, nothing yet, or an error."""

    def __init__(self, *looks: tuple[int, int] | ClientError | None) -> None:
        self.left = list(looks)

    def start_execution(self, **_: Any) -> dict[str, str]:
        return {"executionArn": ARN}

    def describe_execution(self, **_: Any) -> dict[str, str]:
        status = "RUNNING" if len(self.left) > 1 else "SUCCEEDED"
        return {"status": status, "output": json.dumps({"day": "2026-03-30"})}

    def list_map_runs(self, **_: Any) -> dict[str, list[dict[str, str]]]:
        if isinstance(self.left[0], ClientError):
            raise self.left.pop(0)  # type: ignore[misc]  # it is one
        if self.left[0] is None:
            self.left.pop(0)
            return {"mapRuns": []}
        return {"mapRuns": [{"mapRunArn": ARN}]}

    def describe_map_run(self, **_: Any) -> dict[str, dict[str, int]]:
        done, of = self.left.pop(0)  # type: ignore[misc]  # neither an error nor nothing
        return {"itemCounts": {"succeeded": done, "failed": 0, "total": of}}


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch) -> Target:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    monkeypatch.setattr(Target, "outputs", {"NightArn": ARN})
    monkeypatch.setattr(Target, "states", States(None, (0, 2), FAILS, (1, 2), (2, 2)))
    return Target()


@pytest.mark.parametrize(
    ("done", "of", "said"), [(0, 0, "planning"), (0, 2, "buckets"), (1, 2, "buckets"), (2, 2, "summing-up")]
)
def test_what_a_night_is_doing_is_told_by_its_buckets(done: int, of: int, said: str) -> None:
    assert step(done, of) == said


def test_a_look_that_fails_says_nothing(target: Target) -> None:
    seen: list[tuple[int, int]] = []
    ended = execution.close(target, None, lambda *look: seen.append(look))
    assert seen == [(0, 0), (0, 2), (1, 2), (2, 2)]
    assert ended.output == {"day": "2026-03-30"}


def test_progress_tells_planning_from_rescoring(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr("rich.progress.Progress.update", lambda _, __, description, **___: told.append(description))
    with night._progress("en") as seen:
        for look in ((0, 0), (0, 2), (2, 2)):
            seen(*look)
    assert told == ["planning the night", "buckets rescored", "summing up"]
