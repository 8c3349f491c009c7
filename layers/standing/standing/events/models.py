"""The events that upstream systems emit, one model for each versioned detail type.

A field marked personal holds personal data beyond the opaque customer id: it is never logged or published, and it is
stored only if rules need it. Every error names its field and says what was expected.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from standing.events.expectations import Unexpected
from standing.events.fields import (
    KEPT,
    PERSONAL,
    Amount,
    Amounts,
    Code,
    Currency,
    CustomerId,
    Date,
    Dates,
    EventId,
    Facts,
    Flags,
    Moment,
    MonthDay,
    Name,
    Scale,
)

MONEY = {"amount", "amounts"}
MICROSECOND = timedelta(microseconds=1)
START = datetime(1970, 1, 1, tzinfo=UTC)
SCORED = {"survey", "review"}
RiskAppetite = Literal["averse", "cautious", "balanced", "growth", "aggressive"]
Category = Annotated[Code | None, Field(description="a code of what it was about, such as a kind of product")]


def _with_its_amount(currency: str | None, info: ValidationInfo) -> str | None:
    """Require a currency if there is an amount, and none if there is no amount. An invalid amount has its own error."""
    known = [info.data[name] for name in ("amount", "amounts") if name in info.data]
    if known and any(known) and currency is None:
        raise Unexpected("amounts_currency")
    if known and not any(known) and currency is not None:
        raise Unexpected("no_currency")
    return currency


CurrencyOfAmount = Annotated[
    Currency | None, AfterValidator(_with_its_amount), Field(description="ISO 4217, the programme's; with an amount")
]


def _dates(stored: Mapping[str, str]) -> dict[str, date]:
    return {name: date.fromisoformat(text) for name, text in stored.items()}


# Of the fields that are no JSON, how they are made of it again.
FROM_JSON: Mapping[str, Callable[[Any], Any]] = {
    "time": datetime.fromisoformat,
    "scale": tuple,
    "dates": _dates,
    "expires": date.fromisoformat,
    "day": date.fromisoformat,
}


class EventDetail(BaseModel):
    """The fields of every event: the producer's own id, the customer, and when it happened."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        defer_build=True,  # built when the first event of its type arrives
        hide_input_in_errors=True,  # it may be personal, and errors are logged
    )
    detail_type: ClassVar[str]
    family: ClassVar[str]
    """The event type's name in rules: `purchase` for `purchase.v1`."""

    id: Annotated[EventId, Field(description="the producer's id of this event; repeats are ignored")]
    customer: Annotated[CustomerId, Field(description="an opaque customer id: no name, no address")]
    time: Annotated[Moment, Field(description="when it happened, with its offset; this decides, not the arrival")]

    @classmethod
    def __pydantic_init_subclass__(cls, **_: object) -> None:
        """Name the family."""
        cls.family = getattr(cls, "detail_type", "").partition(".")[0]

    @property
    def money(self) -> dict[str, str]:
        """Its amounts by field name, as decimal strings."""
        return {}

    @property
    def moment(self) -> int:
        """When it happened, in microseconds since 1970."""
        return (self.time - START) // MICROSECOND

    def content(self) -> dict[str, Any]:
        """Its stored fields in canonical form: time as `moment`, amounts normalised, no empty values."""
        fields = {name: value for name, value in self.stored().items() if value != {} and name not in MONEY}
        fields["time"] = self.moment
        fields["money"] = {path: str(Decimal(amount).normalize()) for path, amount in self.money.items()}
        return fields

    def stored(self) -> dict[str, Any]:
        """The event as JSON types, without the personal fields that no rule needs. The model can read it back."""
        return self.model_dump(mode="json", exclude=unstored_fields(type(self)), exclude_none=True)

    def row(self) -> str:
        """What the event's record holds of it, as JSON: what is stored, but for the ids, which are in its key."""
        return self.model_dump_json(exclude=_out_of_row(type(self)), exclude_none=True)

    @classmethod
    def trusted(cls, stored: Mapping[str, Any]) -> EventDetail:
        """What `stored` gave, read back without being checked again: only of what has not left our hands since."""
        fields = {name: FROM_JSON[name](value) if name in FROM_JSON else value for name, value in stored.items()}
        return cls.model_construct(**fields)


