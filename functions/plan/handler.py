"""The plan function: returns the day that a night closes, and the buckets that are still due for it."""

import os
from datetime import UTC, datetime
from typing import Any

import boto3
from aws_lambda_powertools import Metrics
from botocore.config import Config
from standing.aws.lake_bucket import Lake
from standing.aws.logging import function_logger, values_hidden
from standing.aws.ruleset_layer import deployed_rules
from standing.nightly.plan import plan
from standing.nightly.planned import keep_plan

logger = function_logger()
metrics = Metrics()
PATIENCE = Config(connect_timeout=2, read_timeout=30, retries={"mode": "standard", "max_attempts": 5})
lake = Lake(boto3.client("s3", config=PATIENCE), os.environ["LAKE_BUCKET"])
rules = deployed_rules()
at_once = int(os.environ["AT_ONCE"])


@metrics.log_metrics
@values_hidden
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Plan the night of the day in the input, such as {"day": "2026-11-25"}, or of the last finished day.

    The lists of buckets are stored in the lake, where the map and the other steps read them. `at_once` is the number
    of buckets to rescore at a time. It is passed in the plan because a state machine's definition cannot have a
    parameter as a number.
    """
    planned = plan(lake, rules.latest, datetime.now(UTC), event.get("day"))
    metrics.add_metric(name="buckets_known", unit="Count", value=len(planned.known))
    metrics.add_metric(name="buckets_due", unit="Count", value=len(planned.due))
    kept = keep_plan(lake, planned)
    logger.info("planned", extra={"planned": kept})
    return {**kept, "at_once": at_once}
