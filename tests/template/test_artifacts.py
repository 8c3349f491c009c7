"""What `make build` made fits into Lambda, runs there, and starts; every check notices a build that is broken."""

from __future__ import annotations

import os
import sysconfig
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tests.template.artifacts import (
    LARGEST,
    RUNTIME,
    Build,
    architectures,
    glibc,
    imports,
    read_build,
    sizes,
    strays,
)

ROOT = Path(__file__).parents[2]
CHECKS = (sizes, strays, architectures, glibc)

ENVIRONMENT = "Environment: {Variables: {TABLE: !Ref Table, LEVEL: !Ref Level, PLAIN: plain}}"
TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters: {Level: {Type: String, Default: INFO}}
Globals: {Function: {Runtime: python3.12, Architectures: [x86_64], Handler: handler.handler, Layers: [!Ref Shared]}}
Resources:
  Table: {Type: AWS::DynamoDB::Table}
  Shared:
    Type: AWS::Serverless::LayerVersion
    Properties: {ContentUri: Shared, CompatibleArchitectures: [x86_64]}
  Greet:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: Greet
      Environment: {Variables: {TABLE: !Ref Table, LEVEL: !Ref Level, PLAIN: plain}}
"""
HANDLER = """
import os
import boto3
import greeting
import dateutil.tz, six, urllib3
known = os.environ["TABLE"], {"INFO": 1}[os.environ["LEVEL"]], {"plain": 1}[os.environ["PLAIN"]]
boto3.client("dynamodb")
def handler(event, context): ...
"""

type Check = Callable[[Build], Iterable[str]]
type Change = Callable[[Path], object]


def elf(machine: int = 62, glibc_version: str = "2.34") -> bytes:
    return b"\x7fELF\x02\x01" + bytes(12) + machine.to_bytes(2, "little") + f" GLIBC_{glibc_version}\0".encode()


def write(place: str, content: bytes | str) -> Change:
    """Write one file of a build."""
    data = content if isinstance(content, bytes) else content.encode()

    def change(build: Path) -> None:
        (build / place).parent.mkdir(parents=True, exist_ok=True)
        (build / place).write_bytes(data)

    return change


def fill(place: str, size: int) -> Change:
    """Make a file as large as that, without writing it."""

    def change(build: Path) -> None:
        write(place, b"")(build)
        os.truncate(build / place, size)

    return change


def replace(old: str, new: str) -> Change:
    """Change the build's template."""
    assert old in TEMPLATE
    return write("template.yaml", TEMPLATE.replace(old, new))


def both(*changes: Change) -> Change:
    """One change after another."""

    def change(build: Path) -> None:
        for one in changes:
            one(build)

    return change


