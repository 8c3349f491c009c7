"""A customer's card and explanation as documents: what stands where, whatever the medium."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from standing.customers.card import Card, card_document
from standing.customers.explanation import CustomerExplanation, explanation_document
from standing.engine.start import StoredHistory, replay_up_to
from standing.engine.view import view_of_history
from standing.foresight.explanation import explanations
from standing.foresight.outlook import look_ahead
from standing.present.document import BREAK, Document, Paragraph, Section, Span, Table, lines
from standing.present.renderers import markdown, page, terminal
from standing.rules.timeline import Timeline
from standing.values.catalogue import Language
from standing.values.days import day_of

from tests.make.support import NOW, complaint, purchase, real_rules, taken

RULES = real_rules()
EVENTS = taken(RULES.latest, purchase(1, amount="1587.50", days_ago=10), *(complaint(number) for number in range(3)))
TODAY = day_of(NOW, RULES.latest.programme.time_zone)
BECAUSE = [{"line": "spend_365d >= 600.00", "holds": True, "actual": "700.00"}]
CHANGED = {"rating": "tier", "from": None, "to": "silver", "day": "2026-03-21", "because": BECAUSE}
HONOURED = {"rating": "gone", "honoured": "best", "until": "2026-05-01", "day": "2026-03-21"}
ASKED = {"care": "gone", "action": "call", "status": "requested", "gate": "consent", "day": "2026-03-31"}


def of(decisions: list[dict[str, Any]], language: Language = "en") -> Document:
    seen = view_of_history(EVENTS, RULES, TODAY)
    return card_document(Card("c-1", seen, decisions, RULES.latest, RULES.latest.version), language)


def explained(rules: Timeline, known_on: date | None = None) -> CustomerExplanation:
    outlook = look_ahead(replay_up_to(TODAY, StoredHistory(EVENTS)), rules, TODAY)
    announced = {"tier": {"to": "gold", "day": "2026-03-20", "rules": "abc"}}
    return CustomerExplanation("c-1", outlook, tuple(explanations(outlook)), announced, known_on, TODAY)


def test_a_card_has_a_row_a_rating_and_a_row_a_feature_whose_values_stand_to_the_right() -> None:
    shown = of([])
    ratings, features = shown.blocks
    assert isinstance(ratings, Table)
    assert isinstance(features, Table)
    assert (shown.title, shown.headline) == ("Customer c-1 · as of 2026-03-31", "Household Club")
    assert ("Tier", Span("Silver", "strong"), "2026-03-21", "") in ratings.rows
    assert len(features.rows) == len(RULES.latest.features)
    assert ("Net spend in the last year", "1587.50", Span("spend_365d", "code")) in features.rows
    assert [column.is_number for column in features.columns] == [False, True, False]


def test_decisions_stand_below_with_their_reasons_and_titles_where_there_are_any() -> None:
    decisions = of([CHANGED, HONOURED, ASKED]).blocks[-1]
    assert isinstance(decisions, Section)
    (table,) = decisions.blocks
    assert isinstance(table, Table)
    (changed, because), (honoured, _), (asked, none) = (row[1:] for row in table.rows)
    assert changed == "Tier: – → Silver"
    assert because == (Span("✓ "), Span("spend_365d >= 600.00", "code"), Span(" (was 700.00)"))
    assert honoured == "gone: best honoured until 2026-05-01"
    assert asked == (Span("gone"), BREAK, Span("call (held back: no consent)"))
    assert none == ()


def test_an_explanation_has_a_section_a_rating_with_what_it_is_asked_what_time_does_and_what_would() -> None:
    shown = explanation_document(explained(RULES, date(2026, 3, 31)), "en")
    assert shown.title == "Customer c-1 · as of 2026-03-31 · as known on 2026-03-31"
    assert shown.headline == f"Household Club · rules {RULES.latest.version}"
    (tier,) = (section for section in shown.blocks if isinstance(section, Section) and section.title == "Tier: Silver")
    since, rows = tier.blocks
    assert since == Paragraph(f"since 2026-03-21 · rules {RULES.latest.version}", "soft")
    assert isinstance(rows, Table)
    labels = [label.text for label, _ in rows.rows if isinstance(label, Span)]
    assert labels == ["Keeps Silver", "Needs Gold", "Time alone", "To reach Gold", "To keep Silver", "Announced"]
    values = dict(zip(labels, (value for _, value in rows.rows), strict=True))
    assert values["Announced"] == "Gold · 2026-03-20 · rules abc"
    assert (Span("✗ "), Span("complaints_90d < 3", "code"), Span(" (is 3)")) in lines(values["Needs Gold"])


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_medium_shows_all_of_a_card(language: Language) -> None:
    shown = of([CHANGED, ASKED], language)
    for drawn in (terminal.plain_text(shown, 120), markdown.markdown(shown), page.page(shown)):
        for text in ("c-1", "1587.50", "2026-03-31", "call", RULES.latest.ratings["tier"].title.in_language(language)):
            assert text in drawn
