"""Lines of rules in a document: each with whether it holds, and the value that it met."""

from __future__ import annotations

from collections.abc import Iterable

from standing.engine.reasons import Reason
from standing.present.document import Said, Span, in_lines
from standing.present.language import Tense, phrase
from standing.values.catalogue import Language


def reason_lines(reasons: Iterable[Reason], language: Language, met: Tense = "was") -> Said:
    """Lines of rules, each on its own line."""
    return in_lines(_line(reason, language, met) for reason in reasons)


def _line(reason: Reason, language: Language, met: Tense) -> Said:
    value = reason["actual"] or phrase("unknown", language)
    mark = "✓ " if reason["holds"] else "✗ "
    return Span(mark), Span(reason["line"], "code"), Span(f" ({phrase(met, language)} {value})")
