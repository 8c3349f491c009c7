"""Messages for errors of AWS: what is wrong and what to do, for every command."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from botocore import exceptions as aws

from standing.values.messages import Message, message

if TYPE_CHECKING:
    from collections.abc import Callable

LOCALLY = message("Or use the local AWS: `standing local up` starts it, then `standing --local …`.")
SIGN_IN = message("sign in (`aws configure`, `aws sso login`, or the variables AWS_PROFILE or AWS_ACCESS_KEY_ID)")
REGION = message("set AWS_DEFAULT_REGION, such as eu-central-1, or `region` in the profile")

# Errors that botocore raises before it calls AWS, or if it cannot; the first match counts.
UNASKED: tuple[tuple[tuple[type[Exception], ...], Message], ...] = (
    (
        (aws.NoCredentialsError, aws.PartialCredentialsError),
        message("no credentials for AWS: {way_out}", way_out=SIGN_IN),
    ),
    (
        (aws.UnauthorizedSSOTokenError, aws.SSOTokenLoadError, aws.TokenRetrievalError),
        message("you are not signed in to AWS any more: `aws sso login`"),
    ),
    ((aws.CredentialRetrievalError,), message("credentials for AWS could not be retrieved: “{error_msg}”")),
    ((aws.NoRegionError,), message("no region: {way_out}", way_out=REGION)),
    ((aws.InvalidRegionError,), message("`{region_name}` is no region: {way_out}", way_out=REGION)),
    (
        (aws.ProfileNotFound,),
        message("there is no profile `{profile}`: `aws configure list-profiles` lists the profiles"),
    ),
    (
        (aws.ReadTimeoutError, aws.ConnectTimeoutError),
        message("AWS cannot be reached: no answer from {endpoint_url} in time"),
    ),
    (
        (aws.EndpointConnectionError, aws.ConnectionClosedError),
        message("AWS cannot be reached: no connection to {endpoint_url}"),
    ),
    ((aws.ProxyConnectionError,), message("AWS cannot be reached: no connection to the proxy {proxy_url}")),
    ((aws.HTTPClientError, aws.ConnectionError), message("AWS cannot be reached: “{error}”")),
)
EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
UNKNOWN = {
    *("InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "AuthFailure"),
    *("SignatureDoesNotMatch", "InvalidSignatureException", "InvalidToken", "MissingAuthenticationToken"),
}
BUSY = {"Throttling", "ThrottlingException", "TooManyRequestsException", "SlowDown", "RequestLimitExceeded"}
BUSY |= {"ProvisionedThroughputExceededException", "RequestThrottled", "LimitExceededException"}
FAILED = {"InternalError", "InternalFailure", "InternalServerError", "ServiceUnavailable", "500", "503"}
GONE = {"ResourceNotFoundException", "NoSuchBucket", "QueueDoesNotExist", "StateMachineDoesNotExist", "404"}
GONE |= {"AWS.SimpleQueueService.NonExistentQueue"}
DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "Forbidden", "403"}
ACTION = re.compile(r"perform: ([a-z0-9-]+:\w+)")
WHO = re.compile(r"arn:[a-z-]+:(?:sts|iam)::\d+:\S+")


def explain_refusal(error: aws.BotoCoreError | aws.ClientError) -> Message:
    """An error of AWS in words: what is wrong, what to do, and that there is a local AWS."""
    why = _of_answer(error) if isinstance(error, aws.ClientError) else _unasked(error)
    return message("{said}\n{locally}", said=why, locally=LOCALLY) if why else _as_it_is(error)


def _as_it_is(error: aws.BotoCoreError | aws.ClientError) -> Message:
    """What is not known, in the words of AWS."""
    if not isinstance(error, aws.ClientError):
        return message("AWS cannot be asked: “{said}”", said=str(error))
    answer = error.response.get("Error", {})
    code, said = answer.get("Code", ""), answer.get("Message", "")
    return message("AWS refuses `{action}` ({code}): “{said}”", action=error.operation_name, code=code, said=said)


def _unasked(error: aws.BotoCoreError) -> Message | None:
    found = next((said for kinds, said in UNASKED if isinstance(error, kinds)), None)
    return found and Message(found.text, {**found.values, **error.kwargs, "error": str(error).rstrip(".")})


def _of_answer(error: aws.ClientError) -> Message | None:
    code = str(error.response.get("Error", {}).get("Code", ""))
    known: tuple[tuple[set[str], Callable[[aws.ClientError], Message]], ...] = (
        (EXPIRED, lambda _: message("the credentials for AWS have expired: {way_out}", way_out=SIGN_IN)),
        (
            UNKNOWN,
            lambda _: message("AWS does not know these credentials ({code}): {way_out}", code=code, way_out=SIGN_IN),
        ),
        (DENIED, _denied),
        (BUSY, lambda _: message("AWS is asked too much at once ({code}): try again in a minute", code=code)),
        (FAILED, lambda _: message("AWS has a fault of its own ({code}): try again in a minute", code=code)),
        (
            GONE,
            lambda error: message(
                "what `{action}` is for is not there ({code}): is the stack whole?",
                action=error.operation_name,
                code=code,
            ),
        ),
    )
    return next((said(error) for codes, said in known if code in codes), None)


def _denied(error: aws.ClientError) -> Message:
    """Which action was denied, and to whom. S3 and some other services name neither: then the API call is named."""
    answer = str(error.response["Error"].get("Message", ""))
    action, who = ACTION.search(answer), WHO.search(answer)
    return message(
        "AWS denies `{action}` to {who}: docs/deploying.md says who needs which rights",
        action=action[1] if action else error.operation_name,
        who=who[0] if who else message("you"),
    )
