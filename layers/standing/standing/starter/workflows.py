"""The workflows of a programme's repository: those of Standing's own, with Standing installed instead of built."""

from __future__ import annotations

EXTRAS = {"rules.yml": "authoring", "rules-comment.yml": "", "release.yml": "authoring,local"}  # what each runs needs


def programme_workflow(name: str, text: str, version: str) -> str:
    """A workflow as a programme has it, of the one that the kit has."""
    installed = f"pip install 'standing-engine[{EXTRAS[name]}]=={version}'"
    return (
        text.replace("make setup", installed)
        .replace(".venv/bin/standing", "standing")
        .replace("python-version-file: .python-version", 'python-version: "3.12"')
    )
