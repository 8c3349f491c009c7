"""What holds for every unit test: no network, no waiting, and the same hypothesis examples on every CI run."""

from __future__ import annotations

import os
import socket
import time
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("development", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "development")


@pytest.fixture(autouse=True)
def _no_network_and_no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: Any, **_kwargs: Any) -> None:
        pytest.fail("a unit test reached for the network or for the clock")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(time, "sleep", refuse)
