"""What is live, and a candidate beside it, as documents."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime

from standing.engine.reasons import Reason
from standing.present.document import Block, Document, Paragraph, Section, Span, Table
from standing.release.comparison import NAMED, Comparison, Move
from standing.release.comparison_view import comparison_document
from standing.release.timeline import timeline_document
from standing.rules.releases import ALL_DAYS, Release

from tests.make.support import real_ruleset

RULESET = real_ruleset()
AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
REASON = Reason(line="spend_365d >= 2000.00", holds=True, actual="2100.00")
RISE, FALL = ("tier", "bronze", "silver"), ("tier", "silver", "bronze")
MOVES = {
    FALL: Move(["c-9"], {"c-9": ()}),
    RISE: Move([f"c-{number}" for number in range(1_200)], {"c-0": (REASON,), "c-1": (REASON,)}),
}
WELCOME = next(iter(RULESET.care))
CARE = {
    WELCOME: (Counter({"requested": 3, "done": 1}), Counter({"requested": 4, "done": 1})),
    "gone": (Counter({"done": 1}), Counter()),
}
SAME = Comparison(20_540, RULESET, RULESET, 20_500, both=3, only_live=2, matrices={"tier": Counter({RISE[1:]: 1_200})})


def tables(blocks: tuple[Block, ...]) -> list[Table]:
    return [block for block in blocks if isinstance(block, Table)]


def sections(document: Document) -> dict[object, Section]:
    return {section.title: section for section in document.blocks if isinstance(section, Section)}


def test_rules_in_force_are_strong_and_those_that_are_over_are_soft() -> None:
    days = {"a": ALL_DAYS, "b": date(2026, 3, 1), "c": date(2026, 4, 1)}
    entries = tuple(Release(since=since, version=name, by="release", at=AT) for name, since in days.items())
    (table,) = tables(timeline_document(entries, date(2026, 3, 2), "en").blocks)
    assert [[span.look for span in row if isinstance(span, Span)] for row in table.rows] == [
        *(["soft"] * 5, ["strong"] * 5, ["plain"] * 5),
    ]
    assert [span.text for span in table.rows[0] if isinstance(span, Span)] == [
        *("all days", "a", "over", "release", "2026-03-01 09:30 UTC"),
    ]


def test_where_nothing_moves_it_is_said_and_events_that_wait_are_a_warning() -> None:
    same = comparison_document(SAME, 0, "en")
    assert same.blocks[-1] == Paragraph("Every customer has the same levels on both sides.")
    assert sections(same) == {}
    waiting = comparison_document(SAME, 3, "en").blocks
    assert Paragraph("3 events still wait in the shadow's queue: compare again later", "warning") in waiting


def test_a_rating_has_its_matrix_and_its_movers_of_whom_some_are_named() -> None:
    shown = comparison_document(replace(SAME, moves=MOVES), 0, "en")
    matrix, movers = tables(sections(shown)["Tier"].blocks)
    assert matrix.rows[0][:3] == (Span("Bronze", "strong"), Span("·", "soft"), Span("1,200", "rise"))
    assert [row[:3] for row in movers.rows] == [
        (Span("Bronze → Silver", "rise"), "1,200", "c-0"),
        ("", "", "c-1"),
        ("", "", f"and {1_200 - NAMED:,} more"),
        (Span("Silver → Bronze", "fall"), "1", "c-9"),
    ]
    assert movers.rows[0][3] == (Span("✓ "), Span("spend_365d >= 2000.00", "code"), Span(" (is 2100.00)"))


def test_care_that_differs_is_strong_and_a_rule_that_is_gone_has_its_name() -> None:
    shown = comparison_document(replace(SAME, care=CARE), 0, "en")
    (table,) = tables(sections(shown)["Care of the days from 2026-02-16 on"].blocks)
    title = RULESET.care[WELCOME].title.en
    assert [column.is_number for column in table.columns] == [False, False, True, True]
    cells = [[(span.text, span.look) for span in row if isinstance(span, Span)] for row in table.rows]
    assert cells == [
        [(title, "plain"), ("done", "plain"), ("1", "plain"), ("1", "plain")],
        [("", "strong"), ("requested", "strong"), ("3", "strong"), ("4", "strong")],
        [("gone", "strong"), ("done", "strong"), ("1", "strong"), ("0", "strong")],
    ]
