"""What must hold for the built folders: one function a check, from a build to its findings. Deploys nothing."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.template.cloudformation import FUNCTION, Properties, Template, at, listed, of_type, pointed_at, text
from tests.template.translate import REGION, translate

LAYER = "AWS::Lambda::LayerVersion"
LARGEST = 230 * 1024 * 1024  # Lambda takes 250 of these, and unzips nothing above them
ARCHITECTURE = "x86_64"
E_MACHINE = 62  # x86-64, in the header of an ELF file
NEWEST_GLIBC = (2, 34)  # what Amazon Linux 2023 has, on which python3.12 runs
STRAYS = frozenset({"boto3", "botocore", "polars", "moto", "pytest", "typer", "rich", "z3"})
BATCH_LAYERS = {"PolarsLayer": "polars"}  # each by what alone it may hold of the strays
BATCH = frozenset({"Archive", "Deal", "Train", "Rescore"})  # the functions that may have them
RUNTIME = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")
IMPORT_ROOTS = ("python/lib/python3.12/site-packages", "python")

IMPORTING = """
import importlib, sys
module, _, name = sys.argv[1].rpartition(".")
sys.path[:0] = sys.argv[2:]
getattr(importlib.import_module(module), name).__call__
"""


@dataclass(frozen=True)
class Unit:
    """A folder that is zipped as it is: a function or a layer."""

    name: str
    folder: Path
    architectures: tuple[str, ...]
    import_roots: tuple[Path, ...]


@dataclass(frozen=True)
class Function:
    """A function, the layers beneath it (lowest first), and what its configuration starts it with."""

    unit: Unit
    layers: tuple[Unit, ...]
    handler: str
    environment: dict[str, str]


@dataclass(frozen=True)
class Build:
    """All that `sam build` made."""

    functions: tuple[Function, ...]
    layers: tuple[Unit, ...]

    @property
    def units(self) -> tuple[Unit, ...]:
        return (*(function.unit for function in self.functions), *self.layers)


def read_build(folder: Path) -> Build:
    """The build in a folder; FileNotFoundError where it, or a folder it speaks of, is missing.

    ValueError where a function has a layer that is made elsewhere: what is in it cannot be looked at.
    """
    template = translate(_there(folder / "template.yaml"))
    layers = {name: _layer(folder, name, layer) for name, layer in of_type(template, LAYER).items()}
    functions = of_type(template, FUNCTION)
    return Build(
        functions=tuple(_function(folder, template, name, layers) for name in functions),
        layers=tuple(layers.values()),
    )


def sizes(build: Build) -> Iterator[str]:
    """A function that is too large to be unzipped beside its layers."""
    for function in build.functions:
        size = sum(_size(unit.folder) for unit in (function.unit, *function.layers))
        if size > LARGEST:
            yield f"{function.unit.name}: {size / 1024**2:.0f} MB with its layers, {LARGEST // 1024**2} are allowed"


def strays(build: Build) -> Iterator[str]:
    """A package that the runtime brings, or that only the batch, the tests or the tools need."""
    for unit in build.units:
        found = {path.name.split(".")[0].split("-")[0].lstrip("_") for path in _importable(unit)}
        for package in sorted(found & STRAYS - {BATCH_LAYERS.get(_as_written(unit))}):
            yield f"{unit.name}: {package} does not belong here"
    for function in build.functions:
        for layer in function.layers:
            if _as_written(layer) in BATCH_LAYERS and function.unit.name not in BATCH:
                yield f"{function.unit.name}: {layer.name} is for the batch alone"


def _as_written(layer: Unit) -> str:
    """A layer's name in the template; SAM adds a digest of its content."""
    return re.sub(r"[0-9a-f]{10}$", "", layer.name)


def architectures(build: Build) -> Iterator[str]:
    """A function, layer or compiled part that is made for another processor than the rest."""
    for unit in build.units:
        if unit.architectures not in ((), (ARCHITECTURE,)):  # a layer of data need not say
            yield f"{unit.name}: {', '.join(unit.architectures)}, expected {ARCHITECTURE}"
        for path in _compiled(unit):
            if _machine(path) != E_MACHINE:
                yield f"{unit.name}: {path.relative_to(unit.folder)} is not compiled for {ARCHITECTURE}"


