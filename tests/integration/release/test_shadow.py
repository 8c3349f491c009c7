"""A candidate's table, seeded from the live one while events go on arriving, on moto; and the two compared."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ruamel.yaml import YAML
from standing.aws.table import Customers
from standing.engine.decide import DecisionResult
from standing.engine.state import State
from standing.engine.view import view, view_of_history
from standing.events.intake import Event
from standing.ingest.batch import BatchReport, Ingest
from standing.release.comparison import RulesSide, compare
from standing.release.seed import ShadowSeed
from standing.release.shadow import PASSED_ON, passed_on
from standing.rules.author.compiler import compile_rules
from standing.rules.timeline import Timeline
from standing.values.days import day_of

from tests.integration.conftest import KEYS
from tests.make.strategies import CLUB
from tests.make.support import ROOT, KeptRejections, envelope, message, naming, taken

TODAY = datetime.now(UTC)


class Meeting:
    """A table where somebody commits an event just before one of our commits."""

    def __init__(self, inner: Customers, meanwhile: Callable[[], None]) -> None:
        self.inner, self.meanwhile, self.met = inner, meanwhile, False

    def commit(
        self, before: State | None, outcome: DecisionResult, events: Sequence[Event], rules: Timeline, now: datetime
    ) -> None:
        """Let the other commit, once, and then try."""
        if not self.met:
            self.met = True
            self.meanwhile()
        self.inner.commit(before, outcome, events, rules, now)

    def __getattr__(self, name: str) -> Any:
        """As the table itself."""
        return getattr(self.inner, name)


@pytest.fixture
def shadow(customers: Customers) -> Customers:
    """An empty table beside the live one."""
    customers.client.create_table(TableName="shadows", BillingMode="PAY_PER_REQUEST", **KEYS)
    return Customers(customers.client, "shadows")


@pytest.fixture(scope="module")
def candidate(tmp_path_factory: pytest.TempPathFactory, rules: Timeline) -> Timeline:
    """The rules of the clone until yesterday, and then gold from 1,500.00."""
    folder = tmp_path_factory.mktemp("candidate") / "rules"
    shutil.copytree(ROOT / "rules", folder)
    tier = folder / "ratings" / "tier.yaml"
    tier.write_text(tier.read_text().replace("spend_365d >= 2000.00", "spend_365d >= 1500.00"))
    zone = rules.latest.programme.time_zone
    return rules.followed_by(compile_rules(folder), day_of(TODAY, zone))


def ingest(customers: Any, rules: Timeline) -> Ingest:
    return Ingest(rules, customers, KeptRejections(), clock=lambda: TODAY, pause=lambda _: None)


def bought(number: int, customer: str, amount: str, days_ago: int) -> dict[str, Any]:
    time = (TODAY - timedelta(days=days_ago)).isoformat()
    detail = {"id": f"p-{number}", "customer": customer, "time": time, "amount": amount, "currency": "USD"}
    return envelope("purchase.v1", detail)


def apply(customers: Customers, rules: Timeline, *bodies: dict[str, Any]) -> None:
    report = ingest(customers, rules).batch([message(number, body) for number, body in enumerate(bodies)])
    assert report.failed == {}


def seed(live: Customers, shadow: Customers, rules: Timeline, through: Any = None) -> int:
    names = sorted(state.customer for state in live.states())
    return ShadowSeed(live, ingest(through or shadow, rules), shadow, lambda: TODAY).seed(names, lambda: None)


def history(customer: str, count: int) -> list[dict[str, Any]]:
    """Purchases over half a year, more than fit into one commit."""
    chance = random.Random(customer)
    return [bought(n, customer, f"{chance.randint(1, 60)}.00", chance.randint(0, 180)) for n in range(count)]


def same_as_folded(shadow: Customers, rules: Timeline, customer: str, bodies: list[dict[str, Any]]) -> None:
    state = shadow.load(customer)
    assert state is not None
    today = day_of(TODAY, rules.latest.programme.time_zone)
    events = taken(rules.latest, *bodies, now=TODAY)
    assert view(state, rules, today, events) == view_of_history(events, rules, today)


def test_the_shadow_stands_where_the_candidate_puts_each_customer(
    customers: Customers, shadow: Customers, rules: Timeline, candidate: Timeline
) -> None:
    told = {name: history(name, 75) for name in ("a", "b")}
    for bodies in told.values():
        apply(customers, rules, *bodies)
    assert seed(customers, shadow, candidate) == 150
    for name, bodies in told.items():
        same_as_folded(shadow, candidate, name, bodies)
    assert seed(customers, shadow, candidate) == 0


def test_events_that_arrive_meanwhile_are_counted_once(
    customers: Customers, shadow: Customers, rules: Timeline, candidate: Timeline
) -> None:
    """Some came through the shadow's queue before the seeding, and one of the same customer in the midst of it."""
    bodies = history("c", 80)
    apply(customers, rules, *bodies)
    apply(shadow, candidate, *bodies[-5:])
    new = bought(999, "c", "10.00", 0)
    meeting = Meeting(shadow, lambda: apply(shadow, candidate, new, bodies[40]))
    assert seed(customers, shadow, candidate, meeting) == 75
    assert len(shadow.history("c")) == 81
    same_as_folded(shadow, candidate, "c", [*bodies, new])
    apply(shadow, candidate, *bodies)  # and what was on its way comes late: duplicates
    assert len(shadow.history("c")) == 81


