"""The event bus: entries go out in batches, and each entry that was not taken is told apart from those that were."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

MOST_ENTRIES = 10
MOST_BYTES = 256 * 1024
TRIES = 4


@dataclass
class Bus:
    """Puts events on one bus. `put_events` can take some entries and refuse others: only those are sent again."""

    client: EventBridgeClient
    name: str
    pause: Callable[[float], None] = time.sleep

    def put(self, entries: Sequence[PutEventsRequestEntryTypeDef]) -> list[int]:
        """Put entries on the bus; the places of those that were refused at every try."""
        failed: list[int] = []
        for places in _batches(entries):
            failed += self._put_batch(entries, places)
        return failed

    def _put_batch(self, entries: Sequence[PutEventsRequestEntryTypeDef], places: list[int]) -> list[int]:
        for attempt in range(TRIES):
            if attempt:
                self.pause(random.uniform(0, 0.1 * 2**attempt))  # noqa: S311 -- jitter, not a secret
            batch: list[PutEventsRequestEntryTypeDef] = [
                {**entries[place], "EventBusName": self.name} for place in places
            ]
            answer = self.client.put_events(Entries=batch)
            if not answer["FailedEntryCount"]:
                return []
            places = [place for place, entry in zip(places, answer["Entries"], strict=True) if "ErrorCode" in entry]
        return places


def entry_bytes(entry: PutEventsRequestEntryTypeDef) -> int:
    """The bytes an entry counts for: source, detail type and detail, in UTF-8."""
    return sum(len(text.encode()) for text in (entry["Source"], entry["DetailType"], entry["Detail"]))


def _batches(entries: Sequence[PutEventsRequestEntryTypeDef]) -> Iterator[list[int]]:
    batch: list[int] = []
    room = MOST_BYTES
    for place, entry in enumerate(entries):
        if batch and (len(batch) == MOST_ENTRIES or entry_bytes(entry) > room):
            yield batch
            batch, room = [], MOST_BYTES
        batch.append(place)
        room -= entry_bytes(entry)
    if batch:
        yield batch
