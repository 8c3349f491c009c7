"""The ledger of care: what was requested, missed, held out or held back, and how each action ended.

That an action is due is pure (see `care`). Whether it is sent depends on when it is known, and on what was sent before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from standing.core.care import Gate, arm_of, is_capped
from standing.core.days import Day, day_number, end_of_day, zone
from standing.core.events import CareAnswer
from standing.core.explain import Reason, reasons_for_care
from standing.core.fold import DayLived
from standing.core.intake import Event
from standing.core.ruleset import Action, Care, Programme
from standing.core.state import Ledger

type Arm = Literal["treated", "control"]
DAY = timedelta(days=1)
MOST_EXPIRED = 10  # at once; the next commit goes on, and a transaction has its limit


@dataclass(frozen=True)
class CareDecided:
    """A care action that fell due on `day`, and what was made of it.

    `requested`: somebody is asked to act, from `not_before` until `expires`. `missed`: it was known too late to make
    sense. `held-out`: nothing is done, so that the effect can be measured. `held-back`: a gate was closed (`gate`).
    """

    care: str
    day: Day
    status: Literal["requested", "missed", "held-out", "held-back"]
    because: tuple[Reason, ...]
    rules: str
    do: Action
    not_before: datetime
    expires: datetime
    arm: Arm = "treated"
    gate: Gate | None = None


@dataclass(frozen=True)
class CareClosed:
    """How a care action that was requested ended: by an answer, or without one."""

    care: str
    day: Day
    status: Literal["accepted", "done", "declined", "failed", "expired"]
    rules: str = ""


@dataclass
class Asker:
    """What was asked for and not answered yet, and what is to be written now."""

    customer: str
    now: datetime
    asked: dict[str, Day]
    unanswered: dict[str, Day]
    refrained: dict[str, Day]
    decisions: list[CareDecided | CareClosed] = field(default_factory=list)

    def close(self, answers: Iterable[CareAnswer], today: Day, rules: str) -> None:
        """Record the answers, and what nobody answered in time."""
        for answer in answers:
            self.unanswered.pop(f"{answer.care}#{day_number(answer.day)}", None)
            closed = CareClosed(answer.care, day_number(answer.day), answer.status, rules)
            if closed not in self.decisions:  # the same answer under another id
                self.decisions.append(closed)
        for key in [key for key, last in self.unanswered.items() if last < today][:MOST_EXPIRED]:
            del self.unanswered[key]
            care, _, day = key.partition("#")
            self.decisions.append(CareClosed(care, int(day), "expired", rules))

    def ask(self, lived: Sequence[DayLived], today: Day) -> None:
        """Act on what fell due. Where a rule did on several days caught up with at once, only the latest counts."""
        latest = {name: day for day in lived for name in day.due if self._may_ask(day, name)}
        for name, day in latest.items():
            if self._is_capped(name, day):
                self._hold_back(name, "contact-cap", day)
            else:
                self._act(self._decide(day.ruleset.care[name], day, today))

    def refrain(self, lived: Sequence[DayLived]) -> None:
        """Record what was held back, once for each reason from when the conditions of a rule began to hold."""
        latest = {(name, gate): day for day in lived for name, gate in day.refrained}
        for (name, gate), day in latest.items():
            self._hold_back(name, gate, day)

    def _act(self, decided: CareDecided) -> None:
        self.asked[decided.care] = decided.day
        self.decisions.append(decided)
        if decided.status == "requested":
            self.unanswered[f"{decided.care}#{decided.day}"] = decided.day + decided.do.within

    def _hold_back(self, name: str, gate: Gate, day: DayLived) -> None:
        if not self._recorded(name, gate, day):
            self.refrained[f"{name}#{gate}"] = day.day
            self.decisions.append(self._decided(day.ruleset.care[name], day, "held-back", gate=gate))

    def _is_capped(self, name: str, day: DayLived) -> bool:
        """Whether what was acted on, before or after, leaves no room; a late event may have moved what is due."""
        care, contacts = day.ruleset.care, dict[str, list[Day]]()
        for other, acted in self.asked.items():
            if other != name and other in care and (by := care[other].do.channel):
                contacts.setdefault(by, []).append(day.day - abs(day.day - acted))
        return is_capped(day.ruleset.programme, contacts, care[name].do, day.day)

    def _recorded(self, name: str, gate: Gate, day: DayLived) -> bool:
        before = self.refrained.get(f"{name}#{gate}")
        return (before is not None and before >= day.day) or self.asked.get(name) == day.day

    def _may_ask(self, day: DayLived, name: str) -> bool:
        last = self.asked.get(name)
        return last is None or day.day - last >= day.ruleset.care[name].repeat_after

    def _decide(self, care: Care, day: DayLived, today: Day) -> CareDecided:
        arm = arm_of(care, day.ruleset.programme.salt, self.customer)
        in_time = today <= day.day + care.do.within
        if arm == "control":
            return self._decided(care, day, "held-out", arm=arm)
        return self._decided(care, day, "requested" if in_time else "missed")

    def _decided(
        self,
        care: Care,
        day: DayLived,
        status: Literal["requested", "missed", "held-out", "held-back"],
        *,
        arm: Arm = "treated",
        gate: Gate | None = None,
    ) -> CareDecided:
        programme = day.ruleset.programme
        because = reasons_for_care(day.ruleset, care, day.facts)
        expires = end_of_day(day.day + care.do.within, programme.time_zone)
        times = not_before(programme, care.do, self.now), expires
        return CareDecided(care.name, day.day, status, because, day.ruleset.version, care.do, *times, arm, gate)


def asking(before: Ledger, customer: str, now: datetime) -> Asker:
    """The ledger of care as it was, to be added to."""
    return Asker(customer, now, dict(before.asked), dict(before.unanswered), dict(before.refrained))


def answers(events: Iterable[Event]) -> Iterator[CareAnswer]:
    """The answers to care actions among some events, in the order in which they were given."""
    found = [event.detail for event in events if isinstance(event.detail, CareAnswer)]
    yield from sorted(found, key=lambda answer: (answer.time, answer.id))


def not_before(programme: Programme, do: Action, now: datetime) -> datetime:
    """The first moment from `now` on that is not in the quiet hours; they are only for what reaches the customer."""
    quiet = programme.quiet_hours
    if quiet is None or do.channel is None:
        return now
    local = now.astimezone(zone(programme.time_zone))
    minute = local.hour * 60 + local.minute
    over_midnight = quiet.begin > quiet.end
    in_quiet = minute >= quiet.begin or minute < quiet.end if over_midnight else quiet.begin <= minute < quiet.end
    if not in_quiet:
        return now
    end_day = local.date() + DAY if over_midnight and minute >= quiet.begin else local.date()
    return datetime(
        end_day.year, end_day.month, end_day.day, quiet.end // 60, quiet.end % 60, tzinfo=local.tzinfo
    ).astimezone(now.tzinfo)
