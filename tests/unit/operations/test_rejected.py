"""The Rejected queue takes every message that can come, and what is kept lets people find the event."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from standing.aws.rejected_queue import LONGEST, MOST_BYTES, RejectedQueue
from standing.events.expectations import EXPECTATIONS
from standing.events.intake import Rejected
from standing.operations.audit import compare, message_fingerprint
from standing.operations.event_files import Line
from standing.operations.undelivered import REJECTED, rejected

from tests.make.chinese import english_sentences

MOST_SENT = 262_144  # bytes that a message of the ingest queue may have
TAKEN = re.compile("[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")  # as the documentation of SendMessage says
REASON = Rejected("does-not-fit", "detail.amount", EXPECTATIONS("amount")).stored()


SENT = {"Attributes": {"SentTimestamp": "1767225600000"}}


class StrictQueue:
    """SQS as documented: 1 byte to 256 KB of UTF-8, and of the characters those that XML 1.0 has."""

    def __init__(self) -> None:
        self.bodies: list[str] = []

    def send_message(self, *, QueueUrl: str, MessageBody: str) -> None:  # noqa: N803 -- as boto3
        assert QueueUrl == "url"
        assert TAKEN.fullmatch(MessageBody), "InvalidMessageContents"
        assert 1 <= len(MessageBody.encode()) <= MOST_SENT, "InvalidParameterValue: too long"
        self.bodies.append(MessageBody)

    def receive_message(self, **_: Any) -> dict[str, Any]:
        found = [{"MessageId": str(n), "Body": body, "ReceiptHandle": "", **SENT} for n, body in enumerate(self.bodies)]
        return {"Messages": found}

    def change_message_visibility(self, **_: Any) -> None:
        """Visible already."""


class OneQueue:
    """A target that has the Rejected queue alone."""

    def __init__(self, queue: StrictQueue) -> None:
        self.sqs, self.outputs = queue, {"RejectedUrl": "url"}


def kept(message: str, reason: dict[str, Any] = REASON) -> tuple[dict[str, Any], OneQueue]:
    """A message, kept: the body as JSON, and where it is."""
    queue = StrictQueue()
    RejectedQueue(queue, "url").keep(message, reason)  # type: ignore[arg-type]  # what is called of it
    found: dict[str, Any] = json.loads(queue.bodies[0])
    return found, OneQueue(queue)


def event(comment: str, **detail: Any) -> dict[str, Any]:
    return {"source": "shop", "detail-type": "feedback.v1", "detail": {"id": "f-1", "comment": comment, **detail}}


def up_to_the_limit(piece: str, size: int) -> str:
    """A piece again and again, so many bytes at most."""
    one = len(piece.encode(errors="surrogatepass"))
    return piece * (size // one) if one <= size else ""


anything = st.text(st.characters(codec=None, exclude_categories=()), min_size=1, max_size=20)
sizes = st.integers(1, MOST_SENT) | st.integers(MOST_SENT - 1_000, MOST_SENT)


@settings(max_examples=60, deadline=None)
@example("\x00", MOST_SENT, {})
@example("\ufffe", MOST_SENT, {})
@example("\ud800", MOST_SENT, {})
@example('"', MOST_SENT, {})
@example("客", MOST_SENT, {"field": "\U0001f600" * 5_000})
@given(anything, sizes, st.dictionaries(st.sampled_from(["reason", "field", "expected"]), anything))
def test_any_message_is_taken_and_its_beginning_kept(piece: str, size: int, reason: dict[str, str]) -> None:
    message = up_to_the_limit(piece, size) or "{}"
    found, where = kept(message, {**REASON, **reason})
    assert {name: found[name] for name in reason} == {
        name: text if "cut" not in found else text[:LONGEST] for name, text in reason.items()
    }
    if "cut" not in found:
        assert found["message"] == message
        return
    whole = message.encode(errors="surrogatepass")
    assert message.startswith(found["message"])
    assert (found["cut"]["of_bytes"], found["cut"]["sha256"]) == (len(whole), hashlib.sha256(whole).hexdigest())
    assert MOST_BYTES - len(where.sqs.bodies[0].encode()) < len("\\u0000")  # not one character more would fit


@settings(max_examples=30, deadline=None)
@given(anything, st.integers(MOST_SENT - 2_000, MOST_SENT - 200), st.booleans())
def test_an_event_of_any_content_is_found_by_source_and_id(piece: str, size: int, ascii_only: bool) -> None:
    sent = event(up_to_the_limit(piece, size // 3), padding=up_to_the_limit(piece, size // 3))
    found, where = kept(json.dumps(sent, ensure_ascii=ascii_only))
    (listed,) = rejected(where)  # type: ignore[arg-type]  # a queue is what it looks at
    assert (listed.source, listed.detail_type, listed.event_id) == ("shop", "feedback.v1", "f-1")
    assert (listed.reason, listed.field) == ("does-not-fit", "detail.amount")
    assert bool(listed.cut) is ("cut" in found)
    line = Line(1, sent["source"], sent["detail-type"], sent["detail"])
    assert message_fingerprint(json.dumps(found)) == line.fingerprint


def test_a_message_at_the_limit_says_how_much_of_it_is_kept_and_is_accounted_for() -> None:
    sent = event("客人说：" * 20_000)
    message = json.dumps(sent, ensure_ascii=False)
    message += " " * (MOST_SENT - len(message.encode()))
    found, where = kept(message)
    assert len(json.dumps(found, ensure_ascii=False).encode()) in range(MOST_BYTES - 8, MOST_BYTES + 1)
    (listed,) = rejected(where)  # type: ignore[arg-type]
    digest = hashlib.sha256(message.encode()).hexdigest()
    assert str(listed.cut) == f"only the beginning of 262,144 bytes, SHA-256 {digest}"
    line = Line(1, sent["source"], sent["detail-type"], sent["detail"])
    counted = compare([line], {}, Counter([message_fingerprint(json.dumps(found))]))
    assert (counted.rejected, counted.lost) == (1, 0)


def test_a_message_that_fits_is_kept_whole() -> None:
    message = json.dumps(event("很好"), ensure_ascii=False)
    found, where = kept(message)
    assert found == {**REASON, "message": message}
    assert rejected(where)[0].cut is None  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [100, MOST_SENT])
def test_what_was_expected_is_listed_in_the_readers_language(size: int) -> None:
    _, where = kept(json.dumps(event("好" * size)))
    (listed,) = rejected(where)  # type: ignore[arg-type]
    assert listed.in_words("expected", "en") == listed.as_dict()["expected"] == REASON["expected"]
    for column in REJECTED.columns:
        assert english_sentences(listed.in_words(column, "zh")) == []
    assert english_sentences(listed.in_words("cut", "zh")) == []


LONG = Rejected("unknown-channel", "detail.consent.x", EXPECTATIONS("channels", names="n" * LONGEST))
BROAD = {"text": "{x:>999999999}", "code": "", "values": {"x": ""}}


@pytest.mark.parametrize("said", [None, "text", {"text": "{x}"}, {"text": "{x.y}", "code": "", "values": {}}, BROAD])
def test_what_is_none_of_our_messages_is_listed_as_it_was_kept(said: object) -> None:
    _, where = kept("{}", {**REASON, "said": said})
    assert rejected(where)[0].in_words("expected", "zh") == REASON["expected"]  # type: ignore[arg-type]


def test_a_reason_that_is_too_long_beside_a_cut_message_is_kept_in_english_alone() -> None:
    found, where = kept(json.dumps(event("好" * MOST_SENT)), LONG.stored())
    assert found["said"] is None
    assert rejected(where)[0].in_words("expected", "zh") == LONG.expected[:LONGEST]  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["[" * MOST_SENT, "1" * MOST_SENT, '"' * MOST_SENT])
def test_what_is_no_event_is_kept_too(text: str) -> None:
    found, where = kept(text)
    assert "id" not in found["cut"]
    assert rejected(where)[0].source == "?"  # type: ignore[arg-type]
