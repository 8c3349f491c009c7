"""What was rejected, and dead letters: listed, kept in a file, dropped, put back; and nothing is lost on the way."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from standing.aws.queues import each, peek
from standing.aws.stack import Target
from standing.cli import app
from standing.operations import undelivered
from standing.operations.undelivered import DEAD_LETTERS, REJECTED, chosen_of
from standing.values.errors import UserError
from typer.testing import CliRunner, Result

from tests.make.support import purchase

WHY = {"reason": "does-not-fit", "field": "detail.amount", "expected": "a decimal number in quotes"}

type Run = Callable[..., Result]


@pytest.fixture
def target(queues: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Target:
    """A stack's queues, by moto."""
    monkeypatch.setattr(Target, "outputs", queues)
    monkeypatch.setattr("standing.aws.queues.WAIT", 0)  # moto really waits
    return Target()


@pytest.fixture
def run() -> Run:
    def command(*words: object, typed: str = "") -> Result:
        result = CliRunner().invoke(app.app, [str(word) for word in words], input=typed)
        assert result.exception is None or isinstance(result.exception, SystemExit | UserError), result.exception
        return result

    return command


def put(target: Target, *events: int, queue: str = "RejectedUrl", **why: str) -> None:
    """Lay events aside, with a reason where they were rejected."""
    for number in events:
        message = json.dumps(purchase(number))
        body = json.dumps({**WHY, **why, "message": message}) if queue == "RejectedUrl" else message
        target.sqs.send_message(QueueUrl=target.outputs[queue], MessageBody=body)


def there(target: Target, queue: str = "RejectedUrl") -> list[str]:
    """The events that can be read in a queue, by their ids."""
    pile = REJECTED if queue == "RejectedUrl" else DEAD_LETTERS
    return sorted(one.event_id for one in pile.kept(target))


def test_a_list_says_how_many_there_are_and_takes_none(target: Target, run: Run) -> None:
    put(target, *range(23))
    for _ in range(2):
        said = run("rejected", "list")
        assert "23 messages" in said.stderr
        assert "more cannot be shown" not in said.stderr
    listed = json.loads(run("rejected", "list", "--json").stdout)
    assert len({one["message_id"] for one in listed}) == 23
    assert {one["sent"][:2] for one in listed} == {"20"}
    assert not any("body" in one for one in listed)


def test_what_somebody_else_is_reading_is_counted(target: Target, run: Run) -> None:
    put(target, 1, 2, 3)
    target.sqs.receive_message(QueueUrl=target.outputs["RejectedUrl"], MaxNumberOfMessages=1)
    assert "about 1 more cannot be shown" in run("rejected", "list").stderr


def test_an_export_is_whole_and_for_the_owner_alone(target: Target, run: Run, tmp_path: Path) -> None:
    put(target, 1, 2)
    put(target, 3, queue="DeadLettersUrl")
    put(target, 4, queue="UndeliveredUrl")
    assert run("rejected", "export", tmp_path / "rejected.jsonl").exit_code == 0
    lines = [json.loads(line) for line in (tmp_path / "rejected.jsonl").read_text().splitlines()]
    assert [json.loads(one["body"]) for one in lines] == [{**WHY, "message": json.dumps(purchase(n))} for n in (1, 2)]
    assert [(one["event_id"], one["reason"], one["field"]) for one in lines] == [
        (f"p-{number}", "does-not-fit", "detail.amount") for number in (1, 2)
    ]
    assert (tmp_path / "rejected.jsonl").stat().st_mode & 0o777 == 0o600
    run("dead-letters", "export", tmp_path / "dead.jsonl")
    dead = [json.loads(line) for line in (tmp_path / "dead.jsonl").read_text().splitlines()]
    assert [json.loads(one["body"]) for one in dead] == [purchase(3), purchase(4)]
    assert (there(target), there(target, "DeadLettersUrl")) == (["p-1", "p-2"], ["p-3", "p-4"])


def test_an_export_writes_over_no_other(target: Target, run: Run, tmp_path: Path) -> None:
    put(target, 1)
    file = tmp_path / "rejected.jsonl"
    file.write_text("from yesterday")
    result = run("rejected", "export", file, "--drop", "--yes")
    assert "exists already" in str(result.exception)
    assert (file.read_text(), there(target)) == ("from yesterday", ["p-1"])


