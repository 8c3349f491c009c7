"""What was stored is read for ever: a record of every version of every event, and the steps from one to the next.

Each file in `tests/fixtures/stored/` was written when its version was today's: the event as it was sent, its row in the
table, and the values that today's model reads from it. A new version gets a file. None is ever dropped, and one is
written anew only where its version gained an optional field.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from standing.aws.table import Customers
from standing.events import MODELS, OLDER, Engagement, newest, unstored_fields
from standing.events.intake import Event, Rejected, is_repeat, read_event, read_stored

from tests.make.strategies import CLUB
from tests.make.support import ROOT

RULES = CLUB.model_copy(
    update={"programme": CLUB.programme.model_copy(update={"channels": ("email", "phone"), "activities": ("deposit",)})}
)
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
FOLDER = ROOT / "tests" / "fixtures" / "stored"
FILES: dict[str, dict[str, Any]] = {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}
KEYS = {"id", "customer"}  # these are in the row's key


class OneRow:
    """A table with one row, for whoever asks for a customer's rows."""

    def __init__(self, row: dict[str, Any]) -> None:
        self.row = row

    def get_paginator(self, _name: str) -> OneRow:
        """Itself."""
        return self

    def paginate(self, **_arguments: Any) -> list[dict[str, Any]]:
        """One page."""
        return [{"Items": [self.row]}]


def _read(row: dict[str, Any]) -> Event:
    table: Any = OneRow(row)
    (recorded,) = Customers(table, "customers").history(row["pk"]["S"])
    return recorded.event


def _stored_detail(row: dict[str, Any]) -> dict[str, Any]:
    detail: dict[str, Any] = json.loads(row["detail"]["S"])
    return detail | {"id": row["sk"]["S"].split("#", 2)[2], "customer": row["pk"]["S"]}


def _values(event: Event) -> dict[str, Any]:
    return {"type": event.detail.detail_type, **event.detail.stored()}


# The files ---------------------------------------------------------------------------------------------------------


def test_every_version_that_can_be_read_has_a_file_and_every_file_can_be_read() -> None:
    assert FILES.keys() == {*MODELS, *OLDER}


def test_a_file_is_of_the_version_that_it_is_named_after() -> None:
    for kind, file in FILES.items():
        assert (file["sent"]["detail-type"], file["row"]["type"]["S"]) == (kind, kind)


@pytest.mark.parametrize("kind", FILES)
def test_a_record_of_every_version_is_read_by_todays_model(kind: str) -> None:
    file = FILES[kind]
    detail = read_stored(kind, _stored_detail(file["row"]))
    assert {"type": detail.detail_type, **detail.stored()} == file["expected"]
    assert type(detail) is MODELS[file["expected"]["type"]]


@pytest.mark.parametrize("kind", FILES)
def test_a_row_of_every_version_is_read_with_its_day_and_fingerprint(kind: str) -> None:
    file = FILES[kind]
    event = _read(file["row"])
    assert _values(event) == file["expected"]
    assert event.source == file["sent"]["source"]
    assert event.day == int(file["row"]["day"]["N"])
    assert event.fingerprint == file["row"]["fingerprint"]["S"]


@pytest.mark.parametrize("kind", FILES)
def test_an_event_of_every_version_is_taken_in_as_it_was_then(kind: str) -> None:
    """Otherwise a delivery of long ago that comes again would be other content under the same id."""
    file = FILES[kind]
    taken, read = read_event(file["sent"], RULES, NOW), _read(file["row"])
    assert (taken.key, taken.day) == (read.key, read.day)
    assert is_repeat(taken, read)
    assert _values(taken) == _values(read)


@pytest.mark.parametrize("kind", [kind for kind in MODELS if kind in FILES])
def test_a_file_of_todays_version_has_every_field_that_is_stored(kind: str) -> None:
    model = MODELS[kind]
    row, sent = FILES[kind]["row"], FILES[kind]["sent"]["detail"]
    assert json.loads(row["detail"]["S"]).keys() == model.model_fields.keys() - unstored_fields(model) - KEYS
    assert sent.keys() == model.model_fields.keys()


@pytest.mark.parametrize("kind", [kind for kind in MODELS if kind in FILES])
def test_a_record_of_before_a_field_was_there_is_read_without_it(kind: str) -> None:
    """What optional fields a version has gained makes no difference to what was stored before."""
    stored = _stored_detail(FILES[kind]["row"])
    needed = {name for name, field in MODELS[kind].model_fields.items() if field.is_required()}
    bare = {name: value for name, value in stored.items() if name in needed}
    bare |= {"kind": "complaint"} if kind == "feedback.v1" else {}
    assert read_stored(kind, bare).stored() == bare


# The steps ---------------------------------------------------------------------------------------------------------

VISIT = {"id": "v-1", "customer": "c-1", "time": "2026-11-02T18:30:00Z", "page": "offers"}
ENVELOPE = {"source": "shop.web", "detail-type": "visit.v0", "detail": VISIT}


