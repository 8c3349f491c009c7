"""Writes values as YAML that reads back unchanged: each on one line, with texts quoted if needed."""

from __future__ import annotations

import json
import re
from typing import Any

PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*", re.ASCII)
MEANT_OTHERWISE = {"true", "false", "null", "yes", "no", "on", "off"}


def flow(value: Any) -> str:  # noqa: ANN401 -- any JSON
    """A value on one line: `{amount: 12.50, scale: [1, 5]}`."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_text(name)}: {flow(entry)}" for name, entry in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    return str(value).lower() if isinstance(value, bool) else _text(str(value))


def _text(text: str) -> str:
    is_plain = PLAIN.fullmatch(text) and text.lower() not in MEANT_OTHERWISE
    return text if is_plain else json.dumps(text, ensure_ascii=False)
