"""The texts of findings: what was found, and how to resolve it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from standing.values import messages
from standing.values.messages import Joined, Message, Messages

SAYINGS = Messages(
    "finding",
    {
        "impossible": "can never hold: {why}{hint}",
        "contradicts": " contradicts ",
        "is_impossible": "{line} is impossible",
        "impossible_but_by_hand": "can only hold where a level is set by hand: {why}{hint}",
        "alternative": "an alternative can never hold: `{part}`{hint}",
        "hidden_above": "whoever qualifies gets {names}, which is above it",
        "hidden_before": "whoever qualifies gets {names}, which comes before it",
        "hidden_care": "whenever it holds, `{other}` asks for {action}, too",
        "stricter": "`{line}` asks more to keep `{level}` than to reach it",
        "unreachable": "no customer can ever be `{level}`, unless it is set by hand",
        "no_exit": "who is `{level}` stays so for ever",
        "together": "{first} and {second} (`{other}`) can fall due for the same customer",
        "together_by_hand": (
            "{first} and {second} (`{other}`) can fall due for the same customer, where a level is set by hand"
        ),
        "lost_again": "`{level}` is lost again the day after, though nothing happened",
        "gap": "with less and with more `{feature}` a customer has a level; this one falls to `{default}`",
        "both_ways": "more `{feature}` raises some customers and lowers others: is that meant?",
        "unused_feature": "no rule asks for `{feature}`",
        "unused_rating": "no rule asks for `{rating}`: is it only shown and announced?",
        "alike_levels": "no rule tells {levels} apart: are they only shown and announced?",
        "always": "`{line}` holds for every customer whose `{fact}` is known: its values go {range}{hint}",
        "always_all": "`{line}` holds for everybody: `{fact}` goes {range}{hint}",
        "never_line": "`{line}` holds for nobody: `{fact}` goes {range}{hint}",
        "always_succeeds": "`success` is always met: `{fact}` goes {range}",
        "never_succeeds": "`success` can never be met: `{fact}` goes {range}{hint}",
        "all_held_out": "everybody is held out: nothing would ever be done",
        "beyond": "`{line}` is no value that `{fact}` has: it goes {range}{hint}",
        "from_to": "from {low} to {high}",
        "from_on": "from {low} on",
        "scale": "; did you mean `{line}`?",
        "asks_less": "`{level}` stands above `{below}`, and asks for less: `{line}` is not met; is that meant?",
        "drops": "`{level}` stands above `{below}`, and does not ask for `{line}`; is that meant?",
        "left_out": "`{line}` leaves out {levels}, above it; did you mean `{meant}`?",
        "unproved": "not proved: the question took over {seconds} s; it may or may not be so",
    },
)
WAYS_OUT = Messages(
    "way-out",
    {
        "CHK-01": "change or remove one of the lines",
        "CHK-02": "narrow what hides it, or remove it",
        "CHK-03": "ask less under `retain`, or more under `qualify`",
        "CHK-04": "loosen its lines under `qualify`, or remove the level",
        "CHK-05": "give it a `retain` that can fail, or none",
        "CHK-06": "add a line to one of them that excludes the other",
        "CHK-07": "ask what is true on later days too, not only on the day of a change",
        "CHK-08": "let the lines of the two levels meet",
        "CHK-09": "if it is not meant, drop one of the two directions",
        "CHK-10": "use a name of features.yaml or of a rating",
        "CHK-11": "write the value in the feature's own unit",
        "CHK-12": "let one of them do without the other",
        "CHK-13": "shorten the window, or lengthen `history` in programme.yaml",
        "CHK-14": "use it, or remove it",
        "CHK-15": (
            "write a value within its range, or leave it out; that a feature is known is `none: [FEATURE is unknown]`"
        ),
        "CHK-16": "ask at the level above for at least as much, line by line",
        "CHK-17": "write `>=`, or name the levels above as well",
    },
)
CANNOT_BE_ACCEPTED = {"CHK-10", "CHK-11", "CHK-12", "CHK-13"}  # the rules do not compile
ACCEPTING = Messages(
    "accepting",
    {
        "or_accept": "{way_out}; if it is meant: `accept: {{{check}: the reason}}`",
    },
)

finding_text = SAYINGS.__call__


def listed(word: Literal["or", "and"], names: Iterable[str]) -> Joined:
    """Names as they are in rules, joined: `a`, `b` or `c`."""
    return messages.listed(word, (f"`{name}`" for name in names))


def way_out(check: str) -> Message:
    """How to resolve the findings of a check."""
    out = WAYS_OUT(check)
    return out if check in CANNOT_BE_ACCEPTED else ACCEPTING("or_accept", way_out=out, check=check)
