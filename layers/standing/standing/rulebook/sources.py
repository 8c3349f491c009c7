"""The shape of rule files, as people write them. Titles are in English and Chinese everywhere."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, model_validator

from standing.core.ruleset import TEN_THOUSAND, Review, Title

NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}", re.ASCII)
WINDOWED = ("count", "sum", "mean", "min", "max", "distinct", "latest")
MEASURES = (*WINDOWED, "days_since_first", "days_since_last", "days_until")
NO_ENDING = ("distinct", "latest")  # they keep no more than the last day of each value
COMBINATIONS = ("ratio", "minus", "plus")


def _name(text: str) -> str:
    if not NAME.fullmatch(text):
        raise ValueError("a name has small letters, digits, dashes and underscores, and begins with a letter")
    return text


def _each_once(names: list[str]) -> list[str]:
    for place, name in enumerate(names):
        if name in names[:place]:
            raise ValueError(f"`{name}` is there twice")
    return names


def _days(value: object) -> int:
    if not isinstance(value, str) or not (match := re.fullmatch(r"([1-9][0-9]{0,3})d", value, re.ASCII)):
        raise ValueError("a number of days such as 90d")
    return int(match[1])


def _days_or_none(value: object) -> int:
    return 0 if value == "0d" else _days(value)


type DaysOrNone = Annotated[int, BeforeValidator(_days_or_none)]
type Name = Annotated[str, AfterValidator(_name)]
type Days = Annotated[int, BeforeValidator(_days)]
type Parts = Annotated[list[str], Field(min_length=2, max_length=2)]
type Lines = list[str | Block]


class Written(BaseModel):
    """A block of a rule file: words that do not belong in it are errors."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Block(Written):
    """Condition lines of which `all`, `any` or `none` must hold; blocks may stand inside blocks."""

    all: Lines | None = None
    any: Lines | None = None
    none: Lines | None = None

    @model_validator(mode="after")
    def _one_group(self) -> Block:
        if len(self.model_fields_set) != 1:
            raise ValueError("one of all, any or none, with its lines below it")
        return self


def _minutes(value: object) -> int:
    if not isinstance(value, str) or not (match := re.fullmatch(r"([01][0-9]|2[0-3]):([0-5][0-9])", value, re.ASCII)):
        raise ValueError('a time of the day in quotes, such as "21:00"')
    return int(match[1]) * 60 + int(match[2])


def _share(value: object) -> int:
    match = re.fullmatch(r"([0-9]{1,3}(\.[0-9]{1,2})?)%", value, re.ASCII) if isinstance(value, str) else None
    if not match or (share := round(float(match[1]) * 100)) > TEN_THOUSAND:
        raise ValueError("a share such as 10% or 2.5%")
    return share


def _days_or_ever(value: object) -> int | None:
    return None if value == "forever" else _days(value)


def _count(value: object) -> int:
    if not isinstance(value, str) or not re.fullmatch(r"[1-9][0-9]{0,3}", value, re.ASCII):
        raise ValueError("a whole number such as 3")
    return int(value)


type Count = Annotated[int, BeforeValidator(_count)]
type Minutes = Annotated[int, BeforeValidator(_minutes)]
type Share = Annotated[int, BeforeValidator(_share)]


def _checks(reasons: dict[str, str]) -> dict[str, str]:
    for check, reason in reasons.items():
        if not re.fullmatch(r"CHK-(0[1-9]|1[0-4])", check) or not reason.strip():
            raise ValueError("a check such as CHK-09 with the reason why its finding is accepted")
    return reasons


type Accepted = Annotated[dict[str, str], AfterValidator(_checks)]
type TwoActions = Annotated[list[Name], Field(min_length=2, max_length=2)]


class CapSource(Written):
    """A contact cap: at most so many contacts within so many days."""

    at_most: Count
    within: Days
    channel: str | None = None


class QuietSource(Written):
    """The hours in which nobody is to be disturbed."""

    begin: Minutes
    end: Minutes


