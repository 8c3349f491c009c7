"""A stack for commands: its table, its queues and its lake."""

from __future__ import annotations

import boto3
import pytest
from standing.aws.stack import Target
from standing.aws.table import Customers


@pytest.fixture
def target(customers: Customers, queues: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Target:
    """A stack by moto: its table, its queues and its lake."""
    boto3.client("s3").create_bucket(Bucket="lake")
    deployed = {"TableName": customers.table, "LakeBucketName": "lake", "BucketBits": "4", "BusName": "default"}
    monkeypatch.setattr(Target, "outputs", queues | deployed)
    monkeypatch.setattr(Target, "status", lambda _: "")
    return Target()
