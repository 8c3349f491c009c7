"""What must hold for every template of this project: one function a check, from a template to its findings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatchcase
from itertools import chain
from typing import Any

from tests.template.cloudformation import (
    BUCKET,
    FUNCTION,
    LOG_GROUP,
    QUEUE,
    ROLE,
    Properties,
    Template,
    arn_of,
    at,
    at_least,
    function_of,
    listed,
    number,
    of_type,
    pointed_at,
    text,
    true,
    walk,
)
from tests.template.glance import std_17
from tests.template.sharing import std_15
from tests.template.speaking import std_13
from tests.template.tracing import TELLS_AND_ASKS
from tests.template.watching import std_03, std_10, std_14

FORTNIGHT = 14 * 24 * 60 * 60
MAPPING = "AWS::Lambda::EventSourceMapping"
ALIAS = "AWS::Lambda::Alias"
VERSION = "AWS::Lambda::Version"
ALARM = "AWS::CloudWatch::Alarm"
TAKEN_BACK = {"DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"}
TABLES = ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable")
STREAMS = {
    **dict.fromkeys(TABLES, "StreamArn"),
    "AWS::Kinesis::Stream": "Arn",
    "AWS::Kinesis::StreamConsumer": "ConsumerARN",
}
IDENTITY_POLICIES = (
    ROLE,
    "AWS::IAM::Policy",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::RolePolicy",
    "AWS::IAM::User",
    "AWS::IAM::UserPolicy",
    "AWS::IAM::Group",
    "AWS::IAM::GroupPolicy",
)
BLOCKS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
NAMING = ("StringEquals", "ForAnyValue:StringEquals")  # the others also let an entry without a source pass

TAGS = ("service", "owner", "cost-center", "stage")
TAGGABLE = frozenset(
    {
        FUNCTION,
        ROLE,
        QUEUE,
        BUCKET,
        LOG_GROUP,
        "AWS::CloudWatch::Alarm",
        "AWS::CloudWatch::CompositeAlarm",
        "AWS::CloudWatch::Dashboard",
        "AWS::DynamoDB::Table",
        "AWS::Events::EventBus",
        "AWS::Events::Rule",
        "AWS::KMS::Key",
        "AWS::Kinesis::Stream",
        "AWS::SNS::Topic",
        "AWS::SSM::Parameter",
        "AWS::Scheduler::ScheduleGroup",
        "AWS::StepFunctions::StateMachine",
    }
)
UNTAGGABLE = frozenset(
    {
        "AWS::Events::Archive",
        "AWS::Events::EventBusPolicy",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Policy",
        "AWS::IAM::RolePolicy",
        "AWS::KMS::Alias",
        "AWS::Lambda::Alias",
        "AWS::Lambda::EventInvokeConfig",
        "AWS::Lambda::LayerVersion",
        "AWS::Lambda::Permission",
        "AWS::Lambda::Version",
        "AWS::Logs::MetricFilter",
        "AWS::Logs::QueryDefinition",
        "AWS::Logs::ResourcePolicy",
        "AWS::Logs::SubscriptionFilter",
        "AWS::S3::BucketPolicy",
        "AWS::SNS::Subscription",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::QueuePolicy",
        "AWS::Scheduler::Schedule",
        "AWS::StepFunctions::StateMachineAlias",
        "AWS::StepFunctions::StateMachineVersion",
    }
)
# AWS would tag these, but SAM writes them, and lets nobody say with which tags.
UNTAGGED_BY_SAM = frozenset({MAPPING, "AWS::CodeDeploy::Application", "AWS::CodeDeploy::DeploymentGroup"})


def std_01(template: Template) -> list[str]:
    """A message that fails is tried often enough, without being read twice at a time, and then kept 14 days."""
    queues = of_type(template, QUEUE)
    read = {name for _, name in _queue_mappings(template)}
    kept = _dead_letter_queues(template) | (queues.keys() - read)
    return [
        *chain.from_iterable(_visibility(template, *pair) for pair in _queue_mappings(template)),
        *chain.from_iterable(_redrive(template, name) for name in sorted(read)),
        *chain.from_iterable(_retention(name, queues[name]) for name in sorted(kept)),
    ]


def std_02(template: Template) -> list[str]:
    """A failing record holds back neither its batch nor, for ever, its shard."""
    mappings = of_type(template, MAPPING).items()
    sources = Counter(_source(template, mapping) for _, mapping in mappings)
    readers = {name: count for (type_, name), count in sources.items() if type_ in STREAMS}
    return [
        *chain.from_iterable(_mapping(template, name, mapping) for name, mapping in mappings),
        *chain.from_iterable(
            _unless(count <= 2, name, f"at most 2 readers of its stream, not {count}")
            for name, count in readers.items()
        ),
    ]


def std_04(template: Template) -> list[str]:
    """A function may do what it must, and no more; only we publish under our name."""
    return [
        *_function_roles(template),
        *_managed_policies(template),
        *chain.from_iterable(_narrow(name, statement) for name, statement in _grants(template)),
        *_unconditioned_put_events(template),
    ]


def std_05(template: Template) -> list[str]:
    """A table is neither lost nor read by others, and its rows expire."""
    return list(
        chain.from_iterable(
            [
                *_unless(true(table.get("DeletionProtectionEnabled")), name, "DeletionProtectionEnabled"),
                *_unless(_recoverable(table), name, "point-in-time recovery"),
                *_unless(true(at(table, "SSESpecification", "SSEEnabled")), name, "SSESpecification"),
                *_unless(_expiring(table), name, "TimeToLiveSpecification"),
                *_retained(name, template["Resources"][name]),
            ]
            for name, table in of_type(template, *TABLES).items()
        )
    )


def std_07(template: Template) -> list[str]:
    """Personal data is not kept for longer than said, and is encrypted where it rests."""
    checked = {
        "AWS::Events::Archive": _archive_days,
        LOG_GROUP: _log_days,
        QUEUE: _queue_encrypted,
        BUCKET: _bucket_encrypted,
    }
    findings = (check(*item) for type_, check in checked.items() for item in of_type(template, type_).items())
    return [*chain.from_iterable(findings), *_stray_logs(template)]


def std_08(template: Template) -> list[str]:
    """The bill and the pager find their owner: all four tags on everything that takes tags."""
    return list(
        chain.from_iterable(
            _tagged(name, resource["Type"], at(resource, "Properties", "Tags"))
            for name, resource in template["Resources"].items()
        )
    )


def std_09(template: Template) -> list[str]:
    """No event is lost between the bus and what it is for, and all can be replayed."""
    archives = of_type(template, "AWS::Events::Archive").values()
    archived = {pointed_at(archive.get("SourceArn"), "Arn") for archive in archives}
    buses = of_type(template, "AWS::Events::EventBus")
    return [
        *(_wrong(name, "an archive") for name in buses if name not in archived),
        *chain.from_iterable(
            _target(template, name, target)
            for name, rule in of_type(template, "AWS::Events::Rule").items()
            for target in listed(rule.get("Targets"))
        ),
    ]


def std_11(template: Template) -> list[str]:
    """A bucket is nobody else's, is reached by TLS alone, and keeps what was written over, but not for ever."""
    return list(chain.from_iterable(_bucket(template, *item) for item in of_type(template, BUCKET).items()))


