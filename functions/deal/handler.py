"""The deal function: distributes the lake's new objects to the buckets of customers."""

import os
from typing import Any

import boto3
from aws_lambda_powertools import Metrics
from botocore.config import Config
from standing.aws.lake_bucket import Lake
from standing.aws.logging import function_logger, values_hidden
from standing.lake.compaction import stage
from standing.nightly.summary import findings_passed_on

logger = function_logger()
metrics = Metrics()
PATIENCE = Config(connect_timeout=2, read_timeout=30, retries={"mode": "standard", "max_attempts": 5})
lake = Lake(boto3.client("s3", config=PATIENCE), os.environ["LAKE_BUCKET"], bits=int(os.environ["BUCKET_BITS"]))


@metrics.log_metrics
@values_hidden
def handler(_event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Distribute the new objects. Returns, by key, those that were quarantined because they cannot be read."""
    done = stage(lake)
    for kind, rows in done.rows.items():
        metrics.add_metric(name=f"dealt_{kind}", unit="Count", value=rows)
    wrong = findings_passed_on(done.wrong)
    log = logger.warning if wrong else logger.info
    log("dealt", extra={"rows": done.rows, "wrong": wrong})
    return wrong
