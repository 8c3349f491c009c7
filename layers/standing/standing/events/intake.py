"""Intake: turns the bus's envelope into an `Event`, or rejects it with a reason.

Assigns the event's day and fingerprint, and checks that its source may send it. Does not know states or rules.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
from pydantic import ValidationError
from pydantic_core import ErrorDetails, from_json

from standing.events import MODELS, OLDER, Activity, EventDetail, Override, Profile, newest, unstored_fields
from standing.events.expectations import EXPECTATIONS, Unexpected
from standing.events.producers import OUR_SOURCE, refusal
from standing.rules.ruleset import Programme, Ruleset
from standing.values.days import Day, day_number, day_of
from standing.values.errors import ReadableError
from standing.values.messages import Message, in_a_row, message
from standing.values.money import MoneyError, to_minor

FUTURE = timedelta(minutes=15)
LONGEST_SHOWN = 64
SOURCE = re.compile(r"[A-Za-z0-9._/-]{1,128}", re.ASCII)


class Rejected(ReadableError):  # noqa: N818 -- the word users meet in the queue's name
    """An event that can never be applied: the reason, the field, and what was expected there."""

    def __init__(self, reason: str, field: str, expected: Message) -> None:
        text = message("{reason}: {field}: expected {expected}", reason=reason, field=field, expected=expected)
        super().__init__(text)
        self.reason, self.field, self.message = reason, field, expected

    @property
    def expected(self) -> str:
        """What was expected, in English."""
        return str(self.message)

    def as_dict(self) -> dict[str, str]:
        """The reason in English."""
        return {"reason": self.reason, "field": self.field, "expected": self.expected}

    def stored(self) -> dict[str, Any]:
        """The reason as the Rejected queue carries it: in English, and as `said` for `read_message`."""
        return {**self.as_dict(), "said": self.message.stored()}


@dataclass(frozen=True, slots=True)
class Event:
    """An event that was taken in. `day` is the programme's day; repeats of an event have the same `fingerprint`."""

    source: str
    detail: EventDetail
    day: Day
    fingerprint: str

    @property
    def key(self) -> tuple[str, str]:
        """Its identity: the source, and the producer's id."""
        return self.source, self.detail.id


def fingerprint(source: str, detail_type: str, detail: Any) -> str:  # noqa: ANN401 -- any JSON
    """A digest of an event's canonical content, or of its JSON if the event cannot be read: 32 hex digits.

    Fields that are never stored do not count.
    """
    try:
        return _fingerprint(source, _parse(detail_type, detail))
    except Rejected:
        content = [source, detail_type, _storable(detail_type, detail)]
        return _digest(json.dumps(content, sort_keys=True, separators=(",", ":")).encode())


def is_repeat(event: Event, other: Event) -> bool:
    """Whether two events with the same id have the same content. An old stored event may have another fingerprint."""
    alike = type(event.detail) is type(other.detail) and event.source == other.source
    return event.fingerprint == other.fingerprint or (alike and event.detail.content() == other.detail.content())


def _fingerprint(source: str, detail: EventDetail) -> str:
    return _digest(orjson.dumps([source, detail.detail_type, detail.content()], option=orjson.OPT_SORT_KEYS))


def _storable(detail_type: str, detail: Any) -> Any:  # noqa: ANN401 -- any JSON
    """The detail without the fields that are never stored."""
    if not isinstance(detail, dict) or detail_type not in MODELS:
        return detail
    return {name: value for name, value in detail.items() if name not in unstored_fields(MODELS[detail_type])}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


def read_envelope(body: str) -> dict[str, Any]:
    """The bus's envelope in a message. Raises Rejected if it is none."""
    try:
        envelope = from_json(body)
    except (ValueError, TypeError):  # it refuses some texts that are JSON; what it reads, both read alike
        envelope = _any_json(body)
    if not isinstance(envelope, dict):
        raise Rejected("not-an-event", "message", EXPECTATIONS("an_event"))
    return envelope


def _any_json(body: str) -> Any:  # noqa: ANN401 -- any JSON
    try:
        return json.loads(body)
    except (ValueError, RecursionError):  # brackets nested thousands deep
        return None


def take_in(envelope: Mapping[str, Any], ruleset: Ruleset, now: datetime) -> Event:
    """Read the event in an EventBridge envelope (`source`, `detail-type`, `detail`), upcast to its newest version.

    Raises Rejected if it can never be applied, or if its source may not send it.
    """
    event = read_event(envelope, ruleset, now)
    if refused := refusal(event.source, event.detail.family, ruleset.programme):
        raise Rejected("not-allowed", *refused)
    return event


