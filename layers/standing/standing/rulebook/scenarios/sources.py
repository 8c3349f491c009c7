"""The shape of stories, as people write them beside the rules."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, TypeAdapter

from standing.core.days import Day, day_number
from standing.core.events import MODELS
from standing.core.ruleset import Title
from standing.rulebook.sources import Count, DaysOrNone, Name

FAMILIES = {name.partition(".")[0]: model for name, model in MODELS.items()}
"""The models of events, by what stories call them."""
DATE = re.compile(r"(19[7-9]|20[0-9]|21[0-9])[0-9]-[0-9]{2}-[0-9]{2}", re.ASCII)


class Told(BaseModel):
    """A part of a story. Words that do not belong in it are answered before, with those that do."""

    model_config = ConfigDict(extra="ignore", strict=True)


def _day(value: object) -> Day:
    if not isinstance(value, str) or not DATE.fullmatch(value):
        raise ValueError("a date such as 2026-03-01, from 1970 to 2199")
    try:
        return day_number(date.fromisoformat(value))
    except ValueError:
        raise ValueError(f"{value} is not in the calendar: a date such as 2026-03-01") from None


def _names(value: object) -> list[str]:
    if not isinstance(value, list) or not value or not all(isinstance(name, str) for name in value):
        raise ValueError("a list of care rules, such as [win-back]")
    return value


def _care(value: object) -> object:
    if isinstance(value, dict):
        return value
    if not isinstance(value, list) or not value or not all(isinstance(name, str) for name in value):
        raise ValueError("a list of care rules that fall due, such as [win-back], or a block: what became of one")
    return value


def _wishes(value: object) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise ValueError("a list of what never happens, such as [win-back, {tier: platinum}]")
    return value


type CareNames = Annotated[list[str], PlainValidator(_names)]
type Fields = dict[str, Any]


class StepSource(Told):
    """One step: when it is, what happens on that day, and what is true at its end."""

    on: Annotated[Day | None, BeforeValidator(_day)] = None
    after: DaysOrNone | None = None
    times: Count = 1
    purchase: Fields = {}
    refund: Fields = {}
    feedback: Fields = {}
    engagement: Fields = {}
    activity: Fields = {}
    profile: Fields = {}
    override: Fields = {}
    care: Annotated[Any, PlainValidator(_care)] = None
    expect: Fields = {}
    expect_not: Fields = {}
    no_care: CareNames = []
    held_back: dict[str, str] = {}

    @property
    def happens(self) -> list[str]:
        """The events of this step, by family: one at most where it is right."""
        named = [name for name in FAMILIES if name in self.model_fields_set]
        return [name for name in named if isinstance(getattr(self, name), dict)]

    @property
    def due(self) -> list[str]:
        """The care rules that are to fall due."""
        return list(self.care) if isinstance(self.care, list) else []


class ScenarioSource(Told):
    """A story: its name, its steps, and what never happens in it."""

    scenario: Name
    title: Title | None = None
    story: Annotated[list[Any], Field(min_length=1)]
    never: Annotated[list[Any], PlainValidator(_wishes)] = []


SCENARIO = TypeAdapter(ScenarioSource)
STEP = TypeAdapter(StepSource)
