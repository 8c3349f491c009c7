"""The rescore function: runs the night of one bucket of customers."""

import os
from typing import Any

import boto3
from aws_lambda_powertools import Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config
from standing.aws.bus import Bus
from standing.aws.lake_bucket import Lake
from standing.aws.logging import function_logger, values_hidden
from standing.aws.ruleset_layer import deployed_rules
from standing.aws.table import Customers
from standing.nightly.work import BucketWork
from standing.report.model import counts_of
from standing.values.days import day_in

logger = function_logger()
metrics = Metrics()
PATIENCE = Config(connect_timeout=2, read_timeout=30, retries={"mode": "standard", "max_attempts": 5})
lake = Lake(boto3.client("s3", config=PATIENCE), os.environ["LAKE_BUCKET"])
customers = Customers(boto3.client("dynamodb", config=PATIENCE), os.environ["CUSTOMERS_TABLE"])
bus = Bus(boto3.client("events", config=PATIENCE), os.environ["BUS_NAME"])
work = BucketWork(lake, customers, deployed_rules(), bus, proved_every=int(os.environ["PROVED_EVERY"]))


@metrics.log_metrics
@values_hidden
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Close a day for the customers of a bucket, such as {"day": "2026-11-25", "bucket": 23}."""
    gigabytes = int(context.memory_limit_in_mb) / 1024
    reports = work.bucket(event["bucket"], day_in(event["day"]), gigabytes)
    for report in reports:
        counts = counts_of(report)
        for name, value in counts.items():
            metrics.add_metric(name=name, unit="Count", value=value)
        log = logger.warning if report.wrong or report.differences else logger.info
        log("bucket", extra={"bucket": report.bucket, "day": report.day, "counts": counts, "seconds": report.seconds})
    return {"bucket": event["bucket"], "moved": sum(report.moved for report in reports)}
