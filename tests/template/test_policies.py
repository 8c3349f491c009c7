"""The policies that docs/deploying.md hands out: enough for what is deployed and called, and no more."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest
from ruamel.yaml import YAML
from samtranslator.yaml_helper import yaml_parse

from tests.make.support import ROOT
from tests.template.checks import std_04
from tests.template.cloudformation import BUCKET, Template, listed, of_type, text
from tests.template.policies import FOLDER, Policy, allows, called, idle, lacking, policy, size, statements
from tests.template.translate import translate

DEPLOYER = ("deployer.json", "deployer-data.json", "deployer-key.json")
SAM = {  # what sam calls itself, and a release and a shadow of ours; CloudFormation's own template tags functions
    *(f"cloudformation:{kind}ChangeSet" for kind in ("Create", "Delete", "Describe", "Execute")),
    *(f"cloudformation:Describe{what}" for what in ("Stacks", "StackEvents", "StackResources")),
    *("cloudformation:DeleteStack", "cloudformation:GetTemplate", "cloudformation:GetTemplateSummary"),
    *("cloudformation:ListStackResources", "cloudformation:TagResource"),
    *("s3:PutObject", "s3:DeleteObject", "iam:ListRoleTags"),
}
ALONE = {  # actions that AWS takes for no resource by name
    *("lambda:GetEventSourceMapping", "logs:DescribeLogGroups", "logs:DescribeIndexPolicies"),
    "codedeploy:GetDeploymentConfig",
}
MOST = 6_144  # characters of a managed policy
PAGES = ("deploying.md", "deploying.zh-CN.md")


@pytest.fixture(scope="module")
def templates() -> list[Template]:
    return [translate(ROOT / name) for name in ("template.yaml", "shadow.yaml")]


@pytest.fixture
def deployer() -> list[Policy]:
    return [policy(name) for name in DEPLOYER]


def test_the_deployer_may_deploy_every_type_of_resource(templates: list[Template], deployer: list[Policy]) -> None:
    assert lacking(templates, deployer) == {}


def test_the_deployer_may_nothing_that_nobody_needs(templates: list[Template], deployer: list[Policy]) -> None:
    assert idle(templates, deployer, SAM) == []


@pytest.mark.parametrize("action", ["sqs:CreateQueue", "cloudwatch:PutDashboard", "iam:PassRole", "kms:CreateGrant"])
def test_a_right_that_is_missing_is_named(templates: list[Template], deployer: list[Policy], action: str) -> None:
    for statement in statements(*deployer):
        statement["Action"] = [one for one in listed(statement["Action"]) if one != action]
    found = lacking(templates, deployer)
    assert found
    assert {one for actions in found.values() for one in actions} == {action}


def test_a_right_that_nobody_needs_is_named(templates: list[Template], deployer: list[Policy]) -> None:
    deployer[0]["Statement"][0]["Action"] += ["s3:PutBucketWebsite", "ec2:RunInstances"]
    assert idle(templates, deployer, SAM) == ["ec2:RunInstances", "s3:PutBucketWebsite"]


def test_what_the_deployer_deploys_is_named_in_its_policies(templates: list[Template], deployer: list[Policy]) -> None:
    resources = [one for statement in statements(*deployer) for one in listed(statement["Resource"])]
    layers = [name for template in templates for name in template["Resources"] if "Layer" in name]
    names = {re.sub(r"[0-9a-f]{10}$", "", name) for name in layers}
    assert {name for name in names if f"arn:aws:lambda:REGION:ACCOUNT:layer:{name}*" not in resources} == set()
    buckets = [name.lower() for template in templates for name in of_type(template, BUCKET)]
    assert [name for name in buckets if f"arn:aws:s3:::STACK-{name}-*" not in resources] == []


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.glob("*.json")))
def test_a_policy_is_of_its_own_stack_and_fits(name: str) -> None:
    one = policy(name)
    assert size(one) <= MOST
    if name == "key.json":  # a key's policy speaks of the key it is of
        return
    for statement in statements(one):
        actions = set(listed(statement["Action"]))
        assert not any(re.fullmatch(r"\*|[a-z0-9]+:\*", action) for action in actions)
        assert statement.get("Resource") != "*" or "Condition" in statement or actions <= ALONE
        assert not {"NotAction", "NotResource", "NotPrincipal"} & set(statement)


def test_the_operator_may_do_what_the_commands_do() -> None:
    released = [policy(name) for name in ("operator.json", "deployer.json", "deployer-data.json")]
    found = called()
    assert {"sqs:ReceiveMessage", "states:StartExecution", "dynamodb:Scan", "s3:ListBucket"} <= found
    assert {action for action in found if not allows(released, action)} == set()
    others = {"cloudformation:DeleteStack", "dynamodb:UpdateTable", "dynamodb:DeleteTable"}  # of releases and shadows
    assert {action for action in found if not allows(released[:1], action)} == others
    allowed = {action for one in statements(released[0]) for action in listed(one["Action"])}
    assert {one for one in allowed if one not in found} == set()


def test_a_producer_puts_events_of_one_source() -> None:
    (statement,) = statements(policy("producer.json"))
    assert (statement["Action"], statement["Condition"]) == (
        "events:PutEvents",
        {"StringEquals": {"events:source": "SOURCE"}},
    )


def test_another_account_is_let_in_for_one_source_beside_what_the_bus_denies() -> None:
    template: Any = yaml_parse((FOLDER / "another-account.yaml").read_text("utf-8"))
    assert std_04(template) == []
    (name,) = template["Resources"]
    bus = translate(ROOT / "template.yaml")["Resources"]
    assert name not in bus
    said = template["Resources"][name]["Properties"]
    assert said["Statement"]["Principal"] == {"AWS": {"Ref": "Producer"}}
    ids = {text(one["Properties"]["StatementId"]) for one in bus.values() if one["Type"].endswith("EventBusPolicy")}
    assert text(said["StatementId"]) not in ids  # one of the same name would take its place
    loose = copy.deepcopy(template)
    del loose["Resources"][name]["Properties"]["Statement"]["Condition"]
    assert std_04(loose) != []


def workflow(name: str) -> Any:
    return YAML(typ="safe").load((ROOT / ".github" / "workflows" / name).read_text("utf-8"))


def subject(of: dict[str, Any], job: dict[str, Any]) -> str:
    """How GitHub names a job to AWS, where a subject is told with its branch: repository, what it runs for, and ref."""
    events = of["on"]
    if "environment" in job:
        (branch,) = events["push"]["branches"]
        return f"repo:OWNER/REPOSITORY:environment:{job['environment']}:ref:refs/heads/{branch}"
    assert set(events) == {"pull_request"}
    return "repo:OWNER/REPOSITORY:pull_request:ref:refs/pull/*/merge"


@pytest.mark.parametrize(
    ("file", "job", "trust"),
    [
        ("release.yml", "release", "release-role-trust.json"),
        ("rules.yml", "population", "rules-role-trust.json"),
    ],
)
def test_a_role_is_had_by_the_one_job_that_uses_it(file: str, job: str, trust: str) -> None:
    of = workflow(file)
    (statement,) = statements(policy(trust))
    issuer = "token.actions.githubusercontent.com"
    assert statement["Principal"] == {"Federated": f"arn:aws:iam::ACCOUNT:oidc-provider/{issuer}"}
    conditions = {key: value for operator in statement["Condition"].values() for key, value in operator.items()}
    assert conditions == {f"{issuer}:aud": "sts.amazonaws.com", f"{issuer}:sub": subject(of, of["jobs"][job])}
    assert f"{issuer}:aud" in statement["Condition"]["StringEquals"]
    assert of["jobs"][job]["permissions"]["id-token"] == "write"
    assert [name for name, one in of["jobs"].items() if "id-token" in one.get("permissions", {})] == [job]


def test_who_compares_on_a_snapshot_may_read_it_and_no_more() -> None:
    (statement,) = statements(policy("rules-role.json"))
    assert (statement["Action"], statement["Resource"]) == ("s3:GetObject", "arn:aws:s3:::BUCKET/KEY")


@pytest.mark.parametrize("page", PAGES)
def test_the_page_names_every_policy_and_all_that_stays(page: str, templates: list[Template]) -> None:
    written = (ROOT / "docs" / page).read_text("utf-8")
    assert [path.name for path in FOLDER.iterdir() if f"policies/{path.name}" not in written] == []
    kept = {
        re.sub(r"[0-9a-f]{10}$", "", name)
        for template in templates
        for name, one in template["Resources"].items()
        if one.get("DeletionPolicy") == "Retain" and one["Type"] != "AWS::Lambda::Version"  # a function's own
    }
    assert {name for name in kept if f"`{name}`" not in written} == set()
    parameters = set(templates[0]["Parameters"])
    assert {name for name in parameters if f"`{name}`" not in written} == set()
