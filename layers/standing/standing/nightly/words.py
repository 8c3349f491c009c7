"""What is said of a night, in English and Chinese."""

import json

from standing.values.messages import Message, Messages

WORDS = Messages(
    "night",
    {
        "night": "Night of",
        "dealing": "dealing out what came into the lake",
        "planning": "planning the night",
        "training": "learning the model of scores",
        "summing-up": "summing up",
        "buckets": "buckets rescored",
        "customers": "Customers",
        "moved": "Customers with decisions",
        "decisions": "Decisions (levels, care)",
        "conflicts": "Decided again, because an event was faster",
        "busy": "Customers left to the next night",
        "reconciled": "Customers compared with the lake",
        "differences": "Features that differ from the lake",
        "failed_buckets": "Buckets that failed",
        "damaged": "Damaged files, by name in the report",
    },
)

ENDED = Messages(  # by the state machine's names of errors, and by its statuses
    "ended",
    {
        "BucketsFailed": (
            "buckets failed: the report names them, and what is wrong with them. Start the night again for its day; "
            "what is done stays done."
        ),
        "TIMED_OUT": "the night took longer than it may: start it again for its day; what is done stays done",
        "ABORTED": "the night was stopped: start it again for its day; what is done stays done",
        "other": "the night failed ({error}): “{said}”",
    },
)


def why_ended(status: str, cause: str) -> Message | None:
    """Why a night did not end well, from its status and what its state machine says; None where it did."""
    error, _, said = cause.partition(": ")
    known = next((name for name in (error, status) if name in ENDED and name != "other"), None)
    if known or not cause:
        return ENDED(known) if known else None
    return ENDED("other", error=error, said=_message_in(said))


def _message_in(cause: str) -> str:
    """The message of an error: Lambda gives it as JSON, beside its type and its traceback."""
    try:
        found = json.loads(cause)
    except ValueError:
        return cause
    return str(found.get("errorMessage", cause)) if isinstance(found, dict) else cause
