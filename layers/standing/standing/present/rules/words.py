"""Rules in words, in both languages: how a feature is measured, what a line is about, how a rating moves."""

from __future__ import annotations

from collections.abc import Iterator

from standing.engine.reasons import display
from standing.rules.author.vocabulary import FAMILIES
from standing.rules.conditions import Comparison, Condition, Group
from standing.rules.features import (
    MOST_VALUES,
    CombinedFeature,
    DistinctFeature,
    Feature,
    Measure,
    MembershipYear,
    PointsFeature,
    SinceFeature,
    WindowedFeature,
)
from standing.rules.frozen import Title
from standing.rules.kinds import KIND_WORDS
from standing.rules.ruleset import Care, Rating, Ruleset
from standing.values.catalogue import Language
from standing.values.messages import Messages, in_a_row

WORDS = Messages(
    "rule-page",
    {
        "rules_of": "The rules of {name}",
        "version": "Version `{version}` of the rules.",
        "programme": "What all rules share",
        "features": "Features: every number a rule may use",
        "ratings": "Ratings",
        "care": "Care",
        "setting": "Setting",
        "value": "Value",
        "feature": "Feature",
        "chinese": "中文",
        "name": "Name in rules",
        "measured": "How it is measured",
        "window": "Window",
        "unit": "Unit",
        "level": "Level",
        "when": "When",
        "line": "What the rule says",
        "about": "What it is about",
        "part": "Part",
        "rule": "Rule",
        # The programme
        "currency": "Currency",
        "time_zone": "Time zone",
        "channels": "Channels",
        "activities": "Activities of this trade",
        "producers": "Who may send what",
        "sends": "`{source}`: {kinds}",
        "any_source": "any source may send events, but nobody may set a level by hand or answer care",
        "overrides": "Levels set by hand",
        "overrides_are": "show for {days} at most",
        "caps": "Contact caps",
        "cap": "at most {at_most} within {days}, on all channels together",
        "cap_of_channel": "at most {at_most} within {days} by {channel}",
        "quiet_hours": "Quiet hours",
        "from_to": "from {begin} to {end}",
        "effective": "In force from",
        "lateness": "Late events",
        "lateness_is": "count up to {days} after they happened; later ones are recorded and change nothing",
        "never_together": "Never together",
        "pair": "{first} and {second}",
        "accepted": "Findings that are accepted",
        "accepted_about": "About",
        "accepted_found": "Finding",
        "accepted_reason": "Why it may stay",
        "history": "History",
        "for_ever": "event records are kept for ever",
        "history_is": "event records are kept for {days}",
        "none": "none",
        # Features
        "at_most": "{what}, up to {most}",
        "ramp": "{weight} for `{part}`, none at {begin}, all at {end}",
        "ramp_unknown": "{ramp} ({unknown} while unknown)",
        "where": "{what} with {fields}",
        "and": " and ",
        "value_of": "`{name}`",
        "stop": "; ",
        "sentence": "{said}.",
        "field": "{name} {value}",
        "last_days": "last {days}",
        "ending": "{days}, ending {ending} ago",
        "calendar-year": "this calendar year",
        "membership-year": "this membership year",
        "all_time": "all time",
        "unit_count": "number",
        "unit_days": "days",
        "unit_score": "0 to 1",
        "unit_model_score": "score",
        "unit_ratio": "ratio",
        "unit_points": "0 to 100",
        "unit_text": "text",
        "unit_level": "one of {levels}",
        # Conditions
        "all": "all of",
        "any": "any of",
        "none_of": "none of",
        "reached": "reached: {group}",
        "reached_one": "reached",
        "kept": "kept: {group}",
        "kept_one": "kept",
        "due": "When: {group}",
        "due_one": "When",
        "otherwise": "everyone else",
        "would_become": "{title}: the level that time alone leads to",
        "days_to_review": "{title}: days to the next review",
        # Ratings
        "ordered": (
            "Levels from the lowest to the highest; each is kept while what reaches it holds, or what keeps it."
        ),
        "ordered_lower": (
            "Levels from the lowest to the highest, of which a lower one is better; each is "
            "kept while what reaches it holds, or what keeps it."
        ),
        "unordered": "The levels have no order: a customer has the first whose lines hold, from the top.",
        "rise_immediate": "rises at once",
        "rise_review": "rises at the next review",
        "review_daily": "reviewed every day",
        "review_monthly": "reviewed on the 1st of each month",
        "review_quarterly": "reviewed on the 1st of each quarter",
        "review_yearly": "reviewed on 1 January",
        "grace": "{days} of grace",
        "no_grace": "no grace period",
        "fall_one-level": "falls one level at a time",
        "fall_to-kept": "falls to the highest level that is still kept",
        "stay": "kept at least {days}",
        "honours": "A level that was announced and that a late event takes away is honoured until the next review.",
        "existing": "A level that was reached before the rules changed is kept by the rules of that time, too.",
        # Care
        "action": "What",
        "who": "Who",
        "within": "How soon",
        "within_days": "within {days}",
        "channel": "Channel",
        "no_channel": "none: nobody is contacted",
        "with_consent": "{channel}, with the customer's consent",
        "exempt": "{said}; no contact cap holds it back",
        "no_consent": "{channel}; consent is not needed",
        "priority": "Priority",
        "high": "high",
        "normal": "normal",
        "low": "low",
        "cost": "Cost",
        "cost_is": "{amount} {currency} each time",
        "repeat": "Again",
        "repeat_after": "after {days}, while it still holds",
        "holdout": "Held out",
        "holdout_share": "{share} of customers, for comparison",
        "success": "Success",
        "success_is": "`{line}`, {days} after",
        "in_order": "In the order in which they are taken.",
        "days": "{number} days",
        "day": "1 day",
    },
)
FAMILY_WORDS = Messages(
    "family",
    {
        "purchase": "purchase",
        "purchase.many": "purchases",
        "refund": "refund",
        "refund.many": "refunds",
        "transaction": "purchase or refund",
        "transaction.many": "purchases and refunds",
        "feedback": "piece of feedback",
        "feedback.many": "pieces of feedback",
        "engagement": "engagement",
        "engagement.many": "engagements",
        "activity": "activity",
        "activity.many": "activities",
        "profile": "profile change",
        "profile.many": "profile changes",
        "score": "score of a model",
        "score.many": "scores of a model",
        "override": "level set by hand",
        "override.many": "levels set by hand",
        "care": "answer to care",
        "care.many": "answers to care",
    },
)


