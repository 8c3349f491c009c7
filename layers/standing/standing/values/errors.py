"""Errors that people read, in their language."""

from __future__ import annotations

from standing.values.catalogue import Language
from standing.values.messages import Message, Readable


class ReadableError(Exception):
    """An error that people read. It may be a value of another text.

    `said` is its English, with the names of its values in braces, or what can be read in every language.
    """

    def __init__(self, said: str | Readable, /, **values: object) -> None:
        self.said = said if isinstance(said, Readable) else Message(said, values)
        super().__init__(str(self.said))

    def in_language(self, language: Language, /) -> str:
        """The error in a language."""
        return self.said.in_language(language)


class UserError(ReadableError):
    """A mistake or a missing piece that the user can mend; the message says how. Shown without a traceback."""
