"""The errors of rows and mappings."""

from __future__ import annotations

from standing.values.errors import ReadableError
from standing.values.messages import Message, Readable, message


class BadRow(ReadableError):  # noqa: N818 -- it says what is with the row
    """A row that cannot become an event: the column, and what was expected there.

    The message never has the row's value, which may be personal; `found` has it for output on request.
    """

    def __init__(self, column: str, expected: str | Readable, found: object = None, /, **values: object) -> None:
        wanted = Message(expected, values) if isinstance(expected, str) else expected
        self.message = message("column `{column}`: expected {expected}", column=column, expected=wanted)
        super().__init__(self.message)
        self.column, self.found = column, found


class BadMapping(ReadableError):  # noqa: N818 -- it says what is with the file
    """A mapping that cannot be used: the place of the error, and what was expected there."""


class BadWord(ReadableError, ValueError):  # noqa: N818 -- it says what is with the word
    """A word of a mapping that is not as it has to be: what was expected there."""
