"""The workflows of a programme's repository: Standing's workflows, but they install Standing and do not build it."""

from __future__ import annotations

EXTRAS = {"rules.yml": "authoring", "rules-comment.yml": "", "release.yml": "authoring,local"}  # extras by workflow


def programme_workflow(name: str, text: str, version: str) -> str:
    """The text of a workflow for a programme, from the kit's text."""
    installed = f"pip install 'standing-engine[{EXTRAS[name]}]=={version}'"
    return (
        text.replace("make setup", installed)
        .replace(".venv/bin/standing", "standing")
        .replace("python-version-file: .python-version", 'python-version: "3.12"')
    )
