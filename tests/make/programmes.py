"""Strategies for whole programmes: every kind of feature, rating and care rule, over every event type."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st
from standing.events import Activity, CareAnswer, Override, Profile, Score
from standing.events.intake import Event
from standing.rules.author.compiler import assemble
from standing.rules.conditions import Comparison, Condition, Operator
from standing.rules.features import Feature, Measure, MembershipYear, Ramp, Window
from standing.rules.kinds import FEATURE_KINDS
from standing.rules.ruleset import Action, Cap, Care, OlderTerms, Programme, Rating, Ruleset, Stability, Stratum
from standing.values.days import Day, day_date

from tests.make import strategies as made
from tests.make.strategies import TITLE, every, line, none_of, some

ALL = ("activity", "care", "feedback", "override", "profile", "purchase", "refund")
TIERS = ("bronze", "silver", "gold")
STAGES = ("new", "active", "quiet")
MEASURES = (
    Measure(of=("purchase",)),
    Measure(of=("purchase", "refund"), value="net_amount"),
    Measure(of=("feedback",), where={"kind": "complaint"}),
    Measure(of=("feedback",), value="score"),
    Measure(of=("purchase",), value="amount", keeps="extremes"),
    Measure(of=("profile",), value="segments.plan", keeps="latest"),
    Measure(of=("profile",), value="consent.email", keeps="latest"),
    Measure(of=("profile",), value="birthday", keeps="latest"),
    Measure(of=("purchase",), value="channel", keeps="seen"),
    Measure(of=("override",), where={"rating": "tier"}, value="ruling", keeps="latest", order=TIERS),
    Measure(of=("override",), where={"rating": "stage"}, value="ruling", keeps="latest", order=STAGES),
    Measure(of=ALL),
    Measure(of=("activity",), where={"kind": "deposit"}),
    Measure(of=("activity",), where={"kind": "deposit"}, value="amount"),
    Measure(of=("profile",), value="amounts.savings", keeps="latest"),
    Measure(of=("profile",), value="amounts.savings", keeps="extremes"),
    Measure(of=("profile",), value="amounts.savings"),
    Measure(of=("profile",), value="dates.renewal", keeps="latest"),
    Measure(of=("score",), where={"name": "churn"}, value="value", keeps="latest"),
    Measure(of=("score",), where={"name": "churn"}, value="value", keeps="extremes"),
    Measure(of=("score",), where={"name": "churn"}, value="band", keeps="latest"),
    Measure(of=("purchase", "refund"), value="net_amount", keeps="extremes"),
    Measure(of=("purchase", "refund"), value="net_amount", keeps="latest"),
    Measure(of=("refund",), value="amount"),
    Measure(of=("purchase", "refund")),
)
NAMES = [one.name for one in MEASURES]
ORDERS, NET, COMPLAINTS, SCORES, AMOUNTS, PLAN, CONSENT, BIRTHDAY, CHANNELS, TIER_SET, STAGE_SET, ANY = NAMES[:12]
DEPOSITS, DEPOSITED, HELD_NOW, HELD_MOST, HELD_MEAN, RENEWAL, CHURN, CHURN_MOST, CHURN_BAND = NAMES[12:21]
NET_MOST, NET_LAST, REFUNDED, MOVED_MONEY = NAMES[21:]
UNITS = {AMOUNTS: "money", DEPOSITED: "money", HELD_NOW: "money", HELD_MOST: "money", HELD_MEAN: "money"}
UNITS |= {CHURN: "score", CHURN_MOST: "score", NET_MOST: "money", NET_LAST: "money", REFUNDED: "money"}
WINDOWS = st.integers(1, 40)
SAID = st.sampled_from([0, 2_500, 5_000, 5_001, 10_000, 73_000])


def made_feature(name: str, kind: str, measure: str = "", **more: Any) -> Feature:
    """A feature. Its kind gives the unit; `over`, `ending` and `anchor` are its window."""
    unit = {"sum": "money", "mean": "score", "min": "money", "max": "money", "latest": "text", "ratio": "score"}
    of_money = "money" if measure == NET else UNITS.get(measure)
    default = of_money or unit.get(kind) or ("days" if kind.startswith("days_") else "count")
    measured: dict[str, Any] = {"measure": measure} if measure else {}
    if kind in MEASURED:
        over, ending, anchor = more.pop("over", None), more.pop("ending", 0), more.pop("anchor", None)
        measured["window"] = Window(over=MembershipYear(anchor=anchor) if anchor else over, ending=ending)
    return made.feature_of(**({"name": name, "kind": kind, "unit": default} | measured | more))


MEASURES_FOR = {
    ("events", "sums"): (ORDERS, COMPLAINTS, DEPOSITS, MOVED_MONEY),
    ("sums", "sums"): (NET, DEPOSITED, REFUNDED),
    ("numbers", "sums"): (NET, SCORES, DEPOSITED, HELD_MEAN),
    ("numbers", "extremes"): (NET_MOST, AMOUNTS, CHURN_MOST, HELD_MOST),
    ("words", "seen"): (CHANNELS,),
    ("values", "latest"): (PLAN, HELD_NOW, CHURN, CHURN_BAND, NET_LAST),
}
MEASURED = {
    kind: MEASURES_FOR[about.wants, about.keeps]
    for kind, about in FEATURE_KINDS.items()
    if about.windowed and about.keeps
}


@st.composite
def _windowed(draw: st.DrawFn, name: str) -> Feature:
    kind = draw(st.sampled_from(sorted(MEASURED)))
    measure = draw(st.sampled_from(MEASURED[kind]))
    over = draw(st.none() | WINDOWS | st.sampled_from(["calendar-year", "membership-year"]))
    may_end = over is not None and FEATURE_KINDS[kind].ends
    ending = draw(st.integers(0, 20)) if may_end else 0
    anchor = ANY if over == "membership-year" else None
    return made_feature(name, kind, measure, over=over, ending=ending, anchor=anchor)


def _of_days(name: str) -> st.SearchStrategy[Feature]:
    choices = [("days_since_first", ORDERS), ("days_since_last", ORDERS), ("days_until", BIRTHDAY)]
    choices += [("days_until", RENEWAL), ("days_to", RENEWAL)]
    return st.sampled_from(choices).map(lambda chosen: made_feature(name, *chosen))


def ramps(part: str, weight: int) -> st.SearchStrategy[Ramp]:
    """A part of a score, with rising or falling points."""
    ends = st.tuples(st.sampled_from([-5, 0, 3, 4_000]), st.sampled_from([-90, 1, 7, 30, 12_345]))
    turned = st.tuples(ends, st.booleans()).map(lambda one: one[0] if one[1] else one[0][::-1])
    made_ramps = st.tuples(turned, st.integers(0, weight))
    return made_ramps.map(lambda one: Ramp(part=part, begin=one[0][0], end=one[0][1], weight=weight, unknown=one[1]))


@st.composite
def features(draw: st.DrawFn) -> tuple[Feature, ...]:
    """Up to seven features, some of them combined."""
    drawn: list[Feature] = []
    for number in range(draw(st.integers(1, 5))):
        drawn.append(draw(_windowed(f"f{number}") | _of_days(f"f{number}")))
    numbers = [feature.name for feature in drawn if feature.unit != "text"]
    for number in range(draw(st.integers(0, 2)) if numbers else 0):
        parts = draw(st.tuples(st.sampled_from(numbers), st.sampled_from(numbers)))
        kind = draw(st.sampled_from(["ratio", "minus", "plus", "points"]))
        scored = {"ramps": [draw(ramps(part, weight)) for part, weight in zip(parts, (60, 40), strict=True)]}
        combined = {"first": parts[0], "second": parts[1]}
        drawn.append(made_feature(f"c{number}", kind, **(scored if kind == "points" else combined)))
        numbers.append(f"c{number}")
    return tuple(drawn)


def _literal(feature: Feature) -> st.SearchStrategy[int]:
    if feature.unit == "money":
        return st.sampled_from([0, 1_000, 4_000, 10_000, 15_000, 22_000])
    if feature.unit == "score":
        return st.sampled_from([0, 2_500, 5_000, 10_000])
    if feature.kind == "points":
        return st.integers(0, 100)
    return st.integers(-1, 40) if feature.unit == "days" else st.integers(0, 4)


@st.composite
def lines(draw: st.DrawFn, features: Sequence[Feature], about: tuple[str, ...]) -> Comparison:
    """A line about a feature, or about one of the ratings."""
    if draw(st.booleans()) and about:
        rating: str = draw(st.sampled_from(about))
        return draw(_rating_line(rating))
    feature = draw(st.sampled_from(features))
    if draw(st.integers(0, 5)) == 0:
        return line(feature.name, "unknown")
    if feature.unit == "text":
        return Comparison(fact=feature.name, op=draw(st.sampled_from(["==", "!="])), value="plus", text="plan")
    op: Operator = draw(st.sampled_from(["==", "!=", "<", "<=", ">", ">="]))
    return line(feature.name, op, draw(_literal(feature)))


@st.composite
def _rating_line(draw: st.DrawFn, rating: str) -> Comparison:
    about = draw(st.sampled_from(["", ".was", ".would_become", ".days_to_review"]))
    literal = draw(st.integers(1, 31)) if about == ".days_to_review" else draw(st.integers(0, 2))
    return line(rating + about, draw(st.sampled_from(["==", "!=", "<=", ">="])), literal)


@st.composite
def conditions(draw: st.DrawFn, features: Sequence[Feature], about: tuple[str, ...] = ()) -> Condition:
    """One to three lines under all, any or none."""
    parts = draw(st.lists(lines(features, about), min_size=1, max_size=3))
    return draw(st.sampled_from([every, some, none_of]))(*parts)


STABILITIES = st.builds(
    Stability,
    rise=st.sampled_from(["immediate", "review"]),
    review=st.sampled_from(["daily", "monthly", "quarterly"]),
    grace=st.sampled_from([0, 0, 3, 20]),
    fall=st.sampled_from(["one-level", "to-kept"]),
    minimum_stay=st.sampled_from([0, 0, 5, 30]),
)


@st.composite
def cares(draw: st.DrawFn, features: Sequence[Feature], name: str) -> Care:
    """A care rule. Half of them are contacts."""
    do = Action(
        action="act",
        owner="somebody",
        priority=draw(st.sampled_from(["low", "normal", "high"])),
        within=draw(st.integers(1, 5)),
        channel=draw(st.sampled_from([None, "email"])),
        consent=draw(st.sampled_from(["required", "not-needed"])),
        contact_cap=draw(st.sampled_from(["applies", "applies", "exempt"])),
        cost=draw(st.sampled_from([None, 0, 450])),
    )
    when = draw(conditions(features, ("tier", "stage")))
    repeat, holdout = draw(st.sampled_from([1, 4, 15, 60])), draw(st.sampled_from([0, 5_000]))
    return Care(name=name, title=TITLE, when=when, do=do, repeat_after=repeat, holdout=holdout)


@st.composite
def terms(draw: st.DrawFn, features: Sequence[Feature]) -> OlderTerms:
    """Older terms for some tiers, for customers who reached them before a day within the histories."""
    keep = {level: draw(conditions(features)) for level in TIERS[1:] if draw(st.booleans())}
    return OlderTerms(before=draw(st.integers(995, 1_065)), keep=keep)


@st.composite
def rulesets(draw: st.DrawFn) -> Ruleset:
    """A whole ruleset: an ordered rating, an unordered one that may use it, and care rules that may use both."""
    drawn = draw(features())
    tier = Rating(
        name="tier",
        title=TITLE,
        levels=TIERS,
        qualify={level: draw(conditions(drawn)) for level in TIERS[1:]},
        retain={level: draw(conditions(drawn)) for level in TIERS[1:] if draw(st.booleans())},
        stability=draw(STABILITIES),
        override=TIER_SET,
        honours=draw(st.booleans()),
        terms=tuple(draw(st.lists(terms(drawn), max_size=2))),
    )
    stage = Rating(
        name="stage",
        title=TITLE,
        ordered=False,
        levels=STAGES,
        qualify={level: draw(conditions(drawn, ("tier",))) for level in STAGES[:-1]},
        override=STAGE_SET,
    )
    care = tuple(draw(cares(drawn, f"care-{number}")) for number in range(draw(st.integers(1, 3))))
    strata = (Stratum(ratings=(tier,)), Stratum(ratings=(stage,)), Stratum(care=care))
    return assemble(draw(programmes()), MEASURES, drawn, strata)


@st.composite
def programmes(draw: st.DrawFn) -> Programme:
    """A programme with or without contact caps."""
    caps = draw(st.lists(st.builds(Cap, at_most=st.integers(1, 2), within=st.integers(1, 20)), max_size=2))
    consent = {"email": CONSENT}
    more = {
        "channels": ("email",),
        "consent": consent,
        "caps": tuple(caps),
        "salt": "made",
        "activities": ("deposit", "withdrawal"),
    }
    return made.PROGRAMME.model_copy(update=more)


def profile(day: Day, name: str = "v", hour: int = 12, **facts: Any) -> Event:
    """A profile change."""
    moment = made.noon(day) + timedelta(hours=hour - 12)
    return made.event(day, Profile(id=f"{name}-{day}", customer="c-1", time=moment, **facts))


def activity(day: Day, kind: str, amount: str | None = None, name: str = "x") -> Event:
    """An activity of the trade, with or without an amount."""
    who: dict[str, Any] = {"id": f"{name}-{day}", "customer": "c-1", "time": made.noon(day)}
    return made.event(day, Activity(**who, kind=kind, amount=amount, currency="USD" if amount else None))


def score(day: Day, which: str, value: int, name: str = "s", hour: int = 12) -> Event:
    """A score of a model."""
    moment = made.noon(day) + timedelta(hours=hour - 12)
    who: dict[str, Any] = {"id": f"{name}-{day}", "customer": "c-1", "time": moment}
    return made.event(day, Score(**who, name=which, value=value, band="plus" if value > 5_000 else "low", model="m"))


def override(day: Day, level: str, last: Day, name: str = "o", rating: str = "tier", hour: int = 12) -> Event:
    """An override."""
    moment = made.noon(day) + timedelta(hours=hour - 12)
    who: dict[str, Any] = {"id": f"{name}-{day}", "customer": "c-1", "time": moment}
    content = {"rating": rating, "level": level, "reason": "goodwill", "author": "staff-1", "expires": day_date(last)}
    return made.event(day, Override(**who, **content))


def answer(day: Day, care: str, due: date, status: Any, name: str = "a") -> Event:
    """An answer to a care action."""
    who: dict[str, Any] = {"id": f"{name}-{day}", "customer": "c-1", "time": made.noon(day)}
    return made.event(day, CareAnswer(**who, care=care, day=due, status=status))


@st.composite
def histories(draw: st.DrawFn, most: int = 8, span: int = 60) -> list[Event]:
    """A customer's events of all types within some weeks, with unique ids, often several on a day."""
    some_days = st.integers(1_000, 1_000 + span)
    days = draw(st.lists(some_days, min_size=1, max_size=most))
    events = [draw(_event(day, f"e{number}")) for number, day in enumerate(days)]
    return [*events, *(draw(made.returns("r", some_days)) if draw(st.booleans()) else ())]


