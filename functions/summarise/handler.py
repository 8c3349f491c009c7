"""The summarise function: makes a night's report from the reports of its buckets."""

import os
from typing import Any

import boto3
from aws_lambda_powertools import Metrics
from botocore.config import Config
from standing.aws.lake_bucket import Lake
from standing.aws.logging import function_logger, values_hidden
from standing.aws.logs import Logs
from standing.aws.ruleset_layer import deployed_rules
from standing.nightly.arrivals import with_refused
from standing.nightly.summary import conclude, page_key, report_key, steps_of
from standing.nightly.trends import with_trend
from standing.present.report.page import page
from standing.report.model import Report, counts_of
from standing.values.catalogue import LANGUAGES

logger = function_logger()
metrics = Metrics()
PATIENCE = Config(connect_timeout=2, read_timeout=30, retries={"mode": "standard", "max_attempts": 5})
lake = Lake(boto3.client("s3", config=PATIENCE), os.environ["LAKE_BUCKET"])
logs = Logs(boto3.client("logs", config=PATIENCE), os.environ["INGEST_LOGS"])
rules = deployed_rules()


def show(report: Report) -> None:
    """Store the pages of a report."""
    for language in LANGUAGES:
        lake.put(page_key(report.day, language), page(report, rules.latest, language).encode())


@metrics.log_metrics
@values_hidden
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Store a night's report as data and as pages. `event` has the results of its steps: faults, plan, and model."""
    zone, steps = rules.latest.programme.time_zone, steps_of(lake, event)
    report = conclude(lake, steps, lambda found: with_trend(with_refused(found, lake, logs, zone), lake), show)
    counts = {
        **counts_of(report),
        "failed_buckets": len(report.failed_buckets),
        "damaged": len(report.wrong),
    }
    for name, value in counts.items():
        metrics.add_metric(name=name, unit="Count", value=value)
    log = logger.error if report.failed_buckets else logger.info
    log("night", extra={"day": steps.day, "counts": counts, "failed": report.failed_buckets})
    return {"day": steps.day, "report": report_key(steps.day), **counts}
