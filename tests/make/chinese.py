"""What is not Chinese in a Chinese text."""

from __future__ import annotations

import re

NAMED = re.compile(r"`[^`]*`|“[^”]*”|\"[^\"]*\"|'[^']*'|--[\w-]+|\{[^{}]*\}")  # code, samples, options and values
SENTENCE = re.compile(r"[A-Za-z][a-z]*(?:[,;:]? [A-Za-z][a-z]*){2,}")


def english_sentences(text: str) -> list[str]:
    """Three or more English words in a row, outside of what is only named."""
    return SENTENCE.findall(" ".join(NAMED.sub("·", text).split()))