def std_06_versions(template: Template) -> list[str]:
    """A function runs as a version behind an alias, so that a change of it, or of a layer, is a version of its own."""
    return [
        *(
            _wrong(name, "an alias to a version of it that is kept")
            for name in of_type(template, FUNCTION)
            if not _published(template, name)
        ),
        *chain.from_iterable(
            _unless(pointed_at(mapping.get("FunctionName")) in _aliases(template), name, "an alias as its function")
            for name, mapping in of_type(template, MAPPING).items()
        ),
    ]


def std_06_canary(template: Template) -> list[str]:
    """A new version is tried on some of the traffic, and an alarm takes it back."""
    return list(
        chain.from_iterable(
            _canary(template, name, resource)
            for name, resource in template["Resources"].items()
            if resource["Type"] == ALIAS
        )
    )


EVERYWHERE = (std_01, std_02, std_04, std_05, std_06_versions, std_07, std_08, std_09, std_11, std_13, std_15)
CHECKS = (*EVERYWHERE, std_03, std_06_canary, std_10, std_14, std_17)


def _wrong(name: str, expected: str) -> str:
    return f"{name}: expected {expected}"


def _unless(right: bool, name: str, expected: str) -> list[str]:
    return [] if right else [_wrong(name, expected)]


# ── STD-01 ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _source(template: Template, mapping: Properties) -> tuple[str, str]:
    """Type and logical id of what a mapping reads; two empty strings where it is not in this template."""
    for type_, attribute in {QUEUE: "Arn", **STREAMS}.items():
        if name := arn_of(template, mapping.get("EventSourceArn"), type_, attribute=attribute):
            return type_, name
    return "", ""


