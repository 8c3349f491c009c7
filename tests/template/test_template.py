"""The template keeps every check, and every check notices when one thing is broken."""

from __future__ import annotations

import copy
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER
from standing.lake.parquet import CorruptFile
from standing.nightly.plan import InvalidDay

from tests.template.checks import (
    CHECKS,
    EVERYWHERE,
    TABLES,
    TAGGABLE,
    UNTAGGABLE,
    UNTAGGED_BY_SAM,
    std_01,
    std_02,
    std_04,
    std_05,
    std_06_canary,
    std_06_versions,
    std_07,
    std_08,
    std_09,
    std_11,
)
from tests.template.cloudformation import FUNCTION, ROLE, Template, as_given, listed, of_type, pointed_at, text, walk
from tests.template.glance import std_17
from tests.template.keys import keyless, shut_out, std_16
from tests.template.sharing import std_15
from tests.template.speaking import std_13
from tests.template.tracing import std_18, untraced
from tests.template.translate import translate
from tests.template.watching import std_03, std_10, std_14

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "template.yaml"
SHADOW = ROOT / "shadow.yaml"
ASKED_FOR = (
    "Keyed",
    "Traced",
)  # conditions: what a parameter asks for, and where it is left out there is nothing of it

type Check = Callable[[Template], list[str]]
type Change = Callable[[Template], None]


def put(path: str, value: Any) -> Change:
    """Set one property: `Name.Property.0.Part`."""

    def change(template: Template) -> None:
        holder, last = _holder(template, path)
        holder[last] = value

    return change


def drop(path: str) -> Change:
    """Take one property away; it must be there."""

    def change(template: Template) -> None:
        holder, last = _holder(template, path)
        del holder[last]

    return change


def _holder(template: Template, path: str) -> tuple[Any, Any]:
    name, *steps, last = path.split(".")
    holder = template["Resources"][name]["Properties"]
    for step in steps:
        holder = holder[_key(holder, step)]
    return holder, _key(holder, last)


def _key(holder: Any, step: str) -> Any:
    return int(step) if isinstance(holder, list) else step


def attribute(name: str, key: str, value: str) -> Change:
    """Set what stands beside a resource's properties."""
    return lambda template: template["Resources"][name].update({key: value})


def add(name: str, type_: str, /, **properties: Any) -> Change:
    """Add a resource."""
    return lambda template: template["Resources"].update({name: {"Type": type_, "Properties": properties}})


def drop_resource(name: str) -> Change:
    """Take a resource away."""
    return lambda template: template["Resources"].__delitem__(name)


def grant(role: str, action: str, **parts: Any) -> Change:
    """Change parts of the statement that allows an action; a part that is None goes."""

    def change(template: Template) -> None:
        statements = _statements(template, role)
        found = next(one for one in statements if action in listed(one["Action"]))
        found.update(parts)
        for key in [key for key, value in found.items() if value is None]:
            del found[key]

    return change


def add_statement(role: str, **statement: Any) -> Change:
    """Add a statement to a role's policy."""
    return lambda template: _statements(template, role).append(statement)


def _statements(template: Template, role: str) -> list[dict[str, Any]]:
    policy = template["Resources"][role]["Properties"]["Policies"][0]
    statements: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return statements


def drop_tag(name: str, tag: str) -> Change:
    """Take one tag away."""

    def change(template: Template) -> None:
        properties = template["Resources"][name]["Properties"]
        properties["Tags"] = [pair for pair in properties["Tags"] if pair["Key"] != tag]

    return change


def tags_as_mapping(name: str, **others: str) -> Change:
    """Write a resource's tags as one mapping, as some resource types want them."""

    def change(template: Template) -> None:
        properties = template["Resources"][name]["Properties"]
        properties["Tags"] = {pair["Key"]: pair["Value"] for pair in properties["Tags"]} | others

    return change


def both(*changes: Change) -> Change:
    """One change after another."""

    def change(template: Template) -> None:
        for one in changes:
            one(template)

    return change


def copies(source: str, *names: str) -> Change:
    """Add copies of a resource."""

    def change(template: Template) -> None:
        for name in names:
            template["Resources"][name] = copy.deepcopy(template["Resources"][source])

    return change


def shows(old: str, new: str) -> Change:
    """Write something else into the dashboard, wherever it stands."""

    def change(template: Template) -> None:
        body = template["Resources"]["Dashboard"]["Properties"]["DashboardBody"]
        assert old in body["Fn::Sub"]
        body["Fn::Sub"] = body["Fn::Sub"].replace(old, new)

    return change


def arn(name: str) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [name, "Arn"]}


ELSEWHERE = "arn:aws:sqs:eu-central-1:111122223333:elsewhere"
ANY_ARN = "arn:aws:dynamodb:${AWS::Region}:${AWS::AccountId}:"
BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
PUT_EVENTS = {"Effect": "Allow", "Principal": "*", "Action": "events:PutEvents", "Resource": arn("Bus")}
OUTCOMES = "OnlyWeSpeakForUs.Statement"
OURS = {"events:source": "standing"}
ANY_ENTRY = "ForAnyValue:StringEquals"
PRINCIPAL = "aws:PrincipalArn"
PUTS_OURS = {
    "Effect": "Allow",
    "Action": "events:PutEvents",
    "Resource": {"Fn::GetAtt": ["Bus", "Arn"]},
    "Condition": {"StringEquals": OURS},
}
TTL = "Customers.TimeToLiveSpecification"
RECOVERY = "Customers.PointInTimeRecoverySpecification"
LETTERS = "IngestRule.Targets.0.DeadLetterConfig"
PRIVATE = "LakeBucket.PublicAccessBlockConfiguration"
TIDY = "LakeBucket.LifecycleConfiguration.Rules.0"
DENIED = "LakeBucketPolicy.PolicyDocument.Statement.0"
ENCRYPTION = "UnpublishedBucket.BucketEncryption"
ON_FAILURE = "PublishDecisions.DestinationConfig.OnFailure"
ERRORS_OF = "IngestErrors.Dimensions"
GROUP = "IngestDeploymentGroup"
BUCKET_RETRY = "Night.Definition.States.Rescore.ItemProcessor.States.Bucket.Retry"


def attribute_of_version(key: str, value: str) -> Change:
    """Set what stands beside the properties of ingest's version, whose name ends in a digest."""

    def change(template: Template) -> None:
        (version,) = (name for name in template["Resources"] if name.startswith("IngestVersion"))
        template["Resources"][version][key] = value

    return change


