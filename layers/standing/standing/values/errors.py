"""Errors with messages in the language of the user."""

from __future__ import annotations

import errno

from standing.values.catalogue import Language
from standing.values.messages import Message, Messages, Readable

FAILURES = Messages(
    "failure",
    {
        "ENOENT": "No such file or directory",
        "EACCES": "Permission denied",
        "EISDIR": "Is a directory",
        "ENOTDIR": "Not a directory",
        "EEXIST": "File exists",
        "ENOSPC": "No space left on device",
        "EROFS": "Read-only file system",
    },
)


class ReadableError(Exception):
    """An error with a message in each language. It may be a value of another text.

    `said` is its English, with the names of its values in braces, or what can be read in every language.
    """

    def __init__(self, said: str | Readable, /, **values: object) -> None:
        self.said = said if isinstance(said, Readable) else Message(said, values)
        super().__init__(self.said)  # and not its text: another process makes the error again from what stands here

    def in_language(self, language: Language, /) -> str:
        """The error in a language."""
        return self.said.in_language(language)


class UserError(ReadableError):
    """A mistake or a missing part that the user can fix; the message says how. Shown without a traceback."""


def failure_of(error: OSError) -> Readable | str:
    """Why a file cannot be read or written, in every language where it is for one of the usual reasons."""
    if isinstance(error, ReadableError):
        return error
    name = errno.errorcode.get(error.errno or 0, "")
    return FAILURES(name) if name in FAILURES else error.strerror or str(error)
