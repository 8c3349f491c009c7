"""The compiled rules: what `ruleset.json` holds, as frozen models. How they are evaluated: `engine/engine.py`.

Everything a rule compares is a whole number here: money in minor units, scores in ten-thousandths, levels by rank.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field

from standing.rules.conditions import Condition, comparisons
from standing.rules.features import (
    MOST_VALUES,
    AnyFeature,
    DistinctFeature,
    Feature,
    Measure,
    Reach,
    WindowedFeature,
)
from standing.rules.frozen import Frozen, Title
from standing.values.days import Day

TWO_YEARS = 731  # days: whatever the year, from any day on to the end of the next
type Review = Literal["daily", "monthly", "quarterly", "yearly"]
PRIORITIES = ("high", "normal", "low")
TEN_THOUSAND = 10_000


class Cap(Frozen):
    """At most so many contacts within so many days, today included; on one channel, or on all together."""

    at_most: Annotated[int, Field(ge=1)]
    within: Annotated[int, Field(ge=1)]
    channel: str | None = None


class QuietHours(Frozen):
    """When nobody is to be disturbed: two times of the day in minutes, in the programme's time zone."""

    begin: Annotated[int, Field(ge=0, lt=24 * 60)]
    end: Annotated[int, Field(ge=0, lt=24 * 60)]


class Programme(Frozen):
    """What all rules share: the currency (with its ISO 4217 decimals), the IANA time zone that makes the day, contacts.

    `lateness`: how many days after it happened an event still counts; `history`: for how many days event records are
    kept (none: for ever). `consent` is the measure of each channel's consent; `salt` draws the holdouts; `activities`
    are the kinds of `activity` that there are. `never_together`: pairs of actions of which nobody is ever asked for
    both at once. `producers`: by source, which events it may send; where none is named, anybody may send what sets
    nothing. `longest_override`: for how many days after its own an event may set a level. `effective`: the day from
    which these rules are meant to be in force; the timeline says whether they are.
    """

    title: Title
    currency: str
    minor_digits: Annotated[int, Field(ge=0, le=4)]
    time_zone: str
    lateness: int = 36_500
    history: int | None = None
    channels: tuple[str, ...] = ()
    consent: dict[str, str] = {}
    caps: tuple[Cap, ...] = ()
    quiet_hours: QuietHours | None = None
    salt: str = ""
    activities: tuple[str, ...] = ()
    never_together: tuple[tuple[str, str], ...] = ()
    producers: dict[str, tuple[str, ...]] = {}
    longest_override: Annotated[int, Field(ge=1)] = TWO_YEARS
    effective: Day | None = None


class Stability(Frozen):
    """How a rating moves: see docs/stability.md. `grace` and `minimum_stay` are in days."""

    rise: Literal["immediate", "review"] = "immediate"
    review: Review = "daily"
    grace: int = 0
    fall: Literal["one-level", "to-kept"] = "to-kept"
    minimum_stay: int = 0


class OlderTerms(Frozen):
    """What was enough to keep each level under rules that were in force before.

    It is still enough for whoever reached that level before the day `before`.
    """

    before: Day
    keep: dict[str, Condition]


