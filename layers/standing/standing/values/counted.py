"""A number and what it counts: `1 event`, `2 events`."""

from __future__ import annotations

from standing.values.catalogue import Language, plural_form


class Counted(int):
    """A whole number that a text may tell with what it counts: `{count:event|events}`, or bare, with separators.

    Which of the forms a number takes, the language's catalogue says; a translation has as many as its language.
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
    """A number and what it counts, in English; many of it are called as one with an s, if nothing else is said."""
    return format(Counted(number), f"{one}|{many or f'{one}s'}")
