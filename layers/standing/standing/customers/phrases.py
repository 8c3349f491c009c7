"""Phrases: what would have to happen, in the words of the field, in both languages."""

from __future__ import annotations

from collections.abc import Iterator

from standing.engine.reasons import display
from standing.foresight.levers import Lever
from standing.foresight.outlook import UpcomingChange
from standing.foresight.plans import Plan, RequiredChange
from standing.present.language import phrase
from standing.rules.features import MeasuredFeature
from standing.rules.ruleset import Rating, Ruleset
from standing.values.catalogue import Language
from standing.values.days import Day, day_date
from standing.values.messages import Message, Messages
from standing.values.money import from_minor

NOUNS = Messages(
    "noun",
    {
        "purchase": "order",
        "purchase.many": "orders",
        "purchase.more": "{number:more order|more orders}",
        "refund": "refund",
        "refund.many": "refunds",
        "refund.more": "{number:more refund|more refunds}",
        "feedback": "piece of feedback",
        "feedback.many": "pieces of feedback",
        "feedback.more": "{number:more piece of feedback|more pieces of feedback}",
        "complaint": "complaint",
        "complaint.many": "complaints",
        "complaint.more": "{number:more complaint|more complaints}",
        "praise": "praise",
        "praise.many": "praises",
        "praise.more": "{number:more praise|more praises}",
        "inquiry": "inquiry",
        "inquiry.many": "inquiries",
        "inquiry.more": "{number:more inquiry|more inquiries}",
        "survey": "survey answer",
        "survey.many": "survey answers",
        "survey.more": "{number:more survey answer|more survey answers}",
        "review": "review",
        "review.many": "reviews",
        "review.more": "{number:more review|more reviews}",
        "engagement": "visit",
        "engagement.many": "visits",
        "engagement.more": "{number:more visit|more visits}",
        "login": "login",
        "login.many": "logins",
        "login.more": "{number:more login|more logins}",
        "visit": "visit",
        "visit.many": "visits",
        "visit.more": "{number:more visit|more visits}",
        "search": "search",
        "search.many": "searches",
        "search.more": "{number:more search|more searches}",
        "view": "product view",
        "view.many": "product views",
        "view.more": "{number:more product view|more product views}",
        "basket": "item put into the basket",
        "basket.many": "items put into the basket",
        "basket.more": "{number:more item put into the basket|more items put into the basket}",
        "checkout": "checkout begun",
        "checkout.many": "checkouts begun",
        "checkout.more": "{number:more checkout begun|more checkouts begun}",
        "activity": "activity",
        "activity.many": "activities",
        "activity.more": "{number:more activity|more activities}",
        "redemption": "redemption",
        "redemption.many": "redemptions",
        "redemption.more": "{number:more redemption|more redemptions}",
        "profile": "profile change",
        "profile.many": "profile changes",
        "profile.more": "{number:more profile change|more profile changes}",
        "score": "score",
        "score.many": "scores",
        "score.more": "{number:more score|more scores}",
        "care": "care answer",
        "care.many": "care answers",
        "care.more": "{number:more care answer|more care answers}",
        "other": "`{kind}`",
        "other.many": "`{kind}`",
        "other.more": "{number} more `{kind}`",
    },
)
ACTIVITY = "activity"
NOT_ABOUT_EVENTS = {"days_since_first", "days_until", "days_to", "latest"}  # no event that stays away helps these


def plan_in_words(ruleset: Ruleset, plan: Plan, today: Day, language: Language) -> str:
    """What would have to happen, and by when: `320.00 more by orders (1680.00 → 2000.00) by 2026-04-24`."""
    waits = list(_waits(ruleset, plan, language))
    if not plan.wanted:
        return phrase("and", language).join(waits) or phrase("only_time", language, day=day_date(plan.reached))
    happens = phrase("and", language).join(_happens(ruleset, one, language) for one in plan.wanted)
    return phrase("and", language).join([*waits, _in_time(plan, happens, today, language)])


def upcoming_change_in_words(rating: Rating, turn: UpcomingChange, language: Language) -> str:
    """The level that time alone brings, and when."""
    name = "turn" if turn.grace_from is None else "turn_after_grace"
    grace = None if turn.grace_from is None else day_date(turn.grace_from)
    return phrase(
        name, language, level=rating.title_of(turn.level).in_language(language), day=day_date(turn.day), grace=grace
    )


def _waits(ruleset: Ruleset, plan: Plan, language: Language) -> Iterator[str]:
    """`no complaint until 2026-12-01`; where only the calendar helps, the day alone."""
    day = day_date(plan.reached)
    nouns = {_noun_of(ruleset, fact) for fact in plan.waiting}
    for noun in sorted(noun for noun in nouns if noun):
        yield phrase("without", language, day=day, one=_called(noun))
    if None in nouns:
        yield phrase("and_time" if plan.wanted else "only_time", language, day=day)


def _noun_of(ruleset: Ruleset, fact: str) -> str | None:
    """The events that must stay away for a fact to move by time; none where none matter."""
    feature = ruleset.by_name.get(fact)
    if not isinstance(feature, MeasuredFeature) or feature.kind in NOT_ABOUT_EVENTS:
        return None
    measure = ruleset.measures[feature.measure]
    kinds = [measure.where.get("kind", ""), "survey" if measure.value == "score" else "", *measure.of]
    if ACTIVITY in measure.of and kinds[0]:
        return kinds[0]
    return next((kind for kind in kinds if kind in NOUNS), None)


def _called(kind: str, form: str = "", **values: object) -> Message:
    """What events of a kind are called; an activity by the name that the programme gives it."""
    return NOUNS(f"{kind}{form}", **values) if kind in NOUNS else NOUNS(f"other{form}", kind=kind, **values)


def _happens(ruleset: Ruleset, change: RequiredChange, language: Language) -> str:
    """`3 more orders (Orders in the last 90 days: 9 → 12)`."""
    feature = change.lever.feature
    was, becomes = (
        display(ruleset, feature.name, value) or phrase("unknown", language) for value in (change.was, change.becomes)
    )
    quantity, title = _quantity(ruleset, change.lever, change.quantity, language), feature.title.in_language(language)
    return phrase("moved", language, said=quantity, title=title, was=was, becomes=becomes)


def _quantity(ruleset: Ruleset, lever: Lever, quantity: int, language: Language) -> str:
    scored = lever.feature.unit == "score" and lever.family == "feedback"
    kind = "survey" if scored else lever.kind
    if lever.adds_money:
        amount = from_minor(quantity, ruleset.programme.minor_digits)
        return phrase("more_money", language, amount=amount, many=_called(kind, ".many"))
    return _called(kind, ".more", number=quantity).in_language(language)


def _in_time(plan: Plan, happens: str, today: Day, language: Language) -> str:
    last = None if plan.last is None else day_date(plan.last)
    if plan.first > today:
        name = "from" if last is None else "between"
        return phrase(name, language, said=happens, first=day_date(plan.first), last=last)
    return happens if last is None else phrase("by", language, said=happens, last=last)
