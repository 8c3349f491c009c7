"""The metrics that the template looks at are those that the functions tell, by name and by function."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from standing.aws.table import Customers

from tests.integration.ingest.test_private import Context, batch, due_in, events, function, layer, stack, stream
from tests.make.support import ROOT
from tests.template.cloudformation import of_type, walk
from tests.template.glance import DASHBOARD, shown
from tests.template.translate import translate

__all__ = ["layer", "stack"]  # fixtures

NAMESPACE, SERVICE = "Standing", "standing-${Stage}-"


def looked_at(template: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(function, metric) of each metric of ours that an alarm or the dashboard looks at."""
    for alarm in of_type(template, "AWS::CloudWatch::Alarm").values():
        for part in walk(alarm):
            if part.get("Namespace") == NAMESPACE:
                (dimension,) = part["Dimensions"]
                assert dimension["Name"] == "service"
                yield dimension["Value"]["Fn::Sub"].removeprefix(SERVICE), part["MetricName"]
    for board in of_type(template, DASHBOARD).values():
        of_ours = ((name, by["service"]) for namespace, name, by in shown(board) if namespace == NAMESPACE)
        yield from ((service.removeprefix(SERVICE), name) for name, service in of_ours)


def told(written: str) -> dict[str, set[str]]:
    """The names of the metrics in what was written, by function."""
    found: dict[str, set[str]] = defaultdict(set)
    for line in written.splitlines():
        metrics = json.loads(line).get("_aws", {}).get("CloudWatchMetrics", []) if line.startswith("{") else []
        for one in metrics:
            assert one["Namespace"] == NAMESPACE
            assert one["Dimensions"] == [["service"]]
            found[json.loads(line)["service"]] |= {metric["Name"] for metric in one["Metrics"]}
    return found


@pytest.fixture
def metrics(
    layer: None,  # noqa: ARG001 -- it is only to be there
    stack: Customers,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> dict[str, set[str]]:
    """What each function tells of a batch, and of a night."""
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", NAMESPACE)

    def run(name: str, event: dict[str, Any]) -> Any:
        monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", name)
        return function(name).handler(event, Context())

    run("ingest", batch(events()))
    records = {"Records": stream(stack)}
    for name in ("publish", "archive"):
        run(name, records)
    wrong, planned = run("deal", {}), run("plan", {})
    model = run("train", planned)
    run("rescore", {"day": planned["day"], "bucket": due_in(planned)[0]})
    run("summarise", {"wrong": wrong, "planned": planned, "model": model})
    return told(capsys.readouterr().out)


def test_what_is_looked_at_is_told(metrics: dict[str, set[str]]) -> None:
    assert set(metrics) == {folder.name for folder in (ROOT / "functions").iterdir() if folder.is_dir()}
    wanted = set(looked_at(translate(ROOT / "template.yaml")))
    assert {("summarise", "differences"), ("summarise", "customers"), ("publish", "published")} <= wanted
    assert {(name, metric) for name, metric in wanted if metric not in metrics[name]} == set()


def test_what_there_was_none_of_is_told_as_none(metrics: dict[str, set[str]]) -> None:
    """Else a sum in which it stands is no number to an alarm, and the alarm is silent."""
    assert {"applied", "duplicates", "rejected", "failed"} <= metrics["ingest"]
