"""Reads the policies of docs/policies: what they allow, what a template needs of its deployer, and what we call."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from botocore import xform_name
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from tests.make.support import ROOT
from tests.template.cloudformation import Template, listed

FOLDER = ROOT / "docs" / "policies"
PACKAGE = ROOT / "layers" / "standing" / "standing"

type Policy = dict[str, Any]

# What CloudFormation's handlers of a type may call for features that no template of ours has, and why it is left out.
NOT_NEEDED = {
    "no network of its own": ("ec2:*", "elasticfilesystem:*", "s3files:*", "lambda:PassCapacityProvider"),
    "no code signing": ("lambda:*CodeSigningConfig",),
    "no concurrency of its own": ("lambda:PutFunctionConcurrency", "lambda:PutProvisionedConcurrencyConfig"),
    "functions as they are": (
        *("lambda:PutFunctionRecursionConfig", "lambda:PutFunctionScalingConfig"),
        *("lambda:PutRuntimeManagementConfig", "lambda:AssociateRuntimeAlias"),
    ),
    "tables are neither copied, imported nor read by CloudFormation": (
        *("dynamodb:*Replica", "dynamodb:ImportTable", "dynamodb:*Item", "dynamodb:Query", "dynamodb:Scan"),
        *("dynamodb:PutResourcePolicy", "dynamodb:DeleteResourcePolicy", "dynamodb:UpdateContributorInsights"),
        *("dynamodb:EnableKinesis*", "dynamodb:DisableKinesis*", "dynamodb:UpdateKinesis*", "kinesis:*"),
    ),
    "no managed policies, no boundaries": (
        "iam:*PermissionsBoundary",
        "iam:AttachRolePolicy",
        "iam:DetachRolePolicy",
    ),
    "no role of AWS's own": ("iam:CreateServiceLinkedRole",),
    "no machines of one's own": ("codedeploy:RegisterOnPremisesInstance",),
    "logs go nowhere else, and are as they are": (
        *("logs:*LogDelivery", "logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams", "firehose:*"),
        *("logs:*ResourcePolic*", "logs:PutIndexPolicy", "logs:DeleteIndexPolicy", "logs:PutBearerTokenAuthentication"),
        *("logs:PutDataProtectionPolicy", "logs:DeleteDataProtectionPolicy", "logs:PutLogGroupDeletionProtection"),
    ),
    "topics as they are": ("sns:PutDataProtectionPolicy",),
    "buckets without such features": (
        *("s3:*Acl", "s3:*Abac", "s3:*CORS", "s3:*Cors", "s3:*Website", "s3:*Replication*", "s3:*BucketMetadata*"),
        *("s3:Put*AnalyticsConfiguration", "s3:Delete*AnalyticsConfiguration", "s3:Put*InventoryConfiguration"),
        *("s3:PutMetricsConfiguration", "s3:DeleteBucketMetricsConfiguration", "s3:PutIntelligentTieringConfiguration"),
        *("s3:PutAccelerateConfiguration", "s3:PutBucketLogging", "s3:PutBucketNotification", "s3:Put*ObjectLock*"),
        *("s3:PutBucketOwnershipControls", "s3:UpdateBucketMetadata*", "s3:DeleteBucketEncryption"),
        *("s3:DeleteBucketLifecycle", "s3tables:*", "s3:PutObjectAcl", "s3:PutObjectLock*", "s3:DeleteObject"),
    ),
    "a name that is no action": ("s3:REST.PUT.OBJECT", "s3:GetObjectMetadata", "kms:ReEncrypt", "kms:ListAliases"),
}
OTHER_ACTIONS = {  # calls whose action has another name, or several
    "s3:ListObjectsV2": ("s3:ListBucket",),
    "s3:DeleteObjects": ("s3:DeleteObject",),
    "s3:CopyObject": ("s3:GetObject", "s3:PutObject"),
    "dynamodb:TransactWriteItems": ("dynamodb:PutItem", "dynamodb:ConditionCheckItem"),
    "lambda:Invoke": ("lambda:InvokeFunction",),
}
CLIENTS = {  # what Target calls a service, and what IAM and boto3 call it
    "dynamodb": ("dynamodb", "dynamodb"),
    "sqs": ("sqs", "sqs"),
    "s3": ("s3", "s3"),
    "logs": ("logs", "logs"),
    "functions": ("lambda", "lambda"),
    "states": ("states", "stepfunctions"),
    "cloudformation": ("cloudformation", "cloudformation"),
}
ADAPTERS = {"table.py": "dynamodb", "lake_bucket.py": "s3", "rules_bucket.py": "s3"}
WAITED = {"stack_delete_complete", "table_exists", "table_not_exists"}  # a waiter describes


def policy(name: str) -> Policy:
    """One of the policies."""
    found: Policy = json.loads((FOLDER / name).read_text("utf-8"))
    return found


def statements(*policies: Policy) -> list[dict[str, Any]]:
    """All their statements."""
    return [statement for one in policies for statement in listed(one["Statement"])]


def allows(policies: Iterable[Policy], action: str) -> bool:
    """Whether an action is allowed, on whatever resource."""
    patterns = (pattern for one in statements(*policies) for pattern in listed(one["Action"]))
    return any(fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns)


@cache
def needed_by(type_: str) -> frozenset[str]:
    """The actions that CloudFormation calls, as whoever deploys, for a resource of a type."""
    handlers = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", type_).schema["handlers"]
    named = {action for name, one in handlers.items() if name != "list" for action in one["permissions"]}
    left_out = [pattern for patterns in NOT_NEEDED.values() for pattern in patterns]
    return frozenset(one for one in named if not any(fnmatchcase(one, pattern) for pattern in left_out))


def lacking(templates: Iterable[Template], policies: list[Policy]) -> dict[str, list[str]]:
    """The types of resources that could not be deployed, each with the actions that are not allowed."""
    types = {resource["Type"] for template in templates for resource in template["Resources"].values()}
    found = {type_: sorted(one for one in needed_by(type_) if not allows(policies, one)) for type_ in sorted(types)}
    return {type_: actions for type_, actions in found.items() if actions}


def idle(templates: Iterable[Template], policies: list[Policy], others: Iterable[str]) -> list[str]:
    """Actions that are allowed, and that nothing needs."""
    types = {resource["Type"] for template in templates for resource in template["Resources"].values()}
    needed = {action.lower() for type_ in types for action in needed_by(type_)} | {one.lower() for one in others}
    patterns = {pattern for one in statements(*policies) for pattern in listed(one["Action"])}
    return sorted(one for one in patterns if not any(fnmatchcase(action, one.lower()) for action in needed))


def called() -> set[str]:
    """The actions that the commands call by AWS's clients: the stack's own, and those of the classes in `aws/`."""
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        if path.name not in ("listener.py", "usage.py", "emulator.py"):  # for measuring alone
            found |= {action for service, method in _calls(path) for action in _actions(service, method)}
    for name, service in ADAPTERS.items():
        methods = (method for owner, method in _calls(PACKAGE / "aws" / name) if owner == "client")
        found |= {action for method in methods for action in _actions(service, method)}
    return found


def _calls(path: Path) -> Iterator[tuple[str, str]]:
    """(what is called, by which name) of calls such as `target.sqs.send_message(…)`; of a paginator, what it pages."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
            paged = node.func.attr in ("get_paginator", "get_waiter")
            yield name, str(getattr(node.args[0], "value", "")) if paged and node.args else node.func.attr


def _actions(service: str, method: str) -> tuple[str, ...]:
    if service not in CLIENTS or method in WAITED:
        return ()
    prefix, name = CLIENTS[service]
    operations = {xform_name(one): one for one in _operations(name)}
    action = f"{prefix}:{operations[method]}" if method in operations else ""
    return OTHER_ACTIONS.get(action, (action,) if action else ())


@cache
def _operations(service: str) -> tuple[str, ...]:
    client = boto3.client(service, region_name="us-east-1")  # type: ignore[call-overload]  # the name is a variable
    return tuple(client.meta.service_model.operation_names)


def size(one: Policy) -> int:
    """Characters without white space, with names as long as they may become."""
    text = json.dumps(one, separators=(",", ":"))
    longest = {"ACCOUNT": "1" * 12, "REGION": "ap-southeast-2", "STAGE": "s" * 16, "STACK": "s" * 25}
    return len(re.sub("|".join(longest), lambda found: longest[found[0]], text))
