"""Lines of rules in a document: each with whether it holds, and the value that it met."""

from __future__ import annotations

from collections.abc import Iterable

from standing.engine.reasons import BY_HAND, UNKNOWN, WITHHELD, Reason
from standing.present.document import Said, Span, in_lines
from standing.present.language import Tense, phrase
from standing.values.catalogue import Language


def reason_lines(reasons: Iterable[Reason], language: Language, met: Tense = "was") -> Said:
    """Lines of rules, each on its own line."""
    return in_lines(_line(reason, language, met) for reason in reasons)


def _line(reason: Reason, language: Language, met: Tense) -> Said:
    mark, said = "✓ " if reason["holds"] else "✗ ", _ruling(reason["line"], language)
    line = Span(said) if said else Span(reason["line"], "code")
    return Span(mark), line, Span(f" ({phrase(met, language)} {_value_met(reason, language)})")


def _ruling(line: str, language: Language) -> str | None:
    """The line of a level that was set by hand, which is stored in English; None of a line of a rule."""
    match = BY_HAND.fullmatch(line)
    return phrase("by_hand", language, **match.groupdict()) if match else None


def _value_met(reason: Reason, language: Language) -> str:
    """The value that a line met. What stands for one that is unknown, or personal, is stored in English."""
    parts = (reason["actual"] or UNKNOWN).split(" → ")
    stored = {WITHHELD: "personal"} | ({UNKNOWN: "unknown"} if len(parts) > 1 or not reason["actual"] else {})
    return " → ".join(phrase(stored[part], language) if part in stored else part for part in parts)