class MoneyDetail(EventDetail):
    """An event that moves money in the programme's currency."""

    amount: Annotated[Amount, Field(description="a decimal string, never negative; a refund is an event of its own")]
    currency: Annotated[Currency, Field(description="ISO 4217, the programme's")]

    @property
    def money(self) -> dict[str, str]:
        """Its amount."""
        return {"amount": self.amount}


class Purchase(MoneyDetail):
    """A customer bought something."""

    detail_type = "purchase.v1"

    channel: Code | None = None
    category: Category = None
    items: Annotated[int, Field(ge=1, le=1_000_000, strict=True)] | None = None


class Refund(MoneyDetail):
    """Money went back to a customer."""

    detail_type = "refund.v1"

    purchase: Annotated[
        EventId | None, Field(description="the id of the purchase that it is of, on whose day its amount counts")
    ] = None
    reason: Annotated[Code | None, Field(description="a code, not free text")] = None
    category: Category = None


class Feedback(EventDetail):
    """A customer said something: a complaint, praise, an inquiry, or an answer on a scale (a survey, a review)."""

    model_config = ConfigDict(validate_default=True)
    detail_type = "feedback.v1"

    kind: Literal["complaint", "praise", "inquiry", "survey", "review"]
    topic: Annotated[Code | None, Field(description="a code, not free text")] = None
    scale: Annotated[Scale | None, Field(description="the lowest and highest answer, such as [1, 5]")] = None
    score: Annotated[Annotated[int, Field(strict=True)] | None, Field(description="the answer, on that scale")] = None
    comment: Annotated[Annotated[str, Field(max_length=20_000)] | None, Field(json_schema_extra=PERSONAL)] = None

    @field_validator("scale", "score", mode="after")
    @classmethod
    def _belongs_to_an_answer(cls, value: Any, info: ValidationInfo) -> Any:  # noqa: ANN401 -- either field's type
        if info.data.get("kind") not in {*SCORED, None} and value is not None:
            raise Unexpected("no_answer")
        return value

    @field_validator("score", mode="after")
    @classmethod
    def _on_its_scale(cls, score: int | None, info: ValidationInfo) -> int | None:
        scale = info.data.get("scale")
        if score is not None and scale and not scale[0] <= score <= scale[1]:
            raise Unexpected("on_its_scale", low=scale[0], high=scale[1])
        return score

    @field_validator("scale", "score", mode="before")
    @classmethod
    def _answer_has_both(cls, value: Any, info: ValidationInfo) -> Any:  # noqa: ANN401 -- either field's type
        if value is None and info.data.get("kind") in SCORED:
            raise Unexpected("score_and_scale")
        return value


class Engagement(EventDetail):
    """A customer was active: signed in, visited, searched, viewed, began to buy, or redeemed an offer."""

    detail_type = "engagement.v1"

    kind: Literal["login", "visit", "redemption", "search", "view", "basket", "checkout"]
    channel: Code | None = None
    campaign: Annotated[Code | None, Field(description="the campaign whose offer was redeemed")] = None
    category: Category = None
    item: Annotated[Code | None, Field(description="a code of what was looked at, or put into the basket")] = None


class Activity(EventDetail):
    """Something happened that only one trade knows: a deposit, a missed instalment, a claim."""

    model_config = ConfigDict(validate_default=True)
    detail_type = "activity.v1"

    kind: Annotated[Name, Field(description="one of the programme's activities, by its name in programme.yaml")]
    amount: Annotated[Amount | None, Field(description="a decimal string, never negative: the kind says which way")] = (
        None
    )
    currency: CurrencyOfAmount = None
    category: Category = None
    channel: Code | None = None

    @property
    def money(self) -> dict[str, str]:
        """Its amount, if it has one."""
        return {} if self.amount is None else {"amount": self.amount}


