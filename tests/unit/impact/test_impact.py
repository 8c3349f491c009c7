"""Impact: what an edit does to a population, held to each customer worked out alone, and to a count by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standing.engine.engine import engine_of
from standing.engine.ratings import next_review, would_become
from standing.engine.state import LevelState
from standing.impact.impact import NAMED, CareImpact, Impact, Move, impact
from standing.impact.population import Population, Row, read, write
from standing.impact.report import Report, as_dict
from standing.impact.settled_levels import settle
from standing.impact.sources import of_file, rules_at
from standing.impact.view import impact_document
from standing.present.renderers.markdown import markdown
from standing.rules.author.compiler import assemble
from standing.rules.conditions import Condition, Fact
from standing.rules.features import Window
from standing.rules.ruleset import Cap, Care, Rating, Ruleset, Stratum
from standing.values.errors import UserError

from tests.make import programmes
from tests.make import strategies as made
from tests.make.frames import population_of
from tests.make.strategies import every, line
from tests.make.support import ROOT

DAY = 1_000
LATER = 100_000  # what a customer comes to have is reached after every change of the rules
NUMBERS = st.integers(-1, 25_000) | st.integers(0, 5)
GOLD = {"silver": every(line("spend", ">=", 10_000)), "gold": every(line("spend", ">=", 20_000))}
FEATURES = (made.feature("spend", "sum", made.NET), made.feature("orders", "count", made.PURCHASES))
CALLED = made.care("call", every(line("tier", ">=", 2)), repeat_after=10, within=3)
CALL = CALLED.model_copy(update={"do": CALLED.do.model_copy(update={"channel": "email"})})


def tier(gold: int, keep: int = 15_000) -> Rating:
    qualify: dict[str, Condition] = {**GOLD, "gold": every(line("spend", ">=", gold))}
    return made.rating("tier", ["bronze", "silver", "gold"], qualify, {"gold": every(line("spend", ">=", keep))})


def rules(rating: Rating, *caps: Cap) -> Ruleset:
    programme = made.PROGRAMME.model_copy(update={"caps": caps, "channels": ("email",)})
    return assemble(programme, made.MEASURES, FEATURES, (Stratum(ratings=(rating,)), Stratum(care=(CALL,))))


def customers(*rows: tuple[str, int, str]) -> Population:
    """Customers by id, spend and the tier that they hold."""
    known = ((who, {"spend": spend, "orders": 1}, {"tier": LevelState(level, DAY - 10)}) for who, spend, level in rows)
    return population_of(rules(tier(20_000)), DAY, known)


TEN = customers(
    ("a", 0, "bronze"),
    ("b", 9_999, "silver"),  # falls in time, whatever the edit
    ("c", 12_000, "silver"),
    ("d", 16_000, "gold"),  # kept, though it would not qualify
    ("e", 16_000, "silver"),
    ("f", 18_000, "silver"),
    ("g", 19_999, "silver"),
    ("h", 20_000, "gold"),
    ("i", 30_000, "gold"),
    ("j", 14_000, "gold"),  # falls in time
)


def test_on_ten_customers_it_is_what_a_count_by_hand_gives() -> None:
    found = impact(rules(tier(20_000)), rules(tier(18_000, keep=17_000)), TEN.frame, TEN.frame, DAY)
    assert (found.customers, found.moved, found.falls) == (10, 3, 1)
    assert found.matrices["tier"] == {
        ("bronze", "bronze"): 2,  # a, b
        ("silver", "silver"): 3,  # c, e, j
        ("silver", "gold"): 2,  # f, g
        ("gold", "silver"): 1,  # d
        ("gold", "gold"): 2,  # h, i
    }
    moves = [(move.was, move.becomes, move.customers, move.named, move.is_fall) for move in found.moves]
    assert moves == [("gold", "silver", 1, ("d",), True), ("silver", "gold", 2, ("f", "g"), False)]
    (call,) = found.care
    assert (call.before, call.after) == (3, 4)
    assert (call.a_day_before, call.a_day_after) == (Fraction(3, 10), Fraction(4, 10))


def costing(cost: int | None, *, repeat_after: int = 10, holdout: int = 0, keep: int = 15_000) -> Ruleset:
    """The rules with a call that costs something."""
    call = CALL.model_copy(
        update={
            "do": CALL.do.model_copy(update={"cost": cost}),
            "repeat_after": repeat_after,
            "holdout": holdout,
        }
    )
    programme = made.PROGRAMME.model_copy(update={"channels": ("email",)})
    strata = (Stratum(ratings=(tier(20_000, keep),)), Stratum(care=(call,)))
    return assemble(programme, made.MEASURES, FEATURES, strata)


@pytest.mark.parametrize(
    ("after", "a_day", "cost"),
    [
        (costing(450), Fraction(3, 10), Fraction(1350, 10)),  # d, h, i, each every ten days, for 4.50
        (costing(450, holdout=2_500), Fraction(9, 40), Fraction(4050, 40)),  # nothing is paid for a quarter of them
        (costing(450, repeat_after=5), Fraction(3, 5), Fraction(1350, 5)),
        (costing(450, keep=17_000), Fraction(2, 10), Fraction(900, 10)),  # d falls
        (costing(0), Fraction(3, 10), Fraction(0)),
        (costing(None), Fraction(3, 10), None),
    ],
)
def test_what_care_costs_a_day_is_what_a_count_by_hand_gives(
    after: Ruleset, a_day: Fraction, cost: Fraction | None
) -> None:
    found = impact(costing(600), after, TEN.frame, TEN.frame, DAY)
    (call,) = found.care
    assert (call.a_day_before, call.cost_before, found.cost_before) == (Fraction(3, 10), Fraction(180), Fraction(180))
    assert (call.a_day_after, call.cost_after, found.cost_after) == (a_day, cost, cost)


def test_a_care_rule_that_is_new_or_gone_cost_or_costs_nothing() -> None:
    without = made.ruleset(FEATURES, Stratum(ratings=(tier(20_000),)))
    (call,) = impact(without, costing(450), TEN.frame, TEN.frame, DAY).care
    assert (call.before, call.a_day_before, call.cost_before, call.cost_after) == (0, Fraction(0), None, Fraction(135))
    (call,) = impact(costing(450), without, TEN.frame, TEN.frame, DAY).care
    assert (call.after, call.a_day_after, call.cost_before, call.cost_after) == (0, Fraction(0), Fraction(135), None)


def test_the_same_customers_are_compared_in_whatever_order_they_stand() -> None:
    before, after = rules(tier(20_000)), rules(tier(18_000, keep=17_000))
    straight = impact(before, after, TEN.frame, TEN.frame, DAY)
    turned, fewer = TEN.frame.reverse(), TEN.frame.filter(pl.col("customer") != "g")
    assert impact(before, after, turned, turned, DAY) == straight
    assert impact(before, after, turned, TEN.frame, DAY) == straight
    assert impact(before, after, TEN.frame, turned, DAY) == straight
    assert impact(before, after, turned, fewer, DAY) == impact(before, after, fewer, fewer, DAY)


def test_many_move_and_the_first_are_named() -> None:
    many = customers(*((f"c-{number:03}", 18_500, "silver") for number in reversed(range(300))))
    found = impact(rules(tier(20_000)), rules(tier(18_000)), many.frame, many.frame, DAY)
    (move,) = found.moves
    assert (move.customers, move.named) == (300, tuple(f"c-{number:03}" for number in range(NAMED)))


def test_an_edit_that_changes_nothing_moves_nobody() -> None:
    found = impact(rules(tier(20_000)), rules(tier(20_000)), TEN.frame, TEN.frame, DAY)
    assert (found.moved, found.moves) == (0, ())


def test_the_pressure_on_a_contact_cap_is_counted() -> None:
    cap = Cap(at_most=1, within=5)
    both = rules(tier(20_000), cap)
    second = CALL.model_copy(update={"name": "write"})
    more = assemble(both.programme, both.measures.values(), both.features, (*both.strata, Stratum(care=(second,))))
    found = impact(both, more, TEN.frame, TEN.frame, DAY)
    assert (found.pressed_before, found.pressed_after) == (0, 3)


def report(after: Ruleset) -> Report:
    before = rules(tier(20_000))
    return Report(before, after, TEN, impact(before, after, TEN.frame, TEN.frame, DAY))


def test_who_moves_is_named_with_the_comparison_that_moved_it() -> None:
    said = as_dict(report(rules(tier(18_000, keep=17_000))))
    fall, rise = said["moves"]
    assert [(one["customer"], [line["line"] for line in one["because"]]) for one in fall["named"]] == [
        ("d", ["spend >= 17000"])
    ]
    assert [one["customer"] for one in rise["named"]] == ["f", "g"]
    assert [(line["line"], line["actual"]) for line in rise["named"][1]["because"]] == [("spend >= 18000", "199.99")]


def test_the_markdown_shows_the_matrix_the_flow_the_movers_and_care() -> None:
    said = markdown(impact_document(report(rules(tier(18_000, keep=17_000))), "en"))
    assert "**3 come to another level** · **1 would come to a worse level by this edit alone**" in said
    assert "| **silver** | · | 3 | **2** |" in said
    assert "tier silver,tier gold (new),2" in said
    assert "| Made for a test | **gold → silver** | 1 | d | ✗ `spend >= 17000` (was 160.00) |" in said
    assert "| call | 3 → 4 | 0.30 → 0.40 |  |" in said
    assert "costs" not in said
    assert "**No customer comes to another level.**" in markdown(impact_document(report(rules(tier(20_000))), "en"))


def test_costs_are_shown_in_the_programmes_currency_a_day() -> None:
    before, after = costing(600), costing(450, keep=17_000)
    said = markdown(impact_document(Report(before, after, TEN, impact(before, after, TEN.frame, TEN.frame, DAY)), "en"))
    assert "| Care rule | Holds for | Actions a day | USD a day |" in said
    assert "| call | 3 → 2 | 0.30 → 0.20 | 1.80 → 0.90 |" in said
    assert "**1.80 → 0.90 USD a day for care that states a cost**" in said
    found = as_dict(Report(before, after, TEN, impact(before, after, TEN.frame, TEN.frame, DAY)))
    assert (found["currency"], found["cost_a_day"]) == ("USD", {"before": "1.8000", "after": "0.9000"})
    assert found["care"][0]["cost_a_day"] == {"before": "1.8000", "after": "0.9000"}


def alone(ruleset: Ruleset, known: dict[str, Fact], levels: dict[str, LevelState]) -> tuple[dict[str, str], set[str]]:
    """Where one customer settles (what it would become, again and again, with the plain reader) and what holds then."""
    facts, settled, held = dict(known), dict[str, str](), set[str]()
    for stratum, reader in zip(ruleset.strata, engine_of(ruleset).plain, strict=True):
        hits = reader.match(facts)
        held |= hits
        for rating in stratum.ratings:
            settled[rating.name] = level = _settled(rating, levels.get(rating.name), hits)
            rank = rating.rank(level)
            facts |= {rating.name: rank, f"{rating.name}.was": rank, f"{rating.name}.would_become": rank}
            facts[f"{rating.name}.days_to_review"] = next_review(rating.stability.review, DAY) - DAY
    return settled, held


def _settled(rating: Rating, held: LevelState | None, hits: frozenset[str]) -> str:
    if not rating.ordered:
        return next((one for one in rating.levels if f"{rating.name}/qualify/{one}" in hits), rating.levels[-1])
    held = held or LevelState(rating.levels[0], DAY)
    while (becomes := would_become(rating, held, hits)) != held.level:
        held = LevelState(becomes, LATER)
    return held.level


@settings(max_examples=150)
@given(programmes.rulesets(), st.data())
def test_each_customer_settles_as_it_would_alone(ruleset: Ruleset, data: st.DataObject) -> None:
    rows = data.draw(st.lists(_customer(ruleset), min_size=1, max_size=6))
    named = [(f"c{number}", known, levels) for number, (known, levels) in enumerate(rows)]
    found = settle(ruleset, population_of(ruleset, DAY, named).frame, DAY)
    for who, known, levels in named:
        (row,) = found.filter(pl.col("customer") == who).rows(named=True)
        said = {name: rating.levels[row[name]] for name, rating in ruleset.ratings.items()}
        expected, held = alone(ruleset, known, levels)
        assert said == expected
        assert {name for name in ruleset.care if row[f"care/{name}"]} == {
            name for name in ruleset.care if f"care/{name}" in held
        }


@settings(max_examples=150)
@given(programmes.rulesets(), programmes.rulesets(), st.data())
def test_an_impact_is_what_each_customer_worked_out_alone_adds_up_to(
    before: Ruleset, after: Ruleset, data: st.DataObject
) -> None:
    count = range(data.draw(st.integers(1, 8)))
    sides = []
    for ruleset in (before, after):
        rows = [data.draw(_customer(ruleset)) for _ in count]
        sides.append([(f"c{number}", known, levels) for number, (known, levels) in enumerate(rows)])
    old, new = (population_of(ruleset, DAY, rows).frame for ruleset, rows in zip((before, after), sides, strict=True))
    found = impact(before, after, old, new, DAY)
    settled = [
        [alone(ruleset, known, levels) for _, known, levels in rows]
        for ruleset, rows in zip((before, after), sides, strict=True)
    ]
    assert found == replace(_added_up(before, after, settled), by_terms=_by_terms(after, sides[1], settled[1]))


type Alone = tuple[dict[str, str], set[str]]


def _added_up(before: Ruleset, after: Ruleset, settled: list[list[Alone]]) -> Impact:
    """An impact from where each customer settles under each ruleset, customer by customer."""
    pairs = list(zip(*settled, strict=True))
    matrices = {
        name: dict(sorted(Counter((was[0][name], becomes[0][name]) for was, becomes in pairs).items()))
        for name in before.ratings
    }
    moves, movers = [], dict[bool, set[int]]({False: set(), True: set()})
    for name, matrix in matrices.items():
        for was, becomes in (pair for pair in matrix if pair[0] != pair[1]):
            who = [number for number, one in enumerate(pairs) if (one[0][0][name], one[1][0][name]) == (was, becomes)]
            place = after.ratings[name].levels.index
            is_fall = after.ratings[name].ordered and place(was) > place(becomes)
            moves.append(Move(name, was, becomes, len(who), tuple(f"c{one}" for one in who[:NAMED]), is_fall))
            movers[is_fall] |= set(who)
    care = tuple(_care_of(name, before, after, settled) for name in {**before.care, **after.care})
    pressed = [_pressed(ruleset, held) for ruleset, held in zip((before, after), settled, strict=True)]
    moved = len(movers[False] | movers[True])
    return Impact(len(pairs), matrices, tuple(moves), moved, len(movers[True]), care, pressed[0], pressed[1])


def _by_terms(after: Ruleset, rows: Sequence[Row], settled: list[Alone]) -> dict[str, int]:
    """How many customers stand higher in a rating for its older terms."""
    found = {name: rating for name, rating in after.ratings.items() if rating.terms}
    without = {name: rating.model_copy(update={"terms": ()}) for name, rating in found.items()}
    return {
        name: sum(
            _settled(without[name], levels.get(name), frozenset(hits)) != level[name]
            for (_, _, levels), (level, hits) in zip(rows, settled, strict=True)
        )
        for name in found
    }


def _care_of(name: str, before: Ruleset, after: Ruleset, settled: list[list[Alone]]) -> CareImpact:
    sides = []
    for ruleset, those in zip((before, after), settled, strict=True):
        care = ruleset.care.get(name)
        holding = sum(f"care/{name}" in held for _, held in those)
        a_day = sum((_one_a_day(care) for _, held in those if f"care/{name}" in held and care), Fraction(0))
        cost = None if care is None or care.do.cost is None else a_day * care.do.cost
        sides.append((holding, a_day, cost))
    (was, rate, cost), (becomes, later_rate, later_cost) = sides
    return CareImpact(name, was, becomes, rate, later_rate, cost, later_cost)


def _one_a_day(care: Care) -> Fraction:
    return Fraction(10_000 - care.holdout, 10_000 * care.repeat_after)


def _pressed(ruleset: Ruleset, settled: list[Alone]) -> int:
    contacts = [
        sum(f"care/{care.name}" in held for care in ruleset.care.values() if care.do.channel) for _, held in settled
    ]
    return sum(any(wanted > cap.at_most for cap in ruleset.programme.caps) for wanted in contacts)


def _customer(ruleset: Ruleset) -> st.SearchStrategy[tuple[dict[str, Fact], dict[str, LevelState]]]:
    known: dict[str, Any] = {
        one.name: st.sampled_from(["plus", "basic"])
        if one.unit == "text"
        else st.integers(-1, 25_000) | st.integers(0, 5)
        for one in ruleset.features
    }
    since = st.integers(DAY - 10, DAY)
    levels = {name: st.builds(LevelState, st.sampled_from(one.levels), since) for name, one in ruleset.ratings.items()}
    return st.tuples(st.fixed_dictionaries({}, optional=known), st.fixed_dictionaries({}, optional=levels))


# Populations -------------------------------------------------------------------------------------------------------


def test_a_population_is_kept_and_read(tmp_path: Path) -> None:
    write(TEN, tmp_path / "ten.parquet")
    again = read(tmp_path / "ten.parquet")
    assert (again.day, again.features) == (TEN.day, TEN.features)
    assert again.frame.equals(TEN.frame)


def test_a_population_without_a_feature_of_the_rules_is_refused_by_name(tmp_path: Path) -> None:
    write(TEN, tmp_path / "ten.parquet")
    other = (*FEATURES, made.feature("complaints", "count", made.COMPLAINTS, over=7))
    wider = made.ruleset(other, Stratum(ratings=(tier(20_000),)))
    longer = made.ruleset((FEATURES[0].model_copy(update={"window": Window(over=30)}), FEATURES[1]), Stratum())
    assert of_file(tmp_path / "ten.parquet", rules(tier(1))).lacks(wider) == ["complaints"]
    with pytest.raises(UserError, match="does not have `complaints` as these rules define it"):
        of_file(tmp_path / "ten.parquet", rules(tier(1)), wider)
    with pytest.raises(UserError, match="does not have `spend`"):
        of_file(tmp_path / "ten.parquet", longer)


def test_another_file_is_not_a_population(tmp_path: Path) -> None:
    (tmp_path / "text.parquet").write_text("not Parquet")
    TEN.frame.write_parquet(tmp_path / "plain.parquet")
    for name in ("text.parquet", "plain.parquet", "missing.parquet"):
        with pytest.raises(UserError, match="is not a population"):
            of_file(tmp_path / name)


def test_rules_are_compared_with_those_of_a_commit() -> None:
    assert rules_at(ROOT, "HEAD").ratings.keys() >= {"tier", "lifecycle"}
    for ref in ("no-such-branch", "--output=/tmp/x"):
        with pytest.raises(UserError):
            rules_at(ROOT, ref)
