"""`standing explain`: why a customer has its levels, what time will change, and what would change them sooner."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

from standing.aws.table import Customers, EventRecord, stored_history
from standing.customers.phrases import plan_in_words, upcoming_change_in_words
from standing.engine.reasons import display
from standing.engine.start import StoredHistory, replay_up_to
from standing.foresight.explanation import Explanation, ReachingPlan, explanations
from standing.foresight.outlook import AHEAD, Outlook, UpcomingChange, look_ahead
from standing.foresight.plans import Plan, RequiredChange
from standing.present.document import Document, Paragraph, Said, Section, Span, in_lines, pairs
from standing.present.language import phrase, tense
from standing.present.reasons import reason_lines
from standing.rules.ruleset import Rating, Ruleset
from standing.rules.timeline import Timeline
from standing.values.catalogue import Language
from standing.values.days import Day, day_date, day_number, day_of, end_of_day
from standing.values.errors import UserError


@dataclass(frozen=True)
class CustomerExplanation:
    """A customer explained as of a day, from the events known at the end of the day `known_on` (None: all events).

    `now` is the day on which it is read.
    """

    customer: str
    outlook: Outlook
    ratings: tuple[Explanation, ...]
    announced: dict[str, dict[str, Any]]
    known_on: date | None
    now: Day

    @property
    def day(self) -> Day:
        """The day it is about."""
        return self.outlook.today.day

    @property
    def ruleset(self) -> Ruleset:
        """The rules in force on that day."""
        return self.outlook.today.ruleset

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "customer": self.customer,
            "day": _date(self.day),
            "known_on": str(self.known_on) if self.known_on else None,
            "rules": self.ruleset.version,
            "ratings": {explanation.rating.name: self._rating(explanation) for explanation in self.ratings},
        }

    def _rating(self, explanation: Explanation) -> dict[str, Any]:
        return {
            "level": explanation.held.level,
            "since": _date(explanation.held.since),
            "grace_until": _date(explanation.held.grace_until),
            "rules": explanation.rules,
            "announced": self.announced.get(explanation.rating.name),
            "asked": [asked._asdict() for asked in explanation.asked],
            "time_alone": _turn(explanation.turn),
            "changes": [_way(self.ruleset, way) for way in explanation.ways],
        }


def explain(
    customers: Customers, rules: Timeline, customer: str, as_of: date | None = None, known_on: date | None = None
) -> CustomerExplanation:
    """Explain a customer as of a day, from the events known then. Raises UserError if there is nothing to explain.

    `known_on` without `as_of` explains that day itself. Nothing is written.
    """
    programme = rules.latest.programme
    today = day_of(datetime.now(UTC), programme.time_zone)
    history = _known(customers.history(customer), known_on, programme.time_zone)
    stored = stored_history(history, customers.checkpoints(customer) if programme.history and not known_on else ())
    asked = as_of or known_on
    day = day_number(asked) if asked else today
    outlook = look_ahead(replay_up_to(day, _up_to(customer, stored, day)), rules, day)
    announced = _announced(customers.decisions(customer), known_on, programme.time_zone)
    return CustomerExplanation(customer, outlook, tuple(explanations(outlook)), announced, known_on, today)


def explanation_document(explained: CustomerExplanation, language: Language) -> Document:
    """An explanation as a document: a section a rating."""
    title = f"{phrase('customer', language)} {explained.customer} · {phrase('as_of', language)} {_date(explained.day)}"
    if explained.known_on:
        title += f" · {phrase('known_on', language)} {explained.known_on}"
    programme = explained.ruleset.programme.title.in_language(language)
    headline = f"{programme} · {phrase('rules', language)} {explained.ruleset.version}"
    ratings = (_rating(explained, explanation, language) for explanation in explained.ratings)
    return Document(language, tuple(ratings), title, headline)


def _known(history: list[EventRecord], known_on: date | None, time_zone: str) -> list[EventRecord]:
    if known_on is None:
        return history
    end = end_of_day(day_number(known_on), time_zone)
    return [record for record in history if record.at < end]


def _up_to(customer: str, stored: StoredHistory, day: Day) -> StoredHistory:
    """The stored history. Raises UserError if it has no event up to `day`."""
    days = [event.day for event in stored.events] + [checkpoint.day + 1 for checkpoint in stored.checkpoints]
    if not days:
        raise UserError("no customer `{customer}`: no event was applied by then", customer=customer)
    if min(days) > day:
        raise UserError(
            "`{customer}` had no standing on {day}: its first event is of {first}",
            customer=customer,
            day=_date(day),
            first=_date(min(days)),
        )
    return stored


def _announced(decisions: list[dict[str, Any]], known_on: date | None, time_zone: str) -> dict[str, dict[str, Any]]:
    """The last announcement of each rating by the end of a day, by rating."""
    end = end_of_day(day_number(known_on), time_zone) if known_on else None
    levels = (decision for decision in decisions if "rating" in decision)
    known = (level for level in levels if end is None or datetime.fromisoformat(level["decided_at"]) < end)
    return {level["rating"]: level for level in known}


def _rating(explained: CustomerExplanation, explanation: Explanation, language: Language) -> Section:
    rating, state = explanation.rating, explanation.held
    parts = [f"{phrase('since', language).lower()} {_date(state.since)}"]
    parts.append(f"{phrase('rules', language)} {explanation.rules}")
    if state.grace_until is not None:
        parts.append(f"{phrase('grace', language)} {_date(state.grace_until)}")
    title = f"{rating.title.in_language(language)}: {rating.title_of(state.level).in_language(language)}"
    rows = ((Span(label, "strong"), text) for label, text in _rows(explained, explanation, language))
    return Section(title, (Paragraph(" · ".join(parts), "soft"), pairs(rows)))


def _rows(explained: CustomerExplanation, explanation: Explanation, language: Language) -> Iterator[tuple[str, Said]]:
    """What is asked for, what time alone will change, what would change it sooner, and what was announced."""
    titles = partial(_titled, explanation.rating, language)
    met = tense(explained.day, explained.now)
    for asked in explanation.asked:
        yield f"{phrase(asked.purpose, language)} {titles(asked.level)}", reason_lines(asked.because, language, met)
    yield phrase("time", language), _in_time(explained, explanation, language)
    for way in explanation.ways:
        yield _way_label(explanation.rating, way, language), _way_in_words(explained, way, language)
    if announcement := explained.announced.get(explanation.rating.name):
        level = titles(announcement.get("honoured") or announcement["to"])
        rules = f"{phrase('rules', language)} {announcement['rules']}"
        yield phrase("announced", language), f"{level} · {announcement['day']} · {rules}"


def _way_label(rating: Rating, way: ReachingPlan, language: Language) -> str:
    name = "reach_lower" if way.change == "reach" and rating.better == "lower" else way.change
    return f"{phrase(name, language)} {_titled(rating, language, way.level)}"


def _titled(rating: Rating, language: Language, level: str) -> str:
    return rating.title_of(level).in_language(language)


def _in_time(explained: CustomerExplanation, explanation: Explanation, language: Language) -> Said:
    turn = explanation.turn
    if turn is None:
        return f"{phrase('stays', language)} {_date(explained.day + AHEAD)}"
    because = reason_lines(turn.because, language, tense(turn.day, explained.now))
    change = upcoming_change_in_words(explanation.rating, turn, language)
    return in_lines([change, because]) if turn.because else change


def _way_in_words(explained: CustomerExplanation, way: ReachingPlan, language: Language) -> str:
    if way.plan is None:
        return phrase("not_found", language)
    return plan_in_words(explained.ruleset, way.plan, explained.day, language)


def _turn(turn: UpcomingChange | None) -> dict[str, Any] | None:
    if turn is None:
        return None
    days = {"day": _date(turn.day), "grace_from": _date(turn.grace_from)}
    return {**days, "to": turn.level, "because": turn.because, "rules": turn.rules}


def _way(ruleset: Ruleset, way: ReachingPlan) -> dict[str, Any]:
    return {"change": way.change, "level": way.level, "plan": _plan(ruleset, way.plan) if way.plan else None}


def _plan(ruleset: Ruleset, plan: Plan) -> dict[str, Any]:
    return {
        "wanted": [_wanted(ruleset, change) for change in plan.wanted],
        "waiting": list(plan.waiting),
        "first": _date(plan.first),
        "last": _date(plan.last),
        "reached": _date(plan.reached),
    }


def _wanted(ruleset: Ruleset, change: RequiredChange) -> dict[str, Any]:
    feature = change.lever.feature
    was, becomes = (display(ruleset, feature.name, value) for value in (change.was, change.becomes))
    quantity = display(ruleset, feature.name, change.quantity) if feature.unit == "money" else change.quantity
    return {"event": change.lever.kind, "feature": feature.name, "more": quantity, "from": was, "to": becomes}


def _date(day: Day | None) -> str | None:
    return None if day is None else str(day_date(day))
