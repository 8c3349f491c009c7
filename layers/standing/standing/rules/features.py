"""Features and their measures, as the compiled rules hold them: one class for each family of kinds.

A feature names the measures that it is taken from, or the features that it is made of. How it is evaluated:
`engine/features.py`; what is true of its kind: `rules/kinds.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cached_property
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field

from standing.rules.conditions import Fact
from standing.rules.frozen import Frozen, Title
from standing.rules.kinds import (
    Adding,
    Combining,
    Counting,
    Differing,
    Extreme,
    Keeps,
    KindName,
    Last,
    Scoring,
    SinceEvents,
    UntilDate,
)

type Unit = Literal["count", "money", "score", "days", "level", "text"]
LONGEST_YEAR = 366
MOST_VALUES = 1_000  # different ones that are counted, where nobody says how many
RULING = "ruling"  # the value of an override: level, last day, author and reason, as one text


class Reach(NamedTuple):
    """How many days back the longest window looks, today included, and whether some window has no beginning.

    `most`: how many different values are counted at most; 0 for all.
    """

    days: int = 1
    ever: bool = False
    most: int = 0


class Measure(Frozen):
    """What is kept day by day: of events of some types, filtered by equality, one value of each.

    `order`: where the latest value is kept, its words from the most cautious on. Of two at one moment the first of them
    counts; of values without an order the lesser, so that consent taken back is not undone by consent given with it.
    """

    of: tuple[str, ...]
    where: dict[str, str] = {}
    value: str = "count"
    keeps: Keeps = "sums"
    order: tuple[str, ...] = ()

    @cached_property
    def name(self) -> str:
        """What it measures, such as `purchase+refund.net_amount`: the same for whoever measures the same."""
        prefix = "" if self.keeps == "sums" else f"{self.keeps} "
        where = "".join(f"[{name}={json.dumps(value)}]" for name, value in sorted(self.where.items()))
        value = "" if self.value == "count" else f".{self.value}"
        return f"{prefix}{'+'.join(self.of)}{where}{value}"

    def precedence(self, value: Fact) -> tuple[int, Fact]:
        """Of two values of one moment, the one with the lesser counts."""
        word = json.loads(str(value))[0] if self.value == RULING and self.order else value
        return self.order.index(word) if word in self.order else len(self.order), value

    def content(self) -> dict[str, Any]:
        """What its series depends on, as JSON: not the order, or a level's new name would have every state rebuilt."""
        return self.model_dump(mode="json", exclude={"order"})

    @property
    def nets(self) -> bool:
        """Whether a refund takes its amount off the day of the purchase that it names."""
        return self.value == "net_amount" and self.keeps in {"sums", "extremes"}


def by_name(measures: Iterable[Measure]) -> dict[str, Measure]:
    """Measures by their names, in the order of these."""
    return dict(sorted((measure.name, measure) for measure in measures))


class MembershipYear(Frozen):
    """A year that begins on each anniversary of the first day of the measure `anchor`."""

    anchor: str


class Window(Frozen):
    """Whole days, today included: `over` is their number (none: ever) or a year, `ending` how many days ago it ends."""

    over: int | Literal["calendar-year"] | MembershipYear | None = None
    ending: int = 0

    @property
    def is_year(self) -> bool:
        """Whether it begins anew each year, on a day that its length does not say."""
        return not isinstance(self.over, int | None)

    @property
    def anchor(self) -> str | None:
        """The measure whose first day begins a membership, where it is a year of one."""
        return self.over.anchor if isinstance(self.over, MembershipYear) else None

    @property
    def reach(self) -> int | None:
        """How many days back it looks; none for ever."""
        days = LONGEST_YEAR if self.is_year else self.over
        return days + self.ending if isinstance(days, int) else None


