"""What a decision goes by: one id for ever, and the version of the rules that made it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standing.aws.bus import MOST_BYTES, entry_bytes
from standing.aws.decisions import decision_content, decision_rows
from standing.engine.decide import Decision, DecisionResult
from standing.engine.ledger.announcements import LevelHonoured, RatingChanged
from standing.engine.ledger.care import CareAccepted, CareClosed
from standing.engine.reasons import Reason
from standing.events.intake import Event
from standing.rules.ruleset import Ruleset, Stratum
from standing.rules.timeline import Timeline
from standing.values.days import Day

from tests.make import programmes
from tests.make import strategies as made
from tests.make.strategies import CLUB, CLUB_FEATURES, Customer, every, line, purchase, refund, ruleset, survey


@dataclass
class Noted(Customer):
    """A customer whose outcomes are noted as they are committed."""

    outcomes: list[DecisionResult] = field(default_factory=list)

    def keep(self, outcome: DecisionResult) -> tuple[Decision, ...]:
        """Store it, and note it."""
        self.outcomes.append(outcome)
        return super().keep(outcome)

    def rows(self) -> list[dict[str, Any]]:
        """The rows of all decisions."""
        return [row for outcome in self.outcomes for row in decision_rows(outcome, self.now)]


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    """Two rulesets, the second from some day of the histories on."""
    return Timeline.of(draw(programmes.rulesets())).followed_by(
        draw(programmes.rulesets()), draw(st.integers(1_000, 1_060))
    )


@pytest.mark.invariant("INV-5")
@settings(max_examples=60)
@given(timelines(), programmes.histories(), st.data())
def test_no_two_decisions_have_one_id(rules: Timeline, events: list[Event], data: st.DataObject) -> None:
    """A second one under a sort key that was used would change a row, and changed rows are not published."""
    customer = Noted(rules, now=made.noon(1_062))
    for batch in data.draw(made.splits(events)):
        customer.deliver(*batch)
    rows = customer.rows()
    assert len({row["sk"]["S"] for row in rows}) == len(rows)
    assert len({json.loads(row["detail"]["S"])["id"] for row in rows}) == len(rows)


@pytest.mark.invariant("INV-11")
@settings(max_examples=60)
@given(timelines(), programmes.histories(), st.data())
def test_a_decision_names_the_rules_of_its_day(rules: Timeline, events: list[Event], data: st.DataObject) -> None:
    """Where events come in time; an answer to a care action is of the last day that was decided."""
    customer = Noted(rules, now=made.noon(1_062))
    for batch in data.draw(made.splits(events).map(_in_time)):
        for decision in customer.deliver(*batch):
            day = customer.standing.day if isinstance(decision, CareAccepted | CareClosed) else decision.day
            assert decision.rules == rules.on(day).version


def _in_time(batches: list[list[Event]]) -> list[list[Event]]:
    """The same events in batches of the same sizes, earlier days first."""
    left = iter(sorted((event for batch in batches for event in batch), key=lambda event: event.day))
    return [[next(left) for _ in batch] for batch in batches]


@pytest.mark.invariant("INV-11")
@settings(max_examples=60)
@given(timelines(), programmes.histories(), st.data())
def test_told_again_it_names_no_rules_that_were_not_in_force_since(
    rules: Timeline, events: list[Event], data: st.DataObject
) -> None:
    """A level may be older than the days that a late event tells again: it names the rules of the first of those."""
    customer = Noted(rules, now=made.noon(1_062))
    for batch in data.draw(made.splits(events)):
        for decision in customer.deliver(*batch):
            spans = rules.spans(min(decision.day, customer.standing.day), customer.standing.day)
            assert decision.rules in {span.ruleset.version for span in spans}


OLD = Timeline.of(CLUB)
DEARER = made.TIER.model_copy(
    update={"qualify": {**made.TIER.qualify, "silver": every(line("spend_10d", ">=", 12_000))}}
)
NEW = ruleset(CLUB_FEATURES, Stratum(ratings=(DEARER,)), *CLUB.strata[1:])
BOTH = OLD.followed_by(NEW, 1_050)


def by_spend_ever(silver: int, gold: int) -> Ruleset:
    """Rules by which a tier is never lost to time."""
    qualify = {"silver": every(line("spend_ever", ">=", silver)), "gold": every(line("spend_ever", ">=", gold))}
    tier = made.TIER.model_copy(update={"qualify": qualify, "retain": {}})
    return ruleset(CLUB_FEATURES, Stratum(ratings=(tier,)), *CLUB.strata[1:])


def told(decisions: tuple[Decision, ...]) -> list[tuple[str, Day, str]]:
    """What was decided on which day, and by which of the two rulesets."""
    names = {CLUB.version: "old", NEW.version: "new"}
    return [(_what(one), one.day, names[one.rules]) for one in decisions]


def _what(decision: Decision) -> str:
    return decision.level if isinstance(decision, RatingChanged | LevelHonoured) else decision.care


@pytest.mark.invariant("INV-11")
def test_days_of_the_old_rules_told_again_name_the_old_rules() -> None:
    customer = Customer(BOTH, now=made.noon(1_056))
    assert told(customer.deliver(purchase(1_040, "110.00"))) == [("silver", 1_040, "old"), ("calm", 1_040, "old")]
    # 110.00 would be no silver by the new rules, but that day was decided by the old ones; it slid out by time alone.
    assert told(customer.deliver(purchase(1_055, "110.00"))) == [("bronze", 1_050, "new")]
    # A late event of the old rules' days: what it makes due then is theirs, and what follows is the new rules'.
    assert told(customer.deliver(survey(1_041, 1))) == [("recover", 1_047, "old")]
    assert told(customer.deliver(purchase(1_054, "50.00"))) == [("silver", 1_055, "new")]


@pytest.mark.invariant("INV-11")
def test_a_level_older_than_the_days_told_again_names_the_rules_of_the_first_of_them() -> None:
    """They are what took the other level away, and whose lines are given as the reason."""
    cheaper = by_spend_ever(9_000, 20_000)
    customer = Customer(Timeline.of(by_spend_ever(10_000, 30_000)).followed_by(cheaper, 1_030), now=made.noon(1_056))
    customer.deliver(purchase(1_010, "120.00"))
    assert [one.rules for one in customer.deliver(purchase(1_040, "85.00"))] == [cheaper.version] * 2
    customer.deliver(purchase(1_050, "0.00"))
    assert list(customer.checkpoints) == [1_034]
    (no_longer_gold,) = customer.deliver(refund(1_038, "10.00"))
    assert isinstance(no_longer_gold, RatingChanged)
    assert (no_longer_gold.level, no_longer_gold.day, no_longer_gold.rules) == ("silver", 1_010, cheaper.version)
    assert [reason["line"] for reason in no_longer_gold.because] == ["spend_ever >= 20000"]


@settings(max_examples=40)
@given(st.integers(1, 400), st.sampled_from(["x", '"', "客", "\x01"]), st.integers(1, 3_000))
def test_a_decision_with_however_many_reasons_fits_on_the_bus(many: int, letter: str, length: int) -> None:
    because = tuple(Reason(line=f"{n} {letter * length}", actual=None, holds=True) for n in range(many))
    decision = RatingChanged("tier", None, "gold", 1_000, because, "r")
    told = json.loads(json.dumps(decision_content(decision).content))
    assert told["because"] == list(because)[: len(told["because"])]
    assert len(told["because"]) + told.get("more_reasons", 0) == many
    detail = json.dumps(told, ensure_ascii=False)
    assert entry_bytes({"Source": "standing", "DetailType": "rating.changed.v1", "Detail": detail}) < MOST_BYTES / 3
    if len(json.dumps(because, ensure_ascii=False).encode()) < 64 * 1024:
        assert "more_reasons" not in told
