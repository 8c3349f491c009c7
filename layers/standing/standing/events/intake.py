"""Taking an event in: from the bus's envelope to an `Event`, or to a reason why not.

Here an event gets its day and its fingerprint, and its producer is asked whether it may send it. Knows nothing of state
or rules.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from standing.events import MODELS, OLDER, Activity, EventDetail, Override, Profile, newest, unstored_fields
from standing.events.producers import OUR_SOURCE, refusal
from standing.rules.ruleset import Programme, Ruleset
from standing.values.days import Day, day_number, day_of
from standing.values.money import MoneyError, to_minor

FUTURE = timedelta(minutes=15)
LONGEST_SHOWN = 64
SOURCE = re.compile(r"[A-Za-z0-9._/-]{1,128}", re.ASCII)
EXPECTED = {
    "missing": "a value: this field is required",
    "extra_forbidden": "nothing: this event type has no such field",
    "string_too_long": "a shorter text: at most {max_length} characters",
    "string_too_short": "a text of at least {min_length} character",
    "string_type": "a text",
    "string_unicode": "a text that is valid Unicode",
    "literal_error": "{expected}",
    "int_type": "a whole number, without quotes",
    "greater_than_equal": "at least {ge}",
    "less_than_equal": "at most {le}",
    "tuple_type": "a list of two whole numbers, such as [1, 5]",
    "too_long": "a list of {max_length} values",
    "bool_type": "true or false",
    "dict_type": "an object of names and their values",
    "model_type": "an object with the event's fields",
}


class Rejected(Exception):  # noqa: N818 -- the word users meet in the queue's name
    """An event that can never be applied: why, in which field, and what was expected there."""

    def __init__(self, reason: str, field: str, expected: str) -> None:
        super().__init__(f"{reason}: {field}: expected {expected}")
        self.reason, self.field, self.expected = reason, field, expected

    def as_dict(self) -> dict[str, str]:
        """The reason as the Rejected queue carries it."""
        return {"reason": self.reason, "field": self.field, "expected": self.expected}


@dataclass(frozen=True, slots=True)
class Event:
    """An event that was taken in. `day` is the programme's day; `fingerprint` tells repeats from other content."""

    source: str
    detail: EventDetail
    day: Day
    fingerprint: str

    @property
    def key(self) -> tuple[str, str]:
        """What makes it the same event: its producer and the producer's id."""
        return self.source, self.detail.id


def fingerprint(source: str, detail_type: str, detail: Any) -> str:  # noqa: ANN401 -- any JSON
    """A digest of an event's content, the same however it is written; of what cannot be read, a digest of its JSON.

    What is never stored does not count.
    """
    try:
        return _fingerprint(source, _parse(detail_type, detail))
    except Rejected:
        return _digest([source, detail_type, _told(detail_type, detail)])


def is_repeat(one: Event, other: Event) -> bool:
    """Whether two events under one id say the same; one that was stored long ago may have another fingerprint."""
    alike = type(one.detail) is type(other.detail) and one.source == other.source
    return one.fingerprint == other.fingerprint or (alike and one.detail.content() == other.detail.content())


def _fingerprint(source: str, detail: EventDetail) -> str:
    return _digest([source, detail.detail_type, detail.content()])


def _told(detail_type: str, detail: Any) -> Any:  # noqa: ANN401 -- any JSON
    """What was sent, without what is never stored."""
    if not isinstance(detail, dict) or detail_type not in MODELS:
        return detail
    return {name: value for name, value in detail.items() if name not in unstored_fields(MODELS[detail_type])}


def _digest(content: object) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def take_in(envelope: Mapping[str, Any], ruleset: Ruleset, now: datetime) -> Event:
    """The event in an EventBridge envelope (`source`, `detail-type`, `detail`), brought up to its newest version.

    Raises Rejected when it can never be applied, also because its source may not send it.
    """
    event = read_event(envelope, ruleset, now)
    if refused := refusal(event.source, event.detail.family, ruleset.programme):
        raise Rejected("not-allowed", *refused)
    return event


