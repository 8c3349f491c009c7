"""Rules as written by people: lines of every construct over synthetic facts, and customers near their thresholds.

`CONSTRUCTS` names each construct and how to recognise it, so that a test can check that all of them occur.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from hypothesis import strategies as st
from standing.engine.backends.durable import SHARD
from standing.engine.fold import simulate_days
from standing.engine.start import StoredHistory, replay_up_to
from standing.rules.author.lines import Symbol, parse_line
from standing.rules.conditions import Condition, Fact, Group, comparisons, count_branches
from standing.rules.ruleset import Ruleset
from standing.rules.timeline import Timeline

from tests.make import programmes
from tests.make import strategies as made

type Rules = Mapping[str, Condition]
type Case = tuple[dict[str, Condition], list[dict[str, Fact]]]

TIERS = ("bronze", "silver", "gold")
STAGES = ("new", "active", "quiet")
KNOWN = {
    "spend": Symbol("money", 2),
    "orders": Symbol("count"),
    "satisfaction": Symbol("score", 4),
    "trend": Symbol("score", 4),
    "days_since_order": Symbol("days"),
    "value": Symbol("level", levels=("low", "middle", "high")),
    "segment": Symbol("text"),
    "tier": Symbol(levels=TIERS),
    "stage": Symbol(levels=STAGES, ordered=False),
}
LITERALS = {
    "spend": ("0.00", "799.99", "800.00", "2000", "-12.50"),
    "orders": ("0", "1", "3", "12"),
    "satisfaction": ("0", "0.4", "0.8", "1"),
    "trend": ("0.5", "0.6666", "1", "2.5"),
    "days_since_order": ("0", "30", "45", "365"),
    "value": ("low", "middle", "high"),
    "segment": ("student", "staff", "学生"),
    "tier": TIERS,
    "stage": STAGES,
}
BY_SIZE = ("==", "!=", "<", "<=", ">", ">=")
WITHOUT_ORDER = {"segment", "stage"}
RATINGS = ("tier", "stage")


@st.composite
def lines(draw: st.DrawFn) -> Condition:
    """A line, parsed from its text."""
    name = draw(st.sampled_from(sorted(KNOWN)))
    literal = st.sampled_from(LITERALS[name])
    verbs = [*(("==", "!=") if name in WITHOUT_ORDER else BY_SIZE), "in"]
    verbs += ["entered", "left", "was"] if name in RATINGS else ["is"]
    verb = draw(st.sampled_from(verbs))
    several = st.lists(literal, min_size=1, max_size=3).map(lambda found: f"[{', '.join(found)}]")
    value = "unknown" if verb == "is" else draw(several if verb == "in" else literal)
    return parse_line(f"{name} {verb} {value}", KNOWN)


def _groups(parts: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    of = st.lists(parts, min_size=1, max_size=4).map(tuple)
    return st.builds(Group, group=st.sampled_from(["all", "any", "none"]), of=of)


trees: st.SearchStrategy[Condition] = st.recursive(lines(), _groups, max_leaves=12).filter(
    lambda tree: count_branches(tree) <= 150
)
few = st.lists(trees, min_size=1, max_size=5)
wide = st.lists(lines(), min_size=SHARD + 1, max_size=100).map(lambda found: [made.some(*found), *found])
rules = (few | few | few | wide).map(lambda trees: {f"rule-{number}": tree for number, tree in enumerate(trees)})


def _near(name: str) -> st.SearchStrategy[Fact]:
    """A value equal to a literal, or one unit from it; for a text, any text of rules or customers."""
    about = KNOWN[name]
    if about.unit == "text":
        return st.sampled_from([*LITERALS[name], "another"])
    if about.levels:
        return st.integers(0, len(about.levels) - 1)
    met = [line.value for text in LITERALS[name] for line in comparisons(parse_line(f"{name} == {text}", KNOWN))]
    return st.sampled_from([int(str(value)) + step for value in met for step in (-1, 0, 1)])


ALWAYS: Mapping[str, st.SearchStrategy[Fact]] = {
    fact: st.integers(low, 2) for name in RATINGS for fact, low in ((name, 0), (f"{name}.was", -1))
}
customers = st.fixed_dictionaries(ALWAYS, optional={name: _near(name) for name in KNOWN if name not in RATINGS})
cases: st.SearchStrategy[Case] = st.tuples(rules, st.lists(customers, min_size=1, max_size=4))


@st.composite
def lived(draw: st.DrawFn) -> Case:
    """A whole programme, and the facts of a customer's days as the fold works them out from events."""
    ruleset: Ruleset = draw(programmes.rulesets())
    happened = draw(programmes.histories())
    day = max(event.day for event in happened) + draw(st.integers(0, 60))
    start = replay_up_to(day, StoredHistory(happened))
    days = simulate_days(Timeline.of(ruleset), start.under, start.memory, start.day + 1, day, busy=start.busy)
    return dict(ruleset.rules), [dict(one.facts) for one in days][-3:]


def _depth(tree: Condition) -> int:
    return 1 + max(map(_depth, tree.of)) if isinstance(tree, Group) else 0


def _every_line(rules: Rules) -> Iterator[tuple[str, str]]:
    return ((line.fact, line.op) for tree in rules.values() for line in comparisons(tree))


def _asks(*names: str, op: str = "") -> Callable[[Rules, list[dict[str, Fact]]], bool]:
    return lambda rules, _: any(fact in names and op in {"", used} for fact, used in _every_line(rules))


CONSTRUCTS: dict[str, Callable[[Rules, list[dict[str, Fact]]], bool]] = {
    "groups nested three deep": lambda rules, _: max(map(_depth, rules.values())) >= 3,
    "none within a group": lambda rules, _: any("none" in _words(tree, within=True) for tree in rules.values()),
    "words with an order": _asks("value"),
    "texts": _asks("segment"),
    "ordered levels": _asks("tier"),
    "unordered levels": _asks("stage"),
    "what a level was": _asks("tier.was", "stage.was"),
    "money": _asks("spend"),
    "ratios": _asks("trend"),
    "lists": lambda rules, _: any(op == "in" for _, op in _every_line(rules)),
    "is unknown": lambda rules, _: any(op == "unknown" for _, op in _every_line(rules)),
    "a comparison with what is unknown": lambda rules, customers: any(
        fact not in facts for facts in customers for fact, op in _every_line(rules) if op != "unknown"
    ),
    "more than sixty branches": lambda rules, _: max(map(count_branches, rules.values())) > SHARD,
}


def _words(tree: Condition, *, within: bool) -> set[str]:
    if not isinstance(tree, Group):
        return set()
    inner = set().union(*(_words(part, within=False) for part in tree.of))
    return inner if within else inner | {tree.group}
