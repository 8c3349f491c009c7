"""The pages that people read: their links lead somewhere, the README is short, and a word is one word."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from standing.cli.app import app
from standing.events import MODELS
from standing.rules.author.files import KINDS
from standing.rules.author.schemas import schema_of

from tests.make.support import ROOT
from tests.unit.project.test_architecture import PACKAGE

PAGES = [ROOT / "README.md", ROOT / "README.zh-CN.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\(([^)\s]+)\)")
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
TWINS = sorted(page for page in PAGES if page.name.endswith(".zh-CN.md"))


def prose(page: Path) -> str:
    return re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)


def anchors(page: Path) -> set[str]:
    """The anchors of its headings, as GitHub makes them."""
    heads = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}


def links(page: Path) -> Iterator[tuple[Path, str]]:
    for target in LINK.findall(prose(page)):
        if not re.match(r"[a-z]+:", target):
            path, _, anchor = target.partition("#")
            yield (page.parent / path).resolve() if path else page, anchor


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for path, anchor in links(page):
        assert path.exists(), path
        assert not anchor or path.suffix != ".md" or anchor in anchors(path), f"{path}#{anchor}"


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_first_page_is_short_and_begins_with_a_picture(name: str) -> None:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 120
    assert lines[4].startswith("![")
    assert (ROOT / LINK.findall(lines[4])[0]).stat().st_size < 300_000


@pytest.mark.parametrize("page", TWINS, ids=lambda page: page.name)
def test_in_chinese_a_word_is_one_word(page: Path) -> None:
    assert not re.findall("拉取请求|故事", prose(page))


def test_the_makefile_runs_modules_that_there_are() -> None:
    modules = re.findall(r"\$\(PYTHON\) -m ([\w.]+)", (ROOT / "Makefile").read_text(encoding="utf-8"))
    assert "standing.operations.schemas" in modules
    assert [name for name in modules if importlib.util.find_spec(name) is None] == []


def keywords(schema: Any) -> set[str]:
    """Every word that rule files of a schema may use."""
    if isinstance(schema, list):
        return set().union(*map(keywords, schema))
    if not isinstance(schema, dict):
        return set()
    return set(schema.get("properties", {})).union(*map(keywords, schema.values()))


def test_the_glossary_has_every_keyword_event_type_and_command() -> None:
    glossary = set(re.findall(r"`([^`]+)`", GLOSSARY))
    words = set().union(*(keywords(schema_of(kind)) for kind in KINDS))
    commands = {f"standing {name}" for name in typer.main.get_command(app).commands}  # type: ignore[attr-defined]
    assert sorted((words | MODELS.keys() | commands) - glossary) == []


@pytest.mark.parametrize("row", re.findall(r"^\| .* \| `([a-z_/]+)(?:\.py|\.\w+)?` \|$", GLOSSARY, re.MULTILINE))
def test_the_glossary_names_rooms_and_modules_that_there_are(row: str) -> None:
    places = [PACKAGE / row, PACKAGE / f"{row}.py", ROOT / row, ROOT / f"{row}.yaml"]
    assert "/" not in row or any(place.exists() for place in places), row
