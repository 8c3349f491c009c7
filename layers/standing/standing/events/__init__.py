"""The events that upstream systems emit: fields, models, and upgrades of older versions."""

from standing.events.models import (
    MODELS,
    Activity,
    CareAnswer,
    Engagement,
    EventDetail,
    Feedback,
    MoneyDetail,
    Override,
    Profile,
    Purchase,
    Refund,
    Score,
    personal_fields,
    unstored_fields,
)
from standing.events.versions import OLDER, newest

__all__ = [
    "MODELS",
    "OLDER",
    "Activity",
    "CareAnswer",
    "Engagement",
    "EventDetail",
    "Feedback",
    "MoneyDetail",
    "Override",
    "Profile",
    "Purchase",
    "Refund",
    "Score",
    "newest",
    "personal_fields",
    "unstored_fields",
]
