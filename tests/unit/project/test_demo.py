"""The demo's events: what is wrong on purpose is rejected, what is only odd is taken in; answers, in their order."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from standing.engine.decide import too_late
from standing.events import CareAnswer, Refund
from standing.events.intake import Rejected, take_in
from standing.rules.ruleset import Ruleset
from standing.rules.timeline import Timeline

from demo import data, story
from demo.data import Dated, bad_events, odd_events, write_demo
from tests.make.support import real_ruleset

NOW = datetime(2026, 3, 31, 15, 0, tzinfo=UTC)
ABOUT = {"id": "basket-7", "customer": "hh-1", "amount": "12.00", "currency": "USD", "channel": "store", "items": 3}


def basket(days_ago: int = 3) -> dict[str, Any]:
    time = (NOW - timedelta(days=days_ago)).isoformat()
    return {"source": data.SHOP, "detail-type": "purchase.v1", "detail": {**ABOUT, "time": time}}


@pytest.fixture(scope="module")
def ruleset() -> Ruleset:
    return real_ruleset()


def envelope(event: dict[str, Any]) -> dict[str, Any]:
    return {"version": "0", **event}


def test_every_bad_event_is_rejected_but_the_one_that_only_its_fellow_makes_wrong(ruleset: Ruleset) -> None:
    *bad, other_content = bad_events(basket(), NOW)
    for event in bad:
        with pytest.raises(Rejected):
            take_in(envelope(event), ruleset, NOW)
    assert take_in(envelope(other_content), ruleset, NOW).key == take_in(envelope(basket()), ruleset, NOW).key


def test_what_is_odd_is_taken_in_and_told_of(ruleset: Ruleset) -> None:
    taken = [take_in(envelope(event), ruleset, NOW) for event in odd_events(basket(), NOW)]
    refunds = [event.detail.purchase for event in taken if isinstance(event.detail, Refund)]
    assert refunds == [None, "basket-0"]
    assert sum(too_late(event, Timeline.of(ruleset), NOW) for event in taken) == 2


def test_the_live_file_says_how_much_of_it_is_wrong_on_purpose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [Dated(NOW - timedelta(days=days), basket(days)) for days in (40, 3)]
    monkeypatch.setattr(data, "purchases", lambda *_: iter(made))
    monkeypatch.setattr(data, "redemptions", lambda *_: iter(()))
    history, live = tmp_path / "history.jsonl", tmp_path / "live.jsonl"
    meant = write_demo(history, live, 1, "UTC", NOW, NOW - timedelta(days=14))
    bad = {json.dumps(event, sort_keys=True) for event in bad_events(basket(40), NOW)}
    sent = [json.loads(line) for line in live.read_text(encoding="utf-8").splitlines()]
    assert meant == sum(json.dumps(event, sort_keys=True) in bad for event in sent) >= len(bad)
    assert not any("bad-" in line for line in history.read_text(encoding="utf-8").splitlines())


ASKED = [{"customer": f"hh-{n}", "care": "call", "day": "2026-03-30"} for n in range(12)]


def test_an_action_is_accepted_before_it_is_done(ruleset: Ruleset) -> None:
    first, second = (
        take_in(envelope(one), ruleset, NOW).detail for one in story.answers(ASKED[0], NOW, "accepted", "done")
    )
    assert isinstance(first, CareAnswer)
    assert isinstance(second, CareAnswer)
    assert (first.status, second.status) == ("accepted", "done")
    assert first.time < second.time


def test_other_actions_get_answers_of_every_kind_one_each(ruleset: Ruleset) -> None:
    answers = story.some_answers(ASKED, NOW)
    taken = [take_in(envelope(one), ruleset, NOW) for one in answers]
    assert len({(event.detail.customer, event.key) for event in taken}) == len(taken) == len(ASKED)
    assert {one["detail"]["status"] for one in answers} == {"done", "declined", "failed", "accepted"}
