"""The checks that are proofs. Each covers every possible customer, and shows an example.

Most proofs ignore overrides, since an override can show any level. They include overrides where ignoring them would
prove something false: a care rule that holds only under an override can hold, hides no rule, and may contradict one.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

import z3

from standing.rules.author.messages import NOTHING
from standing.rules.conditions import Comparison, Condition, Group, comparisons
from standing.rules.features import CombinedFeature, Feature, PointsFeature
from standing.rules.prove.findings import Finding
from standing.rules.prove.idle_lines import hint, idle_lines, idle_values
from standing.rules.prove.levels_above import asking_less, left_out
from standing.rules.prove.needed_lines import needed
from standing.rules.prove.prover import PATIENCE, Prover
from standing.rules.prove.words import finding_text, listed
from standing.rules.prove.worlds import Truth, World
from standing.rules.ruleset import PRIORITIES, Care, Rating, Ruleset
from standing.values.messages import Joined, Message

type Pair = tuple[str, str]

RISING, FALLING = {">", ">="}, {"<", "<="}
NOT_NUMBERS = {"text", "level"}


def prove(ruleset: Ruleset, contradictions: tuple[Pair, ...] = (), *, patience: int = PATIENCE) -> Iterator[Finding]:
    """Every finding of a proof, and the proofs that took longer than `patience` milliseconds.

    `contradictions` are the actions that must never fall due together.
    """
    prover, by_hand = Prover(ruleset, patience=patience), Prover(ruleset, by_hand=True, patience=patience)
    yield from _proved(prover, by_hand, contradictions)
    text = finding_text("unproved", seconds=f"{patience / 1_000:g}")
    for check, about in prover.unanswered | by_hand.unanswered:
        yield Finding(check, about, text, unproved=True)


def _proved(prover: Prover, by_hand: Prover, contradictions: tuple[Pair, ...]) -> Iterator[Finding]:
    ruleset = prover.ruleset
    impossible = list(never_hold(prover, by_hand))
    yield from impossible
    yield from idle_lines(by_hand, {one.about for one in impossible})
    yield from idle_values(ruleset)
    for rating in ruleset.ratings.values():
        hidden = list(hidden_levels(prover, rating))
        yield from hidden
        yield from asking_less(prover, rating, {one.about for one in hidden})
        yield from stricter_retention(prover, rating)
        yield from out_of_reach(prover, rating)
        yield from without_exit(prover, rating)
        yield from falling_back(prover, rating)
        yield from gaps(prover, rating)
        yield from both_ways(prover, rating)
    yield from left_out(prover)
    yield from hidden_care(prover, by_hand)
    yield from contradicting_care(prover, by_hand, contradictions)


def never_hold(prover: Prover, by_hand: Prover) -> Iterator[Finding]:
    """CHK-01: conditions, and alternatives within them, that no customer can meet."""
    for name, condition in prover.ruleset.rules.items():
        _ask("CHK-01", name, prover, by_hand)
        if prover.impossible(prover.world.holds(condition)):
            only_by_hand = by_hand.possible(by_hand.world.holds(condition))
            parts = prover.contradiction(condition)
            yield _impossible(prover.ruleset, name, parts, only_by_hand=only_by_hand)
            continue
        for part in _alternatives(condition):
            if prover.impossible(prover.world.holds(part)) and by_hand.impossible(by_hand.world.holds(part)):
                text = finding_text("alternative", part=_text(part), hint=_hint(prover.ruleset, [part]))
                yield Finding("CHK-01", name, text, line=_first_line(part))


def _hint(ruleset: Ruleset, parts: list[Condition]) -> Message:
    """A hint at what a line that is impossible by itself probably means."""
    (first, *others) = parts
    return hint(ruleset, first) if isinstance(first, Comparison) and not others else NOTHING


def _impossible(ruleset: Ruleset, name: str, parts: list[Condition], *, only_by_hand: bool) -> Finding:
    lines = [f"`{_text(part)}`" for part in parts]
    both = Joined(tuple(lines), finding_text("contradicts"))
    why = both if len(lines) > 1 else finding_text("is_impossible", line=lines[0])
    code = "impossible_but_by_hand" if only_by_hand else "impossible"
    sentence = finding_text(code, why=why, hint=_hint(ruleset, parts))
    return Finding("CHK-01", name, sentence, line=_first_line(parts[0]))


def _ask(check: str, about: str, *provers: Prover) -> None:
    """Set what the next questions are about."""
    for prover in provers:
        prover.asking = (check, about)


def hidden_levels(prover: Prover, rating: Rating) -> Iterator[Finding]:
    """CHK-02: a level whose customers all get another one, which is before or above it."""
    for level, condition in rating.qualify.items():
        about = f"{rating.name}/qualify/{level}"
        _ask("CHK-02", about, prover)
        mine = prover.world.holds(condition)
        others = _before(rating, level)
        if not others or prover.impossible(mine):
            continue
        if prover.impossible(mine, *(z3.Not(prover.world.holds(rating.qualify[other])) for other in others)):
            example = prover.example([mine], [condition, *(rating.qualify[other] for other in others)])
            text = finding_text("hidden_above" if rating.ordered else "hidden_before", names=listed("or", others))
            yield Finding("CHK-02", about, text, example)


def hidden_care(prover: Prover, by_hand: Prover) -> Iterator[Finding]:
    """CHK-02: a care rule whose action another rule already asks for, whenever it holds."""
    for hidden, other in permutations(prover.ruleset.care.values(), 2):
        if not _asks_the_same(hidden, other):
            continue
        _ask("CHK-02", f"care/{hidden.name}", prover, by_hand)
        both_ways = _always_with(prover, other, hidden)
        if (
            prover.possible(prover.world.holds(hidden.when))
            and _always_with(prover, hidden, other)
            and _always_with(by_hand, hidden, other)
            and (not both_ways or hidden.name > other.name)
        ):
            example = prover.example([prover.world.holds(hidden.when)], [hidden.when, other.when])
            text = finding_text("hidden_care", other=other.name, action=hidden.do.action)
            yield Finding("CHK-02", f"care/{hidden.name}", text, example)


def _always_with(prover: Prover, care: Care, other: Care) -> bool:
    """Whether a care rule holds only when another does."""
    return prover.impossible(prover.world.holds(care.when), z3.Not(prover.world.holds(other.when)))


def stricter_retention(prover: Prover, rating: Rating) -> Iterator[Finding]:
    """CHK-03: a comparison of `retain` that is stricter than `qualify` for the same feature."""
    for level, condition in rating.retain.items():
        _ask("CHK-03", f"{rating.name}/retain/{level}", prover)
        qualifies = prover.world.holds(rating.qualify[level])
        asked = {line.fact for line in comparisons(rating.qualify[level])}
        for line in needed(condition):
            fails = z3.Not(prover.world.holds(line))
            if line.fact in asked and prover.possible(qualifies, fails):
                example = prover.example([qualifies, fails], [rating.qualify[level], condition])
                text = finding_text("stricter", line=line.text, level=level)
                yield Finding("CHK-03", f"{rating.name}/retain/{level}", text, example, line.text)


def out_of_reach(prover: Prover, rating: Rating) -> Iterator[Finding]:
    """CHK-04: a level that no customer qualifies for, falls to, or gets by default."""
    for level in rating.levels:
        _ask("CHK-04", f"{rating.name}/{level}", prover)
        if all(prover.impossible(way) for way in _ways_into(prover, rating, level)):
            yield Finding("CHK-04", f"{rating.name}/{level}", finding_text("unreachable", level=level))


def without_exit(prover: Prover, rating: Rating) -> Iterator[Finding]:
    """CHK-05: a level that no customer can leave, by rising or by falling."""
    for level in rating.levels:
        _ask("CHK-05", f"{rating.name}/{level}", prover)
        there = _there(prover.world, rating, level)
        if prover.possible(there) and all(prover.impossible(way) for way in _ways_out(prover, rating, level)):
            example = prover.example([there], rating.qualify.values())
            yield Finding("CHK-05", f"{rating.name}/{level}", finding_text("no_exit", level=level), example)


def contradicting_care(prover: Prover, by_hand: Prover, contradictions: tuple[Pair, ...]) -> Iterator[Finding]:
    """CHK-06: two actions that must never fall due together, but can for one customer."""
    rules = list(prover.ruleset.care.values())
    for first, second in contradictions:
        for rule in (care for care in rules if care.do.action == first):
            for other in (care for care in rules if care.do.action == second and care is not rule):
                _ask("CHK-06", f"care/{rule.name}", prover, by_hand)
                yield from _together(prover, by_hand, rule, other)


def _together(prover: Prover, by_hand: Prover, care: Care, other: Care) -> Iterator[Finding]:
    """A finding if two care rules can hold for one customer, perhaps only under an override."""
    for asked, name in ((prover, "together"), (by_hand, "together_by_hand")):
        both = [asked.world.holds(care.when), asked.world.holds(other.when)]
        if asked.possible(*both):
            example = asked.example(both, [care.when, other.when])
            text = finding_text(name, first=care.do.action, second=other.do.action, other=other.name)
            yield Finding("CHK-06", f"care/{care.name}", text, example)
            return


def falling_back(prover: Prover, rating: Rating) -> Iterator[Finding]:
    """CHK-07: a level reached on a day and lost on the next without an event, since it asks for the level before."""
    if not any(".was" in line.fact for one in prover.transitive[rating.name] for line in comparisons(one)):
        return
    before = frozenset(f"{name}.was" for name in prover.ruleset.ratings)
    after = World(prover.ruleset, "'", prover.world, before)
    same = [after.number(f"{name}.was") == prover.world.number(name) for name in prover.ruleset.ratings]
    for level, condition in rating.qualify.items():
        _ask("CHK-07", f"{rating.name}/qualify/{level}", prover)
        gained = (
            prover.world.holds(condition) if rating.ordered else prover.world.number(rating.name) == rating.rank(level)
        )
        lost = z3.Not(after.keeps(rating, level)) if rating.ordered else after.number(rating.name) != rating.rank(level)
        if prover.possible(gained, lost, *same):
            example = prover.example([gained, lost, *same], [condition])
            text = finding_text("lost_again", level=level)
            yield Finding("CHK-07", f"{rating.name}/qualify/{level}", text, example)


def gaps(prover: Prover, rating: Rating) -> Iterator[Finding]:
    """CHK-08: a gap: a customer without the level whose value is between those of two customers with it."""
    for feature in _mixed(prover, rating):
        _ask("CHK-08", rating.name, prover)
        name, here = feature.name, prover.world
        less, more = (World(prover.ruleset, tag, here, frozenset({name})) for tag in "-+")
        rising = [less.number(name) < here.number(name), here.number(name) < more.number(name), here.known(name)]
        low, middle, high = (_any_level(world, rating) for world in (less, here, more))
        truths = [*less.axioms, *more.axioms, *rising, low, z3.Not(middle), high]
        if prover.possible(*truths):
            example = prover.example(truths, rating.qualify.values())
            text = finding_text("gap", feature=name, default=_default(rating))
            yield Finding("CHK-08", rating.name, text, example)


def both_ways(prover: Prover, rating: Rating) -> Iterator[Finding]:
    """CHK-09: a greater value of a feature raises some customers and lowers others."""
    for feature in _mixed(prover, rating) if rating.ordered else ():
        _ask("CHK-09", rating.name, prover)
        more = World(prover.ruleset, "+", prover.world, frozenset({feature.name}))
        here, there = prover.best(rating, prover.world), prover.best(rating, more)
        rising = more.number(feature.name) > prover.world.number(feature.name)
        truths = [*more.axioms, rising, prover.world.known(feature.name)]
        if prover.possible(*truths, there > here) and prover.possible(*truths, there < here):
            example = prover.example([*truths, there < here], rating.qualify.values())
            text = finding_text("both_ways", feature=feature.name)
            yield Finding("CHK-09", rating.name, text, example)


def _before(rating: Rating, level: str) -> list[str]:
    """The levels that are preferred to a level."""
    place = rating.rank(level)
    preferred = rating.levels[place + 1 :] if rating.ordered else rating.levels[:place]
    return [other for other in preferred if other in rating.qualify]


def _default(rating: Rating) -> str:
    return rating.levels[0] if rating.ordered else rating.levels[-1]


def _asks_the_same(care: Care, other: Care) -> bool:
    same = (care.do.action, care.do.channel, care.do.owner) == (other.do.action, other.do.channel, other.do.owner)
    return same and PRIORITIES.index(other.do.priority) <= PRIORITIES.index(care.do.priority)


def _alternatives(condition: Condition) -> Iterator[Condition]:
    """The parts of every `any` of a condition. Parts of `none` are left out, since they are meant to fail."""
    if isinstance(condition, Group) and condition.group != "none":
        if condition.group == "any":
            yield from condition.of
        for part in condition.of:
            yield from _alternatives(part)


def _text(condition: Condition) -> str:
    if isinstance(condition, Comparison):
        return condition.text
    return f"{condition.group}: " + "; ".join(dict.fromkeys(_text(part) for part in condition.of))


def _first_line(condition: Condition) -> str:
    return next(comparisons(condition)).text


def _any_level(world: World, rating: Rating) -> Truth:
    return z3.Or(*(world.holds(condition) for condition in rating.qualify.values()))


def _there(world: World, rating: Rating, level: str) -> Truth:
    return world.number(rating.name) == rating.rank(level)


def _ways_into(prover: Prover, rating: Rating, level: str) -> Iterator[Truth]:
    """The ways to get a level: by default, by qualifying for it and nothing better, or by a fall."""
    if not rating.ordered:
        yield _there(prover.world, rating, level)
        return
    rank, best = rating.rank(level), prover.best(rating, prover.world)
    yield best == rank
    above = rating.levels[rank + 1 :]
    for higher in above[:1] if rating.stability.fall == "one-level" else above:
        steps = [] if rating.stability.fall == "one-level" else [prover.world.keeps(rating, level)]
        yield z3.And(best <= rank, z3.Not(prover.world.keeps(rating, higher)), *steps)


def _ways_out(prover: Prover, rating: Rating, level: str) -> Iterator[Truth]:
    """The ways to leave a level: by rising, or by not keeping it. In an unordered rating: by any other level."""
    if not rating.ordered:
        yield prover.world.number(rating.name) != rating.rank(level)
        return
    yield prover.best(rating, prover.world) > rating.rank(level)
    if level != rating.levels[0]:
        yield z3.Not(prover.world.keeps(rating, level))


def _mixed(prover: Prover, rating: Rating) -> list[Feature]:
    """The numeric features for which a rating asks both more and less. Any other feature works in one direction."""
    ways: dict[str, set[int]] = {}
    for condition in prover.transitive[rating.name]:
        for fact, way in _asked_ways(prover.ruleset, condition, 1):
            ways.setdefault(fact, set()).update(way)
    by_name = prover.ruleset.by_name
    mixed = (by_name[fact] for fact, both in ways.items() if fact in by_name and len(both) > 1)
    return [feature for feature in mixed if feature.unit not in NOT_NUMBERS and not feature.parts]


def _asked_ways(ruleset: Ruleset, condition: Condition, sign: int) -> Iterator[tuple[str, set[int]]]:
    if isinstance(condition, Group):
        for part in condition.of:
            yield from _asked_ways(ruleset, part, -sign if condition.group == "none" else sign)
        return
    way = {sign} if condition.op in RISING else {-sign} if condition.op in FALLING else {1, -1}
    feature = ruleset.by_name.get(condition.fact)
    if isinstance(feature, PointsFeature):
        for ramp in feature.ramps:
            yield ramp.part, way if ramp.rises else {-one for one in way}
    elif isinstance(feature, CombinedFeature):
        yield feature.first, way
        yield feature.second, way if feature.kind == "plus" else {-one for one in way}
    yield condition.fact, way
