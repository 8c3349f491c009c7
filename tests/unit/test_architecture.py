"""The rooms stay apart, handlers stay thin, and what is made from the code is current."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import jsonschema
import pytest
from standing.core.events import MODELS, personal_fields
from standing.tools.events.schemas import schemas

from tests.support import ROOT

PACKAGE = ROOT / "layers" / "standing" / "standing"
ALLOWED = {
    "core": {"core"},
    "adapters": {"core", "adapters"},
    "event_path": {"core", "adapters", "event_path"},
    "rulebook": {"core", "rulebook"},
    "batch": {"core", "adapters", "batch"},
    "pages": {"core", "pages"},
    "report": {"core", "pages", "report"},
    "backfill": {"core", "adapters", "batch", "backfill"},
    "night": {"core", "adapters", "batch", "night"},
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


@pytest.mark.parametrize("room", ALLOWED)
def test_a_room_imports_only_what_it_may(room: str) -> None:
    for path in (PACKAGE / room).rglob("*.py"):
        ours = {name.split(".")[1] for name in imports(path) if name.startswith("standing.")}
        assert ours <= ALLOWED[room], path.name


def test_the_core_touches_no_clock_no_network_and_no_environment() -> None:
    for path in (PACKAGE / "core").rglob("*.py"):
        roots = {name.split(".")[0] for name in imports(path)}
        assert not roots & CLOCKS, path.name
        assert "datetime.now" not in path.read_text(), path.name


def test_a_function_never_loads_what_its_layer_does_not_have() -> None:
    for room in ("core", "event_path"):
        for path in (PACKAGE / room).rglob("*.py"):
            assert not {name for name in imports(path) if name in BATCH_ONLY - {"botocore"}}, path.name


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
    assert "discreet" in {node.id for node in entry.decorator_list if isinstance(node, ast.Name)}
    assert "own_logger()" in handler.read_text()
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
