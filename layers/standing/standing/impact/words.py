"""The texts of an impact."""

from __future__ import annotations

from standing.impact.impact import CareImpact, Move
from standing.impact.report import Report
from standing.values.catalogue import Language
from standing.values.days import day_date
from standing.values.messages import Messages

WORDS = Messages(
    "impact",
    {
        "effective": "In force from {day}.",
        "title": "What the edit of the rules would do",
        "compared": "Rules {before} → {after}, over {customers:customer|customers} as of {day}.",
        "nobody": "No customer comes to another level.",
        "moved": "{moved:comes|come} to another level",
        "falls": "{falls} would come to a worse level by this edit alone",
        "no_falls": "nobody comes to a worse level",
        "cost": "{before} → {after} {currency} a day for care that states a cost",
        "migration": "From each level (rows) to each level (columns)",
        "from_to": "from \\ to",
        "flow": "The flow",
        "before": "before",
        "after": "after",
        "movers": "Who moves, for example",
        "rating": "Rating",
        "move": "Move",
        "customers": "Customers",
        "customer": "For example",
        "because": "Because",
        "care": "Care that changes",
        "care_rule": "Care rule",
        "holds": "Holds for",
        "a_day": "Actions a day",
        "cost_a_day": "{currency} a day",
        "same_care": "Care stays as it is.",
        "pressed": "More contacts than a cap lets through at once: {before:customer|customers} before, {after} after.",
        "by_terms": (
            "{rating}: {kept:keeps a level|keep their level} by nothing but the rules under which they reached it"
        ),
    },
)

phrase = WORDS.say


def headline(report: Report, language: Language) -> str:
    """Which rules are compared, and over how many customers. Versions are in backticks."""
    day = str(day_date(report.population.day))
    versions = {"before": f"`{report.before.version}`", "after": f"`{report.after.version}`"}
    return phrase("compared", language, **versions, customers=report.impact.customers, day=day)


def summary(report: Report, language: Language) -> list[str]:
    """The main results, each in a few words."""
    impact = report.impact
    if not impact.moves:
        return [phrase("nobody", language)]
    falls = phrase("falls", language, falls=f"{impact.falls:,}") if impact.falls else phrase("no_falls", language)
    return [phrase("moved", language, moved=impact.moved), falls]


def step(report: Report, move: Move, language: Language) -> str:
    """The step of a move, with the titles of both levels."""
    before, after = report.before.ratings[move.rating], report.after.ratings[move.rating]
    return f"{before.title_of(move.was).in_language(language)} → {after.title_of(move.becomes).in_language(language)}"


def costs(report: Report, language: Language) -> str | None:
    """The cost of all care a day, before and after. None if no rule states a cost."""
    impact = report.impact
    before, after = report.money(impact.cost_before), report.money(impact.cost_after)
    if before is None and after is None:
        return None
    currency = report.after.programme.currency
    return phrase("cost", language, before=before or "–", after=after or "–", currency=currency)


def amounts(report: Report, care: CareImpact) -> tuple[str, str, str]:
    """A care rule's customers, actions a day and cost a day, each before and after."""
    rates = (f"{float(rate):.2f}" for rate in (care.a_day_before, care.a_day_after))
    money = [report.money(cost) for cost in (care.cost_before, care.cost_after)]
    cost = " → ".join(amount or "–" for amount in money) if any(money) else ""
    return f"{care.before:,} → {care.after:,}", " → ".join(rates), cost


def kept_by_older_terms(report: Report, language: Language) -> list[str]:
    """How many customers keep a level only by older terms, rating by rating."""
    by_terms, ratings = report.impact.by_terms, report.after.ratings
    return [
        phrase("by_terms", language, kept=kept, rating=ratings[name].title.in_language(language))
        for name, kept in by_terms.items()
    ]


def pressure(report: Report, language: Language) -> str | None:
    """For how many customers a contact cap holds contacts back. None if for nobody."""
    impact = report.impact
    if not (impact.pressed_before or impact.pressed_after):
        return None
    return phrase("pressed", language, before=impact.pressed_before, after=impact.pressed_after)
