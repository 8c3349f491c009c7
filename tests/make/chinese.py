"""What is still English in a text that should be Chinese."""

from __future__ import annotations

import re

CODE = re.compile(r"`[^`]*`")
NAMES = re.compile(r"[!-~]*[/\\_@=.][!-~]*")  # paths, addresses, names with dots
WORDS = re.compile(r"\b[A-Za-z][a-z']*(?:[ ,;:]+[A-Za-z][a-z']*){2,}")


def english_sentences(text: str) -> list[str]:
    """Every row of at least three English words; what stands in backticks, and names, are none."""
    return WORDS.findall(NAMES.sub("·", CODE.sub("·", text)))
