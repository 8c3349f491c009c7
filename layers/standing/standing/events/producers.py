"""Which source may send which events: the programme's producers, and our own two sources.

Only a named producer may send an event that sets something: a level by hand, the answer to a care action, a score.
"""

from __future__ import annotations

from standing.events import MODELS
from standing.events.expectations import EXPECTATIONS
from standing.rules.ruleset import Programme
from standing.values.messages import Message, in_a_row

OUR_SOURCE = "standing"  # of the outcomes we publish; events from it are rejected
NIGHT_SOURCE, SCORE = "scores", "score"  # only the night may send scores
TYPES = tuple(sorted({model.detail_type.partition(".")[0] for model in MODELS.values()}))
NAMED_ONLY = ("care", "override")  # only a producer that the programme names for them may send these
ORDINARY = tuple(name for name in TYPES if name not in {*NAMED_ONLY, SCORE})
NAMEABLE = tuple(name for name in TYPES if name != SCORE)


def refusal(source: str, family: str, programme: Programme) -> tuple[str, Message] | None:
    """The wrong part of an envelope and what was expected there, or None if the source may send this event type."""
    may = types_sent_by(source, programme)
    if family in may:
        return None
    if source in {*programme.producers, NIGHT_SOURCE}:
        return "detail-type", EXPECTATIONS("source_may_send", kinds=in_a_row(may))
    return "source", _expected(family, programme)


def types_sent_by(source: str, programme: Programme) -> tuple[str, ...]:
    """The event types that a source may send. If no producer is named, any source may send the ordinary types."""
    if source == NIGHT_SOURCE:
        return (SCORE,)
    return programme.producers.get(source, ()) if programme.producers else ORDINARY


def _expected(family: str, programme: Programme) -> Message:
    """The sources that may send this event type, as a message."""
    if family == SCORE:
        return EXPECTATIONS("night_source", source=NIGHT_SOURCE)
    named = sorted(source for source, families in programme.producers.items() if family in families)
    if not named:
        return EXPECTATIONS("no_named_source", family=family)
    return EXPECTATIONS("named_source", family=family, names=in_a_row(named))
