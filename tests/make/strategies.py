"""Synthetic customers, rules and conditions: builders, and the hypothesis strategies that use them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st
from standing.engine.codec import pack, pack_checkpoint, unpack, unpack_checkpoint
from standing.engine.decide import Decision, DecisionResult, decide, needs_history
from standing.engine.engine import engine_of
from standing.engine.features import EXACT
from standing.engine.fold import BucketsFor, DayResult, simulate_day
from standing.engine.measures import Buckets, empty, from_stored, prune
from standing.engine.series import Observation, Series, Sums
from standing.engine.start import StoredHistory
from standing.engine.state import Checkpoint, Memory, State
from standing.events import EventDetail, Feedback, Purchase, Refund
from standing.events.intake import Event, fingerprint
from standing.rules.author.compiler import assemble
from standing.rules.author.features import FEATURE
from standing.rules.conditions import Comparison, Condition, Fact, Group, Operator, count_branches
from standing.rules.features import Feature, Measure, Window
from standing.rules.frozen import Title
from standing.rules.ruleset import Action, Care, Programme, Rating, Ruleset, Stratum
from standing.rules.timeline import Timeline
from standing.values.days import Day, day_date

TITLE = Title(en="Made for a test", zh="测试用")
PROGRAMME = Programme(title=TITLE, currency="USD", minor_digits=2, time_zone="UTC")
LONG_AFTER = datetime(2026, 1, 1, tzinfo=UTC)
SOURCE = "shop"

MEASURES = (
    Measure(of=("purchase",)),
    Measure(of=("purchase", "refund"), value="net_amount"),
    Measure(of=("feedback",), where={"kind": "complaint"}),
    Measure(of=("feedback",), value="score"),
)
PURCHASES, NET, COMPLAINTS, SCORES = (one.name for one in MEASURES)


# Events ---------------------------------------------------------------------------------------------------------


def noon(day: Day) -> datetime:
    """The middle of a day in UTC, the time zone of `PROGRAMME`."""
    date = day_date(day)
    return datetime(date.year, date.month, date.day, 12, tzinfo=UTC)


def event(day: Day, detail: EventDetail, source: str = SOURCE) -> Event:
    """An event after intake."""
    return Event(source, detail, day, fingerprint(source, detail.detail_type, detail.stored()))


def purchase(day: Day, amount: str = "10.00", name: str = "p", channel: str | None = None) -> Event:
    """A purchase. `name` makes its id unique on its day."""
    who = {"id": f"{name}-{day}", "customer": "c-1", "time": noon(day)}
    return event(day, Purchase(**who, amount=amount, currency="USD", channel=channel))


def refund(
    day: Day, amount: str = "10.00", name: str = "r", of: str | Event | None = None, source: str = SOURCE
) -> Event:
    """A refund `of` a purchase, given as an event or by id."""
    who = {"id": f"{name}-{day}", "customer": "c-1", "time": noon(day)}
    named = of.detail.id if isinstance(of, Event) else of
    return event(day, Refund(**who, amount=amount, currency="USD", purchase=named), source)


def order(day: Day, amount: str, number: str, source: str = SOURCE) -> Event:
    """A purchase by number. Another source may use the same number."""
    return event(day, Purchase(id=number, customer="c-1", time=noon(day), amount=amount, currency="USD"), source)


def complaint(day: Day, name: str = "c") -> Event:
    """A complaint."""
    return event(day, Feedback(id=f"{name}-{day}", customer="c-1", time=noon(day), kind="complaint"))


def survey(day: Day, score: int, scale: tuple[int, int] = (1, 5), name: str = "s") -> Event:
    """An answered survey."""
    who = {"id": f"{name}-{day}", "customer": "c-1", "time": noon(day)}
    return event(day, Feedback(**who, kind="survey", score=score, scale=scale))


def counted_on(event: Event, events: Iterable[Event]) -> Day:
    """The day on which an amount counts: the event's, or for a refund that of the earlier purchase that it names."""
    named = getattr(event.detail, "purchase", None)
    before = [one for one in events if one.detail.family == "purchase" and one.day < event.day]
    bought = [one for one in before if one.detail.id == named]
    own = [one for one in bought if one.source == event.source]
    return max((one.day for one in own or bought), default=event.day)


# Series ---------------------------------------------------------------------------------------------------------


def happened(*values: tuple[Day, int]) -> list[Observation]:
    """Observations from days with values, each at the beginning of its day."""
    return [Observation(day, day * 86_400_000_000, value) for day, value in values]


