"""What functions log and raise: counts, code locations and causes, never a value of an event."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

LOCATIONS = 3  # of a traceback, the innermost first


class PlainError(Exception):
    """An error whose text we wrote, without a value of an event: it may be logged and reported."""


class FailureCause(Exception):  # noqa: N818 -- what happened
    """What went wrong, as error type and code location, because the error's own text might quote values."""


def function_logger() -> Logger:
    """The logger of a function, at the environment's level. Libraries log at INFO or above."""
    from aws_lambda_powertools import Logger  # noqa: PLC0415 -- the command line has no use for it

    limit_library_logs()
    return Logger()


def limit_library_logs() -> None:
    """Stop libraries from logging what they send and receive: at DEBUG, botocore and urllib3 log whole bodies.

    They inherit the root logger's level, which Lambda sets to the application's level.
    """
    root = logging.getLogger()
    root.setLevel(max(root.level, logging.INFO))


def silence_libraries() -> None:
    """Keep libraries' logs off the terminal: without a handler, Python prints their warnings to stderr."""
    limit_library_logs()
    logging.getLogger().addHandler(logging.NullHandler())


def values_hidden[**P, T](handler: Callable[P, T]) -> Callable[P, T]:
    """Wrap a handler so that its errors, which Lambda logs, contain no values. Raises PlainError or FailureCause."""

    @wraps(handler)
    def without_values(*arguments: P.args, **more: P.kwargs) -> T:
        try:
            return handler(*arguments, **more)
        except PlainError:
            raise
        except Exception as error:  # noqa: BLE001 -- any error's text may quote values
            raise FailureCause(cause(error)).with_traceback(error.__traceback__) from None

    return without_values


def safe_message(error: Exception) -> str:
    """An error as text that may be stored: its own text if it is a PlainError, else its cause."""
    return f"{type(error).__name__}: {error}" if isinstance(error, PlainError) else cause(error)


def cause(error: Exception) -> str:
    """An error's type, AWS error code and code locations, without values, which may be personal."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 -- the command line's help has no use for it

    refused = f"{error.response['Error']['Code']} {error.operation_name}" if isinstance(error, ClientError) else ""
    locations = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in extract_tb(error.__traceback__)]
    return " ".join(filter(None, [type(error).__name__, refused, "at", " < ".join(reversed(locations[-LOCATIONS:]))]))
