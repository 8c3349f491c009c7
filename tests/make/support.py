"""Events, rules and fakes for several kinds of tests."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from standing.engine.state import State
from standing.events.intake import Event, take_in
from standing.events.producers import NIGHT_SOURCE, SCORE
from standing.ingest.batch import Message
from standing.rules.author.compiler import compile_rules
from standing.rules.ruleset import Ruleset
from standing.rules.timeline import Timeline

if TYPE_CHECKING:
    from standing.backfill.conversion import Converted

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)


def real_ruleset() -> Ruleset:
    """The rules of this clone, compiled."""
    return compile_rules(ROOT / "rules")


def real_rules() -> Timeline:
    """The rules of this clone, in force on all days."""
    return Timeline.of(real_ruleset())


PRODUCERS = {
    "shop.checkout": ("purchase", "refund"),
    "shop.app": ("activity", "engagement"),
    "crm.profiles": ("profile",),
    "service.desk": ("care", "feedback", "override"),
}


def sender(detail_type: str, producers: Mapping[str, Collection[str]] = PRODUCERS) -> str:
    """A source that may send this event type, by these producers."""
    family = detail_type.partition(".")[0]
    named = (source for source, families in producers.items() if family in families)
    return NIGHT_SOURCE if family == SCORE else next(named, "nobody")


def naming(ruleset: Ruleset, **producers: Collection[str]) -> Ruleset:
    """The same rules with producers: those of `envelope`, or others."""
    named = {source: tuple(families) for source, families in (producers or PRODUCERS).items()}
    return ruleset.model_copy(update={"programme": ruleset.programme.model_copy(update={"producers": named})})


def envelope(detail_type: str, detail: dict[str, Any], source: str | None = None) -> dict[str, Any]:
    """An event as the bus delivers it, from `source`, or from one that may send it."""
    source = source or sender(detail_type)
    return {"version": "0", "source": source, "detail-type": detail_type, "detail": detail}


def purchase(number: int, *, customer: str = "c-1", amount: str = "100.00", days_ago: float = 0.0) -> dict[str, Any]:
    """The envelope of a purchase. `number` gives its id."""
    time = (NOW - timedelta(days=days_ago)).isoformat()
    detail = {"id": f"p-{number}", "customer": customer, "time": time, "amount": amount, "currency": "USD"}
    return envelope("purchase.v1", detail)


def complaint(number: int, *, customer: str = "c-1", days_ago: float = 0.0, comment: str = "") -> dict[str, Any]:
    """The envelope of a complaint."""
    time = (NOW - timedelta(days=days_ago)).isoformat()
    detail: dict[str, Any] = {"id": f"f-{number}", "customer": customer, "time": time, "kind": "complaint"}
    return envelope("feedback.v1", detail | ({"comment": comment} if comment else {}))


def message(number: int, body: dict[str, Any]) -> Message:
    """A queue's message with an event."""
    return Message(f"m-{number}", orjson.dumps(body).decode())


def taken(ruleset: Ruleset, *envelopes: dict[str, Any], now: datetime = NOW) -> list[Event]:
    """The envelopes as events, after intake."""
    return [take_in(one, ruleset, now) for one in envelopes]


class KeptRejections:
    """A Rejected queue in memory."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, dict[str, str]]] = []

    def keep(self, message: str, rejection: dict[str, Any]) -> None:
        """Keep the message with its rejection."""
        self.kept.append((message, rejection))


class FailingFor:
    """A table that fails with a transient error for some customers, until these are removed."""

    def __init__(self, inner: Any, customers: set[str]) -> None:
        self.inner, self.customers = inner, customers

    def load(self, customer: str) -> State | None:
        """Load the state, or fail."""
        if customer in self.customers:
            raise TimeoutError(customer)
        state: State | None = self.inner.load(customer)
        return state

    def __getattr__(self, name: str) -> Any:
        """Pass on to the table."""
        return getattr(self.inner, name)


def taking_in(
    paths: Sequence[Path], ruleset: Ruleset, folder: Path, mapping: Path | None = None
) -> Iterator[Converted]:
    """The conversion of files' rows under a ruleset. `folder` is for data that does not fit into memory."""
    from standing.backfill import run  # noqa: PLC0415 -- polars

    return run.convert_files(paths, mapping, ruleset, NOW, folder)