@st.composite
def _event(draw: st.DrawFn, day: Day, name: str) -> Event:
    amount = draw(st.sampled_from(["0.00", "40.00", "60.01", "150.00", "220.00"]))
    hour = draw(st.sampled_from([9, 12, 15]))
    makers = {
        "purchase": lambda: made.purchase(day, amount, name, draw(st.sampled_from([None, "web", "store"]))),
        "refund": lambda: made.refund(day, amount, name),
        "complaint": lambda: made.complaint(day, name),
        "survey": lambda: made.survey(day, draw(st.integers(1, 5)), name=name),
        "consent": lambda: profile(day, name, hour, consent={"email": draw(st.booleans())}),
        "plan": lambda: profile(day, name, hour, segments={"plan": draw(st.sampled_from(["basic", "plus"]))}),
        "renewal": lambda: profile(day, name, hour, dates={"renewal": day_date(day + draw(st.integers(-9, 99)))}),
        "savings": lambda: profile(day, name, hour, amounts={"savings": amount}, currency="USD"),
        "deposit": lambda: activity(day, "deposit", draw(st.sampled_from([None, amount])), name),
        "withdrawal": lambda: activity(day, "withdrawal", amount, name),
        "score": lambda: score(day, draw(st.sampled_from(["churn", "worth"])), draw(SAID), name, hour),
        "birthday": lambda: profile(day, name, hour, birthday=draw(st.sampled_from(["02-29", "10-15", "11-02"]))),
        "tier": lambda: override(day, draw(st.sampled_from(TIERS)), day + draw(st.integers(0, 30)), name, hour=hour),
        "stage": lambda: override(day, "new", day + draw(st.integers(0, 9)), name, "stage", hour),
    }
    return makers[draw(st.sampled_from(["purchase", "purchase", "purchase", *makers]))]()