def read_event(envelope: Mapping[str, Any], ruleset: Ruleset, now: datetime) -> Event:
    """The event in an envelope, whoever it comes from: a story has no producers.

    Raises Rejected when it can never be applied.
    """
    source, detail_type, raw = (envelope.get(name) for name in ("source", "detail-type", "detail"))
    if not isinstance(source, str) or not SOURCE.fullmatch(source):
        raise Rejected("does-not-fit", "source", "1 to 128 letters, digits, dots, dashes, underscores or slashes")
    if source == OUR_SOURCE:
        raise Rejected("not-allowed", "source", f"the system that emits the event; `{OUR_SOURCE}` is our own")
    detail = _parse(detail_type, raw)
    _check_time(detail, now)  # first: the last moments of the year 9999 have no day elsewhere
    day = day_of(detail.time, ruleset.programme.time_zone)
    _check_money(detail, ruleset.programme)
    _check_activity(detail, ruleset.programme)
    _check_channels(detail, ruleset.programme)
    _check_override(detail, ruleset, day)
    return Event(source, detail, day, _fingerprint(source, detail))


def read_stored(detail_type: str, detail: dict[str, Any]) -> EventDetail:
    """An event's detail as it was stored, however long ago, read by today's model."""
    detail_type, detail = newest(detail_type, detail)
    return MODELS[detail_type].model_validate(detail)


def _parse(detail_type: object, raw: object) -> EventDetail:
    if not isinstance(detail_type, str) or detail_type not in {*MODELS, *OLDER}:
        raise Rejected("unknown-type", "detail-type", "one of " + ", ".join(sorted(MODELS)))
    if not isinstance(raw, dict):
        raise Rejected("does-not-fit", "detail", EXPECTED["model_type"])
    try:
        return read_stored(detail_type, raw)
    except ValidationError as error:
        raise _rejection(error) from None
    except (LookupError, TypeError, AttributeError):  # an older version that does not fit even its own
        raise Rejected("does-not-fit", "detail", f"what {detail_type} says") from None


def _rejection(error: ValidationError) -> Rejected:
    first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(["detail", *(_shown(part) for part in first["loc"] if part != "[key]")])
    template = EXPECTED.get(first["type"])
    context = first.get("ctx", {})
    expected = template.format(**context) if template else first["msg"].removeprefix("Value error, ")
    return Rejected("does-not-fit", field, expected)


def _shown(part: int | str) -> str:
    """A part of a field's name; one that a producer made up may be anything."""
    text = str(part)
    return text if 0 < len(text) <= LONGEST_SHOWN and text.isprintable() else "…"


def _check_time(detail: EventDetail, now: datetime) -> None:
    if detail.time > now + FUTURE:
        raise Rejected("in-the-future", "detail.time", f"at most 15 minutes after now ({now:%Y-%m-%dT%H:%M:%SZ})")


def _check_money(detail: EventDetail, programme: Programme) -> None:
    for field, amount in detail.money.items():
        if getattr(detail, "currency", None) != programme.currency:
            raise Rejected("wrong-currency", "detail.currency", f"{programme.currency}, the programme's currency")
        try:
            to_minor(Decimal(amount), programme.minor_digits)
        except MoneyError as error:
            raise Rejected("does-not-fit", f"detail.{field}", f"{error} in {programme.currency}") from None


def _check_activity(detail: EventDetail, programme: Programme) -> None:
    if isinstance(detail, Activity) and detail.kind not in programme.activities:
        expected = "one of the programme's activities: " + (", ".join(programme.activities) or "it has none")
        raise Rejected("unknown-activity", "detail.kind", expected)


def _check_channels(detail: EventDetail, programme: Programme) -> None:
    if not isinstance(detail, Profile):
        return
    expected = "one of the programme's channels: " + (", ".join(programme.channels) or "it has none")
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
        raise Rejected("unknown-rating", "detail.rating", "one of " + ", ".join(ruleset.ratings))
    if detail.level not in rating.levels:
        raise Rejected("unknown-level", "detail.level", "one of " + ", ".join(rating.levels))
    last, longest = day_number(detail.expires), ruleset.programme.longest_override
    if last < day:
        raise Rejected("expired", "detail.expires", "a day that is not before the event's own")
    if last - day > longest:
        raise Rejected("too-long", "detail.expires", f"a day at most {longest} days after the event's own")
