"""One compilation's notes: what rules may speak of so far, what is measured, and the problems found on the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter

from standing.rules.author.lines import Symbol
from standing.rules.author.problems import Problem, RulesError
from standing.rules.author.reader import Place, Source, read, validate
from standing.rules.features import Measure
from standing.values.messages import Readable


@dataclass
class Diagnostics:
    """What is known so far: facts that lines may speak of, measures, problems.

    `broken` are the features that are wrong themselves, so that nobody else is blamed for them.
    """

    problems: list[Problem] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    known: dict[str, Symbol] = field(default_factory=dict)
    measures: dict[str, Measure] = field(default_factory=dict)

    def load[T](self, path: Path, root: Path, shape: TypeAdapter[T]) -> tuple[Source, T] | None:
        """A rule file, or None if it had problems, which are recorded."""
        try:
            source = read(path, path.relative_to(root.parent).as_posix())
            return source, validate(source, shape)
        except RulesError as error:
            self.problems += error.problems
            return None

    def note(self, source: Source, place: Place, text: Readable, check: str = "", at: int | None = 0) -> None:
        """Record a problem at a place of a file (a character of its value, or its name), and its check."""
        self.problems.append(source.problem(place, text, check, at))

    def measure(self, measure: Measure) -> str:
        """The name of a measure, shared with everything that measures the same."""
        return self.measures.setdefault(measure.name, measure).name
