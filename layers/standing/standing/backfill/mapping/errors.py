"""What can be wrong with a row, and with a mapping."""

from __future__ import annotations


class BadRow(ValueError):  # noqa: N818 -- it says what is with the row
    """A row that makes no event: which column, and what was expected there.

    The text never has the row's own value, which may be personal; `shown` has it, for whoever asks to see it.
    """

    def __init__(self, column: str, expected: str, found: object = None) -> None:
        super().__init__(f"column `{column}`: expected {expected}")
        self.column, self.expected, self.found = column, expected, found


class BadMapping(ValueError):  # noqa: N818 -- it says what is with the file
    """A mapping that cannot be used: the place in it, and what was expected there."""
