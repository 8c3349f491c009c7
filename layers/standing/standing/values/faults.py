"""What is wrong with something, as a code with values: so it is stored, and put into words where it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from standing.values.catalogue import Language
from standing.values.errors import ReadableError
from standing.values.messages import Message, Messages

FAULTS = Messages(
    "fault",
    {
        # A file of the lake
        "not-whole": "not a whole Parquet file ({error})",
        "not-the-same": "not as it was written: its SHA-256 is another",
        "unreadable": "not a whole Parquet file, or not as it was written",
        "column-missing": "of another schema: column `{column}` is missing",
        "column-type": "of another schema: column `{column}` is {found}, expected {expected}",
        "column-unexpected": "of another schema: no column `{column}` was expected",
        "other-month": "has rows of another month, such as {day}",
        "not-ours": "not a file of the lake, but read by everybody who reads the lake: move it elsewhere",
        # What was done about it
        "set-aside": "set aside as {aside}",
        "worked-out-anew": "worked out anew",
        "not-compared": "no figures are compared with it",
        # A bucket, and what is too much to be named
        "failed": "{cause}",
        "scores-refused": "the bus refused {refused} of {entries:score event|score events}",
        "more-set-aside": "{count:more object|more objects} set aside as well, under `aside/`",
        # What is odd about records
        "many-records": "{count:event record|event records}: a test account, or a system that repeats itself?",
        "of-nothing": "{count:purchase|purchases} with the amount 0: they count as orders",
        "to-come": "{count:event|events} of days to come, up to {last}: counted then",
        # Why no model of scores was learnt
        "few-repeaters": "{customers:customer|customers} bought on a second day: at least {fewest} are needed",
        "few-payers": "{customers:customer|customers} came back and paid: at least {fewest} are needed",
        "mean-unbounded": "q is {q}, not above 1: by these customers the mean purchase has no bound",
        "no-top": "no top after {steps} steps: slope {slope}, wanted {wanted}",
        "no-step": "no step goes up, though the slope is not flat",
        "runs-away": "{parameter} runs away to {value}: these customers do not tell it",
        "no-such-customer": (
            "no customer can have {row}: expected 0 ≤ recency ≤ T, and recency 0 where frequency is 0"
        ),
        "horizon-too-long": (
            "the horizon is too long for this model: its series does not converge in {terms:term|terms}"
        ),
        "series-cancels": "r is too far above a+b for this model's series: its terms cancel each other",
        "not-learnt": "{text}",
        "told": "{text}",  # by older code, in its own words
        # How they are put together
        "where": "{where}: {what}",
        "then": "{what}; {then}",
        "unknown": "{code} ({values})",
    },
)

type Value = str | int


@dataclass(frozen=True)
class Fault:
    """What is wrong: its code, its values, and the code of what was done about it, if something was.

    The values are those that the words of both codes ask for. `where`, if it is among them, is said first.
    """

    code: str
    values: Mapping[str, Value] = field(default_factory=dict)
    then: str | None = None

    def at(self, where: str) -> Fault:
        """The same, of a place such as a file."""
        return replace(self, values={**self.values, "where": where})

    def handled(self, then: str, **values: Value) -> Fault:
        """The same, and what was done about it."""
        return replace(self, values={**self.values, **values}, then=then)

    def shortened(self, longest: int) -> Fault:
        """The same with no text longer than so many characters."""
        short = {name: one[:longest] if isinstance(one, str) else one for name, one in self.values.items()}
        return replace(self, values=short)

    @property
    def said(self) -> Message:
        """The fault in words. Of a code that this code does not know, code and values."""
        what = self._words(self.code)
        if self.then:
            what = FAULTS("then", what=what, then=self._words(self.then))
        where = self.values.get("where")
        return FAULTS("where", where=where, what=what) if where else what

    def in_language(self, language: Language, /) -> str:
        """The fault in a language."""
        return self.said.in_language(language)

    def _words(self, code: str) -> Message:
        try:
            words = FAULTS(code, **self.values)
            str(words)
        except (KeyError, ValueError):  # of a newer code, or changed by hand
            return FAULTS("unknown", code=code, values=str(dict(self.values)))
        return words

    def __str__(self) -> str:
        return self.in_language("en")


class FaultError(ReadableError):
    """What is raised because of a fault; its text is the fault, in English where nobody asks for another language."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault
