"""Publishing: decisions in the table's stream become events on the bus, at least once, under stable ids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from standing.aws.logging import PlainError
from standing.events.producers import OUR_SOURCE

if TYPE_CHECKING:
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef


class BusPort(Protocol):
    """The part of the bus that publishing uses."""

    def put(self, entries: Sequence[PutEventsRequestEntryTypeDef]) -> list[int]:
        """Put entries on the bus. Returns the indices of those that were refused."""


class UnpublishedError(PlainError):
    """No entry of a batch could be published: the whole batch is retried."""


def publish(records: Sequence[dict[str, Any]], bus: BusPort) -> list[str]:
    """Publish the decisions among stream records. Returns the sequence numbers of the records to retry.

    Raises UnpublishedError if the bus refused all of them.
    """
    decided = [record for record in records if _is_outcome(record)]
    failed = bus.put([entry(record["dynamodb"]["NewImage"]) for record in decided])
    if decided and len(failed) == len(decided):
        raise UnpublishedError(f"the bus refused all {len(decided)} entries")
    return [decided[index]["dynamodb"]["SequenceNumber"] for index in failed]


def _is_outcome(record: dict[str, Any]) -> bool:
    return record["eventName"] == "INSERT" and "outcome" in record["dynamodb"].get("NewImage", {})


def entry(row: dict[str, Any]) -> PutEventsRequestEntryTypeDef:
    """A decision's row as an entry for the bus. Its detail has the stable id."""
    return {"Source": OUR_SOURCE, "DetailType": row["outcome"]["S"], "Detail": row["detail"]["S"]}
