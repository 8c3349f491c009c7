"""Backends that evaluate conditions: each finds the rules that a set of facts satisfies, and all of them agree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from standing.rules.conditions import Fact


class Backend(Protocol):
    """The interface of all backends. An unknown fact is absent."""

    def match(self, facts: Mapping[str, Fact]) -> frozenset[str]:
        """The names of the rules that hold."""
