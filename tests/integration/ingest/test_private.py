"""Personal values, planted in every field marked so: in no log of any level, stored only where rules need them."""

from __future__ import annotations

import base64
import importlib.util
import io
import json
import logging
import re
import shutil
import sys
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import polars as pl
import pytest
from standing.aws.lake_bucket import Lake
from standing.aws.logging import FailureCause, cause, safe_message
from standing.aws.table import STATE, Customers
from standing.events import MODELS, personal_fields, unstored_fields
from standing.lake.parquet import CorruptFile
from standing.nightly.planned import plan_of
from standing.rules.author.build import build_ruleset
from standing.rules.author.compiler import compile_rules
from standing.values.faults import Fault

from tests.make.support import ROOT, sender
from tests.make.support import envelope as an_envelope

LEVELS = {"DEBUG": "DEBUG", "INFO": "INFO", "WARNING": "WARN", "ERROR": "ERROR", "CRITICAL": "FATAL"}  # Lambda's words
COMMENT, BORN, DAY, AMOUNT = "PLANTED-comment-zq81", "1872-02-29", "02-29", "7351982.46"
SENT: dict[tuple[str, str], Any] = {
    ("feedback.v1", "comment"): COMMENT,
    ("profile.v1", "birthday"): BORN,
    ("profile.v1", "amounts"): {"deposits": AMOUNT},
}
TEXTS = {  # how a field's value would be seen: as it was sent, or as it is kept
    ("feedback.v1", "comment"): {COMMENT},
    ("profile.v1", "birthday"): {BORN, DAY},
    ("profile.v1", "amounts"): {AMOUNT, AMOUNT.replace(".", ""), AMOUNT.partition(".")[0]},
}
PLANTED = set().union(*TEXTS.values())
NEVER_STORED = {COMMENT, BORN}
WHO = "c-81"


class Context:
    """What Lambda tells a function of its own call."""

    memory_limit_in_mb = "3008"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 30_000


def test_every_personal_field_is_planted() -> None:
    marked = {(name, field) for name, model in MODELS.items() for field in personal_fields(model)}
    assert marked == set(SENT) == set(TEXTS)
    assert {one for one in marked if one[1] in unstored_fields(MODELS[one[0]])} == {("feedback.v1", "comment")}


@pytest.fixture
def layer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A bank's rules, which compare what customers have, and their birthdays as well."""
    folder = tmp_path / "rules"
    shutil.copytree(ROOT / "docs" / "examples" / "bank", folder)
    with (folder / "features.yaml").open("a") as features:
        features.write("\ndays_to_birthday:\n  title: {en: B, zh: B}\n  days_until: profile.birthday\n")
    care = folder / "care" / "greeting.yaml"
    when = "when: {all: [days_to_birthday <= 400, deposits >= 1.00]}"
    do = "do: {action: greet, owner: m, within: 30d, priority: low}"
    care.write_text(f"- care: greeting\n  title: {{en: G, zh: G}}\n  {when}\n  {do}\n  repeat_after: 300d\n")
    build_ruleset(folder, tmp_path)
    monkeypatch.syspath_prepend(tmp_path / "python")
    sys.modules.pop("standing_ruleset", None)
    yield
    sys.modules.pop("standing_ruleset", None)


@pytest.fixture
def stack(customers: Customers, monkeypatch: pytest.MonkeyPatch) -> Customers:
    """What the functions need."""
    boto3.client("s3").create_bucket(Bucket="lake")
    boto3.client("events").create_event_bus(Name="bus")
    boto3.client("logs").create_log_group(logGroupName="ingest")
    queue = boto3.client("sqs").create_queue(QueueName="rejected")["QueueUrl"]
    names = {"CUSTOMERS_TABLE": customers.table, "REJECTED_QUEUE_URL": queue, "LAKE_BUCKET": "lake"}
    names |= {"AT_ONCE": "4", "BUCKET_BITS": "4", "PROVED_EVERY": "7"}
    names |= {"BUS_NAME": "bus", "INGEST_LOGS": "ingest", "POWERTOOLS_METRICS_NAMESPACE": "standing"}
    for name, value in names.items():
        monkeypatch.setenv(name, value)
    return customers


