"""`make pictures`: draws the pictures of docs/how-to-change-a-rule.md and docs/report.md from real output.

Terminals are SVG files, drawn by rich; the comment on a pull request and the night's report are PNG files, drawn by
Chromium. The rules are a copy, so that edits of the real rules do not change the pictures. The report's numbers are
synthetic.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from markdown_it import MarkdownIt
from rich.console import Console
from rich.terminal_theme import DEFAULT_TERMINAL_THEME
from rich.text import Text
from standing.cli.impact import NAMED
from standing.engine.state import LevelState
from standing.impact.population import populations_for
from standing.impact.pull_request import comment
from standing.impact.report import Report, compare_rulesets
from standing.impact.sources import edited_rules
from standing.impact.view import impact_document
from standing.present.check import check_document
from standing.present.renderers.terminal import print_document
from standing.present.report.page import page as report_page
from standing.present.rules.scenarios import scenarios_document
from standing.rules.author.compiler import compile_folder, compile_rules
from standing.rules.conditions import Fact
from standing.rules.prove.check import check
from standing.rules.scenarios.check import check_scenarios
from standing.values.catalogue import Language

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs" / "pictures"
RULES = ROOT / "tests" / "fixtures" / "how-to" / "rules"
LANGUAGES: tuple[Language, ...] = ("en", "zh")
WIDTH = 112
LIGHT, DARK = "1", "0"
REPORTS: dict[str, tuple[Language, str]] = {"report-light.png": ("en", LIGHT), "report-dark.png": ("zh", DARK)}
FONTS = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)  # rich loads a font from the network; the pictures do not
WIDE_TEXT = re.compile(r'(<text [^>]*?) textLength="[^"]*"([^>]*>[^<]*[^\x00-\x7f])')  # rich halves Chinese's width
MERMAID = re.compile(r"\*\*[^*\n]+\*\*\n\n```mermaid.*?```\n*", re.DOTALL)
DAY = 20_000
LOOK = """
body { font: 14px/1.5 "Segoe UI", "Noto Sans", "Noto Sans CJK SC", sans-serif; color: #1f2328; margin: 24px; }
h2 { border-bottom: 1px solid #d1d9e0; padding-bottom: 6px; }
summary { margin: 8px 0; }
pre { background: #f6f8fa; padding: 12px; border-radius: 6px; overflow: hidden; }
pre { font: 12px/1.45 "DejaVu Sans Mono", "Noto Sans Mono CJK SC", monospace; }
table { border-collapse: collapse; }
td, th { border: 1px solid #d1d9e0; padding: 6px 13px; }
"""


def main() -> int:
    """Draw every picture. Returns 1 if there is no Chromium for the comment."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name, svg in drawings().items():
        (PICTURES / name).write_text(svg, encoding="utf-8")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        sys.stderr.write("no Chromium: the pictures of the comment stay as they are\n")
        return 1
    for language in LANGUAGES:
        _photograph(chromium, _page(language), PICTURES / f"comment.{language}.png")
    for name, (language, scheme) in REPORTS.items():
        _photograph(chromium, _report(language), PICTURES / name, "1120,1180", scheme)
    return 0


def drawings() -> dict[str, str]:
    """Every terminal picture, by file name."""
    drawn = {}
    with tempfile.TemporaryDirectory(prefix="pictures-") as folder:
        gold = _edited(Path(folder) / "gold", "spend_365d >= 2000.00", "spend_365d >= 1500.00")
        dear = _edited(Path(folder) / "dear", "spend_365d >= 800.00", "spend_365d >= 900.00")
        looser = _edited(Path(folder) / "looser", "spend_365d >= 2000.00", "spend_365d >= 1500.00")
        _edit(looser, "spend_365d >= 1600.00", "spend_365d >= 1200.00")
        for language in LANGUAGES:
            drawn[f"check.{language}.svg"] = _terminal("check", language, _found(gold, language))
            drawn[f"impact.{language}.svg"] = _terminal("impact", language, _moving(looser, language))
            drawn[f"test.{language}.svg"] = _terminal("test", language, _played(dear, language))
    return drawn


def _edited(folder: Path, old: str, new: str) -> Path:
    """A copy of the rules with one threshold of the tiers edited."""
    rules = Path(shutil.copytree(RULES, folder / "rules"))
    _edit(rules, old, new)
    return rules


def _edit(rules: Path, old: str, new: str) -> None:
    tier = rules / "ratings" / "tier.yaml"
    text = tier.read_text(encoding="utf-8")
    if old not in text:
        raise SystemExit(f"{tier}: `{old}` is not there any more: let the picture show another edit")
    tier.write_text(text.replace(old, new, 1), encoding="utf-8")


def _found(rules: Path, language: Language) -> Callable[[Console], None]:
    report = check(rules)
    return lambda console: print_document(check_document(report, language), console)


def _played(rules: Path, language: Language) -> Callable[[Console], None]:
    checked = check_scenarios(rules)
    return lambda console: print_document(scenarios_document(checked, language), console)


def _moving(rules: Path, language: Language) -> Callable[[Console], None]:
    report = _impact(rules)
    return lambda console: print_document(impact_document(report, language, NAMED), console)


def _impact(rules: Path) -> Report:
    """The impact of the edit on synthetic customers, who spend from 100.00 to 4,900.00."""
    before, compiled = compile_rules(RULES), compile_folder(rules)
    (known,) = populations_for((before,), DAY, ([_made_customer(number)] for number in range(1, 50)))
    return compare_rulesets(before, edited_rules(before, compiled, known.day), known, known)


def _made_customer(number: int) -> tuple[str, dict[str, Fact], dict[str, LevelState]]:
    spent = 10_000 * number
    level = "gold" if spent >= 200_000 else "silver" if spent >= 80_000 else "bronze"
    facts: dict[str, Fact] = {"spend_365d": spent, "orders_90d": 4, "orders_trend": 10_000, "orders_365d": 9}
    facts |= {"days_since_order": 12, "days_a_customer": 400, "complaints_90d": 0, "complaints_7d": 0}
    return f"made-{number}", facts, {"tier": LevelState(level, DAY - 100)}


def _terminal(command: str, language: Language, say: Callable[[Console], None]) -> str:
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    chosen = " --lang zh" if language == "zh" else ""
    console.print(Text(f"$ standing rules {command}{chosen}", style="bold"))
    say(console)
    svg = console.export_svg(title="standing", theme=DEFAULT_TERMINAL_THEME, unique_id=f"{command}-{language}")
    return WIDE_TEXT.sub(r"\1\2", FONTS.sub("", svg)) + "\n"


def _page(language: Language) -> str:
    """The comment on a pull request that sets gold to 1,500 but forgets its retention."""
    with tempfile.TemporaryDirectory(prefix="pictures-") as folder:
        rules = _edited(Path(folder), "spend_365d >= 2000.00", "spend_365d >= 1500.00")
        text = comment(check(rules), check_scenarios(rules), impact_document(_impact(rules), language), language)
    drawn = MERMAID.sub("", text)  # only GitHub draws the flow; here it would be text
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(drawn)
    return f'<!doctype html><meta charset="utf-8"><style>{LOOK}</style>{html}'


def _report(language: Language) -> str:
    """The report of a synthetic night."""
    sys.path.insert(0, str(ROOT))
    from tests.make.reports import ordinary  # noqa: PLC0415 -- main() adds its path

    ruleset = compile_rules(RULES)
    return report_page(ordinary(ruleset), ruleset, language)


def _photograph(chromium: str, page: str, picture: Path, size: str = "1000,980", scheme: str = LIGHT) -> None:
    with tempfile.TemporaryDirectory(prefix="pictures-") as folder:
        source = Path(folder) / "page.html"
        source.write_text(page, encoding="utf-8")
        quiet = ("--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync")
        command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", *quiet, f"--user-data-dir={folder}/profile"]
        command += [f"--blink-settings=preferredColorScheme={scheme}", "--virtual-time-budget=10000"]
        command += [f"--window-size={size}", "--hide-scrollbars", f"--screenshot={picture}", source.as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=120)  # noqa: S603 -- a page of this script


if __name__ == "__main__":
    sys.exit(main())
