"""The words that many views share, and the tense in which a value is spoken of."""

from __future__ import annotations

from typing import Literal

from standing.values.days import Day
from standing.values.messages import Messages

type Tense = Literal["was", "is", "will-be"]


WORDS = Messages(
    "word",
    {
        "customer": "Customer",
        "as_of": "as of",
        "rating": "Rating",
        "level": "Level",
        "since": "Since",
        "feature": "Feature",
        "value": "Value",
        "name": "Name in rules",
        "decisions": "Last decisions",
        "day": "Day",
        "decision": "Decision",
        "because": "Because",
        "unknown": "unknown",
        "requested": "requested",
        "missed": "missed: known too late",
        "held-out": "held out for comparison",
        "consent": "held back: no consent",
        "contact-cap": "held back: contact cap",
        "never-together": "held back: contradicts another action",
        "accepted": "accepted",
        "done": "done",
        "declined": "declined",
        "failed": "failed",
        "expired": "expired: not done in time",
        "was": "was",
        "is": "is",
        "will-be": "will be",
        "honoured": "honoured until",
        "grace": "Grace period ends",
        "kept-by": "Keeps",
        "kept-as-before": "By older rules keeps",
        "set-by-hand": "Set by hand",
        "qualifies-by": "Qualifies as",
        "needs": "Needs",
        "not": "Not",
        "time": "Time alone",
        "reach": "To reach",
        "reach_lower": "To come down to",
        "keep": "To keep",
        "become": "To become",
        "announced": "Announced",
        "known_on": "as known on",
        "rules": "rules",
        "stays": "nothing changes before",
        "turn": "{level} on {day}",
        "turn_after_grace": "{level} on {day}, at the end of a grace period from {grace}",
        "without": "no {one} until {day}",
        "only_time": "nothing but time, until {day}",
        "and_time": "waiting until {day}",
        "and": ", and ",
        "more_money": "{amount} more by {many}",
        "moved": "{said} ({title}: {was} → {becomes})",
        "between": "{said}, from {first} to {last}",
        "from": "{said}, from {first} on",
        "by": "{said} by {last}",
        "for_example": "for example: {facts}",
        "accepted_because": "accepted: {reason}",
        "not_proved": "{problems:problem|problems} to mend before anything can be proved",
        "checked": "{rules:condition|conditions} over {features:feature|features}: ",
        "found": "{problems:problem|problems}, {faults:finding|findings}, ",
        "asked": "{questions:question|questions}, {accepted} accepted",
        "folded": "{accepted:finding is|findings are} accepted: `standing rules check --all` shows them",
        "formatted": "formatted",
        "would_change": "would change",
        "too_long": ", {unproved} not proved",
        "state_size": (
            "a customer's state takes {most} KB at most, and there is room for {limit} KB; the largest parts: {largest}"
        ),
        "make_simpler": "ask in fewer or simpler lines, or accept it: `accept: {{{check}: the reason}}`",
        "not_found": "nothing was found that would do it",
        "by_hand": "set by hand until {until}, by {author}: {reason}",
        "personal": "(personal)",
    },
)


phrase = WORDS.say


def tense(day: Day, today: Day) -> Tense:
    """The tense for a value of `day`, from today's view."""
    return "was" if day < today else "is" if day == today else "will-be"
