"""What is said of stories that are wrong, in English and Chinese: what is wrong there, and the way out."""

from __future__ import annotations

from standing.rules.author.messages import RuleTextError
from standing.values.messages import Messages

STORIES = Messages(
    "scenario",
    {
        "no_story": "has no story: write one in a file of this folder whose name ends in .yaml (docs/scenarios.md)",
        "not_read": "is not read: let its name end in .yaml",
        "name_taken": "`{name}` is the name of another story, {place}",
        "no_block": "a {what} is a block of `name: value` lines",
        "story": "story",
        "step": "step",
        "no_word": "`{word}` is not a word of a {what}{nearest}",
        "two_events": "has {events}: one event a step, the next one below `after: 0d`",
        "times": "`times` repeats an event, and this step has none",
        "on_or_after": "each step has `on` (a date) or `after` (days after the step before), not both",
        "back_in_time": "goes back in time: the step before is on {day}; order the steps by their days",
        "first_after": "the first step has no step before it: begin with `on` and a date",
        "end_of_time": "stories end before {year}",
        "too_many": "is more than {most} events: tell it in several stories",
        "a_customer": "a story is of one customer: leave `customer` out",
        "no_field": "`{name}` is not a field of `{family}`, which has {fields}",
        "no_care": "`{name}` is not a care rule{nearest}",
        "expected": "`{field}`: expected {expected}",
        "of_nothing": (
            "`{name}` is the id of no purchase above, such as `purchase: {{id: {name}, amount: 9.00}}`{nearest}"
        ),
        "id_taken": "`{name}` is the id of another event of this story",
        "no_event": "has no event: before the first one there is nobody to rate",
        "too_early": "`{about}` is expected before the first event, on {day}: there is no standing yet",
        "nothing_expected": "expects nothing: add expect, expect_not, care, no_care, held_back or never",
        "no_rating": "`{name}` is not a rating{nearest}{perhaps}",
        "a_feature": "; `{name}` is a feature, which stands below `{word}`",
        "no_level": "`{level}` is not a level of `{name}`: {levels}",
        "no_gate": "`{gate}` holds nothing back: {gates} does",
        "no_feature": "`{name}` is not a feature{nearest}",
        "no_value": "`{text}` is not a value of `{name}`: {example}, or unknown",
        "example_money": "an amount such as 120.00",
        "example_score": "a fraction such as 0.75",
        "example_text": "a short text",
        "example_whole": "a whole number such as 3",
        "a_date": "a date such as 2026-03-01, from 1970 to 2199",
        "no_date": "{value} is not in the calendar: a date such as 2026-03-01",
        "care_list": "a list of care rules, such as [win-back]",
        "care_block": "a list of care rules that fall due, such as [win-back], or a block with the result of one",
        "never_list": "a list of what never happens, such as [win-back, {{tier: platinum}}]",
    },
)

in_words = STORIES.__call__


def scenario_error(name: str, /, **parts: object) -> RuleTextError:
    """The error that says a message."""
    return RuleTextError(in_words(name, **parts))
