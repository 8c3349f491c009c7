"""The report of a night: every kind of trouble is told, numbers are the night's own, and the page needs nobody else."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from standing.nightly.reports import kept_report
from standing.present.document import Document
from standing.present.page import in_script
from standing.present.renderers.markdown import markdown
from standing.present.renderers.page import page as drawn
from standing.present.renderers.terminal import plain_text, print_document
from standing.present.report import words
from standing.present.report.attention import attention
from standing.present.report.derived import drifts, psi, silent_days
from standing.present.report.page import page, report_document
from standing.present.report.spelling import rounded
from standing.present.report.tables import cost, quality
from standing.present.terminal import PlainConsole
from standing.report.model import Oddity, report_json
from standing.report.upgrade import read_report
from standing.rules.frozen import Title
from standing.rules.ruleset import Ruleset
from standing.values.catalogue import LANGUAGES, Language, translated
from standing.values.errors import UserError
from standing.values.faults import Fault

from tests.make import reports
from tests.make.lakes import MemoryLake
from tests.make.support import real_ruleset
from tests.unit.impact.test_impact_views import BROWSERS, NO_BROWSER

LIGHT, DARK = "1", "0"


@pytest.fixture(scope="module")
def ruleset() -> Ruleset:
    return real_ruleset()


def figures_of(text: str) -> dict[str, Any]:
    found = re.search(r"^const figures = (.*);$", text, re.MULTILINE)
    assert found
    pictures: dict[str, Any] = json.loads(found[1])
    return pictures


def content(text: str) -> str:
    """The page without its script library."""
    return text[: text.index("<script>")] + text[text.rindex("<script>") :]


def test_every_kind_of_trouble_leads_to_a_line_and_no_trouble_to_none(ruleset: Ruleset) -> None:
    assert attention(reports.ordinary(ruleset), "en") == []
    assert attention(reports.first(), "en") == []
    lines = attention(reports.bad(ruleset), "en")
    wanted = (
        "ended unanswered",
        "differ",
        "is incomplete",
        "kept changing",
        "sent nothing",
        "rejected",
        "PSI",
        "buckets failed: 017, 201",
        "Damaged",
    )
    assert [word in line for word, line in zip(wanted, lines, strict=True)] == [True] * len(wanted), lines
    assert len(attention(reports.bad(ruleset), "zh")) == len(lines)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_has_the_numbers_of_the_report(ruleset: Ruleset, language: Language) -> None:
    report = reports.ordinary(ruleset)
    text = page(report, ruleset, language)
    pictures = figures_of(text)
    for place, (name, rating) in enumerate(ruleset.ratings.items()):
        bar = pictures[f"levels-{place}"]["data"][0]
        names = {rating.title_of(level).model_dump()[language]: level for level in rating.levels}
        drawn = {names[title]: count for title, count in zip(bar["y"], bar["x"], strict=True)}
        assert drawn == report.figures.levels[name]
        heat, moves = pictures[f"matrix-{place}"]["data"][0], report.figures.moves["2026-10"][name]
        shown = {
            (names[was], names[now]): int(cell.replace(",", ""))
            for was, row in zip(heat["y"], heat["text"], strict=True)
            for now, cell in zip(heat["x"], row, strict=True)
            if cell
        }
        assert shown == {(was, now): n for was, some in moves.items() for now, n in some.items() if was}
        assert set(heat["y"]) == set(names)
    rows = pictures["rfm"]["data"][0]["z"]
    assert rows[4][0] == report.figures.rfm["5"]["1"]["customers"]
    assert sum(pictures["churn"]["data"][0]["y"]) == sum(report.figures.churn.values())
    assert "12 (310)" in text or "12（310）" in text
    assert cost(report) in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_refunds_of_no_known_purchase_are_told_by_source(ruleset: Ruleset, language: Language) -> None:
    told = reports.ordinary(ruleset)
    whole = markdown(Document(language, (quality(told, ruleset, language),)))
    assert words.phrase("refunds_how", language) in whole
    assert all(f"| {number} |" in whole for number in ("412", "17", "3"))
    del told.figures.refunds["shop"]  # what is left names all of them
    whole = markdown(Document(language, (quality(told, ruleset, language),)))
    assert words.phrase("refunds_how", language) not in whole


def test_the_model_of_the_scores_is_named_and_why_it_is_an_old_one(ruleset: Ruleset) -> None:
    report = reports.ordinary(ruleset)
    assert "up to 2026-11-02 (model 5ac1dbb41e04)" in page(report, ruleset, "en")
    assert "截至2026-11-02" in page(report, ruleset, "zh")
    why = Fault("runs-away", {"parameter": "b", "value": "1.0e+09"})
    report = replace(report, model=replace(report.model, why=why))
    assert "b runs away to 1.0e+09" in page(report, ruleset, "en")
    assert "参数 b 发散至1.0e+09" in page(report, ruleset, "zh")
    unscored = replace(report, figures=replace(report.figures, rfm={}, churn={}))
    assert "b runs away" in page(unscored, ruleset, "en")


def test_a_first_night_has_words_where_it_has_no_pictures(ruleset: Ruleset) -> None:
    text = page(reports.first(), ruleset, "en")
    assert figures_of(text) == {}
    for said in ("no end of a month", "No scores yet", "No care action", "No events arrived", "lies 90 days back"):
        assert said in text


def test_names_are_not_markup_and_nothing_is_fetched(ruleset: Ruleset) -> None:
    text = content(page(reports.bad(ruleset), ruleset, "en"))
    assert "<b>c-1</b>" not in text
    assert "&lt;b&gt;c-1" in text
    assert "aside/<x>" not in text
    assert "default-src 'none'" in text
    assert not re.search(r"(src|href)\s*=\s*[\"']?https?:", text)


HOSTILE = "</script><img src=x onerror=alert(1)>\"'&amp; \u202e\u200b\x1b[2J <!--<script>"


def planted(data: Any) -> Any:
    """What is stored with something hostile in every text that is not a day, or the version of rules."""
    if isinstance(data, dict):
        return {planted_key(key): planted(value) for key, value in data.items()}
    if isinstance(data, list):
        return [planted(value) for value in data]
    return HOSTILE + data if isinstance(data, str) and not re.match(r"\d{4}-\d\d|9a46", data) else data


def planted_key(key: str) -> str:
    return HOSTILE + key if key in {"shop", "site", "bucket=017", "incoming/<x>.parquet"} else key


class Elements(HTMLParser):
    """The elements of a page, their attributes, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, " ".join(sorted(name for name, _ in attributes))))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_a_report_and_titles_hold_the_page_has_no_element_more_and_nothing_hides(
    ruleset: Ruleset, language: Language
) -> None:
    titled = {
        name: one.model_copy(update={"title": Title(en=HOSTILE, zh=HOSTILE)}) for name, one in ruleset.care.items()
    }
    bad, seen, plain = reports.bad(ruleset), Elements(), Elements()
    odd = {"many-records/c-1": Oddity(Fault("many-records", {"count": 60_000}), customer="c-1", bucket=7, others=2)}
    bad = replace(bad, odd=odd, model=replace(bad.model, why=Fault("not-learnt", {"text": "b runs away"})))
    plain.feed(page(bad, ruleset, language))
    stored = json.dumps(planted(json.loads(report_json(bad))))
    with patch.dict(vars(ruleset), {"care": titled}):
        text = page(read_report(stored.encode()), ruleset, language)
    seen.feed(text)
    assert seen.found == plain.found
    assert seen.text.count("</script><img") >= 5
    assert "\\x1b[2J" in seen.text
    assert not set(content(text)) & set("\u202e\u200b\x1b")
    assert figures_of(text).keys() == figures_of(page(bad, ruleset, language)).keys()