class Words:
    """The words of one language."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def __call__(self, name: str, /, **parts: object) -> str:
        """A word or phrase, with its parts filled in."""
        return WORDS.say(name, self.language, **parts)

    def days(self, number: int) -> str:
        """A number of days."""
        return self("day") if number == 1 else self("days", number=str(number))

    def title(self, title: Title) -> str:
        """A title, on one line, without the backticks that mark code."""
        return plain(title.in_language(self.language))

    @property
    def stop(self) -> str:
        """The mark between parts of a sentence."""
        return self("stop")


def plain(text: str) -> str:
    """A user's text, on one line and without backticks."""
    return " ".join(text.split()).replace("`", "'")


def measured(words: Words, ruleset: Ruleset, feature: Feature) -> str:
    """How a feature is measured, such as `sum of transaction.net_amount`."""
    if isinstance(feature, PointsFeature):
        return KIND_WORDS.say(feature.kind, words.language, parts=words.stop.join(_ramps(words, ruleset, feature)))
    if isinstance(feature, CombinedFeature):
        return KIND_WORDS.say(feature.kind, words.language, first=feature.first, second=feature.second)
    what = _what(words, ruleset.measures[feature.measure], feature.kind)
    said = KIND_WORDS.say(feature.kind, words.language, what=what).strip()
    if isinstance(feature, DistinctFeature) and feature.at_most != MOST_VALUES:
        return words("at_most", what=said, most=f"{feature.at_most:,}")
    return said


def _ramps(words: Words, ruleset: Ruleset, feature: PointsFeature) -> Iterator[str]:
    for ramp in feature.ramps:
        begin, end = (display(ruleset, ramp.part, value) for value in (ramp.begin, ramp.end))
        said = words("ramp", weight=ramp.weight, part=ramp.part, begin=begin, end=end)
        yield words("ramp_unknown", ramp=said, unknown=ramp.unknown) if ramp.unknown else said


