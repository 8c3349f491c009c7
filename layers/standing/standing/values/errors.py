"""Errors with messages in the language of the user."""

from __future__ import annotations

import errno
from json import JSONDecodeError

from standing.values.catalogue import Language
from standing.values.messages import Message, Messages, Readable

FAILURES = Messages(
    "failure",
    {
        # by the names of the system's errors
        "ENOENT": "No such file or directory",
        "EACCES": "Permission denied",
        "EPERM": "Permission denied",
        "EISDIR": "Is a directory",
        "ENOTDIR": "Not a directory",
        "EEXIST": "File exists",
        "ENOTEMPTY": "Directory not empty",
        "ENOSPC": "No space left on device",
        "EROFS": "Read-only file system",
        "ELOOP": "a link that leads to itself",
        "ENAMETOOLONG": "File name too long",
        "EIO": "Input/output error",
        "system": "the system's error {number}",
        # by what Python's readers raise
        "gzip.BadGzipFile": "it is not compressed by gzip",
        "builtins.EOFError": "the compressed file is damaged: it ends too early",
        "zlib.error": "the compressed file is damaged",
        "zipfile.BadZipFile": "it is not a workbook: an .xlsx is a ZIP file",
        "not_text": "it is not {encoding} text: see byte {at}",
        "not_json": "it is not JSON: line {line}, character {column}",
        "no_parquet": "it is not a whole Parquet file: its reader says “{said}”",
        "quoted": "its reader says “{said}”",
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


def failure_of(error: Exception) -> Readable:
    """Why a file cannot be read or written, in every language; what nobody put into words is quoted."""
    if isinstance(error, ReadableError):
        return error
    if isinstance(error, OSError) and error.errno:
        name = errno.errorcode.get(error.errno, "")
        return FAILURES(name if name in FAILURES else "system", number=str(error.errno))
    return _of_content(error)


def _of_content(error: Exception) -> Message:
    """What a reader says of what stands in a file."""
    if isinstance(error, UnicodeDecodeError):
        return FAILURES("not_text", encoding=error.encoding.upper(), at=error.start + 1)
    if isinstance(error, JSONDecodeError):
        return FAILURES("not_json", line=error.lineno, column=error.colno)
    name = f"{type(error).__module__}.{type(error).__name__}"
    said = (str(error).splitlines() or [name])[0]
    other = "no_parquet" if said.startswith("parquet: ") else "quoted"  # polars has no code for it
    return FAILURES(name if name in FAILURES else other, said=said.removeprefix("parquet: "))
