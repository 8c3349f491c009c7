"""Checks on the workflows under .github: what a pull request runs may only read, and what may write runs nothing of it.

Each check gives what was expected instead of what is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ruamel.yaml import YAML

USES = re.compile(r"^\s*(?:- )?uses:\s*(.*)$", re.MULTILINE)
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
BY_OTHERS = {"pull_request", "workflow_run"}  # what begins them is done by people who may not write here
NEVER = {"pull_request_target", "issue_comment", "issues", "discussion", "discussion_comment", "fork"}

type Workflow = dict[str, Any]
type Job = dict[str, Any]


def faults(text: str) -> list[str]:
    """Everything that a workflow's text has wrong."""
    workflow: Workflow = YAML(typ="safe").load(text)
    found = [*_unpinned(text), *_begun(workflow)]
    for name, job in workflow["jobs"].items():
        checks = (_credentials(job), _expressions(job), _permissions(workflow, job), _secrets(workflow, job))
        found += [f"{name}: expected {said}" for check in checks for said in check]
    return found


def _unpinned(text: str) -> Iterator[str]:
    for used in USES.findall(text):
        if not PINNED.fullmatch(used):
            yield f"{used}: expected a commit's whole hash, and its version as a comment: `@… # v1.2.3`"


def _begun(workflow: Workflow) -> Iterator[str]:
    if workflow.get("permissions") != {}:
        yield "expected `permissions: {}` for all jobs, and what a job needs in the job"
    for event in NEVER & set(workflow["on"]):
        yield f"`{event}` runs with what this repository may, for people who may not: expected another event"


def _steps(job: Job, action: str = "") -> list[Workflow]:
    return [step for step in job["steps"] if str(step.get("uses", "")).startswith(action)]


def _credentials(job: Job) -> Iterator[str]:
    for step in _steps(job, "actions/checkout@"):
        if step.get("with", {}).get("persist-credentials") is not False:
            yield "a checkout with `persist-credentials: false`"


def _expressions(job: Job) -> Iterator[str]:
    """What others write never becomes a command."""
    for step in job["steps"]:
        if "${{" in step.get("run", "") + step.get("with", {}).get("script", ""):
            yield "no `${{` in a command or a script: hand it over by the environment"


def _permissions(workflow: Workflow, job: Job) -> Iterator[str]:
    """Where others begin it: who checks out may read; who may write runs nothing that others wrote."""
    given = job.get("permissions")
    if not isinstance(given, dict):
        yield "its own `permissions`"
    elif BY_OTHERS & set(workflow["on"]):
        writes = {name for name, value in given.items() if value == "write"}
        if _runs_the_tree(job) and given != {"contents": "read"}:
            yield "`contents: read` and no more, where what a pull request holds is run"
        if "workflow_run" in workflow["on"] and (_runs_the_tree(job) or writes - {"pull-requests"}):
            yield "nothing checked out or run, and no more than `pull-requests: write`"
        if "pull_request" in workflow["on"] and writes - {"id-token"}:
            yield "nothing written by what a pull request begins"


def _runs_the_tree(job: Job) -> bool:
    """Whether it runs anything but what the runner itself and pinned actions bring."""
    commands = [step.get("run", "") for step in job["steps"]]
    ours = any(
        re.search(r"\bmake\b|\.venv|\bpip\b|\bstanding\b|python|\./|\bnpm\b|\bnode\b", command) for command in commands
    )
    return ours or bool(_steps(job, "actions/checkout@")) or bool(_steps(job, "./"))


def _secrets(workflow: Workflow, job: Job) -> Iterator[str]:
    said = str(job)
    if BY_OTHERS & set(workflow["on"]) and "secrets" in said:
        yield "no secret"
    if _runs_the_tree(job) and "github.token" in said:
        yield "no token where a tree is run"
