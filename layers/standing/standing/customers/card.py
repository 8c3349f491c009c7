"""The card of one customer: ratings, features with their titles, and the last decisions with their reasons."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from standing.aws.stack import Target
from standing.aws.table import stored_history
from standing.engine.reasons import display
from standing.engine.start import NOTHING, features_changed
from standing.engine.state import LevelState
from standing.engine.view import View, view, view_of_history
from standing.present.document import Block, Column, Document, Said, Section, Span, Table, in_lines
from standing.present.language import phrase, tense
from standing.present.reasons import reason_lines
from standing.rules.features import Feature
from standing.rules.ruleset import Rating, Ruleset
from standing.rules.timeline import Timeline
from standing.values.catalogue import Language
from standing.values.days import day_date, day_in, day_of
from standing.values.errors import UserError


@dataclass(frozen=True)
class Card:
    """A customer's standing today, and the last decisions, latest first."""

    customer: str
    seen: View
    decisions: list[dict[str, Any]]
    ruleset: Ruleset
    decided_by: str

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        levels = self.seen.memory.all_shown()
        return {
            "customer": self.customer,
            "day": str(day_date(self.seen.day)),
            "rules": self.ruleset.version,
            "ratings": {
                name: {"level": state.level, "since": str(day_date(state.since))} for name, state in levels.items()
            },
            "features": {feature.name: _value(self, feature) for feature in self.ruleset.features},
            "decisions": self.decisions,
        }


def card(target: Target, rules: Timeline, customer: str, last: int) -> Card:
    """Read a customer and move the clock to today, without writing. Raises UserError if there is no such customer."""
    state = target.customers.load(customer)
    if state is None or state.is_empty:
        raise UserError(
            "no customer `{customer}` in {table}: no event was ever applied",
            customer=customer,
            table=target.outputs["TableName"],
        )
    today = day_of(datetime.now(UTC), rules.latest.programme.time_zone)
    decided_by = target.customers.rules_of(customer)
    if decided_by == rules.on(state.day).version:
        needed = features_changed(state, rules, today)
        stored = stored_history(target.customers.history(customer)) if needed else NOTHING
        seen = view(state, rules, today, stored.events)
    else:
        seen = view_of_history(stored_history(target.customers.history(customer)).events, rules, today)
    decisions = target.customers.decisions(customer)[::-1][:last]
    return Card(customer, seen, decisions, rules.on(today), decided_by)


def card_document(card: Card, language: Language) -> Document:
    """A card as a document."""
    title = f"{phrase('customer', language)} {card.customer} · {phrase('as_of', language)} {day_date(card.seen.day)}"
    blocks: list[Block] = [_ratings(card, language), _features(card, language)]
    if card.decisions:
        blocks.append(Section(phrase("decisions", language), (_decisions(card, language),)))
    return Document(language, tuple(blocks), title, card.ruleset.programme.title.in_language(language))


def _columns(language: Language, *names: str) -> tuple[Column, ...]:
    return tuple(Column(phrase(name, language), is_number=name == "value") for name in names)


def _ratings(card: Card, language: Language) -> Table:
    rows = (_rating(card, name, state, language) for name, state in card.seen.memory.all_shown().items())
    return Table(_columns(language, "rating", "level", "since", "grace"), tuple(rows))


def _rating(card: Card, name: str, state: LevelState, language: Language) -> tuple[Said, ...]:
    rating = card.ruleset.ratings[name]
    level = Span(rating.title_of(state.level).in_language(language), "strong")
    grace = str(day_date(state.grace_until)) if state.grace_until is not None else ""
    return rating.title.in_language(language), level, str(day_date(state.since)), grace


def _features(card: Card, language: Language) -> Table:
    unknown = phrase("unknown", language)
    rows = (
        (feature.title.in_language(language), _value(card, feature) or unknown, Span(feature.name, "code"))
        for feature in card.ruleset.features
    )
    return Table(_columns(language, "feature", "value", "name"), tuple(rows))


def _decisions(card: Card, language: Language) -> Table:
    rows = (_decision(card, decision, language) for decision in card.decisions)
    return Table(_columns(language, "day", "decision", "because"), tuple(rows))


def _decision(card: Card, decision: dict[str, Any], language: Language) -> tuple[Said, ...]:
    met = tense(day_in(decision["day"]), card.seen.day)
    because = reason_lines(decision.get("because", ()), language, met)
    what = _level_change(card, decision, language) if "rating" in decision else _care(card, decision, language)
    return decision["day"], what, because


def _level_change(card: Card, decision: dict[str, Any], language: Language) -> str:
    rating = card.ruleset.ratings.get(decision["rating"])
    name = rating.title.in_language(language) if rating else decision["rating"]
    levels = {key: _level(rating, decision.get(key), language) for key in ("honoured", "from", "to")}
    if "honoured" in decision:
        return f"{name}: {levels['honoured']} {phrase('honoured', language)} {decision['until']}"
    return f"{name}: {levels['from']} → {levels['to']}"


def _care(card: Card, decision: dict[str, Any], language: Language) -> Said:
    care = card.ruleset.care.get(decision["care"])
    name = care.title.in_language(language) if care else decision["care"]
    status = phrase(decision.get("gate") or decision["status"], language)
    return in_lines((name, f"{decision['action']} ({status})")) if "action" in decision else f"{name} ({status})"


def _level(rating: Rating | None, level: str | None, language: Language) -> str:
    """The title of a decided level in today's rules."""
    return rating.title_of(level).in_language(language) if rating and level else level or "–"


def _value(card: Card, feature: Feature) -> str | None:
    return display(card.ruleset, feature.name, card.seen.facts.get(feature.name))