def _queue_mappings(template: Template) -> list[tuple[str, str]]:
    """(mapping, queue) of each mapping that reads a queue."""
    found = ((name, _source(template, mapping)) for name, mapping in of_type(template, MAPPING).items())
    return [(name, queue) for name, (type_, queue) in found if type_ == QUEUE]


def _visibility(template: Template, mapping: str, queue: str) -> list[str]:
    function = function_of(template, template["Resources"][mapping]["Properties"].get("FunctionName"))
    timeout = number(of_type(template, FUNCTION).get(function, {"Timeout": None}).get("Timeout", 3))
    if timeout is None:
        return [_wrong(mapping, "a function of this template, with a timeout in seconds")]
    least = 6 * timeout
    right = at_least(of_type(template, QUEUE)[queue].get("VisibilityTimeout", 30), least)
    return _unless(right, queue, f"a VisibilityTimeout of at least {least} s, 6 times that of {function}")


def _redrive(template: Template, queue: str) -> list[str]:
    policy = of_type(template, QUEUE)[queue].get("RedrivePolicy")
    target = arn_of(template, at(policy, "deadLetterTargetArn"), QUEUE)
    return [
        *_unless(target not in ("", queue), queue, "a RedrivePolicy to another queue of this template"),
        *_unless(at_least(at(policy, "maxReceiveCount"), 5), queue, "a maxReceiveCount of at least 5"),
    ]


def _dead_letter_queues(template: Template) -> set[str]:
    found = set()
    for part in walk(template["Resources"]):
        letters = part.get("DeadLetterConfig")
        for arn in (part.get("deadLetterTargetArn"), at(letters, "Arn"), at(letters, "TargetArn")):
            found.add(arn_of(template, arn, QUEUE))
    return found - {""}


def _retention(name: str, queue: Properties) -> list[str]:
    right = number(queue.get("MessageRetentionPeriod")) == FORTNIGHT
    return _unless(right, name, f"a MessageRetentionPeriod of {FORTNIGHT} s, 14 days")


# ── STD-02 ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _mapping(template: Template, name: str, mapping: Properties) -> list[str]:
    type_, _ = _source(template, mapping)
    partial = "ReportBatchItemFailures" in listed(mapping.get("FunctionResponseTypes"))
    own = _queue_mapping(name, mapping) if type_ == QUEUE else _stream_mapping(template, name, mapping)
    return [
        *_unless(type_ != "", name, "a queue or a stream of this template as its source"),
        *_unless(partial, name, "ReportBatchItemFailures"),
        *own,
    ]


def _queue_mapping(name: str, mapping: Properties) -> list[str]:
    limit = at(mapping, "ScalingConfig", "MaximumConcurrency")
    return _unless(at_least(limit, 2), name, "a MaximumConcurrency (2 is the least that SQS takes)")


