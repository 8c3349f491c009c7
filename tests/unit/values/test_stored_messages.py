"""Messages that are stored read the same afterwards, in every language; and what was stored may be anybody's."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standing.values.catalogue import LANGUAGES
from standing.values.errors import ReadableError, UserError
from standing.values.faults import Fault, FaultError
from standing.values.messages import Message, listed, message, read_message

from scripts.catalogue import Found, texts


def names(found: Found) -> list[str]:
    return [name for _, name, _, _ in Formatter().parse(found.text) if name is not None]


EVERY = sorted(
    {found for _, found in texts() if all(named.isidentifier() for named in names(found))}
)  # help has no values
PLAIN = st.text(max_size=8) | st.integers() | st.booleans() | st.none() | st.just(Path("/a b"))


@st.composite
def messages(draw: st.DrawFn, values: st.SearchStrategy[Any]) -> Message:
    """A message of the code with some values; what is counted is a number."""
    found: Found = draw(st.sampled_from(EVERY))
    named = {name: spec for _, name, spec, _ in Formatter().parse(found.text) if name}
    drawn = {name: draw(st.integers(-(10**9), 10**9) if spec else values) for name, spec in named.items()}
    return Message(found.text, {**drawn, "unnamed": "secret"}, found.code)


def _nested(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    rows = st.builds(listed, st.sampled_from(["or", "and"]), st.lists(values.map(str) | messages(values), max_size=3))
    return messages(values) | rows | messages(values).map(UserError)


def through_storage(said: Message) -> Message:
    return read_message(json.loads(json.dumps(said.stored())))


@given(messages(st.recursive(PLAIN, _nested, max_leaves=5)))
def test_a_message_reads_the_same_after_it_was_stored(said: Message) -> None:
    found = through_storage(said)
    assert [found.in_language(language) for language in LANGUAGES] == [said.in_language(one) for one in LANGUAGES]
    assert found.code == said.code
    assert "unnamed" not in found.values


def test_what_was_expected_in_an_error_is_chinese_after_it_was_stored() -> None:
    error = UserError("{path}: {why}", path=Path("a.csv"), why=message("has no line of names"))
    assert through_storage(message("{path}: row {row}: {why}", path="b", row=1_000, why=error)).in_language("zh") == (
        "b：第 1,000 行：a.csv：缺少列名行"
    )


def test_a_fault_in_an_error_is_chinese_after_it_was_stored() -> None:
    error = FaultError(Fault("not-the-same").at("a.parquet").handled("set-aside", aside="aside/a.parquet"))
    said = message("{error}", error=error)
    assert through_storage(said).in_language("zh") == error.in_language("zh") != str(error)


@pytest.mark.parametrize(
    "error", [UserError("{path}: gone", path="a{b}.csv"), FaultError(Fault("failed", {"cause": "{odd}"}))]
)
def test_an_error_reads_the_same_in_another_process(error: ReadableError) -> None:
    found = pickle.loads(pickle.dumps(error))  # noqa: S301 -- our own
    assert (type(found), str(found), found.in_language("zh")) == (type(error), str(error), error.in_language("zh"))


DEEP: dict[str, Any] = {"text": "{x}", "code": "", "values": {"x": 1}}
for _ in range(500):
    DEEP = {"text": "{x}", "code": "", "values": {"x": DEEP}}


@pytest.mark.parametrize(
    "stored",
    [
        None,
        "text",
        [],
        {},
        {"text": 1, "code": "", "values": {}},
        {"text": "{x}", "code": "", "values": {}},
        {"text": "{x}", "code": "", "values": []},
        {"text": "{", "code": "", "values": {}},
        {"text": "{0}", "code": "", "values": {"0": 1}},
        {"text": "{x.__class__}", "code": "", "values": {"x": 1}},
        {"text": "{x:9999999999}", "code": "", "values": {"x": 1}},
        {"text": "{x:{y}}", "code": "", "values": {"x": 1, "y": "9999999999"}},
        {"text": "{x:a|b}", "code": "", "values": {"x": "no number"}},
        {"parts": ["a"], "between": {"text": ", ", "code": "", "values": {}}, "before_last": None},
        DEEP,
    ],
    ids=lambda stored: str(stored)[:40],
)
def test_what_is_no_message_of_ours_is_refused(stored: object) -> None:
    with pytest.raises(ValueError, match="no message of ours"):
        read_message(stored)