def read_event(envelope: Mapping[str, Any], ruleset: Ruleset, now: datetime) -> Event:
    """Read the event in an envelope without checking its source, since scenarios have no producers.

    Raises Rejected if it can never be applied.
    """
    source, detail_type, raw = envelope.get("source"), envelope.get("detail-type"), envelope.get("detail")
    if not isinstance(source, str) or not SOURCE.fullmatch(source):
        raise Rejected("does-not-fit", "source", EXPECTATIONS("source"))
    if source == OUR_SOURCE:
        raise Rejected("not-allowed", "source", EXPECTATIONS("not_our_source", ours=OUR_SOURCE))
    detail = _parse(detail_type, raw)
    _check_time(detail, now)  # first: the end of the year 9999 overflows in other time zones
    day = day_of(detail.time, ruleset.programme.time_zone)
    _check_money(detail, ruleset.programme)
    _check_activity(detail, ruleset.programme)
    _check_channels(detail, ruleset.programme)
    _check_override(detail, ruleset, day)
    return Event(source, detail, day, _fingerprint(source, detail))


def read_stored(detail_type: str, detail: dict[str, Any]) -> EventDetail:
    """Read a stored event's detail of any version by today's model."""
    detail_type, detail = newest(detail_type, detail)
    return MODELS[detail_type].model_validate(detail)


def _parse(detail_type: object, raw: object) -> EventDetail:
    if not isinstance(detail_type, str) or (detail_type not in MODELS and detail_type not in OLDER):
        raise Rejected("unknown-type", "detail-type", EXPECTATIONS("one_of", names=in_a_row(sorted(MODELS))))
    if not isinstance(raw, dict):
        raise Rejected("does-not-fit", "detail", EXPECTATIONS("model_type"))
    try:
        return read_stored(detail_type, raw)
    except ValidationError as error:
        raise _rejection(error) from None
    except (LookupError, TypeError, AttributeError):  # it does not even fit its own older version
        raise Rejected("does-not-fit", "detail", EXPECTATIONS("of_its_type", type=detail_type)) from None


def _rejection(error: ValidationError) -> Rejected:
    first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(["detail", *(_shown(part) for part in first["loc"] if part != "[key]")])
    return Rejected("does-not-fit", field, _expected(first))


def _expected(error: ErrorDetails) -> Message:
    context = error.get("ctx", {})
    if isinstance(ours := context.get("error"), Unexpected):
        return ours.expected
    if error["type"] in EXPECTATIONS:
        return EXPECTATIONS(error["type"], **{name: str(value) for name, value in context.items()})
    return EXPECTATIONS("other", said=error["msg"])


def _shown(part: int | str) -> str:
    """A part of a field's path, or `…` if it is too long or not printable: producers may send any name."""
    text = str(part)
    return text if 0 < len(text) <= LONGEST_SHOWN and text.isprintable() else "…"


def _check_time(detail: EventDetail, now: datetime) -> None:
    if detail.time > now + FUTURE:
        raise Rejected(
            "in-the-future", "detail.time", EXPECTATIONS("not_in_the_future", now=f"{now:%Y-%m-%dT%H:%M:%SZ}")
        )


def _check_money(detail: EventDetail, programme: Programme) -> None:
    for field, amount in detail.money.items():
        if getattr(detail, "currency", None) != programme.currency:
            expected = EXPECTATIONS("programme_currency", currency=programme.currency)
            raise Rejected("wrong-currency", "detail.currency", expected)
        try:
            to_minor(Decimal(amount), programme.minor_digits)
        except MoneyError:
            expected = EXPECTATIONS("decimals", digits=programme.minor_digits, currency=programme.currency)
            raise Rejected("does-not-fit", f"detail.{field}", expected) from None


def _check_activity(detail: EventDetail, programme: Programme) -> None:
    if isinstance(detail, Activity) and detail.kind not in programme.activities:
        expected = _one_of("activities", programme.activities)
        raise Rejected("unknown-activity", "detail.kind", expected)


def _one_of(what: str, names: Sequence[str]) -> Message:
    return EXPECTATIONS(what, names=in_a_row(names)) if names else EXPECTATIONS(f"no_{what}")


def _check_channels(detail: EventDetail, programme: Programme) -> None:
    if not isinstance(detail, Profile):
        return
    expected = _one_of("channels", programme.channels)
    for channel in detail.consent or {}:
        if channel not in programme.channels:
            raise Rejected("unknown-channel", f"detail.consent.{channel}", expected)
    if detail.preferred_channel not in {None, *programme.channels}:
        raise Rejected("unknown-channel", "detail.preferred_channel", expected)


def _check_override(detail: EventDetail, ruleset: Ruleset, day: Day) -> None:
    if not isinstance(detail, Override):
        return
    rating = ruleset.ratings.get(detail.rating)
    if rating is None:
        raise Rejected("unknown-rating", "detail.rating", EXPECTATIONS("one_of", names=in_a_row(ruleset.ratings)))
    if detail.level not in rating.levels:
        raise Rejected("unknown-level", "detail.level", EXPECTATIONS("one_of", names=in_a_row(rating.levels)))
    last, longest = day_number(detail.expires), ruleset.programme.longest_override
    if last < day:
        raise Rejected("expired", "detail.expires", EXPECTATIONS("not_expired"))
    if last - day > longest:
        raise Rejected("too-long", "detail.expires", EXPECTATIONS("override_term", longest=longest))
