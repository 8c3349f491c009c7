"""Publishing: exactly the entries that were refused are sent again, under the ids they had."""

from __future__ import annotations

import json
from typing import Any

import pytest
from standing.aws.bus import MOST_BYTES, TRIES, Bus
from standing.publish.publisher import UnpublishedError, publish


class FakeEvents:
    """An EventBridge that refuses some entries for some time. A fake, because no emulator can be told to refuse."""

    def __init__(self, refused: set[str], times: int) -> None:
        self.refused, self.times, self.calls = refused, times, list[list[str]]()

    def put_events(self, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803 -- AWS's name
        ids = [json.loads(entry["Detail"])["id"] for entry in Entries]
        self.calls.append(ids)
        failing = self.refused if len(self.calls) <= self.times else set()
        answers = [{"ErrorCode": "ThrottlingException"} if one in failing else {"EventId": one} for one in ids]
        return {"FailedEntryCount": sum("ErrorCode" in answer for answer in answers), "Entries": answers}


def record(number: int, *, outcome: bool = True, name: str = "INSERT") -> dict[str, Any]:
    row: dict[str, Any] = {"detail": {"S": json.dumps({"id": f"d-{number}"})}}
    if outcome:
        row["outcome"] = {"S": "rating.changed.v1"}
    return {"eventName": name, "dynamodb": {"SequenceNumber": f"s-{number}", "NewImage": row}}


def bus(client: FakeEvents) -> Bus:
    return Bus(client, "bus", pause=lambda _: None)  # type: ignore[arg-type]  # a fake


@pytest.mark.invariant("INV-5")
def test_three_refused_of_ten_are_sent_again_and_no_others() -> None:
    client = FakeEvents({"d-2", "d-5", "d-9"}, times=1)
    assert publish([record(n) for n in range(10)], bus(client)) == []
    assert client.calls == [[f"d-{n}" for n in range(10)], ["d-2", "d-5", "d-9"]]


@pytest.mark.invariant("INV-5")
def test_what_is_refused_at_every_try_is_named_by_its_sequence_number() -> None:
    client = FakeEvents({"d-2", "d-5"}, times=99)
    assert publish([record(n) for n in range(10)], bus(client)) == ["s-2", "s-5"]
    assert len(client.calls) == TRIES


def test_nothing_published_at_all_fails_the_whole_batch() -> None:
    with pytest.raises(UnpublishedError):
        publish([record(1)], bus(FakeEvents({"d-1"}, times=99)))


def test_only_new_decisions_are_published() -> None:
    client = FakeEvents(set(), 0)
    records = [record(1, outcome=False), record(2, name="MODIFY"), record(3), {"eventName": "REMOVE", "dynamodb": {}}]
    assert publish(records, bus(client)) == []
    assert client.calls == [["d-3"]]


def test_entries_go_out_by_tens_and_below_the_size_limit() -> None:
    client = FakeEvents(set(), 0)
    publish([record(n) for n in range(23)], bus(client))
    assert [len(call) for call in client.calls] == [10, 10, 3]
    large = FakeEvents(set(), 0)
    entry = {"Source": "s", "DetailType": "t", "Detail": json.dumps({"id": "x", "pad": "x" * (MOST_BYTES // 2)})}
    Bus(large, "bus").put([entry, entry, entry])  # type: ignore[arg-type, list-item]  # a fake
    assert [len(call) for call in large.calls] == [1, 1, 1]
