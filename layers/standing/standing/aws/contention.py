"""Contention: trying again where somebody else was faster to commit, ever more slowly.

What is committed on a condition says by `Overtaken` that it no longer held: a table's version, or an object's ETag.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

SHORTEST, LONGEST = 0.02, 1.5  # seconds


class Overtaken(Exception):  # noqa: N818 -- somebody else's success
    """Somebody else was faster: nothing was written. Read again, and decide again."""


class TooContended(Exception):  # noqa: N818 -- a passing state, not a fault
    """What others kept changing, a customer or an object: it is to be tried again later."""


@dataclass
class Attempts:
    """Retries what may conflict, `most` times in all. `pause` sleeps for a number of seconds."""

    most: int
    pause: Callable[[float], None] = time.sleep
    conflicts: int = 0

    def run[T](self, attempt: Callable[[], T]) -> T:
        """What an attempt gives, tried again where it is overtaken. Raises TooContended."""
        while True:
            try:
                return attempt()
            except Overtaken:
                self.after_conflict()

    def after_conflict(self) -> None:
        """Wait, longer after each conflict. Raises TooContended after the last attempt."""
        self.conflicts += 1
        if self.conflicts == self.most:
            raise TooContended
        self.pause(random.uniform(0, min(LONGEST, SHORTEST * 2**self.conflicts)))  # noqa: S311 -- jitter, not a secret

    def succeeded(self) -> None:
        """Reset the count of conflicts."""
        self.conflicts = 0