def _stream_mapping(template: Template, name: str, mapping: Properties) -> list[str]:
    # -1 is how Lambda writes "for ever", so a bound is a number that is not negative.
    destination = at(mapping, "DestinationConfig", "OnFailure", "Destination")
    return [
        *_unless(true(mapping.get("BisectBatchOnFunctionError")), name, "BisectBatchOnFunctionError"),
        *_unless(at_least(mapping.get("MaximumRetryAttempts"), 0), name, "a bound as MaximumRetryAttempts"),
        *_unless(at_least(mapping.get("MaximumRecordAgeInSeconds"), 60), name, "MaximumRecordAgeInSeconds"),
        *_unless(arn_of(template, destination, BUCKET) != "", name, "OnFailure to a bucket of this template"),
    ]


# ── STD-04 ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _function_roles(template: Template) -> Iterator[str]:
    functions = of_type(template, FUNCTION).items()
    roles = {name: arn_of(template, function.get("Role"), ROLE) for name, function in functions}
    users = Counter(roles.values())
    for name, role in roles.items():
        if not role:
            yield _wrong(name, "a role that this template defines")
        elif users[role] > 1:
            yield _wrong(name, f"a role of its own; {role} has {users[role]} functions")


def _managed_policies(template: Template) -> Iterator[str]:
    # What AWS manages is out of sight, may change, and mostly grants `*`.
    ours = of_type(template, "AWS::IAM::ManagedPolicy")
    for name, owner in of_type(template, ROLE, "AWS::IAM::User", "AWS::IAM::Group").items():
        for policy in listed(owner.get("ManagedPolicyArns")):
            if (pointed_at(policy) or pointed_at(policy, "PolicyArn")) not in ours:
                yield _wrong(name, f"statements of its own in place of the managed policy {text(policy)}")