SOUND = both(
    write("template.yaml", TEMPLATE),
    write("Greet/handler.py", HANDLER),
    write("Shared/python/greeting/__init__.py", "from greeting import hello"),
    write("Shared/python/greeting/hello.py", ""),
    write("Shared/python/greeting/fast.so", elf()),
)
HALVES = both(fill("Shared/python/data", LARGEST // 2), fill("Greet/data", LARGEST // 2))
SITE = "Shared/python/lib/python3.12/site-packages"
TO_ARM = replace("Architectures: [x86_64], Handler", "Architectures: [arm64], Handler")
LAYER_TO_ARM = replace("CompatibleArchitectures: [x86_64]", "CompatibleArchitectures: [x86_64, arm64]")

# what is broken → (the check that must see it, the start of its finding, how it is broken)
BROKEN: dict[str, tuple[Check, str, Change]] = {
    "layer too large": (sizes, "Greet: 230 MB", fill("Shared/data", LARGEST)),
    "function too large": (sizes, "Greet: 230 MB", fill("Greet/data", LARGEST)),
    "too large together": (sizes, "Greet: 230 MB", HALVES),
    "boto3 in the layer": (strays, "Shared", write("Shared/python/boto3/__init__.py", "")),
    "polars in the layer": (strays, "Shared", write("Shared/python/polars/__init__.py", "")),
    "polars for all": (
        strays,
        "Greet: PolarsLayer",
        both(replace("Shared", "PolarsLayer"), fill("PolarsLayer/data", 1)),
    ),
    "botocore as lib": (strays, "Shared", write(f"{SITE}/botocore/__init__.py", "")),
    "moto in the function": (strays, "Greet: moto", write("Greet/moto/__init__.py", "")),
    "pytest's other name": (strays, "Shared", write("Shared/python/_pytest/__init__.py", "")),
    "typer as metadata": (strays, "Shared", write("Shared/python/typer-0.9.dist-info/METADATA", "")),
    "rich as a module": (strays, "Shared", write("Shared/python/rich.py", "")),
    "z3 in the layer": (strays, "Shared", write("Shared/python/z3/z3.py", "")),
    "function for another processor": (architectures, "Greet: arm64", TO_ARM),
    "layer for two processors": (architectures, "Shared", LAYER_TO_ARM),
    "part for another processor": (architectures, "Shared", write("Shared/python/a.so", elf(machine=183))),
    "versioned part": (architectures, "Shared", write("Shared/python/x.libs/a.so.1.2", elf(machine=183))),
    "part without an ending": (architectures, "Greet: tool", write("Greet/tool", elf(machine=183))),
    "part for another system": (architectures, "Greet: a.so", write("Greet/a.so", b"\xcf\xfa\xed\xfe")),
    "newer C library": (glibc, "Shared", write("Shared/python/a.so", elf(glibc_version="2.35"))),
    "much newer C library": (glibc, "Greet: a.so.6", write("Greet/a.so.6", elf(glibc_version="2.100"))),
}

# what keeps a handler from starting → (how it is broken, the end of the finding)
UNSTARTABLE: dict[str, tuple[Change, str]] = {
    "dependency missing from the layer": (
        write("Shared/python/greeting/__init__.py", "import orjson"),
        "No module named 'orjson'",
    ),
    "dependency of the function missing": (
        write("Greet/handler.py", "import polars"),
        "No module named 'polars'",
    ),
    "test tools missing": (write("Greet/handler.py", "import pytest"), "No module named 'pytest'"),
    "no such function": (write("Greet/handler.py", "import greeting"), "has no attribute 'handler'"),
    "no such module": (replace("handler.handler", "main.handler"), "No module named 'main'"),
    "no environment": (replace(ENVIRONMENT, ""), "KeyError: 'TABLE'"),
    "died without a word": (write("Greet/handler.py", "import os; os._exit(3)"), "died"),
    "variable missing": (replace("TABLE: !Ref Table, ", ""), "KeyError: 'TABLE'"),
    "wrong variable": (replace("Default: INFO", "Default: LOUD"), "KeyError: 'LOUD'"),
}


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages that Lambda brings, and nothing else of this environment."""
    folder = tmp_path_factory.mktemp("runtime")
    installed = Path(sysconfig.get_path("purelib"))
    for name in RUNTIME:
        source = next(path for path in (installed / name, installed / f"{name}.py") if path.exists())
        (folder / source.name).symlink_to(source)
    return folder


@pytest.fixture(scope="module")
def real() -> Build:
    return read_build(ROOT / os.environ.get("STANDING_BUILD", ".aws-sam/build"))


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A small build in which everything is right."""
    SOUND(tmp_path)
    return tmp_path


@pytest.mark.parametrize("check", CHECKS)
def test_the_build_keeps_the_check(real: Build, check: Check) -> None:
    assert list(check(real)) == []


def test_the_build_has_what_is_checked(real: Build) -> None:
    assert real.functions
    assert all(function.layers for function in real.functions)
    assert [part for unit in real.layers for part in unit.folder.rglob("*.so")]


def test_every_handler_starts(real: Build, runtime: Path) -> None:
    assert list(imports(real, runtime)) == []


@pytest.mark.parametrize("check", CHECKS)
def test_a_sound_build_keeps_the_check(made: Path, check: Check) -> None:
    assert list(check(read_build(made))) == []


def test_a_layer_of_data_need_not_name_an_architecture(made: Path) -> None:
    replace(", CompatibleArchitectures: [x86_64]", "")(made)
    assert list(architectures(read_build(made))) == []


def test_a_sound_handler_starts_and_leaves_the_build_as_it_was(made: Path, runtime: Path) -> None:
    before = sorted(made.rglob("*"))
    assert list(imports(read_build(made), runtime)) == []
    assert sorted(made.rglob("*")) == before


@pytest.mark.parametrize(("check", "finding", "change"), BROKEN.values(), ids=BROKEN)
def test_the_check_names_what_is_broken(made: Path, check: Check, finding: str, change: Change) -> None:
    change(made)
    findings = list(check(read_build(made)))
    assert [one for one in findings if one.startswith(finding)], findings


@pytest.mark.parametrize(("change", "reason"), UNSTARTABLE.values(), ids=UNSTARTABLE)
def test_a_handler_that_does_not_start_says_why(made: Path, runtime: Path, change: Change, reason: str) -> None:
    change(made)
    (finding,) = imports(read_build(made), runtime)
    assert finding.startswith("Greet: ")
    assert finding.endswith(reason)


def test_a_layer_of_somebody_else_cannot_be_measured(made: Path) -> None:
    replace("Layers: [!Ref Shared]", "Layers: ['arn:aws:lambda:eu-central-1:1:layer:x:1']")(made)
    with pytest.raises(ValueError, match="Greet has a layer that this template does not make"):
        read_build(made)


@pytest.mark.parametrize("missing", ["template.yaml", "Greet", "Shared"])
def test_a_build_that_is_missing_says_what_to_do(made: Path, missing: str) -> None:
    (made / missing).rename(made / "gone")
    with pytest.raises(FileNotFoundError, match=f"{missing} is missing: run `make build` first"):
        read_build(made)
