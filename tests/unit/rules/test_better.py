"""Which way is better, and titles of levels: what people see, and that neither decides anything."""

from __future__ import annotations

from pathlib import Path

import pytest
from standing.present.migration import direction, flow, heat, titled
from standing.present.rules.pages import markdown
from standing.rules.author.compiler import compile_folder, compile_rules
from standing.rules.author.problems import RulesError
from standing.rules.ruleset import Rating, Ruleset

from tests.unit.rules.test_check import CORRECT, written

TITLES = "levels: [bronze, silver, gold]\nbetter: lower\nlevel_titles:\n  gold: {en: Gold card, zh: 金卡}\n"
LEVELS = "levels: [bronze, silver, gold]\n"


@pytest.fixture
def titled_rules(tmp_path: Path) -> Ruleset:
    return compile_rules(written(tmp_path / "titled", {"ratings/tier.yaml": (LEVELS, TITLES)}))


@pytest.fixture
def plain_rules(tmp_path: Path) -> Ruleset:
    return compile_rules(written(tmp_path / "plain", {}))


def test_a_level_has_its_title_or_its_name(titled_rules: Ruleset) -> None:
    tier = titled_rules.ratings["tier"]
    assert (tier.title_of("gold").en, tier.title_of("gold").zh) == ("Gold card", "金卡")
    assert (tier.title_of("silver").en, tier.title_of("silver").zh) == ("silver", "silver")


@pytest.mark.parametrize(
    ("better", "pair", "worse"),
    [
        ("higher", ("gold", "silver"), True),
        ("higher", ("silver", "gold"), False),
        ("lower", ("gold", "silver"), False),
        ("lower", ("silver", "gold"), True),
        ("lower", ("silver", "silver"), False),
        ("lower", ("gone", "silver"), True),
    ],
)
def test_what_is_for_the_worse_is_said_by_the_rating(
    plain_rules: Ruleset, better: str, pair: tuple[str, str], worse: bool
) -> None:
    tier: Rating = plain_rules.ratings["tier"].model_copy(update={"better": better})
    assert tier.worsens(*pair) is worse
    assert tier.best == ("gold" if better == "higher" else "bronze")
    if "gone" not in pair and pair[0] != pair[1]:
        assert direction(tier, pair) == ("fall" if worse else "rise")


def test_neither_decides_anything(titled_rules: Ruleset, plain_rules: Ruleset) -> None:
    assert titled_rules.features_hash == plain_rules.features_hash
    assert titled_rules.rules == plain_rules.rules
    assert titled_rules.measures == plain_rules.measures
    shown = {"better": "higher", "level_titles": {}}
    assert titled_rules.ratings["tier"].model_copy(update=shown) == plain_rules.ratings["tier"]


def test_rules_without_them_keep_their_version(plain_rules: Ruleset, tmp_path: Path) -> None:
    said = {"ratings/tier.yaml": (LEVELS, f"{LEVELS}better: higher\nlevel_titles: {{}}\n")}
    assert compile_rules(written(tmp_path, said)).version == plain_rules.version


def test_the_heat_map_is_red_for_the_worse_and_names_levels_by_their_titles(titled_rules: Ruleset) -> None:
    tier = titled_rules.ratings["tier"]
    matrix = {("silver", "gold"): 5, ("gold", "silver"): 5}
    drawn = heat(tier, tier, matrix, "zh")["data"][0]
    assert drawn["x"] == ["bronze", "silver", "金卡"]
    assert (drawn["z"][1][2], drawn["z"][2][1]) == (-1.0, 1.0)
    flowing = flow(tier, tier, matrix, ("then", "now"), "en")["data"][0]
    assert "Gold card 5" in flowing["node"]["label"]
    assert set(flowing["link"]["color"]) == {"@rise", "@fall"}
    assert titled(tier, "gold", "en") == "Gold card"


def test_the_page_of_the_rules_names_a_level_and_its_title_and_says_that_lower_is_better(tmp_path: Path) -> None:
    compiled = compile_folder(written(tmp_path, {"ratings/tier.yaml": (LEVELS, TITLES)}))
    page = markdown(compiled, "zh")
    assert "`gold` 金卡" in page
    assert "越低越好" in page


def test_a_title_is_of_a_level_that_there_is_and_without_an_order_none_is_better(tmp_path: Path) -> None:
    titles = TITLES.replace("  gold:", "  golden:")
    with pytest.raises(RulesError) as caught:
        compile_rules(written(tmp_path / "no-level", {"ratings/tier.yaml": (LEVELS, titles)}))
    assert [str(one) for one in caught.value.problems] == [
        "rules/ratings/tier.yaml:6:3: `golden` is not one of the levels: bronze, silver, gold"
    ]
    stage = CORRECT["ratings/stage.yaml"]
    with pytest.raises(RulesError) as caught:
        compile_rules(written(tmp_path / "no-order", {"ratings/stage.yaml": (stage, f"{stage}better: lower\n")}))
    assert "`better`: only an ordered rating" in str(caught.value)
