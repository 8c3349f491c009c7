"""The words of an impact, for the terminal and the page."""

from __future__ import annotations

from functools import partial

from standing.engine.reasons import Reason
from standing.impact.impact import CareImpact, Move
from standing.impact.report import Report
from standing.present.language import Language, in_language, phrase_of, phrases
from standing.present.language import word_for as common
from standing.values.days import day_date

WORDS = phrases(
    ("impact", "Impact", "影响"),
    ("effective", "In force from {day}.", "自 {day} 起生效。"),
    ("all_care", "all care that states a cost", "所有注明成本的关怀"),
    ("title", "What the edit of the rules would do", "规则修改的影响"),
    (
        "compared",
        "Rules {before} → {after}, over {customers:customer|customers} as of {day}.",
        "规则 {before} → {after}，基于截至 {day} 的 {customers} 位客户。",
    ),
    ("nobody", "No customer comes to another level.", "没有客户改变等级。"),
    ("moved", "{moved:comes|come} to another level", "{moved} 位客户改变等级"),
    ("falls", "{falls} would come to a worse level by this edit alone", "{falls} 位客户仅因此次修改而等级变差"),
    ("no_falls", "nobody comes to a worse level", "无人等级变差"),
    (
        "cost",
        "{before} → {after} {currency} a day for care that states a cost",
        "注明成本的关怀每日 {before} → {after} {currency}",
    ),
    ("migration", "From each level (rows) to each level (columns)", "由各等级（行）到各等级（列）"),
    ("from_to", "from \\ to", "原 \\ 新"),
    ("flow", "The flow", "流向"),
    ("before", "before", "修改前"),
    ("after", "after", "修改后"),
    ("movers", "Who moves, for example", "变动客户示例"),
    ("rating", "Rating", "评级"),
    ("move", "Move", "变动"),
    ("customers", "Customers", "客户数"),
    ("customer", "For example", "示例客户"),
    ("because", "Because", "原因"),
    ("care", "Care that changes", "变化的关怀"),
    ("care_rule", "Care rule", "关怀规则"),
    ("holds", "Holds for", "符合的客户"),
    ("a_day", "Actions a day", "每日动作数"),
    ("cost_a_day", "{currency} a day", "每日 {currency}"),
    ("same_care", "Care stays as it is.", "关怀没有变化。"),
    (
        "pressed",
        "More contacts than a cap lets through at once: {before:customer|customers} before, {after} after.",
        "联系次数同时超过上限的客户：修改前 {before} 位，修改后 {after} 位。",
    ),
    (
        "by_terms",
        "{rating}: {kept:keeps a level|keep their level} by nothing but the rules under which they reached it",
        "{rating}：{kept} 位客户仅凭达标时的规则保留等级",
    ),
    ("met", "was {actual}", "实际 {actual}"),
)

phrase = partial(phrase_of, WORDS)


def headline(report: Report, language: Language) -> str:
    """Which rules are compared, over whom."""
    day = str(day_date(report.population.day))
    versions = {"before": report.before.version, "after": report.after.version}
    return phrase("compared", language, **versions, customers=report.impact.customers, day=day)


def summary(report: Report, language: Language) -> list[str]:
    """What matters most, each in a few words."""
    found = report.impact
    kept = kept_by_older_terms(report, language)
    if not found.moves:
        return [phrase("nobody", language), *kept]
    falls = phrase("falls", language, falls=f"{found.falls:,}") if found.falls else phrase("no_falls", language)
    return [phrase("moved", language, moved=found.moved), falls, *kept]


def step(report: Report, move: Move, language: Language) -> str:
    """From which level to which, as people read them."""
    before, after = report.before.ratings[move.rating], report.after.ratings[move.rating]
    return f"{in_language(before.title_of(move.was), language)} → {in_language(after.title_of(move.becomes), language)}"


def costs(report: Report, language: Language) -> str | None:
    """What all care costs a day before and after, where a rule states a cost."""
    found = report.impact
    before, after = report.money(found.cost_before), report.money(found.cost_after)
    if before is None and after is None:
        return None
    currency = report.after.programme.currency
    return phrase("cost", language, before=before or "–", after=after or "–", currency=currency)


def amounts(report: Report, one: CareImpact) -> tuple[str, str, str]:
    """For how many customers a care rule holds, its actions a day and what they cost, each before and after."""
    rates = (f"{float(rate):.2f}" for rate in (one.a_day_before, one.a_day_after))
    money = [report.money(cost) for cost in (one.cost_before, one.cost_after)]
    cost = " → ".join(amount or "–" for amount in money) if any(money) else ""
    return f"{one.before:,} → {one.after:,}", " → ".join(rates), cost


def kept_by_older_terms(report: Report, language: Language) -> list[str]:
    """How many keep a level by nothing but the rules under which they reached it, rating by rating."""
    found, ratings = report.impact.by_terms, report.after.ratings
    return [
        phrase("by_terms", language, kept=kept, rating=in_language(ratings[name].title, language))
        for name, kept in found.items()
    ]


def pressure(report: Report, language: Language) -> str | None:
    """For how many customers a cap holds contacts back, where there are such."""
    found = report.impact
    if not (found.pressed_before or found.pressed_after):
        return None
    return phrase("pressed", language, before=found.pressed_before, after=found.pressed_after)


def because(line: Reason, language: Language) -> str:
    """A comparison that moved somebody."""
    met = phrase("met", language, actual=line["actual"] or common("unknown", language))
    return f"{'✓' if line['holds'] else '✗'} {line['line']} ({met})"
