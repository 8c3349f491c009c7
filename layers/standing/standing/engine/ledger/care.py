"""The ledger of care: what was requested, missed, held out or held back, and how each action ended.

That an action is due is pure (see `care`). Whether it is sent depends on when it is known, and on what was sent before:
a contact that nobody made counts towards no cap, and one that was made does, also where a late event moves what was
due. What cannot be acted on for the sake of a cap waits for room, as long as its conditions hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from standing.engine.care import Gate, arm_of, is_capped
from standing.engine.fold import DayResult
from standing.engine.reasons import Reason, reasons_for_care
from standing.engine.state import Contact, Ledger
from standing.events import CareAnswer
from standing.events.intake import Event
from standing.rules.ruleset import Action, Care, Programme, QuietHours
from standing.values.days import Day, day_number, end_of_day, moments_of, zone

type Barrier = Gate | Literal["never-together"]
type Arm = Literal["treated", "control"]
DAY = timedelta(days=1)
NEVER = -1  # before every day
ACTED = {"requested", "held-out"}
MOST_EXPIRED = 10  # at once; the next commit goes on, and a transaction has its limit


@dataclass(frozen=True)
class CareDecided:
    """A care action that fell due on `day`, and what was made of it.

    `requested`: somebody is asked to act, from `not_before` until `expires`. `missed`: it was known too late, so that
    no time was left, quiet hours apart. `held-out`: nothing is done, so that the effect can be measured. `held-back`: a
    gate was closed (`gate`).
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
    gate: Barrier | None = None


@dataclass(frozen=True)
class CareAccepted:
    """That somebody took on a care action that was requested. It stays open."""

    care: str
    day: Day
    rules: str = ""
    status: Literal["accepted"] = "accepted"


@dataclass(frozen=True)
class CareClosed:
    """How a care action that was requested ended: by an answer, or because nobody did it in time."""

    care: str
    day: Day
    status: Literal["done", "declined", "failed", "expired"]
    rules: str = ""


