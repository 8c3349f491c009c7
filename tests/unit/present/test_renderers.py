"""Every kind of block and every look is drawn in every medium; whatever a text holds, it is nothing but that text."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import get_args

import pytest
from hypothesis import example, given
from markdown_it import MarkdownIt
from markdown_it.token import Token
from standing.present.document import (
    BREAK,
    Bar,
    Bars,
    Beside,
    Block,
    Code,
    Column,
    Details,
    Document,
    Figure,
    Item,
    Items,
    Look,
    Paragraph,
    Said,
    Section,
    Span,
    Table,
    in_lines,
    lines,
    pairs,
    with_code,
)
from standing.present.renderers import markdown, page, terminal
from standing.present.terminal import PlainConsole
from standing.values.visible import on_one_line, visible

from tests.unit.present.test_markdown import EXAMPLES, anything, read
from tests.unit.values.test_visible import hides

LOOKS: tuple[Look, ...] = get_args(Look.__value__)
PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def in_terminal(document: Document) -> str:
    console = PlainConsole(file=io.StringIO(), width=300, force_terminal=True)
    terminal.print_document(document, console)
    assert isinstance(console.file, io.StringIO)
    return re.sub(r"\x1b\[[0-9;]*m", "", console.file.getvalue())


def on_page(document: Document) -> str:
    """A page without its library."""
    text = page.page(document)
    return text[: text.index("<script>")]


MEDIA: dict[str, Callable[[Document], str]] = {"terminal": in_terminal, "markdown": markdown.markdown, "page": on_page}


def samples(text: str) -> dict[type, Block]:
    """A block of each kind, with a text in every place that has one."""
    table = Table(
        (Column(text), Column(text, is_number=True)), ((text, Span(text, "rise")), (text, (text, BREAK, text)))
    )
    figure = Figure("one", {}, Bars((Bar(text, 7),)), text)
    return {
        Paragraph: Paragraph((text, *(Span(text, look) for look in LOOKS if look != "break"))),
        Section: Section(text, (Section(text, (Paragraph(text),)),)),
        Items: Items((Item((text, BREAK, text), (Paragraph(text), table)), Item(text)), has_marks=True),
        Table: table,
        Bars: Bars((Bar(text, 1_000), Bar(text, 0))),
        Code: Code(f"x\n{text}", "mermaid"),
        Figure: figure,
        Beside: Beside((figure,)),
        Details: Details(text, (Paragraph(text),), is_open=True),
    }


def test_every_renderer_has_an_entry_for_every_kind_of_block_and_every_look() -> None:
    kinds = set(get_args(Block.__value__))
    assert samples("x").keys() == kinds
    assert [set(table) for table in (terminal.PRINTERS, markdown.WRITERS, page.DRAWERS)] == [kinds] * 3
    assert [set(table) for table in (terminal.STYLES, markdown.KINDS, page.ELEMENTS)] == [set(LOOKS)] * 3


@pytest.mark.parametrize("medium", MEDIA)
@pytest.mark.parametrize("kind", samples("x"), ids=lambda kind: kind.__name__)
def test_every_kind_of_block_is_drawn_with_all_of_its_texts(medium: str, kind: type) -> None:
    block = samples("Grün")[kind]
    drawn = MEDIA[medium](Document("en", (block,)))
    if medium == "page" and kind in {Figure, Beside}:
        assert '<h3>Grün</h3><div id="one"></div>' in drawn
    else:
        assert drawn.count("Grün") == str(block).count("Grün")


def test_a_document_has_its_title_what_it_is_of_and_what_matters_most_in_every_medium() -> None:
    document = Document("en", (), "Title", ("of ", Span("1d12e07b0e3e", "code")), ("two move", "none falls"))
    assert in_terminal(document) == "Title\nof 1d12e07b0e3e\ntwo move · none falls\n"
    assert markdown.markdown(document) == "## Title\n\nof `1d12e07b0e3e`\n\n**two move** · **none falls**\n"
    drawn = on_page(document)
    for one in (
        "<h1>Title</h1>",
        '<p class="soft">of <code>1d12e07b0e3e</code></p>',
        '<div class="tile">none falls</div>',
    ):
        assert one in drawn


def test_what_is_counted_stands_to_the_right_and_bars_are_as_long_as_their_share() -> None:
    bars = Document("en", (Bars((Bar("all", 1_000, "rise"), Bar("half", 500), Bar("one", 1), Bar("none", 0))),))
    assert [line.split() for line in in_terminal(bars).splitlines()] == [
        *(["all", "█" * 30, "1,000"], ["half", "█" * 15, "500"], ["one", "▏", "1"], ["none", "0"]),
    ]
    assert "| all | 1,000 |" in markdown.markdown(bars)
    assert '<td>all</td><td class="number"><span class="rise">1,000</span></td>' in on_page(bars)
    assert "| --- | ---: |" in markdown.markdown(bars)


def test_a_diagram_is_for_markdown_a_picture_for_pages_and_its_plain_form_for_terminals() -> None:
    figure = Figure("flow", {"data": []}, Paragraph("two of ten"), "Flow", Code("a,b,2", "mermaid"))
    document = Document("zh", (Section("", (Beside((figure,)),)),))
    assert in_terminal(document) == "\nFlow\ntwo of ten\n"
    assert markdown.markdown(document) == "**Flow**\n\n```mermaid\na,b,2\n```\n"
    assert 'const figures = {"flow": {"data": []}};' in page.page(document)
    assert '<html lang="zh-CN">' in on_page(document)


def test_lists_are_not_broken_into_lines_and_what_belongs_to_them_stands_further_in() -> None:
    item = Item((Span("a.yaml:1", "place"), f" {'x' * 40}", BREAK, "why"), (Paragraph("more"),))
    document = Document("en", (Items((item, item)),))
    assert terminal.plain_text(document, 20).splitlines()[:3] == [f"a.yaml:1 {'x' * 40}", "    why", "    more"]
    drawn = PARSER.render(markdown.markdown(document))
    assert drawn.count("<li>") == 2
    assert f"<p><code>a.yaml:1</code> {'x' * 40}<br />\nwhy</p>\n<p>more</p>" in drawn


def test_a_group_of_rows_stands_apart_in_a_terminal() -> None:
    table = Table((Column(), Column()), (("a", "1"), ("", "2"), ("b", "3")), is_grouped=True)
    assert [line.strip() for line in in_terminal(Document("en", (table,))).splitlines()] == ["a  1", "2", "", "b  3"]


def test_a_table_with_heads_stands_apart_from_what_is_before_and_after_it() -> None:
    table, line = Table((Column("n"),), (("1",),)), Paragraph("x")
    pictured = Beside((Figure("f", {}, table), Figure("g", {}, line)))
    document = Document("en", (table, line, Section("", (table,)), line, pictured, Table((Column(),), (("2",),))))
    drawn = [line.strip() for line in in_terminal(document).splitlines()]
    head = ["n", "─"]
    assert drawn == [*head, "1", "", "x", "", *head, "1", "", "x", "", *head, "1", "", "x", "", "2"]
    assert in_terminal(Document("en", (table,))).splitlines() == [*head, "1"]


@pytest.mark.parametrize(("value", "is_whole"), [("1,234,567,890.00", True), ("abcdefghij" * 6, False)])
def test_a_number_is_whole_and_what_is_too_long_for_one_is_on_more_lines(value: str, is_whole: bool) -> None:
    table = Table((Column(), Column(is_number=True)), (("x " * 20, value),))
    drawn = terminal.plain_text(Document("en", (table,)), 30)
    assert (value in drawn) is is_whole
    assert "".join(drawn.replace("x", "").split()) == value


def test_where_whole_columns_do_not_fit_they_are_broken_and_nothing_is_cut_off() -> None:
    table = Table((Column(is_whole=True), Column("n", is_number=True)), (("x" * 20, "1,234,567,890.00"),))
    for width in (50, 30, 12):
        drawn = terminal.plain_text(Document("en", (table,)), width)
        assert ("x" * 20 in drawn) is (width == 50)
        assert sorted("".join(drawn.split()[2:])) == sorted("x" * 20 + "1,234,567,890.00")


def test_a_text_of_two_lines_is_shown_on_one() -> None:
    document = Document("en", (Paragraph(("a\nb", BREAK, Span("c\nd", "quoted"))), pairs([("e\nf", "g")])), "h\ni")
    assert [line.rstrip() for line in in_terminal(document).splitlines()] == ["h\\ni", "a\\nb", "`c\\nd`", "e\\nf  g"]


@pytest.mark.parametrize(
    ("said", "written"),
    [
        (("a ", Span("b", "strong"), " c"), "a **b** c"),
        (("a", Span("b", "strong")), "ab"),  # it would not be read as strong everywhere
        (("a ", Span(" b", "strong")), "a  b"),
        (("1", Span(". b", "soft")), "1\\. b"),
        ((Span("a", "code"), Span("b", "code")), "`ab`"),
        (("@a", Span("b", "code")), "`@ab`"),
        (("a", BREAK, "- b"), "a\\\n\\- b"),
    ],
)
def test_markdown_keeps_looks_apart_where_it_can(said: Said, written: str) -> None:
    assert markdown.markdown(Document("en", (Paragraph(said),))) == f"{written}\n"


def test_what_stands_in_backticks_is_code_and_lines_come_together_and_apart() -> None:
    assert with_code("try `a b` now") == (Span("try "), Span("a b", "quoted"), Span(" now"))
    assert lines(in_lines(["a", ("b", "c")])) == [(Span("a"),), (Span("b"), Span("c"))]
    assert lines("a\nb") == [(Span("a\nb"),)]


# Whatever comes from outside ---------------------------------------------------------------------------------------


def whole(text: str) -> Document:
    """A document with a text in every place of every kind of block."""
    return Document("en", tuple(samples(text).values()), text, text, (text, text))


@given(anything)
@example(EXAMPLES[0])
@example("[/b][red]\x1b[2J\u202e:bomb:")
def test_in_a_terminal_nothing_hides_and_every_text_is_there(text: str) -> None:
    drawn = in_terminal(whole(text))
    assert hides(drawn.replace("\n", "")) == []
    flat = "".join(on_one_line(text).split())
    assert "".join(drawn.split()).count(flat) >= 20


@given(anything)
@example(EXAMPLES[0])
@example("</b></summary><img src=x> @team")
def test_in_markdown_a_text_is_no_markup_no_reference_and_exactly_that_text(text: str) -> None:
    tokens = PARSER.parse(markdown.markdown(whole(text)))
    children = [child for token in tokens for child in token.children or []]
    assert {child.type for child in children} <= {*FINE, "strong_open", "strong_close", "hardbreak", "html_inline"}
    assert {child.content for child in children if child.type == "html_inline"} <= {"<br>"}
    shown = [read(_bare(token.children or [])) for token in tokens if token.type == "inline"]
    line = on_one_line(text)
    assert set(shown) <= {line, line * 2, line * len(LOOKS), "1,000", "0", "7", "", f"{line} · {line}"}
    opened, closed = [token.content for token in tokens if token.type == "html_block"]
    summary = Elements(opened)
    assert [name for name, _ in summary.found if name != "code"] == ["details", "summary", "b"]
    assert ("".join(summary.texts).removesuffix("\n"), closed.strip()) == (line, "</details>")


FINE = {"text", "code_inline"}


def _bare(children: list[Token]) -> list[Token]:
    return [child for child in children if child.type in FINE]


class Elements(HTMLParser):
    """The elements of a page and its texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, str(attributes)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@given(anything)
@example("</script><img src=x onerror=alert(1)>\"'&amp; \u202e")
def test_on_a_page_a_text_is_no_element_and_nothing_hides(text: str) -> None:
    plain, drawn = on_page(whole("x")), on_page(whole(f"x{text}"))
    assert Elements(drawn).found == Elements(plain).found
    assert hides("".join(Elements(drawn).texts).replace("\n", "")) == []
    assert "".join(Elements(drawn).texts).count(visible(text)) >= 20


# How long ----------------------------------------------------------------------------------------------------------


def test_of_a_long_list_the_beginning_is_left_out_and_of_the_rest_only_what_is_too_long_alone() -> None:
    items = Items(tuple(Item(f"item {number}") for number in range(10)))
    whole_of_it = Document("en", (items, Paragraph("the sum"), Paragraph("x" * 50)))
    assert markdown.shortened(whole_of_it, 1_000).blocks == whole_of_it.blocks
    cut = markdown.markdown(markdown.shortened(whole_of_it, 85))
    assert cut == f"…\n\n- item 8\n- item 9\n\nthe sum\n\n{'x' * 50}\n"
    assert markdown.markdown(markdown.shortened(whole_of_it, 30)) == "…\n\n- item 8\n- item 9\n\nthe sum\n"
