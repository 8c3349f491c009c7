"""The words of what is live, in both languages."""

from __future__ import annotations

from standing.values.messages import Messages

WORDS = Messages(
    "release",
    {
        "from_day": "From",
        "rules_version": "Rules",
        "state": "State",
        "by": "By",
        "at": "At",
        "all_days": "all days",
        "in-force": "in force",
        "over": "over",
        "to-come": "to come",
        "release": "release",
        "rollback": "roll-back",
        "compared": "Rules {live} (live) and {candidate} (candidate, from {since} on), as of {day}",
        "counted": "{both:customer|customers} in both · {only_live:,} only live · {only_shadow:,} only in the shadow",
        "waiting": "{left:event still waits|events still wait} in the shadow's queue: compare again later",
        "no_moves": "Every customer has the same levels on both sides.",
        "care_since": "Care of the days from {since} on",
        "live_shadow": "live ↓ shadow →",
        "move": "Live → shadow",
        "customers": "Customers",
        "example": "For example",
        "difference": "What makes the difference",
        "others": "and {count:,} more",
        "care_rule": "Care",
        "became": "Status",
        "live_side": "Live",
        "shadow_side": "Shadow",
        "unfinished": (
            "A release of {version}, begun at {begun}, is not deployed: it goes on, or did not come to its end."
        ),
    },
)

phrase = WORDS.say
