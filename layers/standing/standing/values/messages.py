"""Messages: what people read, before it is put in their language. English stands in the code."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from string import Formatter
from typing import Any, Literal, Protocol, runtime_checkable

from standing.values.catalogue import LANGUAGES, Language, translated
from standing.values.counted import counted_in

SPEC = re.compile(r"[^{}0-9]*[0-9]?[^{}0-9]*")


@runtime_checkable
class Readable(Protocol):
    """What people can read, in each language."""

    def in_language(self, language: Language, /) -> str:
        """The text in a language."""


@dataclass(frozen=True, slots=True)
class Message:
    """A text with the values that its braces name; the values may be readable themselves.

    `code` names it where it is stored, and tells it from others that are alike in English.
    """

    text: str
    values: Mapping[str, object] = field(default_factory=dict)
    code: str = ""

    def in_language(self, language: Language, /) -> str:
        """The text in a language, with its values filled in: whole numbers have separators."""
        filled = {name: _in(language, value) for name, value in self.values.items()}
        return translated(self.text, language, self.code).format(**filled)

    def stored(self) -> dict[str, Any]:
        """The message as JSON, for `read_message`: of its values those that its text names, so that no other is kept.

        A value that is no message, text, number or truth is kept as its English.
        """
        values = {name: _stored(self.values[name]) for name in _names(self.text)}
        return {"text": self.text, "code": self.code, "values": values}

    def __str__(self) -> str:
        return self.in_language("en")


@dataclass(frozen=True, slots=True)
class Joined:
    """Texts in a row. What stands between them is in the reader's language, too."""

    parts: tuple[Readable | str, ...]
    between: Readable
    before_last: Readable | None = None

    def in_language(self, language: Language, /) -> str:
        """The row in a language."""
        texts = [str(_in(language, part)) for part in self.parts]
        between = self.between.in_language(language)
        end = self.before_last.in_language(language) if self.before_last else between
        return end.join(filter(None, [between.join(texts[:-1]), *texts[-1:]]))

    def stored(self) -> dict[str, Any]:
        """The row as JSON, as a value of a message that is stored."""
        between, before_last = _stored(self.between), _stored(self.before_last)
        return {"parts": [_stored(part) for part in self.parts], "between": between, "before_last": before_last}

    def __str__(self) -> str:
        return self.in_language("en")


@dataclass(frozen=True, slots=True)
class Messages:
    """The messages of one subject: English by name. In the catalogue they are called `subject.name`."""

    subject: str
    texts: Mapping[str, str]

    def __call__(self, name: str, /, **values: object) -> Message:
        """A message with its values. Raises KeyError where there is no such name."""
        return Message(self.texts[name], values, f"{self.subject}.{name}")

    def say(self, name: str, language: Language, /, **values: object) -> str:
        """A message with its values, in a language. Raises KeyError where there is no such name."""
        return self(name, **values).in_language(language)

    def every(self) -> list[Message]:
        """All of them, without values."""
        return [self(name) for name in self.texts]

    def __contains__(self, name: object) -> bool:
        return name in self.texts


LISTS = Messages("list", {"comma": ", ", "or": " or ", "and": " and "})


def listed(word: Literal["or", "and"], parts: Iterable[Readable | str]) -> Joined:
    """Some things in a row: `a, b or c`."""
    return Joined(tuple(parts), LISTS("comma"), LISTS(word))


def in_a_row(parts: Iterable[Readable | str]) -> Joined:
    """Some things in a row: `a, b, c`."""
    return Joined(tuple(parts), LISTS("comma"))


def message(text: str, /, **values: object) -> Message:
    """A message whose English stands where it is used."""
    return Message(text, values)


def read_message(stored: object) -> Message:
    """A message that was stored; it can be read in every language. Raises ValueError where that is no message."""
    try:
        parsed = _read(stored)
        for language in LANGUAGES:
            parsed.in_language(language)
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError):
        parsed = None
    if not isinstance(parsed, Message):
        raise ValueError("no message of ours")
    return parsed


def _read(stored: Any) -> Any:  # noqa: ANN401 -- any JSON
    if not isinstance(stored, dict):
        return stored
    if "parts" in stored:
        return Joined(tuple(map(_read, stored["parts"])), _read(stored["between"]), _read(stored["before_last"]))
    values = {name: _read(stored["values"][name]) for name in _names(stored["text"])}
    return Message(stored["text"], values, stored["code"])


def _names(text: str) -> list[str]:
    """The values that a text names. Raises ValueError where it asks for more of them than a form.

    What was stored may be anybody's: no attribute of a value is read, and none is made wider than one digit can say.
    """
    fields = [(name, spec or "") for _, name, spec, _ in Formatter().parse(text) if name is not None]
    if not all(name.isidentifier() and SPEC.fullmatch(spec) for name, spec in fields):
        raise ValueError(text)
    return [name for name, _ in fields]


def _stored(value: object) -> Any:  # noqa: ANN401 -- any JSON
    if isinstance(value, Message | Joined):
        return value.stored()
    text = getattr(value, "said", None)  # what an error says
    if isinstance(text, Readable):
        return _stored(text)
    return value if value is None or isinstance(value, str | int | float) else str(value)


def _in(language: Language, value: object) -> object:
    if isinstance(value, Readable):
        return value.in_language(language)
    return counted_in(language, value) if isinstance(value, int) and not isinstance(value, bool) else value
