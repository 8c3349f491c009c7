"""The part of the processor: a decision by stage, the clock, the fold of a late event, and the peers, in turns."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from statistics import median
from typing import Any

from benchmarks import core_calls
from benchmarks.figures import Figures
from benchmarks.made import LAST, Customer, made_customers, made_programme, purchase
from benchmarks.peers import Peer, bare_durable, zen_decisions, zen_expression
from benchmarks.timing import WARMING, Contender, Stopwatch, in_turns, no_collection, ratios

SILENT, WEEK, YEAR = 200, 7, 366
OURS = {  # what is compared with bare durable-rules, by the name of the ratio
    "decision.ratio_to_durable": "decision",
    "clock.ratio_to_durable_200_days": "clock.silent_200_days",
    "match.ratio_to_durable": "match.ours",
    "match.ratio_to_durable_by_stratum": "match.ours_by_stratum",
}
type Turns = Mapping[str, list[float]]


class Disagreement(Exception):  # noqa: N818 -- the name says what happened
    """Two matchers gave different answers, so their times cannot be compared."""


@dataclass(frozen=True)
class Scene:
    """The synthetic rules and customers, with all contenders on them."""

    @cached_property
    def facts(self) -> list[core_calls.Facts]:
        """The facts for the rules when each customer's next event is decided."""
        rules = made_programme()
        return [core_calls.facts_of(one.memory, one.next_message, rules, one.now) for one in made_customers()]

    @cached_property
    def matchers(self) -> dict[str, Peer]:
        """Standing's readers and the peers, by the name of their figure."""
        rules = made_programme()
        ours: dict[str, Callable[[Any], frozenset[str]]] = {
            "match.ours": core_calls.reader(rules),
            "match.ours_by_stratum": core_calls.readers_by_stratum(rules),
            "match.plain": core_calls.oracle(rules),
        }
        zens = {f"zen.{form}": peer for form, peer in zen_decisions(rules).items()}
        peers = {"match.durable": bare_durable(rules), **zens, "zen.compiled_expression": zen_expression(rules)}
        return {name: Peer(lambda facts: facts, match) for name, match in ours.items()} | peers

    def matching(self, peer: Peer) -> Contender:
        """A matcher on every customer's facts."""
        inputs = [peer.facts(facts) for facts in self.facts]
        return Contender(lambda: inputs, peer.evaluate)

    def deciding(self, message: str = "next_message") -> Contender:
        """The whole decision of a message."""
        rules = made_programme()
        return Contender(
            lambda: [(one.memory, getattr(one, message), one.now) for one in made_customers()],
            lambda one: core_calls.decided(one[0], one[1], rules, one[2]),
        )

    def clock(self, days: int) -> Contender:
        """The clock over silent days, from freshly read states."""
        rules = made_programme()
        return Contender(
            lambda: [core_calls.loaded(one.memory, one.name) for one in made_customers()],
            lambda state: core_calls.silent_days(state, rules, days),
            laps=3,
        )

    def refold(self, days_late: int) -> Contender:
        """A late event: a fold from the last checkpoint before it."""
        return Contender(
            lambda: [_late(one, days_late) for one in made_customers()],
            lambda late: core_calls.folded_again(*late),
            laps=1,
        )


def _late(who: Customer, days: int) -> tuple[Any, ...]:
    rules = made_programme()
    history = [core_calls.parse(body, rules, who.now) for body in who.year]
    body = purchase(who.name, LAST - days, "20.00").replace("purchase-", "late-")
    past = core_calls.stored_past(who.memory, who.name, history)
    return core_calls.loaded(who.memory, who.name), past, core_calls.parse(body, rules, who.now), rules, who.now


def measure(figures: Figures, repeats: int, laps: int) -> None:
    """Time all contenders in turns, and note the figures."""
    scene = Scene()
    hits = _agreed(scene)
    contenders = {name: scene.matching(peer) for name, peer in scene.matchers.items()}
    contenders |= {
        "decision": scene.deciding(),
        "decision.with_care": scene.deciding("complaint"),
        "clock.silent_200_days": scene.clock(SILENT),
        "refold.year": scene.refold(YEAR),
        "refold.week": scene.refold(WEEK),
    }
    turns = in_turns(contenders, repeats, laps)
    for name, values in turns.items():
        figures.note(f"{name}.us", values)
    _compare(figures, turns)
    _by_stage(figures, scene, repeats, laps)
    _describe(figures, scene, hits)


