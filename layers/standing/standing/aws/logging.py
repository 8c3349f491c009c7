"""What functions say in their logs, and what they fail with: counts, places and causes, never a value of an event."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

PLACES = 3  # of a traceback, the last first


class PlainError(Exception):
    """An error whose text we wrote, without a value of an event: it may be logged, and stand in a report."""


class FailureCause(Exception):  # noqa: N818 -- what happened
    """What went wrong, by kind and place: the text of the error itself might quote values."""


def function_logger() -> Logger:
    """The logger of a function, at the level of the environment; all others are held at INFO at least."""
    from aws_lambda_powertools import Logger  # noqa: PLC0415 -- the command line has no use for it

    limit_library_logs()
    return Logger()


def limit_library_logs() -> None:
    """Keep libraries from writing what they send and receive: at DEBUG botocore and urllib3 log whole bodies.

    They have no levels of their own, so the root's is theirs, which Lambda sets to the level of the application.
    """
    root = logging.getLogger()
    root.setLevel(max(root.level, logging.INFO))


def silence_libraries() -> None:
    """Keep what libraries log off the terminal: without a handler, Python writes their warnings there itself."""
    limit_library_logs()
    logging.getLogger().addHandler(logging.NullHandler())


def values_hidden[**P, T](handler: Callable[P, T]) -> Callable[P, T]:
    """A handler whose errors tell no values: Lambda logs what is raised. Raises PlainError or FailureCause."""

    @wraps(handler)
    def telling(*arguments: P.args, **more: P.kwargs) -> T:
        try:
            return handler(*arguments, **more)
        except PlainError:
            raise
        except Exception as error:  # noqa: BLE001 -- whatever it is, its text may quote
            raise FailureCause(cause(error)).with_traceback(error.__traceback__) from None

    return telling


def safe_message(error: Exception) -> str:
    """An error in words that may be kept: its own where they are plain, and otherwise its cause."""
    return f"{type(error).__name__}: {error}" if isinstance(error, PlainError) else cause(error)


def cause(error: Exception) -> str:
    """What happened and where, without the values, which may be personal."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 -- the command line's help has no use for it

    refused = f"{error.response['Error']['Code']} {error.operation_name}" if isinstance(error, ClientError) else ""
    places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in extract_tb(error.__traceback__)]
    return " ".join(filter(None, [type(error).__name__, refused, "at", " < ".join(reversed(places[-PLACES:]))]))
