"""Envelopes: the quick reader reads what the standard library does, and alike."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standing.events.intake import Rejected, read_envelope

from tests.make.strategies import JSON


@given(st.dictionaries(st.text(max_size=8), JSON, max_size=4), st.booleans())
def test_any_object_is_read_as_the_standard_library_reads_it(envelope: dict[str, object], ascii_only: bool) -> None:
    body = json.dumps(envelope, ensure_ascii=ascii_only)
    assert repr(read_envelope(body)) == repr(json.loads(body))  # NaN is not equal to itself


@pytest.mark.parametrize(
    "detail",
    [
        r'"\ud800"',
        '"\ud800"',
        "NaN",
        "-Infinity",
        "1e999",
        "-0",
        "0.1",
        str(2**64),
        str(-(2**200)),
        "[" * 400 + "]" * 400,
        '{"id": 1, "id": 2}',
    ],
)
def test_what_only_the_standard_library_reads_is_read_too(detail: str) -> None:
    body = f'{{"detail": {detail}}}'
    assert repr(read_envelope(body)) == repr(json.loads(body))


@pytest.mark.parametrize("body", ["", "{", "[]", '"text"', "null", "{'a': 1}", "[" * 100_000, "\ufeff{}", '{"a": 01}'])
def test_what_is_no_object_is_no_event(body: str) -> None:
    with pytest.raises(Rejected, match=r"^not-an-event: message: expected an EventBridge event"):
        read_envelope(body)