@pytest.fixture(params=LEVELS)
def logged(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Callable[[], str]]:
    """Everything that is written at a level, by whatever logger, to whatever stream: Lambda sets the root's level."""
    level = request.param
    monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", level)
    monkeypatch.setenv("AWS_LAMBDA_LOG_LEVEL", LEVELS[level])
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", f"private-{level}")
    root, written = logging.getLogger(), io.StringIO()
    before, handler = root.level, logging.StreamHandler(written)
    root.setLevel(level)
    root.addHandler(handler)
    try:
        yield lambda: written.getvalue() + "".join(capfd.readouterr())
    finally:
        root.setLevel(before)
        root.removeHandler(handler)


def function(name: str) -> Any:
    """A function as it is started: its module, newly loaded."""
    spec = importlib.util.spec_from_file_location(f"{name}_private", ROOT / "functions" / name / "handler.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


BANK = compile_rules(ROOT / "docs" / "examples" / "bank").programme.producers


def envelope(detail_type: str, said: dict[str, Any]) -> dict[str, Any]:
    """An event from a source that the bank's rules name for it."""
    return an_envelope(detail_type, said, sender(detail_type, BANK))


def detail(event_id: str, customer: str = WHO, **fields: Any) -> dict[str, Any]:
    time = datetime.now(UTC) - timedelta(days=9)
    return {"id": event_id, "customer": customer, "time": time.isoformat(timespec="seconds"), **fields}


PROFILE: dict[str, Any] = {"birthday": BORN, "amounts": {"deposits": AMOUNT}, "currency": "CNY"}


def events() -> list[dict[str, Any]]:
    """Events of many kinds that are taken in; all that is personal is planted."""
    bought = {"kind": "deposit", "amount": "1200.00", "currency": "CNY"}
    return [
        envelope("profile.v1", detail("profile", **PROFILE)),
        envelope("activity.v1", detail("deposit", **bought)),
        envelope("feedback.v1", detail("complaint", kind="complaint", comment=COMMENT)),
        envelope("engagement.v1", detail("visit", kind="visit")),
    ]


def rejected_events() -> list[dict[str, Any]]:
    """Events in which what is personal is what is wrong, or stands beside it."""
    return [
        envelope("feedback.v1", detail("r-1", kind="complaint", comment=COMMENT, nothing=COMMENT)),
        envelope("feedback.v1", detail("r-2", kind="complaint", comment=COMMENT * 2_000)),
        envelope("feedback.v1", detail("r-3", kind=COMMENT, comment=[COMMENT])),
        envelope("profile.v1", detail("r-4", birthday=f"{BORN}T", amounts={"deposits": f"{AMOUNT}99"}, currency="CNY")),
        envelope("profile.v1", detail("r-5", amounts={"deposits": AMOUNT}, currency="USD", birthday=BORN)),
        envelope("profile.v1", detail("r-6", birthday=BORN, consent={DAY: True}, amounts=AMOUNT)),
        envelope("profile.v1", detail("profile", birthday=DAY)),  # other content under an id that was used
        envelope(f"{COMMENT}.v1", detail("r-7", comment=COMMENT)),
    ]


def batch(sent: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Records": [{"messageId": str(n), "body": json.dumps(one)} for n, one in enumerate(sent)]}


def stream(customers: Customers) -> list[dict[str, Any]]:
    """The table's rows as records of its stream."""
    rows = customers.client.scan(TableName=customers.table)["Items"]
    return [
        {"eventName": "INSERT", "eventID": str(n), "dynamodb": {"SequenceNumber": str(n), "NewImage": _sendable(row)}}
        for n, row in enumerate(rows)
        if row["sk"]["S"] == STATE or row["sk"]["S"].startswith(("EVENT#", "DECISION#", "CARE#"))
    ]


def _sendable(row: dict[str, Any]) -> dict[str, Any]:
    packed = {name: {"B": base64.b64encode(bytes(value["B"])).decode()} for name, value in row.items() if "B" in value}
    return row | packed


def quoting(*_arguments: Any, **_more: Any) -> Any:
    """What fails and quotes what it was given, as libraries do."""
    raise ValueError(f"invalid: {sorted(PLANTED)}")


def raised(handler: Callable[[], Any]) -> str:
    """What Lambda logs of a failure: the class, the text, and where it was."""
    try:
        handler()
    except FailureCause as error:
        return "".join(traceback.format_exception(error))
    return pytest.fail("it did not fail")


def run_all(customers: Customers, monkeypatch: pytest.MonkeyPatch) -> str:
    """Every function on good, bad and failing input; the failures, as Lambda logs them."""
    ingest, context = function("ingest"), Context()
    assert ingest.handler(batch(events()), context) == {"batchItemFailures": []}
    assert ingest.handler(batch(rejected_events()), context) == {"batchItemFailures": []}
    with monkeypatch.context() as failing:
        failing.setattr(ingest.customers, "commit", quoting)
        sent = envelope("profile.v1", detail("late", customer="c-82", **PROFILE))
        assert len(ingest.handler(batch([sent]), context)["batchItemFailures"]) == 1
    records = stream(customers)
    for name in ("publish", "archive"):
        assert function(name).handler({"Records": records}, context) == {"batchItemFailures": []}
    broken = json.loads(json.dumps(records).replace(DAY, f"{BORN} of old"))  # what no model of today reads
    assert function("archive").handler({"Records": broken}, context) == {"batchItemFailures": []}
    rescore, wrong, planned = (
        function("rescore"),
        function("deal").handler({}, context),
        function("plan").handler({}, context),
    )
    night = {"wrong": wrong, "planned": planned, "model": function("train").handler(planned, context)}
    with monkeypatch.context() as failing:
        failing.setattr(rescore.customers.__class__, "load", quoting)
        failing.setattr("standing.nightly.bucket.compact", quoting)
        due = due_in(planned)
        work = {"day": planned["day"], "bucket": due[0]}
        failures = raised(lambda: rescore.handler(work, context))
        function("summarise").handler(night, context)
    for number in due:
        rescore.handler({"day": planned["day"], "bucket": number}, context)
    function("summarise").handler(night, context)
    return failures


def due_in(planned: dict[str, Any]) -> list[int]:
    """The buckets of a plan that are to be done."""
    return plan_of(Lake(boto3.client("s3"), "lake"), planned).due


def lake_texts() -> Iterator[tuple[str, str]]:
    """Each object of the lake by its key: its bytes, and what Parquet says."""
    client = boto3.client("s3")
    for found in client.list_objects_v2(Bucket="lake")["Contents"]:
        body = client.get_object(Bucket="lake", Key=found["Key"])["Body"].read()
        yield found["Key"], body.decode("latin-1")
        if found["Key"].endswith(".parquet"):
            yield found["Key"], json.dumps(pl.read_parquet(body).to_dicts(), default=str)


@pytest.mark.usefixtures("layer")
@pytest.mark.filterwarnings("ignore:No application metrics")  # where a function failed
def test_no_log_of_any_level_and_no_row_has_what_is_personal(
    stack: Customers, logged: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = run_all(stack, monkeypatch)
    said = logged() + failures
    assert [one for one in PLANTED if one in said] == []
    assert "FailureCause: ValueError at" in failures

    rows = [json.dumps(row, default=repr) for row in stack.client.scan(TableName=stack.table)["Items"]]
    assert any(AMOUNT in row and DAY in row for row in rows)  # as rules need them
    assert [row for row in rows for one in NEVER_STORED if one in row] == []
    decided = [row for row in rows if '"CARE#' in row or '"DECISION#' in row]
    assert any("(personal)" in row for row in decided)
    assert [row for row in decided for one in PLANTED if one in row] == []

    of_customers = ("records/", "states/", "standing/", "months/")
    for key, text in lake_texts():
        expected = NEVER_STORED if key.startswith(of_customers) else PLANTED
        if not key.startswith("aside/stream/"):  # whole rows that could not be read, as they are in the table
            assert [(key, one) for one in expected if one in text] == []


def test_an_error_is_told_by_its_kind_and_place_unless_the_text_is_ours() -> None:
    with pytest.raises(ValueError, match="PLANTED") as quoted:
        quoting()
    assert re.fullmatch(r"ValueError at test_private\.py:\d+ < test_private\.py:\d+", safe_message(quoted.value))
    assert safe_message(CorruptFile(Fault("unreadable").at("records/x"))).startswith(
        "CorruptFile: records/x: not a whole"
    )


@pytest.mark.parametrize(("name", "field"), SENT)
def test_what_a_model_says_is_wrong_does_not_quote_it(name: str, field: str) -> None:
    with pytest.raises(ValueError, match="validation error") as wrong:
        MODELS[name].model_validate({field: [SENT[name, field]]})
    assert [one for one in PLANTED if one in str(wrong.value)] == []


def test_of_a_refused_call_the_code_and_the_operation_are_told() -> None:
    client = boto3.client("s3")
    with pytest.raises(client.exceptions.NoSuchBucket) as refused:
        client.get_object(Bucket="nobodys-bucket", Key="k")
    assert cause(refused.value).startswith("NoSuchBucket NoSuchBucket GetObject at ")