def _grants(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    """(logical id, statement) of everything an identity policy allows."""
    for name, properties in of_type(template, *IDENTITY_POLICIES).items():
        for part in walk(properties):
            if part.get("Effect") == "Allow":
                yield name, part


def _narrow(name: str, statement: dict[str, Any]) -> Iterator[str]:
    for negated in ("NotAction", "NotResource"):
        if negated in statement:
            yield _wrong(name, f"what is allowed, rather than {negated}")
    for action in map(text, listed(statement.get("Action"))):
        if set("*?") & set(action):
            yield _wrong(name, f"actions by name, not {action}")
    for resource in map(text, listed(statement.get("Resource"))):
        if _boundless(resource) and not _to_xray_alone(statement):
            yield _wrong(name, f"a resource by name, not {resource}")


def _to_xray_alone(statement: dict[str, Any]) -> bool:
    """X-Ray knows no resources that could be named."""
    actions = set(listed(statement.get("Action")))
    return bool(actions) and actions <= TELLS_AND_ASKS


def _boundless(resource: str) -> bool:
    """Whether it names nothing: `*`, `arn:aws:sqs:eu-central-1:1:*`, or everything of a kind (`…:table/*`)."""
    parts = re.sub(r"\$\{[^}]*\}", "_", resource).split(":", 5)
    name = parts[5] if len(parts) == 6 else ":".join(parts)
    if parts[2:3] != ["s3"]:  # elsewhere a kind comes first; at S3 it is the bucket's name
        name = re.sub(r"^[a-z-]+[/:]", "", name)
    return re.search(r"[^*?/:]", name) is None


def _unconditioned_put_events(template: Template) -> Iterator[str]:
    # Resource policies too: another account must not be able to publish under our name either.
    for name, resource in template["Resources"].items():
        for part in walk(resource.get("Properties", {})):
            if part.get("Effect") != "Deny" and _puts_events(part) and not _names_source(part):
                yield _wrong(name, "a condition on events:source (StringEquals) wherever it allows events:PutEvents")


def _puts_events(statement: dict[str, Any]) -> bool:
    patterns = (text(action).lower() for action in listed(statement.get("Action")))
    return any(fnmatchcase("events:putevents", pattern) for pattern in patterns)


def _names_source(statement: dict[str, Any]) -> bool:
    condition = statement.get("Condition") or {}
    keys = chain.from_iterable((condition.get(operator) or {}).items() for operator in NAMING)
    return any(key.lower() == "events:source" and listed(value) for key, value in keys)


# ── STD-05 ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _recoverable(table: Properties) -> bool:
    return true(at(table, "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled"))


def _expiring(table: Properties) -> bool:
    ttl = table.get("TimeToLiveSpecification")
    return true(at(ttl, "Enabled")) and bool(at(ttl, "AttributeName"))


def _retained(name: str, resource: dict[str, Any]) -> Iterator[str]:
    for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
        yield from _unless(resource.get(policy) == "Retain", name, f"Retain as its {policy}")


# ── STD-06 ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _aliases(template: Template) -> dict[str, tuple[str, str]]:
    """The function and the version of each alias that leads to a version of this template, which is kept."""
    versions = of_type(template, VERSION)
    found = {name: pointed_at(alias.get("FunctionVersion"), "Version") for name, alias in _all_aliases(template)}
    return {
        name: (function_of(template, versions[version].get("FunctionName")), version)
        for name, version in found.items()
        if version in versions and template["Resources"][version].get("DeletionPolicy") == "Retain"
    }


def _all_aliases(template: Template) -> list[tuple[str, Properties]]:
    return list(of_type(template, ALIAS).items())


def _published(template: Template, function: str) -> bool:
    aliases = _aliases(template)
    return any(
        aliases.get(name, ("", ""))[0] == function == function_of(template, alias.get("FunctionName"))
        for name, alias in _all_aliases(template)
    )


def _canary(template: Template, name: str, alias: dict[str, Any]) -> list[str]:
    update = at(alias, "UpdatePolicy", "CodeDeployLambdaAliasUpdate", "DeploymentGroupName")
    group = of_type(template, "AWS::CodeDeploy::DeploymentGroup").get(pointed_at(update))
    if group is None:
        return [_wrong(name, "a CodeDeployLambdaAliasUpdate by a deployment group of this template")]
    back = at(group, "AutoRollbackConfiguration")
    return [
        *_unless(_shifts(group.get("DeploymentConfigName")), name, "a canary or a linear deployment"),
        *_unless(
            true(at(back, "Enabled")) and set(listed(at(back, "Events"))) >= TAKEN_BACK, name, "a roll-back by alarm"
        ),
        *_unless(_watched(template, name, group), name, "an alarm of this template on the errors of the new version"),
    ]


def _shifts(config: Any) -> bool:
    """Whether traffic moves bit by bit, at least on some condition."""
    branches = config["Fn::If"][1:] if isinstance(config, dict) and "Fn::If" in config else [config]
    return any(re.search(r"Lambda(Canary|Linear)", text(branch)) for branch in branches)


def _watched(template: Template, alias: str, group: Properties) -> bool:
    function, version = _aliases(template).get(alias, ("", ""))
    alarms = of_type(template, ALARM)
    asked = at(group, "AlarmConfiguration")
    named = [alarms.get(pointed_at(one.get("Name")), {}) for one in listed(at(asked, "Alarms"))]
    live = f"${{{function}}}:{text(of_type(template, ALIAS)[alias].get('Name'))}"
    wanted = {"FunctionName": f"${{{function}}}", "Resource": live, "ExecutedVersion": f"${{{version}.Version}}"}
    return true(at(asked, "Enabled")) and any(
        one.get("MetricName") == "Errors" and _dimensions(one) == wanted and one.get("ActionsEnabled") is not False
        for one in named
    )


def _dimensions(alarm: Properties) -> dict[str, str]:
    """What an alarm's metric is of."""
    return {one["Name"]: text(one["Value"]) for one in listed(alarm.get("Dimensions"))}


# ── STD-07 ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _archive_days(name: str, archive: Properties) -> list[str]:
    days = archive.get("RetentionDays")
    right = at_least(days, 1) and not at_least(days, 31)  # 0 is how EventBridge writes "for ever"
    return _unless(right, name, "RetentionDays between 1 and 30")


def _log_days(name: str, group: Properties) -> list[str]:
    return _unless(at_least(group.get("RetentionInDays"), 1), name, "RetentionInDays")


def _stray_logs(template: Template) -> Iterator[str]:
    # Where a function names no log group, Lambda makes one that keeps everything for ever.
    for name, function in of_type(template, FUNCTION).items():
        group = pointed_at(at(function, "LoggingConfig", "LogGroup"))
        yield from _unless(group in of_type(template, LOG_GROUP), name, "a log group of this template")


def _queue_encrypted(name: str, queue: Properties) -> list[str]:
    right = true(queue.get("SqsManagedSseEnabled")) or bool(queue.get("KmsMasterKeyId"))
    return _unless(right, name, "encryption: SqsManagedSseEnabled or a KmsMasterKeyId")


def _bucket_encrypted(name: str, bucket: Properties) -> list[str]:
    rules = listed(at(bucket, "BucketEncryption", "ServerSideEncryptionConfiguration"))
    right = any(at(rule, "ServerSideEncryptionByDefault", "SSEAlgorithm") for rule in rules)
    return _unless(right, name, "BucketEncryption")


# ── STD-11 ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _bucket(template: Template, name: str, bucket: Properties) -> list[str]:
    blocked = at(bucket, "PublicAccessBlockConfiguration") or {}
    rules = listed(at(bucket, "LifecycleConfiguration", "Rules"))
    return [
        *_unless(all(true(blocked.get(one)) for one in BLOCKS), name, "no public access, all four ways"),
        *_unless(at(bucket, "VersioningConfiguration", "Status") == "Enabled", name, "versions"),
        *_unless(any(_forgets(rule) for rule in rules), name, "a lifecycle by which older versions expire"),
        *_unless(
            any(_tls_only(policy, name) for policy in _policies(template)), name, "a policy that denies all but TLS"
        ),
    ]


def _forgets(rule: Properties) -> bool:
    """Whether it lets older versions of every object expire."""
    everywhere = not rule.get("Prefix") and not rule.get("TagFilters")
    return rule.get("Status") == "Enabled" and everywhere and bool(at(rule, "NoncurrentVersionExpiration"))


def _policies(template: Template) -> list[Properties]:
    return list(of_type(template, "AWS::S3::BucketPolicy").values())


def _tls_only(policy: Properties, bucket: str) -> bool:
    """Whether it denies everything without TLS to everybody, for the bucket and its objects."""
    wanted = {f"${{{bucket}.Arn}}", f"${{{bucket}.Arn}}/*"}
    return pointed_at(policy.get("Bucket")) == bucket and any(
        part.get("Effect") == "Deny"
        and part.get("Principal") == "*"
        and "s3:*" in listed(part.get("Action"))
        and wanted <= set(map(text, listed(part.get("Resource"))))
        and text(at(part, "Condition", "Bool", "aws:SecureTransport")).lower() == "false"
        for part in walk(policy)
    )


# ── STD-08 ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _tagged(name: str, type_: str, tags: Any) -> list[str]:
    if type_ in UNTAGGABLE | UNTAGGED_BY_SAM:
        return []
    if type_ not in TAGGABLE:
        return [_wrong(name, f"{type_} in TAGGABLE or UNTAGGABLE of checks.py")]
    pairs = tags.items() if isinstance(tags, dict) else [(at(tag, "Key"), at(tag, "Value")) for tag in listed(tags)]
    said = {key for key, value in pairs if value not in (None, "")}
    return [_wrong(name, f"the tag {tag}") for tag in TAGS if tag not in said]


# ── STD-09 ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _target(template: Template, rule: str, target: dict[str, Any]) -> list[str]:
    letters = arn_of(template, at(target, "DeadLetterConfig", "Arn"), QUEUE)
    return [
        *_unless(bool(target.get("RetryPolicy")), rule, f"a RetryPolicy on target {target.get('Id')}"),
        *_unless(letters != "", rule, f"a DeadLetterConfig to a queue of this template on {target.get('Id')}"),
    ]
