"""What a pull request that edits the rules is told, and the files by which GitHub does it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token
from ruamel.yaml import YAML
from standing.cli.app import app
from standing.engine.state import LevelState
from standing.impact.population import write
from standing.impact.pull_request import MARK, PHRASES
from typer.testing import CliRunner

from tests.make.frames import population_of
from tests.make.support import ROOT, real_ruleset

GITHUB = ROOT / ".github"
WORKFLOW = GITHUB / "workflows" / "rules.yml"
POSTING = GITHUB / "workflows" / "rules-comment.yml"
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="no node, by which GitHub runs the script")


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
        (f"c-{number}", {"spend_365d": 160_000 + number, "complaints_90d": 0}, {"tier": LevelState("silver", 19_000)})
        for number in (1, 2)
    ]
    write(population_of(real_ruleset(), 20_000, known), edited / "population.parquet")
    _, said = told(edited, "--population", str(edited / "population.parquet"))
    assert said.startswith(MARK + "\n")
    assert "<details><summary><b>Check ✓</b>" in said
    assert "<b>Stories ✓</b>" in said
    assert "**2 come to another level**" in said
    assert "| Tier | **Silver → Gold** | 2 | c-1 | ✓ `spend_365d >= 1500.00` (was 1600.01)" in said


HOSTILE = r"Tier\n```\n</details>\n# Approved ![x](http://x) | <img src=x> @team #1 [/b] \u202e\e[2J"
STORY = """\
- scenario: one
  title: {en: "Tier\\n~~~\\n```\\n</details>\\n# Approved", zh: 一}
  story:
    - on: 2026-01-05
      purchase: {amount: 1.00}
      expect: {tier: gold}
"""


@pytest.mark.parametrize("language", ["en", "zh"])
def test_whatever_titles_and_ids_hold_the_comment_has_no_markup_but_its_own(edited: Path, language: str) -> None:
    tier = edited / "rules" / "ratings" / "tier.yaml"
    text = tier.read_text(encoding="utf-8")
    title = next(line for line in text.splitlines() if line.startswith("title:"))
    tier.write_text(text.replace(title, f'title: {{en: "{HOSTILE}", zh: "{HOSTILE}"}}'), encoding="utf-8")
    (edited / "rules" / "scenarios" / "hostile.yaml").write_text(STORY, encoding="utf-8")
    known = {"spend_365d": 160_000, "complaints_90d": 0}
    held = {"tier": LevelState("silver", 19_000)}
    customers = ("a|b", "<img src=x>", "@team/all", "![x](`http://x)", "c\n</details>\u202e")
    write(population_of(real_ruleset(), 20_000, [(who, known, held) for who in customers]), edited / "known.parquet")
    code, said = told(edited, "--population", str(edited / "known.parquet"), "--lang", language)
    assert code == 1
    html = [token.content for token in markup(said) if token.type.startswith("html")]
    assert html[0] == f"{MARK}\n"
    assert [re.sub(r"<b>[^<]*</b>", "", one).strip() for one in html[1:] if one != "<br>"] == [
        *("<details><summary></summary>", "</details>", "<details open><summary></summary>", "</details>"),
    ]
    assert not {token.type for token in markup(said)} & {"link_open", "image"}
    shown = [token.content for token in markup(said) if token.type in {"text", "code_inline"}]
    assert {"a|b", "<img src=x>", "@team/all", "![x](`http://x)", "c\\n</details>\\u202e"} <= set(shown)
    assert [token.tag for token in markup(said) if token.type == "heading_open"].count("h1") == 0
    assert not set(said) & set("\u202e\x1b")


def markup(said: str) -> list[Token]:
    """Everything that a reader of Markdown finds, in lines as well."""
    tokens = MarkdownIt("commonmark").enable("table").parse(said)
    return [token for one in tokens for token in (one, *(one.children or []))]


def test_a_long_comment_is_cut_to_what_github_takes(edited: Path) -> None:
    story = STORY.replace("Tier", "x" * 500)
    stories = "".join(story.replace("scenario: one", f"scenario: s{number}") for number in range(100))
    (edited / "rules" / "scenarios" / "long.yaml").write_text(stories, encoding="utf-8")
    code, said = told(edited)
    assert code == 1
    assert len(said) < 65_536
    stories = said[said.index("<b>Stories") : said.rindex("</details>")]
    assert 15_000 < len(stories) < 21_000
    assert "\n\n…\n\n- **````✗ s" in stories  # the first are left out
    assert "- **````✗ s99: " in stories
    assert "comparisons" in stories  # the sum stands at the end


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
    assert PHRASES.say("no_population", "en") in said


def test_rules_that_cannot_be_compiled_are_told_with_file_and_line(edited: Path) -> None:
    (edited / "rules" / "ratings" / "tier.yaml").write_text("rating: [\n")
    code, said = told(edited)
    assert code == 1
    assert "rules/ratings/tier.yaml:" in said
    assert "<details open><summary><b>Check ✗ to be mended</b>" in said
    assert "### Stories" not in said


def test_the_workflow_runs_that_command_on_changes_of_the_rules_and_hands_on_what_it_says() -> None:
    workflow = loaded(WORKFLOW)
    assert workflow["on"]["pull_request"]["paths"] == ["rules/**"]
    steps = workflow["jobs"]["build"]["steps"]
    assert any("standing rules comment --base" in step.get("run", "") for step in steps)
    assert steps[-1]["if"].startswith("always()")  # also where something is wrong
    assert (steps[-1]["with"]["name"], steps[-1]["with"]["path"]) == ("comment", "comment.md")


# Posting: the workflow's own script, with what GitHub would answer -------------------------------------------------

RUN = {
    "id": 7,
    "head_sha": "5ac1dbb4",
    "head_branch": "gold",
    "head_repository": {"id": 42, "owner": {"login": "friend"}},
    "pull_requests": [],
}
PULL = {"number": 12, "head": {"sha": "5ac1dbb4", "repo": {"id": 42}}}
BOT = {"login": "github-actions[bot]", "type": "Bot"}
SAID = f"{MARK}\n\n## Rules\n"
HARNESS = """
const {script, run, pulls, comments} = JSON.parse(process.argv[1]), calls = [];
const note = name => async given => { calls.push([name, given]); };
const github = {
  rest: {
    pulls: {list: "pulls"},
    issues: {listComments: "comments", updateComment: note("update"), createComment: note("create")},
  },
  paginate: async (what, given) => { calls.push([what, given]); return what === "pulls" ? pulls : comments; },
};
const core = {setFailed: why => calls.push(["failed", why]), notice: why => calls.push(["notice", why])};
const context = {repo: {owner: "us", repo: "club"}, payload: {workflow_run: run}};
const AsyncFunction = (async () => {}).constructor;
new AsyncFunction("require", "github", "context", "core", script)(require, github, context, core)
  .then(() => process.stdout.write(JSON.stringify(calls)));
