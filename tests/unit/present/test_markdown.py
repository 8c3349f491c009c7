"""Whatever a text is, Markdown made of it is that text: no HTML, no link, no picture, and nothing of GitHub's own."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from standing.present.markdown import block, code, part, row
from standing.values.visible import on_one_line, visible

escaped = partial(part, opens=True, ends=True)
PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
PIECES = [
    *("|", "\\", "\\|", "`", "``", "```", "*", "_", "~~", "<", ">", "&", "&amp;", "#", "-", "+", "=", "1.", "2)"),
    *(
        " ",
        "  ",
        "\u3000",
        "\t",
        "\n",
        "\r\n",
        "\n\n",
        "[",
        "](",
        ")",
        "![",
        "!",
        "<img src=x onerror=y>",
        "</details>",
    ),
    *("<h1>", "<!--", "-->", "@team/all", "#12", "GH-7", "https://x.y", "www.x.y", "a@b.c", "$x$", ":tada:", "a1b2c3d"),
    *("[a](http://b)", "[^1]", "<http://x>", "---", "| --- |", "word", "客户", "\u202e", "\x1b[2J", "> "),
]
anything = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=8).map("".join)
EXAMPLES = (
    "x\n</details><h1>y",
    "| <img src=x> |",
    "\\|",
    "`|`",
    "1. x",
    "   ",
    "@a|b",
    "a\\",
    "#1 \\| @x `",
    "\u3000- x",
)
FINE = {"text", "code_inline", "softbreak"}
# What GitHub makes of a text that is not code, after CommonMark: mentions, references, addresses, formulas, emoji.
GITHUBS = re.compile(r"@\w|#\d|GH-\d|://|www\.|\$|:\w+:|\b[0-9a-f]{7,40}\b", re.IGNORECASE)


def inner(tokens: list[Token]) -> list[Token]:
    return [child for token in tokens for child in token.children or []]


def read(children: list[Token]) -> str:
    """What is shown of a line; whatever is not text or code is a fault."""
    assert {child.type for child in children} <= FINE, children
    assert not [child for child in children if child.type == "text" and GITHUBS.search(child.content)]
    return "".join(child.content for child in children)


def cells(markdown: str) -> list[str]:
    """The cells of the last row of a table with a row of two columns."""
    tokens = PARSER.parse("\n".join([row("one", "two"), row("---", "---"), markdown]))
    assert [token.type for token in tokens].count("tr_open") == 2
    assert tokens[-1].type == "table_close"
    return [read(token.children or []) for token in tokens if token.type == "inline"][2:]


@pytest.mark.parametrize("as_markdown", [escaped, code], ids=["text", "code"])
@given(anything)
@example(EXAMPLES[0])
@example(EXAMPLES[1])
@example(EXAMPLES[2])
@example(EXAMPLES[3])
@example(EXAMPLES[6])
@example(EXAMPLES[8])
def test_a_text_is_one_cell_of_a_table_and_exactly_that_text(as_markdown: Callable[[str], str], text: str) -> None:
    assert cells(row(as_markdown(text), as_markdown("last"))) == [on_one_line(text), "last"]
    assert cells(row(as_markdown("first"), as_markdown(text))) == ["first", on_one_line(text)]


@given(anything)
@example(EXAMPLES[4])
@example(EXAMPLES[5])
@example(EXAMPLES[7])
@example(EXAMPLES[9])
def test_a_text_is_one_line_and_exactly_that_text(text: str) -> None:
    tokens = PARSER.parse(f"before\n\n{escaped(text)}\n\nafter")
    shown = [token for token in tokens if token.type == "inline"]
    assert {token.type for token in tokens} <= {"paragraph_open", "inline", "paragraph_close"}
    assert [read(token.children or []) for token in shown] == [
        "before",
        *([on_one_line(text)] if text else []),
        "after",
    ]


@given(anything)
def test_a_text_is_one_heading_and_exactly_that_text(text: str) -> None:
    opened, line, closed, *more = PARSER.parse(f"### {escaped(text)}")
    assert (opened.type, closed.type, more) == ("heading_open", "heading_close", [])
    assert read(line.children or []) == on_one_line(text)


@given(anything)
def test_a_part_of_a_line_is_exactly_that_text(text: str) -> None:
    (_, line, _) = PARSER.parse(f"(x{part(text)}x)")
    assert read(line.children or []) == f"(x{on_one_line(text)}x)"


@given(anything)
@example("```\n</details><h1>")
def test_lines_are_one_block_that_nothing_in_them_ends(text: str) -> None:
    fence, after, line, _ = PARSER.parse(f"{block(text)}\n\nafter")
    assert (fence.type, fence.content) == ("fence", f"{visible(text)}\n")
    assert (after.type, read(line.children or [])) == ("paragraph_open", "after")


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("Net spend, 0 to 1", "Net spend, 0 to 1"),
        ("a|b", "a&#124;b"),
        ("<img src=x>", "\\<img src=x\\>"),
        ("ask @team", "`ask @team`"),
        ("see #12|3", "`see #12`&#124;`3`"),
        ("Tier\n# Gold", "`Tier\\n# Gold`"),
        ("1. first", "1\\. first"),
    ],
)
def test_a_text_reads_well_also_before_it_is_drawn(text: str, markdown: str) -> None:
    assert escaped(text) == markdown
