"""The event bus: entries go out in batches, and refused entries are retried."""

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
    """Puts events on one bus. `put_events` can refuse some entries of a batch: only those are sent again."""

    client: EventBridgeClient
    name: str
    pause: Callable[[float], None] = time.sleep

    def put(self, entries: Sequence[PutEventsRequestEntryTypeDef]) -> list[int]:
        """Put entries on the bus. Returns the indices of the entries that were refused at every attempt."""
        failed: list[int] = []
        for indices in _batches(entries):
            failed += self._put_batch(entries, indices)
        return failed

    def _put_batch(self, entries: Sequence[PutEventsRequestEntryTypeDef], indices: list[int]) -> list[int]:
        for attempt in range(TRIES):
            if attempt:
                self.pause(random.uniform(0, 0.1 * 2**attempt))  # noqa: S311 -- jitter, not a secret
            batch: list[PutEventsRequestEntryTypeDef] = [
                {**entries[index], "EventBusName": self.name} for index in indices
            ]
            answer = self.client.put_events(Entries=batch)
            if not answer["FailedEntryCount"]:
                return []
            indices = [index for index, entry in zip(indices, answer["Entries"], strict=True) if "ErrorCode" in entry]
        return indices


def entry_bytes(entry: PutEventsRequestEntryTypeDef) -> int:
    """The size of an entry as PutEvents counts it: source, detail type and detail in UTF-8 bytes."""
    return sum(len(text.encode()) for text in (entry["Source"], entry["DetailType"], entry["Detail"]))


def _batches(entries: Sequence[PutEventsRequestEntryTypeDef]) -> Iterator[list[int]]:
    batch: list[int] = []
    room = MOST_BYTES
    for index, entry in enumerate(entries):
        if batch and (len(batch) == MOST_ENTRIES or entry_bytes(entry) > room):
            yield batch
            batch, room = [], MOST_BYTES
        batch.append(index)
        room -= entry_bytes(entry)
    if batch:
        yield batch
