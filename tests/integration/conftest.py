"""Adapters against moto: one process, no network. What moto cannot show (concurrency) is shown in tests/e2e."""

from __future__ import annotations

from collections.abc import Iterator
from threading import RLock
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from moto import mock_aws
from standing.aws.table import Customers
from standing.rules.timeline import Timeline

from tests.make.support import real_rules

QUEUES = {"RejectedUrl": "rejected", "DeadLettersUrl": "dead", "UndeliveredUrl": "undelivered", "IngestQueueUrl": "in"}
KEYS: Any = {
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
}


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """AWS by moto, and no way to any other."""
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    every_client: Any = BaseClient
    call, turn = every_client._make_api_call, RLock()

    def one_at_a_time(client: Any, *arguments: Any) -> Any:
        with turn:  # moto's transactions undo what others write meanwhile
            return call(client, *arguments)

    monkeypatch.setattr(every_client, "_make_api_call", one_at_a_time)
    with mock_aws():
        yield


@pytest.fixture(scope="session")
def rules() -> Timeline:
    """The rules of this clone."""
    return real_rules()


@pytest.fixture
def customers() -> Customers:
    """An empty table."""
    client = boto3.client("dynamodb")
    client.create_table(TableName="customers", BillingMode="PAY_PER_REQUEST", **KEYS)
    return Customers(client, "customers")


@pytest.fixture
def queues() -> dict[str, str]:
    """The addresses of a stack's empty queues, by the names of its outputs."""
    sqs = boto3.client("sqs")
    return {name: sqs.create_queue(QueueName=queue)["QueueUrl"] for name, queue in QUEUES.items()}
