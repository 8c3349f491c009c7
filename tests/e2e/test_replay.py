"""INV-7: what the bus remembers can be put through the system again, and changes nothing.

The archive and its replays are the local AWS's own: StartReplay hands each archived event to the bus's rules once more,
marked with the replay's name, as AWS does.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from standing.aws.queues import peek
from standing.aws.stack import Target
from standing.operations.audit import audit
from standing.operations.listener import await_published
from standing.operations.sender import waiting

from tests.e2e.test_road import Event, complaint, consent, deliver, purchase, until

ARCHIVE = "standing-dev"
CUSTOMERS = [f"replayed-{number}" for number in range(5)]
TODAY = "replayed-today"  # none of its events is late when it comes again: only the transaction can know them


def events() -> list[Event]:
    """Events of five customers that lead to changes of level and to care, the last of each one late; and of today's."""
    past = [
        event
        for customer in CUSTOMERS
        for event in (
            consent(customer, "letter", 200),
            *(purchase(customer, number, "700.00", 120 - 20 * number) for number in range(6)),
            complaint(customer, 7, 0.02),
            purchase(customer, 8, "950.00", 90),
        )
    ]
    return [*past, *(purchase(TODAY, number, "700.00", 0.0) for number in range(2))]


def image(target: Target) -> dict[tuple[str, str], Any]:
    """Every row of those customers, to the byte: states, events, decisions, care and checkpoints."""
    pages = target.dynamodb.get_paginator("scan").paginate(TableName=target.outputs["TableName"], ConsistentRead=True)
    rows = (row for page in pages for row in page["Items"] if row["pk"]["S"] in {*CUSTOMERS, TODAY})
    return {(row["pk"]["S"], row["sk"]["S"]): row for row in rows}


def replay(target: Target, name: str, since: datetime) -> None:
    """Replay what was archived since a moment, and wait until every event of it has been dealt with again."""
    archive = target.events.describe_archive(ArchiveName=ARCHIVE)
    arn = f"{archive['EventSourceArn'].split(':event-bus/')[0]}:archive/{ARCHIVE}"
    target.events.start_replay(
        ReplayName=name,
        EventSourceArn=arn,
        EventStartTime=since,
        EventEndTime=datetime.now(UTC) + timedelta(minutes=1),
        Destination={"Arn": archive["EventSourceArn"]},
    )
    until(lambda: target.events.describe_replay(ReplayName=name)["State"] == "COMPLETED")
    until(lambda: waiting(target) == 0)


def duplicates(target: Target) -> int:
    """How many messages the ingest function has known already, by its log."""
    group = target.outputs["IngestLogGroup"]
    pages = target.logs.get_paginator("filter_log_events").paginate(logGroupName=group)
    lines = (
        json.loads(event["message"]) for page in pages for event in page["events"] if '"counts"' in event["message"]
    )
    return sum(line["counts"].get("duplicates", 0) for line in lines)


def published(target: Target, ear: str) -> Counter[str]:
    """How often each outcome was heard on the bus."""
    await_published(target)
    return Counter(json.loads(body)["detail"]["id"] for body in peek(target, ear))


@pytest.mark.invariant("INV-7")
def test_the_archive_replayed_twice_changes_nothing(target: Target, ear: str, tmp_path: Path) -> None:
    since = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)  # an archive knows whole seconds
    until(lambda: datetime.now(UTC) >= since)
    sent = events()
    assert deliver(target, tmp_path / "events", sent).applied == len(sent)
    before, known, rejected = image(target), duplicates(target), peek(target, target.outputs["RejectedUrl"])
    heard = published(target, ear)
    kinds = Counter(sort.split("#")[0] for _, sort in before)
    assert kinds["EVENT"] == len(sent)
    assert min(kinds["STATE"], kinds["DECISION"], kinds["CARE"], kinds["CHECKPOINT"]) >= len(CUSTOMERS)
    for name in ("once", "twice"):
        replay(target, name, since)
    until(lambda: duplicates(target) - known >= 2 * len(sent))  # they did come again, each of them twice
    assert duplicates(target) - known == 2 * len(sent)
    assert image(target) == before
    assert published(target, ear) == heard
    assert len(peek(target, target.outputs["RejectedUrl"])) == len(rejected)
    assert audit(target, tmp_path / "events").lost == 0