class Ramp(Frozen):
    """What one feature gives to a score: no points at `begin`, `weight` of them at `end`, and evenly in between.

    Both are in the feature's whole units; the points are floored. `unknown`: what an unknown value gives.
    """

    part: str
    begin: int
    end: int
    weight: Annotated[int, Field(ge=1, le=100)]
    unknown: Annotated[int, Field(ge=0, le=100)] = 0

    @property
    def rises(self) -> bool:
        """Whether more of the feature gives more points."""
        return self.end > self.begin

    @property
    def span(self) -> int:
        """How far it is from the first point to the last."""
        return abs(self.end - self.begin)

    @cached_property
    def steps(self) -> tuple[int, ...]:
        """For each point from the first on, the value at which it is given."""
        ways = (-(-point * self.span // self.weight) for point in range(1, self.weight + 1))
        return tuple(self.begin + (way if self.rises else -way) for way in ways)

    def points(self, value: int) -> int:
        """The points of a known value."""
        gone = value - self.begin if self.rises else self.begin - value
        return self.weight * max(0, min(gone, self.span)) // self.span


class AnyFeature(Frozen):
    """What every feature has. `personal`: its value is never logged or published."""

    name: str
    title: Title
    kind: KindName
    unit: Unit
    personal: bool = False

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures that it is taken from; none where it is made of other features."""
        return ()

    @property
    def parts(self) -> tuple[str, ...]:
        """The features that it is made of, which stand before it; none where it is taken from a measure."""
        return ()

    @property
    def levels(self) -> tuple[str, ...]:
        """The words of a value that has an order; none where it has none."""
        return ()


class MeasuredFeature(AnyFeature):
    """A feature that is taken from a measure."""

    measure: str

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures that it is taken from."""
        return (self.measure,)


class WindowedFeature(MeasuredFeature):
    """A measure over a window."""

    window: Window = Window()


class CountFeature(WindowedFeature):
    """How many events there were."""

    kind: Counting


class SumFeature(WindowedFeature):
    """Values added up, or their mean.

    `remainder` is the measure of what flooring leaves of each, where they are answers on scales: see
    `values/scales.py`.
    """

    kind: Adding
    remainder: str | None = None

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures that it is taken from."""
        return (self.measure,) if self.remainder is None else (self.measure, self.remainder)


class ExtremeFeature(WindowedFeature):
    """The lowest or the highest value."""

    kind: Extreme


class DistinctFeature(WindowedFeature):
    """How many different values there were; `at_most` are counted, so that what is kept of them has an end."""

    kind: Differing
    at_most: Annotated[int, Field(ge=1)] = MOST_VALUES


class LatestFeature(WindowedFeature):
    """The latest value. `order`: its words, where they have one, the lowest first."""

    kind: Last
    order: tuple[str, ...] = ()

    @property
    def levels(self) -> tuple[str, ...]:
        """The words of a value that has an order."""
        return self.order


class SinceFeature(MeasuredFeature):
    """The days since the first or the last event."""

    kind: SinceEvents


class UntilFeature(MeasuredFeature):
    """The days to a date, or to its next anniversary."""

    kind: UntilDate


class CombinedFeature(AnyFeature):
    """Two features by one operation: a ratio is in ten-thousandths, floored; by zero unknown."""

    kind: Combining
    first: str
    second: str

    @property
    def parts(self) -> tuple[str, ...]:
        """The features that it is made of."""
        return self.first, self.second


class PointsFeature(AnyFeature):
    """A score from 0 to 100: what each of some features gives by a ramp, added up; never unknown."""

    kind: Scoring
    ramps: tuple[Ramp, ...]

    @property
    def parts(self) -> tuple[str, ...]:
        """The features that it is made of."""
        return tuple(ramp.part for ramp in self.ramps)


type Feature = Annotated[
    CountFeature
    | SumFeature
    | ExtremeFeature
    | DistinctFeature
    | LatestFeature
    | SinceFeature
    | UntilFeature
    | CombinedFeature
    | PointsFeature,
    Field(discriminator="kind"),
]