def drop_attribute(name: str, key: str) -> Change:
    """Take away what stands beside a resource's properties."""

    def change(template: Template) -> None:
        del template["Resources"][name][key]

    return change


# what is broken → (the check that must see it, the resource it must name, how it is broken)
BROKEN: dict[str, tuple[Check, str, Change]] = {
    "visibility too short": (std_01, "IngestQueue", put("IngestQueue.VisibilityTimeout", 179)),
    "visibility left at 30 s": (std_01, "IngestQueue", drop("IngestQueue.VisibilityTimeout")),
    "visibility unknown": (std_01, "IngestQueue", put("IngestQueue.VisibilityTimeout", {"Ref": "Seconds"})),
    "slower function": (std_01, "IngestQueue", put("Ingest.Timeout", 31)),
    "slower function without an alias": (
        std_01,
        "IngestQueue",
        both(put("IngestMessages.FunctionName", arn("Ingest")), put("Ingest.Timeout", 31)),
    ),
    "timeout unknown": (std_01, "IngestMessages", put("Ingest.Timeout", {"Ref": "Seconds"})),
    "function elsewhere": (std_01, "IngestMessages", put("IngestMessages.FunctionName", "elsewhere")),
    "no DLQ": (std_01, "IngestQueue", drop("IngestQueue.RedrivePolicy")),
    "DLQ elsewhere": (std_01, "IngestQueue", put("IngestQueue.RedrivePolicy.deadLetterTargetArn", ELSEWHERE)),
    "DLQ by its URL": (
        std_01,
        "IngestQueue",
        put("IngestQueue.RedrivePolicy.deadLetterTargetArn", {"Ref": "IngestDeadLetters"}),
    ),
    "its own DLQ": (
        std_01,
        "IngestQueue",
        put("IngestQueue.RedrivePolicy.deadLetterTargetArn", arn("IngestQueue")),
    ),
    "too few receives": (std_01, "IngestQueue", put("IngestQueue.RedrivePolicy.maxReceiveCount", 4)),
    "receives unsaid": (std_01, "IngestQueue", drop("IngestQueue.RedrivePolicy.maxReceiveCount")),
    "DLQ kept 13 days": (
        std_01,
        "IngestDeadLetters",
        put("IngestDeadLetters.MessageRetentionPeriod", 13 * 24 * 60 * 60),
    ),
    "a rule's DLQ kept 4 days": (
        std_01,
        "UndeliveredQueue",
        drop("UndeliveredQueue.MessageRetentionPeriod"),
    ),
    "a DLQ that is read kept 4 days": (
        std_01,
        "UndeliveredQueue",
        both(
            copies("IngestMessages", "Again"),
            put("Again.EventSourceArn", arn("UndeliveredQueue")),
            drop("UndeliveredQueue.MessageRetentionPeriod"),
        ),
    ),
    "a DLQ that is read without a DLQ": (
        std_01,
        "UndeliveredQueue",
        both(copies("IngestMessages", "Again"), put("Again.EventSourceArn", arn("UndeliveredQueue"))),
    ),
    "unread queue kept 1 hour": (std_01, "RejectedQueue", put("RejectedQueue.MessageRetentionPeriod", 3600)),
    "new queue with nothing said": (std_01, "New", add("New", "AWS::SQS::Queue")),
    "queue: whole batch comes back": (std_02, "IngestMessages", drop("IngestMessages.FunctionResponseTypes")),
    "queue: no concurrency limit": (std_02, "IngestMessages", drop("IngestMessages.ScalingConfig")),
    "queue: one at a time": (
        std_02,
        "IngestMessages",
        put("IngestMessages.ScalingConfig.MaximumConcurrency", 1),
    ),
    "queue elsewhere": (std_02, "IngestMessages", put("IngestMessages.EventSourceArn", ELSEWHERE)),
    "stream elsewhere": (std_02, "PublishDecisions", put("PublishDecisions.EventSourceArn", ELSEWHERE)),
    "stream: whole batch comes back": (
        std_02,
        "PublishDecisions",
        put("PublishDecisions.FunctionResponseTypes", []),
    ),
    "stream: no bisect": (
        std_02,
        "PublishDecisions",
        put("PublishDecisions.BisectBatchOnFunctionError", False),
    ),
    "stream: retries unsaid": (std_02, "PublishDecisions", drop("PublishDecisions.MaximumRetryAttempts")),
    "stream: retries for ever": (
        std_02,
        "PublishDecisions",
        put("PublishDecisions.MaximumRetryAttempts", -1),
    ),
    "stream: age unsaid": (std_02, "PublishDecisions", drop("PublishDecisions.MaximumRecordAgeInSeconds")),
    "stream: any age": (std_02, "PublishDecisions", put("PublishDecisions.MaximumRecordAgeInSeconds", -1)),
    "stream: younger than a minute": (
        std_02,
        "PublishDecisions",
        put("PublishDecisions.MaximumRecordAgeInSeconds", 59),
    ),
    "stream: failures lost": (std_02, "PublishDecisions", drop("PublishDecisions.DestinationConfig")),
    "stream: failures to a queue": (
        std_02,
        "PublishDecisions",
        put(f"{ON_FAILURE}.Destination", arn("RejectedQueue")),
    ),
    "stream: bucket elsewhere": (
        std_02,
        "PublishDecisions",
        put(f"{ON_FAILURE}.Destination", "arn:aws:s3:::elsewhere"),
    ),
    "three readers on a stream": (std_02, "Customers", copies("PublishDecisions", "Second", "Third")),
    "nobody hears of dead letters": (std_03, "IngestDeadLetters", drop_resource("DeadLettersWait")),
    "an alarm that is off": (std_03, "UndeliveredQueue", put("UndeliveredWait.ActionsEnabled", False)),
    "an alarm without anybody": (std_03, "RejectedQueue", drop("RejectedWait.AlarmActions")),
    "an alarm that tells a stranger": (std_03, "IngestQueue", put("EventsWait.AlarmActions", [ELSEWHERE])),
    "an alarm when all is well": (
        std_03,
        "Ingest",
        put("IngestFails.ComparisonOperator", "LessThanThreshold"),
    ),
    "errors of the new version alone": (std_03, "Publish", drop_resource("PublishFails")),
    "throttles unheard": (std_03, "Rescore", drop_resource("RescoreThrottled")),
    "a stream that lags unheard": (std_03, "Archive", drop_resource("ArchiveBehind")),
    "a night that fails unheard": (std_03, "Night", drop_resource("NightFailed")),
    "a night that takes too long unheard": (std_03, "Night", drop_resource("NightTimedOut")),
    "an alarm on a metric that there is not": (std_17, "NightFailed", put("NightFailed.MetricName", "ExecutionFailed")),
    "an alarm on a queue's URL": (std_17, "EventsWait", put("EventsWait.Dimensions.0.Value", {"Ref": "IngestQueue"})),
    "an alarm on no function of ours": (std_17, "NightDiffers", put("NightDiffers.Dimensions.0.Value", "summarise")),
    "no dashboard": (std_17, "Dashboard", drop_resource("Dashboard")),
    "a dashboard of every stack": (std_17, "Dashboard", put("Dashboard.DashboardName", "standing")),
    "a metric that there is not": (std_17, "Dashboard", shows("WriteThrottleEvents", "WriteThrottles")),
    "a metric by other dimensions": (
        std_17,
        "Dashboard",
        shows('"TableName", "${Cust', '"Table", "${Cust'),
    ),
    "a metric of what is not deployed": (
        std_17,
        "Dashboard",
        shows("${RejectedQueue.", "${Elsewhere."),
    ),
    "a queue by its URL": (std_17, "Dashboard", shows("${UndeliveredQueue.QueueName}", "${UndeliveredQueue}")),
    "a service that is no function": (
        std_17,
        "Dashboard",
        shows("${Stage}-publish", "${Stage}-send"),
    ),
    "another stage's metrics": (std_17, "Dashboard", shows("standing-${Stage}-ingest", "standing-dev-ingest")),
    "another region's metrics": (std_17, "Dashboard", shows("${AWS::Region}", "eu-central-1")),
    "a number that is a graph": (std_17, "Dashboard", shows("singleValue", "timeSeries")),
    "numbers in another order": (
        std_17,
        "Dashboard",
        shows("NumberOfMessagesSent", "ApproximateAgeOfOldestMessage"),
    ),
    "one graph upon another": (std_17, "Dashboard", shows('"x": 8, "y": 3', '"x": 7, "y": 3')),
    "a graph beyond the edge": (std_17, "Dashboard", shows('"width": 24', '"width": 25')),
    "a function whose errors nobody sees": (
        std_17,
        "Dashboard",
        shows('"Errors", "FunctionName", "${Plan}"', '"Invocations", "FunctionName", "${Plan}"'),
    ),
    "missing data left to the default": (std_14, "PlanFails", drop("PlanFails.TreatMissingData")),
    "missing data that keeps an alarm as it is": (std_14, "PlanFails", put("PlanFails.TreatMissingData", "ignore")),
    "an alarm that goes off on a new stack": (std_14, "NightMissing", drop("NightMissing.WarmUpConfiguration")),
    "a new stack's first night alone": (
        std_14,
        "NightMissing",
        put("NightMissing.WarmUpConfiguration.WarmUpPeriodDurationInMinutes", 1440),
    ),
    "patience until the first data": (
        std_14,
        "NightMissing",
        drop("NightMissing.WarmUpConfiguration.OnlyStartEvaluatingAfterWarmUpPeriodEnds"),
    ),
    "another that goes off on a new stack": (
        std_14,
        "EventsWait",
        put("EventsWait.TreatMissingData", "breaching"),
    ),
    "an alarm that is silent for ever": (
        std_14,
        "NightMissing",
        put("NightMissing.TreatMissingData", "notBreaching"),
    ),
    "nights that nobody misses": (std_14, "Night", drop_resource("NightMissing")),
    "a slow night after a quick one missed": (std_14, "Night", put("NightMissing.EvaluationPeriods", 24)),
    "nights that are missed now and then": (std_14, "Night", put("NightMissing.DatapointsToAlarm", 1)),
    "another machine's nights": (std_14, "Night", put("NightMissing.Dimensions.0.Value", "elsewhere")),
    "nights that are missed and nobody is told": (std_14, "Night", drop("NightMissing.AlarmActions")),
    "more events at once than a new account can": (
        std_15,
        "Parameters",
        put("IngestMessages.ScalingConfig.MaximumConcurrency", 10),
    ),
    "more buckets at once than a new account can": (
        std_15,
        "Parameters",
        put("Plan.Environment.Variables.AT_ONCE", 16),
    ),
    "a concurrency that a new account cannot give": (
        std_15,
        "Ingest",
        put("Ingest.ReservedConcurrentExecutions", 2),
    ),
    "ten batches of a shard at a time": (std_15, "PublishDecisions", put("PublishDecisions.ParallelizationFactor", 10)),
    "a night that a full account stops": (std_15, "Night", drop("Night.Definition.States.Plan.Retry.1")),
    "buckets that a full account stops": (std_15, "Night", put(f"{BUCKET_RETRY}.1.MaxAttempts", 3)),
    "all ask again at the same moment": (std_15, "Night", drop(f"{BUCKET_RETRY}.1.JitterStrategy")),
    "pauses without an end": (std_15, "Night", drop(f"{BUCKET_RETRY}.1.MaxDelaySeconds")),
    "Lambda's own errors tried like ours": (std_15, "Night", drop(f"{BUCKET_RETRY}.2")),
    "all buckets at once": (std_10, "Night", drop("Night.Definition.States.Rescore.MaxConcurrencyPath")),
    "no limit of buckets at once": (std_10, "Night", put("Plan.Environment.Variables.AT_ONCE", 0)),
    "a limit of buckets that nobody says": (std_10, "Night", drop("Plan.Environment.Variables.AT_ONCE")),
    "one bucket fails all": (std_10, "Night", drop("Night.Definition.States.Rescore.ToleratedFailurePercentage")),
    "an inline map": (
        std_10,
        "Night",
        put("Night.Definition.States.Rescore.ItemProcessor.ProcessorConfig.Mode", "INLINE"),
    ),
    "a machine that cannot be read": (std_10, "Night", put("Night.Definition", "s3://elsewhere")),
    "role shared": (std_04, "Publish", put("Publish.Role", arn("IngestRole"))),
    "role elsewhere": (std_04, "Publish", put("Publish.Role", "arn:aws:iam::111122223333:role/elsewhere")),
    "AWS's basic role": (std_04, "IngestRole", put("IngestRole.ManagedPolicyArns", [BASIC])),
    "every action": (std_04, "IngestRole", grant("IngestRole", "sqs:SendMessage", Action="*")),
    "every action of a service": (std_04, "IngestRole", grant("IngestRole", "sqs:SendMessage", Action="sqs:*")),
    "every getter": (std_04, "IngestRole", grant("IngestRole", "dynamodb:GetItem", Action=["dynamodb:Get*"])),
    "all but some actions": (
        std_04,
        "IngestRole",
        grant("IngestRole", "sqs:SendMessage", Action=None, NotAction="iam:*"),
    ),
    "every resource": (std_04, "IngestRole", grant("IngestRole", "sqs:SendMessage", Resource="*")),
    "every resource, beside traces": (
        std_04,
        "IngestRole",
        add_statement("IngestRole", Effect="Allow", Action=["xray:PutTraceSegments", "s3:GetObject"], Resource="*"),
    ),
    "every resource, in a list": (
        std_04,
        "IngestRole",
        grant("IngestRole", "sqs:SendMessage", Resource=[arn("RejectedQueue"), "*"]),
    ),
    "every bucket": (std_04, "PublishRole", grant("PublishRole", "s3:PutObject", Resource="arn:aws:s3:::*/*")),
    "everything in the account": (
        std_04,
        "IngestRole",
        grant("IngestRole", "dynamodb:GetItem", Resource={"Fn::Sub": ANY_ARN + "*"}),
    ),
    "every table": (
        std_04,
        "IngestRole",
        grant("IngestRole", "dynamodb:GetItem", Resource={"Fn::Join": ["", [ANY_ARN, "table/*"]]}),
    ),
    "all but some resources": (
        std_04,
        "IngestRole",
        grant("IngestRole", "sqs:SendMessage", Resource=None, NotResource=arn("IngestQueue")),
    ),
    "a policy of its own that allows all": (
        std_04,
        "Loose",
        add(
            "Loose",
            "AWS::IAM::Policy",
            PolicyDocument={"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}},
        ),
    ),
    "PutEvents without condition": (
        std_04,
        "PublishRole",
        grant("PublishRole", "events:PutEvents", Condition=None),
    ),
    "PutEvents on another condition": (
        std_04,
        "PublishRole",
        grant("PublishRole", "events:PutEvents", Condition={"Bool": {"aws:SecureTransport": "true"}}),
    ),
    "PutEvents on another key": (
        std_04,
        "PublishRole",
        grant("PublishRole", "events:PutEvents", Condition={"StringEquals": {"aws:PrincipalAccount": "1"}}),
    ),
    "PutEvents for no source": (
        std_04,
        "PublishRole",
        grant("PublishRole", "events:PutEvents", Condition={"StringEquals": {"events:source": []}}),
    ),
    "PutEvents with a condition that may be absent": (
        std_04,
        "PublishRole",
        grant(
            "PublishRole",
            "events:PutEvents",
            Condition={"StringEqualsIfExists": {"events:source": "standing"}},
        ),
    ),
    "PutEvents for another account": (
        std_04,
        "OpenBus",
        add("OpenBus", "AWS::Events::EventBusPolicy", StatementId="a", Statement=PUT_EVENTS),
    ),
    "outcomes from anybody": (std_13, "Bus", drop_resource("OnlyWeSpeakForUs")),
    "scores from anybody": (std_13, "Bus", drop_resource("OnlyTheNightScores")),
    "outcomes allowed, not denied": (std_13, "Bus", put(f"{OUTCOMES}.Effect", "Allow")),
    "outcomes denied to one account": (std_13, "Bus", put(f"{OUTCOMES}.Principal", {"AWS": "111122223333"})),
    "outcomes denied on another bus": (std_13, "Bus", put("OnlyWeSpeakForUs.EventBusName", "default")),
    "a bus elsewhere denied": (std_13, "Bus", put(f"{OUTCOMES}.Resource", "arn:aws:events:::event-bus/elsewhere")),
    "outcomes denied where every entry is one": (
        std_13,
        "Bus",
        put(
            f"{OUTCOMES}.Condition",
            {"ForAllValues:StringEquals": OURS, "ArnNotEquals": {PRINCIPAL: arn("PublishRole")}},
        ),
    ),
    "outcomes denied where there is one entry": (
        std_13,
        "Bus",
        put(f"{OUTCOMES}.Condition", {"StringEquals": OURS, "ArnNotEquals": {PRINCIPAL: arn("PublishRole")}}),
    ),
    "another's name denied": (std_13, "Bus", put(f"{OUTCOMES}.Condition.{ANY_ENTRY}", {"events:source": "scores"})),
    "outcomes denied on a further condition": (
        std_13,
        "Bus",
        put(f"{OUTCOMES}.Condition.Bool", {"aws:SecureTransport": "false"}),
    ),
    "outcomes denied with scores only": (
        std_13,
        "Bus",
        put(f"{OUTCOMES}.Condition.{ANY_ENTRY}", {**OURS, "events:detail-type": "score.v1"}),
    ),
    "outcomes denied to the publisher alone": (
        std_13,
        "Bus",
        put(f"{OUTCOMES}.Condition", {ANY_ENTRY: OURS, "ArnEquals": {PRINCIPAL: arn("PublishRole")}}),
    ),
    "outcomes left to a role elsewhere": (
        std_13,
        "Bus",
        put(f"{OUTCOMES}.Condition.ArnNotEquals", {PRINCIPAL: "arn:aws:iam::111122223333:role/elsewhere"}),
    ),
    "outcomes left to a function that is not the publisher": (
        std_13,
        "Bus",
        put(f"{OUTCOMES}.Condition.ArnNotEquals", {PRINCIPAL: arn("RescoreRole")}),
    ),
    "outcomes left to two roles": (
        std_13,
        "Bus",
        put(f"{OUTCOMES}.Condition.ArnNotEquals", {PRINCIPAL: [arn("PublishRole"), arn("RescoreRole")]}),
    ),
    "a second role that speaks for us": (std_13, "Bus", add_statement("RescoreRole", **PUTS_OURS)),
    "a role with two sources": (
        std_13,
        "RescoreRole",
        grant("RescoreRole", "events:PutEvents", Condition={"StringEquals": {"events:source": ["scores", "shop"]}}),
    ),
    "table: no deletion protection": (std_05, "Customers", drop("Customers.DeletionProtectionEnabled")),
    "table: no recovery": (std_05, "Customers", put(f"{RECOVERY}.PointInTimeRecoveryEnabled", False)),
    "table: gone with the stack": (std_05, "Customers", attribute("Customers", "DeletionPolicy", "Delete")),
    "table: gone when replaced": (
        std_05,
        "Customers",
        attribute("Customers", "UpdateReplacePolicy", "Snapshot"),
    ),
    "table: not encrypted": (std_05, "Customers", put("Customers.SSESpecification.SSEEnabled", False)),
    "table: rows never expire": (std_05, "Customers", drop(TTL)),
    "table: rows expire by nothing": (std_05, "Customers", drop(f"{TTL}.AttributeName")),
    "table: expiry off": (std_05, "Customers", put(f"{TTL}.Enabled", False)),
    "function without an alias": (std_06_versions, "Ingest", drop_resource("IngestAliaslive")),
    "alias to what is edited": (std_06_versions, "Ingest", put("IngestAliaslive.FunctionVersion", "$LATEST")),
    "alias to a number": (std_06_versions, "Ingest", put("IngestAliaslive.FunctionVersion", "1")),
    "alias of another function": (std_06_versions, "Ingest", put("IngestAliaslive.FunctionName", {"Ref": "Publish"})),
    "version that goes with the next": (std_06_versions, "Ingest", attribute_of_version("DeletionPolicy", "Delete")),
    "mapping past the alias": (
        std_06_versions,
        "IngestMessages",
        put("IngestMessages.FunctionName", {"Ref": "Ingest"}),
    ),
    "new version for all at once": (
        std_06_canary,
        "IngestAliaslive",
        drop_attribute("IngestAliaslive", "UpdatePolicy"),
    ),
    "no canary on any stage": (
        std_06_canary,
        "IngestAliaslive",
        put(f"{GROUP}.DeploymentConfigName", "CodeDeployDefault.LambdaAllAtOnce"),
    ),
    "canary that no alarm watches": (std_06_canary, "IngestAliaslive", put(f"{GROUP}.AlarmConfiguration.Alarms", [])),
    "canary whose alarms are off": (
        std_06_canary,
        "IngestAliaslive",
        put(f"{GROUP}.AlarmConfiguration.Enabled", False),
    ),
    "canary with another's alarm": (
        std_06_canary,
        "IngestAliaslive",
        put(f"{GROUP}.AlarmConfiguration.Alarms", [{"Name": {"Ref": "PublishErrors"}}]),
    ),
    "canary with an alarm elsewhere": (
        std_06_canary,
        "IngestAliaslive",
        put(f"{GROUP}.AlarmConfiguration.Alarms", [{"Name": "elsewhere"}]),
    ),
    "alarm on the version before": (std_06_canary, "IngestAliaslive", put(f"{ERRORS_OF}.2.Value", "1")),
    "alarm on another alias": (std_06_canary, "IngestAliaslive", put(f"{ERRORS_OF}.1.Value", "elsewhere:live")),
    "alarm on all versions": (std_06_canary, "IngestAliaslive", drop(f"{ERRORS_OF}.2")),
    "alarm on something else": (std_06_canary, "IngestAliaslive", put("IngestErrors.MetricName", "Duration")),
    "canary that stays in spite of an alarm": (
        std_06_canary,
        "IngestAliaslive",
        put(f"{GROUP}.AutoRollbackConfiguration.Events", ["DEPLOYMENT_FAILURE"]),
    ),
    "archive 31 days": (std_07, "BusArchive", put("BusArchive.RetentionDays", 31)),
    "archive for ever": (std_07, "BusArchive", put("BusArchive.RetentionDays", 0)),
    "archive unsaid": (std_07, "BusArchive", drop("BusArchive.RetentionDays")),
    "logs for ever": (std_07, "IngestLogs", drop("IngestLogs.RetentionInDays")),
    "logs for no time": (std_07, "IngestLogs", put("IngestLogs.RetentionInDays", 0)),
    "function's own log group": (std_07, "Ingest", drop("Ingest.LoggingConfig")),
    "log group elsewhere": (std_07, "Ingest", put("Ingest.LoggingConfig.LogGroup", "/elsewhere")),
    "queue not encrypted": (std_07, "RejectedQueue", put("RejectedQueue.SqsManagedSseEnabled", False)),
    "bucket not encrypted": (std_07, "UnpublishedBucket", drop(ENCRYPTION)),
    "bucket encrypted by nothing": (
        std_07,
        "UnpublishedBucket",
        put(f"{ENCRYPTION}.ServerSideEncryptionConfiguration", [{"BucketKeyEnabled": True}]),
    ),
    "function without a stage": (std_08, "Ingest", drop_tag("Ingest", "stage")),
    "role without an owner": (std_08, "IngestRole", drop_tag("IngestRole", "owner")),
    "queue without a service": (std_08, "RejectedQueue", drop_tag("RejectedQueue", "service")),
    "table without a cost-center": (std_08, "Customers", drop_tag("Customers", "cost-center")),
    "bucket without tags": (std_08, "UnpublishedBucket", drop("UnpublishedBucket.Tags")),
    "log group without tags": (std_08, "PublishLogs", put("PublishLogs.Tags", [])),
    "bus without an owner": (std_08, "Bus", drop_tag("Bus", "owner")),
    "rule without a stage": (std_08, "IngestRule", drop_tag("IngestRule", "stage")),
    "empty tag": (std_08, "Bus", put("Bus.Tags.0.Value", "")),
    "empty tag in a mapping": (std_08, "Bus", tags_as_mapping("Bus", owner="")),
    "type nobody decided about": (
        std_08,
        "Rack",
        both(copies("Bus", "Rack"), attribute("Rack", "Type", "AWS::Budgets::Budget")),
    ),
    "bus without an archive": (std_09, "Bus", put("BusArchive.SourceArn", arn("Other"))),
    "second bus": (std_09, "Second", copies("Bus", "Second")),
    "rule that never tries again": (std_09, "IngestRule", drop("IngestRule.Targets.0.RetryPolicy")),
    "rule without a DLQ": (std_09, "IngestRule", drop(LETTERS)),
    "rule with a DLQ elsewhere": (std_09, "IngestRule", put(f"{LETTERS}.Arn", ELSEWHERE)),
    "bucket that may be public": (std_11, "LakeBucket", put(f"{PRIVATE}.BlockPublicPolicy", False)),
    "bucket that says nothing of the public": (std_11, "LakeBucket", drop(PRIVATE)),
    "bucket without versions": (std_11, "LakeBucket", put("LakeBucket.VersioningConfiguration.Status", "Suspended")),
    "bucket without a lifecycle": (std_11, "LakeBucket", drop("LakeBucket.LifecycleConfiguration")),
    "bucket that tidies one folder": (std_11, "LakeBucket", put(f"{TIDY}.Prefix", "aside/")),
    "bucket that tidies nothing yet": (std_11, "LakeBucket", put(f"{TIDY}.Status", "Disabled")),
    "bucket without TLS": (std_11, "LakeBucket", drop_resource("LakeBucketPolicy")),
    "objects without TLS": (std_11, "LakeBucket", put(f"{DENIED}.Resource", arn("LakeBucket"))),
    "some without TLS": (std_11, "LakeBucket", put(f"{DENIED}.Action", "s3:PutObject")),
    "TLS as it is": (std_11, "LakeBucket", put(f"{DENIED}.Effect", "Allow")),
    "TLS forbidden": (std_11, "LakeBucket", put(f"{DENIED}.Condition.Bool", {"aws:SecureTransport": "true"})),
    "policy of another bucket": (std_11, "LakeBucket", put("LakeBucketPolicy.Bucket", {"Ref": "RulesBucket"})),
    "second target of a rule": (
        std_09,
        "IngestRule",
        lambda template: template["Resources"]["IngestRule"]["Properties"]["Targets"].append(
            {"Id": "second", "Arn": arn("RejectedQueue")}
        ),
    ),
}

# other ways to write what is right
SOUND: dict[str, Change] = {
    "linear instead of a canary": put(
        f"{GROUP}.DeploymentConfigName", "CodeDeployDefault.LambdaLinear10PercentEvery1Minute"
    ),
    "numbers and truths as strings": both(
        put("IngestQueue.VisibilityTimeout", "180"), put("Customers.DeletionProtectionEnabled", "true")
    ),
    "longer visibility, more receives": both(
        put("IngestQueue.VisibilityTimeout", 900), put("IngestQueue.RedrivePolicy.maxReceiveCount", 6)
    ),
    "alarms in another order": put(
        f"{GROUP}.AlarmConfiguration.Alarms", [{"Name": {"Ref": name}} for name in ("NewDeadLetters", "IngestErrors")]
    ),
    "ARN by Sub": put("IngestMessages.EventSourceArn", {"Fn::Sub": "${IngestQueue.Arn}"}),
    "ARN by dotted GetAtt": put("IngestMessages.EventSourceArn", {"Fn::GetAtt": "IngestQueue.Arn"}),
    "tags as a mapping": tags_as_mapping("Bus"),
    "queue with a key of ours": both(
        drop("RejectedQueue.SqsManagedSseEnabled"), put("RejectedQueue.KmsMasterKeyId", {"Ref": "Key"})
    ),
    "denying everything": add_statement("IngestRole", Effect="Deny", Action="*", Resource="*"),
    "everything under one name": grant(
        "IngestRole", "dynamodb:GetItem", Resource={"Fn::Sub": ANY_ARN + "table/customers/*"}
    ),
    "three readers on a queue": both(
        put("IngestMessages.ScalingConfig.MaximumConcurrency", 2),
        put("Plan.Environment.Variables.AT_ONCE", 2),
        copies("IngestMessages", "Second", "Third"),
    ),
    "a map's limit as a number": both(
        drop("Night.Definition.States.Rescore.MaxConcurrencyPath"),
        put("Night.Definition.States.Rescore.MaxConcurrency", 4),
    ),
    "the least of everything": both(
        put("PublishDecisions.MaximumRetryAttempts", 0),
        put("PublishDecisions.MaximumRecordAgeInSeconds", 60),
        put("IngestMessages.ScalingConfig.MaximumConcurrency", 2),
        put("BusArchive.RetentionDays", 1),
        put("IngestLogs.RetentionInDays", 1),
    ),
    "a bus policy for everybody with an account": put(f"{OUTCOMES}.Principal", {"AWS": "*"}),
    "a bus policy in other letters": put(
        f"{OUTCOMES}.Condition",
        {ANY_ENTRY: {"Events:Source": ["standing"]}, "StringNotEquals": {"aws:principalarn": arn("PublishRole")}},
    ),
    "every object of a bucket": grant("PublishRole", "s3:PutObject", Resource="arn:aws:s3:::unpublished/*"),
    "a managed policy of ours": both(
        add("Ours", "AWS::IAM::ManagedPolicy", PolicyDocument={"Statement": []}),
        put("IngestRole.ManagedPolicyArns", [{"Ref": "Ours"}, {"Fn::GetAtt": ["Ours", "PolicyArn"]}]),
    ),
}


@pytest.fixture(scope="module")
def real() -> Template:
    return as_given(translate(SOURCE), **dict.fromkeys(ASKED_FOR, False))


@pytest.fixture(scope="module")
def full() -> Template:
    """The template with all that one may ask for."""
    return as_given(translate(SOURCE), **dict.fromkeys(ASKED_FOR, True))


@pytest.mark.parametrize("check", CHECKS)
def test_the_template_keeps_the_check(real: Template, check: Check) -> None:
    assert check(real) == []


@pytest.mark.parametrize("check", [*CHECKS, std_16, std_18])
def test_the_template_keeps_the_check_with_all_that_one_may_ask_for(full: Template, check: Check) -> None:
    assert check(full) == []


def test_where_there_is_no_key_nobody_names_it(real: Template, shadow: Template) -> None:
    assert [*keyless(real), *keyless(shadow)] == []
    loose = copy.deepcopy(real)
    add_statement("IngestRole", Effect="Allow", Action="kms:Decrypt", Resource=KEY)(loose)
    assert keyless(loose) == ["IngestRole: expected nothing of a key that there is not"]


def test_where_nothing_is_traced_nobody_tells(real: Template, shadow: Template) -> None:
    assert [*untraced(real), *untraced(shadow)] == []
    loose = copy.deepcopy(real)
    both(add_statement("PlanRole", **TRACES), put("Night.TracingConfiguration.Enabled", True))(loose)
    assert untraced(loose) == ["Night: expected no traces", "PlanRole: expected of X-Ray: nothing"]


TRACES = {"Effect": "Allow", "Action": ["xray:PutTraceSegments"], "Resource": "*"}
KEY = {"Ref": "KmsKeyArn"}
OWN_KEY = "LakeBucket.BucketEncryption.ServerSideEncryptionConfiguration.0"
KMS = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": KEY}
UNLOCKED: dict[str, tuple[str, Change]] = {
    "table with AWS's key": ("Customers", put("Customers.SSESpecification", {"SSEEnabled": True})),
    "table with another key": ("Customers", put("Customers.SSESpecification.KMSMasterKeyId", "alias/other")),
    "queue with AWS's key": ("RejectedQueue", drop("RejectedQueue.KmsMasterKeyId")),
    "queue with both": ("IngestQueue", put("IngestQueue.SqsManagedSseEnabled", True)),
    "topic with none": ("AlarmTopic", drop("AlarmTopic.KmsMasterKeyId")),
    "logs with AWS's key": ("PlanLogs", drop("PlanLogs.KmsKeyId")),
    "bucket with AWS's key": (
        "LakeBucket",
        put(f"{OWN_KEY}.ServerSideEncryptionByDefault", {"SSEAlgorithm": "AES256"}),
    ),
    "bucket that asks for the key at each object": ("LakeBucket", drop(f"{OWN_KEY}.BucketKeyEnabled")),
    "a role without the key": ("PlanRole", grant("PlanRole", "kms:Decrypt", Action=["kms:DescribeKey"])),
    "a table's writer that only reads": (
        "RescoreRole",
        grant("RescoreRole", "kms:Decrypt", Action=["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]),
    ),
    "a role with more of the key": (
        "PublishRole",
        add_statement("PublishRole", **(KMS | {"Action": "kms:CreateGrant"})),
    ),
    "a role with every key": (
        "PublishRole",
        add_statement("PublishRole", **(KMS | {"Resource": "arn:aws:kms:::key/x"})),
    ),
    "a role that handles nothing": ("DeployRole", add_statement("DeployRole", **KMS)),
}


UNTRACED: dict[str, tuple[str, Change]] = {
    "a function in the dark": ("Plan", drop("Plan.TracingConfig")),
    "a function that passes through": ("Plan", put("Plan.TracingConfig.Mode", "PassThrough")),
    "a night in the dark": ("Night", put("Night.TracingConfiguration.Enabled", False)),
    "a function that may not tell": (
        "IngestRole",
        grant("IngestRole", "xray:PutTraceSegments", Action=["sqs:SendMessage"]),
    ),
    "a night that may not ask": (
        "NightRole",
        grant("NightRole", "xray:PutTraceSegments", Action=TRACES["Action"], Resource="*"),
    ),
    "a role that tells of nothing": ("DeployRole", add_statement("DeployRole", **TRACES)),
}


@pytest.mark.parametrize(("name", "change"), UNTRACED.values(), ids=UNTRACED)
def test_what_is_not_traced_is_named(full: Template, name: str, change: Change) -> None:
    broken = copy.deepcopy(full)
    change(broken)
    assert [finding.partition(":")[0] for finding in std_18(broken)] == [name]


@pytest.mark.parametrize(("name", "change"), UNLOCKED.values(), ids=UNLOCKED)
def test_what_is_not_under_the_key_is_named(full: Template, name: str, change: Change) -> None:
    broken = copy.deepcopy(full)
    change(broken)
    assert [finding.partition(":")[0] for finding in std_16(broken)] == [name]


def key_policy() -> Any:
    return json.loads((ROOT / "docs" / "policies" / "key.json").read_text("utf-8"))


def test_the_keys_policy_lets_in_every_service_that_needs_it(full: Template) -> None:
    assert shut_out(full, key_policy()) == []


@pytest.mark.parametrize(
    ("statement", "part", "value", "service"),
    [
        (1, "Condition", {"StringEquals": {"aws:SourceAccount": "ACCOUNT"}}, "events"),
        (1, "Action", ["kms:Decrypt"], "events"),
        (2, "Principal", {"Service": "sns.amazonaws.com"}, "cloudwatch"),
        (3, "Condition", {}, "logs"),
        (3, "Action", ["kms:Decrypt", "kms:GenerateDataKey"], "logs"),
    ],
)
def test_a_policy_that_shuts_a_service_out_is_noticed(
    full: Template, statement: int, part: str, value: Any, service: str
) -> None:
    policy = key_policy()
    policy["Statement"][statement][part] = value
    assert [finding.partition(".")[0] for finding in shut_out(full, policy)] == [service]


@pytest.fixture(scope="module")
def shadow() -> Template:
    return as_given(translate(SHADOW), **dict.fromkeys(ASKED_FOR, False))


@pytest.mark.parametrize("check", EVERYWHERE)
def test_the_shadow_keeps_the_check(shadow: Template, check: Check) -> None:
    """All but the canary: where nothing is announced, there is nobody whom it would protect."""
    assert check(shadow) == []


@pytest.mark.parametrize("check", [*EVERYWHERE, std_16])
def test_the_shadow_keeps_the_check_with_all_that_one_may_ask_for(check: Check) -> None:
    assert check(as_given(translate(SHADOW), **dict.fromkeys(ASKED_FOR, True))) == []


def announcing(template: Template) -> list[str]:
    """Ways by which the shadow could be heard, or could change what is live."""
    found = [name for name, table in of_type(template, *TABLES).items() if "StreamSpecification" in table]
    for role in of_type(template, ROLE).values():
        for part in walk(role):
            for action in listed(part.get("Action")):
                own = all(pointed_at(one, "Arn") for one in listed(part.get("Resource")))
                if action.startswith(("events:", "sns:", "lambda:")) or not (own or action in READ_OR_ASSUMED):
                    found.append(action)
    return found


READ_OR_ASSUMED = {"dynamodb:GetItem", "sts:AssumeRole"}
LIVE_TABLE = {"Fn::Sub": "arn:aws:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${LiveTable}"}


@pytest.mark.parametrize(
    ("change", "heard"),
    [
        (lambda _: None, []),
        (put("Shadows.StreamSpecification", {"StreamViewType": "NEW_IMAGE"}), ["Shadows"]),
        (
            add_statement("ShadowRole", Effect="Allow", Action="events:PutEvents", Resource=arn("Shadows")),
            ["events:PutEvents"],
        ),
        (
            add_statement("ShadowRole", Effect="Allow", Action="dynamodb:PutItem", Resource=LIVE_TABLE),
            ["dynamodb:PutItem"],
        ),
    ],
)
def test_the_shadow_can_announce_nothing_and_only_read_what_is_live(
    shadow: Template, change: Change, heard: list[str]
) -> None:
    other = copy.deepcopy(shadow)
    change(other)
    assert announcing(other) == heard


@pytest.mark.parametrize(("check", "name", "change"), BROKEN.values(), ids=BROKEN)
def test_the_check_names_what_is_broken(real: Template, check: Check, name: str, change: Change) -> None:
    broken = copy.deepcopy(real)
    change(broken)
    findings = check(broken)
    assert [finding for finding in findings if finding.startswith(f"{name}: expected ")], findings


@pytest.mark.parametrize("change", SOUND.values(), ids=SOUND)
def test_what_is_right_may_be_written_otherwise(real: Template, change: Change) -> None:
    other = copy.deepcopy(real)
    change(other)
    assert other != real
    assert [finding for check in CHECKS for finding in check(other)] == []


def versions(folder: Path, old: str = "", new: str = "") -> dict[str, str]:
    """The version of each function, with one text of the template changed."""
    source = SOURCE.read_text("utf-8")
    assert old in source
    path = folder / "template.yaml"
    path.write_text(source.replace(old, new, 1), "utf-8")
    resources = translate(path)["Resources"].items()
    return {
        resource["Properties"]["FunctionName"]["Ref"]: name
        for name, resource in resources
        if resource["Type"] == "AWS::Lambda::Version"
    }


def reading(template: Template, layer: str) -> set[str]:
    """The functions that have a layer, whose name ends in a digest."""
    found = of_type(template, FUNCTION).items()
    return {name for name, one in found if any(pointed_at(has).startswith(layer) for has in listed(one.get("Layers")))}


def republished(folder: Path, old: str, new: str) -> set[str]:
    """The functions that get another version where one text of the template is changed."""
    before, after = versions(folder), versions(folder, old, new)
    return {name for name in before if before[name] != after[name]}


@pytest.mark.parametrize("layer", ["ruleset", "standing", "polars"])
def test_a_change_of_a_layer_publishes_versions_of_all_that_have_it(real: Template, tmp_path: Path, layer: str) -> None:
    """A layer's content is a digest in its address: what was built otherwise stands at another."""
    changed = republished(tmp_path, f"ContentUri: layers/{layer}/", "ContentUri: s3://other/content")
    assert changed == reading(real, f"{layer.capitalize()}Layer")
    assert ("Ingest" in changed) == (layer != "polars")
    assert ("Publish" in changed) == (layer == "standing")
    assert "Archive" in changed


@pytest.mark.parametrize(
    ("old", "new", "function"),
    [
        ("CodeUri: functions/publish/", "CodeUri: s3://other/publish", "Publish"),
        ("REJECTED_QUEUE_URL: !Ref RejectedQueue", "REJECTED_QUEUE_URL: !Ref UndeliveredQueue", "Ingest"),
    ],
)
def test_a_change_of_a_function_publishes_a_version_of_it_alone(
    tmp_path: Path, old: str, new: str, function: str
) -> None:
    assert republished(tmp_path, old, new) == {function}


def test_translating_leaves_no_sam_and_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    before = dict(os.environ)
    types = {resource["Type"] for resource in translate(SOURCE)["Resources"].values()}
    assert not {type_ for type_ in types if type_.startswith("AWS::Serverless::")}
    assert dict(os.environ) == before


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Ref": "A"}, "${A}"),
        ({"Fn::GetAtt": ["A", "Arn"]}, "${A.Arn}"),
        ({"Fn::GetAtt": "A.Arn"}, "${A.Arn}"),
        ({"Fn::Sub": "${A.Arn}/*"}, "${A.Arn}/*"),
        ({"Fn::Sub": ["${B}-${C}", {"B": {"Ref": "A"}}]}, "${A}-${C}"),
        ({"Fn::Join": [":", ["a", {"Ref": "A"}]]}, "a:${A}"),
        ({"Fn::If": ["Live", "a", "b"]}, "${?}"),
        (7, "7"),
    ],
)
def test_references_are_read_in_every_notation(value: Any, expected: str) -> None:
    assert text(value) == expected


@pytest.mark.parametrize("type_", sorted(TAGGABLE | UNTAGGABLE | UNTAGGED_BY_SAM))
def test_the_table_of_taggable_types_agrees_with_cloudformation(type_: str) -> None:
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", type_).schema
    assert ("Tags" in schema["properties"]) == (type_ not in UNTAGGABLE)


@pytest.mark.parametrize("path", [SOURCE, SHADOW])
def test_cfn_lint_finds_nothing(path: Path) -> None:
    command = [str(Path(sys.executable).with_name("cfn-lint")), "--non-zero-exit-code", "warning", str(path)]
    linted = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (linted.returncode, linted.stdout, linted.stderr) == (0, "", "")


def test_a_record_that_is_changed_reaches_the_lake_and_ingest_may_change_it(real: Template) -> None:
    sources = of_type(real, "AWS::Lambda::EventSourceMapping").values()
    patterns = [one["Pattern"] for source in sources for one in source.get("FilterCriteria", {}).get("Filters", [])]
    (events,) = [pattern for pattern in patterns if '"EVENT#"' in pattern]
    assert '"eventName": ["INSERT", "MODIFY"]' in events
    allowed = [action for part in walk(of_type(real, ROLE)["IngestRole"]) for action in listed(part.get("Action"))]
    assert "dynamodb:UpdateItem" in allowed


def test_what_a_night_does_not_try_again_are_errors_that_there_are(real: Template) -> None:
    (night,) = of_type(real, "AWS::StepFunctions::StateMachine").values()
    never = {
        name
        for part in walk(night["Definition"])
        if part.get("MaxAttempts") == 0
        for name in listed(part.get("ErrorEquals"))
    }
    assert never == {kind.__name__ for kind in (CorruptFile, InvalidDay)}


OF_A_VERSION = r"Version[0-9a-f]{10}"  # a logical id, with a hash of the function's properties


def test_merged_alarms_are_those_that_were_written_out(real: Template) -> None:
    """Each as it was before they shared properties, word for word but for its description."""
    written_out = json.loads((ROOT / "tests" / "fixtures" / "alarms.json").read_text())
    alarms = of_type(real, "AWS::CloudWatch::Alarm")
    own = {
        name: {key: alarm[key] for key in alarm if key not in {"AlarmDescription", "Tags"}}
        for name, alarm in alarms.items()
    }
    assert json.loads(re.sub(OF_A_VERSION, "Version", json.dumps(own))) == written_out