def _agreed(scene: Scene) -> list[int]:
    """How many rules hold for each customer. All matchers must agree, also on random facts."""
    drawn = [*scene.facts, *_drawn(scene)]
    expected = [scene.matchers["match.plain"].match(facts) for facts in drawn]
    for name, peer in scene.matchers.items():
        answers = [peer.match(facts) for facts in drawn]
        if answers != expected:
            place = next(place for place, one in enumerate(answers) if one != expected[place])
            raise Disagreement(f"{name} and plain differ by {sorted(answers[place] ^ expected[place])}")
    return [len(found) for found in expected[: len(scene.facts)]]


def _drawn(scene: Scene) -> list[core_calls.Facts]:
    chance = random.Random(1)  # noqa: S311 -- reproducible on purpose
    return [{fact: chance.choice(scene.facts)[fact] for fact in scene.facts[0]} for _ in range(50)]


def _compare(figures: Figures, turns: Turns) -> None:
    """Note the ratios, repeat by repeat, to bare durable-rules, to zen's fastest form, and to that of its README."""
    fastest = _quickest(figures, turns, "")
    created = _quickest(figures, turns, "_created")
    figures.say("zen.fastest", fastest.removeprefix("zen."))
    figures.say("zen.fastest_created", created.removeprefix("zen."))
    for suffix, form in (("", fastest), ("_created", created)):
        figures.note(f"decision.ratio_to_zen{suffix}", ratios(turns["decision"], turns[form]))
        figures.note(f"clock.ratio_to_zen{suffix}_200_days", ratios(turns["clock.silent_200_days"], turns[form]))
    for figure, name in OURS.items():
        figures.note(figure, ratios(turns[name], turns["match.durable"]))


def _quickest(figures: Figures, turns: Turns, ending: str) -> str:
    decisions = (name for name in turns if name.startswith("zen.") and name != "zen.compiled_expression")
    return min((name for name in decisions if name.endswith(ending)), key=lambda name: figures[f"{name}.us"])


def _by_stage(figures: Figures, scene: Scene, repeats: int, laps: int) -> None:
    """Time a decision's stages with a stopwatch around each, which adds a little to each."""
    repeated = [_looks(scene, laps) for _ in range(repeats + 1)][1:]
    for stage in core_calls.STAGES:
        figures.note(f"stage.{stage}.us", [median(look[stage] for look in looks) for looks in repeated])


def _looks(scene: Scene, laps: int) -> list[dict[str, float]]:
    contender, watch = scene.deciding(), Stopwatch()
    looks = []
    with core_calls.watched(watch.wrap), no_collection():
        for _ in range(laps):
            watch.spent.clear()
            contender.microseconds()
            looks.append(dict(watch.spent))
    calls = (len(made_customers()) + WARMING) * 1000
    return [{stage: look.get(stage, 0) / calls for stage in core_calls.STAGES} for look in looks]


def _describe(figures: Figures, scene: Scene, hits: list[int]) -> None:
    rules = made_programme()
    figures.count("made.rules", len(core_calls.conditions(rules)))
    figures.count("made.features", len(rules.latest.features))
    figures.count("made.rules_matching", sum(hits) / len(hits))
    figures.count("made.facts", len(scene.facts[0]))
    figures.count("made.outcomes", _outcomes("next_message"))
    figures.count("made.outcomes_with_care", _outcomes("complaint"))


def _outcomes(message: str) -> float:
    """The mean number of decisions from a message."""
    rules, everyone = made_programme(), made_customers()
    decided = [core_calls.decided(one.memory, getattr(one, message), rules, one.now) for one in everyone]
    return sum(len(one.decisions) for one in decided) / len(everyone)
