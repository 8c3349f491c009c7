"""The steps of a night before its buckets, without a state machine."""

from __future__ import annotations

from datetime import datetime

from standing.aws.lake_bucket import Lake
from standing.lake.compaction import stage
from standing.nightly.model import model_for
from standing.nightly.plan import plan
from standing.nightly.planned import Planned
from standing.nightly.summary import NightSteps
from standing.rules.ruleset import Ruleset


def begun(lake: Lake, ruleset: Ruleset, now: datetime) -> tuple[Planned, NightSteps]:
    """Begin the night of the last finished day: distribute the lake's new objects, plan, and fit the model."""
    wrong = stage(lake).wrong
    planned = plan(lake, ruleset, now)
    return planned, NightSteps(planned.day, planned.known, wrong, model_for(lake, ruleset, planned).for_report())
