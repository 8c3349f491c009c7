"""The kinds of feature: what is true of each, wherever rules are read.

A kind is one entry here, with its words, and one in the table of each back end that has to know: how it is evaluated
(`engine/features.py`), and its expression (`rescoring/features.py`). When time alone can change it
(`engine/courses.py`), its range (`rules/prove/ranges.py`) and which events move it (`foresight/levers.py`) follow from
what is said here, but for those that have an entry there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from standing.values.messages import Messages

# Each family of kinds is a class of features (`rules/features.py`).
Counting = Literal["count"]
Adding = Literal["sum", "mean"]
Extreme = Literal["min", "max"]
Differing = Literal["distinct"]
Last = Literal["latest"]
SinceEvents = Literal["days_since_first", "days_since_last"]
UntilDate = Literal["days_until", "days_to"]
Combining = Literal["ratio", "minus", "plus"]
Scoring = Literal["points"]
KindName = Literal[Counting, Adding, Extreme, Differing, Last, SinceEvents, UntilDate, Combining, Scoring]
type Keeps = Literal["sums", "extremes", "latest", "seen"]
type Wants = Literal["events", "sums", "numbers", "words", "values", "anniversaries", "dates", "features"]
type Gives = Literal["count", "days", "score", "its value"]


KIND_WORDS = Messages(
    "feature",
    {
        "count": "number of {what}",
        "sum": "sum of {what}",
        "mean": "mean of {what}",
        "min": "lowest {what}",
        "max": "highest {what}",
        "distinct": "number of different {what}",
        "latest": "latest {what}",
        "days_since_first": "days since the first {what}",
        "days_since_last": "days since the last {what}",
        "days_until": "days until the next anniversary of {what}",
        "days_to": "days to {what}",
        "ratio": "`{first}` divided by `{second}`",
        "minus": "`{first}` less `{second}`",
        "plus": "`{first}` plus `{second}`",
        "points": "points from 0 to 100: {parts}",
    },
)


@dataclass(frozen=True)
class FeatureKind:
    """What is true of a kind.

    `says`: what an editor shows beside it, where it measures events. `wants`: what it measures: events, or a value of
    them (one that adds up, any number, a text, whatever there is, a date by its day of the year, a date itself), or
    other features. `gives`: its unit. `keeps`: the series that its measure is kept as; none where it is made of others.
    `adds_up`: values of a window are added up. `windowed`: it looks over `over`, rather than being about the first or
    the last day of all; `ends`: the window may have ended. `always_known`: without events it is nought.
    """

    says: str
    wants: Wants
    gives: Gives
    keeps: Keeps | None = "sums"
    adds_up: bool = False
    windowed: bool = True
    ends: bool = True
    always_known: bool = False


def _days_since(says: str) -> FeatureKind:
    return FeatureKind(says, "events", "days", windowed=False, ends=False)


def _days_to(says: str, wants: Wants) -> FeatureKind:
    return FeatureKind(says, wants, "days", keeps="latest", windowed=False, ends=False)


def _made_of(gives: Gives, *, always_known: bool = False) -> FeatureKind:
    return FeatureKind("", "features", gives, keeps=None, windowed=False, ends=False, always_known=always_known)


FEATURE_KINDS: dict[KindName, FeatureKind] = {
    "count": FeatureKind("How many events there were.", "events", "count", always_known=True),
    "sum": FeatureKind("The sum of an amount.", "sums", "its value", adds_up=True, always_known=True),
    "mean": FeatureKind("The mean of a value.", "numbers", "its value", adds_up=True),
    "min": FeatureKind("The lowest value.", "numbers", "its value", keeps="extremes"),
    "max": FeatureKind("The highest value.", "numbers", "its value", keeps="extremes"),
    "distinct": FeatureKind(
        "How many different values there were, up to `at_most`.",
        "words",
        "count",
        keeps="seen",
        ends=False,
        always_known=True,
    ),
    "latest": FeatureKind("The latest value.", "values", "its value", keeps="latest", ends=False),
    "days_since_first": _days_since("How many days ago the first such event was."),
    "days_since_last": _days_since("How many days ago the last such event was."),
    "days_until": _days_to("How many days until the next anniversary of a date.", "anniversaries"),
    "days_to": _days_to("How many days until a date itself; unknown once it has passed.", "dates"),
    "ratio": _made_of("score"),
    "minus": _made_of("its value"),
    "plus": _made_of("its value"),
    "points": _made_of("count", always_known=True),
}
MEASURING: tuple[KindName, ...] = tuple(kind for kind, about in FEATURE_KINDS.items() if about.keeps)
COMBINING: tuple[KindName, ...] = tuple(kind for kind, about in FEATURE_KINDS.items() if not about.keeps)