class Rating(Frozen):
    """Levels of which a customer has exactly one.

    Ordered: lowest first, `retain` looser than `qualify`. Not ordered: the first whose `qualify` holds, else the last.
    `honours`: whether a level that was announced and that a late event takes away is honoured until the next review.
    `override`: the measure of what was set by hand, if it can be. `existing`: whether a level that was reached under
    other rules is kept by those, too (`keep`), or judged by these alone; `terms` are what those rules asked. `better`
    and `level_titles` decide nothing: they are for people.
    """

    name: str
    title: Title
    ordered: bool = True
    levels: tuple[str, ...]
    qualify: dict[str, Condition]
    retain: dict[str, Condition] = {}
    stability: Stability = Stability()
    honours: bool = False
    override: str | None = None
    existing: Literal["keep", "reassess"] = "reassess"
    terms: tuple[OlderTerms, ...] = ()
    better: Literal["higher", "lower"] = "higher"
    level_titles: dict[str, Title] = {}

    def title_of(self, level: str) -> Title:
        """What people read for a level: its title, or its name where it has none."""
        return self.level_titles.get(level) or Title(en=level, zh=level)

    @property
    def best(self) -> str:
        """The level that is better than all others."""
        return self.levels[-1 if self.better == "higher" else 0]

    def worsens(self, was: str, becomes: str) -> bool:
        """Whether a step is for the worse, as this rating has it; a level that is gone was better than any."""
        if not self.ordered or was == becomes:
            return False
        if was not in self.levels:
            return True
        return (self.rank(was) > self.rank(becomes)) is (self.better == "higher")

    @cached_property
    def terms_names(self) -> dict[str, tuple[tuple[Day, str], ...]]:
        """For each level, the rules of older terms by which it is kept, each for who reached it before a day."""
        names: dict[str, tuple[tuple[Day, str], ...]] = {}
        for name, terms, level in self._by_terms():
            names[level] = (*names.get(level, ()), (terms.before, name))
        return names

    def _by_terms(self) -> Iterator[tuple[str, OlderTerms, str]]:
        for number, terms in enumerate(self.terms):
            yield from ((f"{self.name}/terms-{number}/{level}", terms, level) for level in terms.keep)

    @cached_property
    def rules(self) -> dict[str, Condition]:
        """Its conditions by their rules' names, such as `tier/qualify/gold`."""
        ways = {"qualify": self.qualify, "retain": self.retain}
        named = {f"{self.name}/{way}/{level}": when for way, of in ways.items() for level, when in of.items()}
        return named | {name: terms.keep[level] for name, terms, level in self._by_terms()}

    @cached_property
    def rule_names(self) -> dict[str, tuple[str, str]]:
        """For each level, lowest first, the names of the rules by which it is reached and kept, if there are such."""
        return {level: (f"{self.name}/qualify/{level}", f"{self.name}/retain/{level}") for level in self.levels}

    @cached_property
    def fact_names(self) -> tuple[str, str, str, str]:
        """What rules call its level, the one it had before, the one it would become, and the days to its review."""
        return self.name, f"{self.name}.was", f"{self.name}.would_become", f"{self.name}.days_to_review"

    @cached_property
    def ranks(self) -> dict[str, int]:
        """The place of each level, the first being 0."""
        return {level: rank for rank, level in enumerate(self.levels)}

    def keeping(self, level: str, since: Day | None = None) -> tuple[Condition, ...]:
        """What is enough to keep a level, each by itself: its `retain`, if it has one, and its `qualify`.

        With `since`, the day on which it was reached, also the older terms that count for it.
        """
        older = () if since is None else self.older(level, since)
        return (*(way[level] for way in (self.retain, self.qualify) if level in way), *older)

    def older(self, level: str, since: Day) -> tuple[Condition, ...]:
        """What is enough by older terms to keep a level that was reached on a day."""
        return tuple(one.keep[level] for one in self.terms if since < one.before and level in one.keep)

    def rank(self, level: str) -> int:
        """A level's place, the first being 0."""
        return self.ranks[level]


class Action(Frozen):
    """What a care rule asks somebody to do, and within how many days it still makes sense.

    With a `channel` it is a contact: it counts towards the caps and, unless `consent` is `not-needed`, needs consent.
    `contact_cap`: whether a cap may hold it back, or it is `exempt`, as what must be said to a customer is.
    `cost`: what one such action costs, in minor units; none where the rule states none, which leaves its version as
    it was before rules could.
    """

    action: str
    owner: str
    priority: Literal["low", "normal", "high"]
    within: int
    channel: str | None = None
    consent: Literal["required", "not-needed"] = "required"
    contact_cap: Literal["applies", "exempt"] = "applies"
    cost: Annotated[int | None, Field(ge=0)] = None


class Success(Frozen):
    """What a care action is meant to bring about: a feature of at least so much, so many days after."""

    feature: str
    at_least: int
    after: int


class Care(Frozen):
    """A care rule: due when its conditions hold, and not again before `repeat_after` days have passed.

    `holdout`: the share of customers, in ten-thousandths, for whom nothing is done, so that its effect can be measured.
    """

    name: str
    title: Title
    when: Condition
    do: Action
    repeat_after: Annotated[int, Field(ge=1)]
    holdout: Annotated[int, Field(ge=0, le=TEN_THOUSAND)] = 0
    success: Success | None = None


class Stratum(Frozen):
    """Ratings and care whose conditions use only features and the ratings of the strata before."""

    ratings: tuple[Rating, ...] = ()
    care: tuple[Care, ...] = ()

    def rules(self) -> dict[str, Condition]:
        """Every condition by its rule's name, such as `tier/qualify/gold`."""
        named = {name: when for rating in self.ratings for name, when in rating.rules.items()}
        return named | {f"care/{care.name}": care.when for care in self.care}