@dataclass
class CareLedger:
    """What was asked for and is open still, and what is to be written now."""

    customer: str
    now: datetime
    asked: dict[str, Day]
    unanswered: dict[str, Day]
    refrained: dict[str, Day]
    contacts: list[Contact]
    waiting: dict[str, Day]
    decisions: list[CareDecided | CareAccepted | CareClosed] = field(default_factory=list)
    _held_back: list[CareDecided] = field(default_factory=list)

    def close(self, answers: Iterable[CareAnswer], today: Day, rules: str) -> None:
        """Record the answers, and what nobody did in time."""
        for answer in answers:
            if (said := self._answered(answer, rules)) not in self.decisions:  # the same answer under another id
                self.decisions.append(said)
        for key in [key for key, last in self.unanswered.items() if last < today][:MOST_EXPIRED]:
            del self.unanswered[key]
            care, _, day = key.partition("#")
            self.decisions.append(CareClosed(care, int(day), "expired", rules))

    def _answered(self, answer: CareAnswer, rules: str) -> CareAccepted | CareClosed:
        """What an answer says; only what is accepted is open still, until its time is over."""
        day = day_number(answer.day)
        if answer.status == "accepted":
            return CareAccepted(answer.care, day, rules)
        self.unanswered.pop(f"{answer.care}#{day}", None)
        return CareClosed(answer.care, day, answer.status, rules)

    def ask(self, lived: Sequence[DayResult]) -> None:
        """Act on what fell due, and on what had to wait. Of several days on which a rule fell due the last counts."""
        latest = {name: day.day for day in lived for name in day.due if self._may_ask(day, name)}
        for day in lived:
            for care in day.ruleset.care_in_order:
                if self._is_open(care.name, day) and day.day >= latest.get(care.name, day.day):
                    self._consider(care, day, latest)

    def refrain(self, lived: Sequence[DayResult]) -> None:
        """Record what was held back, by consent once from when the conditions of a rule began to hold."""
        latest = {name: day for day in lived for name, gate in day.refrained if gate == "consent"}
        for name, day in latest.items():
            self._hold_back(name, "consent", day)
        self.decisions += self._held_back

    def ledger(self, said: dict[str, str], honoured: dict[str, Day], last: DayResult) -> Ledger:
        """The ledger as it is now, without what can make no difference after the last day that was lived."""
        care = last.ruleset.care
        oldest = last.day - last.ruleset.longest_cap - max((one.do.within for one in care.values()), default=0)
        contacts = tuple(
            sorted((one for one in self.contacts if one.day > oldest), key=lambda one: (one.day, one.care))
        )
        waiting = {name: day for name, day in self.waiting.items() if name in care}
        return Ledger(said, honoured, self.asked, self.unanswered, self.refrained, contacts, waiting)

    def _is_open(self, name: str, day: DayResult) -> bool:
        """Whether a rule may be acted on for a day: one that is decided again asks for nothing twice."""
        is_free = name in day.due or name in day.capped or name in self.waiting
        return is_free and name in day.ready and self.asked.get(name) != day.day

    def _consider(self, care: Care, day: DayResult, latest: Mapping[str, Day]) -> None:
        """Act on a rule, or have it wait until that may be possible."""
        if not self._may_ask(day, care.name):
            self._wait_to_repeat(care, day)
        elif not self._is_in_time(care, day):
            self._miss(care, day, is_due=care.name in day.due)
        elif gate := self._closed_gate(care, day, latest):
            self._note(care.name, gate, day)
            self.waiting[care.name] = self._room(care, day) if gate == "contact-cap" else day.day + 1
        else:
            arm = self._arm(care, day)
            self._act(self._decided(care, day, "held-out" if arm == "control" else "requested", arm=arm))

    def _wait_to_repeat(self, care: Care, day: DayResult) -> None:
        """Have a rule wait until it may be acted on again; what it was acted on later, it has no need to."""
        if (last := self.asked[care.name]) < day.day:
            self.waiting[care.name] = last + care.repeat_after

    def _miss(self, care: Care, day: DayResult, *, is_due: bool) -> None:
        """Record that what was due is known too late; what could not be acted on then goes on waiting."""
        if is_due:
            self._act(self._decided(care, day, "missed", arm=self._arm(care, day)))
            return
        self.waiting[care.name] = day.day + 1
        if care.name in day.capped:
            self._note(care.name, "contact-cap", day)

    def _is_in_time(self, care: Care, day: DayResult) -> bool:
        """Whether there is a moment left at which somebody may act, in both arms alike."""
        return not_before(day.ruleset.programme, care.do, self.now) < _expires(care, day)

    def _note(self, name: str, gate: Barrier, day: DayResult) -> None:
        """Record that a rule is held back, where that is news."""
        is_new = (name, gate) in day.refrained or name in day.due
        waited = name not in day.capped and self.refrained.get(f"{name}#{gate}", NEVER) <= self.asked.get(name, NEVER)
        if is_new or waited:
            self._hold_back(name, gate, day)

    def _room(self, care: Care, day: DayResult) -> Day:
        """The first day after one on which the caps have room for an action."""
        programme, made = day.ruleset.programme, self._by_channel()
        ends = {one.day + cap.within for one in self.contacts for cap in programme.caps}
        later = sorted({day.day + 1, *(end for end in ends if end > day.day)})
        return next(end for end in later if not is_capped(programme, made, care.do, end))

    def _act(self, decided: CareDecided) -> None:
        self.asked[decided.care] = decided.day
        self.waiting.pop(decided.care, None)
        self.decisions.append(decided)
        if decided.status == "requested":
            self.unanswered[f"{decided.care}#{decided.day}"] = decided.day + decided.do.within
        if decided.status != "missed" and decided.do.channel:  # nobody was disturbed by what was missed
            self.contacts.append(Contact(decided.do.channel, decided.care, decided.day))

    def _hold_back(self, name: str, gate: Barrier, day: DayResult) -> None:
        if not self._recorded(name, gate, day):
            self.refrained[f"{name}#{gate}"] = day.day
            self._held_back.append(self._decided(day.ruleset.care[name], day, "held-back", gate=gate))

    def _closed_gate(self, care: Care, day: DayResult, latest: Mapping[str, Day]) -> Barrier | None:
        """What was done, before or after, leaves no room or contradicts it: a late event may have moved what is due."""
        if self._is_contradicted(care, day, latest):
            return "never-together"
        return "contact-cap" if is_capped(day.ruleset.programme, self._by_channel(), care.do, day.day) else None

    def _is_contradicted(self, care: Care, day: DayResult, latest: Mapping[str, Day]) -> bool:
        """Whether what must never come together with it was asked for on its day, is now, or is about to be."""
        others = day.ruleset.contradicting(care.do.action)
        asked = {one.care for one in self.decisions if isinstance(one, CareDecided) and one.status in ACTED}
        first = day.day + (care.name in day.due)  # what only waited gives way to what falls due on the day itself
        return any(
            self.asked.get(other) == day.day or other in asked or latest.get(other, NEVER) >= first for other in others
        )

    def _by_channel(self) -> dict[str, list[Day]]:
        found: dict[str, list[Day]] = {}
        for one in self.contacts:
            found.setdefault(one.channel, []).append(one.day)
        return found

    def _recorded(self, name: str, gate: Barrier, day: DayResult) -> bool:
        before = self.refrained.get(f"{name}#{gate}")
        return (before is not None and before >= day.day) or self.asked.get(name) == day.day

    def _may_ask(self, day: DayResult, name: str) -> bool:
        last = self.asked.get(name)
        return last is None or day.day - last >= day.ruleset.care[name].repeat_after

    def _arm(self, care: Care, day: DayResult) -> Arm:
        return arm_of(care, day.ruleset.programme.salt, self.customer)

    def _decided(
        self,
        care: Care,
        day: DayResult,
        status: Literal["requested", "missed", "held-out", "held-back"],
        *,
        arm: Arm = "treated",
        gate: Barrier | None = None,
    ) -> CareDecided:
        programme = day.ruleset.programme
        because = reasons_for_care(day.ruleset, care, day.facts)
        times = not_before(programme, care.do, self.now), _expires(care, day)
        return CareDecided(care.name, day.day, status, because, day.ruleset.version, care.do, *times, arm, gate)


