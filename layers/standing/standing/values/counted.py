"""A number with its noun: `1 event`, `2 events`."""

from __future__ import annotations

from standing.values.catalogue import Language, plural_form


class Counted(int):
    """A whole number that formats with its noun, as `{count:event|events}`, or alone, with thousands separators.

    The language's catalogue selects the plural form; a translation has as many forms as its language.
    """

    language: Language = "en"

    def __format__(self, spec: str) -> str:
        forms = spec.split("|")
        if len(forms) > 1:
            return f"{int(self):,} {forms[plural_form(self, self.language)]}"
        return format(int(self), spec or ",")


def counted_in(language: Language, number: int) -> Counted:
    """A number for a text in a language."""
    counted_number = Counted(number)
    counted_number.language = language
    return counted_number


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its English noun, in singular or plural. The plural is `one` and an s unless `many` is given."""
    return format(Counted(number), f"{one}|{many or f'{one}s'}")
