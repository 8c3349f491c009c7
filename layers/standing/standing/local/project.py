"""The folders that commands work with: the programme of whoever runs them, and the kit that is deployed.

The programme is looked for in the working directory; the kit goes with the code, in a clone and in a wheel alike.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

from standing.values.errors import UserError

PACKAGE = Path(__file__).resolve().parents[1]
TOOLS = {"sam": "samcli", "ministack": "ministack"}  # what each is imported by, where pip installed it beside us


def programme_folder() -> Path:
    """The folder of `rules/programme.yaml`, here or above. Raises UserError where there is none."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "rules" / "programme.yaml").exists():
            return folder
    raise UserError("{here}: no rules/programme.yaml here or above: `standing init` writes a programme", here=here)


def kit_folder() -> Path:
    """What is deployed, laid out as in a clone: what the wheel carries in the package, else the clone itself."""
    carried = PACKAGE / "kit"
    return carried if carried.exists() else PACKAGE.parents[2]


def deployment_folder(programme: Path) -> Path:
    """Where a programme is built and deployed from: the clone for its own rules, else a folder of the programme's."""
    return programme if programme == kit_folder() else programme / ".standing" / "deployment"


def ruleset_layer(programme: Path) -> Path:
    """The layer that a programme's rules are compiled into."""
    return deployment_folder(programme) / "layers" / "ruleset"


def tool(name: str, program: str) -> Path:
    """A program of a tool: of the clone's environment for it, else of the one that runs this.

    Raises UserError where a clone lacks it, ModuleNotFoundError where an extra does.
    """
    of_clone = kit_folder() / ".tools" / name / "bin" / program
    if of_clone.exists():
        return of_clone
    if find_spec(TOOLS[name]):
        return Path(sys.executable).with_name(program)
    if kit_folder() != PACKAGE / "kit":
        raise UserError("{name} is not installed in this clone: run `make setup`", name=name)
    raise ModuleNotFoundError(f"no {name}", name=name)
