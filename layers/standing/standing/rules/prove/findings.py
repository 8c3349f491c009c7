"""Findings: what a check found in the rules, where, and an example customer."""

from __future__ import annotations

from dataclasses import dataclass, field

from standing.values.messages import Messages, Readable

CHECKS = Messages(
    "check",
    {
        "CHK-01": "a condition that can never hold",
        "CHK-02": "a rule or level hidden by another",
        "CHK-03": "retention stricter than qualification",
        "CHK-04": "a level that nobody can reach",
        "CHK-05": "a level that nobody can leave",
        "CHK-06": "care actions that contradict each other",
        "CHK-07": "a level that falls again though nothing happened",
        "CHK-08": "a gap between levels",
        "CHK-09": "more of something both raises and lowers",
        "CHK-10": "an unknown feature",
        "CHK-11": "a wrong unit or type",
        "CHK-12": "ratings that need each other in a circle",
        "CHK-13": "a window longer than the history that is kept",
        "CHK-14": "something that nothing uses",
        "CHK-15": "a line or a value that says nothing",
        "CHK-16": "a level above that asks for less",
        "CHK-17": "levels above that are left out",
    },
)
QUESTIONS = {"CHK-09", "CHK-16", "CHK-17"}  # checks whose findings may be intended


@dataclass(frozen=True)
class Finding:
    """What a check found about a rule or a feature (`about`). `example` has a customer's facts as readable text.

    An `unproved` finding is a question that z3 did not answer in time: it may be true or false.
    """

    check: str
    about: str
    said: Readable
    example: dict[str, str] = field(default_factory=dict)
    line: str = ""
    may_be_meant: bool = False
    unproved: bool = False

    @property
    def message(self) -> str:
        """The message, in English."""
        return str(self.said)

    @property
    def is_question(self) -> bool:
        """Whether it only asks if the rule is intended."""
        return self.may_be_meant or self.check in QUESTIONS
