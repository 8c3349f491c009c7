"""The train function: fits the model of scores to the lake, if that is due."""

import os
from dataclasses import asdict
from typing import Any

import boto3
from aws_lambda_powertools import Metrics
from botocore.config import Config
from standing.aws.lake_bucket import Lake
from standing.aws.logging import function_logger, values_hidden
from standing.aws.ruleset_layer import deployed_rules
from standing.nightly.model import model_for
from standing.nightly.planned import plan_of

logger = function_logger()
metrics = Metrics()
PATIENCE = Config(connect_timeout=2, read_timeout=30, retries={"mode": "standard", "max_attempts": 5})
lake = Lake(boto3.client("s3", config=PATIENCE), os.environ["LAKE_BUCKET"])
rules = deployed_rules()


@metrics.log_metrics
@values_hidden
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Return the model of the night, such as {"hash": "5ac1dbb4", "as_of": "2026-11-02"}, or why there is none."""
    model = asdict(model_for(lake, rules.latest, plan_of(lake, event)).for_report())
    metrics.add_metric(name="models", unit="Count", value=int(model["hash"] is not None))
    logger.info("trained", extra={"model": model})
    return model