def test_nothing_is_dropped_before_the_file_is_whole(
    target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(target, 1, 2)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    result = CliRunner().invoke(app.app, ["rejected", "export", str(tmp_path / "r.jsonl"), "--drop", "--yes"])
    assert isinstance(result.exception, OSError)
    assert (list(tmp_path.iterdir()), there(target)) == ([], ["p-1", "p-2"])


def test_an_export_drops_what_it_wrote_and_no_more(
    target: Target, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(target, 1, 2)
    write = undelivered.write

    def and_one_comes(file: Path, kept: Any) -> None:
        write(file, kept)
        put(target, 3)

    monkeypatch.setattr("standing.operations.undelivered.write", and_one_comes)
    assert "2 messages dropped" in run("rejected", "export", tmp_path / "r.jsonl", "--drop", "--yes").stderr
    assert there(target) == ["p-3"]


def test_a_drop_shows_what_goes_and_asks(target: Target, run: Run) -> None:
    put(target, 1, 2)
    said = run("rejected", "drop", typed="n\n")
    assert "p-1" in said.stderr
    assert "p-2" in said.stderr
    assert "Drop 2 messages for good?" in said.stderr
    assert (said.exit_code, there(target)) == (1, ["p-1", "p-2"])
    assert "2 messages dropped" in run("rejected", "drop", typed="y\n").stderr
    assert there(target) == []
    assert "nothing to drop" in run("rejected", "drop", "--yes").stderr


def test_a_drop_takes_what_is_named(target: Target, run: Run) -> None:
    put(target, 1, 2, 3)
    put(target, 4, 5, reason="too-large")
    run("rejected", "drop", "p-2", "--yes")
    assert there(target) == ["p-1", "p-3", "p-4", "p-5"]
    run("rejected", "drop", "--reason", "too-large", "p-4", "--yes")
    assert there(target) == ["p-1", "p-3", "p-5"]
    run("rejected", "drop", "--reason", "does-not-fit", "--yes")
    assert there(target) == ["p-5"]
    (left,) = REJECTED.kept(target)
    run("rejected", "drop", left.message_id, "--yes")
    assert there(target) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("p-1", "p-9"), "no message has the id `p-9`"),
        (("--reason", "too-lage"), "no message has the reason `too-lage`: existing reasons: does-not-fit"),
    ],
)
def test_a_name_that_is_wrong_drops_nothing(target: Target, run: Run, words: tuple[str, ...], said: str) -> None:
    put(target, 1, 2)
    assert said in str(run("rejected", "drop", *words, "--yes").exception)
    assert there(target) == ["p-1", "p-2"]


def test_what_was_shown_and_is_hidden_by_others_is_told(
    target: Target, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(target, 1, 2)

    def somebody_reads(*_: Any, **__: Any) -> bool:
        target.sqs.receive_message(QueueUrl=target.outputs["RejectedUrl"], MaxNumberOfMessages=1)
        return True

    monkeypatch.setattr("standing.cli.queues.confirmed", somebody_reads)
    result = run("rejected", "drop")
    assert result.exit_code == 1
    assert "1 message dropped" in result.stderr
    assert "not to be had: 1" in result.stderr


def test_dead_letters_are_dropped_and_put_back(target: Target, run: Run) -> None:
    put(target, 1, 2, queue="DeadLettersUrl")
    put(target, 3, queue="UndeliveredUrl")
    assert "1 message dropped" in run("dead-letters", "drop", "p-3", "--yes").stderr
    assert run("dead-letters", "redrive").stdout.startswith("2 messages")
    assert there(target, "DeadLettersUrl") == []
    assert sorted(json.loads(body)["detail"]["id"] for body in peek(target, target.outputs["IngestQueueUrl"])) == [
        "p-1",
        "p-2",
    ]


def test_what_stops_half_way_hides_and_loses_nothing(target: Target) -> None:
    put(target, *range(25))
    taken: list[str] = []

    def stopped(message: Any) -> bool:
        if len(taken) == 12:
            raise KeyboardInterrupt
        taken.append(message.id)
        return True

    with pytest.raises(KeyboardInterrupt):
        each(target, target.outputs["RejectedUrl"], stopped)
    assert len(there(target)) == 25 - 12


def test_a_message_that_could_not_be_put_back_stays(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    put(target, 1, queue="DeadLettersUrl")

    def refused(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied"}}, "SendMessage")

    with monkeypatch.context() as failing:
        failing.setattr(target.sqs, "send_message", refused)
        with pytest.raises(ClientError):
            undelivered.redrive(target)
    assert there(target, "DeadLettersUrl") == ["p-1"]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["does-not-fit", "too-large", "forgotten"]), min_size=1, max_size=14), st.data())
def test_what_is_chosen_goes_and_the_rest_stays(target: Target, reasons: list[str], data: st.DataObject) -> None:
    REJECTED.drop(target, REJECTED.kept(target))
    for number, reason in enumerate(reasons):
        put(target, number, reason=reason)
    kept = REJECTED.kept(target)
    ids = data.draw(st.lists(st.sampled_from([one.event_id for one in kept]), unique=True))
    chosen = chosen_of(kept, ids, data.draw(st.lists(st.sampled_from(reasons), unique=True)))
    assert REJECTED.drop(target, chosen) == len(chosen)
    left = REJECTED.kept(target)
    assert sorted(one.message_id for one in [*left, *chosen]) == sorted(one.message_id for one in kept)