def sums(series: Series) -> Sums:
    """The series, asserted to be one of sums."""
    assert isinstance(series, Sums)
    return series


def pruned(buckets: Buckets, day: Day, rules: Ruleset) -> Buckets:
    """The buckets as read from the state of a day."""
    return from_stored(prune(buckets, day, rules), rules)


def known_of(state: State, rules: Ruleset) -> dict[str, Fact]:
    """The features of a state's last day."""
    return engine_of(rules).facts(from_stored(state.buckets, rules), state.day)


# Rules ----------------------------------------------------------------------------------------------------------


def line(fact: str, op: Operator, value: Fact | tuple[Fact, ...] = 0) -> Comparison:
    """A comparison, with its text."""
    return Comparison(fact=fact, op=op, value=value, text=f"{fact} {op} {value}")


def every(*parts: Condition) -> Group:
    """A group: all of the conditions."""
    return Group(group="all", of=parts)


def some(*parts: Condition) -> Group:
    """A group: any of the conditions."""
    return Group(group="any", of=parts)


def none_of(*parts: Condition) -> Group:
    """A group: none of the conditions."""
    return Group(group="none", of=parts)


def feature(name: str, kind: str, measure: str, over: int | None = None, ending: int = 0) -> Feature:
    """A feature over one of `MEASURES`."""
    unit = {"sum": "money", "mean": "score", "count": "count"}.get(kind, "days")
    windowed = {} if kind.startswith("days_") else {"window": Window(over=over, ending=ending)}
    return feature_of(name=name, kind=kind, unit=unit, measure=measure, **windowed)


def feature_of(**content: Any) -> Feature:
    """A feature of any kind, with a placeholder as title."""
    return FEATURE.validate_python({"title": TITLE, **content})


def rating(
    name: str, levels: Sequence[str], qualify: dict[str, Condition], retain: dict[str, Condition] | None = None
) -> Rating:
    """A rating."""
    return Rating(name=name, title=TITLE, levels=tuple(levels), qualify=qualify, retain=retain or {})


def care(name: str, when: Condition, repeat_after: int, within: int) -> Care:
    """A care rule."""
    do = Action(action="call-back", owner="service", priority="normal", within=within)
    return Care(name=name, title=TITLE, when=when, do=do, repeat_after=repeat_after)


def ruleset(features: Iterable[Feature], *strata: Stratum) -> Ruleset:
    """A ruleset over `MEASURES`."""
    return assemble(PROGRAMME, MEASURES, tuple(features), strata)


CLUB_FEATURES = (
    feature("spend_10d", "sum", NET, over=10),
    feature("orders_10d", "count", PURCHASES, over=10),
    feature("orders_before_5d", "count", PURCHASES, over=5, ending=5),
    feature("complaints_7d", "count", COMPLAINTS, over=7),
    feature("satisfaction_8d", "mean", SCORES, over=8),
    feature("spend_ever", "sum", NET),
    feature("days_since_order", "days_since_last", PURCHASES),
    feature("days_a_customer", "days_since_first", PURCHASES),
)
TIER = rating(
    "tier",
    ["bronze", "silver", "gold"],
    {
        "silver": every(line("spend_10d", ">=", 10_000)),
        "gold": every(line("spend_10d", ">=", 20_000), line("complaints_7d", "<", 2)),
    },
    {"gold": every(line("spend_10d", ">=", 15_000), line("complaints_7d", "<", 3))},
)
MOOD = rating(
    "mood",
    ["calm", "upset"],
    {"upset": some(every(line("tier", ">=", 1), line("complaints_7d", ">=", 1)), line("satisfaction_8d", "<", 4_000))},
)
CONGRATULATE = care("congratulate", every(line("tier", "==", 2), line("tier.was", "!=", 2)), repeat_after=30, within=3)
RECOVER = care("recover", every(line("mood", "==", 1)), repeat_after=6, within=2)
CLUB = ruleset(CLUB_FEATURES, Stratum(ratings=(TIER,)), Stratum(ratings=(MOOD,)), Stratum(care=(CONGRATULATE, RECOVER)))
CLUB_RULES = Timeline.of(CLUB)
CLUB_EMPTY = prune(empty(CLUB), 0, CLUB)


# Days -----------------------------------------------------------------------------------------------------------


