"""The template, deployed unchanged on a local AWS of the tests' own, with the functions' IAM roles enforced."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from standing.aws.stack import Target
from standing.local.aws import LocalAws, point_at
from standing.operations.listener import NAME as LISTENER
from standing.operations.listener import listen
from standing.release.release import release_programme
from standing.rules.timeline import Timeline

from tests.make.support import ROOT, real_rules


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is end to end."""
    for item in items:
        if "tests/e2e/" in item.path.as_posix():
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def target() -> Iterator[Target]:
    """Standing, deployed."""
    aws = LocalAws(ROOT / ".standing" / "e2e")
    running = aws.start()
    before = dict(os.environ)
    point_at(running)
    try:
        release_programme(lambda _: None)
        listen(Target())  # from the start, so that no outcome goes unheard
        yield Target()
    finally:
        aws.stop()
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture(scope="session")
def ear(target: Target) -> str:
    """A queue that hears every outcome."""
    return target.sqs.get_queue_url(QueueName=LISTENER)["QueueUrl"]


@pytest.fixture(scope="session")
def rules() -> Timeline:
    """The rules that were deployed."""
    return real_rules()


def gold_from(amount: str, folder: Path) -> Path:
    """The rules of the clone, in a new folder, with one threshold changed: that of gold."""
    shutil.copytree(ROOT / "rules", folder)
    tier = folder / "ratings" / "tier.yaml"
    before = tier.read_text()
    tier.write_text(before.replace("spend_365d >= 2000.00", f"spend_365d >= {amount}"))
    assert tier.read_text() != before
    return folder
