"""Text that is safe to show: control, bidirectional and invisible characters are escaped.

Does not know terminals or pages. Callers pass text from outside through here before they show it.
"""

from __future__ import annotations

import json
import re

# Control and format characters, line and paragraph separators, lone surrogates, and everything else that Unicode allows
# a program to render as nothing (Default_Ignorable_Code_Point).
HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
BUT_LINES = re.compile(f"(?!\n){HIDDEN.pattern}")


def visible(text: str) -> str:
    """A text with its hidden characters escaped as Python does, such as `\\x1b` and `\\u202e`. Line ends stay."""
    return BUT_LINES.sub(_spelled, text)


def on_one_line(text: str) -> str:
    """A text with its hidden characters and line ends escaped, for places where a second line could pass for ours."""
    return HIDDEN.sub(_spelled, text)


def in_json(text: str) -> str:
    """A JSON document with its hidden characters escaped. Its meaning stays the same."""
    return BUT_LINES.sub(lambda match: json.dumps(match[0])[1:-1], text)


def _spelled(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")
