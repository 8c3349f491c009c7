"""Auditing accounts for every line once, from what is in the table and in the Rejected queue."""

from __future__ import annotations

import json
from collections import Counter

from standing.operations.audit import Audit, compare, message_fingerprint
from standing.operations.event_files import Line


def line(number: int, event_id: str, amount: str = "1.00") -> Line:
    return Line(number, "shop", "purchase.v1", {"id": event_id, "amount": amount})


def test_each_line_has_one_fate() -> None:
    lines = [line(1, "a"), line(2, "a"), line(3, "b"), line(4, "b"), line(5, "c"), line(6, "a", "2.00")]
    stored = {lines[0].fingerprint: True}
    rejected = Counter({lines[2].fingerprint: 1, lines[5].fingerprint: 5})
    assert compare(lines, stored, rejected) == Audit(6, applied=1, duplicates=1, rejected=2, lost=2, lost_lines=(4, 5))


def test_a_dead_letter_is_not_lost() -> None:
    one = line(1, "a")
    assert compare([one], {}, Counter(), Counter({one.fingerprint: 1})) == Audit(1, dead_letters=1)


def test_nothing_anywhere_is_lost() -> None:
    counted = compare([line(n, str(n)) for n in range(30)], {}, Counter())
    assert (counted.lost, len(counted.lost_lines)) == (30, 20)


def test_a_rejected_message_is_known_by_the_event_in_it() -> None:
    one = line(1, "a")
    envelope = {"source": "shop", "detail-type": "purchase.v1", "detail": dict(reversed(one.detail.items()))}
    assert message_fingerprint(json.dumps({"message": json.dumps(envelope)})) == one.fingerprint
    for body in ("", "{}", "null", json.dumps({"message": "no event"}), json.dumps({"message": "[]"})):
        assert message_fingerprint(body) == ""


def test_what_the_rules_would_reject_and_is_nowhere_was_held_back() -> None:
    lines = [line(1, "1"), line(2, "2"), line(3, "3")]
    audited = compare(lines, {lines[0].fingerprint: True}, Counter({lines[1].fingerprint: 1}), None, {1, 2, 3})
    assert audited == Audit(3, applied=1, rejected=1, held_back=1)


def test_what_came_too_late_is_not_applied() -> None:
    lines = [line(1, "a"), line(2, "b"), line(3, "b")]
    stored = {lines[0].fingerprint: True, lines[1].fingerprint: False}
    assert compare(lines, stored, Counter()) == Audit(3, applied=1, too_late=1, duplicates=1)
