"""Succession: rules that follow others. What of a level that was reached under the rules before?

A rating with `existing: keep` takes over what its predecessor asked to keep each level, as terms for those who reached
it before the rules change. Terms are conditions like any other, so every reader, the fold and the batch know them.
"""

from __future__ import annotations

from collections.abc import Iterator
from graphlib import CycleError

from standing.rules.author.compiler import CompiledRules, assemble, stratified
from standing.rules.author.messages import in_words
from standing.rules.author.problems import Problem, RulesError
from standing.rules.conditions import Condition, Group, comparisons
from standing.rules.ruleset import OlderTerms, Rating, Ruleset
from standing.rules.timeline import Timeline
from standing.values.days import Day
from standing.values.messages import Readable


def continued(timeline: Timeline, rules: CompiledRules, since: Day) -> Timeline:
    """A timeline with rules in force from a day on; what was to begin then or later is dropped.

    Raises RulesError where the rules cannot follow those before.
    """
    before = [entry.ruleset for entry in timeline.entries if entry.since < since]
    return timeline.followed_by(succeeding(before[-1], rules, since) if before else rules.ruleset, since)


def continues(timeline: Timeline, rules: CompiledRules) -> bool:
    """Whether a timeline already ends with these rules, including the older terms that they get as successors."""
    last = timeline.entries[-1]
    try:
        return continued(timeline, rules, last.since).latest == last.ruleset
    except RulesError:
        return False


def succeeding(before: Ruleset, rules: CompiledRules, since: Day) -> Ruleset:
    """Rules as they are when they follow others on a day: with the terms under which existing levels are kept.

    Raises RulesError where the rules cannot follow those, with every reason.
    """
    problems = [*_unchangeable(before, rules), *_lost(before, rules)]
    if problems:
        raise RulesError(problems)
    after = rules.ruleset
    ratings = [_with_terms(before.ratings.get(name), rating, since) for name, rating in after.ratings.items()]
    try:
        strata = stratified(ratings, after.care.values())
    except CycleError as error:
        text = in_words("circle_of_terms", names=" → ".join(error.args[1]))
        raise RulesError([_problem(rules, f"{error.args[1][0]}/existing", text)]) from None
    return assemble(after.programme, after.measures.values(), after.features, strata)


def _with_terms(before: Rating | None, after: Rating, since: Day) -> Rating:
    """A rating with the terms of the one before, and with what that one asked where this one asks otherwise."""
    if before is None or not _takes_over(before, after):
        return after
    asked = {level: before.keeping(level) for level in after.levels[1:] if level in before.levels}
    changed = {level: _any(ways) for level, ways in asked.items() if ways and ways != after.keeping(level)}
    new = (OlderTerms(before=since, keep=changed),) if changed else ()
    return after.model_copy(update={"terms": (*(_still(one, after) for one in before.terms), *new)})


def _takes_over(before: Rating, after: Rating) -> bool:
    return after.existing == "keep" and before.ordered and after.ordered


def _still(terms: OlderTerms, rating: Rating) -> OlderTerms:
    return OlderTerms(
        before=terms.before, keep={level: ask for level, ask in terms.keep.items() if level in rating.levels}
    )


def _any(ways: tuple[Condition, ...]) -> Condition:
    return ways[0] if len(ways) == 1 else Group(group="any", of=ways)


def _unchangeable(before: Ruleset, rules: CompiledRules) -> Iterator[Problem]:
    for word in ("currency", "time_zone"):
        if getattr(before.programme, word) != getattr(rules.ruleset.programme, word):
            yield Problem.of("rules/programme.yaml", 1, in_words("cannot_change", word=word))


def _lost(before: Ruleset, rules: CompiledRules) -> Iterator[Problem]:
    """The facts that older terms speak of, where they no longer mean what they did."""
    for name, rating in rules.ruleset.ratings.items():
        old = before.ratings.get(name)
        for fact in _spoken_of(old, rating) if old and _takes_over(old, rating) else ():
            if _meaning(before, fact) != _meaning(rules.ruleset, fact):
                yield _problem(rules, f"{name}/existing", in_words("keep_needs", fact=fact))


def _spoken_of(before: Rating, after: Rating) -> list[str]:
    kept = [way for level in after.levels for way in before.keeping(level, since=-1)]
    return sorted({line.fact.partition(".")[0] for way in kept for line in comparisons(way)})


def _meaning(ruleset: Ruleset, fact: str) -> object:
    if feature := ruleset.by_name.get(fact):
        return ruleset.definition(feature)
    rating = ruleset.ratings.get(fact)
    return rating and (rating.ordered, rating.levels)


def _problem(rules: CompiledRules, about: str, text: Readable) -> Problem:
    spot = rules.places.find(about)
    return Problem.of(spot.file, spot.line, text)
