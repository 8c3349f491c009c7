"""The deployed stack: in AWS by the usual boto3 configuration, or on the local AWS."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, NoRegionError

from standing.aws.lake_bucket import Lake
from standing.aws.rules_bucket import RulesBucket
from standing.aws.table import Customers
from standing.values.errors import UserError
from standing.values.messages import message

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import StackTypeDef
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient

CONFIG = Config(retries={"mode": "standard", "max_attempts": 5}, max_pool_connections=32)


@dataclass(frozen=True)
class Target:
    """A deployed stack: its AWS clients and its outputs."""

    stack: str = "standing"

    @cached_property
    def session(self) -> boto3.Session:
        """The boto3 session of the environment. Raises NoRegionError if the region is empty."""
        session = boto3.Session()
        if session.region_name == "":  # boto3 would make an invalid endpoint of it
            raise NoRegionError
        return session

    @cached_property
    def dynamodb(self) -> DynamoDBClient:
        """DynamoDB."""
        return self.session.client("dynamodb", config=CONFIG)

    @cached_property
    def events(self) -> EventBridgeClient:
        """EventBridge."""
        return self.session.client("events", config=CONFIG)

    @cached_property
    def sqs(self) -> SQSClient:
        """SQS."""
        return self.session.client("sqs", config=CONFIG)

    @cached_property
    def logs(self) -> CloudWatchLogsClient:
        """CloudWatch Logs."""
        return self.session.client("logs", config=CONFIG)

    @cached_property
    def s3(self) -> S3Client:
        """S3."""
        return self.session.client("s3", config=CONFIG)

    @cached_property
    def functions(self) -> LambdaClient:
        """Lambda."""
        return self.session.client("lambda", config=CONFIG)

    @cached_property
    def states(self) -> SFNClient:
        """Step Functions."""
        return self.session.client("stepfunctions", config=CONFIG)

    @cached_property
    def cloudformation(self) -> CloudFormationClient:
        """CloudFormation."""
        return self.session.client("cloudformation", config=CONFIG)

    @cached_property
    def outputs(self) -> dict[str, str]:
        """The stack's outputs by name. Raises UserError if there is no such stack."""
        stack = self._described()
        if stack is None:
            raise UserError(
                "no stack `{stack}` in {region}\n{hint}",
                stack=self.stack,
                region=self.cloudformation.meta.region_name,
                hint=HINT,
            )
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}

    def status(self) -> str:
        """The stack's current status in CloudFormation, such as `UPDATE_COMPLETE`; empty if there is no such stack."""
        stack = self._described()
        return stack["StackStatus"] if stack else ""

    def _described(self) -> StackTypeDef | None:
        """The stack as CloudFormation describes it, or None if it does not exist. Other errors are raised."""
        try:
            return self.cloudformation.describe_stacks(StackName=self.stack)["Stacks"][0]
        except ClientError as error:
            if error.response["Error"]["Code"] == "ValidationError":
                return None
            raise

    @property
    def dead_letter_queues(self) -> tuple[str, str]:
        """The URLs of the dead-letter queues: of messages that failed at every retry, and of undelivered events."""
        return self.outputs["DeadLettersUrl"], self.outputs["UndeliveredUrl"]

    @property
    def rules_bucket(self) -> RulesBucket | None:
        """The bucket of rules, or None if the stack is older than it."""
        name = self.outputs.get("RulesBucketName")
        return RulesBucket(self.s3, name) if name else None

    @property
    def lake(self) -> Lake:
        """The lake. Raises UserError if the stack has none: a shadow, or a stack older than the lake."""
        if "LakeBucketName" not in self.outputs:
            raise UserError("the stack `{stack}` has no lake", stack=self.stack)
        return Lake(self.s3, self.outputs["LakeBucketName"], bits=int(self.outputs["BucketBits"]))

    @cached_property
    def customers(self) -> Customers:
        """The table of customers."""
        return self.customers_in(self.outputs["TableName"])

    def customers_in(self, table: str) -> Customers:
        """A table of customers by its name."""
        return Customers(self.dynamodb, table)


HINT = message(
    "`standing local up` starts one on this machine (then use `standing --local …`); `standing rules release` in AWS."
)
