"""Signs that only look like those of the rules: full-width ones, typographic quotes, spaces of other widths."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from standing.rules.author.messages import in_words
from standing.values.messages import Readable

SPACES = "\u00a0\u1680\u2000-\u200b\u202f\u205f\u2060\u3000\ufeff"
QUOTES = {"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'"}
OTHERS = {"、": ",", "。": ".", "【": "[", "】": "]", "–": "-", "—": "-", "−": "-"}
FULL_WIDTH = "\uff01-\uff5e\uffe0-\uffe6"
SIGN = re.compile(f"[{SPACES}{FULL_WIDTH}{''.join(QUOTES)}{''.join(OTHERS)}]")
# Where YAML looks for a sign of its own: before a name, behind it, and before what a bracket holds.
STRUCTURE = re.compile(
    rf"^(?P<before>[ {SPACES}]*[{SPACES}])"
    rf"|^[ -]*[A-Za-z][\w.-]*[ {SPACES}]*(?P<colon>：)"
    rf"|^ *(?P<dash>[－–—−])[ {SPACES}]"
    rf"|^[ -]*[\w.-]+: *(?P<open>[“‘｛［【])"
    rf"|[{{｛,，] *[A-Za-z][\w-]* *(?P<inner>：)"
    rf"|^[^#\"']*\{{[^\"']*(?P<comma>，) *[A-Za-z][\w-]*[:：]"
)


class Slip(NamedTuple):
    """What is wrong at a sign of a text, counted from 0."""

    said: Readable
    at: int


def plain(text: str) -> str:
    """A text with the signs that were probably meant."""
    signs = (QUOTES.get(sign) or OTHERS.get(sign) or _narrow(sign) for sign in text)
    return "".join(signs)


def foreign(text: str, begin: int = 0) -> Slip | None:
    """The first sign of a text that looks like one of ours."""
    match = SIGN.search(text, begin)
    return _slip(text, match.start()) if match else None


def of_structure(text: str) -> list[tuple[int, Slip]]:
    """By line, counted from 1: signs that stand where YAML looks for its own."""
    matches = ((number, STRUCTURE.search(line), line) for number, line in enumerate(text.splitlines(), 1))
    return [(number, _slip(line, _place(match, line))) for number, match, line in matches if match]


def _place(match: re.Match[str], line: str) -> int:
    at = match.start(str(match.lastgroup))
    space = re.search(f"[{SPACES}]", line) if match.lastgroup == "before" else None
    return space.start() if space else at


def _slip(text: str, at: int) -> Slip:
    sign = text[at]
    if re.match(f"[{SPACES}]", sign):
        return Slip(in_words("foreign_space"), at)
    return Slip(in_words("foreign", sign=sign, plain=plain(sign)), at)


def _narrow(sign: str) -> str:
    if re.match(f"[{SPACES}]", sign):
        return " "
    return unicodedata.normalize("NFKC", sign) if re.match(f"[{FULL_WIDTH}]", sign) else sign
