"""The publish function: publishes decisions from the table's stream on the bus."""

import os
from typing import Any

import boto3
from aws_lambda_powertools import Metrics
from botocore.config import Config
from standing.aws.bus import Bus
from standing.aws.logging import function_logger, values_hidden
from standing.publish.publisher import publish

logger = function_logger()
metrics = Metrics()
PATIENCE = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "max_attempts": 3})
bus = Bus(boto3.client("events", config=PATIENCE), os.environ["BUS_NAME"])


@metrics.log_metrics
@values_hidden
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Publish a batch. The response names the failed records; the stream is read again from the first of them."""
    failed = publish(event["Records"], bus)
    counts = {"published": len(event["Records"]) - len(failed), "failed": len(failed)}
    for name, value in counts.items():
        metrics.add_metric(name=name, unit="Count", value=value)
    logger.info("batch", extra={"counts": counts})
    return {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}
