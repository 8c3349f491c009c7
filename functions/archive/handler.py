"""The archive function: writes event records, decisions and states from the table's stream to the lake."""

import os
from typing import Any

import boto3
from aws_lambda_powertools import Metrics
from botocore.config import Config
from standing.archive.archiver import archive
from standing.aws.lake_bucket import Lake
from standing.aws.logging import function_logger, values_hidden
from standing.aws.ruleset_layer import deployed_rules

logger = function_logger()
metrics = Metrics()
PATIENCE = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "max_attempts": 3})
lake = Lake(boto3.client("s3", config=PATIENCE), os.environ["LAKE_BUCKET"])
rules = deployed_rules()


@metrics.log_metrics
@values_hidden
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Archive a whole batch. Raises the error if it fails: then the stream delivers the batch again."""
    done = archive(event["Records"], rules, lake)
    counts = {"records": done.records, "decisions": done.decisions, "states": done.states, "aside": len(done.aside)}
    for name, value in counts.items():
        metrics.add_metric(name=name, unit="Count", value=value)
    log = logger.warning if done.aside else logger.info
    log("batch", extra={"counts": counts, "aside": done.aside})
    return {"batchItemFailures": []}
