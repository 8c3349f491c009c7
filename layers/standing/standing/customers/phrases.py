"""Phrases: what would have to happen, in the words of the field, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from standing.engine.reasons import display
from standing.foresight.levers import Lever
from standing.foresight.outlook import UpcomingChange
from standing.foresight.plans import Plan, RequiredChange
from standing.present.language import Language, in_language, phrase, word_for
from standing.rules.ruleset import Rating, Ruleset
from standing.values.days import Day, day_date
from standing.values.money import from_minor


class Noun(NamedTuple):
    """What events are called: one and many in English, and in Chinese with the word they are counted by."""

    one: str
    many: str
    some: str
    counted: str


NOUNS = {
    "purchase": Noun("order", "orders", "订单", "笔"),
    "refund": Noun("refund", "refunds", "退款", "笔"),
    "feedback": Noun("piece of feedback", "pieces of feedback", "反馈", "条"),
    "complaint": Noun("complaint", "complaints", "投诉", "次"),
    "praise": Noun("praise", "praises", "表扬", "次"),
    "inquiry": Noun("inquiry", "inquiries", "咨询", "次"),
    "survey": Noun("survey answer", "survey answers", "问卷回复", "份"),
    "review": Noun("review", "reviews", "评价", "条"),
    "engagement": Noun("visit", "visits", "访问", "次"),
    "login": Noun("login", "logins", "登录", "次"),
    "visit": Noun("visit", "visits", "访问", "次"),
    "search": Noun("search", "searches", "搜索", "次"),
    "view": Noun("product view", "product views", "商品浏览", "次"),
    "basket": Noun("item put into the basket", "items put into the basket", "加购", "次"),
    "checkout": Noun("checkout begun", "checkouts begun", "结账", "次"),
    "activity": Noun("activity", "activities", "活动", "次"),
    "redemption": Noun("redemption", "redemptions", "优惠兑换", "次"),
    "profile": Noun("profile change", "profile changes", "资料变更", "次"),
    "score": Noun("score", "scores", "评分", "次"),
    "care": Noun("care answer", "care answers", "关怀回应", "次"),
}
ACTIVITY = "activity"
NOT_ABOUT_EVENTS = {"days_since_first", "days_until", "days_to", "latest"}  # no event that stays away helps these


def plan_in_words(ruleset: Ruleset, plan: Plan, today: Day, language: Language) -> str:
    """What would have to happen, and by when: `320.00 more by orders (1680.00 → 2000.00) by 2026-04-24`."""
    waits = list(_waits(ruleset, plan, language))
    if not plan.wanted:
        return word_for("and", language).join(waits) or phrase("only_time", language, day=day_date(plan.reached))
    happens = word_for("and", language).join(_happens(ruleset, one, language) for one in plan.wanted)
    return word_for("and", language).join([*waits, _in_time(plan, happens, today, language)])


def upcoming_change_in_words(rating: Rating, turn: UpcomingChange, language: Language) -> str:
    """The level that time alone brings, and when."""
    name = "turn" if turn.grace_from is None else "turn_after_grace"
    grace = None if turn.grace_from is None else day_date(turn.grace_from)
    return phrase(
        name, language, level=in_language(rating.title_of(turn.level), language), day=day_date(turn.day), grace=grace
    )


def _waits(ruleset: Ruleset, plan: Plan, language: Language) -> Iterator[str]:
    """`no complaint until 2026-12-01`; where only the calendar helps, the day alone."""
    day = day_date(plan.reached)
    nouns = {_noun_of(ruleset, fact) for fact in plan.waiting}
    for noun in sorted(noun for noun in nouns if noun):
        yield phrase("without", language, day=day, **noun._asdict())
    if None in nouns:
        yield phrase("and_time" if plan.wanted else "only_time", language, day=day)


def _noun_of(ruleset: Ruleset, fact: str) -> Noun | None:
    """The events that must stay away for a fact to move by time; none where none matter."""
    feature = ruleset.by_name.get(fact)
    if feature is None or feature.measure < 0 or feature.kind in NOT_ABOUT_EVENTS:
        return None
    measure = ruleset.measures[feature.measure]
    kinds = [measure.where.get("kind", ""), "survey" if measure.value == "score" else "", *measure.of]
    if ACTIVITY in measure.of and kinds[0]:
        return _noun(kinds[0])
    return next((NOUNS[kind] for kind in kinds if kind in NOUNS), None)


def _noun(kind: str) -> Noun:
    """What events of a kind are called; an activity by the name that the programme gives it."""
    return NOUNS.get(kind) or Noun(f"`{kind}`", f"`{kind}`", f"“{kind}”", "次")


def _happens(ruleset: Ruleset, one: RequiredChange, language: Language) -> str:
    """`3 more orders (Orders in the last 90 days: 9 → 12)`."""
    feature = one.lever.feature
    was, becomes = (
        display(ruleset, feature.name, value) or word_for("unknown", language) for value in (one.was, one.becomes)
    )
    said, title = _quantity(ruleset, one.lever, one.quantity, language), in_language(feature.title, language)
    return phrase("moved", language, said=said, title=title, was=was, becomes=becomes)


def _quantity(ruleset: Ruleset, lever: Lever, quantity: int, language: Language) -> str:
    scored = lever.feature.unit == "score" and lever.family == "feedback"
    noun = _noun("survey" if scored else lever.kind)._asdict()
    if lever.adds_money:
        return phrase("more_money", language, amount=from_minor(quantity, ruleset.programme.minor_digits), **noun)
    return phrase("one_more" if quantity == 1 else "more", language, number=quantity, **noun)


def _in_time(plan: Plan, happens: str, today: Day, language: Language) -> str:
    last = None if plan.last is None else day_date(plan.last)
    if plan.first > today:
        name = "from" if last is None else "between"
        return phrase(name, language, said=happens, first=day_date(plan.first), last=last)
    return happens if last is None else phrase("by", language, said=happens, last=last)