def every_day(
    rules: Timeline, books: BucketsFor, memory: Memory, first: Day, last: Day, *, busy: Collection[Day] = ()
) -> Iterator[DayResult]:
    """Each day from `first` to `last`, one by one, including those that `simulate_days` leaves out."""
    for day in range(first, last + 1):
        ruleset = rules.on(day)
        lived = simulate_day(ruleset, books(ruleset), memory, day, event_day=day in busy)
        yield lived
        memory = lived.closed


# Delivery -------------------------------------------------------------------------------------------------------


@dataclass
class Customer:
    """A customer whose events are delivered batch by batch, like ingest, with the state packed in between."""

    rules: Timeline = CLUB_RULES
    now: datetime = LONG_AFTER
    state: State | None = None
    applied: list[Event] = field(default_factory=list)
    checkpoints: dict[Day, Checkpoint] = field(default_factory=dict)

    def deliver(self, *events: Event, now: datetime | None = None) -> tuple[Decision, ...]:
        """Commit a batch, and return its decisions."""
        batch = sorted(events, key=lambda event: (event.day, event.key))
        past = self.past if needs_history(self.state, batch, self.rules) else StoredHistory()
        outcome = decide(self.state, batch, self.rules, now or self.now, past)
        self.applied = [*self.applied, *batch]
        return self.keep(outcome)

    def keep(self, outcome: DecisionResult) -> tuple[Decision, ...]:
        """Store a result, like the table, and return its decisions."""
        self.state = stored(outcome.state)
        self.checkpoints |= {one.day: stored_checkpoint(one) for one in outcome.checkpoints}
        return outcome.decisions

    @property
    def past(self) -> StoredHistory:
        """What the table has beside the state."""
        return StoredHistory(list(self.applied), list(self.checkpoints.values()))

    @property
    def standing(self) -> State:
        """The state after at least one delivery."""
        assert self.state is not None
        return self.state


def stored(state: State) -> State:
    """The state as read from the table."""
    return unpack(
        pack(state),
        customer=state.customer,
        version=state.version,
        day=state.day,
        features_hash=state.features_hash,
    )


def stored_checkpoint(checkpoint: Checkpoint) -> Checkpoint:
    """The checkpoint as read from the table."""
    packed = pack_checkpoint(checkpoint)
    return unpack_checkpoint(packed, day=checkpoint.day, features_hash=checkpoint.features_hash)


# Strategies -----------------------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=[])),
    lambda parts: st.lists(parts, max_size=4) | st.dictionaries(st.text(max_size=8), parts, max_size=4),
    max_leaves=12,
)

FACTS = ("a", "b", "c", "d.was")
TEXT_OPERATORS: tuple[Operator, ...] = ("==", "!=", "in", "unknown")
COMPARED: tuple[Operator, ...] = ("==", "!=", "<", "<=", ">", ">=")
EDGES = (0, 1, -1, 2**31, -(2**31), 2**32, 2**32 + 1, EXACT, -EXACT, EXACT - 1, 1 - EXACT)
numbers = st.integers(-3, 3) | st.sampled_from(EDGES) | st.integers(-EXACT, EXACT)
TEXT_FACTS = ("segment", "e.channel")
WORDS = ("student", "Student", "true", "1", "null", "a b", "a\\b", "\\n", "\\", "{}", ": ", "'", "学生", "😀", "a" * 64)
HASHED_ALIKE = ("costarring", "liquid")  # equal FNV-1a hashes, by which durable-rules looks up texts
texts = st.sampled_from(WORDS + HASHED_ALIKE) | st.text(st.characters(codec="utf-8"), min_size=1, max_size=8).filter(
    lambda text: text.isprintable() and not set(text) & set(',[]"')
)
spoken = texts | st.sampled_from(['"', 'say "a"', "a,b", "[a]"])  # texts of events; rules cannot name the latter
facts = st.builds(
    lambda some_numbers, some_texts: some_numbers | some_texts,
    st.dictionaries(st.sampled_from(FACTS), numbers),
    st.dictionaries(st.sampled_from(TEXT_FACTS), spoken),
)


@st.composite
def comparisons(draw: st.DrawFn) -> Comparison:
    """Any line: one of six operators, `in`, or `is unknown`. A text is only compared for equality."""
    if draw(st.integers(0, 3)) == 0:
        about, word = draw(st.sampled_from(TEXT_FACTS)), draw(st.sampled_from(TEXT_OPERATORS))
        return line(about, word, _compared(draw, word, texts))
    fact = draw(st.sampled_from(FACTS))
    op: Operator = draw(st.sampled_from((*COMPARED, "in", "unknown")))
    return line(fact, op, _compared(draw, op, numbers))


