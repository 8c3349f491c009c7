"""The ledger of care: actions requested, missed, held out or held back, and how each ended.

That an action is due is pure (see `engine/care.py`). Whether it is requested depends on when it is known and on what
was requested before. Only contacts that were made count towards a cap, even if a late event moves what was due. An
action for which a cap has no room waits, as long as its conditions hold.
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
from standing.rules.ruleset import Action, Care, Programme, QuietHours, Ruleset
from standing.values.days import Day, day_number, end_of_day, moments_of, zone

type Barrier = Gate | Literal["never-together"]
type Arm = Literal["treated", "control"]
DAY = timedelta(days=1)
NEVER = -1  # before every day
ACTED = {"requested", "held-out"}
MOST_EXPIRED = 10  # in one commit, since a transaction is limited; the next commit continues


@dataclass(frozen=True)
class CareDecided:
    """A care action that fell due on `day`, and its status.

    `requested`: the owner is to act, from `not_before` until `expires`. `missed`: it was known so late that no time
    outside quiet hours was left. `held-out`: nothing is done, so that the effect can be measured. `held-back`: the gate
    `gate` was closed.
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
    """Somebody accepted a requested care action. It stays open."""

    care: str
    day: Day
    rules: str = ""
    status: Literal["accepted"] = "accepted"


@dataclass(frozen=True)
class CareClosed:
    """A requested care action ended: by an answer, or because nobody did it in time."""

    care: str
    day: Day
    status: Literal["done", "declined", "failed", "expired"]
    rules: str = ""


@dataclass
class CareLedger:
    """Requested and open care actions of a customer, and the decisions to write."""

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
        """Record answers, and actions that expired before `today`."""
        for answer in answers:
            decision = self._answered(answer, rules)
            if decision not in self.decisions:  # the same answer may come under another id
                self.decisions.append(decision)
        for key in [key for key, last in self.unanswered.items() if last < today][:MOST_EXPIRED]:
            del self.unanswered[key]
            care, _, day = key.partition("#")
            self.decisions.append(CareClosed(care, int(day), "expired", rules))

    def _answered(self, answer: CareAnswer, rules: str) -> CareAccepted | CareClosed:
        """The decision of an answer. Only an accepted action stays open, until it expires."""
        day = day_number(answer.day)
        if answer.status == "accepted":
            return CareAccepted(answer.care, day, rules)
        self.unanswered.pop(f"{answer.care}#{day}", None)
        return CareClosed(answer.care, day, answer.status, rules)

    def ask(self, lived: Sequence[DayResult]) -> None:
        """Act on rules that fell due or that waited. If a rule fell due on several days, the last one counts."""
        latest = {name: day.day for day in lived for name in day.due if self._may_ask(day, name)}
        for day in lived:
            for care in day.ruleset.care_in_order if day.ready else ():
                if self._is_open(care.name, day) and day.day >= latest.get(care.name, day.day):
                    self._consider(care, day, latest)

    def refrain(self, lived: Sequence[DayResult]) -> None:
        """Record actions that were held back; by consent, once for each time that a rule's conditions become true."""
        latest = {name: day for day in lived for name, gate in day.refrained if gate == "consent"}
        for name, day in latest.items():
            self._hold_back(name, "consent", day)
        self.decisions += self._held_back

    def ledger(self, announced: dict[str, str], honoured: dict[str, Day], last: DayResult) -> Ledger:
        """The ledger as it is now, without entries that cannot matter after the last day of the fold."""
        care = last.ruleset.care
        oldest = last.day - last.ruleset.derived(_longest_memory)
        recent = [contact for contact in self.contacts if contact.day > oldest]
        contacts = tuple(sorted(recent, key=lambda contact: (contact.day, contact.care)))
        waiting = {name: day for name, day in self.waiting.items() if name in care}
        return Ledger(announced, honoured, self.asked, self.unanswered, self.refrained, contacts, waiting)

    def _is_open(self, name: str, day: DayResult) -> bool:
        """Whether a rule may be acted on for a day. A day that is decided again requests nothing twice."""
        is_free = name in day.due or name in day.capped or name in self.waiting
        return is_free and name in day.ready and self.asked.get(name) != day.day

    def _consider(self, care: Care, day: DayResult, latest: Mapping[str, Day]) -> None:
        """Act on a rule, or make it wait until it can be acted on."""
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
        """Make a rule wait until `repeat_after` has passed. It need not wait if it was acted on later than `day`."""
        if (last := self.asked[care.name]) < day.day:
            self.waiting[care.name] = last + care.repeat_after

    def _miss(self, care: Care, day: DayResult, *, is_due: bool) -> None:
        """Record a due action as missed, because it is known too late. A rule that was not due goes on waiting."""
        if is_due:
            self._act(self._decided(care, day, "missed", arm=self._arm(care, day)))
            return
        self.waiting[care.name] = day.day + 1
        if care.name in day.capped:
            self._note(care.name, "contact-cap", day)

    def _is_in_time(self, care: Care, day: DayResult) -> bool:
        """Whether there is time left in which the owner may act. It is the same for both arms."""
        return not_before(day.ruleset.programme, care.do, self.now) < _expires(care, day)

    def _note(self, name: str, gate: Barrier, day: DayResult) -> None:
        """Record that a rule is held back, if that is new."""
        is_new = (name, gate) in day.refrained or name in day.due
        waited = name not in day.capped and self.refrained.get(f"{name}#{gate}", NEVER) <= self.asked.get(name, NEVER)
        if is_new or waited:
            self._hold_back(name, gate, day)

    def _room(self, care: Care, day: DayResult) -> Day:
        """The first day after `day` on which the caps have room for an action."""
        programme, made = day.ruleset.programme, self._by_channel()
        ends = {contact.day + cap.within for contact in self.contacts for cap in programme.caps}
        later = sorted(end for end in ends if end > day.day)
        return next(end for end in later if not is_capped(programme, made, care.do, end))

    def _act(self, decided: CareDecided) -> None:
        self.asked[decided.care] = decided.day
        self.waiting.pop(decided.care, None)
        self.decisions.append(decided)
        if decided.status == "requested":
            self.unanswered[f"{decided.care}#{decided.day}"] = decided.day + decided.do.within
        if decided.status != "missed" and decided.do.channel:  # a missed action disturbed nobody
            self.contacts.append(Contact(decided.do.channel, decided.care, decided.day))

    def _hold_back(self, name: str, gate: Barrier, day: DayResult) -> None:
        if not self._recorded(name, gate, day):
            self.refrained[f"{name}#{gate}"] = day.day
            self._held_back.append(self._decided(day.ruleset.care[name], day, "held-back", gate=gate))

    def _closed_gate(self, care: Care, day: DayResult, latest: Mapping[str, Day]) -> Barrier | None:
        """The gate that past or later actions close, if any: a late event may have moved the day of an action."""
        if self._is_contradicted(care, day, latest):
            return "never-together"
        return "contact-cap" if is_capped(day.ruleset.programme, self._by_channel(), care.do, day.day) else None

    def _is_contradicted(self, care: Care, day: DayResult, latest: Mapping[str, Day]) -> bool:
        """Whether a rule that must never come together with it was requested on its day, or is to be."""
        others = day.ruleset.contradicting(care.do.action)
        decided = (decision for decision in self.decisions if isinstance(decision, CareDecided))
        asked = {decision.care for decision in decided if decision.status in ACTED}
        first = day.day + (care.name in day.due)  # a rule that only waited yields to one that falls due on the day
        return any(
            self.asked.get(other) == day.day or other in asked or latest.get(other, NEVER) >= first for other in others
        )

    def _by_channel(self) -> dict[str, list[Day]]:
        by_channel: dict[str, list[Day]] = {}
        for contact in self.contacts:
            by_channel.setdefault(contact.channel, []).append(contact.day)
        return by_channel

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


