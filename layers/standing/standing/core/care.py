"""Care, the pure half: which actions fall due on a day, and which are held back, for which reason.

Gates, in this order: consent (unknown means no), contact cap; a rule may be free of either. The holdout comes last, and
only at delivery: a held-out action uses `repeat_after` and cap exactly as a sent one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from standing.core.days import Day
from standing.core.measures import Buckets
from standing.core.ruleset import TEN_THOUSAND, Action, Cap, Care, Programme, Ruleset
from standing.core.series import Latest
from standing.core.state import Memory, Reasons

type Gate = Literal["consent", "contact-cap"]


@dataclass
class CareOfDay:
    """What care there is on one day: rules that fell due, those held back for a new reason, and what is remembered."""

    due: dict[str, Day]
    held_back: dict[str, Reasons]
    contacts: dict[str, tuple[Day, ...]]
    fell_due: tuple[str, ...] = ()
    refrained: tuple[tuple[str, Gate], ...] = ()


def take_care(ruleset: Ruleset, buckets: Buckets, opened: Memory, holding: Collection[str], day: Day) -> CareOfDay:
    """Every care rule whose conditions hold, by priority and then by name; what falls due counts for those after it."""
    held_back = {name: reasons for name, reasons in opened.held_back.items() if name in holding}
    today = CareOfDay(dict(opened.due), held_back, dict(opened.contacts))
    for care in ruleset.care_in_order:
        last = today.due.get(care.name)
        if care.name in holding and (last is None or day - last >= care.repeat_after):
            _pass_gates(ruleset, buckets, today, care, day)
    return today


def arm_of(care: Care, salt: str, customer: str) -> Literal["treated", "control"]:
    """Whether something is done for a customer, or nothing so that the difference can be measured.

    Drawn once and for all; who is held out stays so when the share rises.
    """
    drawn = int(hashlib.sha256(f"{salt}|{care.name}|{customer}".encode()).hexdigest()[:12], 16) % TEN_THOUSAND
    return "control" if drawn < care.holdout else "treated"


def _pass_gates(ruleset: Ruleset, buckets: Buckets, today: CareOfDay, care: Care, day: Day) -> None:
    gate = _closed_gate(ruleset, buckets, today, care, day)
    if gate is None:
        today.due[care.name] = day
        today.fell_due += (care.name,)
        _count_contact(ruleset, today, care.do.channel, day)
    elif gate not in (reasons := today.held_back.get(care.name, {})):
        today.held_back[care.name] = {**reasons, gate: day}
        today.refrained += ((care.name, gate),)


def _closed_gate(ruleset: Ruleset, buckets: Buckets, today: CareOfDay, care: Care, day: Day) -> Gate | None:
    channel = care.do.channel
    if channel is None:
        return None
    if care.do.consent == "required" and not _consents(ruleset, buckets, channel, day):
        return "consent"
    return "contact-cap" if is_capped(ruleset.programme, today.contacts, care.do, day) else None


def is_capped(programme: Programme, contacts: Mapping[str, Sequence[Day]], do: Action, day: Day) -> bool:
    """Whether an action on a day would be one contact too many, beside those (by channel) that were made."""
    if do.channel is None or do.contact_cap == "exempt":
        return False
    return any(_reached(cap, contacts, do.channel, day) for cap in programme.caps)


def _consents(ruleset: Ruleset, buckets: Buckets, channel: str, day: Day) -> bool:
    return cast("Latest", buckets[ruleset.programme.consent[channel]]).value(None, day) == "true"


def _reached(cap: Cap, contacts: Mapping[str, Sequence[Day]], channel: str, day: Day) -> bool:
    if cap.channel not in {None, channel}:
        return False
    counted = [cap.channel] if cap.channel else list(contacts)
    return sum(day - contact < cap.within for one in counted for contact in contacts.get(one, ())) >= cap.at_most


def _count_contact(ruleset: Ruleset, today: CareOfDay, channel: str | None, day: Day) -> None:
    if channel and ruleset.longest_cap:
        recent = {
            one: tuple(contact for contact in days if day - contact < ruleset.longest_cap)
            for one, days in today.contacts.items()
        }
        today.contacts = {one: days for one, days in recent.items() if days}
        today.contacts[channel] = (*today.contacts.get(channel, ()), day)
