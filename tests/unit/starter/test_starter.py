"""A programme that `standing init` wrote: whole, without a finding, and never over anything."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest
from standing.cli.app import app
from standing.events.intake import Event, read_event
from standing.rules.author.compiler import compile_rules
from standing.starter.programme import Trade, write_programme
from standing.values.errors import UserError
from typer.testing import CliRunner

from tests.make.support import ROOT, real_ruleset

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
TRADES: tuple[Trade, ...] = get_args(Trade.__value__)
WRITTEN = {
    ".github/workflows/release.yml",
    ".github/workflows/rules-comment.yml",
    ".github/workflows/rules.yml",
    ".gitignore",
    "README.md",
    "docs/schemas/rules/programme.schema.json",
    "events/example.json",
    "events/schemas/purchase.v1.json",
    "rules/features.yaml",
    "rules/programme.yaml",
    "samconfig.toml",
}


def written(folder: Path, trade: Trade) -> Path:
    write_programme(folder, trade, "1.2.3", NOW)
    return folder


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, words)
    return done.exit_code, done.output


@pytest.mark.parametrize("trade", TRADES)
def test_a_programme_is_whole_and_every_rules_command_works_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trade: Trade
) -> None:
    folder = written(tmp_path / "own", trade)
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert files >= WRITTEN
    assert {"rules/ratings", "rules/care", "rules/scenarios"} <= {Path(name).parent.as_posix() for name in files}
    monkeypatch.chdir(folder / "rules")
    code, said = run("rules", "check")
    assert (code, "0 problems, 0 findings, 0 questions" in said) == (0, True)
    assert run("rules", "test")[0] == 0
    assert run("rules", "fmt", "--check") == (0, "")
    assert compile_rules(folder / "rules").programme.title.en in run("rules", "show")[1]
    assert run("rules", "build")[0] == 0
    assert (folder / ".standing" / "deployment" / "layers" / "ruleset").exists()


@pytest.mark.parametrize("trade", TRADES)
def test_a_file_names_the_schema_beside_it(tmp_path: Path, trade: Trade) -> None:
    folder = written(tmp_path / "own", trade)
    for path in (folder / "rules").rglob("*.yaml"):
        named = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# yaml-language-server: $schema=")
        assert (path.parent / named).resolve().parent == folder / "docs" / "schemas" / "rules"


@pytest.mark.parametrize("trade", TRADES)
def test_its_example_events_are_taken_in(tmp_path: Path, trade: Trade) -> None:
    folder = written(tmp_path / "own", trade)
    rules = compile_rules(folder / "rules")
    for line in (folder / "events" / "example.json").read_text(encoding="utf-8").splitlines():
        assert isinstance(read_event(json.loads(line), rules, NOW), Event), line


def test_a_retailers_rules_are_the_clones_without_the_producers_of_its_demo(tmp_path: Path) -> None:
    own, clones = compile_rules(written(tmp_path / "own", "retail") / "rules"), real_ruleset()
    demo = {"complete-journey", "synthetic"}
    kept = {name: sent for name, sent in clones.programme.producers.items() if name not in demo}
    assert kept.keys() < clones.programme.producers.keys()
    programme = clones.programme.model_copy(update={"producers": kept})
    assert own == clones.model_copy(update={"programme": programme, "version": own.version})


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UserError, match="is not empty"):
        write_programme(tmp_path, "bank", "1.2.3", NOW)
    with pytest.raises(UserError, match="is not empty"):
        write_programme(tmp_path / "mine.txt", "bank", "1.2.3", NOW)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(("language", "title"), [("en", "Riverside Bank"), ("zh", "江岸银行")])
def test_what_was_written_is_named_and_what_to_do_next(tmp_path: Path, language: str, title: str) -> None:
    (tmp_path / "own").mkdir()
    code, said = run("init", str(tmp_path / "own"), "--trade", "bank", "--lang", language)
    assert (code, title in said) == (0, True)
    for path in (tmp_path / "own").iterdir():
        assert path.name in said
    assert [line.strip() for line in said.splitlines()[-3:]] == [
        "standing rules check",
        "standing rules test",
        "standing local up",
    ]


def test_every_trade_has_an_example_of_its_own() -> None:
    assert sorted(path.parent.name for path in (ROOT / "docs" / "examples").glob("*/events.jsonl")) == sorted(TRADES)