class ProgrammeSource(Written):
    """`rules/programme.yaml`."""

    title: Title
    currency: str
    time_zone: str
    lateness: Days = 60
    history: Annotated[int | None, BeforeValidator(_days_or_ever)] = None
    channels: Annotated[list[Name], Field(max_length=20), AfterValidator(_each_once)] = []
    contact_caps: Annotated[list[CapSource], Field(max_length=20)] = []
    quiet_hours: QuietSource | None = None
    holdout_salt: Annotated[str, Field(max_length=64)] = ""
    never_together: Annotated[list[TwoActions], Field(max_length=100)] = []


class FeatureSource(Written):
    """One entry of `rules/features.yaml`: a measure, and the window it is taken over."""

    title: Title
    count: str | None = None
    sum: str | None = None
    mean: str | None = None
    min: str | None = None
    max: str | None = None
    distinct: str | None = None
    latest: str | None = None
    days_since_first: str | None = None
    days_since_last: str | None = None
    days_until: str | None = None
    ratio: Parts | None = None
    minus: Parts | None = None
    plus: Parts | None = None
    where: dict[str, str] = {}
    over: Literal["calendar-year", "membership-year"] | Days | None = None
    ending: Days = 0
    accept: Accepted = {}

    @model_validator(mode="after")
    def _one_measure(self) -> FeatureSource:
        if sum(getattr(self, kind) is not None for kind in (*MEASURES, *COMBINATIONS)) != 1:
            raise ValueError("exactly one of " + ", ".join((*MEASURES, *COMBINATIONS)))
        if self.kind in COMBINATIONS and (self.over or self.ending or self.where):
            raise ValueError(f"{self.kind} combines features with windows of their own: leave out over and where")
        if self.kind.startswith("days_") and (self.over or self.ending):
            raise ValueError(f"{self.kind} looks as far as there is: leave out over and ending")
        if self.kind in NO_ENDING and self.ending:
            raise ValueError(f"{self.kind} keeps only the last of each value: leave out ending")
        if self.ending and not self.over:
            raise ValueError("ending needs over: the length of the window that ends then")
        return self

    @property
    def kind(self) -> str:
        """Which measure it is."""
        return next(kind for kind in (*MEASURES, *COMBINATIONS) if getattr(self, kind) is not None)

    @property
    def parts(self) -> list[str]:
        """The two features that are combined, or none."""
        return list(getattr(self, self.kind)) if self.kind in COMBINATIONS else []

    @property
    def measured(self) -> str:
        """What is measured, such as `transaction.net_amount`."""
        return str(getattr(self, self.kind))


class StabilitySource(Written):
    """How an ordered rating moves; docs/stability.md has the whole table."""

    rise: Literal["immediate", "review"] = "immediate"
    review: Review = "monthly"
    grace: DaysOrNone = 0
    fall: Literal["one-level", "to-kept"] = "one-level"
    minimum_stay: DaysOrNone = 0


class LateSource(Written):
    """What the ledger does about a level that a late event gives or takes away."""

    rise: Literal["announce"] = "announce"
    fall: Literal["honour", "announce"] = "announce"


class RatingSource(Written):
    """A file of `rules/ratings/`."""

    rating: Name
    title: Title
    ordered: bool = True
    levels: Annotated[list[Name], Field(min_length=2, max_length=20), AfterValidator(_each_once)]
    qualify: dict[str, Block]
    retain: dict[str, Block] = {}
    stability: StabilitySource = StabilitySource()
    late_events: LateSource = LateSource()
    accept: Accepted = {}


class ActionSource(Written):
    """What a care rule asks for."""

    action: Name
    owner: Name
    within: Days
    priority: Literal["low", "normal", "high"] = "normal"
    channel: str | None = None
    consent: Literal["required", "not-needed"] = "required"


class SuccessSource(Written):
    """What a care action is meant to bring about."""

    feature: str
    at_least: str
    after: Days


class CareSource(Written):
    """One entry of a file of `rules/care/`."""

    care: Name
    title: Title
    when: Block
    do: ActionSource
    repeat_after: Days
    holdout: Share = 0
    success: SuccessSource | None = None
    accept: Accepted = {}


PROGRAMME = TypeAdapter(ProgrammeSource)
FEATURES = TypeAdapter(dict[Name, FeatureSource])
RATING = TypeAdapter(RatingSource)
CARE = TypeAdapter(list[CareSource])
