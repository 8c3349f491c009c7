"""The words rules may use of events: families, their values with units, and the fields a `where` may name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from standing.core.events import MODELS
from standing.core.ruleset import Unit, Value


@dataclass(frozen=True)
class Family:
    """What rules call one or several event types: the types, and the values that can be summed, with their units."""

    of: tuple[str, ...]
    values: dict[Value, Unit]
    fields: tuple[str, ...] = ()


FAMILIES = {
    "purchase": Family(("purchase",), {"amount": "money"}, ("channel",)),
    "refund": Family(("refund",), {"amount": "money"}, ("reason",)),
    "transaction": Family(("purchase", "refund"), {"net_amount": "money"}),
    "feedback": Family(("feedback",), {"score": "score"}, ("kind", "topic")),
    "engagement": Family(("engagement",), {}, ("kind", "channel", "campaign")),
}


def allowed_values(family: Family, field: str) -> tuple[str, ...]:
    """The values a field can have, where its event type names them; empty where any text will do."""
    model = next(model for model in MODELS.values() if model.detail_type.startswith(family.of[0] + "."))
    return tuple(choice for choice in get_args(model.model_fields[field].annotation) if isinstance(choice, str))
