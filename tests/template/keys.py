"""STD-16: a key of one's own is used wherever data rests, by whoever handles it, and by nobody where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.template.checks import TABLES
from tests.template.cloudformation import (
    BUCKET,
    LOG_GROUP,
    QUEUE,
    ROLE,
    Properties,
    Template,
    at,
    listed,
    of_type,
    pointed_at,
    text,
    true,
    walk,
)

KEY, TOPIC, RULE, ALARM = "KmsKeyArn", "AWS::SNS::Topic", "AWS::Events::Rule", "AWS::CloudWatch::Alarm"
USES = {"kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"}
USES_OF_A_TABLE = USES | {"kms:Encrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo"}
WRITES, HANDLED = "dynamodb:PutItem", ("dynamodb:", "sqs:", "s3:", "sns:")

type Policy = dict[str, Any]


def std_16(template: Template) -> list[str]:
    """Of a template with a key: all that rests is under it, and each role has just the use of it that it needs."""
    return [*_unlocked(template), *_locked_out(template)]


def keyless(template: Template) -> list[str]:
    """Of a template without a key: who names it all the same."""
    used = [name for name, one in template["Resources"].items() if any(KEY in text(part) for part in _leaves(one))]
    return [f"{name}: expected nothing of a key that there is not" for name in used]


def _unlocked(template: Template) -> Iterator[str]:
    kinds = {QUEUE: "KmsMasterKeyId", TOPIC: "KmsMasterKeyId", LOG_GROUP: "KmsKeyId"}
    for type_, property_ in kinds.items():
        for name, one in of_type(template, type_).items():
            if pointed_at(one.get(property_)) != KEY or true(one.get("SqsManagedSseEnabled")):
                yield f"{name}: expected the key as its {property_}"
    for name, table in of_type(template, *TABLES).items():
        said = at(table, "SSESpecification") or {}
        if said.get("SSEType") != "KMS" or pointed_at(said.get("KMSMasterKeyId")) != KEY:
            yield f"{name}: expected the key in its SSESpecification"
    for name, bucket in of_type(template, BUCKET).items():
        if not any(map(_of_the_key, listed(at(bucket, "BucketEncryption", "ServerSideEncryptionConfiguration")))):
            yield f"{name}: expected the key in its BucketEncryption, once for many objects (BucketKeyEnabled)"


def _of_the_key(rule: Properties) -> bool:
    said = at(rule, "ServerSideEncryptionByDefault") or {}
    kind, key = said.get("SSEAlgorithm"), pointed_at(said.get("KMSMasterKeyID"))
    return (kind, key) == ("aws:kms", KEY) and true(rule.get("BucketKeyEnabled"))


def _locked_out(template: Template) -> Iterator[str]:
    for name, role in of_type(template, ROLE).items():
        allowed = {action for part in walk(role) if part.get("Effect") == "Allow" for action in listed(part["Action"])}
        handles = any(action.startswith(HANDLED) for action in allowed)
        needed = USES_OF_A_TABLE if WRITES in allowed else USES if handles else set()
        if _uses(role) != needed:
            yield f"{name}: expected these uses of the key and no others: {', '.join(sorted(needed)) or 'none'}"


def _uses(role: Properties) -> set[str]:
    """What a role may do with the key; with any other, it may do what is not asked for."""
    found: set[str] = set()
    for part in walk(role):
        actions = {action for action in listed(part.get("Action")) if str(action).startswith("kms:")}
        ours = [pointed_at(one) for one in listed(part.get("Resource"))] == [KEY]
        found |= actions if ours else {f"{action} of any key" for action in actions}
    return found


def _leaves(value: Any) -> Iterator[Any]:
    """Every value inside one that may be a reference, and every text."""
    yield value
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for part in parts:
        yield from _leaves(part)


def shut_out(template: Template, policy: Policy) -> list[str]:
    """AWS's own services that reach what is under the key, and that the key's policy does not let use it.

    An event's delivery carries none of the keys `aws:SourceAccount` and `aws:SourceArn`, so with such a condition
    EventBridge would be shut out, and its events be lost in silence.
    """
    needed: dict[str, set[str]] = {}
    if of_type(template, RULE):
        needed["events.amazonaws.com"] = {"kms:Decrypt", "kms:GenerateDataKey"}
    if of_type(template, ALARM) and of_type(template, TOPIC):
        needed["cloudwatch.amazonaws.com"] = {"kms:Decrypt", "kms:GenerateDataKey"}
    if of_type(template, LOG_GROUP):
        needed["logs.REGION.amazonaws.com"] = USES_OF_A_TABLE
    return [
        f"{service}: expected {', '.join(sorted(uses))}"
        for service, uses in needed.items()
        if not any(_lets(statement, service, uses) for statement in policy["Statement"])
    ]


def _lets(statement: dict[str, Any], service: str, uses: set[str]) -> bool:
    conditions = at(statement, "Condition") or {}
    conditioned = {key for operator in conditions.values() for key in operator}
    bound = {"kms:EncryptionContext:aws:logs:arn"} if service.startswith("logs.") else set()
    free = conditioned == set() if service.startswith("events.") else bound <= conditioned
    return at(statement, "Principal", "Service") == service and uses <= set(listed(statement["Action"])) and free
