"""The pictures of how to change a rule show what the commands say today, and the pages show the pictures."""

from __future__ import annotations

import re
import runpy

import pytest

from tests.make.support import ROOT

PICTURES = ROOT / "docs" / "pictures"
PAGES = {"en": ROOT / "docs" / "how-to-change-a-rule.md", "zh": ROOT / "docs" / "how-to-change-a-rule.zh-CN.md"}


def test_the_terminals_are_drawn_of_what_is_said_today() -> None:
    drawn = runpy.run_path(str(ROOT / "scripts" / "pictures.py"))["drawings"]()
    kept = {path.name: path.read_text(encoding="utf-8") for path in PICTURES.glob("*.svg")}
    assert kept == drawn, "run `make pictures`"
    assert not [name for name, svg in drawn.items() if "url(http" in svg or "@import" in svg]


@pytest.mark.parametrize("language", PAGES)
def test_each_page_shows_every_picture_of_its_language(language: str) -> None:
    shown = re.findall(r"!\[[^\]]+\]\(pictures/([^)]+)\)", PAGES[language].read_text(encoding="utf-8"))
    assert sorted(shown) == sorted(path.name for path in PICTURES.glob(f"*.{language}.*"))


def test_pictures_are_small() -> None:
    assert all(path.stat().st_size < 200_000 for path in PICTURES.iterdir())
