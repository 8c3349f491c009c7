"""The customers of a table as a population: read once for both rulesets, as a snapshot of it would say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from standing.aws.table import Customers
from standing.impact import population
from standing.impact.report import as_dict, compare_rulesets
from standing.impact.sources import of_file, of_table
from standing.ingest.batch import Ingest
from standing.rules.features import Window
from standing.rules.timeline import Timeline

from tests.make.support import NOW, KeptRejections, message, purchase

SPENT = {"c-1": "1700.00", "c-2": "2500.00", "c-3": "100.00"}


@pytest.fixture
def filled(customers: Customers, rules: Timeline) -> Customers:
    """A silver, a gold and a bronze customer, as of today."""
    since = (NOW - datetime.now(UTC)) / timedelta(days=1) + 3
    desk = Ingest(rules, customers, KeptRejections(), pause=lambda _: None)
    bodies = [purchase(1, amount=amount, customer=who, days_ago=since) for who, amount in SPENT.items()]
    assert desk.batch([message(number, body) for number, body in enumerate(bodies)]).failed == {}
    return customers


def test_a_tables_customers_are_what_its_snapshot_says(filled: Customers, rules: Timeline, tmp_path: Path) -> None:
    before = rules.latest
    (taken,) = of_table(filled, before, before)
    population.write(taken, tmp_path / "taken.parquet")
    known = of_file(tmp_path / "taken.parquet", before)
    assert known.frame.equals(taken.frame)
    levels = dict(taken.frame.select("customer", "tier/level").iter_rows())
    assert levels == {"c-1": "silver", "c-2": "gold", "c-3": "bronze"}
    assert dict(taken.frame.select("customer", "spend_365d").iter_rows())["c-1"] == 170_000


def test_rules_that_measure_otherwise_are_compared_over_the_same_customers(filled: Customers, rules: Timeline) -> None:
    before = rules.latest
    shorter = [
        one.model_copy(update={"window": Window(over=2)}) if one.name == "spend_365d" else one
        for one in before.features
    ]
    after = before.model_copy(update={"version": "edited", "features": tuple(shorter)})
    old, new = of_table(filled, before, before, after)
    assert old.frame["customer"].equals(new.frame["customer"])
    found = as_dict(compare_rulesets(before, after, old, new))
    tier = {(one["from"], one["to"]): one["customers"] for one in found["moves"] if one["rating"] == "tier"}
    assert tier == {("silver", "bronze"): 1, ("gold", "bronze"): 1}  # spent three days ago, of which two count


def test_an_empty_table_is_a_population_of_nobody(customers: Customers, rules: Timeline) -> None:
    (nobody,) = of_table(customers, rules.latest, rules.latest)
    found = as_dict(compare_rulesets(rules.latest, rules.latest, nobody, nobody))
    assert (found["customers"], found["moved"], found["moves"]) == (0, 0, [])