def _named(detail: dict[str, Any]) -> dict[str, Any]:
    return {"where" if name == "page" else name: value for name, value in detail.items()}


def _as_engagement(detail: dict[str, Any]) -> dict[str, Any]:
    detail["kind"], detail["campaign"] = "visit", detail.pop("where", None)
    return detail


@pytest.fixture
def _visits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(OLDER, "visit.v0", ("visit.v1", _named))
    monkeypatch.setitem(OLDER, "visit.v1", ("engagement.v1", _as_engagement))


@pytest.mark.usefixtures("_visits")
def test_an_older_version_walks_every_step_up_to_todays() -> None:
    detail = {name: value for name, value in VISIT.items() if name != "page"} | {"kind": "visit", "campaign": "offers"}
    assert newest("visit.v0", VISIT) == ("engagement.v1", detail)
    assert newest("visit.v1", _named(VISIT)) == ("engagement.v1", detail)


@pytest.mark.usefixtures("_visits")
def test_a_step_leaves_what_it_was_given_as_it_is() -> None:
    sent = json.loads(json.dumps(ENVELOPE))
    read_event(sent, RULES, NOW)
    newest("visit.v1", before := _named(VISIT))
    assert (sent, before) == (ENVELOPE, _named(VISIT))


@pytest.mark.usefixtures("_visits")
@pytest.mark.parametrize(("kind", "word"), [("visit.v0", "page"), ("visit.v1", "where")])
def test_a_stored_row_of_an_older_version_is_read_by_todays_model(kind: str, word: str) -> None:
    row = {
        "pk": {"S": "c-1"},
        "sk": {"S": "EVENT#shop.web#v-1"},
        "type": {"S": kind},
        "detail": {"S": json.dumps({"time": VISIT["time"], word: "offers"})},
        "day": {"N": "20759"},
        "fingerprint": {"S": "0" * 32},
        "version": {"N": "1"},
        "at": {"N": "1793644200"},
    }
    event = _read(row)
    assert isinstance(event.detail, Engagement)
    assert (event.detail.kind, event.detail.campaign) == ("visit", "offers")
    assert (event.key, event.day, event.fingerprint) == (("shop.web", "v-1"), 20759, "0" * 32)


@pytest.mark.usefixtures("_visits")
def test_an_event_sent_in_an_older_version_is_taken_in_and_stored_as_todays() -> None:
    event = read_event(ENVELOPE, RULES, NOW)
    assert isinstance(event.detail, Engagement)
    assert event.detail.detail_type == "engagement.v1"
    assert read_stored("engagement.v1", event.detail.stored()) == event.detail


@pytest.mark.usefixtures("_visits")
def test_an_event_sent_again_in_todays_version_is_a_repeat() -> None:
    older = read_event(ENVELOPE, RULES, NOW)
    todays = {"source": "shop.web", "detail-type": "engagement.v1", "detail": older.detail.stored()}
    assert older.detail == read_event(todays, RULES, NOW).detail
    assert older.fingerprint == read_event(todays, RULES, NOW).fingerprint


@pytest.mark.usefixtures("_visits")
@pytest.mark.parametrize(
    ("change", "field"), [({"page": 5}, "detail.campaign"), ({"time": "soon"}, "detail.time"), ({"x": 1}, "detail.x")]
)
def test_a_broken_event_of_an_older_version_is_rejected_by_todays_fields(change: dict[str, Any], field: str) -> None:
    with pytest.raises(Rejected) as caught:
        read_event(ENVELOPE | {"detail": VISIT | change}, RULES, NOW)
    assert (caught.value.reason, caught.value.field) == ("does-not-fit", field)


@pytest.mark.usefixtures("_visits")
@pytest.mark.parametrize("kind", ["visit", "visit.v2", "visit.v00", "Visit.v0"])
def test_a_version_that_never_was_is_rejected(kind: str) -> None:
    with pytest.raises(Rejected) as caught:
        read_event(ENVELOPE | {"detail-type": kind}, RULES, NOW)
    assert (caught.value.reason, caught.value.field) == ("unknown-type", "detail-type")


def test_without_its_step_an_older_version_is_unknown() -> None:
    with pytest.raises(Rejected) as caught:
        read_event(ENVELOPE, RULES, NOW)
    assert caught.value.as_dict() == {
        "reason": "unknown-type",
        "field": "detail-type",
        "expected": "one of " + ", ".join(sorted(MODELS)),
    }


def test_a_type_of_today_is_given_back_as_it_is() -> None:
    assert newest("purchase.v1", VISIT) == ("purchase.v1", VISIT)
    assert not OLDER.keys() & MODELS.keys()


def test_every_step_leads_to_a_model_of_today() -> None:
    for kind in OLDER:
        seen = [kind]
        while seen[-1] in OLDER:
            seen.append(OLDER[seen[-1]][0])
            assert len(seen) == len(set(seen)), f"{kind} goes round in a circle"
        assert seen[-1] in MODELS
