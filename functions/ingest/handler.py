"""The ingest function: messages of the queue in, one transaction a customer out."""

import os
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from standing.adapters.rejected import RejectedQueue
from standing.adapters.table import Customers, Units
from standing.event_path.ingest import Ingest, Message
from standing.event_path.ruleset_layer import deployed_ruleset

logger = Logger()
metrics = Metrics()
customers = Customers(boto3.client("dynamodb"), os.environ["CUSTOMERS_TABLE"])
rejected = RejectedQueue(boto3.client("sqs"), os.environ["REJECTED_QUEUE_URL"])
ingest = Ingest(deployed_ruleset(), customers, rejected)


@metrics.log_metrics
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Apply a batch; the answer names the messages that must come again."""
    customers.units = Units()
    report = ingest.batch(Message(record["messageId"], record["body"]) for record in event["Records"])
    counts = {**report.counts, "failed": len(report.failed)}
    units = {"write_units": customers.units.write, "read_units": customers.units.read}
    for name, value in {**counts, **units}.items():
        metrics.add_metric(name=name, unit="Count", value=value)
    logger.info("batch", extra={"counts": counts, "causes": sorted(set(report.failed.values()))})
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in report.failed]}
