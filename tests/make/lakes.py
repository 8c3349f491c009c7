"""A lake in memory, and events as rows of the lake, converted like the table's rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count, islice
from typing import Any

from standing.aws import lake_bucket
from standing.aws.decisions import decision_rows
from standing.aws.lake_bucket import ABSENT, ASIDE, Lake, StoredObject
from standing.aws.rules_bucket import PreconditionFailed
from standing.engine.decide import DecisionResult, decide, needs_history
from standing.engine.start import StoredHistory
from standing.engine.state import State
from standing.events.intake import Event
from standing.lake import layout
from standing.lake.decisions import decision_row
from standing.lake.layout import KINDS, Kind, incoming_prefix
from standing.lake.parquet import parquet_bytes
from standing.lake.rows import Bucket, deduplicate, frame, record_row, state_row
from standing.rules.timeline import Timeline

AT = datetime(1974, 1, 1, tzinfo=UTC)
BITS = 8  # many buckets, so that customers of one name or another are seldom together


def bucket_of(customer: str) -> int:
    """The bucket of a customer in the tests' lakes."""
    return layout.bucket_of(customer, BITS)


def deployed_bucket_of(customer: str) -> int:
    """The bucket of a customer in the lake of a stack that was deployed as the template says."""
    return layout.bucket_of(customer, lake_bucket.BITS)


def months_of(lake: Lake, kind: Kind, number: int) -> list[str]:
    """The keys of a bucket's compacted files of a kind, by month."""
    return lake.keys(layout.kind_prefix(kind, number))


class MemoryLake(Lake):
    """A bucket in memory, as strict as S3 about conditional writes."""

    def __init__(self, bits: int = BITS) -> None:
        super().__init__(client=None, name="memory", at_once=1, bits=bits)  # type: ignore[arg-type]  # it has no calls
        object.__setattr__(self, "objects", {})

    objects: dict[str, bytes]

    def etags(self, prefix: str) -> dict[str, str]:
        """As S3."""
        return {key: str(hash(self.objects[key])) for key in sorted(self.objects) if key.startswith(prefix)}

    def folders(self, prefix: str) -> list[str]:
        """As S3."""
        below = {key.removeprefix(prefix) for key in self.objects if key.startswith(prefix)}
        return sorted({f"{prefix}{name.partition('/')[0]}/" for name in below if "/" in name})

    def get(self, key: str) -> StoredObject:
        """As S3, with a hash of the content as ETag."""
        return StoredObject(self.objects[key], str(hash(self.objects[key]))) if key in self.objects else ABSENT

    def put(self, key: str, body: bytes) -> None:
        """As S3."""
        self.objects[key] = body

    def replace(self, key: str, body: bytes, etag: str) -> str:
        """As S3."""
        if self.get(key).etag != etag:
            raise PreconditionFailed
        self.put(key, body)
        return self.get(key).etag

    def delete(self, keys: Iterable[str]) -> None:
        """As S3."""
        for key in list(keys):
            self.objects.pop(key, None)

    def quarantine(self, key: str) -> str:
        """As S3."""
        self.put(ASIDE + key, self.objects.pop(key))
        return ASIDE + key


def last_file(lake: Lake, kind: Kind, number: int) -> str:
    """The key of a bucket's last month of a kind."""
    return months_of(lake, kind, number)[-1]


def neighbours(customer: str, many: int) -> list[str]:
    """`many` customers of one bucket, including this one."""
    names = (f"n-{number}" for number in count())
    same = (name for name in names if bucket_of(name) == bucket_of(customer))
    return [customer, *islice(same, many - 1)]


def owned(events: Sequence[Event], customer: str) -> list[Event]:
    """The events as those of this customer. A repeated id becomes a new one."""
    by_key: dict[tuple[str, str], Event] = {}
    for number, event in enumerate(events):
        own = event.detail.id if event.key not in by_key else f"{number}-{event.detail.id}"
        changed = replace(event, detail=event.detail.model_copy(update={"customer": customer, "id": own}))
        by_key[changed.key] = changed
    return list(by_key.values())


def decided(rules: Timeline, events: Sequence[Event]) -> list[tuple[State, list[Event]]]:
    """A customer's commits, one for each event, by day: each state, with the events of its commit."""
    return [(outcome.state, taken) for outcome, taken in outcomes(rules, events)]


def outcomes(rules: Timeline, events: Sequence[Event]) -> list[tuple[DecisionResult, list[Event]]]:
    """A customer's commits, one for each event, by day: each result of a decision, with the events of its commit."""
    state: State | None = None
    commits: list[tuple[DecisionResult, list[Event]]] = []
    for event in sorted(events, key=lambda one: one.day):
        past = StoredHistory(
            [one for _, taken in commits for one in taken] if needs_history(state, [event], rules) else ()
        )
        outcome = decide(state, [event], rules, AT, past)
        state = outcome.state
        commits.append((outcome, [event]))
    return commits


def lake_rows(rules: Timeline, customer: str, events: Sequence[Event]) -> Bucket:
    """A customer's commits as rows of the lake, converted from the table's rows."""
    from standing.aws.table import event_put, state_put  # noqa: PLC0415 -- as a commit writes them

    records, states, decisions = [], [], []
    for outcome, taken in outcomes(rules, owned(events, customer)):
        state = outcome.state
        puts = [event_put(event, state.version, rules, AT) for event in taken]
        decisions += [decision_row(row) for row in decision_rows(outcome, AT)]
        records += [record_row(put["Item"], rules.latest.programme.minor_digits) for put in puts]
        states.append(state_row(state_put(None, state, rules, len(taken))["Item"], rules, "stream"))
    return Bucket(
        deduplicate("records", frame("records", records)),
        deduplicate("states", frame("states", states)),
        deduplicate("decisions", frame("decisions", decisions)),
    )


def pour(lake: Lake, bucket: Bucket, name: str, **rows: Any) -> None:
    """Write a bucket's rows as new objects of this name, one for each kind. `rows` replace the bucket's, by kind."""
    for kind in KINDS:
        lake.put(f"{incoming_prefix(kind)}{name}.parquet", parquet_bytes(rows.get(kind, getattr(bucket, kind))))


class Meanwhile:
    """Wraps a lake or a table. Before call `number`, counted over all wrappers of one list, it calls `happens`."""

    def __init__(self, inner: Any, calls: list[str], number: int, happens: Callable[[], object]) -> None:
        self.inner, self.calls, self.number, self.happens = inner, calls, number, happens

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self.inner, name)
        if not callable(attribute):
            return attribute

        def call(*arguments: Any, **more: Any) -> Any:
            self.calls.append(name)
            if len(self.calls) == self.number:
                self.happens()
            return attribute(*arguments, **more)

        return call
