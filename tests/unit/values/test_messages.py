"""Messages: a text in each language with its values, and a catalogue that has all of them."""

from __future__ import annotations

import re
from string import Formatter

import pytest
from standing.rules.frozen import Title
from standing.values.catalogue import catalogue, translated
from standing.values.messages import Joined, Message, Messages, listed, message

from scripts.catalogue import FILES, as_mo, as_po, renewed, texts, untranslated

ONLY_VALUES = re.compile(r"[\W\d_]*")
ONLY_SIGNS_IN_CHINESE = {"rule-page.and", "rule-page.where", "report.psi"}
EVERY = sorted({found for _, found in texts()})


def test_a_text_has_its_values_with_separators_and_what_they_count() -> None:
    said = message("{lost:event|events} of {all} lost by {who}", lost=1, all=12_000, who="shop")
    assert str(said) == "1 event of 12,000 lost by shop"
    assert str(message("{lost:event|events}", lost=2_000)) == "2,000 events"


def test_values_are_put_in_the_language_of_the_text() -> None:
    title = Title(en="Tier", zh="等级")
    said = Message(
        "{title}: {why}",
        {"title": title, "why": Messages("check", {"CHK-14": "something that nothing uses"})("CHK-14")},
    )
    assert said.in_language("en") == "Tier: something that nothing uses"
    assert said.in_language("zh") == "等级: 无人使用的内容"


def test_what_has_no_translation_reads_as_it_stands_in_the_code() -> None:
    assert Message("no such text: {name}", {"name": "x"}).in_language("zh") == "no such text: x"
    assert Message("").in_language("zh") == ""


def test_texts_alike_in_english_are_told_apart_by_their_code() -> None:
    assert translated("Customers", "zh", "backfill.customers") == "客户数"
    assert translated("Customer", "zh", "backfill.customer") == "客户"
    assert translated("Level", "zh", "word.level") == "等级"
    assert translated("To", "zh", "search.level") == "现等级"


@pytest.mark.parametrize(
    ("parts", "en", "zh"), [((), "", ""), (("a",), "a", "a"), (("a", "b", "c"), "a, b or c", "a、b 或 c")]
)
def test_what_stands_between_the_parts_of_a_row_is_in_its_language(parts: tuple[str, ...], en: str, zh: str) -> None:
    row = listed("or", parts)
    assert (str(row), row.in_language("zh")) == (en, zh)
    assert str(Joined(parts, message(" / "))) == " / ".join(parts)


def test_which_form_stands_beside_a_number_is_as_in_its_language() -> None:
    said = [message("{n:day|days}", n=number) for number in (0, 1, 2)]
    assert [str(one) for one in said] == ["0 days", "1 day", "2 days"]
    assert [one.in_language("zh") for one in said] == ["0 day", "1 day", "2 day"]  # Chinese has one form, the first


def test_the_catalogue_is_what_the_code_says_and_has_all_of_it() -> None:
    """`make messages` renews it; who adds a text adds its Chinese to `standing.po`."""
    written = (FILES / "standing.po").read_bytes()
    found = renewed(written)
    assert untranslated(found) == []
    assert as_po(found) == written
    assert as_mo(found) == (FILES / "standing.mo").read_bytes()
    assert catalogue("zh").info()["language"] == "zh"


@pytest.mark.parametrize("found", EVERY, ids=lambda found: found.code or found.text[:40])
def test_a_translation_is_chinese_and_names_the_same_values(found: tuple[str, str]) -> None:
    text, code = found
    chinese = translated(text, "zh", code)
    assert {name for _, name, _, _ in Formatter().parse(chinese) if name} <= {
        name for _, name, _, _ in Formatter().parse(text) if name
    }
    rest = re.sub(r"`[^`]*`|\{[^{}]*\}|--[a-z-]+", "", text)
    assert re.search("[一-鿿]", chinese) or ONLY_VALUES.fullmatch(rest) or code in ONLY_SIGNS_IN_CHINESE
