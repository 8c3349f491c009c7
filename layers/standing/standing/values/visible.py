"""Text as it can be shown to people: what steers a terminal, turns the direction of writing or hides is spelled out.

Knows neither terminals nor pages; whoever shows text that came from outside makes it visible first.
"""

from __future__ import annotations

import json
import re

# Control and format characters, separators of lines and paragraphs, halves of a surrogate pair, and whatever else
# Unicode lets a program draw as nothing at all (Default_Ignorable_Code_Point).
HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
BUT_LINES = re.compile(f"(?!\n){HIDDEN.pattern}")


def visible(text: str) -> str:
    """A text of lines, in which everything hidden is spelled out as Python would: `\\x1b`, `\\u202e`."""
    return BUT_LINES.sub(_spelled, text)


def on_one_line(text: str) -> str:
    """A text in which the ends of lines are spelled out as well, for where a second line would be taken for ours."""
    return HIDDEN.sub(_spelled, text)


def in_json(text: str) -> str:
    """A JSON document in which everything hidden is escaped: it means the same, and shows nothing that it is not."""
    return BUT_LINES.sub(lambda found: json.dumps(found[0])[1:-1], text)


def _spelled(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")