class Ruleset(Frozen):
    """Everything business people wrote, compiled: `version` is the hash of the rest."""

    version: str
    programme: Programme
    measures: dict[str, Measure]
    features: tuple[Feature, ...]
    strata: tuple[Stratum, ...]

    @cached_property
    def series_order(self) -> tuple[str, ...]:
        """The measures in the order in which states keep their series: however features are ordered, or named."""
        return tuple(sorted(self.measures, key=lambda name: self.measures[name].model_dump_json(exclude={"order"})))

    @cached_property
    def features_hash(self) -> str:
        """A digest of what the state's day buckets depend on (not of titles); when it changes, states are rebuilt."""
        measures = [self.measures[name].content() for name in self.series_order]
        known = [self.reaches[name] for name in self.series_order]
        reaches = [reach if reach.most not in {0, MOST_VALUES} else reach[:2] for reach in known]
        finite = [] if self.purchase_reach is None else [self.purchase_reach]
        return digest([self.programme.minor_digits, self.programme.time_zone, measures, reaches, *finite])[:8]

    @cached_property
    def nets(self) -> bool:
        """Whether some measure takes refunds off the days of the purchases that they name."""
        return any(measure.nets for measure in self.measures.values())

    @cached_property
    def purchase_reach(self) -> int | None:
        """How many days back from a refund its purchase is looked for; none for ever.

        With a finite history no further than that the purchase's record is there for as long as some window sees the
        refund: so it makes no difference when buckets are gathered.
        """
        history, lateness = self.programme.history, self.programme.lateness
        longest = max((reach.days for reach in self.reaches.values()), default=1)
        return None if history is None else max(0, history - longest - lateness)

    def reaches_back(self, refund: Day, purchase: Day) -> bool:
        """Whether a refund of one day is about a purchase of another, if it names it."""
        return purchase < refund and (self.purchase_reach is None or refund - purchase <= self.purchase_reach)

    @cached_property
    def reaches(self) -> dict[str, Reach]:
        """For each measure, how far back its buckets are needed."""
        return {name: _reach(self._taken_from(name)) for name in self.measures}

    def _taken_from(self, measure: str) -> list[WindowedFeature]:
        return [one for one in self.features if isinstance(one, WindowedFeature) and measure in one.measures]

    @cached_property
    def rules(self) -> dict[str, Condition]:
        """Every condition by its rule's name, such as `tier/qualify/gold`; no rule asks for one that comes after it."""
        return {name: condition for stratum in self.strata for name, condition in stratum.rules().items()}

    def definition(self, feature: AnyFeature) -> str:
        """What a feature's value depends on, as text: not its title."""
        content = feature.model_dump(mode="json", exclude={"title"}, exclude_defaults=True)
        parts = [self.definition(self.by_name[part]) for part in feature.parts]
        nets = any(self.measures[name].nets for name in feature.measures)
        finite = [self.purchase_reach] if nets and self.purchase_reach is not None else []
        return json.dumps([content, parts, self.programme.minor_digits, *finite], sort_keys=True)

    @cached_property
    def by_name(self) -> dict[str, Feature]:
        """Every feature by name."""
        return {feature.name: feature for feature in self.features}

    @cached_property
    def ratings(self) -> dict[str, Rating]:
        """Every rating by name."""
        return {rating.name: rating for stratum in self.strata for rating in stratum.ratings}

    @cached_property
    def care(self) -> dict[str, Care]:
        """Every care rule by name."""
        return {care.name: care for stratum in self.strata for care in stratum.care}

    @cached_property
    def care_in_order(self) -> tuple[Care, ...]:
        """Every care rule in the order in which they are taken: by priority, then by name."""
        return tuple(sorted(self.care.values(), key=lambda care: (PRIORITIES.index(care.do.priority), care.name)))

    @cached_property
    def _contradicting(self) -> dict[str, frozenset[str]]:
        """For every action the care rules that ask for one which must never come together with it."""
        both_ways = {*self.programme.never_together, *(pair[::-1] for pair in self.programme.never_together)}
        return {
            action: frozenset(name for name, care in self.care.items() if (action, care.do.action) in both_ways)
            for action, _ in both_ways
        }

    def contradicting(self, action: str) -> frozenset[str]:
        """The care rules that ask for something which must never come together with an action."""
        return self._contradicting.get(action, frozenset())

    @cached_property
    def longest_cap(self) -> Day:
        """For how many days a contact counts towards some cap."""
        return max((cap.within for cap in self.programme.caps), default=0)

    @cached_property
    def compared(self) -> dict[str, tuple[int, ...]]:
        """Every fact that some condition speaks of, with the numbers it is compared with, rising."""
        literals_of: dict[str, set[int]] = {}
        for line in (line for condition in self.rules.values() for line in comparisons(condition)):
            literals_of.setdefault(line.fact, set()).update(value for value in line.values if isinstance(value, int))
        return {fact: tuple(sorted(literals)) for fact, literals in literals_of.items()}


def _reach(features: list[WindowedFeature]) -> Reach:
    """How far back the windows of some features look together."""
    reaches = [one.window.reach for one in features]
    most = max((one.at_most for one in features if isinstance(one, DistinctFeature)), default=0)
    return Reach(max((1, *filter(None, reaches))), None in reaches, most)


def digest(content: object) -> str:
    """The hash of any JSON content, the same however its keys are ordered."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
