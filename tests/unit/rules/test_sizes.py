"""Sizes: no history makes a state larger than the rules say, and rules that could outgrow a row are refused."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest
from standing.engine.codec import pack, pack_checkpoint
from standing.engine.measures import StoredBuckets
from standing.engine.series import Extremes, Latest, Observation, Seen, Series, Sums
from standing.engine.state import Checkpoint, Ledger, LevelState, Memory, State
from standing.present.check import report_as_dict
from standing.present.rules.size import state_size
from standing.rules.author.compiler import compile_rules
from standing.rules.author.problems import RulesError
from standing.rules.author.sizes import KB, MOST_COMMIT, MOST_STATE, sizes_of
from standing.rules.features import RULING, Measure, Reach
from standing.rules.prove.check import check
from standing.rules.ruleset import Ruleset
from standing.values.scales import FINE, REMAINDER

from tests.make.support import ROOT, real_ruleset
from tests.unit.rules.test_score_rules import PROGRAMME, written

DAY = 20_700
A_ROW, A_TRANSACTION = 400 * 1024, 4 * 1024 * 1024  # what DynamoDB takes
BUSY = 2**23  # events a day
EMPTY = len(pack_checkpoint(Checkpoint(DAY, "", (), Memory())))
PROGRAMMES = ["rules", *(f"docs/examples/{name}" for name in ("bank", "insurer", "shop"))]
HEAVY = {
    "worth": "sum: transaction.net_amount; over: 2000d",
    "answered": "mean: feedback.score; over: 400d",
    "dearest": "max: purchase.amount; over: 700d",
    "items": "distinct: engagement.item; at_most: 5000",
    "plan": "latest: profile.segments.plan",
}


def worst(measure: Measure, reach: Reach, chance: Random, dense: float) -> Series:
    """A series of somebody who does all they can, on as many of the days as `dense` says."""
    days = [day for day in range(DAY - reach.days, DAY + 1) if day == DAY or chance.random() < dense]
    days = [3, *days[1:]] if reach.ever else days
    if measure.keeps == "seen":
        return Seen().plus(Observation(chance.choice(days), 0, f"{n:04}鞋" * 9) for n in range(9_000)).evict(DAY, reach)
    if measure.keeps == "latest":
        value = json.dumps(["l" * 64, "2026-01-01", "鞋" * 64, "𠮷" * 64], ensure_ascii=False)
        text = value if measure.value == RULING else "𠮷" * 64
        return Latest((DAY - 1, DAY), (0, DAY * 86_400_000_000), (text, text))
    most = _most(measure)
    values = [chance.randrange(-most if measure.value == "net_amount" else 0, most + 1) for _ in days]
    if measure.keeps == "extremes":
        return Extremes(tuple(days), tuple(values), tuple(max(value, most) for value in values))
    sums = (0,) * len(days) if measure.value == "count" else tuple(value * BUSY for value in values)
    return Sums(tuple(days), tuple(chance.randrange(1, BUSY) for _ in days), sums, 3)


def _most(measure: Measure) -> int:
    most: dict[str, int] = {"score": 10_000, REMAINDER: 2**FINE, "value": 10**12}
    return most.get(measure.value, 10**14)


def heaviest(ruleset: Ruleset, seed: int, dense: float) -> StoredBuckets:
    """The heaviest series of every measure."""
    chance = Random(seed)
    measures, reaches = ruleset.measures, ruleset.reaches
    return tuple(worst(measures[name], reaches[name], chance, dense) for name in ruleset.series_order)


def remembered(ruleset: Ruleset) -> tuple[Memory, Ledger]:
    """Everything that can be remembered, and said."""
    held = {name: LevelState(max(rating.levels, key=len), DAY, DAY) for name, rating in ruleset.ratings.items()}
    due = dict.fromkeys(ruleset.care, DAY)
    contacting = [name for name, care in ruleset.care.items() if care.do.channel]
    back = {name: {"consent": DAY, "contact-cap": DAY} for name in contacting}
    contacts: dict[str, tuple[int, ...]] = {}
    for care in ruleset.care.values():
        if care.do.channel:
            many = ruleset.longest_cap // care.repeat_after + 1
            contacts[care.do.channel] = contacts.get(care.do.channel, ()) + (DAY,) * many
    open_still = {
        f"{n}#{DAY - k}": DAY
        for n, one in ruleset.care.items()
        for k in range(one.do.within + 1)
        if k % one.repeat_after == 0
    }
    refrained = {f"{name}#{gate}": DAY for name in contacting for gate in ("consent", "contact-cap")}
    said = {name: one.level for name, one in held.items()}
    return Memory(held, due, held, back, contacts), Ledger(said, dict.fromkeys(held, DAY), due, open_still, refrained)


@pytest.fixture(scope="module")
def heavy(tmp_path_factory: pytest.TempPathFactory) -> Ruleset:
    """Rules with heavy features, just small enough."""
    return compile_rules(
        written(tmp_path_factory.mktemp("sizes"), HEAVY | {"worth": "sum: transaction.net_amount; over: 2000d"})
    )


@pytest.mark.parametrize("dense", [1.0, 0.5, 0.1])
@pytest.mark.parametrize("programme", [*PROGRAMMES, "heavy"])
def test_nobodys_state_is_larger_than_the_rules_say(programme: str, dense: float, heavy: Ruleset) -> None:
    ruleset = heavy if programme == "heavy" else compile_rules(ROOT / programme)
    sizes, buckets = sizes_of(ruleset), heaviest(ruleset, 1, dense)
    for name, series in zip(ruleset.series_order, buckets, strict=True):
        assert _size((series,)) <= sizes_of_one(ruleset, name), name
    memory, ledger = remembered(ruleset)
    state = State("c" * 128, 10**9, DAY, ruleset.features_hash, buckets, Memory(), memory, ledger)
    other = State("c" * 128, 10**9, DAY, ruleset.features_hash, buckets, memory, Memory(), Ledger())
    assert max(len(pack(state)), len(pack(other))) <= sizes.most
    assert len(pack_checkpoint(Checkpoint(DAY, ruleset.features_hash, buckets, memory))) <= sizes.most
    assert sizes.most > 0.2 * len(pack(state))  # a bound, and not just any large number


def sizes_of_one(ruleset: Ruleset, name: str) -> int:
    """The bound of one measure alone."""
    one = ruleset.model_copy(update={"measures": {name: ruleset.measures[name]}, "features": ()})
    vars(one)["reaches"] = {name: ruleset.reaches[name]}
    return sum(sizes_of(one).series.values())


def _size(buckets: StoredBuckets) -> int:
    return len(pack_checkpoint(Checkpoint(DAY, "", buckets, Memory()))) - EMPTY


def test_a_row_and_a_commit_have_room_for_the_largest_state_and_all_its_checkpoints() -> None:
    assert MOST_STATE <= 0.75 * A_ROW
    assert MOST_COMMIT <= 0.75 * A_TRANSACTION


@pytest.mark.parametrize("programme", PROGRAMMES)
def test_the_programmes_of_this_clone_fit_well(programme: str) -> None:
    sizes = sizes_of(compile_rules(ROOT / programme))
    assert sizes.most < 0.5 * sizes.limit


@pytest.mark.parametrize(
    ("features", "largest"),
    [
        ({"one": "sum: purchase.amount; over: 9999d", "two": "sum: refund.amount; over: 9999d"}, "one (195 KB)"),
        ({name: f"distinct: engagement.{name}; at_most: 5000" for name in ("item", "campaign", "channel")}, "(112 KB)"),
    ],
)
def test_rules_that_could_outgrow_a_row_are_refused(tmp_path: Path, features: dict[str, str], largest: str) -> None:
    folder = written(tmp_path / "rules", features)
    with pytest.raises(RulesError) as raised:
        compile_rules(folder)
    (problem,) = raised.value.problems
    assert problem.file.endswith("features.yaml")
    assert problem.line > 1
    assert largest in problem.message
    assert "at_most" in problem.message
    assert check(folder).failed


def test_the_later_events_may_come_the_less_room_there_is(tmp_path: Path) -> None:
    folder = written(
        tmp_path / "rules", {"one": "sum: purchase.amount; over: 9999d", "two": "sum: refund.amount; over: 3000d"}
    )
    compile_rules(folder)
    (folder / "programme.yaml").write_text(PROGRAMME + "lateness: 400d\n")
    with pytest.raises(RulesError, match="there is room for 166 KB"):
        compile_rules(folder)


def test_a_check_says_how_large_a_state_can_become() -> None:
    report = check(ROOT / "rules")
    assert report.ruleset
    sizes = sizes_of(real_ruleset())
    said = state_size(report.ruleset, "en")
    assert f"takes {-(-sizes.most // KB)} KB at most" in said
    assert "campaigns_180d 23 KB" in said
    assert "最多占" in state_size(report.ruleset, "zh")
    assert report_as_dict(report)["state"]["most_bytes"] == sizes.most
