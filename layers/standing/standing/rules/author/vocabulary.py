"""The vocabulary of events in rules: families, their values with units, and the fields for `where`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import get_args

from standing.events import MODELS, personal_fields
from standing.rules.features import Unit

FLAG = ("false", "true")


@dataclass(frozen=True)
class Value:
    """A value of an event: its unit, its words if they have an order, and whether it is personal.

    `adds_up`: whether a sum of it means something; what an account holds on each day does not add up.
    """

    unit: Unit
    levels: tuple[str, ...] = ()
    personal: bool = False
    adds_up: bool = True

    @property
    def is_number(self) -> bool:
        """Whether it can be summed and compared by size."""
        return self.unit in {"money", "score"}


@dataclass(frozen=True)
class Family:
    """What rules call one or several event types: the types, and their values; `.*` stands for any name.

    `fields` may be filtered by; `dates` are those whose anniversaries can be counted down to. Those below a dot have a
    year, and can be counted down to themselves.
    """

    of: tuple[str, ...]
    values: dict[str, Value]
    fields: tuple[str, ...] = ()
    dates: dict[str, Value] = field(default_factory=dict)

    def value(self, path: str) -> Value | None:
        """What is known of a value such as `amount` or `segments.student`."""
        return self.values.get(path) or self.values.get(_any_entry(path))

    def date(self, path: str) -> Value | None:
        """What is known of a date such as `birthday` or `dates.renewal`."""
        return self.dates.get(path) or self.dates.get(_any_entry(path))


def _any_entry(path: str) -> str:
    name, dot, entry = path.partition(".")
    return f"{name}.*" if dot and entry else path


def allowed_values(family: Family, name: str) -> tuple[str, ...]:
    """The values a field can have, where its event type names them; empty where any text will do."""
    annotation = MODELS[f"{family.of[0]}.v1"].model_fields[name].annotation
    options = (annotation, *get_args(annotation))
    return tuple(choice for option in options for choice in get_args(option) if isinstance(choice, str))


def _texts(*names: str) -> dict[str, Value]:
    return dict.fromkeys(names, Value("text"))


MONEY, SCORE = Value("money"), Value("score")
OF_A_PERSON = personal_fields(MODELS["profile.v1"])
BIRTHDAY = Value("days", personal="birthday" in OF_A_PERSON)
HELD = Value("money", personal="amounts" in OF_A_PERSON, adds_up=False)
APPETITES = allowed_values(Family(("profile",), {}), "risk_appetite")
SAID = Value("score", adds_up=False)
ENGAGED = ("kind", "channel", "campaign", "category", "item")
ACTIVE = ("kind", "category", "channel")
FAMILIES = {
    "purchase": Family(("purchase",), {"amount": MONEY, **_texts("channel", "category")}, ("channel", "category")),
    "refund": Family(("refund",), {"amount": MONEY, **_texts("reason", "category")}, ("reason", "category")),
    "transaction": Family(("purchase", "refund"), {"net_amount": MONEY, **_texts("category")}, ("category",)),
    "feedback": Family(("feedback",), {"score": SCORE, **_texts("kind", "topic")}, ("kind", "topic")),
    "engagement": Family(("engagement",), _texts(*ENGAGED), ENGAGED),
    "activity": Family(("activity",), {"amount": MONEY, **_texts(*ACTIVE)}, ACTIVE),
    "profile": Family(
        ("profile",),
        {
            "risk_appetite": Value("level", APPETITES),
            "consent.*": Value("level", FLAG),
            "segments.*": Value("text"),
            "preferred_channel": Value("text"),
            "amounts.*": HELD,
        },
        dates={"birthday": BIRTHDAY, "dates.*": Value("days")},
    ),
    "override": Family(("override",), _texts("rating", "level", "reason"), ("rating", "level", "reason")),
    "score": Family(("score",), {"value": SAID, **_texts("name", "band", "model")}, ("name", "band", "model")),
    "care": Family(("care",), _texts("care", "status", "reason"), ("care", "status", "reason")),
}
