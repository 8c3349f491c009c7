"""A night is followed from its plan to its sum, and a look that fails says nothing."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError
from standing.aws.stack import Target
from standing.cli import night
from standing.nightly import execution
from standing.nightly.words import ENDED, why_ended

from tests.make.chinese import english_sentences
from tests.make.support import ROOT

ARN = "arn:night"
FAILS = ClientError({"Error": {"Code": "ThrottlingException"}}, "ListMapRuns")


type State = tuple[str, int, int]  # that was entered last, buckets done and in all


class States:
    """Step Functions, which answers one look after the other: the state and the buckets, or an error."""

    def __init__(self, *looks: State | ClientError) -> None:
        self.left = list(looks)

    def start_execution(self, **_: Any) -> dict[str, str]:
        return {"executionArn": ARN}

    def describe_execution(self, **_: Any) -> dict[str, str]:
        status = "RUNNING" if len(self.left) > 1 else "SUCCEEDED"
        return {"status": status, "output": json.dumps({"day": "2026-03-30"})}

    def get_execution_history(self, *, reverseOrder: bool, **_: Any) -> dict[str, Any]:  # noqa: N803 -- as AWS has it
        state = self.left.pop(0)
        if isinstance(state, ClientError):
            raise state
        name, *self.counts = state
        entered = [{"stateEnteredEventDetails": {"name": one}} for one in ("Deal", name) if one]
        return {"events": [{"type": "LambdaFunctionStarted"}, *(entered[::-1] if reverseOrder else entered)]}

    def list_map_runs(self, **_: Any) -> dict[str, list[dict[str, str]]]:
        return {"mapRuns": [{"mapRunArn": ARN}] if any(self.counts) else []}

    def describe_map_run(self, **_: Any) -> dict[str, dict[str, int]]:
        done, of = self.counts
        return {"itemCounts": {"succeeded": done, "failed": 0, "total": of}}


LOOKS = (("", 0, 0), ("Plan", 0, 0), ("Train", 0, 0), ("Rescore", 0, 2), ("Rescore", 1, 2), ("Summarise", 2, 2))
STEPS: list[execution.Step] = ["dealing", "planning", "training", "buckets", "buckets", "summing-up"]


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch) -> Target:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    monkeypatch.setattr(Target, "outputs", {"NightArn": ARN})
    monkeypatch.setattr(Target, "states", States(*LOOKS[:3], FAILS, *LOOKS[3:], ("Done", 2, 2)))
    return Target()


def test_what_a_night_is_doing_is_told_and_a_look_that_fails_says_nothing(target: Target) -> None:
    seen: list[execution.Look] = []
    ended = execution.close(target, None, seen.append)
    assert [one.step for one in seen] == [*STEPS, "summing-up"]
    assert [(one.done, one.of) for one in seen] == [(0, 0)] * 3 + [(0, 2), (1, 2), (2, 2), (2, 2)]
    assert ended.output == {"day": "2026-03-30"}


def test_progress_says_what_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr("rich.progress.Progress.update", lambda _, __, description, **___: told.append(description))
    with night._progress("en") as seen:
        for step in STEPS:
            seen(execution.Look(step, 0, 0))
    assert list(dict.fromkeys(told)) == [
        "dealing out what came into the lake",
        "planning the night",
        "learning the model of scores",
        "buckets rescored",
        "summing up",
    ]


@pytest.mark.parametrize(
    ("status", "cause", "expected"),
    [
        ("SUCCEEDED", "", None),
        ("FAILED", "BucketsFailed: The report names them.", "buckets failed: the report names them, and what is wrong"),
        ("TIMED_OUT", "", "the night took longer than it may"),
        ("ABORTED", "", "the night was stopped"),
        ("FAILED", "States.Runtime: An odd thing", "the night failed (States.Runtime): “An odd thing”"),
        ("FAILED", 'InvalidDay: {"errorMessage": "day 1"}', "the night failed (InvalidDay): “day 1”"),
        ("FAILED", "Odd: [1]", "the night failed (Odd): “[1]”"),
    ],
)
def test_why_a_night_failed_is_told_in_each_language(status: str, cause: str, expected: str | None) -> None:
    said = why_ended(status, cause)
    assert (str(said)[: len(expected)] if expected else said) == expected
    assert english_sentences(said.in_language("zh") if said else "") == []


def test_the_machine_fails_by_a_name_that_is_known() -> None:
    machine = (ROOT / "template.yaml").read_text(encoding="utf-8")
    errors = re.findall(r"Type: Fail\s+Error: (\w+)", machine)
    assert errors
    assert all(name in ENDED for name in errors)