@given(st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
@example("</script><!--<script>\u2028\u202e")
def test_data_in_a_script_means_the_same_and_ends_nothing(data: Any) -> None:
    shown = in_script(data)
    assert json.loads(shown) == data
    assert not set(shown) & set("<\u2028\u2029\u202e\x1b")


def test_both_languages_say_everything() -> None:
    for name, english in words.WORDS.texts.items():
        chinese = translated(english, "zh", f"report.{name}")
        assert set(re.findall(r"{(\w+)", english)) == set(re.findall(r"{(\w+)", chinese)), name
        assert re.search(r"[\u4e00-\u9fff]", chinese) or name in {"psi", "a_day_a_month"}, name


def test_days_are_dates_what_is_missing_is_a_dash_and_drift_has_its_marks(ruleset: Ruleset) -> None:
    text = content(page(reports.bad(ruleset), ruleset, "en"))
    assert '<span class="whole">2024-10-04</span>' in text
    assert "<td>–</td>" in text
    assert "None" not in text
    assert '<span class="fall">changed</span>' in text
    assert "<td>steady</td>" in text
    assert "October 2026" in text
    assert "2026年10月末" in content(page(reports.bad(ruleset), ruleset, "zh"))


def test_amounts_are_short_in_the_map(ruleset: Ruleset) -> None:
    amounts = (95_000, 4_500_000, 123_456_700)
    assert [rounded(one, ruleset.programme, "en") for one in amounts] == ["950", "45k", "1.2M"]
    assert [rounded(one, ruleset.programme, "zh") for one in amounts] == ["950", "4.5万", "123.5万"]


def test_a_source_that_stays_silent_and_many_drifts_are_told_briefly(ruleset: Ruleset) -> None:
    report = reports.bad(ruleset)
    for back in (2, 3):
        del report.figures.quality["shop"][str(reports.DAY - timedelta(days=back))]
    features = {f"feature-{number}": {"0": 1000} for number in range(12)}
    report.figures.drift["now"]["features"] = features
    report.figures.drift["2026-10"]["features"] = {name: {"2^1": 1000} for name in features}
    lines = attention(report, "en")
    assert [line for line in lines if "sent nothing on 2026-11-22, 2026-11-23, 2026-11-24" in line]
    assert sum("PSI" in line for line in lines) == 8
    assert "5 more drifted as far" in lines[-3]
    assert ["buckets failed" in lines[-2], "Damaged" in lines[-1]] == [True, True]


COUNTS = st.dictionaries(st.sampled_from("abcde"), st.integers(0, 500), min_size=1)


@given(now=COUNTS, then=COUNTS)
def test_psi_is_nothing_for_the_same_and_never_below(now: dict[str, int], then: dict[str, int]) -> None:
    assert psi(now, now) == 0
    assert psi(now, then) >= 0
    assert psi(now, then) == psi(then, now)


def test_psi_by_hand_and_the_farthest_first() -> None:
    # (0.5 - 0.25) ln 2 + (0.5 - 0.75) ln (2/3) = 0.2747; smoothed by half a customer it is hardly less
    assert psi({"a": 5000, "b": 5000}, {"a": 2500, "b": 7500}) == 2746
    drift = {
        "now": {"ratings": {"x": {"a": 50, "b": 50}, "y": {"a": 9, "b": 1}}},
        "2026-10": {"ratings": {"x": {"a": 50, "b": 50}, "y": {"a": 1, "b": 9}}},
    }
    assert [one.name for one in drifts(drift)] == ["y", "x"]


def test_a_source_is_missed_only_where_it_usually_sends() -> None:
    daily = {f"2026-11-{day:02}": {"events": 5} for day in range(1, 26) if day != 23}
    weekly = {f"2026-11-{day:02}": {"events": 5} for day in (4, 11, 18, 25)}
    assert silent_days({"daily": daily, "weekly": weekly, "new": {"2026-11-25": {"events": 1}}}, "2026-11-25") == [
        ("daily", "2026-11-23")
    ]


def test_a_report_is_found_by_its_day_and_what_is_none_is_said() -> None:
    lake = MemoryLake()
    with pytest.raises(UserError, match="no night has ended yet"):
        kept_report(lake, None)
    lake.put("nights/2026-11-24.json", b'{"day": "2026-11-24", "customers": 1}')
    lake.put("nights/2026-11-25.json", b'{"day": "2026-11-2')
    lake.put("nights/2026-11-25/bucket=001.json", b"{}")
    assert kept_report(lake, "2026-11-24").customers == 1
    with pytest.raises(UserError, match=r"2026-11-25\.json is no report"):
        kept_report(lake, None)
    with pytest.raises(UserError, match="there are those of 2026-11-24, 2026-11-25"):
        kept_report(lake, "2026-11-01")


@pytest.mark.long
@pytest.mark.parametrize(("language", "scheme", "width"), [("en", LIGHT, 1280), ("zh", DARK, 1280), ("en", DARK, 500)])
def test_a_browser_draws_every_picture_and_nothing_sticks_out(
    ruleset: Ruleset, language: Language, scheme: str, width: int, tmp_path: Path
) -> None:
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    assert browser, NO_BROWSER.format(", ".join(BROWSERS))
    text = page(reports.bad(ruleset), ruleset, language)
    measured = "document.body.dataset.wide = document.documentElement.scrollWidth - innerWidth;"
    ready = "document.body.dataset.drawn ="
    (tmp_path / "page.html").write_text(text.replace(ready, f"{measured} {ready}"), encoding="utf-8")
    switches = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    switches += [f"--blink-settings=preferredColorScheme={scheme}", f"--window-size={width},3000"]
    switches += [f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=10000"]
    switches += ["--dump-dom", "--enable-logging=stderr"]
    command = ["timeout", "120", browser, *switches, (tmp_path / "page.html").as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    drawn = done.stdout
    assert "CONSOLE" not in done.stderr  # the page has nothing to complain about
    pictures = figures_of(text)
    assert f'data-drawn="{len(pictures)}"' in drawn
    assert re.search(r'data-wide="(-?\d+)"', drawn)
    assert int(re.findall(r'data-wide="(-?\d+)"', drawn)[0]) <= 0
    assert drawn.count('class="main-svg"') >= len(pictures)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_names_who_moved_and_how_all_are_listed(ruleset: Ruleset, language: Language) -> None:
    text = content(page(reports.bad(ruleset), ruleset, language))
    for one in ("hh-1000", "hh-1009", "hh-1142", "&lt;i&gt;hh-9&lt;/i&gt;"):
        assert one in text
    command = "standing list --moved &#x27;tier: gold → silver&#x27; --since 2026-11-25 --until 2026-11-25"
    assert f"<code>{command}</code>" in text
    assert "<code>standing list &#x27;" in text
    assert text.index("hh-1000") < text.index("hh-1142")  # the larger group first
    assert "hh-1009</span> …" in text
    assert "hh-7</span> …" not in text
    quiet = page(replace(reports.ordinary(ruleset), groups={}), ruleset, language)
    assert words.phrase("nobody_moved", language, day="2026-11-25") in quiet
    assert words.phrase("moved_today", language) not in content(page(reports.first(), ruleset, language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_care_that_nobody_answered_is_named_first(ruleset: Ruleset, language: Language) -> None:
    line, *_ = attention(reports.bad(ruleset), language)
    between = {"en": ", ", "zh": "、"}[language]
    names = between.join(sorted(["c-3", *(f"c-{number}" for number in range(10, 20))])[:10])
    rules = f"service-recovery 11{between}win-back 1"
    assert names in line
    assert rules in line
    assert "`standing list care --status expired --since 2026-11-25 --until 2026-11-25`" in line


def test_the_line_of_a_level_has_every_night_and_a_gap_is_no_night(ruleset: Ruleset) -> None:
    report = reports.ordinary(ruleset)
    pictures = figures_of(page(report, ruleset, "en"))
    (place,) = [place for place, name in enumerate(ruleset.ratings) if name == "tier"]
    lines = pictures[f"trend-{place}"]["data"]
    assert len(lines) == 4
    assert report.trend
    days = sorted(report.trend)
    assert len(days) == 29
    for line, level in zip(lines, ("platinum", "gold", "silver", "bronze"), strict=True):
        assert (line["x"], line["y"]) == (days, [report.trend[day]["tier"][level] for day in days])
    texts = [one["text"] for one in pictures[f"trend-{place}"]["layout"]["annotations"]]
    assert texts[1] == f"{report.trend[days[-1]]['tier']['platinum']:,}"
    one_night = replace(report, trend={days[-1]: report.trend[days[-1]]})
    assert "trend-0" not in figures_of(page(one_night, ruleset, "en"))


def test_the_terminal_names_who_moved(ruleset: Ruleset) -> None:
    console = PlainConsole(file=io.StringIO(), width=80)
    print_document(report_document(reports.ordinary(ruleset), ruleset, "en", is_brief=True), console)
    assert isinstance(console.file, io.StringIO)
    said = console.file.getvalue()
    assert "Tier: Gold → Silver  12  hh-1000, hh-1001" in said
    assert "standing list --moved 'tier: gold → silver' --since 2026-11-25 --until" in said


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("is_brief", [False, True])
def test_a_report_is_told_in_every_medium(ruleset: Ruleset, language: Language, *, is_brief: bool) -> None:
    document = report_document(reports.bad(ruleset), ruleset, language, is_brief=is_brief)
    for said in (markdown(document), plain_text(document, 100), content(drawn(document))):
        assert words.phrase("title", language, day="2026-11-25") in said
        assert words.phrase("moved_today", language) in said
        assert words.phrase("levels", language) in said
        assert "hh-1000" in said
        assert (words.phrase("run", language) in said) is not is_brief


def test_a_function_that_keeps_pages_needs_no_terminal() -> None:
    """Its layers have no rich."""
    asked = "import standing.present.report.page, sys; sys.exit('rich' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0
