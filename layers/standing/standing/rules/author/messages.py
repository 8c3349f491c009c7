"""What is wrong in rule files, and the way out."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from standing.values.messages import Message, Messages, Readable, in_a_row

MESSAGES = Messages(
    "rule",
    {
        # files
        "not_utf8": "is not UTF-8 text: save the file as UTF-8",
        "no_file": "is missing: every programme has this file",
        "unreadable": "cannot be read: {why}",
        "too_long": "is over {most} characters: split it",
        "empty_file": "is empty",
        "stray": "is not read: rules are in {where}",
        "formatting": "cannot be formatted without a change of meaning: left as it is",
        "formatting_all": "formatting would change what the rules mean: nothing is written",
        "no_timeline": "is missing: build the rules that were in force before",
        "not_a_timeline": "is not a timeline that this version of Standing reads",
        # YAML
        "anchor": "has a YAML anchor (& or *): write the lines out where needed",
        "tag": "has a YAML tag (!): write the plain value",
        "too_deep": "is nested too deep",
        "documents": "begins a second document (---): one a file",
        "control": "has a control character: remove it",
        "tab": "has a tab: indent with spaces",
        "not_yaml": "is not YAML here: look for a colon, a quote, a bracket or a space that is missing or too many",
        "colons": 'is not YAML: a second colon; put the text in quotes: `{name}: "…"`',
        "no_colon": "is not YAML: `{text}` has no colon: write `{name}:`",
        "nothing_below": "`{word}` has nothing below it: indent its lines by more spaces than `{name}`",
        "no_space": "is not YAML: a space belongs behind the colon: write `{name}: {rest}`",
        "no_dash": "is not YAML: a line of a list begins with a dash and a space: write `- {rest}`",
        "open_quote": "is not YAML: the quote {mark} is not closed",
        "open_bracket": "is not YAML: `{mark}` is not closed: a `{end}` or a comma is missing",
        "colon_within": 'is not YAML: within {{…}} a text with a colon needs quotes: `"{text}"`',
        "extra_bracket": "is not YAML: `{mark}` closes nothing: remove it",
        "quoted_sign": "is not YAML: no value begins with `{mark}`: put the text in quotes",
        "indented": (
            "is not YAML: this line is indented by {spaces}; the lines it can belong to by {levels}: make them alike"
        ),
        "foreign": "has the full-width sign `{sign}`: write `{plain}`",
        "foreign_space": "has a space that is no plain one (full-width, or non-breaking): write an ordinary space",
        "block_for_name": "has a block where a name belongs",
        "twice": "`{name}` is there already, on line {first}",
        "goes_on": "`{text}` goes on in the next line: give each `- ` the same number of spaces before it",
        # shapes
        "missing": "`{word}` is missing",
        "no_word": "`{word}` is not a word that belongs here{meant}",
        "meant": ": did you mean `{close}`?",
        "there_are_words": "; what does: {names}. A remark begins with #",
        "list": "`{word}` should be a list, one item a line, each beginning with a dash",
        "block": "`{word}` should be a block of `name: value` lines",
        "title_block": "`{word}` should be a block of `name: value` lines: write `{{en: …, zh: …}}`",
        "text": "`{word}` should be a text",
        "choice": "`{word}` should be {expected}",
        "bool": "`{word}` should be true or false",
        "too_few": "`{word}` has too few: at least {least}",
        "too_many": "`{word}` has too many: at most {most}",
        "too_long_text": "`{word}` is too long: at most {most} characters",
        "empty": "`{word}` is empty: write what people are to read",
        "does_not_fit": "`{word}` is not what belongs here",
        "whole_file": "the file",
        "said_of": "`{word}`: {said}",
        "name": "a name has small letters, digits, dashes and underscores, and begins with a letter{instead}",
        "there_twice": "`{name}` is there twice",
        "days": "a number of days such as 90d{instead}",
        "or_a_year": "a number of days such as 90d, `calendar-year` or `membership-year`{instead}",
        "instead": ": write `{text}`",
        "amount": "an amount such as 4.50, in the programme's currency{instead}",
        "time_of_day": 'a time of the day in quotes, such as "21:00"',
        "share": "a share such as 10% or 2.5%{instead}",
        "whole_number": "a whole number such as 3{instead}",
        "date": "a date such as 2026-12-01{instead}",
        "accepted_check": "a check such as CHK-09 with the reason why its finding is accepted",
        "one_group": "one of all, any or none, with its lines below it",
        "points": "whole points from 0 to 100",
        "at_most_values": "a whole number from 1 to {most}: a customer's state has no room for more",
        "number": "a number such as 12 or 4.50, as rules compare the feature with",
        "one_measure": "exactly one of {names}",
        "combines": "{kind} combines features with windows of their own: leave out over and where",
        "looks_far": "{kind} looks as far as there is: leave out over and ending",
        "no_ending": "{kind} keeps only the last of each value: leave out ending",
        "no_at_most": "at_most is how many different values are counted; {kind} counts none: leave it out",
        "needs_over": "ending needs over: the length of the window that ends then",
        # lines
        "no_condition": "`{text}` is not a condition: write `feature operator value`, such as `orders_90d >= 3`",
        "write_line": "`{text}` is not a condition: write `{line}`",
        "sign": "`{sign}` is not an operator: write `{plain}`",
        "no_sign": "`{sign}` is not an operator: write one of ==, !=, <, <=, >, >=, in, is unknown",
        "joined": "`{word}` joins two conditions: write each on a line of its own, below `{group}:`",
        "negated": "`{word}` negates a condition: write it on a line below `none:`",
        "calculates": (
            "`{text}` calculates, and lines only compare: make a feature of it in "
            "features.yaml (ratio, plus, minus or points)"
        ),
        "turned": "`{text}` is not a condition: the feature comes first: write `{line}`",
        "unknown_fact": "`{fact}` is not a feature or rating{nearest}",
        "text_by_size": "`{verb}` compares by size; `{fact}` is a text: use ==, != or in",
        "no_order": "`{verb}` needs an order; the levels of `{fact}` have none: use ==, != or in",
        "saturated": "`is saturated` speaks of a feature that counts different values; `{fact}` is not one",
        "is_what": "`is` is followed by `unknown` or `saturated`, not by `{value}`",
        "not_a_rating": "`{verb}` speaks of a rating; `{fact}` is not one",
        "in_what": "`in` is followed by a list such as [gold, platinum], not by `{value}`",
        "no_level": "`{value}` is not one of its levels: {levels}",
        "too_large": "`{value}` is too large to compare exactly",
        "no_number": "`{value}` is not a number such as 3 or 0.5{instead}",
        "decimals": "`{value}` has too many decimals for {units}: at most {digits} decimals",
        "no_text": "`{value}` is not a text of at most 64 characters without commas, brackets and quotes",
        "unit_money": "an amount of money",
        "unit_score": "a score",
        "unit_days": "whole days",
        "unit_count": "a count",
        "did_you_mean": "; did you mean `{close}`?",
        "there_are": "; there are {names}",
        "nothing": "nothing",
        # features
        "no_family": "`{name}` is not one of {names}{nearest}",
        "no_activities": "programme.yaml names no `activities`: what they are called, such as [deposit]",
        "which_score": "of which score? Name it, such as `where: {{name: churn}}`",
        "not_above": "`{name}` is not a feature that stands above this one",
        "no_number_above": "`{name}` is not a number that stands above this one",
        "two_of_a_kind": "{kind} needs two numbers of a kind, not {first} and {second}",
        "kind_count": "a count",
        "kind_money": "money",
        "kind_score": "a score",
        "kind_days": "days",
        "kind_level": "a word with an order",
        "kind_text": "a text",
        "weights": "the weights add up to {weights}: together they are to be {all}",
        "ramp_flat": "`from` and `to` are the same",
        "ramp_weight": "`weight` is at least 1, and `unknown` no more than it",
        "not_filtered": "`{word}` cannot be filtered here; {fields} can{nearest}",
        "takes_alone": "{kind} takes {family} alone, without `.{path}`",
        "needs_value": "{kind} needs a value: {choices}",
        "has_no_value": "{kind} needs a value, and {family} has none for it",
        # programme
        "no_currency": "`{code}` is not an ISO 4217 currency, such as USD or CNY",
        "no_time_zone": "`{zone}` is not a time zone, such as Asia/Shanghai",
        "lateness": "is longer than can be undone: at most {most}d, or {finite}d where history is not `forever`",
        "no_channel": "`{channel}` is not one of the programme's channels: {known}",
        "no_channels": "programme.yaml names none",
        "no_action": "`{action}` is an action of no care rule; there are {names}",
        "no_source": "`{name}` is no source: it has 1 to 128 letters, digits, dots, dashes, underscores or slashes",
        "our_source": (
            "`{name}` is the source of what Standing itself says, and no event "
            "comes from it: name the system that sends"
        ),
        "night_source": "`{name}` is the source of the night's scores, and needs no name here: leave it out",
        "night_alone": "`{kind}` comes from the night alone: leave it out",
        "a_version": "`{kind}` is one version of an event: write `{family}`, whatever its version",
        "no_kind": "`{kind}` is no kind of event: {meant}",
        "one_of": "one of {names}",
        "kind_meant": "did you mean `{close}`?",
        # ratings and care
        "no_lines": "`{kind}` has no lines",
        "too_wide": "uses over {most} features: split the rule",
        "too_branched": "has over {most} alternatives: split the rule",
        "only_ordered": "`{word}`: only an ordered rating rises, falls and is retained",
        "no_effective": (
            "`existing: keep` is about levels reached before some day: name it in programme.yaml, as `effective`"
        ),
        "unreached": "`{level}` is missing: nobody could reach it",
        "lowest": "`{level}` is the lowest level, which needs no condition",
        "last": "`{level}` is the last level, which needs no condition",
        "not_a_level": "`{level}` is not one of the levels: {levels}",
        "name_taken": "`{name}` is already the name of a feature or rating",
        "care_taken": "`{name}` is the name of another care rule",
        "no_success": "`{name}` is not a feature that is a number",
        "circle": "ratings need each other in a circle: {names}",
        "circle_of_terms": "with the terms of `existing: keep`, ratings need each other in a circle: {names}",
        "looks_back": "looks back {days} days, but with lateness only {kept} are kept",
        "looks_back_ever": "looks back for ever, but with lateness only {kept} are kept",
        "state_too_large": (
            "a customer's state could grow to {most} KB, and there is room for {limit} KB: look"
            " back over fewer days (`over`), count fewer different values (`at_most`), or "
            "shorten `lateness`; the largest are {largest}"
        ),
        "needless": "`accept` names {check}, but there is no such finding: remove it",
        "cannot_change": "`{word}` cannot change: days and amounts are stored",
        "keep_needs": "`existing: keep` needs `{fact}` as the rules before define it: keep it beside the new one",
    },
)


NOTHING = Message("")  # a part that says nothing


class RuleTextError(ValueError):
    """Something in a rule file that is wrong; `at` is the sign of the text at which it is, counted from 0."""

    def __init__(self, said: Readable, at: int = 0) -> None:
        self.said, self.at = said, at
        super().__init__(str(said))


in_words = MESSAGES.__call__


def rule_text_error(name: str, /, **parts: object) -> RuleTextError:
    """The error that says a message."""
    return RuleTextError(MESSAGES(name, **parts))


def nearest(word: str, known: Iterable[str]) -> Message:
    """The way out of an unknown word: the one that was probably meant, or all there are."""
    names = sorted(known)
    close = get_close_matches(word.lower(), names, n=1)
    return (
        MESSAGES("did_you_mean", close=close[0])
        if close
        else MESSAGES("there_are", names=in_a_row(names) if names else MESSAGES("nothing"))
    )


def instead(text: str | None) -> Message:
    """The way out: what to write."""
    return MESSAGES("instead", text=text) if text else NOTHING
