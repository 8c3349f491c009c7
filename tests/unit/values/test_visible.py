"""What is hidden in a text is spelled out, and in JSON escaped so that nothing is lost."""

from __future__ import annotations

import json
import sys
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from standing.values.visible import in_json, on_one_line, visible

# With halves of surrogate pairs, and far more often than not with something that is hidden.
HIDING = "\x00\x07\x1b\x7f\x9b\t\r\n\u00ad\u061c\u200b\u200e\u200f\u2028\u202e\u2066\u2069\ufeff\ud83d\ufe0f\U000e0041"
anything = st.text(st.characters() | st.sampled_from(HIDING))
HIDDEN_KINDS = {"Cc", "Cf", "Cs", "Zl", "Zp"}
# Default_Ignorable_Code_Point, of what is in no such category
IGNORED = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180f\u2065\u3164\ufe00\ufe0f\uffa0\ufff0\U000e0000\U000e0100\U000e0fff"


def hides(text: str) -> list[str]:
    return [char for char in text if unicodedata.category(char) in HIDDEN_KINDS or char in IGNORED]


def test_every_character_that_unicode_hides_is_spelled_out_and_no_other() -> None:
    for code in range(sys.maxunicode + 1):
        char = chr(code)
        if char in IGNORED or unicodedata.category(char) in HIDDEN_KINDS:
            assert on_one_line(char).startswith("\\"), hex(code)
        elif unicodedata.category(char) not in {"Cn", "Mn"} and char not in "\u3164\u115f\u1160\uffa0":
            assert on_one_line(char) == char, hex(code)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\x1b[2Jgone", "\\x1b[2Jgone"),
        ("pay \u202e00.1", "pay \\u202e00.1"),
        ("a\u200bb", "a\\u200bb"),
        ("one\r\n\ttwo", "one\\r\n\\ttwo"),
        ("\U000e0041", "\\U000e0041"),
        ("half \ud83d", "half \\ud83d"),
        ("客户 é 😀 [/b]", "客户 é 😀 [/b]"),
    ],
)
def test_what_is_hidden_is_spelled_as_python_would(text: str, said: str) -> None:
    assert visible(text) == said
    assert on_one_line(text) == said.replace("\n", "\\n")


@given(anything)
@example("\n")
def test_nothing_hides_in_what_is_shown_and_showing_it_twice_changes_nothing(text: str) -> None:
    assert hides(visible(text).replace("\n", "")) == hides(on_one_line(text)) == []
    assert visible(visible(text)) == visible(text)
    assert visible(text).split("\n") == [on_one_line(line) for line in text.split("\n")]


@given(st.recursive(anything, lambda inner: st.lists(inner) | st.dictionaries(anything, inner)))
def test_json_means_the_same_and_hides_nothing(data: object) -> None:
    for document in (json.dumps(data, ensure_ascii=False), json.dumps(data, ensure_ascii=False, indent=1)):
        shown = in_json(document)
        assert json.loads(shown) == json.loads(document)
        assert hides(shown.replace("\n", "")) == []
