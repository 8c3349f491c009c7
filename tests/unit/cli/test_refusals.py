"""Whatever AWS refuses, or whoever cannot ask it at all, is told in words by every command that works on a stack."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from botocore import exceptions as aws
from botocore.client import BaseClient
from standing.aws.refusals import LOCALLY, explain_refusal
from standing.cli import app
from standing.cli.options import chosen

from tests.make.chinese import english_sentences
from tests.make.support import ROOT

type Command = tuple[str, ...]

EVENTS = str(ROOT / "events" / "purchase.v1.json")
REQUIRED = {"customer": "c-1", "file": EVENTS, "files": EVENTS, "since": "2026-01-01", "rating": "tier", "bits": "6"}
ME = "arn:aws:sts::111122223333:assumed-role/analyst/me"


def commands(command: Any, path: Command = ()) -> Iterator[tuple[Command, Any]]:
    """Every command that can be called, by the words that call it."""
    names = command.list_commands(command.context_class(command)) if hasattr(command, "list_commands") else []
    if not names or getattr(command, "invoke_without_command", False):
        yield path, command
    for name in names:
        yield from commands(command.get_command(command.context_class(command), name), (*path, name))


def called(path: Command, command: Any) -> Command:
    """The words of a command with all that it requires; what it writes goes to a file that is not there."""
    words = list(path)
    for one in command.params:
        if one.required or one.name == "files":  # a backfill needs them where it is not asked for its runs
            value = "nowhere.out" if path[-1] in ("export", "snapshot") and one.name == "file" else REQUIRED[one.name]
            words += [value] if one.param_type_name == "argument" else [one.opts[0], value]
    return tuple(words)


ALL = list(commands(typer.main.get_command(app.app)))
OF_A_STACK = {path: called(path, one) for path, one in ALL if any("--stack" in part.opts for part in one.params)}
OF_NONE = {path for path, _ in ALL} - set(OF_A_STACK)
WITHOUT_AWS = {  # all the others
    ("init",),
    *(("local", name) for name in ("up", "status", "down")),
    *(("rules", name) for name in ("build", "check", "test", "fmt", "schema", "show", "comment")),
    *(("scores", name) for name in ("fit", "show", "due")),
}


def refused(code: str, message: str = "") -> Callable[..., Any]:
    def answer(_: Any, operation: str, __: Any) -> Any:
        raise aws.ClientError({"Error": {"Code": code, "Message": message or code}}, operation)

    return answer


def unreachable(*_: Any) -> Any:
    raise aws.EndpointConnectionError(endpoint_url="https://cloudformation.eu-central-1.amazonaws.com/")


DENIAL = f"User: {ME} is not authorized to perform: cloudformation:DescribeStacks on resource: arn:aws:…"
SIGNED_IN = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "eu-central-1"}
SIGNED_OUT: dict[str, str] = {}
EVERYWHERE = ("no credentials", "denied")  # of every command; each other fault of one, as there is one mechanism
# what is wrong → (the environment, what AWS answers, what is said)
FAULTS: dict[str, tuple[dict[str, str], Callable[..., Any] | None, str]] = {
    "no credentials": ({"AWS_DEFAULT_REGION": "eu-central-1"}, None, "no credentials for AWS: sign in"),
    "no region": (SIGNED_OUT, None, "no region: set AWS_DEFAULT_REGION"),
    "an empty region": (SIGNED_IN | {"AWS_DEFAULT_REGION": ""}, None, "no region: set AWS_DEFAULT_REGION"),
    "a region that is none": (
        SIGNED_IN | {"AWS_DEFAULT_REGION": "eu central"},
        None,
        "`eu central` is no region: set AWS_DEFAULT_REGION",
    ),
    "no such profile": ({"AWS_PROFILE": "nobody"}, None, "there is no profile `nobody`: `aws configure list-profiles`"),
    "expired": (SIGNED_IN, refused("ExpiredTokenException"), "the credentials for AWS have expired: sign in"),
    "unknown": (SIGNED_IN, refused("InvalidClientTokenId"), "does not know these credentials (InvalidClientTokenId)"),
    "denied": (SIGNED_IN, refused("AccessDenied", DENIAL), f"AWS denies `cloudformation:DescribeStacks` to {ME}: docs"),
    "unreachable": (SIGNED_IN, unreachable, "AWS cannot be reached: no connection to https://cloud"),
}


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No configuration of whoever runs this, and nothing that asks the machine for credentials."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "STANDING_"))]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(chosen, "local", False)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[[Command], str]:
    """What `standing` says on its way to the exit code 1."""

    def command(words: Command) -> str:
        monkeypatch.setattr(sys, "argv", ["standing", *words])
        with pytest.raises(SystemExit) as ended:
            app.main()
        assert ended.value.code == 1
        captured = capsys.readouterr()
        assert captured.out == ""
        return captured.err

    return command


def test_every_command_is_of_a_stack_or_asks_aws_for_nothing() -> None:
    assert OF_NONE == WITHOUT_AWS
    assert {("show",), ("night",), ("rules", "shadow"), ("rules", "release"), ("rejected", "drop")} <= set(OF_A_STACK)


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize(
    ("path", "fault"),
    [
        *((path, fault) for path in OF_A_STACK for fault in EVERYWHERE),
        *((("show",), fault) for fault in FAULTS if fault not in EVERYWHERE),
    ],
)
def test_a_command_says_what_is_wrong_and_that_there_is_a_local_aws(
    path: Command, fault: str, said: Callable[[Command], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    environment, answer, expected = FAULTS[fault]
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    if answer:
        monkeypatch.setattr(BaseClient, "_make_api_call", answer)
    message = said(OF_A_STACK[path])
    assert expected in message
    assert message.endswith(f"{LOCALLY}\n")
    assert not Path("nowhere.out").exists()


@pytest.mark.usefixtures("alone")
def test_what_is_wrong_is_told_in_chinese(said: Callable[[Command], str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STANDING_LANG", "zh")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    message = said(OF_A_STACK["send",])
    assert message.startswith("没有 AWS 凭证：请登录")
    assert english_sentences(message) == []
    monkeypatch.setattr(BaseClient, "_make_api_call", refused("AccessDenied", DENIAL))
    for name, value in SIGNED_IN.items():
        monkeypatch.setenv(name, value)
    assert f"AWS 拒绝{ME}执行 `cloudformation:DescribeStacks`" in said(OF_A_STACK["send",])


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("path", sorted(set(OF_A_STACK) - {("rules", "release")}), ids=" ".join)
def test_a_command_says_that_there_is_no_such_stack(
    path: Command, said: Callable[[Command], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A release makes one."""
    for name, value in SIGNED_IN.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(BaseClient, "_make_api_call", refused("ValidationError"))
    message = said((*OF_A_STACK[path], "--stack", "elsewhere"))
    assert "`elsewhere`" in message
    assert "standing rules " in message


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            aws.ClientError({"Error": {"Code": "403", "Message": "Forbidden"}}, "HeadObject"),
            "denies `HeadObject` to you",
        ),
        (aws.PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"), "no credentials for AWS: sign"),
        (aws.SSOTokenLoadError(error_msg="gone"), "you are not signed in to AWS any more: `aws sso login`"),
        (aws.UnauthorizedSSOTokenError(), "you are not signed in to AWS any more: `aws sso login`"),
        (aws.ReadTimeoutError(endpoint_url="https://sqs"), "AWS cannot be reached: no answer from https://sqs in time"),
        (
            aws.CredentialRetrievalError(provider="process", error_msg="no"),
            "credentials for AWS could not be retrieved",
        ),
        (aws.ProxyConnectionError(proxy_url="http://proxy"), "AWS cannot be reached: no connection to the proxy http:"),
        (aws.HTTPClientError(error="odd"), "AWS cannot be reached: “An HTTP Client raised"),
        (aws.ClientError({"Error": {"Code": "SlowDown"}}, "PutObject"), "AWS is asked too much at once (SlowDown)"),
        (aws.ClientError({"Error": {"Code": "InternalError"}}, "Send"), "AWS has a fault of its own (InternalError)"),
        (aws.ClientError({"Error": {"Code": "NoSuchBucket"}}, "PutObject"), "what `PutObject` is for is not there"),
    ],
)
def test_each_kind_has_its_words(error: Any, expected: str) -> None:
    assert expected in str(explain_refusal(error))
    assert english_sentences(explain_refusal(error).in_language("zh")) == []


def test_what_is_not_known_is_told_as_it_is() -> None:
    odd = aws.ClientError({"Error": {"Code": "Odd", "Message": "it is odd"}}, "PutItem")
    assert str(explain_refusal(odd)) == "AWS refuses `PutItem` (Odd): “it is odd”"
    unknown = aws.ParamValidationError(report="it is odd")
    assert str(explain_refusal(unknown)) == "AWS cannot be asked: “Parameter validation failed:\nit is odd”"
