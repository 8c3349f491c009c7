"""The pure half of care: which actions fall due on a day, and which are held back and why.

Gates, in this order: consent (unknown means no), contact cap; a rule may be exempt from either. Here every action that
falls due counts towards the caps, as if it were sent on its day. The ledger (`ledger/care.py`) knows which actions were
sent, and decides last. Only the ledger applies the holdout: a held-out action uses `repeat_after` and cap exactly like
a sent one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from standing.engine.measures import Buckets
from standing.engine.state import Memory, Reasons
from standing.rules.ruleset import TEN_THOUSAND, Action, Cap, Care, Programme, Ruleset
from standing.values.days import Day

type Gate = Literal["consent", "contact-cap"]


@dataclass(slots=True)
class CareOfDay:
    """The care of one day: rules that fell due, rules held back for a new reason, and what the next day needs.

    `ready` has the rules whose conditions hold and whose channel may be used. `capped` has those of them that did not
    fall due only because of the contact cap, even if that is not new.
    """

    due: dict[str, Day]
    held_back: dict[str, Reasons]
    contacts: dict[str, tuple[Day, ...]]
    fell_due: tuple[str, ...] = ()
    refrained: tuple[tuple[str, Gate], ...] = ()
    ready: tuple[str, ...] = ()
    capped: tuple[str, ...] = ()


def care_of_day(ruleset: Ruleset, buckets: Buckets, opened: Memory, holding: Collection[str], day: Day) -> CareOfDay:
    """Decide care rules whose conditions hold, by priority, then name. A due action counts for the rules after it."""
    held_back = {name: reasons for name, reasons in opened.held_back.items() if name in holding}
    today = CareOfDay(opened.due, held_back, opened.contacts)
    if not holding:
        return today
    for care in ruleset.care_in_order:
        if care.name in holding:
            _pass_gates(ruleset, buckets, today, care, day)
    return today


def arm_of(care: Care, salt: str, customer: str) -> Literal["treated", "control"]:
    """The arm of a customer for a care rule: `treated`, or `control`, for whom nothing is done.

    The draw is stable, and a customer in the control group stays in it if the holdout percentage rises.
    """
    drawn = int(hashlib.sha256(f"{salt}|{care.name}|{customer}".encode()).hexdigest()[:12], 16) % TEN_THOUSAND
    return "control" if drawn < care.holdout else "treated"


def _pass_gates(ruleset: Ruleset, buckets: Buckets, today: CareOfDay, care: Care, day: Day) -> None:
    last, consents = today.due.get(care.name), _may_reach(ruleset, buckets, care.do, day)
    today.ready += (care.name,) if consents else ()
    if last is not None and day - last < care.repeat_after:
        return
    if not consents:
        _refrain(today, care, "consent", day)
    elif is_capped(ruleset.programme, today.contacts, care.do, day):
        today.capped += (care.name,)
        _refrain(today, care, "contact-cap", day)
    else:
        today.due = {**today.due, care.name: day}  # never changed in place: most days pass them on as they are
        today.fell_due += (care.name,)
        _count_contact(ruleset, today, care.do.channel, day)


def _refrain(today: CareOfDay, care: Care, gate: Gate, day: Day) -> None:
    if gate not in (reasons := today.held_back.get(care.name, {})):
        today.held_back[care.name] = {**reasons, gate: day}
        today.refrained += ((care.name, gate),)


def _may_reach(ruleset: Ruleset, buckets: Buckets, do: Action, day: Day) -> bool:
    """Whether an action uses no channel, needs no consent, or has it."""
    if do.channel is None or do.consent == "not-needed":
        return True
    return buckets.latest[ruleset.programme.consent[do.channel]].value(None, day) == "true"


def is_capped(programme: Programme, contacts: Mapping[str, Sequence[Day]], do: Action, day: Day) -> bool:
    """Whether an action on a day would exceed a cap, given the contacts (days by channel) before and after it."""
    if do.channel is None or do.contact_cap == "exempt":
        return False
    return any(_is_reached(cap, contacts, do.channel, day) for cap in programme.caps)


def _is_reached(cap: Cap, contacts: Mapping[str, Sequence[Day]], channel: str, day: Day) -> bool:
    """Whether a cap has no room on a day: some window of the cap that includes the day is full."""
    if cap.channel not in {None, channel}:
        return False
    counted = [cap.channel] if cap.channel else list(contacts)
    near = [made for one in counted for made in contacts.get(one, ()) if abs(day - made) < cap.within]
    begins = {day, *(made for made in near if made < day)}
    return any(sum(begin <= made < begin + cap.within for made in near) >= cap.at_most for begin in begins)


def _count_contact(ruleset: Ruleset, today: CareOfDay, channel: str | None, day: Day) -> None:
    if channel and ruleset.longest_cap:
        recent = {
            name: tuple(contact for contact in days if day - contact < ruleset.longest_cap)
            for name, days in today.contacts.items()
        }
        today.contacts = {name: days for name, days in recent.items() if days}
        today.contacts[channel] = (*today.contacts.get(channel, ()), day)