def _what(words: Words, measure: Measure, kind: str) -> str:
    """The events that are counted, or the value that is taken from them."""
    family = next(name for name, one in FAMILIES.items() if one.of == measure.of)
    counted = FAMILY_WORDS.say(f"{family}.many" if kind == "count" else family, words.language)
    value = words("value_of", name=f"{family}.{measure.value}")
    what = counted if measure.value == "count" else value
    if not measure.where:
        return what
    fields = [words("field", name=f"`{name}`", value=f"`{value}`") for name, value in measure.where.items()]
    return words("where", what=what, fields=words("and").join(fields))


def window(words: Words, feature: Feature) -> str:
    """The window of a feature."""
    if isinstance(feature, SinceFeature):
        return words("all_time")
    if not isinstance(feature, WindowedFeature):
        return "–"
    over, ending = feature.window.over, feature.window.ending
    if isinstance(over, MembershipYear):
        return words("membership-year")
    if not isinstance(over, int):
        return words(over or "all_time")
    if ending:
        return words("ending", days=words.days(over), ending=words.days(ending))
    return words("last_days", days=words.days(over))


def unit(words: Words, ruleset: Ruleset, feature: Feature) -> str:
    """The unit of a feature's value."""
    if feature.unit == "money":
        return ruleset.programme.currency
    name: str = feature.kind if feature.kind in {"ratio", "points"} else feature.unit
    if name == "score" and any(ruleset.measures[measure].of == ("score",) for measure in feature.measures):
        name = "model_score"
    return words(f"unit_{name}", levels=in_a_row(feature.levels))


def about(words: Words, ruleset: Ruleset, fact: str) -> str:
    """The title of a line's fact."""
    name, _, part = fact.partition(".")
    known = ruleset.ratings.get(name) or ruleset.by_name[name]
    title = words.title(known.title)
    return words(part, title=title) if part in {"would_become", "days_to_review"} else title


def lines(words: Words, ruleset: Ruleset, tree: Condition, indent: int = 0) -> Iterator[tuple[str, str]]:
    """Every line of a condition with the title of its fact. Nested groups are indented, after their word."""
    for part in tree.of if isinstance(tree, Group) else (tree,):
        line = _as_line(part)
        space = "  " * indent
        if line:
            yield f"{space}`{plain(line.text)}`", about(words, ruleset, line.fact)
        elif isinstance(part, Group):
            yield f"{space}{group_word(words, part)}", ""
            yield from lines(words, ruleset, part, indent + 1)


def group_word(words: Words, tree: Group) -> str:
    """All, any, or none of the lines below."""
    return words("none_of" if tree.group == "none" else tree.group)


def opening(words: Words, name: str, tree: Condition) -> str:
    """The text before a condition's lines: `reached: all of`, or `reached` for a single line."""
    if isinstance(tree, Group) and not _as_line(tree) and (len(tree.of) > 1 or tree.group == "none"):
        return words(name, group=group_word(words, tree))
    return words(f"{name}_one")


def _as_line(tree: Condition) -> Comparison | None:
    """The condition as one written line, if it is one: `tier entered gold` is two comparisons."""
    if isinstance(tree, Comparison):
        return tree
    first, *rest = tree.of
    was = isinstance(first, Comparison) and [f"{first.fact}.was"] == [getattr(one, "fact", "") for one in rest]
    return first if was and isinstance(first, Comparison) and tree.group == "all" else None


def stability(words: Words, rating: Rating) -> str:
    """How a rating moves, in a sentence."""
    if not rating.ordered:
        return words("unordered")
    rules = rating.stability
    parts = [
        words(f"rise_{rules.rise}"),
        words(f"review_{rules.review}"),
        words("grace", days=words.days(rules.grace)) if rules.grace else words("no_grace"),
        words(f"fall_{rules.fall}"),
        *([words("stay", days=words.days(rules.minimum_stay))] if rules.minimum_stay else []),
    ]
    said = words.stop.join(parts)
    sentence = words("sentence", said=said[0].upper() + said[1:])
    more = [words("honours")] if rating.honours else []
    return "\n".join([sentence, *more, *([words("existing")] if rating.existing == "keep" else [])])


def channel(words: Words, care: Care) -> str:
    """How the customer is contacted, and whether consent is needed."""
    if care.do.channel is None:
        return words("no_channel")
    name = "with_consent" if care.do.consent == "required" else "no_consent"
    said = words(name, channel=care.do.channel)
    return said if care.do.contact_cap == "applies" else words("exempt", said=said)
