"""The text about how large a customer's state can become."""

from __future__ import annotations

from standing.present.language import phrase
from standing.rules.author.sizes import KB, MOST_NAMED, sizes_of
from standing.rules.ruleset import Ruleset
from standing.values.catalogue import Language
from standing.values.messages import in_a_row


def state_size(ruleset: Ruleset, language: Language) -> str:
    """How large a customer's state can become, and its largest part."""
    sizes = sizes_of(ruleset)
    largest = in_a_row(_part(names, size, language) for names, size in sizes.largest[:MOST_NAMED])
    return phrase("state_size", language, most=_kb(sizes.most), limit=sizes.limit // KB, largest=largest)


def _part(names: str, size: int, language: Language) -> str:
    return f"{in_a_row(names.split(', ')).in_language(language)} {_kb(size)} KB"


def _kb(size: int) -> int:
    return -(-size // KB)
