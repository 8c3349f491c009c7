"""Both languages: the words of the command line, and how a line of a rule is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from standing.engine.reasons import BY_HAND, UNKNOWN, WITHHELD
from standing.values.catalogue import Language
from standing.values.days import Day
from standing.values.messages import Messages, Readable

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


def word_for(name: str, language: Language) -> str:
    """A word of the command line."""
    return WORDS.say(name, language)


def in_language(title: Readable, language: Language) -> str:
    """A title in one of its languages."""
    return title.in_language(language)


def tense(day: Day, today: Day) -> Tense:
    """How a value of a day is spoken of today."""
    return "was" if day < today else "is" if day == today else "will-be"


def reason_line(reason: Mapping[str, Any], language: Language, met: Tense = "was") -> str:
    """A line of a rule, whether it held, and the value that it met, meets or will meet."""
    mark, line = "✓" if reason["holds"] else "✗", ruling(reason["line"], language) or reason["line"]
    return f"{mark} {line}  ({word_for(met, language)} {value_met(reason, language)})"


def ruling(line: str, language: Language) -> str | None:
    """The line of a level that was set by hand, which is stored in English; None of a line of a rule."""
    found = BY_HAND.fullmatch(line)
    return WORDS.say("by_hand", language, **found.groupdict()) if found else None


def value_met(reason: Mapping[str, Any], language: Language) -> str:
    """The value that a line met. What stands for one that is unknown, or personal, is stored in English."""
    parts = (reason["actual"] or UNKNOWN).split(" → ")
    stored = {WITHHELD: "personal"} | ({UNKNOWN: "unknown"} if len(parts) > 1 or not reason["actual"] else {})
    return " → ".join(word_for(stored[one], language) if one in stored else one for one in parts)
