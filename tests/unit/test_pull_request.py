"""What a pull request that edits the rules is told, and the files by which GitHub does it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from standing.batch.population import gathered, write
from standing.core.state import Held
from standing.tools.cli import app
from standing.tools.rules.comment import MARK, NO_POPULATION
from typer.testing import CliRunner

from tests.support import ROOT, real_ruleset

GITHUB = ROOT / ".github"
WORKFLOW = GITHUB / "workflows" / "rules.yml"


def loaded(path: Path) -> Any:
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


@pytest.fixture
def edited(tmp_path: Path) -> Path:
    """The rules with gold from 1,500, kept from 1,200: the fixture pull request."""
    shutil.copytree(ROOT / "rules", tmp_path / "rules")
    (tmp_path / "rules" / "scenarios" / "boundaries.yaml").unlink()  # the stories that hold gold at 2,000 and 1,600
    tier = tmp_path / "rules" / "ratings" / "tier.yaml"
    text = tier.read_text(encoding="utf-8").replace("spend_365d >= 2000.00", "spend_365d >= 1500.00")
    tier.write_text(text.replace("spend_365d >= 1600.00", "spend_365d >= 1200.00"), encoding="utf-8")
    return tmp_path


def told(folder: Path, *more: str) -> tuple[int, str]:
    out = folder / "comment.md"
    arguments = ["rules", "comment", "--rules", str(folder / "rules"), "--base", "HEAD", "--out", str(out), *more]
    code = CliRunner().invoke(app, arguments).exit_code
    return code, out.read_text(encoding="utf-8")


def test_the_comment_says_what_was_proved_which_stories_hold_and_whom_it_moves(edited: Path) -> None:
    known = [
        (f"c-{number}", {"spend_365d": 160_000 + number, "complaints_90d": 0}, {"tier": Held("silver", 19_000)})
        for number in (1, 2)
    ]
    write(gathered(real_ruleset(), 20_000, known), edited / "population.parquet")
    _, said = told(edited, "--population", str(edited / "population.parquet"))
    assert said.startswith(MARK + "\n")
    assert "<details><summary><b>Check ✓</b>" in said
    assert "<b>Stories ✓</b>" in said
    assert "**2 come to another level.**" in said
    assert "| tier | silver → gold | 2 | c-1 | ✓ `spend_365d >= 1500.00` (was 1600.01)" in said


def test_an_edit_that_makes_keeping_harder_than_reaching_is_told_and_fails(edited: Path) -> None:
    tier = edited / "rules" / "ratings" / "tier.yaml"
    tier.write_text(tier.read_text(encoding="utf-8").replace("spend_365d >= 1200.00", "spend_365d >= 1600.00"))
    code, said = told(edited)
    assert code == 1
    assert "<details open><summary><b>Check ✗ to be mended</b>" in said
    assert "CHK-14" not in said  # what is accepted is counted, not told again
    assert "`spend_365d >= 1600.00` asks more to keep `gold` than to reach it" in said


def test_a_story_that_the_change_contradicts_is_told_and_fails(edited: Path) -> None:
    tier = edited / "rules" / "ratings" / "tier.yaml"
    tier.write_text(tier.read_text(encoding="utf-8").replace("spend_365d >= 1500.00", "spend_365d >= 9000.00"))
    code, said = told(edited)
    assert code == 1
    assert "<details open><summary><b>Stories ✗" in said
    assert NO_POPULATION in said


def test_rules_that_cannot_be_compiled_are_told_with_file_and_line(edited: Path) -> None:
    (edited / "rules" / "ratings" / "tier.yaml").write_text("rating: [\n")
    code, said = told(edited)
    assert code == 1
    assert "rules/ratings/tier.yaml:" in said
    assert "<details open><summary><b>Check ✗ to be mended</b>" in said
    assert "### Stories" not in said


def test_the_workflow_runs_that_command_on_changes_of_the_rules_and_nothing_more_than_it_needs() -> None:
    workflow = loaded(WORKFLOW)
    assert workflow["on"]["pull_request"]["paths"] == ["rules/**"]
    assert workflow["permissions"] == {"contents": "read", "pull-requests": "write", "id-token": "write"}
    runs = [step["run"] for step in workflow["jobs"]["comment"]["steps"] if "run" in step]
    assert any("standing rules comment --base" in run for run in runs)
    assert not any("${{" in run for run in runs)  # what others write never becomes a command


def test_the_comment_is_found_again_by_its_first_line() -> None:
    script = next(
        step["with"]["script"]
        for step in loaded(WORKFLOW)["jobs"]["comment"]["steps"]
        if "script" in step.get("with", {})
    )
    assert "one.body.startsWith(mark)" in script
    assert "updateComment" in script


def test_the_rules_belong_to_the_business_and_the_rest_to_engineers() -> None:
    lines = [line.split() for line in (GITHUB / "CODEOWNERS").read_text().splitlines() if line[:1] not in {"", "#"}]
    assert lines == [["*", "@standing/engineers"], ["/rules/", "@standing/business"]]


def test_the_issue_form_asks_for_intent_who_is_affected_an_example_and_a_date() -> None:
    fields = {field["id"]: field for field in loaded(GITHUB / "ISSUE_TEMPLATE" / "rule-change.yml")["body"]}
    assert set(fields) == {"intent", "affected", "before", "after", "date"}
    assert all(field["validations"]["required"] for field in fields.values())


def test_the_comment_is_told_in_chinese_too(edited: Path) -> None:
    _, said = told(edited, "--lang", "zh")
    assert "<summary><b>检查 ✓</b>" in said
    assert "<summary><b>故事 ✓</b>" in said
    assert "没有可对比的客户数据" in said
