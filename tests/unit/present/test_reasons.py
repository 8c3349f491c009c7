"""Reasons are stored in English, as they always were, and read in the reader's language."""

from __future__ import annotations

from standing.engine.overrides import ManualLevel
from standing.engine.reasons import UNKNOWN, WITHHELD, Reason, reason_for_manual_level
from standing.present.document import spans
from standing.present.reasons import reason_lines
from standing.values.catalogue import Language

from tests.make.chinese import english_sentences

BY_HAND = reason_for_manual_level(ManualLevel("gold", 20_600, "staff-1", "goodwill: a late parcel"))


def reason_line(reason: Reason, language: Language) -> str:
    return "".join(span.text for span in spans(reason_lines([reason], language)))


def met(actual: str | None) -> Reason:
    return Reason(line="days_since_last_purchase at most 30", actual=actual, holds=False)


def test_a_level_that_was_set_by_hand_is_stored_in_english() -> None:
    assert BY_HAND["line"] == "set by hand until 2026-05-27, by staff-1: goodwill: a late parcel"
    assert reason_line(BY_HAND, "en") == f"✓ {BY_HAND['line']} (was gold)"


def test_and_told_in_chinese() -> None:
    said = "✓ 由 staff-1 人工设定至 2026-05-27：goodwill: a late parcel"
    assert reason_line(BY_HAND, "zh").startswith(said)
    assert english_sentences(reason_line(BY_HAND, "zh").replace(BY_HAND["line"].split(": ", 1)[1], "…")) == []


def test_a_line_of_a_rule_stays_as_it_is_written() -> None:
    for language in ("en", "zh"):
        assert "days_since_last_purchase at most 30" in reason_line(met("31"), language)


def test_what_stands_for_a_value_is_told_in_chinese() -> None:
    assert reason_line(met(WITHHELD), "en").endswith("(was (personal))")
    assert "个人信息" in reason_line(met(WITHHELD), "zh")
    assert reason_line(met(f"{UNKNOWN} → gold"), "en").endswith("(was unknown → gold)")
    assert "未知 → gold" in reason_line(met(f"{UNKNOWN} → gold"), "zh")
    assert "未知" in reason_line(met(None), "zh")
    assert "unknown" in reason_line(met(UNKNOWN), "zh")  # a value of the customer's own
