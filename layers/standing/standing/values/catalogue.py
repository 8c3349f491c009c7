"""The catalogue of translations: gettext's. English is what stands in the code.

`make messages` renews and compiles `locale/zh/LC_MESSAGES/standing.po`.
"""

from __future__ import annotations

from functools import cache
from gettext import NullTranslations, translation
from importlib.resources import files
from typing import Literal

type Language = Literal["en", "zh"]

LANGUAGES: tuple[Language, ...] = ("en", "zh")
DOMAIN = "standing"


def translated(text: str, language: Language, code: str = "") -> str:
    """A text in a language, or itself where it is not translated; `code` tells it from others alike in English."""
    known = catalogue(language)
    if not text:  # gettext's catalogues have their own header under it
        return text
    return known.pgettext(code, text) if code else known.gettext(text)


def plural_form(number: int, language: Language) -> int:
    """Which form a word takes beside a number, counted from 0: gettext's `Plural-Forms`."""
    rule = getattr(catalogue(language), "plural", None)
    return int(rule(number)) if rule else int(number != 1)


@cache
def catalogue(language: Language) -> NullTranslations:
    """What is known of a language; nothing of English."""
    return (
        NullTranslations() if language == "en" else translation(DOMAIN, str(files("standing") / "locale"), [language])
    )
