"""Problems in rule files: the place, what is wrong, and what was expected."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from standing.values.catalogue import Language
from standing.values.messages import Readable


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong in a rule file; `line` and `column` count from 1, `check` is the check that found it.

    `message` is in English, `text` in every language; `column` is 0 where the whole line or file is meant.
    """

    file: str
    line: int
    message: str
    check: str = field(default="", compare=False)
    column: int = field(default=0, compare=False)
    text: Readable | None = field(default=None, compare=False)

    @classmethod
    def of(cls, file: str, line: int, text: Readable, check: str = "", column: int = 0) -> Self:
        """A problem that is told in every language."""
        return cls(file, line, str(text), check, column, text)

    def said(self, language: Language) -> str:
        """Its text in a language."""
        return self.text.in_language(language) if self.text else self.message

    @property
    def place(self) -> str:
        """Where it is: `file:line:character`."""
        return f"{self.file}:{self.line}:{self.column}" if self.column else f"{self.file}:{self.line}"

    def told(self, language: Language) -> str:
        """Its place and text."""
        return f"{self.place}: {self.said(language)}"

    def __str__(self) -> str:
        return self.told("en")


class RulesError(Exception):
    """The rules cannot be used. Has every problem found, in file order."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def told(self, language: Language) -> str:
        """Every problem, one on each line."""
        return "\n".join(problem.told(language) for problem in self.problems)
