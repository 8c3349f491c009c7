"""Finds English in a text that should be Chinese."""

from __future__ import annotations

import re

NAMED = re.compile(r"`[^`]*`|“[^”]*”|\"[^\"]*\"|'[^']*'|--[\w-]+|\{[^{}]*\}")  # code, samples, options and values
NAMES = re.compile(r"[!-~]*[/\\_@=.][!-~]+")  # paths, addresses, names with dots
RULE = re.compile(r"[✓✗] [!-~ ]+?(?=  ?\()")  # a line of a rule, as it is written, before the value that it met
SENTENCE = re.compile(r"[A-Za-z][a-z]*(?:[,;:]? [A-Za-z][a-z]*){2,}")


def english_sentences(text: str) -> list[str]:
    """Sequences of three or more English words, outside of code, samples, options, values and names."""
    return SENTENCE.findall(" ".join(NAMES.sub("·", NAMED.sub("·", RULE.sub("·", text))).split()))
