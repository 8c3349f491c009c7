"""The shape of rule files, as people write them. Titles are in English and Chinese everywhere.

What stands below a field is what an editor shows beside it: `rules/author/schemas.py` makes JSON Schemas of them.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    TypeAdapter,
    WithJsonSchema,
    create_model,
    model_validator,
)

from standing.events.intake import SOURCE
from standing.events.producers import NAMEABLE, NIGHT_SOURCE, OUR_SOURCE
from standing.rules.author.messages import RuleTextError, instead, rule_text_error
from standing.rules.author.suggestions import suggest_days, suggest_number
from standing.rules.frozen import Title
from standing.rules.kinds import COMBINING, FEATURE_KINDS, MEASURING, KindName
from standing.rules.ruleset import TEN_THOUSAND, TWO_YEARS, Review
from standing.values.days import Day, day_number
from standing.values.messages import in_a_row

NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}", re.ASCII)
DATE = re.compile(r"(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}", re.ASCII)
YEARS = ("calendar-year", "membership-year")
AMOUNT = r"[0-9]{1,12}(\.[0-9]{1,6})?"
NO_ENDING = tuple(kind for kind in MEASURING if FEATURE_KINDS[kind].windowed and not FEATURE_KINDS[kind].ends)
FAR = tuple(kind for kind in MEASURING if not FEATURE_KINDS[kind].windowed)
MOST_DISTINCT = 5_000  # different values of one feature
EVERY = (*MEASURING, *COMBINING)


def _name(text: str) -> str:
    if not NAME.fullmatch(text):
        raise rule_text_error("name", instead=instead(_name_meant(text)))
    return text


def _each_once(names: list[str]) -> list[str]:
    for place, name in enumerate(names):
        if name in names[:place]:
            raise rule_text_error("there_twice", name=name)
    return names


def _days(value: object) -> int:
    if not isinstance(value, str) or not (match := re.fullmatch(r"([1-9][0-9]{0,3})d", value, re.ASCII)):
        raise rule_text_error("days", instead=instead(suggest_days(value) if isinstance(value, str) else None))
    return int(match[1])


def _days_or_none(value: object) -> int:
    return 0 if value == "0d" else _days(value)


def _window(value: object) -> int | str:
    """A window: days, or one of the years."""
    if value in YEARS:
        return str(value)
    try:
        return _days(value)
    except RuleTextError:
        raise rule_text_error(
            "or_a_year", instead=instead(suggest_days(value) if isinstance(value, str) else None)
        ) from None


def _name_meant(text: str) -> str | None:
    """A name with capital letters or spaces, as it may be written."""
    meant = re.sub(r"[\s.]+", "-", text.strip().lower())
    return meant if NAME.fullmatch(meant) else None


def _amount_meant(value: object) -> str | None:
    meant = suggest_number(value, "money") if isinstance(value, str) else None
    return meant if meant and re.fullmatch(AMOUNT, meant, re.ASCII) else None


def _count_meant(value: object) -> str | None:
    meant = suggest_number(value) if isinstance(value, str) else None
    return meant if meant and re.fullmatch(r"[1-9][0-9]{0,3}", meant, re.ASCII) else None


def _share_meant(value: object) -> str | None:
    """A fraction, or a number of per cent without its sign, as a share."""
    match = re.fullmatch(r"(0?\.[0-9]{1,4}|[0-9]{1,2}|100)(?: *(?:percent|per cent|pct))?", str(value), re.ASCII)
    if not match or match[1] in {"0", "1"}:
        return None
    share = Decimal(match[1]) * (100 if "." in match[1] else 1)
    return f"{share.normalize():f}%"


def _date_meant(value: object) -> str | None:
    match = re.fullmatch(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?", str(value), re.ASCII)
    meant = f"{match[1]}-{int(match[2]):02}-{int(match[3]):02}" if match else ""
    try:
        return str(date.fromisoformat(meant)) if DATE.fullmatch(meant) else None
    except ValueError:
        return None


def _amount(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(AMOUNT, value, re.ASCII):
        raise rule_text_error("amount", instead=instead(_amount_meant(value)))
    return value


def like(pattern: str, *examples: str, **more: Any) -> WithJsonSchema:  # noqa: ANN401 -- any JSON Schema
    """What an editor is told of a text: its pattern, with examples."""
    return WithJsonSchema({"type": "string", "pattern": f"^{pattern}$", "examples": list(examples), **more})


def _one_of(*names: str) -> dict[str, Any]:
    return {"oneOf": [{"required": [name]} for name in names]}


def _line_or_block(value: object) -> str:
    return "tagged-block" if isinstance(value, dict | list | Block) else "tagged-line"


# A line as an editor can check it, knowing neither features nor levels; `lines.py` has the last word.
VALUE = r"[^\s,\[\]][^,\[\]]*"
CONDITION = (
    r"\s*[a-z][a-z0-9_-]*(\.[a-z_]+)?"
    rf"(\s*(==|!=|<=|>=|<|>)\s*{VALUE}|\s+(in\s*\[\s*{VALUE}(,\s*{VALUE})*\]\s*|is\s+(unknown|saturated)\s*|(entered|left|was)\s+{VALUE}))"
)

type DaysOrNone = Annotated[int, BeforeValidator(_days_or_none), like("(0|[1-9][0-9]{0,3})d", "30d", "0d")]
type Name = Annotated[str, AfterValidator(_name), like(NAME.pattern, "call-back")]
LENGTH: dict[str, Any] = {"type": "string", "pattern": "^[1-9][0-9]{0,3}d$", "examples": ["90d"]}
type Days = Annotated[int, BeforeValidator(_days), WithJsonSchema(LENGTH)]
WINDOW: dict[str, Any] = {"anyOf": [{"enum": list(YEARS), "type": "string"}, LENGTH]}
type Window = Annotated[int | str, BeforeValidator(_window), WithJsonSchema(WINDOW)]
type Parts = Annotated[list[str], Field(min_length=2, max_length=2)]
type Condition = Annotated[str, like(CONDITION, "orders_90d >= 3", "tier in [gold, platinum]", "tier entered gold")]
type Line = Annotated[
    Annotated[Condition, Tag("tagged-line")] | Annotated[Block, Tag("tagged-block")], Discriminator(_line_or_block)
]
type Lines = Annotated[list[Line], Field(json_schema_extra={"minItems": 1})]


class RuleFilePart(BaseModel):
    """A block of a rule file: words that do not belong in it are errors."""

    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)


class Block(RuleFilePart):
    """Condition lines of which `all`, `any` or `none` must hold; blocks may stand inside blocks."""

    model_config = ConfigDict(json_schema_extra=_one_of("all", "any", "none"))

    all: Lines | None = None
    """Every line must hold."""
    any: Lines | None = None
    """At least one line must hold."""
    none: Lines | None = None
    """No line may hold. Of something unknown, none holds."""

    @model_validator(mode="after")
    def _one_group(self) -> Block:
        if len(self.model_fields_set) != 1:
            raise rule_text_error("one_group")
        return self


def _minutes(value: object) -> int:
    if not isinstance(value, str) or not (match := re.fullmatch(r"([01][0-9]|2[0-3]):([0-5][0-9])", value, re.ASCII)):
        raise rule_text_error("time_of_day")
    return int(match[1]) * 60 + int(match[2])


def _share(value: object) -> int:
    match = re.fullmatch(r"([0-9]{1,3}(\.[0-9]{1,2})?)%", value, re.ASCII) if isinstance(value, str) else None
    if not match or (share := round(float(match[1]) * 100)) > TEN_THOUSAND:
        raise rule_text_error("share", instead=instead(_share_meant(value)))
    return share


def _days_or_ever(value: object) -> int | None:
    return None if value == "forever" else _days(value)


def _count(value: object) -> int:
    if not isinstance(value, str) or not re.fullmatch(r"[1-9][0-9]{0,3}", value, re.ASCII):
        raise rule_text_error("whole_number", instead=instead(_count_meant(value)))
    return int(value)


def _date(value: object) -> Day:
    try:
        written = date.fromisoformat(value) if isinstance(value, str) and DATE.fullmatch(value) else None
    except ValueError:
        written = None
    if written is None:
        raise rule_text_error("date", instead=instead(_date_meant(value)))
    return day_number(written)


COUNTED: dict[str, Any] = {"type": ["integer", "string"], "minimum": 1, "maximum": 9999, "examples": [3]}
type Count = Annotated[int, BeforeValidator(_count), like("[1-9][0-9]{0,3}", **COUNTED)]
NOT_NEGATIVE: dict[str, Any] = {"type": ["number", "string"], "minimum": 0, "examples": [4.5]}
type Amount = Annotated[str, BeforeValidator(_amount), like(AMOUNT, **NOT_NEGATIVE)]
type Minutes = Annotated[int, BeforeValidator(_minutes), like("([01][0-9]|2[0-3]):[0-5][0-9]", "21:00")]
type Share = Annotated[
    int, BeforeValidator(_share), like(r"(0?[0-9]{1,2}(\.[0-9]{1,2})?|100(\.0{1,2})?)%", "10%", "2.5%")
]
type History = Annotated[
    int | None, BeforeValidator(_days_or_ever), like("(forever|[1-9][0-9]{0,3}d)", "forever", "1200d")
]
type OnDay = Annotated[Day, BeforeValidator(_date), like(DATE.pattern, "2026-12-01", format="date")]
type Currency = Annotated[str, like("[A-Z]{3}", "USD", "CNY")]
ONCE: dict[str, Any] = {"uniqueItems": True}


def _checks(reasons: dict[str, str]) -> dict[str, str]:
    for check, reason in reasons.items():
        if not re.fullmatch(r"CHK-(0[1-9]|1[0-7])", check) or not reason.strip():
            raise rule_text_error("accepted_check")
    return reasons


type Accepted = Annotated[dict[str, str], AfterValidator(_checks)]
SOURCES: dict[str, Any] = {
    "propertyNames": {"pattern": f"^{SOURCE.pattern}$", "not": {"enum": [OUR_SOURCE, NIGHT_SOURCE]}}
}
KINDS: dict[str, Any] = {"items": {"enum": list(NAMEABLE)}, "uniqueItems": True}
type Sent = Annotated[list[str], Field(min_length=1, json_schema_extra=KINDS)]
type TwoActions = Annotated[list[Name], Field(min_length=2, max_length=2)]


class CapSource(RuleFilePart):
    """A contact cap: at most so many contacts within so many days."""

    at_most: Count
    """How many contacts at most."""
    within: Days
    """Within how many days, today included."""
    channel: str | None = None
    """On this channel alone; left out: on all channels together."""


class QuietSource(RuleFilePart):
    """Two times of the day, in the programme's time zone."""

    begin: Minutes
    """When they begin, such as "21:00"."""
    end: Minutes
    """When they end, such as "08:00"."""


