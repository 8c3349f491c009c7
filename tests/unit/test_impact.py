"""Impact: what an edit does to a population, held to each customer worked out alone, and to a count by hand."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standing.batch.impact import impact
from standing.batch.population import Population, gathered, read, write
from standing.batch.settling import settle
from standing.core.conditions import Condition, Fact
from standing.core.ratings import next_review, would_become
from standing.core.ruleset import Cap, Rating, Ruleset, Stratum
from standing.core.state import Held
from standing.rulebook.compiling import assemble
from standing.tools.project import UserError
from standing.tools.rules.impact_report import Report, as_dict, markdown
from standing.tools.rules.impacting import of_file, rules_at

from tests.support import ROOT
from tests.unit import programmes
from tests.unit import strategies as made
from tests.unit.strategies import every, line

DAY = 1_000
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
    known = ((who, {"spend": spend, "orders": 1}, {"tier": level}) for who, spend, level in rows)
    return gathered(rules(tier(20_000)), DAY, known)


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
    moves = [(move.was, move.becomes, move.customers, move.is_fall) for move in found.moves]
    assert moves == [("gold", "silver", ("d",), True), ("silver", "gold", ("f", "g"), False)]
    (call,) = found.care
    assert (call.before, call.after) == (3, 4)
    assert (call.a_day_before, call.a_day_after) == (Fraction(3, 10), Fraction(4, 10))


def test_an_edit_that_changes_nothing_moves_nobody() -> None:
    found = impact(rules(tier(20_000)), rules(tier(20_000)), TEN.frame, TEN.frame, DAY)
    assert (found.moved, found.moves) == (0, ())


def test_the_pressure_on_a_contact_cap_is_counted() -> None:
    cap = Cap(at_most=1, within=5)
    both = rules(tier(20_000), cap)
    second = CALL.model_copy(update={"name": "write"})
    more = assemble(both.programme, both.measures, both.features, (*both.strata, Stratum(care=(second,))))
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
    said = markdown(report(rules(tier(18_000, keep=17_000))))
    assert "**3 come to another level.** **1 would lose a level by this edit alone.**" in said
    assert "| **silver** | · | 3 | **2** |" in said
    assert "tier silver,tier gold (new),2" in said
    assert "| tier | gold → silver | 1 | d | ✗ `spend >= 17000` (was 160.00) |" in said
    assert "| call | 3 | 4 | 0.30 | 0.40 |" in said
    assert "**No customer comes to another level.**" in markdown(report(rules(tier(20_000))))


def alone(ruleset: Ruleset, known: dict[str, Fact], levels: dict[str, str]) -> dict[str, str]:
    """Where one customer settles: what it would become, again and again, with the plain reader."""
    facts, settled = dict(known), dict[str, str]()
    for stratum, reader in zip(ruleset.strata, ruleset.plain, strict=True):
        hits = reader.match(facts)
        for rating in stratum.ratings:
            settled[rating.name] = level = _settled(rating, levels.get(rating.name), hits)
            rank = rating.rank(level)
            facts |= {rating.name: rank, f"{rating.name}.was": rank, f"{rating.name}.would_become": rank}
            facts[f"{rating.name}.days_to_review"] = next_review(rating.stability.review, DAY) - DAY
    return settled


def _settled(rating: Rating, held: str | None, hits: frozenset[str]) -> str:
    if not rating.ordered:
        return next((one for one in rating.levels if f"{rating.name}/qualify/{one}" in hits), rating.levels[-1])
    level = held or rating.levels[0]
    while (becomes := would_become(rating, Held(level, DAY), hits)) != level:
        level = becomes
    return level


@settings(max_examples=150)
@given(programmes.rulesets(), st.data())
def test_each_customer_settles_as_it_would_alone(ruleset: Ruleset, data: st.DataObject) -> None:
    rows = data.draw(st.lists(_customer(ruleset), min_size=1, max_size=6))
    named = [(f"c{number}", known, levels) for number, (known, levels) in enumerate(rows)]
    found = settle(ruleset, gathered(ruleset, DAY, named).frame, DAY)
    for who, known, levels in named:
        (row,) = found.filter(pl.col("customer") == who).rows(named=True)
        said = {name: rating.levels[row[name]] for name, rating in ruleset.ratings.items()}
        assert said == alone(ruleset, known, levels)


def _customer(ruleset: Ruleset) -> st.SearchStrategy[tuple[dict[str, Fact], dict[str, str]]]:
    known: dict[str, Any] = {
        one.name: st.sampled_from(["plus", "basic"])
        if one.unit == "text"
        else st.integers(-1, 25_000) | st.integers(0, 5)
        for one in ruleset.features
    }
    levels = {name: st.sampled_from(rating.levels) for name, rating in ruleset.ratings.items()}
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
    longer = made.ruleset((FEATURES[0].model_copy(update={"over": 30}), FEATURES[1]), Stratum())
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
