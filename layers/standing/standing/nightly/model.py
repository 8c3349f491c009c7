"""The scores' model: fitted on the purchases in the lake, again when it is a month old.

If there are too many purchases, it is fitted on a sample of whole buckets, which is random because a hash assigns
customers to buckets. Without enough repeat customers there is no model, and the night continues without scores.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import polars as pl

from standing.aws.lake_bucket import ABSENT, Lake
from standing.lake.compaction import compact
from standing.lake.parquet import CorruptFile, collect
from standing.lake.reader import open_bucket
from standing.nightly.planned import Planned
from standing.report.model import ScoreModel
from standing.rescoring.refunds import IS_PURCHASE, IS_REFUND, with_counting_day
from standing.rules.ruleset import Ruleset
from standing.scores.fitting.model import FitSettings, fit_model
from standing.scores.model import Model, parsed, text
from standing.scores.spending import Spend, spending
from standing.values.days import Day, day_in
from standing.values.faults import Fault, FaultError

MODEL = "models/scores.json"
OLD = 28  # days after which a model is fitted again
ENOUGH = 5_000_000  # purchases to fit on


class LearnedModel(NamedTuple):
    """The current model, if there is one, and why a due fit failed, if it did."""

    model: Model | None
    wrong: Fault | None = None

    def for_report(self) -> ScoreModel:
        """The model as in a report."""
        return ScoreModel(self.model.hash, self.model.as_of, self.wrong) if self.model else ScoreModel(why=self.wrong)


def model_of(lake: Lake) -> Model | None:
    """The stored model, or None if there is none that can be read."""
    stored = lake.get(MODEL)
    try:
        return None if stored is ABSENT else parsed(stored.body)
    except ValueError:
        return None


def model_for(lake: Lake, ruleset: Ruleset, planned: Planned) -> LearnedModel:
    """The model that a night scores by: where no bucket is due, the one that is kept, however old."""
    if not planned.due:
        return LearnedModel(model_of(lake))
    return model_up_to(lake, ruleset, day_in(planned.day), planned.known)


def model_up_to(lake: Lake, ruleset: Ruleset, day: Day, known: list[int]) -> LearnedModel:
    """The model to score with up to a day: the stored one, or a new one, which is then stored."""
    before = model_of(lake)
    if before and 0 <= day - day_in(before.as_of) < OLD:
        return LearnedModel(before)
    programme = ruleset.programme
    spend: Spend = before.spend if before else "net"  # a former choice of gross is kept
    try:
        bought = _purchases(lake, known, ruleset, day, spend)
        model = fit_model(bought, day, FitSettings(programme.currency, programme.minor_digits, spend=spend))
    except FaultError as error:  # what these customers do not tell
        return LearnedModel(before, error.fault)
    except ValueError as error:
        return LearnedModel(before, Fault("not-learnt", {"text": str(error)}))
    lake.put(MODEL, text(model).encode())
    return LearnedModel(model)


def _purchases(lake: Lake, known: list[int], ruleset: Ruleset, day: Day, spend: Spend) -> pl.LazyFrame:
    """The purchases of enough buckets, which are compacted first. Corrupt buckets are reported by their own night."""
    schema = {"customer": pl.String, "day": pl.Int32, "amount": pl.Int64}
    frames, rows = [pl.LazyFrame(schema=schema)], 0
    for records in _of_buckets(lake, known):
        frame = spending(with_counting_day(records.lazy(), ruleset), day, spend).collect()
        frames.append(frame.lazy())
        rows += frame.height
        if rows >= ENOUGH:
            break
    return pl.concat(frames)


def _of_buckets(lake: Lake, known: list[int]) -> Iterator[pl.DataFrame]:
    for number in known:
        try:
            compact(lake, number)
            records = open_bucket(lake, number).scan("records")
            yield collect(records.filter((IS_PURCHASE | IS_REFUND) & ~pl.col("late")))
        except CorruptFile:
            continue
