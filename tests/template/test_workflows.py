"""The workflows keep every check, and every check notices when one thing is broken.

So do those that `standing init` writes, where Standing is installed instead of built of a clone.
"""

from __future__ import annotations

import pytest
from standing.starter.workflows import programme_workflow

from tests.make.support import ROOT
from tests.template.workflows import faults

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
RULES, COMMENT, RELEASE = "rules.yml", "rules-comment.yml", "release.yml"
CHECKOUT = "actions/checkout@11d5960a326750d5838078e36cf38b85af677262 # v4.4.0"
BROKEN = [
    (RULES, CHECKOUT, "actions/checkout@v4", "a commit's whole hash"),
    (RULES, CHECKOUT, CHECKOUT.removesuffix(" # v4.4.0"), "its version as a comment"),
    (RULES, CHECKOUT, CHECKOUT.replace("11d5960a", "11d5960"), "a commit's whole hash"),
    (RULES, CHECKOUT, "./.github/actions/checkout", "a commit's whole hash"),
    (RULES, "persist-credentials: false", "persist-credentials: true", "persist-credentials"),
    (RULES, "fetch-depth: 0, persist-credentials: false", "fetch-depth: 0", "persist-credentials"),
    (RULES, "permissions: {}", "permissions: {contents: write}", "`permissions: {}`"),
    (RULES, "permissions: {}\n", "", "`permissions: {}`"),
    (RULES, "contents: read", "contents: write", "`contents: read` and no more"),
    (RULES, "contents: read", "contents: read\n      id-token: write", "`contents: read` and no more"),
    (RULES, "contents: read", "contents: read\n      pull-requests: write", "nothing written"),
    (RULES, "id-token: write # to read", "contents: write # to read", "nothing written"),
    (
        RULES,
        "      - name: The customers",
        "      - run: make setup\n      - name: The customers",
        "`contents: read` and",
    ),
    (
        RULES,
        "      - name: The customers",
        "      - run: pip install .\n      - name: The customers",
        "`contents: read` and",
    ),
    (
        RULES,
        "      - name: The customers",
        "      - run: standing rules check\n      - name: The customers",
        "`contents: read` and",
    ),
    (RULES, 'env: {BASE: "origin', 'env: {KEY: "${{ secrets.KEY }}", BASE: "origin', "no secret"),
    (RULES, 'env: {BASE: "origin', 'env: {GH: "${{ github.token }}", BASE: "origin', "no token"),
    (RULES, '--base "$BASE"', '--base "origin/${{ github.base_ref }}"', "no `${{` in a command"),
    (RULES, "  pull_request:", "  pull_request_target:", "another event"),
    (COMMENT, "    steps:\n", f"    steps:\n      - uses: {CHECKOUT}\n", "nothing checked out or run"),
    (COMMENT, "    steps:\n", "    steps:\n      - run: ./handed/run\n", "nothing checked out or run"),
    (COMMENT, "pull-requests: write", "contents: write", "no more than `pull-requests: write`"),
    (COMMENT, "pull-requests: write", "pull-requests: write\n      id-token: write", "no more than `pull-requests"),
    (COMMENT, 'require("fs")', 'require("${{ github.head_ref }}")', "no `${{` in a command or a script"),
    (COMMENT, "  workflow_run:\n", "  issue_comment:\n  workflow_run:\n", "another event"),
    (RELEASE, "persist-credentials: false", "fetch-depth: 1", "persist-credentials"),
    (
        RELEASE,
        "    permissions:\n      contents: read\n      id-token: write # to deploy\n",
        "",
        "its own `permissions`",
    ),
]


def text_of(name: str, whose: str = "clone") -> str:
    text = (ROOT / ".github" / "workflows" / name).read_text(encoding="utf-8")
    return programme_workflow(name, text, "1.2.3") if whose == "programme" else text


of_each = pytest.mark.parametrize("whose", ["clone", "programme"])


@of_each
@pytest.mark.parametrize("name", [path.name for path in WORKFLOWS])
def test_a_workflow_keeps_every_check(name: str, whose: str) -> None:
    assert faults(text_of(name, whose)) == []


@pytest.mark.parametrize("name", [path.name for path in WORKFLOWS])
def test_a_programmes_workflow_needs_no_clone_and_installs_one_version(name: str) -> None:
    text = text_of(name, "programme")
    assert not any(word in text for word in ("make ", ".venv", ".python-version"))
    assert text.count("==1.2.3'") == text.count("pip install") == (name != COMMENT)


@of_each
@pytest.mark.parametrize(("name", "old", "new", "said"), BROKEN)
def test_a_broken_workflow_is_noticed(name: str, old: str, new: str, said: str, whose: str) -> None:
    text = text_of(name, whose)
    assert old in text
    found = faults(text.replace(old, new))
    assert any(said in fault for fault in found), found
