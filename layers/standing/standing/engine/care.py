"""Care, the pure half: which actions fall due on a day, and which are held back, for which reason.

Gates, in this order: consent (unknown means no), contact cap; a rule may be free of either. Here every action that
falls due counts towards the caps, as if it were sent on its day; which really were, the ledger knows
(`ledger/care.py`), and it has the last word. The holdout comes last, and only there: a held-out action uses
`repeat_after` and cap exactly as a sent one.
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


@dataclass
class CareOfDay:
    """What care there is on one day: rules that fell due, those held back for a new reason, and what is remembered.

    `ready`: the rules whose conditions hold, and whose channel may be used. `capped`: those of them that did not fall
    due for the contact cap alone, also where that is no news.
    """

    due: dict[str, Day]
    held_back: dict[str, Reasons]
    contacts: dict[str, tuple[Day, ...]]
    fell_due: tuple[str, ...] = ()
    refrained: tuple[tuple[str, Gate], ...] = ()
    ready: tuple[str, ...] = ()
    capped: tuple[str, ...] = ()


def care_of_day(ruleset: Ruleset, buckets: Buckets, opened: Memory, holding: Collection[str], day: Day) -> CareOfDay:
    """Every care rule whose conditions hold, by priority and then by name; what falls due counts for those after it."""
    held_back = {name: reasons for name, reasons in opened.held_back.items() if name in holding}
    today = CareOfDay(dict(opened.due), held_back, dict(opened.contacts))
    for care in ruleset.care_in_order:
        if care.name in holding:
            _pass_gates(ruleset, buckets, today, care, day)
    return today


def arm_of(care: Care, salt: str, customer: str) -> Literal["treated", "control"]:
    """Whether something is done for a customer, or nothing so that the difference can be measured.

    Drawn once and for all; who is held out stays so when the share rises.
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
        today.due[care.name] = day
        today.fell_due += (care.name,)
        _count_contact(ruleset, today, care.do.channel, day)


def _refrain(today: CareOfDay, care: Care, gate: Gate, day: Day) -> None:
    if gate not in (reasons := today.held_back.get(care.name, {})):
        today.held_back[care.name] = {**reasons, gate: day}
        today.refrained += ((care.name, gate),)


def _may_reach(ruleset: Ruleset, buckets: Buckets, do: Action, day: Day) -> bool:
    """Whether an action reaches nobody, needs no consent, or has it."""
    if do.channel is None or do.consent == "not-needed":
        return True
    return buckets.latest[ruleset.programme.consent[do.channel]].value(None, day) == "true"


def is_capped(programme: Programme, contacts: Mapping[str, Sequence[Day]], do: Action, day: Day) -> bool:
    """Whether an action on a day would be one contact too many, beside those (by channel) made before it or after."""
    if do.channel is None or do.contact_cap == "exempt":
        return False
    return any(_is_reached(cap, contacts, do.channel, day) for cap in programme.caps)


def _is_reached(cap: Cap, contacts: Mapping[str, Sequence[Day]], channel: str, day: Day) -> bool:
    """Whether a cap leaves no room on a day: some days that it counts together, this one among them, have enough."""
    if cap.channel not in {None, channel}:
        return False
    counted = [cap.channel] if cap.channel else list(contacts)
    near = [made for one in counted for made in contacts.get(one, ()) if abs(day - made) < cap.within]
    begins = {day, *(made for made in near if made < day)}
    return any(sum(begin <= made < begin + cap.within for made in near) >= cap.at_most for begin in begins)


def _count_contact(ruleset: Ruleset, today: CareOfDay, channel: str | None, day: Day) -> None:
    if channel and ruleset.longest_cap:
        recent = {
            one: tuple(contact for contact in days if day - contact < ruleset.longest_cap)
            for one, days in today.contacts.items()
        }
        today.contacts = {one: days for one, days in recent.items() if days}
        today.contacts[channel] = (*today.contacts.get(channel, ()), day)
