"""The shape of stories, as people write them beside the rules."""

from __future__ import annotations

import re
from typing import Annotated, Any, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, TypeAdapter, WithJsonSchema

from standing.engine.care import Gate as GateName
from standing.events import MODELS
from standing.rules.author.scenario.messages import scenario_error
from standing.rules.author.sources import Count, DaysOrNone, Name, like
from standing.rules.frozen import Title
from standing.values.days import Day, day_in

FAMILIES = {name.partition(".")[0]: model for name, model in MODELS.items()}
"""The models of events, by what stories call them."""
DATE = re.compile(r"(19[7-9]|20[0-9]|21[0-9])[0-9]-[0-9]{2}-[0-9]{2}", re.ASCII)
GATES: tuple[str, ...] = get_args(GateName.__value__)
NEVER: dict[str, Any] = {"type": "array", "minItems": 1, "items": {"type": ["string", "object"]}}
WHEN: dict[str, Any] = {"additionalProperties": False, "oneOf": [{"required": ["on"]}, {"required": ["after"]}]}


class ScenarioPart(BaseModel):
    """A part of a story. Words that do not belong in it are answered before, with those that do."""

    model_config = ConfigDict(
        extra="ignore", strict=True, use_attribute_docstrings=True, json_schema_extra={"additionalProperties": False}
    )


def _day(value: object) -> Day:
    if not isinstance(value, str) or not DATE.fullmatch(value):
        raise scenario_error("a_date")
    try:
        return day_in(value)
    except ValueError:
        raise scenario_error("no_date", value=value) from None


def _names(value: object) -> list[str]:
    if not isinstance(value, list) or not value or not all(isinstance(name, str) for name in value):
        raise scenario_error("care_list")
    return value


def _care(value: object) -> object:
    if isinstance(value, dict):
        return value
    if not isinstance(value, list) or not value or not all(isinstance(name, str) for name in value):
        raise scenario_error("care_block")
    return value


def _wishes(value: object) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise scenario_error("never_list")
    return value


type Fields = dict[str, Any]


def _listed(what: str, **more: Any) -> WithJsonSchema:  # noqa: ANN401 -- any JSON Schema
    return WithJsonSchema({"type": "array", "minItems": 1, "items": {"type": what}, **more})


type CareNames = Annotated[list[str], PlainValidator(_names), _listed("string")]
type Never = Annotated[list[Any], PlainValidator(_wishes), WithJsonSchema(NEVER)]
type Date = Annotated[Day | None, BeforeValidator(_day), like(DATE.pattern, "2026-03-01")]
type Gate = Annotated[str, WithJsonSchema({"enum": list(GATES)})]


class StepSource(ScenarioPart):
    """One step: when it is, what happens on that day, and what is true at its end."""

    model_config = ConfigDict(json_schema_extra=WHEN)

    on: Date = None
    """The day of this step; no earlier than that of the step before."""
    after: DaysOrNone | None = None
    """How many days after the step before; 0d is the same day."""
    times: Count = 1
    """How often the event happens on that day; left out: once."""
    purchase: Fields = {}
    """A purchase, by its fields."""
    refund: Fields = {}
    """A refund, by its fields."""
    feedback: Fields = {}
    """A complaint, praise, an inquiry, a survey or a review, by its fields."""
    engagement: Fields = {}
    """A login, a visit, a redemption and the like, by its fields."""
    activity: Fields = {}
    """An activity that the programme names, by its fields."""
    profile: Fields = {}
    """What changes in the customer's profile, by its fields."""
    score: Fields = {}
    """A model's score that lies in another band from this day on, by its fields."""
    override: Fields = {}
    """A level set by hand, by its fields."""
    care: Annotated[Any, PlainValidator(_care), WithJsonSchema({"type": ["array", "object"]})] = None
    """The care rules that fall due on that day; or, as a block, the result of an action."""
    expect: Fields = {}
    """The level of each rating at the day's end, and, under `features`, what features are."""
    expect_not: Fields = {}
    """Levels that a rating does not have at the day's end."""
    no_care: CareNames = []
    """Care rules that do not fall due on that day."""
    held_back: dict[str, Gate] = {}
    """Care rules that are held back on that day, each with the gate that does it."""

    @property
    def happens(self) -> list[str]:
        """The events of this step, by family: one at most where it is right."""
        named = [name for name in FAMILIES if name in self.model_fields_set]
        return [name for name in named if isinstance(getattr(self, name), dict)]

    @property
    def due(self) -> list[str]:
        """The care rules that are to fall due."""
        return list(self.care) if isinstance(self.care, list) else []


class ScenarioSource(ScenarioPart):
    """A story: its name, its steps, and what never happens in it."""

    scenario: Name
    """The story's name."""
    title: Title | None = None
    """What people read, in English and Chinese."""
    story: Annotated[list[Any], Field(min_length=1)]
    """Its steps, one after another."""
    never: Never = []
    """What happens on no day of the story: care rules, and levels such as {tier: platinum}."""


class ScenarioFileSource(ScenarioSource):
    """A story with its steps, as editors check it."""

    story: Annotated[list[StepSource], Field(min_length=1)]
    """Its steps, one after another."""


SCENARIO = TypeAdapter(ScenarioSource)
STEP = TypeAdapter(StepSource)
SCENARIOS: TypeAdapter[Any] = TypeAdapter(ScenarioFileSource | Annotated[list[ScenarioFileSource], Field(min_length=1)])
