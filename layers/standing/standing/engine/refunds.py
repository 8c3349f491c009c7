"""Refunds: the purchase that each names, which gives the day on which its amount counts.

Candidates are the customer's purchases of days before the refund's own: of the refund's source, else of any source, and
the latest of several. A purchase of the same day would change nothing, and a later one cannot be meant. So a purchase
that arrives after its refund is either late, and the fold begins at its day, or makes no difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from standing.events import Purchase, Refund
from standing.events.intake import Event
from standing.rules.ruleset import Ruleset
from standing.values.days import Day

type Key = tuple[str, str]


def purchases_of(events: Iterable[Event], among: Iterable[Event], ruleset: Ruleset) -> dict[Key, Event]:
    """The purchase of each refund in `events` that names an earlier one in `among`, by the refund's key."""
    return {one.key: _match(one, bought) for one, bought in _candidates(list(_naming(events)), among, ruleset)}


def purchase_days(events: Iterable[Event], among: Iterable[Event], ruleset: Ruleset) -> dict[Key, Day]:
    """The same, with the day of each purchase."""
    return {key: purchase.day for key, purchase in purchases_of(events, among, ruleset).items()}


def may_name_others(events: Iterable[Event], ruleset: Ruleset) -> bool:
    """Whether a refund may name a purchase outside these events. Only a purchase of its own source rules that out."""
    some = list(events)
    naming = list(_naming(some)) if ruleset.nets else []
    settled = (one for one, bought in _candidates(naming, some, ruleset) if _match(one, bought).source == one.source)
    return sum(1 for _ in settled) < len(naming)


def _naming(events: Iterable[Event]) -> Iterator[Event]:
    return (one for one in events if isinstance(one.detail, Refund) and one.detail.purchase is not None)


def _candidates(refunds: list[Event], among: Iterable[Event], ruleset: Ruleset) -> Iterator[tuple[Event, list[Event]]]:
    """Each refund with the purchases that it may name, if there are any."""
    by_id: dict[str | None, list[Event]] = {}
    for event in among if refunds else ():
        if isinstance(event.detail, Purchase):
            by_id.setdefault(event.detail.id, []).append(event)
    for refund in refunds:
        named = by_id.get(getattr(refund.detail, "purchase", None), [])
        if before := [event for event in named if ruleset.reaches_back(refund.day, event.day)]:
            yield refund, before


def _match(refund: Event, bought: list[Event]) -> Event:
    return max(bought, key=lambda one: (one.source == refund.source, one.day))