class OverridesSource(RuleFilePart):
    """What may be set by hand."""

    longest: Days = TWO_YEARS
    """For how many days after its own an override may show at most; left out: 731d."""


class ProgrammeSource(RuleFilePart):
    """What all rules share."""

    title: Title
    """The programme's name, in English and Chinese."""
    currency: Currency
    """The currency of all amounts, by ISO 4217."""
    time_zone: str
    """The time zone that makes the day, such as Asia/Shanghai."""
    effective: OnDay | None = None
    """The day from which the rules are in force as they stand here; days before stay as they were decided."""
    lateness: Days = 60
    """How late an event may come and still count; left out: 60d."""
    history: History = None
    """For how long event records are kept, and refunds find their purchases: `forever`, or a number of days."""
    channels: Annotated[list[Name], Field(max_length=20, json_schema_extra=ONCE), AfterValidator(_each_once)] = []
    """The channels on which customers are contacted."""
    activities: Annotated[list[Name], Field(max_length=100, json_schema_extra=ONCE), AfterValidator(_each_once)] = []
    """What happens in this trade and in no other, by the names that `activity` events have: deposit, claim."""
    producers: Annotated[dict[str, Sent], Field(min_length=1, max_length=100, json_schema_extra=SOURCES)] = {}
    """Which system may send which events, by its source: `shop.checkout: [purchase, refund]`; nobody else may."""
    overrides: OverridesSource = OverridesSource()
    """Levels that are set by hand."""
    contact_caps: Annotated[list[CapSource], Field(max_length=20)] = []
    """How often a customer is contacted at most; every cap holds."""
    quiet_hours: QuietSource | None = None
    """The hours in which nobody is to be disturbed."""
    holdout_salt: Annotated[str, Field(max_length=64)] = ""
    """Draws who is held out for comparison; another salt draws other customers."""
    never_together: Annotated[list[TwoActions], Field(max_length=100)] = []
    """Pairs of actions that no customer is ever to be asked for together; `standing rules check` proves it."""


