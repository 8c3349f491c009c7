"""What is said of a night, in English and Chinese."""

from standing.values.messages import Messages

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
        "moved": "Customers of whom there was something to say",
        "decisions": "Decisions (levels, care)",
        "conflicts": "Decided again, because an event was faster",
        "busy": "Customers left to the next night",
        "reconciled": "Customers compared with the lake",
        "differences": "Features that differ from the lake",
        "failed_buckets": "Buckets that failed",
        "damaged": "Damaged files, by name in the report",
    },
)
