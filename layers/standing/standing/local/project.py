"""The folders that commands use: the user's programme, and the kit that is deployed.

The programme is searched for from the working directory upwards; the kit comes with the code, in a clone or in a wheel.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

from standing.values.errors import UserError

PACKAGE = Path(__file__).resolve().parents[1]
TOOLS = {"sam": "samcli", "ministack": "ministack"}  # each tool's module, if pip installed it beside Standing


def programme_folder() -> Path:
    """The folder of `rules/programme.yaml`: the working directory or a parent. Raises UserError if there is none."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "rules" / "programme.yaml").exists():
            return folder
    raise UserError("{here}: no rules/programme.yaml here or above: `standing init` writes a programme", here=here)


def kit_folder() -> Path:
    """The kit, laid out as in a clone: the wheel's copy in the package, else the clone."""
    carried = PACKAGE / "kit"
    return carried if carried.exists() else PACKAGE.parents[2]


def deployment_folder(programme: Path) -> Path:
    """The folder to build and deploy a programme from: the clone for its own rules, else a folder in the programme."""
    return programme if programme == kit_folder() else programme / ".standing" / "deployment"


def ruleset_layer(programme: Path) -> Path:
    """The folder of the layer with the programme's compiled rules."""
    return deployment_folder(programme) / "layers" / "ruleset"


def tool(name: str, program: str) -> Path:
    """The path of a tool's program: in the tool's own environment of a clone, else in this process's environment.

    Raises UserError if a clone lacks it, and ModuleNotFoundError if the extra is not installed.
    """
    of_clone = kit_folder() / ".tools" / name / "bin" / program
    if of_clone.exists():
        return of_clone
    if find_spec(TOOLS[name]):
        return Path(sys.executable).with_name(program)
    if kit_folder() != PACKAGE / "kit":
        raise UserError("{name} is not installed in this clone: run `make setup`", name=name)
    raise ModuleNotFoundError(f"no {name}", name=name)