def _without(*names: str) -> dict[str, Any]:
    return {"properties": dict.fromkeys(names, False)}


FEATURE_RULES: dict[str, Any] = {
    **_one_of(*EVERY),
    "dependentRequired": {"ending": ["over"], "at_most": ["distinct"]},
    "dependentSchemas": {
        **{kind: _without("over", "ending") for kind in FAR},
        **{kind: _without("ending") for kind in NO_ENDING},
        **{kind: _without("over", "ending", "where") for kind in COMBINING},
    },
}


def _points(value: object) -> int:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{1,2}|100", value, re.ASCII):
        raise rule_text_error("points")
    return int(value)


def _values(value: object) -> int:
    many = int(value) if isinstance(value, str) and re.fullmatch(r"[1-9][0-9]{0,3}", value, re.ASCII) else 0
    if not 1 <= many <= MOST_DISTINCT:
        raise rule_text_error("at_most_values", most=str(MOST_DISTINCT))
    return many


def _number(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(f"-?{AMOUNT}", value, re.ASCII):
        raise rule_text_error("number")
    return value


POINTS: dict[str, Any] = {"type": ["integer", "string"], "minimum": 0, "maximum": 100, "examples": [40]}
VALUES: dict[str, Any] = {"type": ["integer", "string"], "minimum": 1, "maximum": MOST_DISTINCT, "examples": [200]}
SIZE: dict[str, Any] = {"type": ["number", "string"], "examples": [0, 5000.5]}
type Points = Annotated[int, BeforeValidator(_points), like("([0-9]{1,2}|100)", **POINTS)]
type Values = Annotated[int, BeforeValidator(_values), like("[1-9][0-9]{0,3}", **VALUES)]
type Size = Annotated[str, BeforeValidator(_number), like(f"-?{AMOUNT}", **SIZE)]


class RampSource(RuleFilePart):
    """A part of a score: a feature, and between which two values it gives its points."""

    feature: Name
    """The feature; it stands above the score."""
    begin: Annotated[Size, Field(alias="from")]
    """The value that gives no points yet."""
    end: Annotated[Size, Field(alias="to")]
    """The value that gives all of them; a lower one where less is better."""
    weight: Points
    """How many points it can give; those of all parts add up to 100."""
    unknown: Points = 0
    """How many points it gives while it is unknown; left out: none."""


class FeatureSource(RuleFilePart):
    """A number that rules may use: what is measured, and the window it is taken over."""

    model_config = ConfigDict(json_schema_extra=FEATURE_RULES)

    title: Title
    """What people read, in English and Chinese."""
    ratio: Parts | None = None
    """One feature divided by another; by zero it is unknown."""
    minus: Parts | None = None
    """One feature less another."""
    plus: Parts | None = None
    """Two features added up."""
    points: Annotated[list[RampSource], Field(min_length=1, max_length=20)] | None = None
    """A score from 0 to 100: what each of some features gives to it."""
    where: dict[str, str] = {}
    """Only events with these values, such as {kind: complaint}."""
    over: Window | None = None
    """The window: a number of days, today included, or a year; left out: all time."""
    ending: Days = 0
    """How many days ago the window ends; left out: today."""
    at_most: Values | None = None
    """How many different values are counted; left out: 1000. `NAME is saturated` says that there may be more."""
    accept: Accepted = {}
    """Findings of `standing rules check` that may stay, each with the reason: `{CHK-09: it is meant}`."""

    @model_validator(mode="after")
    def _one_measure(self) -> FeatureSource:
        if sum(getattr(self, kind) is not None for kind in EVERY) != 1:
            raise rule_text_error("one_measure", names=in_a_row(EVERY))
        if self.kind in COMBINING and (self.over or self.ending or self.where):
            raise rule_text_error("combines", kind=self.kind)
        if self.kind in FAR and (self.over or self.ending):
            raise rule_text_error("looks_far", kind=self.kind)
        if self.kind in NO_ENDING and self.ending:
            raise rule_text_error("no_ending", kind=self.kind)
        if self.at_most and self.kind != "distinct":
            raise rule_text_error("no_at_most", kind=self.kind)
        if self.ending and not self.over:
            raise rule_text_error("needs_over")
        return self

    @property
    def kind(self) -> KindName:
        """Which measure it is."""
        return next(kind for kind in EVERY if getattr(self, kind) is not None)

    @property
    def parts(self) -> list[str]:
        """The features that it is made of, or none."""
        if self.points:
            return [one.feature for one in self.points]
        return list(getattr(self, self.kind)) if self.kind in COMBINING else []

    @property
    def measured(self) -> str:
        """What is measured, such as `transaction.net_amount`."""
        return str(getattr(self, self.kind))


KIND_FIELDS: dict[str, Any] = {
    kind: (str | None, Field(None, description=FEATURE_KINDS[kind].says)) for kind in MEASURING
}
FEATURE = create_model("FeatureSource", __base__=FeatureSource, __doc__=FeatureSource.__doc__, **KIND_FIELDS)


class StabilitySource(RuleFilePart):
    """How an ordered rating rises and falls; docs/stability.md has the whole table."""

    rise: Literal["immediate", "review"] = "immediate"
    """When a level that qualifies takes effect: that day, or at the next review."""
    review: Review = "monthly"
    """On which days keeping a level is tested: every day, or the first of each month, quarter or year."""
    grace: DaysOrNone = 0
    """How long a level that failed a review is still held; left out: not at all."""
    fall: Literal["one-level", "to-kept"] = "one-level"
    """How far it falls: one level, or to the highest level below that is kept."""
    minimum_stay: DaysOrNone = 0
    """For how long after it began a level is not tested at all."""


class LateSource(RuleFilePart):
    """What is said about a level that a late event gives or takes away."""

    rise: Literal["announce"] = "announce"
    """A level that a late event gives is announced."""
    fall: Literal["honour", "announce"] = "announce"
    """A level that a late event takes away is honoured until the next review, or its loss announced at once."""


UNORDERED: dict[str, Any] = {
    "if": {"properties": {"ordered": {"const": False}}, "required": ["ordered"]},
    "then": _without("retain", "stability", "late_events", "existing", "better"),
}


class RatingSource(RuleFilePart):
    """A rating: levels of which a customer has exactly one."""

    model_config = ConfigDict(json_schema_extra=UNORDERED)

    rating: Name
    """The name by which rules speak of it."""
    title: Title
    """What people read, in English and Chinese."""
    ordered: bool = True
    """Whether its levels rise and fall. If not, a customer has the first level whose lines hold."""
    levels: Annotated[
        list[Name], Field(min_length=2, max_length=20, json_schema_extra=ONCE), AfterValidator(_each_once)
    ]
    """Its levels, lowest first. Without an order: those matched first come first, and the last needs no lines."""
    better: Literal["higher", "lower"] = "higher"
    """Which way is better for a customer: `higher` as of a tier, `lower` as of a risk. It decides nothing."""
    level_titles: dict[str, Title] = {}
    """What people read for levels, in English and Chinese; the name of one that is left out. It decides nothing."""
    qualify: dict[str, Block]
    """For each level, what a customer needs to reach it."""
    retain: dict[str, Block] = {}
    """For each level, what is enough to keep it: looser than `qualify`, so that nobody flaps at the line."""
    stability: StabilitySource = StabilitySource()
    """How it rises and falls."""
    late_events: LateSource = LateSource()
    """What is said when a late event changes a level that was announced."""
    existing: Literal["keep", "reassess"] = "reassess"
    """What becomes of a level that was reached before these rules were in force: it is kept by what kept it then, too,
    or judged by these rules alone."""
    accept: Accepted = {}
    """Findings of `standing rules check` that may stay, each with the reason: `{CHK-09: it is meant}`."""


class ActionSource(RuleFilePart):
    """What a care rule asks for."""

    action: Name
    """What is to be done."""
    owner: Name
    """Who does it."""
    within: Days
    """Within how many days it still makes sense."""
    priority: Literal["low", "normal", "high"] = "normal"
    """Which goes first where several fall due on one day."""
    channel: str | None = None
    """On which of the programme's channels; left out: nobody is contacted."""
    consent: Literal["required", "not-needed"] = "required"
    """Whether the customer must have agreed to that channel."""
    contact_cap: Literal["applies", "exempt"] = "applies"
    """Whether a contact cap may hold it back. What must be said is `exempt`, and counts as a contact all the same."""
    cost: Amount | None = None
    """What one such action costs, in the programme's currency; `standing rules impact` adds it up."""


class SuccessSource(RuleFilePart):
    """What a care action is meant to bring about."""

    feature: str
    """The feature that tells."""
    at_least: str
    """What it should reach."""
    after: Days
    """How many days after the action it is looked at."""


class CareSource(RuleFilePart):
    """A care rule: when something is to be done for a customer, and what."""

    care: Name
    """The rule's name."""
    title: Title
    """What people read, in English and Chinese."""
    when: Block
    """When it falls due: on the day on which these lines become true."""
    do: ActionSource
    """What is to be done, by whom, how soon."""
    repeat_after: Days
    """After how many days it falls due again, while the lines stay true."""
    holdout: Share = 0
    """The share of customers for whom nothing is done, so that the effect can be measured."""
    success: SuccessSource | None = None
    """What it is meant to bring about."""
    accept: Accepted = {}
    """Findings of `standing rules check` that may stay, each with the reason: `{CHK-09: it is meant}`."""


PROGRAMME = TypeAdapter(ProgrammeSource)
FEATURES = TypeAdapter(dict[Name, FEATURE])
RATING = TypeAdapter(RatingSource)
CARE = TypeAdapter(list[CareSource])
