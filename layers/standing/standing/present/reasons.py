"""Lines of rules in a document: each with whether it held, and the value that it met."""

from __future__ import annotations

from collections.abc import Iterable

from standing.engine.reasons import Reason
from standing.present.document import Said, Span, in_lines
from standing.present.language import Tense, ruling, value_met, word_for
from standing.values.catalogue import Language


def reason_lines(reasons: Iterable[Reason], language: Language, met: Tense = "was") -> Said:
    """Some lines of rules, one a line."""
    return in_lines(_line(reason, language, met) for reason in reasons)


def _line(reason: Reason, language: Language, met: Tense) -> Said:
    mark, said = "✓ " if reason["holds"] else "✗ ", ruling(reason["line"], language)
    line = Span(said) if said else Span(reason["line"], "code")
    return Span(mark), line, Span(f" ({word_for(met, language)} {value_met(reason, language)})")
