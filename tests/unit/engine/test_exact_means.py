"""Means and sums of scores: exact on every scale that events allow, floored once, at the end."""

from __future__ import annotations

from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standing.engine.backends import durable, plain
from standing.engine.engine import engine_of
from standing.engine.measures import aggregate, empty, from_stored, prune
from standing.engine.series import Sums
from standing.events.intake import Event
from standing.lake.records import rows_of
from standing.rescoring.features import features_on
from standing.rules.author.compiler import compile_rules
from standing.rules.features import SumFeature
from standing.rules.ruleset import Ruleset
from standing.values.scales import FINE, exact, remainder, score

from tests.make import backends as batch
from tests.make.strategies import line, survey
from tests.unit.rules.test_score_rules import written

DAY = 20_000
FEATURES = {
    "answered": "mean: feedback.score",
    "answered_5d": "mean: feedback.score; over: 5d",
    "added_up": "sum: feedback.score",
}
type Answer = tuple[int, int, int]  # the answer, and the bounds of its scale


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Ruleset:
    """A programme with features of answers."""
    return compile_rules(written(tmp_path_factory.mktemp("means"), FEATURES))


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    """Any answer on any scale that events allow; often on a scale that ten thousand does not divide by."""
    usual = st.sampled_from([(0, 3), (1, 7), (1, 5), (0, 10), (-3, 3), (-1000, 1000), (0, 1), (0, 9), (0, 1999)])
    bound = st.integers(-1000, 1000)
    wild = st.tuples(bound, bound).filter(lambda both: both[0] < both[1])
    low, high = draw(usual.filter(lambda both: both[1] <= 1000) | wild)
    return draw(st.integers(low, high)), low, high


def events_of(given_answers: list[Answer]) -> list[Event]:
    """Answers as events, two days apart from the first to the last."""
    last = len(given_answers) - 1
    return [
        survey(DAY - 2 * (last - number), answer, (low, high), name=f"s{number}")
        for number, (answer, low, high) in enumerate(given_answers)
    ]


def exactly(given_answers: list[Answer]) -> list[Fraction]:
    """The scores in ten-thousandths, nothing floored."""
    return [Fraction(10_000 * (answer - low), high - low) for answer, low, high in given_answers]


def in_polars(rules: Ruleset, events: list[Event]) -> dict[str, int]:
    """The features from the lake."""
    rows = rows_of(events, rules.programme.minor_digits).lazy()
    (row,) = features_on(rules, rows, DAY).collect(engine="streaming").rows(named=True)
    return {name: row[name] for name in FEATURES}


def test_four_ones_and_a_two_of_three_are_two_fifths(rules: Ruleset) -> None:
    given_answers = [(1, 0, 3)] * 4 + [(2, 0, 3)]
    events = events_of(given_answers)
    known = engine_of(rules).facts(aggregate(empty(rules), events, rules), DAY)
    assert known["answered"] == 4_000
    assert known == in_polars(rules, events)


def test_usual_scales_keep_no_remainders(rules: Ruleset) -> None:
    usual = events_of([(4, 1, 5), (7, 0, 10), (1, 0, 1), (-1, -2, 2)])
    answered = rules.by_name["answered"]
    assert isinstance(answered, SumFeature)
    assert answered.remainder
    assert aggregate(empty(rules), usual, rules).sums[answered.remainder] == Sums()


@settings(max_examples=120, deadline=None)
@given(st.lists(answers(), min_size=1, max_size=9), st.data())
def test_a_mean_is_at_least_a_number_exactly_where_the_exact_one_is(
    rules: Ruleset, given_answers: list[Answer], data: st.DataObject
) -> None:
    events, scores = events_of(given_answers), exactly(given_answers)
    mean = sum(scores) / len(scores)
    number = data.draw(st.integers(-1, 1)) + mean.__floor__()
    known = engine_of(rules).facts(aggregate(empty(rules), data.draw(st.permutations(events)), rules), DAY)
    rule = {"rule": line("answered", ">=", number)}
    expected = frozenset({"rule"} if mean >= number else ())
    for reader in (plain.PlainBackend(rule), durable.DurableBackend(rule), batch.PolarsBackend(rule)):
        assert reader.match(known) == expected
    assert known["added_up"] == sum(scores).__floor__()
    assert in_polars(rules, events) == known


@settings(max_examples=60, deadline=None)
@given(st.lists(answers(), min_size=1, max_size=9), st.integers(1, 8))
def test_what_pruning_leaves_has_the_same_mean(rules: Ruleset, given_answers: list[Answer], cut: int) -> None:
    events = events_of(given_answers)
    before, after = events[:cut], events[cut:]
    kept = from_stored(prune(aggregate(empty(rules), before, rules), before[-1].day, rules), rules)
    known = engine_of(rules).facts(aggregate(kept, after, rules), DAY)
    assert known == engine_of(rules).facts(aggregate(empty(rules), events, rules), DAY)


@given(st.lists(st.tuples(st.integers(0, 2_000), st.integers(1, 2_000)), max_size=40))
def test_a_sum_is_floored_once(pairs: list[tuple[int, int]]) -> None:
    on_scale = [(min(answer, steps), steps) for answer, steps in pairs]
    total = sum(score(*one) for one in on_scale)
    remainders = sum(remainder(*one) or 0 for one in on_scale)
    exactly_so = sum(Fraction(10_000 * answer, steps) for answer, steps in on_scale)
    assert exact(len(on_scale), total, remainders) == exactly_so.__floor__()


def test_polars_adds_remainders_up_in_128_bits() -> None:
    """The largest remainder there is, of as many answers as a customer can have given: nothing is lost or wraps."""
    many, largest = 1 << 22, 2**FINE - 1
    frame = pl.LazyFrame({"c": [1] * 1_024}).with_columns(left=pl.lit(largest, dtype=pl.Int128) * (many // 1_024))
    (total,) = frame.group_by("c").agg(pl.col("left").sum()).collect(engine="streaming")["left"]
    assert total == largest * many
