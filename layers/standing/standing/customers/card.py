"""The card of one customer: ratings, features with their titles, and the last decisions with their reasons."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table

from standing.aws.stack import Target
from standing.aws.table import stored_history
from standing.engine.reasons import display
from standing.engine.start import NOTHING, features_changed
from standing.engine.view import View, view, view_of_history
from standing.present.language import in_language, reason_line, tense, word_for
from standing.present.terminal import Text
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
                name: {"level": held.level, "since": str(day_date(held.since))} for name, held in levels.items()
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


def print_card(shown: Card, language: Language, console: Console) -> None:
    """Print the card in English or Chinese."""
    title = (
        f"{word_for('customer', language)} {shown.customer} · {word_for('as_of', language)} {day_date(shown.seen.day)}"
    )
    parts: list[RenderableType] = [_ratings(shown, language), _features(shown, language)]
    if shown.decisions:
        parts += [Text(word_for("decisions", language), style="bold"), _decisions(shown, language)]
    console.print(
        Panel(Group(*parts), title=Text(title), subtitle=Text(in_language(shown.ruleset.programme.title, language)))
    )


def _ratings(shown: Card, language: Language) -> Table:
    table = _table(language, "rating", "level", "since", "grace")
    for name, shown_level in shown.seen.memory.all_shown().items():
        rating = shown.ruleset.ratings[name]
        grace = str(day_date(shown_level.grace_until)) if shown_level.grace_until is not None else ""
        level = Text(in_language(rating.title_of(shown_level.level), language), style="bold")
        table.add_row(in_language(rating.title, language), level, str(day_date(shown_level.since)), grace)
    return table


def _features(shown: Card, language: Language) -> Table:
    table = _table(language, "feature", "value", "name")
    table.columns[1].justify = "right"
    for feature in shown.ruleset.features:
        value = _value(shown, feature) or word_for("unknown", language)
        table.add_row(in_language(feature.title, language), value, Text(feature.name, style="dim"))
    return table


def _decisions(shown: Card, language: Language) -> Table:
    table = _table(language, "day", "decision", "because")
    for decision in shown.decisions:
        met = tense(day_in(decision["day"]), shown.seen.day)
        because = "\n".join(reason_line(reason, language, met) for reason in decision.get("because", ()))
        table.add_row(decision["day"], Text(_headline(shown, decision, language)), Text(because))
    return table


def _headline(shown: Card, decision: dict[str, Any], language: Language) -> str:
    if "rating" in decision:
        rating = shown.ruleset.ratings.get(decision["rating"])
        name = in_language(rating.title, language) if rating else decision["rating"]
        levels = {key: _level(rating, decision.get(key), language) for key in ("honoured", "from", "to")}
        if "honoured" in decision:
            return f"{name}: {levels['honoured']} {word_for('honoured', language)} {decision['until']}"
        return f"{name}: {levels['from']} → {levels['to']}"
    care = shown.ruleset.care.get(decision["care"])
    name = in_language(care.title, language) if care else decision["care"]
    status = word_for(decision.get("gate") or decision["status"], language)
    return f"{name}\n{decision['action']} ({status})" if "action" in decision else f"{name} ({status})"


def _level(rating: Rating | None, level: str | None, language: Language) -> str:
    """The title of a decided level in today's rules."""
    return in_language(rating.title_of(level), language) if rating and level else level or "–"


def _value(shown: Card, feature: Feature) -> str | None:
    return display(shown.ruleset, feature.name, shown.seen.facts.get(feature.name))


def _table(language: Language, *columns: str) -> Table:
    return Table(*(word_for(column, language) for column in columns), box=None, pad_edge=False, padding=(0, 2, 0, 0))
