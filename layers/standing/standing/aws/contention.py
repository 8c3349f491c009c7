"""Contention: trying again where somebody else was faster to commit, ever more slowly."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from standing.aws.table import CommitConflict

SHORTEST, LONGEST = 0.02, 1.5  # seconds


class TooContended(Exception):  # noqa: N818 -- a passing state, not a fault
    """A customer whom others kept changing: it is to be tried again later."""


@dataclass
class Attempts:
    """How often something that others may overtake is tried in all. `pause` waits for some seconds."""

    most: int
    pause: Callable[[float], None] = time.sleep
    conflicts: int = 0

    def run[T](self, attempt: Callable[[], T]) -> T:
        """What an attempt gives, tried again where it meets a conflict. Raises TooContended."""
        while True:
            try:
                return attempt()
            except CommitConflict:
                self.after_conflict()

    def after_conflict(self) -> None:
        """Wait, longer after each conflict. Raises TooContended after the last."""
        self.conflicts += 1
        if self.conflicts == self.most:
            raise TooContended
        self.pause(random.uniform(0, min(LONGEST, SHORTEST * 2**self.conflicts)))  # noqa: S311 -- jitter, not a secret

    def succeeded(self) -> None:
        """Begin counting anew."""
        self.conflicts = 0
