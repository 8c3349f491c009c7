"""Who may send what: the producers that a programme names, by their source, and the two sources that are ours.

An event that sets something (a level by hand, the end of a care action, a score) comes from nobody who is not named.
"""

from __future__ import annotations

from standing.events import MODELS
from standing.events.expectations import EXPECTATIONS
from standing.rules.ruleset import Programme
from standing.values.messages import Message

OUR_SOURCE = "standing"  # of what we say; no event comes from it
NIGHT_SOURCE, SCORE = "scores", "score"  # of the night, which alone says what a model expects
TYPES = tuple(sorted({model.detail_type.partition(".")[0] for model in MODELS.values()}))
NAMED_ONLY = ("care", "override")  # what sets something comes from a producer that is named for it
ORDINARY = tuple(name for name in TYPES if name not in {*NAMED_ONLY, SCORE})
NAMEABLE = tuple(name for name in TYPES if name != SCORE)


def refusal(source: str, family: str, programme: Programme) -> tuple[str, Message] | None:
    """Which part of an envelope is wrong and what was expected there; nothing where the source may send such events."""
    may = types_sent_by(source, programme)
    if family in may:
        return None
    if source in {*programme.producers, NIGHT_SOURCE}:
        return "detail-type", EXPECTATIONS("source_may_send", kinds=", ".join(may))
    return "source", _expected(family, programme)


def types_sent_by(source: str, programme: Programme) -> tuple[str, ...]:
    """The kinds of events that a source may send; where no producer is named, anybody may send the ordinary ones."""
    if source == NIGHT_SOURCE:
        return (SCORE,)
    return programme.producers.get(source, ()) if programme.producers else ORDINARY


def _expected(family: str, programme: Programme) -> Message:
    """The sources of which such an event would be taken."""
    if family == SCORE:
        return EXPECTATIONS("night_source", source=NIGHT_SOURCE)
    named = sorted(source for source, families in programme.producers.items() if family in families)
    if not named:
        return EXPECTATIONS("no_named_source", family=family)
    return EXPECTATIONS("named_source", family=family, names=", ".join(named))