def glibc(build: Build) -> Iterator[str]:
    """A compiled part that asks for a newer C library than Lambda has."""
    for unit in build.units:
        for path in _compiled(unit):
            found = re.findall(rb"GLIBC_(\d+)\.(\d+)", path.read_bytes())
            newest = max(((int(major), int(minor)) for major, minor in found), default=(0, 0))
            if newest > NEWEST_GLIBC:
                yield f"{unit.name}: {path.relative_to(unit.folder)} needs GLIBC {newest[0]}.{newest[1]}"


def imports(build: Build, runtime: Path) -> Iterator[str]:
    """A handler that does not start; `runtime` is a folder of the packages that Lambda brings."""
    for function in build.functions:
        units = (function.unit, *reversed(function.layers))
        roots = [*(root for unit in units for root in unit.import_roots), runtime]
        # -B: a build must not change because it was looked at.
        command = [sys.executable, "-I", "-S", "-B", "-c", IMPORTING, function.handler, *map(str, roots)]
        ran = subprocess.run(command, env=_start(function), capture_output=True, text=True, check=False)
        if ran.returncode:
            yield f"{function.unit.name}: {(ran.stderr.strip().splitlines() or ['died'])[-1]}"


def _start(function: Function) -> dict[str, str]:
    # A client looks for credentials when it is made, on the network if nowhere else.
    own = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_EC2_METADATA_DISABLED": "true"}
    return own | {"AWS_DEFAULT_REGION": REGION} | function.environment


def _there(path: Path) -> Path:
    if not path.exists():
        message = f"{path} is missing: run `make build` first"
        raise FileNotFoundError(message)
    return path


def _layer(folder: Path, name: str, layer: Properties) -> Unit:
    place = _there(folder / layer["Content"]["S3Key"])
    made_for = tuple(layer.get("CompatibleArchitectures", ()))
    return Unit(name, place, made_for, tuple(place / root for root in IMPORT_ROOTS if (place / root).is_dir()))


def _function(folder: Path, template: Template, name: str, layers: dict[str, Unit]) -> Function:
    properties = template["Resources"][name]["Properties"]
    place = _there(folder / properties["Code"]["S3Key"])
    return Function(
        unit=Unit(name, place, tuple(properties.get("Architectures", (ARCHITECTURE,))), (place,)),
        layers=tuple(_layers(name, properties, layers)),
        handler=properties["Handler"],
        environment=_environment(template, properties),
    )


def _layers(name: str, properties: Properties, made: dict[str, Unit]) -> Iterator[Unit]:
    for layer in listed(properties.get("Layers")):
        if pointed_at(layer) not in made:
            message = f"{name} has a layer that this template does not make: {text(layer)}"
            raise ValueError(message)
        yield made[pointed_at(layer)]


def _environment(template: Template, properties: Properties) -> dict[str, str]:
    """What the function will find in its environment; a name that only AWS knows stands for itself."""
    defaults = {name: at(parameter, "Default") for name, parameter in template.get("Parameters", {}).items()}
    variables = at(properties, "Environment", "Variables") or {}
    return {key: str(defaults.get(pointed_at(value)) or text(value)) for key, value in variables.items()}


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _importable(unit: Unit) -> Iterator[Path]:
    for root in unit.import_roots:
        yield from root.iterdir()


def _compiled(unit: Unit) -> Iterator[Path]:
    for path in sorted(unit.folder.rglob("*")):
        if path.is_file() and (re.search(r"\.so(\.\d+)*$", path.name) or _head(path).startswith(b"\x7fELF")):
            yield path


def _machine(path: Path) -> int:
    """The processor an ELF file is made for; 0 where it is no little-endian ELF file of 64 bits."""
    head = _head(path)
    return int.from_bytes(head[18:20], "little") if head.startswith(b"\x7fELF\x02\x01") else 0


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(20)
