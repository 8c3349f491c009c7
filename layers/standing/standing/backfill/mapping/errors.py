"""The errors of rows and mappings."""

from __future__ import annotations


class BadRow(ValueError):  # noqa: N818 -- it says what is with the row
    """A row that cannot become an event: the column, and what was expected there.

    The message never has the row's value, which may be personal; `shown` has it for output on request.
    """

    def __init__(self, column: str, expected: str, found: object = None) -> None:
        super().__init__(f"column `{column}`: expected {expected}")
        self.column, self.expected, self.found = column, expected, found


class BadMapping(ValueError):  # noqa: N818 -- it says what is with the file
    """A mapping that cannot be used: the place of the error, and what was expected there."""