"""


def script() -> str:
    (step,) = (step for step in loaded(POSTING)["jobs"]["post"]["steps"] if "script" in step.get("with", {}))
    return str(step["with"]["script"])


def posted(folder: Path, pulls: list[Any], comments: list[Any], said: str | bytes = SAID) -> dict[str, Any]:
    """What the script called, by name, with what it gave."""
    (folder / "handed").mkdir(exist_ok=True)
    (folder / "handed" / "comment.md").write_bytes(said.encode() if isinstance(said, str) else said)
    given = {"script": script(), "run": RUN, "pulls": pulls, "comments": comments}
    done = subprocess.run(
        [NODE or "", "-e", HARNESS, json.dumps(given)], cwd=folder, capture_output=True, text=True, check=True
    )
    return dict(json.loads(done.stdout))


@needs_node
def test_our_comment_is_updated_and_nobody_elses_is_touched(tmp_path: Path) -> None:
    others = [
        {"id": 1, "user": {"login": "mallory", "type": "User"}, "body": SAID},
        {"id": 2, "user": {"login": "github-actions[bot]", "type": "User"}, "body": SAID},
        {"id": 3, "user": {"login": "another[bot]", "type": "Bot"}, "body": SAID},
        {"id": 4, "user": None, "body": SAID},
        {"id": 5, "user": BOT, "body": f"quoting {MARK}"},
    ]
    called = posted(tmp_path, [PULL], [*others, {"id": 6, "user": BOT, "body": f"{MARK}\r\nof before"}])
    assert called["update"] == {"owner": "us", "repo": "club", "comment_id": 6, "body": SAID}
    assert "create" not in called
    called = posted(tmp_path, [PULL], others)
    assert called["create"] == {"owner": "us", "repo": "club", "issue_number": 12, "body": SAID}
    assert "update" not in called


@needs_node
def test_the_pull_request_is_that_of_the_event_and_of_no_other_commit(tmp_path: Path) -> None:
    pushed_to = {"number": 13, "head": {"sha": "other", "repo": {"id": 42}}}
    of_another = {"number": 14, "head": {"sha": "5ac1dbb4", "repo": {"id": 43}}}
    gone = {"number": 15, "head": {"sha": "5ac1dbb4", "repo": None}}
    called = posted(tmp_path, [pushed_to, of_another, gone, PULL], [])
    assert called["pulls"] == {"owner": "us", "repo": "club", "state": "open", "head": "friend:gold"}
    assert called["create"]["issue_number"] == 12
    for none in ([], [pushed_to], [of_another], [PULL, PULL]):
        assert posted(tmp_path, none, []).keys() == {"pulls", "notice"}


@needs_node
@pytest.mark.parametrize(
    "said",
    ["", "## Rules\n", f" {SAID}", SAID + "x" * 65_536, SAID + "\u202e", SAID + "\x1b[2J", b"\xff" * 300_000],
    ids=["empty", "no mark", "mark not first", "too long", "bidi", "escape", "too large"],
)
def test_what_is_no_comment_of_ours_is_not_posted(tmp_path: Path, said: str | bytes) -> None:
    assert posted(tmp_path, [PULL], [], said).keys() == {"failed"}


@needs_node
def test_what_is_handed_over_is_a_file_and_no_way_to_another(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text(SAID)
    (tmp_path / "handed").mkdir()
    (tmp_path / "handed" / "comment.md").symlink_to(tmp_path / "elsewhere")
    assert posted(tmp_path, [PULL], [], SAID).keys() == {"failed"}


def test_the_script_knows_the_mark_of_the_command() -> None:
    assert f'const MARK = "{MARK}"' in script()


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
    assert "<summary><b>情景用例 ✓</b>" in said
    assert "没有可对比的客户数据" in said
