"""What people see of an impact, in the terminal and as a page, in both languages; and by what somebody moves."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console
from standing.cli.app import app
from standing.engine.state import LevelState
from standing.impact.population import Population, write
from standing.impact.report import Report, as_dict, compare_rulesets
from standing.impact.view import impact_document
from standing.impact.words import WORDS
from standing.present.renderers.page import page as drawn_page
from standing.present.renderers.terminal import print_document
from standing.rules.author.compiler import assemble
from standing.rules.conditions import Condition
from standing.rules.frozen import Title
from standing.rules.ruleset import Ruleset, Stratum
from standing.values.catalogue import Language, translated
from typer.testing import CliRunner

from tests.make import strategies as made
from tests.make.frames import population_of
from tests.make.strategies import every, line
from tests.make.support import ROOT, real_ruleset
from tests.unit.impact.test_impact import CALL, DAY, FEATURES, TEN, tier

LANGUAGES: list[Language] = ["en", "zh"]
EXTERNAL = re.compile(r"""(?:src|href|action)\s*=\s*["']?(?:https?:)?//|@import|url\(""", re.IGNORECASE)
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
NO_BROWSER = "no Chromium to open the page in: `apt-get install chromium` (or any of {}) and run this test again"


def club(gold: int, keep: int, cost: int | None = 450) -> Ruleset:
    """A tier, a mood without order that asks for it, and a call that costs something."""
    wanted: dict[str, Condition] = {"calm": every(line("tier", "<", 2)), "keen": every(line("orders", ">=", 1))}
    mood = made.rating("mood", ["calm", "keen", "gone"], wanted).model_copy(
        update={"ordered": False, "title": Title(en="Mood <b>", zh="心情")}
    )
    call = CALL.model_copy(update={"do": CALL.do.model_copy(update={"cost": cost})})
    programme = made.PROGRAMME.model_copy(update={"channels": ("email",)})
    strata = (Stratum(ratings=(tier(gold, keep),)), Stratum(ratings=(mood,)), Stratum(care=(call,)))
    return assemble(programme, made.MEASURES, FEATURES, strata)


def report(gold: int = 18_000, keep: int = 17_000) -> Report:
    return compare_rulesets(club(20_000, 15_000, cost=600), club(gold, keep), TEN, TEN)


