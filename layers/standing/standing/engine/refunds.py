"""Refunds: the purchase that each names, and so the day on which its amount counts.

Looked at are the customer's purchases of days before the refund's own: one of its own source first, else one of any,
and of several the latest. One of the same day would change nothing, and a later one is never meant; so a purchase that
comes in after its refund is either late, and everything is folded anew from its day, or makes no difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from standing.events import Purchase, Refund
from standing.events.intake import Event
from standing.rules.ruleset import Ruleset
from standing.values.days import Day

type Key = tuple[str, str]


def purchases_of(events: Iterable[Event], among: Iterable[Event], ruleset: Ruleset) -> dict[Key, Event]:
    """By key, the refunds of some events that name an earlier purchase `among` others, each with that purchase."""
    return {one.key: _found(one, bought) for one, bought in _candidates(list(_naming(events)), among, ruleset)}


def purchase_days(events: Iterable[Event], among: Iterable[Event], ruleset: Ruleset) -> dict[Key, Day]:
    """The same with the day of each purchase."""
    return {key: purchase.day for key, purchase in purchases_of(events, among, ruleset).items()}


def may_name_others(events: Iterable[Event], ruleset: Ruleset) -> bool:
    """Whether some refund may name a purchase that is not among these events: only its own source's settles that."""
    some = list(events)
    naming = list(_naming(some)) if ruleset.nets else []
    settled = (one for one, bought in _candidates(naming, some, ruleset) if _found(one, bought).source == one.source)
    return sum(1 for _ in settled) < len(naming)


def _naming(events: Iterable[Event]) -> Iterator[Event]:
    return (one for one in events if isinstance(one.detail, Refund) and one.detail.purchase is not None)


def _candidates(refunds: list[Event], among: Iterable[Event], ruleset: Ruleset) -> Iterator[tuple[Event, list[Event]]]:
    """Each refund for which there is one with the purchases that it may mean."""
    by_id: dict[str | None, list[Event]] = {}
    for one in among if refunds else ():
        if isinstance(one.detail, Purchase):
            by_id.setdefault(one.detail.id, []).append(one)
    for refund in refunds:
        named = by_id.get(getattr(refund.detail, "purchase", None), [])
        if before := [one for one in named if ruleset.reaches_back(refund.day, one.day)]:
            yield refund, before


def _found(refund: Event, bought: list[Event]) -> Event:
    return max(bought, key=lambda one: (one.source == refund.source, one.day))
