"""For all tests: a terminal has no width of its own, whoever runs them."""

from __future__ import annotations

import os


def pytest_configure() -> None:
    """A worker of pytest-xdist inherits COLUMNS, and every console would keep to it, whatever a test says later."""
    for name in ("COLUMNS", "LINES"):
        os.environ.pop(name, None)