def told(shown: Report, language: Language, width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width)
    print_document(impact_document(shown, language), console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def page(shown: Report, language: Language) -> str:
    return drawn_page(impact_document(shown, language))


def shown_figures(text: str) -> dict[str, Any]:
    found = re.search(r"^const figures = (\{.*\});$", text, re.MULTILINE)
    assert found
    figures: dict[str, Any] = json.loads(found[1])
    return figures


# By which comparison -----------------------------------------------------------------------------------------------


def movers(shown: Report) -> dict[tuple[str, str], list[str]]:
    return {
        (one.move.rating, one.customer): [f"{each['line']} ({each['actual']})" for each in one.because]
        for one in shown.movers
    }


def test_a_mover_is_named_with_what_changed_sides_also_where_that_is_a_rating() -> None:
    found = movers(report())
    assert found["tier", "d"] == ["spend >= 17000 (160.00)"]
    assert found["tier", "f"] == ["spend >= 18000 (180.00)"]
    assert found["mood", "d"] == ["tier < 2 (silver)"]
    assert found["mood", "f"] == ["tier < 2 (gold)"]


def population(*rows: tuple[str, int, str]) -> Population:
    held = ((who, {"spend": spend, "orders": 1}, {"tier": LevelState(level, 0)}) for who, spend, level in rows)
    return population_of(club(20_000, 15_000), DAY, held)


def test_who_is_kept_by_looser_retention_is_named_with_it_and_who_no_longer_qualifies_with_that() -> None:
    known = population(("kept", 14_000, "gold"), ("fell", 21_000, "silver"))
    found = movers(compare_rulesets(club(20_000, 15_000), club(22_000, 13_000), known, known))
    assert found["tier", "kept"] == ["spend >= 13000 (140.00)"]
    assert found["tier", "fell"] == ["spend >= 22000 (210.00)"]


# The terminal ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [80, 120])
def test_the_terminal_shows_the_matrix_the_flow_the_movers_and_care_within_its_width(
    language: Language, width: int
) -> None:
    said = told(report(), language, width)
    assert max(cell_len(one) for one in said.split("\n")) <= width
    assert "…" not in said
    assert re.search(r"silver +· +3 +2", said)
    assert re.search(r"silver → gold +█{30} 2", said)
    assert re.search(r"gold → silver +█{15} +1", said)
    assert "spend >= 17000" in said
    assert re.search(r"call +3 → 4 +0.30 → 0.40 +1.80 → 1.80", said)
    assert ("3 come to another level · 1 would come to a worse level" in said) is (language == "en")
    assert ("3 位客户改变等级 · 1 位客户仅因此次修改而等级变差" in said) is (language == "zh")


def test_an_edit_that_moves_nobody_says_so() -> None:
    same = compare_rulesets(club(20_000, 15_000), club(20_000, 15_000), TEN, TEN)
    said = told(same, "en")
    assert "No customer comes to another level." in said
    assert "Care stays as it is." in said
    assert "█" not in said


def test_every_word_is_there_in_both_languages_with_the_same_parts() -> None:
    for said in WORDS.every():
        zh = translated(said.text, "zh", said.code)
        assert set(re.findall(r"{(\w+)", said.text)) == set(re.findall(r"{(\w+)", zh))


# The page ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_needs_no_network(language: Language) -> None:
    text = page(report(), language)
    library = max(re.findall(r"<script>(.*?)</script>", text, re.DOTALL), key=len)
    assert not EXTERNAL.search(text.replace(library, ""))
    assert "default-src 'none'" in text  # so that a browser refuses whatever the library might ask for


def test_the_page_holds_the_figures_of_the_report() -> None:
    shown = report()
    figures, told_machines = shown_figures(page(shown, "en")), as_dict(shown)
    for number, name in enumerate(shown.ratings):
        (heat,), (flow,) = (figures[f"{kind}-{number}"]["data"] for kind in ("matrix", "flow"))
        wanted = {(one["from"], one["to"]): one["customers"] for one in told_machines["matrices"][name]}
        cells = {
            (was, becomes): int(text)
            for was, row in zip(heat["y"], heat["text"], strict=True)
            for becomes, text in zip(heat["x"], row, strict=True)
            if text
        }
        labels = [str(label).split(" ")[0] for label in flow["node"]["label"]]
        link = flow["link"]
        flows = {
            (labels[source], labels[target]): value
            for source, target, value in zip(link["source"], link["target"], link["value"], strict=True)
        }
        assert cells == flows == wanted


def test_falls_and_rises_have_their_colours_and_who_stays_has_none() -> None:
    heat = shown_figures(page(report(), "en"))["matrix-0"]["data"][0]
    strength = [[(value > 0) - (value < 0) for value in row] for row in heat["z"]]
    assert strength == [[0, 0, 0], [0, 0, 1], [0, -1, 0]]


@pytest.mark.parametrize(("language", "title"), [("en", "Mood &lt;b&gt;"), ("zh", "心情")])
def test_the_page_says_it_in_its_language_and_titles_are_not_markup(language: Language, title: str) -> None:
    text = page(report(), language)
    assert f"<h2>{title}</h2>" in text
    assert ("3 come to another level" in text) is (language == "en")
    assert "1.80 → 1.80" in text


@pytest.mark.long
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_browser_draws_every_picture(language: Language, tmp_path: Path) -> None:
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    assert browser, NO_BROWSER.format(", ".join(BROWSERS))
    shown = report()
    (tmp_path / "page.html").write_text(page(shown, language), encoding="utf-8")
    switches = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    switches += ["--disable-component-update", "--disable-sync", f"--user-data-dir={tmp_path / 'profile'}"]
    command = [
        "timeout",
        "120",
        browser,
        *switches,
        "--virtual-time-budget=10000",
        "--dump-dom",
        (tmp_path / "page.html").as_uri(),
    ]
    drawn = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert f'data-drawn="{2 * len(shown.ratings)}"' in drawn
    assert drawn.count('class="sankey-link"') == sum(
        len(matrix) for name, matrix in shown.impact.matrices.items() if name in shown.ratings
    )


# The command -------------------------------------------------------------------------------------------------------


def test_the_command_takes_a_file_and_prints_markdown_where_nobody_looks(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "rules", tmp_path / "rules")
    run = CliRunner().invoke
    asked = ["rules", "impact", "--base", "HEAD", "--rules", str(tmp_path / "rules")]
    missing = run(app, [*asked, "--population", str(tmp_path / "none.parquet")])
    assert "is not a population" in str(missing.exception)


def test_the_command_writes_the_page_beside_what_it_prints(tmp_path: Path) -> None:
    ruleset = real_ruleset()
    known = {"spend_365d": 160_000, "complaints_90d": 0}
    write(population_of(ruleset, 20_000, [("c-1", known, {"tier": LevelState("silver", 0)})]), tmp_path / "one.parquet")
    asked = ["rules", "impact", "--base", "HEAD", "--population", str(tmp_path / "one.parquet")]
    done = CliRunner().invoke(app, [*asked, "--html", str(tmp_path / "page.html"), "--lang", "zh"])
    assert done.exit_code == 0, done.output
    assert "## 规则修改的影响" in done.output
    assert '<html lang="zh-CN">' in (tmp_path / "page.html").read_text(encoding="utf-8")
