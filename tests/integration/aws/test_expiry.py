"""Rows that are of no more use expire, by the attribute that the template names; nothing else does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from standing.aws.table import Customers
from standing.ingest.batch import Ingest
from standing.rules.timeline import Timeline
from standing.values.days import day_date, day_of, month_ends

from tests.make.strategies import CLUB
from tests.make.support import NOW, ROOT, KeptRejections, envelope, message, purchase
from tests.template.translate import translate

HISTORY = 400  # days for which an event counts


@pytest.fixture(scope="session")
def attribute() -> str:
    """The attribute by which DynamoDB expires rows of the table."""
    table = translate(ROOT / "template.yaml")["Resources"]["Customers"]["Properties"]
    name: str = table["TimeToLiveSpecification"]["AttributeName"]
    return name


def test_events_and_checkpoints_expire_and_nothing_else(attribute: str, customers: Customers) -> None:
    programme = CLUB.programme.model_copy(update={"history": HISTORY})
    rules = Timeline.of(CLUB.model_copy(update={"programme": programme}))
    ingest = Ingest(rules, customers, KeptRejections(), clock=lambda: NOW, pause=lambda _: None)
    who = {"id": "v-1", "customer": "c-1", "time": NOW.isoformat()}
    bodies = [purchase(1, amount="150.00", days_ago=70), purchase(2), envelope("profile.v1", who)]
    assert ingest.batch([message(number, body) for number, body in enumerate(bodies)]).counts["applied"] == 3
    expiry = {
        row["sk"]["S"]: int(row[attribute]["N"]) if attribute in row else None
        for row in customers.client.scan(TableName=customers.table)["Items"]
    }
    expiring = {sort for sort, moment in expiry.items() if moment is not None}
    assert {sort for sort in expiry if sort.startswith(("EVENT#shop.checkout#p-", "CHECKPOINT#"))} == expiring
    assert sum(sort.startswith("CHECKPOINT#") for sort in expiring) == 2
    within_history = (NOW - timedelta(days=70) + timedelta(days=HISTORY)).timestamp()
    assert min(moment for moment in expiry.values() if moment is not None) > within_history
    began = day_of(NOW, "UTC") - 70
    needed = {"EVENT#shop.checkout#p-1": began + HISTORY}  # the last day on which anything asks for a row
    for end in [one for one in month_ends(began, day_of(NOW, "UTC")) if f"CHECKPOINT#{day_date(one):%Y-%m}" in expiry]:
        needed[f"CHECKPOINT#{day_date(end):%Y-%m}"] = end + 31 + programme.lateness  # by an event of the next month
    assert needed.keys() == expiring - {"EVENT#shop.checkout#p-2"}
    assert {name: expiry[name] for name in needed} == {name: (day + 31) * 86_400 for name, day in needed.items()}
