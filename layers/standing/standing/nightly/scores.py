"""Scores a bucket: the model's scores of its customers, and events for the scores that rules use."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import polars as pl

from standing.aws.logging import PlainError
from standing.events.producers import NIGHT_SOURCE
from standing.rescoring.refunds import with_counting_day
from standing.rules.ruleset import Ruleset
from standing.scores.model import Model
from standing.scores.rfm import summary_of, totals
from standing.scores.scores import NAMES, RFM, changed, events, last_said, scores
from standing.scores.spending import spending
from standing.values.days import Day, end_of_day, zone
from standing.values.faults import Fault, FaultError

DETAIL_TYPE, FAMILY = "score.v1", "score"


class BusPort(Protocol):
    """The part of the bus that scoring uses."""

    def put(self, entries: Sequence[Any]) -> list[int]:
        """Put entries on the bus. Returns the indices of those that were refused."""


class UnsentScoresError(FaultError, PlainError):
    """Score events that the bus did not take; the bucket's night is done again."""


@dataclass(frozen=True)
class Scoring:
    """Scores by one model, and sends events to one bus."""

    model: Model
    bus: BusPort

    def bucket(self, records: pl.LazyFrame, ruleset: Ruleset, day: Day) -> pl.DataFrame:
        """The scores of customers with purchases by the end of a day, a row each: see `scores/scores.py`."""
        return self.of(self.totals(records, ruleset, day), day)

    def totals(self, records: pl.LazyFrame, ruleset: Ruleset, day: Day) -> pl.DataFrame:
        """The totals of customers with purchases by the end of a day: of them their scores are made (`rfm.totals`)."""
        bought = spending(with_counting_day(records, ruleset), day, self.model.spend)
        return totals(bought).collect(engine="streaming")

    def of(self, bought: pl.DataFrame, day: Day) -> pl.DataFrame:
        """The scores of customers with these totals."""
        return scores(self.model, summary_of(bought.lazy(), day).collect())

    def say(self, scored: pl.DataFrame, records: pl.LazyFrame, ruleset: Ruleset, day: Day) -> int:
        """Send the scores that rules use and whose band is new. Returns how many. Raises UnsentScoresError.

        Each has the first moment after the day as its time, so that a repeated night sends the same events.
        """
        used = used_by(ruleset)
        if not used:
            return 0
        due = changed(self.model, scored, last_said(records)).filter(pl.col("name").is_in(sorted(used)))
        zone_name = ruleset.programme.time_zone
        at = end_of_day(day, zone_name).astimezone(zone(zone_name))
        entries = [_entry(detail) for detail in events(self.model, due, at)]
        if refused := self.bus.put(entries):
            raise UnsentScoresError(Fault("scores-refused", {"refused": len(refused), "entries": len(entries)}))
        return len(entries)


def used_by(ruleset: Ruleset) -> set[str]:
    """The scores that some feature asks for; all of them where one does not say which."""
    asked = [measure.where for measure in ruleset.measures.values() if FAMILY in measure.of]
    everything = {*NAMES, RFM}
    return {name for where in asked for name in ({where["name"]} & everything if "name" in where else everything)}


def _entry(detail: dict[str, Any]) -> dict[str, str]:
    content = json.dumps(detail, ensure_ascii=True, separators=(",", ":"))
    return {"Source": NIGHT_SOURCE, "DetailType": DETAIL_TYPE, "Detail": content}