def test_a_seeding_that_was_interrupted_goes_on(
    customers: Customers, shadow: Customers, rules: Timeline, candidate: Timeline
) -> None:
    bodies = history("d", 70)
    apply(customers, rules, *bodies)
    broken = Meeting(shadow, _end)
    with pytest.raises(KeyboardInterrupt):
        seed(customers, shadow, candidate, broken)
    ingest(shadow, candidate).commit_some(taken(rules.latest, *bodies[:1], now=TODAY), BatchReport(), TODAY)
    assert seed(customers, shadow, candidate) == 69
    same_as_folded(shadow, candidate, "d", bodies)


def test_what_came_too_late_for_the_live_rules_does_not_count_in_the_shadow(
    customers: Customers, shadow: Customers, rules: Timeline, candidate: Timeline
) -> None:
    late = rules.latest.programme.lateness + 2  # days of 24 hours: one may fall short where the clocks were changed
    apply(customers, rules, bought(1, "e", "100.00", 1), bought(2, "e", "5000.00", late))
    assert seed(customers, shadow, candidate) == 1
    same_as_folded(shadow, candidate, "e", [bought(1, "e", "100.00", 1)])


def test_the_two_are_compared_customer_by_customer(
    customers: Customers, shadow: Customers, rules: Timeline, candidate: Timeline
) -> None:
    apply(customers, rules, *(bought(1, name, amount, 1) for name, amount in AMOUNTS.items()))
    seed(customers, shadow, candidate)
    apply(customers, rules, bought(2, "live-only", "1.00", 0))
    found = compare(RulesSide(rules, customers), RulesSide(candidate, shadow))
    assert (found.both, found.only_live, found.only_shadow) == (len(AMOUNTS), 1, 0)
    assert {key: move.customers for key, move in found.moves.items()} == {("tier", "silver", "gold"): ["between"]}
    (because,) = found.moves["tier", "silver", "gold"].because["between"]
    assert (because["line"], because["actual"]) == ("spend_365d >= 1500.00", "1600.00")
    assert found.matrices["tier"] == {("bronze", "bronze"): 1, ("silver", "gold"): 1, ("gold", "gold"): 1}
    assert found.as_dict()["candidate"] == candidate.latest.version


ANSWERED = Timeline.of(naming(CLUB))  # somebody is named for answers to care
AMOUNTS = {"below": "20.00", "between": "1600.00", "above": "2600.00"}


def test_an_answer_counts_in_the_shadow_where_the_live_system_asked(customers: Customers, shadow: Customers) -> None:
    """The shadow asked nobody, so whom it would have asked does not matter."""
    asked = TODAY - timedelta(hours=1)
    survey = {"id": "s", "customer": "f", "time": asked.isoformat(), "kind": "survey", "score": 1, "scale": [1, 5]}
    apply(customers, ANSWERED, envelope("feedback.v1", survey))
    answer = {"id": "a", "customer": "f", "time": asked.isoformat(), "care": "recover", "status": "done"}
    body = envelope("care.v1", answer | {"day": str(asked.date()), "reason": "reached"})
    looking = Customers(shadow.client, shadow.table, asked_in=customers.table)
    for table, applied in ((shadow, 0), (looking, 1)):
        report = ingest(table, ANSWERED).batch([message(0, body)])
        assert (report.counts["applied"], report.counts["rejected"]) == (applied, 1 - applied)


def _end() -> None:
    raise KeyboardInterrupt


def test_a_shadow_has_what_the_live_stack_was_deployed_with() -> None:
    """But nothing that is empty: sam takes `KmsKeyArn=` for a mistake."""
    live = {"Stage": "prod", "KmsKeyArn": "", "IngestConcurrency": "10", "AlarmEmail": "crm@example.com"}
    assert passed_on(live) == {"Stage": "prod", "IngestConcurrency": "10"}
    key = "arn:aws:kms:eu-central-1:111122223333:key/a"
    assert passed_on(live | {"KmsKeyArn": key})["KmsKeyArn"] == key
    for template in ("template.yaml", "shadow.yaml"):
        assert set(PASSED_ON) <= set(YAML(typ="rt").load((ROOT / template).read_text("utf-8"))["Parameters"])
