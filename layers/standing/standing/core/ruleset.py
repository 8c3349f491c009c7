"""The compiled rules: what `ruleset.json` holds, as frozen models, with the readers that evaluate it.

Everything a rule compares is a whole number here: money in minor units, scores in ten-thousandths, levels by rank.
"""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from standing.core.conditions import Condition
from standing.core.readers import durable, plain

type Unit = Literal["count", "money", "score", "days"]
LONGEST_YEAR = 366
type Review = Literal["daily", "monthly", "quarterly", "yearly"]
type Value = Literal["count", "amount", "net_amount", "score"]


class Frozen(BaseModel):
    """A part of the rules: it never changes once compiled."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Title(Frozen):
    """What people read, in both languages."""

    en: Annotated[str, Field(min_length=1)]
    zh: Annotated[str, Field(min_length=1)]


class Programme(Frozen):
    """What all rules share: the currency (with its ISO 4217 decimals) and the IANA time zone that makes the day."""

    title: Title
    currency: str
    minor_digits: Annotated[int, Field(ge=0, le=4)]
    time_zone: str


class Measure(Frozen):
    """What is counted and summed day by day: events of some types, filtered by equality, and one value of each."""

    of: tuple[str, ...]
    where: dict[str, str] = {}
    value: Value = "count"


class Feature(Frozen):
    """A number that rules may use: a measure over a window of whole days, today included, or two features combined.

    `over` is the window's length in days (none: ever), `ending` how many days ago it ends. `parts` are the features
    that `ratio` (in ten-thousandths, floored; by zero unknown), `minus` and `plus` combine; they stand before it.
    """

    name: str
    title: Title
    kind: Literal["count", "sum", "mean", "days_since_first", "days_since_last", "ratio", "minus", "plus"]
    measure: int = -1
    unit: Unit
    over: int | Literal["calendar-year"] | None = None
    ending: int = 0
    parts: tuple[str, str] | None = None

    @property
    def windowed(self) -> bool:
        """Whether it is taken over a window, rather than being about the first or the last day of all."""
        return self.kind in {"count", "sum", "mean"}

    @property
    def reach(self) -> int | None:
        """How many days back its window looks; none for ever."""
        days = LONGEST_YEAR if self.over == "calendar-year" else self.over
        return days + self.ending if days is not None else None


class Stability(Frozen):
    """How a rating moves: see docs/stability.md. `grace` and `minimum_stay` are in days."""

    rise: Literal["immediate", "review"] = "immediate"
    review: Review = "daily"
    grace: int = 0
    fall: Literal["one-level", "to-kept"] = "to-kept"
    minimum_stay: int = 0


class Rating(Frozen):
    """Levels of which a customer has exactly one.

    Ordered: lowest first, `retain` looser than `qualify`. Not ordered: the first whose `qualify` holds, else the last.
    `honours`: whether a level that was announced and that a late event takes away is honoured until the next review.
    """

    name: str
    title: Title
    ordered: bool = True
    levels: tuple[str, ...]
    qualify: dict[str, Condition]
    retain: dict[str, Condition] = {}
    stability: Stability = Stability()
    honours: bool = False

    def rank(self, level: str) -> int:
        """A level's place, the first being 0."""
        return self.levels.index(level)


class Action(Frozen):
    """What a care rule asks somebody to do, and within how many days it still makes sense."""

    action: str
    owner: str
    priority: Literal["low", "normal", "high"]
    within: int


class Care(Frozen):
    """A care rule: due when its conditions hold, and not again before `repeat_after` days have passed."""

    name: str
    title: Title
    when: Condition
    do: Action
    repeat_after: Annotated[int, Field(ge=1)]


class Stratum(Frozen):
    """Ratings and care whose conditions use only features and the ratings of the strata before."""

    ratings: tuple[Rating, ...] = ()
    care: tuple[Care, ...] = ()

    def rules(self) -> dict[str, Condition]:
        """Every condition by its rule's name, such as `tier/qualify/gold`."""
        named: dict[str, Condition] = {}
        for rating in self.ratings:
            named |= {f"{rating.name}/qualify/{level}": when for level, when in rating.qualify.items()}
            named |= {f"{rating.name}/retain/{level}": when for level, when in rating.retain.items()}
        return named | {f"care/{care.name}": care.when for care in self.care}


class Ruleset(Frozen):
    """Everything business people wrote, compiled: `version` is the hash of the rest."""

    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))
    version: str
    programme: Programme
    measures: tuple[Measure, ...]
    features: tuple[Feature, ...]
    strata: tuple[Stratum, ...]

    @cached_property
    def features_hash(self) -> str:
        """A digest of what the state's day buckets depend on (not of titles); when it changes, states are rebuilt."""
        measures = [measure.model_dump(mode="json") for measure in self.measures]
        return digest([self.programme.minor_digits, self.programme.time_zone, measures, self.reaches])[:8]

    @cached_property
    def reaches(self) -> tuple[int | None, ...]:
        """For each measure, how many days back its buckets are needed; none where they are for ever."""
        windows = [(feature.measure, feature.reach) for feature in self.features if feature.windowed]
        found = [[reach for measure, reach in windows if measure == number] for number in range(len(self.measures))]
        return tuple(None if None in reaches else max((1, *filter(None, reaches))) for reaches in found)

    @cached_property
    def ratings(self) -> dict[str, Rating]:
        """Every rating by name."""
        return {rating.name: rating for stratum in self.strata for rating in stratum.ratings}

    @cached_property
    def care(self) -> dict[str, Care]:
        """Every care rule by name."""
        return {care.name: care for stratum in self.strata for care in stratum.care}

    @cached_property
    def plain(self) -> tuple[plain.Reader, ...]:
        """The plain-Python reader of each stratum: the oracle, and the source of explanations."""
        return tuple(plain.Reader(stratum.rules()) for stratum in self.strata)

    @cached_property
    def durable(self) -> tuple[durable.Reader, ...]:
        """The durable-rules reader of each stratum: the event path's matcher."""
        return tuple(durable.Reader(stratum.rules()) for stratum in self.strata)


def digest(content: object) -> str:
    """The hash of any JSON content, the same however its keys are ordered."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
