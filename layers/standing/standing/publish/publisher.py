"""Publishing: rows of the table's stream become events on the bus, at least once, under the ids they were given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from standing.aws.logging import PlainError
from standing.events.producers import OUR_SOURCE

if TYPE_CHECKING:
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef


class BusPort(Protocol):
    """What publish needs of the bus."""

    def put(self, entries: Sequence[PutEventsRequestEntryTypeDef]) -> list[int]:
        """Put entries on the bus; the places of those refused."""


class UnpublishedError(PlainError):
    """Nothing of a batch could be published: the whole of it comes again."""


def publish(records: Sequence[dict[str, Any]], bus: BusPort) -> list[str]:
    """Publish the decisions among stream records; the sequence numbers of those that must come again.

    Raises UnpublishedError where the bus took none.
    """
    decided = [record for record in records if _is_outcome(record)]
    failed = bus.put([entry(record["dynamodb"]["NewImage"]) for record in decided])
    if decided and len(failed) == len(decided):
        raise UnpublishedError(f"the bus refused all {len(decided)} entries")
    return [decided[place]["dynamodb"]["SequenceNumber"] for place in failed]


def _is_outcome(record: dict[str, Any]) -> bool:
    return record["eventName"] == "INSERT" and "outcome" in record["dynamodb"].get("NewImage", {})


def entry(row: dict[str, Any]) -> PutEventsRequestEntryTypeDef:
    """A decision's row as the entry that is published, with the id it was given."""
    return {"Source": OUR_SOURCE, "DetailType": row["outcome"]["S"], "Detail": row["detail"]["S"]}
