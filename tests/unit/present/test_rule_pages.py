"""The rules as pages: nothing left out, current, and legible in a narrow terminal and in both languages."""

from __future__ import annotations

import io
import re
import shutil
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from rich.cells import cell_len
from rich.console import Console
from standing.cli.app import app
from standing.present.renderers.terminal import print_document
from standing.present.rules.pages import markdown, rules_document
from standing.present.rules.words import WORDS, Words, stability
from standing.rules.author.compiler import CompiledRules, compile_folder
from standing.rules.conditions import comparisons
from standing.rules.ruleset import Stability
from standing.values.catalogue import Language, translated
from typer.testing import CliRunner

from tests.make.support import ROOT

LANGUAGES: list[Language] = ["en", "zh"]
PAGE = ROOT / "docs" / "rules.md"
COMPILED = compile_folder(ROOT / "rules")
RULESET = COMPILED.ruleset


def _in_terminal(compiled: CompiledRules, language: Language, width: int) -> str:
    console = Console(file=io.StringIO(), width=width, record=True)
    print_document(rules_document(compiled, language), console)
    return console.export_text()


def _code(text: str) -> set[str]:
    return set(re.findall(r"`([^`]*)`", text))


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == markdown(COMPILED, "en"), "run `standing rules show --markdown --out …`"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_has_every_name_every_line_and_every_title(language: Language) -> None:
    page = markdown(COMPILED, language)
    care, ratings = RULESET.care, RULESET.ratings
    trees = [tree for stratum in RULESET.strata for tree in stratum.rules().values()]
    named = {*RULESET.by_name, *ratings, *care, *(level for rating in ratings.values() for level in rating.levels)}
    assert _code(page) >= named
    assert _code(page) >= {line.text for tree in trees for line in comparisons(tree)}
    every = [one.title for one in RULESET.features] + [one.title for one in ratings.values()]
    every += [one.title for one in care.values()]
    assert all(title.in_language(language) in page and title.zh in page for title in every)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_is_tables_of_even_rows(language: Language) -> None:
    tokens = MarkdownIt().enable("table").parse(markdown(COMPILED, language))
    counts = {"table_open": 0, "tr_open": 0, "td_open": 0}
    for token in tokens:
        counts[token.type] = counts.get(token.type, 0) + 1
    assert counts["table_open"] == 4 + len(RULESET.ratings) + len(RULESET.care)
    assert not [token for token in tokens if token.type == "inline" and token.content.startswith("|")]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [80, 120])
def test_a_terminal_shows_it_all_within_its_width(language: Language, width: int) -> None:
    shown = _in_terminal(COMPILED, language, width)
    assert max(cell_len(line) for line in shown.split("\n")) <= width
    assert "…" not in shown
    assert all(name in shown for name in (*RULESET.by_name, *RULESET.ratings, *RULESET.care))


@pytest.mark.parametrize("width", [80, 120])
def test_lines_of_a_rating_stay_on_one_line(width: int) -> None:
    shown = _in_terminal(COMPILED, "en", width)
    for rating in RULESET.ratings.values():
        for tree in rating.qualify.values():
            assert all(line.text in shown for line in comparisons(tree))


def test_a_rule_is_told_with_its_groups_and_titles() -> None:
    page = markdown(COMPILED, "en")
    platinum = page[page.index("| `platinum` Platinum · 白金卡 ") :].split("\n")
    assert platinum[:6] == [
        "| `platinum` Platinum · 白金卡 | reached: all of | `spend_365d >= 4000.00` | Net spend in the last year |",
        "|  |  | `orders_90d >= 12` | Orders in the last 90 days |",
        "|  |  | `complaints_90d < 2` | Complaints in the last 90 days |",
        "|  |  | none of |  |",
        "|  |  | &#8195;&#8195;`satisfaction_180d < 0.4` | Satisfaction in surveys, 0 to 1 |",
        "|  | kept: all of | `spend_365d >= 3500.00` | Net spend in the last year |",
    ]
    assert page.count("`tier entered gold`") == 1  # one line, though it is two comparisons


@pytest.mark.parametrize(
    ("rules", "en", "zh"),
    [
        (
            Stability(rise="immediate", review="monthly", grace=30, fall="one-level", minimum_stay=30),
            "Rises at once; reviewed on the 1st of each month; 30 days of grace; falls one level at a time; "
            "kept at least 30 days.",
            "达标当日升级；每月 1 日复核；宽限期 30 天；每次只降一级；至少保持 30 天。",
        ),
        (
            Stability(rise="review", review="yearly", grace=1, fall="to-kept"),
            "Rises at the next review; reviewed on 1 January; 1 day of grace; "
            "falls to the highest level that is still kept.",
            "下次复核时升级；每年 1 月 1 日复核；宽限期 1 天；降至仍符合保级条件的最高等级。",
        ),
    ],
)
def test_stability_in_words(rules: Stability, en: str, zh: str) -> None:
    tier = RULESET.ratings["tier"]
    rating = tier.model_copy(update={"stability": rules, "honours": False})
    assert (stability(Words("en"), rating), stability(Words("zh"), rating)) == (en, zh)


def test_every_word_is_there_in_both_languages_with_the_same_parts() -> None:
    for said in WORDS.every():
        en, zh = said.text, translated(said.text, "zh", said.code)
        assert en
        assert zh
        assert set(re.findall(r"{(\w+)", en)) == set(re.findall(r"{(\w+)", zh))


def test_what_markdown_would_take_for_itself_is_shown_as_it_is(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(ROOT / "rules", tmp_path / "rules"))
    tier = folder / "ratings" / "tier.yaml"
    tier.write_text(tier.read_text().replace("en: Tier", 'en: "A|B *c* <d> `e`"'))
    html = MarkdownIt().enable("table").render(markdown(compile_folder(folder), "en"))
    assert "A|B *c* &lt;d&gt; 'e'" in html


def test_the_command_prints_and_writes(tmp_path: Path) -> None:
    page, text = tmp_path / "rules.md", tmp_path / "rules.txt"
    run = CliRunner().invoke
    assert run(app, ["rules", "show", "--markdown", "--lang", "zh"]).output == markdown(COMPILED, "zh")
    assert run(app, ["rules", "show", "--markdown", "--out", str(page)]).exit_code == 0
    assert run(app, ["rules", "show", "--out", str(text)]).exit_code == 0
    assert page.read_text(encoding="utf-8") == markdown(COMPILED, "en")
    assert "Rises at once; reviewed on the 1st" in text.read_text(encoding="utf-8")
    assert "The rules of Household Club" in run(app, ["rules", "show"]).output


def test_what_an_action_costs_is_shown_in_the_programmes_currency_where_the_rule_says_so() -> None:
    pages = markdown(COMPILED, "en").split("\n### ")
    (stated,) = (page for page in pages if "(`win-back`)" in page.split("\n")[0])
    (silent,) = (page for page in pages if "(`birthday`)" in page.split("\n")[0])
    assert "| Cost | 5.00 USD each time |  |" in stated
    assert "Cost" not in silent
    assert "| 成本 | 每次 5.00 USD |  |" in markdown(COMPILED, "zh")


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_must_never_come_together_and_what_is_accepted_is_shown(language: Language) -> None:
    page = markdown(COMPILED, language)
    assert ("`send-offer` and `apologise`" if language == "en" else "`send-offer` 与 `apologise`") in page
    assert all(reason in page for reason in COMPILED.places.accepted.values())