def _longest_memory(ruleset: Ruleset) -> Day:
    """For how many days a contact may matter: to a cap, on the last day on which an action can be asked for."""
    return ruleset.longest_cap + max((rule.do.within for rule in ruleset.care.values()), default=0)


def care_ledger(before: Ledger, customer: str, now: datetime) -> CareLedger:
    """A care ledger that continues the stored one."""
    known = dict(before.asked), dict(before.unanswered), dict(before.refrained)
    return CareLedger(customer, now, *known, list(before.contacts), dict(before.waiting))


def _expires(care: Care, day: DayResult) -> datetime:
    return end_of_day(day.day + care.do.within, day.ruleset.programme.time_zone)


def answers_in(events: Iterable[Event]) -> Iterator[CareAnswer]:
    """The answers to care actions among events, in order of time.

    At the same moment, `accepted` comes first, since nobody accepts an action that is over.
    """
    answers = [event.detail for event in events if isinstance(event.detail, CareAnswer)]
    yield from sorted(answers, key=lambda answer: (answer.time, answer.status != "accepted", answer.id))


def not_before(programme: Programme, do: Action, now: datetime) -> datetime:
    """The first moment from `now` on outside quiet hours. They only apply to actions on a channel."""
    quiet, local = programme.quiet_hours, now.astimezone(zone(programme.time_zone))
    if quiet is None or do.channel is None or not _is_quiet(quiet, local.hour * 60 + local.minute):
        return now
    day = local.date() + DAY if quiet.end <= local.hour * 60 + local.minute else local.date()
    return next(end for end in moments_of(day, quiet.end, programme.time_zone) if end > now).astimezone(now.tzinfo)


def _is_quiet(quiet: QuietHours, minute: int) -> bool:
    over_midnight = quiet.begin > quiet.end
    return minute >= quiet.begin or minute < quiet.end if over_midnight else quiet.begin <= minute < quiet.end