def _compared(draw: st.DrawFn, op: Operator, values: st.SearchStrategy[Fact]) -> Fact | tuple[Fact, ...]:
    if op == "unknown":
        return 0
    return tuple(draw(st.lists(values, min_size=1, max_size=3))) if op == "in" else draw(values)


def _groups(parts: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    of = st.lists(parts, min_size=1, max_size=4).map(tuple)
    return st.builds(Group, group=st.sampled_from(["all", "any", "none"]), of=of)


conditions: st.SearchStrategy[Condition] = st.recursive(comparisons(), _groups, max_leaves=10).filter(
    lambda tree: count_branches(tree) <= 150
)
rules = st.lists(conditions, min_size=1, max_size=5).map(lambda trees: {f"rule-{n}": t for n, t in enumerate(trees)})
wide_rules = st.lists(comparisons(), min_size=61, max_size=130).map(
    lambda lines: {"wide": some(*lines), **{f"rule-{n}": part for n, part in enumerate(lines)}}
)

DAYS = st.integers(1_000, 1_030)
AMOUNTS = ("0.00", "40.00", "60.01", "100.00", "150.00", "220.00")


@st.composite
def returns(draw: st.DrawFn, name: str, days: st.SearchStrategy[Day]) -> list[Event]:
    """A purchase with a refund some days later or earlier, which may name an ambiguous or unknown number."""
    number, amount = f"{name}-order", draw(st.sampled_from(AMOUNTS))
    shops = draw(st.lists(st.sampled_from([SOURCE, "till", "web"]), max_size=3, unique=True))
    bought = [order(draw(days), draw(st.sampled_from(AMOUNTS)), number, source=shop) for shop in shops]
    source = draw(st.sampled_from([SOURCE, "till", "desk"]))
    return [*bought, refund(draw(days), amount, f"{name}-back", draw(st.sampled_from([number, number, None])), source)]


@st.composite
def histories(draw: st.DrawFn, most: int = 8) -> list[Event]:
    """A customer's events within a month, with unique ids, often several on a day."""
    days = draw(st.lists(DAYS, min_size=1, max_size=most))
    events = [draw(_one_event(day, f"e{number}")) for number, day in enumerate(days)]
    return [*events, *(draw(returns("r", DAYS)) if draw(st.booleans()) else ())]


@st.composite
def _one_event(draw: st.DrawFn, day: Day, name: str) -> Event:
    amount = draw(st.sampled_from(["0.00", "40.00", "60.01", "100.00", "150.00", "220.00"]))
    makers = {
        "purchase": lambda: purchase(day, amount, name),
        "refund": lambda: refund(day, amount, name),
        "complaint": lambda: complaint(day, name),
        "survey": lambda: survey(day, draw(st.integers(1, 5)), name=name),
    }
    kind = draw(st.sampled_from(["purchase", "purchase", "refund", "complaint", "survey"]))
    return makers[kind]()


def splits(events: Sequence[Event]) -> st.SearchStrategy[list[list[Event]]]:
    """The events in any order, in any batches."""
    cuts = st.lists(st.booleans(), min_size=len(events) - 1, max_size=len(events) - 1)
    return st.tuples(st.permutations(events), cuts).map(lambda drawn: cut(*drawn))


def cut(events: Sequence[Event], cuts: Sequence[bool]) -> list[list[Event]]:
    """The events as batches. Each cut says whether the next event begins a new batch."""
    batches = [[events[0]]]
    for event, begins in zip(events[1:], cuts, strict=True):
        if begins:
            batches.append([])
        batches[-1].append(event)
    return batches


@st.composite
def features(draw: st.DrawFn) -> tuple[Feature, ...]:
    """Features of any kind over any short window; some measures over all time."""
    kinds = st.sampled_from(["count", "sum", "mean", "days_since_first", "days_since_last"])
    drawn = []
    for number in range(draw(st.integers(1, 6))):
        kind, over = draw(kinds), draw(st.none() | st.integers(1, 15))
        counted = [PURCHASES, COMPLAINTS, SCORES]  # rules count transactions, not amounts
        measure = draw(st.sampled_from([NET, SCORES] if kind in {"sum", "mean"} else counted))
        windowed = not kind.startswith("days_since")
        ending = draw(st.integers(0, 10)) if windowed and over else 0
        drawn.append(feature(f"feature_{number}", kind, measure, over if windowed else None, ending))
    return tuple(drawn)
