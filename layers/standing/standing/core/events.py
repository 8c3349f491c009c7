"""The events that upstream systems emit, one model for each versioned detail type.

A field marked personal says something of a person beyond the opaque customer id: it is never logged, published or
stored. Every error names its field and says what was expected.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

PERSONAL = {"x-personal": True}
SCORED = {"survey", "review"}
AMOUNT = re.compile(r"[0-9]{1,10}(\.[0-9]{1,4})?", re.ASCII)
FIRST_MOMENT = datetime(1970, 1, 2, tzinfo=UTC)


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("a text without control characters")
    return text


def _amount(value: object) -> object:
    if not isinstance(value, str) or not AMOUNT.fullmatch(value):
        raise ValueError('a decimal number in quotes, not negative and below 10 billion, such as "12.50"')
    return value


def _currency(value: object) -> object:
    if not isinstance(value, str) or not re.fullmatch("[A-Z]{3}", value):
        raise ValueError("an ISO 4217 code of three capital letters, such as USD or CNY")
    return value


def _moment(value: object) -> object:
    if isinstance(value, datetime):
        return value
    try:
        moment = datetime.fromisoformat(value)  # type: ignore[arg-type]  # a wrong type is answered just below
    except (TypeError, ValueError):
        moment = None
    offset = moment.utcoffset() if moment else None
    if offset is None or offset.total_seconds() % 60:  # an offset with seconds would not survive being stored
        raise ValueError("a time with its offset, such as 2026-03-01T09:30:00Z")
    return moment


def _since_1970(moment: datetime) -> datetime:
    if moment.year < 1970 or moment < FIRST_MOMENT:  # the year first: an early year with an offset has no UTC
        raise ValueError("a time after 1970-01-01")
    return moment


def _rising(scale: tuple[int, int]) -> tuple[int, int]:
    if scale[0] >= scale[1]:
        raise ValueError("a scale that rises, such as [1, 5]")
    return scale


Code = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_printable)]
EventId = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_printable)]
CustomerId = Annotated[str, Field(min_length=1, max_length=128), AfterValidator(_printable)]
Amount = Annotated[str, BeforeValidator(_amount, Annotated[str, Field(pattern=f"^{AMOUNT.pattern}$")])]
Currency = Annotated[str, BeforeValidator(_currency, Annotated[str, Field(pattern="^[A-Z]{3}$")])]
Moment = Annotated[
    datetime,
    BeforeValidator(_moment, str),
    AfterValidator(_since_1970),
    Field(json_schema_extra={"format": "date-time"}),
]
Bound = Annotated[int, Field(strict=True, ge=-1000, le=1000)]
Scale = Annotated[tuple[Bound, Bound], AfterValidator(_rising)]


class EventDetail(BaseModel):
    """What every event carries: the producer's own id, whom it concerns and when it happened."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    detail_type: ClassVar[str]

    id: Annotated[EventId, Field(description="the producer's id of this event; repeats are ignored")]
    customer: Annotated[CustomerId, Field(description="an opaque customer id: no name, no address")]
    time: Annotated[Moment, Field(description="when it happened, with its offset; this decides, not the arrival")]

    @property
    def family(self) -> str:
        """What rules call it: `purchase` for `purchase.v1`."""
        return self.detail_type.partition(".")[0]

    def stored(self) -> dict[str, Any]:
        """The event without its personal fields, as JSON types; the model reads it back."""
        return self.model_dump(mode="json", exclude=personal_fields(type(self)), exclude_none=True)


class MoneyDetail(EventDetail):
    """An event that moves money, in the programme's currency."""

    amount: Annotated[Amount, Field(description="a decimal string, never negative; a refund is an event of its own")]
    currency: Annotated[Currency, Field(description="ISO 4217, the programme's")]

    @property
    def value(self) -> Decimal:
        """The amount as a number."""
        return Decimal(self.amount)


class Purchase(MoneyDetail):
    """A customer bought something."""

    detail_type = "purchase.v1"

    channel: Code | None = None
    items: Annotated[int, Field(ge=1, le=1_000_000, strict=True)] | None = None


class Refund(MoneyDetail):
    """Money went back to a customer."""

    detail_type = "refund.v1"

    purchase: Annotated[EventId | None, Field(description="the id of the purchase it belongs to")] = None
    reason: Annotated[Code | None, Field(description="a code, not free text")] = None


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
            raise ValueError("nothing: only a survey or a review has a score and a scale")
        return value

    @field_validator("score", mode="after")
    @classmethod
    def _on_its_scale(cls, score: int | None, info: ValidationInfo) -> int | None:
        scale = info.data.get("scale")
        if score is not None and scale and not scale[0] <= score <= scale[1]:
            raise ValueError(f"a score on its scale, from {scale[0]} to {scale[1]}")
        return score

    @field_validator("scale", "score", mode="before")
    @classmethod
    def _answer_has_both(cls, value: Any, info: ValidationInfo) -> Any:  # noqa: ANN401 -- either field's type
        if value is None and info.data.get("kind") in SCORED:
            raise ValueError("a score and its scale, such as 4 on [1, 5]")
        return value


class Engagement(EventDetail):
    """A customer was there: signed in, visited, or redeemed an offer of a campaign."""

    detail_type = "engagement.v1"

    kind: Literal["login", "visit", "redemption"]
    channel: Code | None = None
    campaign: Annotated[Code | None, Field(description="the campaign whose offer was redeemed")] = None


MODELS: dict[str, type[EventDetail]] = {model.detail_type: model for model in (Purchase, Refund, Feedback, Engagement)}


def personal_fields(model: type[EventDetail]) -> set[str]:
    """Names of the fields that say something of a person, as marked in the model."""
    return {
        name
        for name, field in model.model_fields.items()
        if isinstance(extra := field.json_schema_extra, dict) and extra.get("x-personal")
    }
