"""Questions: a condition that somebody asks of customers, read as the conditions of rules are, line by line.

On one line, `and`, `or`, `not` and brackets join them; a block such as `any:` with its lines is read as in a rule file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from pydantic import TypeAdapter

from standing.rules.author.compiler import Compiler
from standing.rules.author.features import DIGITS
from standing.rules.author.lines import Symbol
from standing.rules.author.problems import Problem, RulesError
from standing.rules.author.reader import DEEPEST, LARGEST, Mark, Place, Source, parse, validate
from standing.rules.author.sources import Block
from standing.rules.conditions import Condition
from standing.rules.features import Feature
from standing.rules.ruleset import Rating, Ruleset
from standing.values.messages import Messages, Readable

NAME = "condition"  # where a rule file's name stands in what is said of a mistake
BLOCK: TypeAdapter[Block] = TypeAdapter(Block)
AS_IN_A_FILE = re.compile(r"\s*(\{|(all|any|none)\s*:)")
PIECE = re.compile(r'"[^"]*"?|\[[^\]]*\]?|[()]|[^\s()\["]+')
JOINTS = {"and", "or", "not", "(", ")"}
GROUPS = {"and": "all", "or": "any"}

type Written = str | dict[str, list[Written]]


def question(text: str, ruleset: Ruleset) -> Condition:
    """Parse the condition in a text. Raises RulesError with all its problems."""
    if len(text) > LARGEST:
        raise _wrong("too_long", most=LARGEST)
    source = _source(text)
    compiler = Compiler(known=known_of(ruleset))
    condition = compiler.block(source, (), validate(source, BLOCK))
    if condition is None:
        raise RulesError(compiler.problems)
    return condition


def known_of(ruleset: Ruleset) -> dict[str, Symbol]:
    """The facts that lines may use, as for the compiler."""
    features = {one.name: _feature(one, ruleset) for one in ruleset.features}
    return features | {name: about for one in ruleset.ratings.values() for name, about in _rating(one).items()}


def _feature(feature: Feature, ruleset: Ruleset) -> Symbol:
    digits = ruleset.programme.minor_digits if feature.unit == "money" else DIGITS.get(feature.unit, 0)
    at_most = feature.at_most if feature.kind == "distinct" else 0
    return Symbol(feature.unit, digits, feature.levels, personal=feature.personal, at_most=at_most)


def _rating(rating: Rating) -> Mapping[str, Symbol]:
    levels = Symbol(levels=rating.levels, ordered=rating.ordered)
    now, _, would_become, days_to_review = rating.fact_names
    return {now: levels, would_become: levels, days_to_review: Symbol("days")}


QUESTIONS = Messages(
    "question",
    {
        "of_part": "`{part}`: {said}",
        "too_long": "is over {most} characters",
        "too_deep": "is nested too deep",
        "no_joint": "`{part}` stands where `and`, `or` or the end was expected",
        "no_condition": "`{part}` stands where a condition such as `orders_90d >= 3` was expected",
        "ends_early": "the end stands where a condition such as `orders_90d >= 3` was expected",
        "open_bracket": "a bracket `(` is not closed: write `)` after its conditions",
    },
)


@dataclass(frozen=True)
class ConditionText(Source):
    """What was asked, as a rule file's content. A problem names its line of the condition, as all stand on one line."""

    def problem(self, place: Place, text: Readable, check: str = "", at: int | None = 0) -> Problem:  # noqa: ARG002 -- one line
        """A problem at a place."""
        written = self.data
        for part in place:
            written = written[part]
        named = isinstance(written, str) and f"`{written}`" not in str(text)
        whole = QUESTIONS("of_part", part=written, said=text) if named else text
        return Problem.of(self.file, self.line(place), whole, check)


def _source(text: str) -> Source:
    if AS_IN_A_FILE.match(text):
        read = parse(text, NAME)
        return ConditionText(read.file, read.data, read.marks)
    written = _Reading(text).whole()
    return ConditionText(NAME, written if isinstance(written, dict) else {"all": [written]}, {(): Mark(1, 0)})


def _wrong(name: str, **parts: object) -> RulesError:
    return RulesError([Problem.of(NAME, 1, QUESTIONS(name, **parts))])


class _Reading:
    """One line of lines and what joins them, read from the left: `and` binds closer than `or`."""

    def __init__(self, text: str) -> None:
        self.parts = [*_parts(text), ""]
        self.at = self.depth = 0

    def whole(self) -> Written:
        """Parse the whole text."""
        condition = self._joined("or")
        if self._next():
            raise _wrong("no_joint", part=self._next())
        return condition

    def _joined(self, joint: str) -> Written:
        conditions = [self._operand(joint)]
        while self._next() == joint:
            self.at += 1
            conditions.append(self._operand(joint))
        return conditions[0] if len(conditions) == 1 else {GROUPS[joint]: conditions}

    def _operand(self, joint: str) -> Written:
        return self._joined("and") if joint == "or" else self._part()

    def _part(self) -> Written:
        part, self.at = self._next(), self.at + 1
        if part == "not":
            return {"none": [self._deeper(self._part)]}
        if part == "(":
            return self._deeper(self._bracketed)
        if part in {"", *JOINTS}:
            raise _wrong("no_condition", part=part) if part else _wrong("ends_early")
        return part

    def _bracketed(self) -> Written:
        condition = self._joined("or")
        if self._next() != ")":
            raise _wrong("open_bracket")
        self.at += 1
        return condition

    def _deeper(self, read: Callable[[], Written]) -> Written:
        if self.depth == DEEPEST:
            raise _wrong("too_deep")
        self.depth += 1
        condition = read()
        self.depth -= 1
        return condition

    def _next(self) -> str:
        return self.parts[self.at]


def _parts(text: str) -> Iterator[str]:
    """The text's lines, and the words that join them."""
    line: list[re.Match[str]] = []
    for piece in PIECE.finditer(text):
        if piece[0].lower() in JOINTS:
            yield from _line(text, line)
            yield piece[0].lower()
            line = []
        else:
            line.append(piece)
    yield from _line(text, line)


def _line(text: str, pieces: list[re.Match[str]]) -> Iterator[str]:
    if pieces:
        yield text[pieces[0].start() : pieces[-1].end()]
