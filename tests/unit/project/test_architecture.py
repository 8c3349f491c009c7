"""The rooms stay apart, handlers stay thin, and what is made from the code is current."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import jsonschema
import pytest
from standing.events import MODELS, personal_fields
from standing.operations.schemas import schemas

from tests.make.support import ROOT

PACKAGE = ROOT / "layers" / "standing" / "standing"
CORE = ("values", "rules", "events", "engine", "foresight")  # pure: no clock, no network, no environment
FUNCTIONS = (*CORE, "aws", "ingest", "publish")  # what the functions of the event path run
ALLOWED = {  # beside itself; nobody imports a room that imports it
    "values": "",
    "rules": "values",
    "events": "values rules",
    "engine": "values rules events",
    "foresight": "values rules events engine",
    "rules/author": "values rules events engine",
    "rules/prove": "values rules events engine rules/author",
    "rules/scenarios": "values rules events engine rules/author foresight",
    "aws": "values rules events engine",
    "report": "values",
    "ingest": "values rules events engine aws",
    "publish": "values rules events engine aws",
    "lake": "values rules events engine aws",
    "archive": "values rules aws lake",
    "rescoring": "values rules events engine lake",
    "scores": "values rules events lake rescoring present operations",
    "nightly": "values rules events engine aws lake rescoring scores report",
    "present": "values rules rules/author rules/prove rules/scenarios engine report",
    "operations": "values rules events engine aws present",
    "local": "values",
    "starter": "values rules rules/author local",
    "impact": "values rules rules/author rules/prove rules/scenarios engine aws rescoring present",
    "backfill": "values rules events engine aws lake rescoring nightly present operations",
    "search": "values rules rules/author engine aws lake rescoring nightly present report",
    "release": "values rules rules/author events engine aws ingest present operations local",
    "customers": "values rules rules/author rules/scenarios engine foresight aws lake nightly present backfill release "
    "report",
    "cli": "values rules rules/author rules/prove rules/scenarios aws lake nightly scores present operations local "
    "starter impact customers backfill search release report",
}
CORE_MAY_USE = {"pydantic", "orjson", "durable_rules_engine", "standing"}
CLOCKS = {"time", "os", "socket", "pathlib", "subprocess", "random"}
BATCH_ONLY = {"polars", "typer", "rich", "z3", "boto3", "botocore", "ruamel.yaml", "iso4217", "plotly"}


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def room_of(module: str) -> str:
    """The room of a module such as `engine.codec.state`: the first folder, of the rules the second, if there is one."""
    first, *rest = module.split(".")
    return name if rest and (name := f"{first}/{rest[0]}") in ALLOWED else first


def modules() -> dict[str, Path]:
    """Every module of the package, with its file."""
    paths = {path.relative_to(PACKAGE).with_suffix(""): path for path in PACKAGE.rglob("*.py")}
    return {".".join(path.parts).removesuffix(".__init__"): file for path, file in paths.items() if len(path.parts) > 1}


MODULES = modules()


def ours(path: Path) -> set[str]:
    """The modules of the package that a file imports; of a package the modules that it names."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("standing."):
            name = (node.module or "").removeprefix("standing.")
            found |= {part if (part := f"{name}.{alias.name}") in MODULES else name for alias in node.names}
    return found


@pytest.mark.parametrize("room", ALLOWED)
def test_a_room_imports_only_what_it_may(room: str) -> None:
    for name, path in MODULES.items():
        if room_of(name) == room:
            assert {room_of(other) for other in ours(path)} <= {room, *ALLOWED[room].split()}, name


def test_every_room_is_in_the_table_and_no_two_import_each_other() -> None:
    assert {room_of(name) for name in MODULES} == ALLOWED.keys()
    TopologicalSorter({room: may.split() for room, may in ALLOWED.items()}).prepare()


def test_no_module_imports_one_that_imports_it() -> None:
    TopologicalSorter({name: ours(path) - {name} for name, path in MODULES.items()}).prepare()


