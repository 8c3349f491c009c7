"""Making a story's events: what a step says, and defaults for what every event carries."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

from standing.events import EventDetail
from standing.events.expectations import EXPECTATIONS
from standing.events.intake import Event, Rejected, read_event
from standing.rules.author.scenario.sources import FAMILIES
from standing.rules.ruleset import Ruleset
from standing.values.days import Day, day_date, zone
from standing.values.messages import Message

SOMEBODY = "somebody"
SOURCE = "story"
NOON = 12
MONEY = {"amount", "amounts"}
END_OF_TIME = datetime(9999, 1, 1, tzinfo=UTC)
WHOLE = re.compile(r"-?[0-9]{1,9}", re.ASCII)
IN_YAML = {"expected.amount": "yaml_amount", "expected.int_type": "yaml_whole_number"}  # JSON needs quotes, YAML none


def build_event(ruleset: Ruleset, family: str, fields: Mapping[str, Any], day: Day, number: int) -> Event:
    """An event of a day, the `number`th of its story. Raises Rejected where no such event could be taken in."""
    model = FAMILIES[family]
    typed = {name: _typed(model, name, value) for name, value in fields.items()}
    detail = _defaults(ruleset, family, day, number) | _currency(ruleset, typed) | typed
    event = read_event({"source": SOURCE, "detail-type": model.detail_type, "detail": detail}, ruleset, END_OF_TIME)
    if event.day != day:
        raise Rejected("another-day", "detail.time", EXPECTATIONS("day_of_step", day=day_date(day)))
    return event


def expected_of(rejected: Rejected) -> Message:
    """What was expected, in the words of a story."""
    expected = rejected.message
    return EXPECTATIONS(IN_YAML[expected.code]) if expected.code in IN_YAML else expected


def fields_of(family: str) -> list[str]:
    """The fields of an event that a story may name; whose it is goes without saying."""
    return [name for name in FAMILIES[family].model_fields if name != "customer"]


def _defaults(ruleset: Ruleset, family: str, day: Day, number: int) -> dict[str, Any]:
    date = day_date(day)
    noon = datetime(date.year, date.month, date.day, NOON, tzinfo=zone(ruleset.programme.time_zone))
    time = (noon + timedelta(seconds=number)).isoformat()
    own: dict[str, dict[str, Any]] = {
        "override": {"author": SOMEBODY},
        "care": {"day": str(date)},
        "score": {"model": SOURCE},
    }
    return {"id": f"{family}-{number}", "customer": SOMEBODY, "time": time, **own.get(family, {})}


def _currency(ruleset: Ruleset, fields: Mapping[str, Any]) -> dict[str, Any]:
    """An amount is in the programme's currency."""
    return {"currency": ruleset.programme.currency} if MONEY & {name for name, value in fields.items() if value} else {}


def _typed(model: type[EventDetail], name: str, value: Any) -> Any:  # noqa: ANN401 -- any YAML
    """A value as the event's field wants it: YAML is read as text, and some fields are whole numbers."""
    field = model.model_fields.get(name)
    return _whole(value) if field and _has_whole_numbers(field.annotation) else value


def _whole(value: Any) -> Any:  # noqa: ANN401 -- any YAML
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return int(value) if isinstance(value, str) and WHOLE.fullmatch(value) else value


def _has_whole_numbers(annotation: object) -> bool:
    return annotation is int or any(_has_whole_numbers(part) for part in get_args(annotation))
