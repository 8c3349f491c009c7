"""The pages that people read: links and names lead somewhere, the README is short, and a word is one word."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from itertools import takewhile
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

type Command = Any  # of click

PAGES = [ROOT / "README.md", ROOT / "README.zh-CN.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\(([^)\s]+)\)")
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
PRESENT = [*(page for page in PAGES if "adr" not in page.parts), ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
PATH = re.compile(r"[\w.-]+(?:/[\w.-]+)+/?|[\w-]+\.py")
TOP = {path.name for folder in (ROOT, PACKAGE) for path in folder.iterdir() if path.is_dir()} | {"standing"}
MADE = {"layers/ruleset", "standing/kit"}  # by a build
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


def code_in(page: Path) -> list[str]:
    """Code between backticks, and each line of the code blocks."""
    blocks = re.findall(r"```\w*\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    return [*re.findall(r"`([^`\n]+)`", prose(page)), *(line for block in blocks for line in block.splitlines())]


def paths_in(texts: list[str]) -> set[str]:
    """Paths of the repository or the package. Names in capitals, such as `ROOM.toml`, stand for others."""
    found = {text.rstrip("/") for text in texts if PATH.fullmatch(text)}
    at_home = {path for path in found if "/" not in path or path.split("/")[0] in TOP}
    return {
        path
        for path in at_home
        if not re.search(r"(^|/)(?!README)[A-Z]{3,}\b", path) and not path.startswith(".standing")
    }


def there(path: str, of: Path) -> bool:
    homes = (ROOT, PACKAGE, PACKAGE.parent, of)
    return any((home / path).exists() for home in homes) or any(True for _ in PACKAGE.rglob(path))


@pytest.mark.parametrize("page", PRESENT, ids=lambda page: str(page.relative_to(ROOT)))
def test_paths_on_a_page_exist(page: Path) -> None:
    named = {path for path in paths_in(code_in(page)) if not re.search(r"\.[A-Z]", path)}
    assert sorted(path for path in named - MADE if not there(path, page.parent)) == []


def commands_in(text: str) -> Iterator[list[str]]:
    """The words of each `standing` command in a line of code, without what a shell adds."""
    for found in re.findall(r"(?:^|\$ |&& )standing (.*?)(?=$| &&| \| |#)", text):
        yield re.sub(r"\|\S*", "", found).split()


def unknown_in(words: list[str], root: Command) -> list[str]:
    """What a command names and does not have: a command below another, or an option."""
    node, options = root, {"--help"} | named_options(root)
    for word in takewhile(lambda word: not word.startswith("--") or word == "--local", words):
        if word in getattr(node, "commands", {}):
            node = node.commands[word]
        elif hasattr(node, "commands") and word[0].isalpha():
            return [word]
    return [word for word in words if word.startswith("--") and word not in options | named_options(node)]


def named_options(command: Command) -> set[str]:
    return {name for one in command.params for name in (*one.opts, *one.secondary_opts)}


@pytest.mark.parametrize("page", PRESENT, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_on_a_page_exist(page: Path) -> None:
    root = typer.main.get_command(app)
    found = [words for text in code_in(page) for words in commands_in(text)]
    assert [(words, bad) for words in found if (bad := unknown_in(words, root))] == []


@pytest.mark.parametrize(
    ("line", "bad"),
    [
        ("$ standing rules test && standing rules relase", ["relase"]),
        ("standing lake compact --refill", ["--refill"]),
        ("standing lake gaps --refill  # standing gone", []),
        ("standing --local rules shadow start --from 2026-12-01", []),
        ("standing rejected list|export|drop", []),
    ],
)
def test_a_command_that_is_gone_is_seen(line: str, bad: list[str]) -> None:
    root = typer.main.get_command(app)
    assert [word for words in commands_in(line) for word in unknown_in(words, root)] == bad


def test_a_path_that_is_gone_is_seen() -> None:
    paths = paths_in(["standing/batch/lake/", "rules/", "scores/rfm.py", "compiler.py", "nights/DAY.json", "a and b"])
    assert sorted(path for path in paths if not there(path, ROOT)) == ["standing/batch/lake"]
