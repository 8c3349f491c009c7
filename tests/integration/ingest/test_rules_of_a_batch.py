"""INV-11: the ingest function reads the rules once, and a batch is decided by those alone."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import orjson
import pytest
from standing.aws.table import Customers
from standing.ingest.batch import Ingest
from standing.rules.ruleset import Ruleset, Stratum
from standing.rules.timeline import Timeline
from standing.values.days import day_of

from tests.make.strategies import CLUB, CLUB_FEATURES, TIER, every, line, ruleset
from tests.make.support import NOW, ROOT, KeptRejections, message, purchase

CHANGED = TIER.model_copy(update={"qualify": {**TIER.qualify, "silver": every(line("spend_10d", ">=", 1))}})
OTHER = ruleset(CLUB_FEATURES, Stratum(ratings=(CHANGED,)), *CLUB.strata[1:])


class Context:
    """What Lambda tells a function of its own call."""

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 30_000


@pytest.fixture
def layer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Ruleset], None]]:
    """A layer `ruleset` whose content can be changed."""
    package = tmp_path / "standing_ruleset"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    sys.modules.pop("standing_ruleset", None)
    yield lambda rules: _write(package / "timeline.json", rules)
    sys.modules.pop("standing_ruleset", None)


def _write(path: Path, rules: Ruleset) -> None:
    path.write_text(Timeline.of(rules).model_dump_json())


def start(monkeypatch: pytest.MonkeyPatch, customers: Customers) -> Any:
    """The ingest function as it is started: its module, newly loaded."""
    queue = boto3.client("sqs").create_queue(QueueName="rejected")["QueueUrl"]
    for name, value in {"CUSTOMERS_TABLE": customers.table, "REJECTED_QUEUE_URL": queue}.items():
        monkeypatch.setenv(name, value)
    for name in ("POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE"):
        monkeypatch.setenv(name, "standing")
    path = ROOT / "functions" / "ingest" / "handler.py"
    spec = importlib.util.spec_from_file_location("ingest_handler", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.ingest.clock = lambda: NOW
    return module


def batch(first: int) -> dict[str, Any]:
    """Messages of six customers."""
    bodies = [message(n, purchase(n, customer=f"c-{n}", amount="150.00")) for n in range(first, first + 6)]
    return {"Records": [{"messageId": one.id, "body": one.body} for one in bodies]}


def versions(customers: Customers) -> set[str]:
    """Every version that a state or a decision names."""
    rows = customers.client.scan(TableName=customers.table)["Items"]
    decided = {orjson.loads(row["detail"]["S"])["rules"] for row in rows if row["sk"]["S"].startswith(("DEC", "CARE"))}
    return decided | {row["rules"]["S"] for row in rows if row["sk"]["S"] == "STATE"}


@pytest.mark.invariant("INV-11")
def test_rules_that_change_in_the_middle_of_a_batch_do_not_mix(
    layer: Callable[[Ruleset], None], customers: Customers, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer(CLUB)
    function = start(monkeypatch, customers)
    commit = function.customers.commit

    def commit_and_change(*arguments: Any) -> None:
        commit(*arguments)
        layer(OTHER)

    monkeypatch.setattr(function.customers, "commit", commit_and_change)
    for first in (0, 6):
        assert function.handler(batch(first), Context()) == {"batchItemFailures": []}
    assert sum(1 for _ in customers.states()) == 12
    assert versions(customers) == {CLUB.version}
    assert start(monkeypatch, customers).handler(batch(12), Context()) == {"batchItemFailures": []}
    assert versions(customers) == {CLUB.version, OTHER.version}  # the next process has the new ones


@pytest.mark.invariant("INV-11")
def test_a_state_names_the_rules_of_its_last_day(customers: Customers) -> None:
    """Not those that were added last: they may begin tomorrow."""
    rules = Timeline.of(CLUB).followed_by(OTHER, day_of(NOW, "UTC") + 1)
    ingest = Ingest(rules, customers, KeptRejections(), clock=lambda: NOW, pause=lambda _: None)
    assert ingest.batch([message(1, purchase(1, amount="150.00"))]).failed == {}
    assert customers.rules_of("c-1") == CLUB.version
    assert versions(customers) == {CLUB.version}