def of_rooms(rooms: Iterable[str]) -> Iterator[Path]:
    """The files of some rooms."""
    return (path for name, path in MODULES.items() if room_of(name) in set(rooms))


def test_the_core_touches_no_clock_no_network_and_no_environment() -> None:
    for path in of_rooms(CORE):
        roots = {name.split(".")[0] for name in imports(path)}
        assert not roots & CLOCKS, path.name
        assert "datetime.now" not in path.read_text(), path.name


def test_a_function_never_loads_what_its_layer_does_not_have() -> None:
    for path in of_rooms(FUNCTIONS):
        allowed = {"boto3", "botocore"} if "aws" in path.parts else {"botocore"}
        assert not imports(path) & (BATCH_ONLY - allowed), path.name


def captures(source: str) -> bool:
    """Whether a module uses powertools' tracer or X-Ray's SDK, which keep what functions take and give back."""
    names = {part for node in ast.walk(ast.parse(source)) for part in _named(node)}
    return any("xray" in name.lower() or name in ("Tracer", "tracing") for name in names)


def _named(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        module = getattr(node, "module", None) or ""
        return {*module.split("."), *(part for alias in node.names for part in alias.name.split("."))}
    return set()


def test_traces_have_no_bodies() -> None:
    """X-Ray is told by Lambda alone that a function ran, and how it ended: an event's values are never in a trace."""
    modules = [*PACKAGE.rglob("*.py"), *(ROOT / "functions").rglob("*.py")]
    assert [path.name for path in modules if captures(path.read_text())] == []
    assert captures("from aws_lambda_powertools import Logger, Tracer")
    assert captures("import aws_xray_sdk.core")
    assert captures("from aws_lambda_powertools.tracing import Tracer as T")
    assert not captures("from aws_lambda_powertools import Logger, Metrics")


def test_the_layers_requirements_hold_no_tools() -> None:
    text = (ROOT / "layers" / "standing" / "requirements.txt").read_text()
    packages = set(re.findall(r"^([a-z0-9_.-]+)==", text, re.MULTILINE))
    assert "tzdata" in packages
    assert not packages & {"typer", "rich", "z3-solver", "boto3", "botocore", "polars", "plotly"}


@pytest.mark.parametrize(
    "handler", sorted((ROOT / "functions").glob("*/handler.py")), ids=lambda path: path.parent.name
)
def test_handlers_are_thin(handler: Path) -> None:
    functions = [node for node in ast.walk(ast.parse(handler.read_text())) if isinstance(node, ast.FunctionDef)]
    assert functions
    assert all((node.end_lineno or 0) - node.lineno < 25 for node in functions)
    (entry,) = [node for node in functions if node.name == "handler"]
    assert "values_hidden" in {node.id for node in entry.decorator_list if isinstance(node, ast.Name)}
    assert "function_logger()" in handler.read_text()
    assert "Logger" not in handler.read_text()  # of its own making, beside which libraries log what they send


def test_schemas_are_current() -> None:
    folder = ROOT / "events" / "schemas"
    assert {path.stem: path.read_text() for path in folder.glob("*.json")} == schemas()


def test_there_is_a_sample_of_each_type_and_it_fits_its_schema() -> None:
    samples = [json.loads(path.read_text()) for path in (ROOT / "events").glob("*.json")]
    assert {sample["detail-type"] for sample in samples} == set(MODELS)
    for sample in samples:
        jsonschema.validate(sample["detail"], json.loads(schemas()[sample["detail-type"]]))


def test_personal_fields_are_marked_in_the_schemas() -> None:
    for name, text in schemas().items():
        fields = json.loads(text)["properties"]
        assert {field for field in fields if fields[field].get("x-personal")} == personal_fields(MODELS[name])
    assert personal_fields(MODELS["feedback.v1"]) == {"comment"}


def test_no_machines_path_and_no_download_host_is_committed() -> None:
    for path in [*(ROOT / "requirements").glob("*.txt"), ROOT / "layers" / "standing" / "requirements.txt"]:
        assert "://" not in path.read_text(), path.name
