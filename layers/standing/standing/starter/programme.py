"""A new programme: a trade's rules, with their schemas, example events and workflows."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from string import Template
from typing import Literal

from standing.local.project import kit_folder
from standing.rules.author.compiler import compile_rules
from standing.rules.author.files import rule_files
from standing.rules.author.formatter import format_rules, write
from standing.rules.author.schemas import SCHEMAS, write_schemas
from standing.rules.frozen import Title
from standing.starter.workflows import EXTRAS, programme_workflow
from standing.values.errors import UserError

type Trade = Literal["bank", "insurer", "shop", "retail"]

README = Path(__file__).with_name("README.md")
WORKFLOWS = Path(".github") / "workflows"


def write_programme(folder: Path, trade: Trade, version: str, now: datetime) -> Title:
    """Write a trade's programme into a new or empty folder. Returns the programme's title.

    The workflows install this `version` of Standing. The example's events happen at `now`.
    Raises UserError if the folder is not empty.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError("{folder} is not empty: name a folder that is, or one that is not there yet", folder=folder)
    _write_rules(folder, trade)
    title = compile_rules(folder / "rules").programme.title
    _write_events(folder / "events", trade, now)
    _write_workflows(folder / WORKFLOWS, version)
    shutil.copyfile(kit_folder() / "samconfig.toml", folder / "samconfig.toml")
    readme = Template(README.read_text(encoding="utf-8")).substitute(en=title.en, zh=title.zh, version=version)
    (folder / "README.md").write_text(readme, encoding="utf-8")
    (folder / ".gitignore").write_text("/.standing/\n", encoding="utf-8")
    return title


def _sources(trade: Trade) -> Iterator[Path]:
    """The kit's folders with a trade's files; files of a later folder replace those of an earlier one."""
    if trade == "retail":  # the kit's rules, without the producers of its demo
        yield kit_folder() / "rules"
    yield kit_folder() / "docs" / "examples" / trade


def _write_rules(folder: Path, trade: Trade) -> None:
    """Write the rules and their schemas. Each file names its schema in its first line."""
    for source in _sources(trade):
        for _, path in rule_files(source):
            target = folder / "rules" / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    write_schemas(folder / SCHEMAS)
    write(format_rules(folder / "rules", folder / SCHEMAS))


def _write_events(folder: Path, trade: Trade, now: datetime) -> None:
    """Write an example of the trade's events, and the schemas of all events."""
    *_, source = _sources(trade)
    shutil.copytree(kit_folder() / "events" / "schemas", folder / "schemas")
    example = Template((source / "events.jsonl").read_text(encoding="utf-8"))
    (folder / "example.json").write_text(example.substitute(now=now.isoformat(timespec="seconds")), encoding="utf-8")


def _write_workflows(folder: Path, version: str) -> None:
    folder.mkdir(parents=True)
    for name in EXTRAS:
        text = (kit_folder() / WORKFLOWS / name).read_text(encoding="utf-8")
        (folder / name).write_text(programme_workflow(name, text, version), encoding="utf-8")
