"""Event files: every line is sent, or refused by its number with what was expected."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from standing.operations.event_files import IS_SCORE, Line, UnsendableLine, read_lines, read_lines_to_send
from standing.values.errors import UserError

GOOD = {"source": "shop", "detail-type": "purchase.v1", "detail": {"id": "1"}}


def lines(tmp_path: Path, *raw: str | bytes) -> list[Line | UnsendableLine]:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"\n".join(one.encode() if isinstance(one, str) else one for one in raw))
    return list(read_lines(path))


def test_numbers_count_every_line_from_one(tmp_path: Path) -> None:
    read = lines(tmp_path, json.dumps(GOOD), "", "  ", json.dumps(GOOD))
    assert [line.number for line in read] == [1, 4]


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ("{", "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[1]", "is not a JSON object"),
        (json.dumps({**GOOD, "detail": "text"}), "needs `detail`, an object"),
        (json.dumps({**GOOD, "source": ""}), "needs `source`, a text"),
        (json.dumps({**GOOD, "source": "standing"}), "is our own"),
        (json.dumps({"source": "shop", "detail": {"id": "1"}}), "needs `detail-type`"),
        (json.dumps({**GOOD, "detail": {"id": "x" * 262_144}}), "accepts at most 256"),
        (json.dumps({**GOOD, "detail": {"id": "客" * 50_000}}, ensure_ascii=False), "accepts at most 256"),
    ],
)
def test_a_line_that_cannot_be_sent_says_why(tmp_path: Path, raw: str | bytes, why: str) -> None:
    before, refused, after = lines(tmp_path, json.dumps(GOOD), raw, json.dumps(GOOD))
    assert isinstance(before, Line)
    assert isinstance(after, Line)
    assert isinstance(refused, UnsendableLine)
    assert refused.number == 2
    assert why in refused.why


def test_a_score_is_read_but_never_sent(tmp_path: Path) -> None:
    """The bus takes it from the night alone, and would refuse the whole call, with the events beside it."""
    score = json.dumps({**GOOD, "source": "scores", "detail-type": "score.v1"})
    assert [type(one) for one in lines(tmp_path, score, json.dumps(GOOD))] == [Line, Line]
    refused, sent = read_lines_to_send(tmp_path / "events.jsonl")
    assert refused == UnsendableLine(1, IS_SCORE)
    assert isinstance(sent, Line)


def test_a_missing_file_is_the_users_to_mend(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No such file"):
        list(read_lines(tmp_path / "nothing.jsonl"))