def care_ledger(before: Ledger, customer: str, now: datetime) -> CareLedger:
    """The ledger of care as it was, to be added to."""
    known = dict(before.asked), dict(before.unanswered), dict(before.refrained)
    return CareLedger(customer, now, *known, list(before.contacts), dict(before.waiting))


def _expires(care: Care, day: DayResult) -> datetime:
    return end_of_day(day.day + care.do.within, day.ruleset.programme.time_zone)


def answers_in(events: Iterable[Event]) -> Iterator[CareAnswer]:
    """The answers to care actions among some events, in the order in which they were given.

    Of one moment, what is accepted comes first: nobody accepts what is over.
    """
    found = [event.detail for event in events if isinstance(event.detail, CareAnswer)]
    yield from sorted(found, key=lambda answer: (answer.time, answer.status != "accepted", answer.id))


def not_before(programme: Programme, do: Action, now: datetime) -> datetime:
    """The first moment from `now` on that is not in the quiet hours; they are only for what reaches the customer."""
    quiet, local = programme.quiet_hours, now.astimezone(zone(programme.time_zone))
    if quiet is None or do.channel is None or not _is_quiet(quiet, local.hour * 60 + local.minute):
        return now
    day = local.date() + DAY if quiet.end <= local.hour * 60 + local.minute else local.date()
    return next(end for end in moments_of(day, quiet.end, programme.time_zone) if end > now).astimezone(now.tzinfo)


def _is_quiet(quiet: QuietHours, minute: int) -> bool:
    over_midnight = quiet.begin > quiet.end
    return minute >= quiet.begin or minute < quiet.end if over_midnight else quiet.begin <= minute < quiet.end