class Profile(EventDetail):
    """A customer's profile changed. Only the fields in the event change."""

    model_config = ConfigDict(validate_default=True)
    detail_type = "profile.v1"

    birthday: Annotated[
        MonthDay | None,
        Field(description="the month and the day; a year is not kept", json_schema_extra=KEPT),
    ] = None
    dates: Annotated[Dates | None, Field(description="other dates that come round, such as a renewal")] = None
    consent: Annotated[
        Flags | None, Field(description="whether a channel may be used, by its name in programme.yaml")
    ] = None
    preferred_channel: Code | None = None
    risk_appetite: Annotated[RiskAppetite | None, Field(description="how much risk a customer will take")] = None
    segments: Annotated[Facts | None, Field(description="facts of a segmentation: true, false or a code")] = None
    amounts: Annotated[
        Amounts | None,
        Field(description="what a customer has, earns or owes, such as deposits", json_schema_extra=KEPT),
    ] = None
    currency: CurrencyOfAmount = None

    @property
    def money(self) -> dict[str, str]:
        """Each of its amounts."""
        return {f"amounts.{name}": amount for name, amount in (self.amounts or {}).items()}


class Override(EventDetail):
    """Somebody set a level by hand. It is shown until it expires; the computed level continues underneath."""

    detail_type = "override.v1"

    rating: Annotated[Name, Field(description="a rating of the rules")]
    level: Annotated[Name, Field(description="one of its levels")]
    reason: Annotated[Code, Field(description="a code, not free text")]
    author: Annotated[Code, Field(description="an opaque id of who decided it")]
    expires: Annotated[Date, Field(description="the last day on which it shows")]

    @property
    def ruling(self) -> str:
        """The override as one JSON text, the form in which it is stored in the state."""
        return json.dumps([self.level, str(self.expires), self.author, self.reason], ensure_ascii=False)


class CareAnswer(EventDetail):
    """The answer to a care action that was requested."""

    detail_type = "care.v1"

    care: Annotated[Name, Field(description="the care rule, as care.requested says")]
    day: Annotated[Date, Field(description="the day it was due, as care.requested says")]
    status: Annotated[
        Literal["accepted", "done", "declined", "failed"],
        Field(description="accepted: somebody took it on, and it stays open; the others close it"),
    ]
    reason: Annotated[Code | None, Field(description="a code, not free text")] = None


class Score(EventDetail):
    """A customer's score of a model moved to another band: the score from this day on."""

    detail_type = "score.v1"

    name: Annotated[Name, Field(description="which score it is, such as churn")]
    value: Annotated[int, Field(ge=0, le=10**12, strict=True, description="in ten-thousandths: 7300 is 0.73")]
    band: Annotated[Name, Field(description="the band that it lies in, such as high")]
    model: Annotated[Code, Field(description="the hash of the model that it comes from")]


MODELS: dict[str, type[EventDetail]] = {
    model.detail_type: model
    for model in (Purchase, Refund, Feedback, Engagement, Activity, Profile, Override, CareAnswer, Score)
}


def personal_fields(model: type[EventDetail]) -> set[str]:
    """The names of the fields that the model marks as personal."""
    return _marked(model, "x-personal")


@cache
def unstored_fields(model: type[EventDetail]) -> set[str]:
    """The names of the personal fields that no rule needs. They are dropped when an event is taken in."""
    return personal_fields(model) - _marked(model, "x-kept")


@cache
def _out_of_row(model: type[EventDetail]) -> set[str]:
    return unstored_fields(model) | {"id", "customer"}


def _marked(model: type[EventDetail], mark: str) -> set[str]:
    return {
        name
        for name, field in model.model_fields.items()
        if isinstance(extra := field.json_schema_extra, dict) and extra.get(mark)
    }
