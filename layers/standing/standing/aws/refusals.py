"""Messages for errors of AWS: what is wrong and what to do, for every command."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from botocore import exceptions as aws

if TYPE_CHECKING:
    from collections.abc import Callable

LOCALLY = "Or use the local AWS: `standing local up` starts it, then `standing --local …`."
SIGN_IN = "sign in (`aws configure`, `aws sso login`, or the variables AWS_PROFILE or AWS_ACCESS_KEY_ID)"
REGION = "set AWS_DEFAULT_REGION, such as eu-central-1, or `region` in the profile"

# Errors that botocore raises before it calls AWS, or if it cannot; the first match counts.
UNASKED: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    ((aws.NoCredentialsError, aws.PartialCredentialsError), f"no credentials for AWS: {SIGN_IN}"),
    (
        (aws.UnauthorizedSSOTokenError, aws.SSOTokenLoadError, aws.TokenRetrievalError),
        "you are not signed in to AWS any more: `aws sso login`",
    ),
    ((aws.CredentialRetrievalError,), "credentials for AWS could not be retrieved: {error}"),
    ((aws.NoRegionError,), f"no region: {REGION}"),
    ((aws.InvalidRegionError,), f"{{error}}: {REGION}"),
    ((aws.ProfileNotFound,), "{error}: `aws configure list-profiles` lists the profiles"),
    ((aws.HTTPClientError, aws.ConnectionError), "AWS cannot be reached: {error}"),
)
EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
UNKNOWN = {
    *("InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "AuthFailure"),
    *("SignatureDoesNotMatch", "InvalidSignatureException", "InvalidToken", "MissingAuthenticationToken"),
}
DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "Forbidden", "403"}
ACTION = re.compile(r"perform: ([a-z0-9-]+:\w+)")
WHO = re.compile(r"arn:[a-z-]+:(?:sts|iam)::\d+:\S+")


def explain_refusal(error: aws.BotoCoreError | aws.ClientError) -> str:
    """An error of AWS in words: what is wrong, what to do, and that there is a local AWS."""
    message = _of_answer(error) if isinstance(error, aws.ClientError) else _unasked(error)
    return f"{message}\n{LOCALLY}" if message else f"AWS: {error}"


def _unasked(error: aws.BotoCoreError) -> str:
    messages = (message for kinds, message in UNASKED if isinstance(error, kinds))
    return next(messages, "").format(error=str(error).rstrip("."))


def _of_answer(error: aws.ClientError) -> str:
    code = str(error.response.get("Error", {}).get("Code", ""))
    known: tuple[tuple[set[str], Callable[[aws.ClientError], str]], ...] = (
        (EXPIRED, lambda _: f"the credentials for AWS have expired: {SIGN_IN}"),
        (UNKNOWN, lambda _: f"AWS does not know these credentials ({code}): {SIGN_IN}"),
        (DENIED, _denied),
    )
    return next((explain(error) for codes, explain in known if code in codes), "")


def _denied(error: aws.ClientError) -> str:
    """Which action was denied, and to whom. S3 and some other services name neither: then the API call is named."""
    message = str(error.response["Error"].get("Message", ""))
    action, who = ACTION.search(message), WHO.search(message)
    what = action[1] if action else error.operation_name
    return f"AWS denies `{what}` to {who[0] if who else 'you'}: docs/deploying.md says who needs which rights"
