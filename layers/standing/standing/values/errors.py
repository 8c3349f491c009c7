"""Errors with messages in the language of the user."""

from __future__ import annotations

from standing.values.catalogue import Language
from standing.values.messages import Message, Readable


class ReadableError(Exception):
    """An error with a message in each language. It may be a value of another text.

    `said` is its English, with the names of its values in braces, or what can be read in every language.
    """

    def __init__(self, said: str | Readable, /, **values: object) -> None:
        self.said = said if isinstance(said, Readable) else Message(said, values)
        super().__init__(str(self.said))

    def in_language(self, language: Language, /) -> str:
        """The error in a language."""
        return self.said.in_language(language)


class UserError(ReadableError):
    """A mistake or a missing part that the user can fix; the message says how. Shown without a traceback."""
