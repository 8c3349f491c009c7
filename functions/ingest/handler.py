"""The ingest function: applies the queue's messages, in one or more transactions for each customer."""

import os
from collections import Counter
from typing import Any

import boto3
from aws_lambda_powertools import Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config
from standing.aws.logging import function_logger, values_hidden
from standing.aws.rejected_queue import RejectedQueue
from standing.aws.ruleset_layer import deployed_rules
from standing.aws.table import Customers, Units
from standing.ingest.batch import ALWAYS_REPORTED, AT_ONCE, Ingest, Message

SHARE = 0.6  # of the remaining time: new customers begin only within it, so that the last one can finish
PATIENCE = Config(
    connect_timeout=2,
    read_timeout=8,
    retries={"mode": "standard", "max_attempts": 3},
    max_pool_connections=AT_ONCE,
)

logger = function_logger()
metrics = Metrics()
customers = Customers(
    boto3.client("dynamodb", config=PATIENCE), os.environ["CUSTOMERS_TABLE"], asked_in=os.environ.get("ASKED_TABLE")
)
rejected = RejectedQueue(boto3.client("sqs", config=PATIENCE), os.environ["REJECTED_QUEUE_URL"])
ingest = Ingest(deployed_rules(), customers, rejected)


@metrics.log_metrics
@values_hidden
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Apply a batch. The response names the messages to retry."""
    customers.units = Units()
    seconds = context.get_remaining_time_in_millis() / 1000 * SHARE
    messages = (Message(record["messageId"], record["body"]) for record in event["Records"])
    report = ingest.batch(messages, seconds)
    counts = {**report.counts, "failed": len(report.failed)}
    units = {"write_units": customers.units.write, "read_units": customers.units.read}
    for name, value in {**dict.fromkeys(ALWAYS_REPORTED, 0), **counts, **units}.items():
        metrics.add_metric(name=name, unit="Count", value=value)
    log = logger.warning if report.failed else logger.info
    refused = {"refused": report.refused} if any(map(Counter.total, report.refused.values())) else {}
    log("batch", extra={"counts": counts, "causes": sorted(set(report.failed.values())), **refused})
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in report.failed]}
