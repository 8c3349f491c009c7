"""Reports as they were stored, by whatever code, made reports of today. Whoever reads one reads it here.

Older ones lack parts, count less, or say what is wrong in words of their own, which are shown as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import orjson
from pydantic import TypeAdapter

from standing.report.model import BucketReport, Report, ScoreModel
from standing.values.faults import Fault

type Stored = dict[str, Any]  # as JSON has it


def read_report(body: bytes) -> Report:
    """A night's report. Raises ValueError where it is none."""
    report: Report = _reader(Report).validate_python(_upgraded(orjson.loads(body)))
    return report


def read_bucket(body: bytes) -> BucketReport:
    """A bucket's part. Raises ValueError where it is none."""
    part: BucketReport = _reader(BucketReport).validate_python(_upgraded(orjson.loads(body)))
    return part


def read_model(stored: Mapping[str, Any]) -> ScoreModel:
    """The model of scores, as one step of a night tells the next. Raises ValueError where it is something else."""
    model: ScoreModel = _reader(ScoreModel).validate_python(stored)
    return model


def read_faults(stored: Mapping[str, Any]) -> dict[str, Fault]:
    """What is wrong, by name. Raises ValueError where it is something else."""
    wrong: dict[str, Fault] = _reader(dict[str, Fault]).validate_python(_faults(stored))
    return wrong


@cache
def _reader(kind: Any) -> TypeAdapter[Any]:  # noqa: ANN401 -- a type
    return TypeAdapter(kind)


def _upgraded(stored: Any) -> Stored:  # noqa: ANN401 -- whatever there is
    if not isinstance(stored, dict):
        raise ValueError("not a report")
    upgraded: Stored = stored
    try:
        for upgrade in UPGRADES:
            upgraded = upgraded | upgrade(upgraded)
    except (AttributeError, TypeError):  # something else stands where a part should
        raise ValueError("not a report") from None
    return upgraded


def _incomplete_customers(stored: Stored) -> Stored:
    """They were named, and not counted."""
    return {"incomplete_customers": stored.get("incomplete_customers", len(stored.get("incomplete", [])))}


def _wrong(stored: Stored) -> Stored:
    """It was told in English."""
    return {"wrong": _faults(stored.get("wrong", {}))}


def _faults(stored: Mapping[str, Any]) -> Stored:
    return {name: _fault(why) for name, why in stored.items()}


def _fault(why: Any) -> Any:  # noqa: ANN401 -- as JSON has it
    return {"code": "told", "values": {"text": why}} if isinstance(why, str) else why


def _odd(stored: Stored) -> Stored:
    """As what is wrong; by a name in English."""
    return {"odd": {name: _oddity(name, what) for name, what in stored.get("odd", {}).items()}}


def _oddity(name: str, what: Any) -> Any:  # noqa: ANN401 -- as above
    if not isinstance(what, str):
        return what
    who, _, of = name.partition(" ")
    return {"what": _fault(what), **({"customer": of} if who == "customer" else {"source": of or name})}


def _model(stored: Stored) -> Stored:
    """There was none, or why there was none was told in English."""
    model = stored.get("model") or {}
    return {"model": model | ({"why": _fault(model["why"])} if "why" in model else {})}


UPGRADES: tuple[Callable[[Stored], Stored], ...] = (_incomplete_customers, _wrong, _odd, _model)
