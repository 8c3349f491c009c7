"""The rulebook: what people write becomes whole numbers, and whatever is wrong is shown with its file and line."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standing.rules.author.compiler import compile_rules
from standing.rules.author.lines import LineError, Symbol, parse_line
from standing.rules.author.problems import Problem, RulesError
from standing.rules.conditions import Comparison, Condition, Group, comparisons
from standing.rules.features import Window
from standing.rules.ruleset import Ruleset, digest

RULES = Path(__file__).parents[3] / "rules"
PROGRAMME = "programme.yaml"
FEATURES = "features.yaml"
TIER = "ratings/tier.yaml"
CARE = "care/service.yaml"

# The rules that the tables below break: small, and of our own, so that lines stay where they are.
WRITTEN = {
    PROGRAMME: """\
# What all rules share.
title: {en: Household Club, zh: 家庭会员计划}
currency: USD
time_zone: America/New_York
""",
    FEATURES: """\
spend_365d:
  title: {en: Net spend, zh: 净消费}
  sum: transaction.net_amount
  over: 365d
orders_90d:
  title: {en: Orders, zh: 订单数}
  count: purchase
  over: 90d
complaints_90d:
  title: {en: Complaints, zh: 投诉数}
  count: feedback
  where: {kind: complaint}
  over: 90d
satisfaction:
  title: {en: Satisfaction, zh: 满意度}
  mean: feedback.score
  over: 180d
days_since_order:
  title: {en: Days since the last order, zh: 距上次下单天数}
  days_since_last: purchase
""",
    TIER: """\
rating: tier
title: {en: Tier, zh: 客户等级}
ordered: true
levels: [bronze, silver, gold]
qualify:
  silver:
    all:
      - spend_365d >= 800.00
  gold:
    all:
      - spend_365d >= 2000.00
      - none:
          - satisfaction < 0.4
retain:
  gold:
    any:
      - days_since_order <= 60
      - orders_90d >= 3
stability: {rise: immediate, review: daily, fall: to-kept}
""",
    CARE: """\
- care: congratulate
  title: {en: A higher tier, zh: 等级提升}
  when:
    any:
      - tier entered gold
  do: {action: congratulate, owner: loyalty-team, within: 7d, priority: normal}
  repeat_after: 365d
- care: upper-complaint
  title: {en: A complaint, zh: 投诉}
  when:
    all:
      - tier >= silver
      - complaints_90d >= 1
  do: {action: call-back, owner: service, within: 2d}
  repeat_after: 14d
""",
}
OTHER_RATING = """\
rating: {name}
title: {{en: Another, zh: 另一个}}
levels: [low, high]
qualify:
  high:
    all:
      - {line}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A `rules` folder that compiles."""
    return _write(tmp_path / "rules", WRITTEN)


def _write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def _problems(folder: Path) -> list[Problem]:
    with pytest.raises(RulesError) as caught:
        compile_rules(folder)
    assert caught.value.problems == sorted(caught.value.problems)
    assert str(caught.value).splitlines()[0].startswith("rules/")
    return caught.value.problems


def _edit(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) >= 1, f"{old} is not in {file}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


# What compiles -----------------------------------------------------------------------------------------------------


def test_the_rules_of_this_project_compile() -> None:
    ruleset = compile_rules(RULES)
    assert ruleset.ratings
    assert ruleset.care
    assert Ruleset.model_validate_json(ruleset.model_dump_json()) == ruleset


def _compared(condition: Condition) -> list[tuple[str, str, object]]:
    return [(one.fact, one.op, one.value) for one in comparisons(condition)]


def test_amounts_scores_and_levels_become_whole_numbers(folder: Path) -> None:
    ruleset = compile_rules(folder)
    tier = ruleset.ratings["tier"]
    assert _compared(tier.qualify["silver"]) == [("spend_365d", ">=", 80_000)]
    assert _compared(tier.qualify["gold"]) == [("spend_365d", ">=", 200_000), ("satisfaction", "<", 4_000)]
    assert _compared(tier.retain["gold"]) == [("days_since_order", "<=", 60), ("orders_90d", ">=", 3)]
    assert _compared(ruleset.care["upper-complaint"].when) == [("tier", ">=", 1), ("complaints_90d", ">=", 1)]
    assert _compared(ruleset.care["congratulate"].when) == [("tier", "==", 2), ("tier.was", "!=", 2)]


def test_features_carry_their_window_measure_and_unit(folder: Path) -> None:
    ruleset = compile_rules(folder)
    shown = [(one.name, one.kind, one.unit, getattr(one, "window", None)) for one in ruleset.features]
    assert shown == [
        ("spend_365d", "sum", "money", Window(over=365)),
        ("orders_90d", "count", "count", Window(over=90)),
        ("complaints_90d", "count", "count", Window(over=90)),
        ("satisfaction", "mean", "score", Window(over=180)),
        ("days_since_order", "days_since_last", "days", None),
    ]
    assert (ruleset.programme.minor_digits, ruleset.care["congratulate"].do.within) == (2, 7)


def test_features_that_measure_the_same_share_one_measure(folder: Path) -> None:
    ruleset = compile_rules(folder)
    taken_from = {one.name: one.measures for one in ruleset.features}
    assert taken_from["orders_90d"] == taken_from["days_since_order"] == ("purchase",)
    assert taken_from["spend_365d"] == ("purchase+refund.net_amount",)
    assert taken_from["complaints_90d"] == ('feedback[kind="complaint"]',)
    assert taken_from["satisfaction"] == ("feedback.score", "feedback.remainder")  # what flooring leaves of answers
    by_hand = ruleset.ratings["tier"].override
    assert by_hand == 'latest override[rating="tier"].ruling'
    assert set(ruleset.measures) == {by_hand}.union(*taken_from.values())
    assert all(measure.name == name for name, measure in ruleset.measures.items())


@pytest.mark.parametrize(("currency", "digits"), [("JPY", 0), ("CNY", 2), ("KWD", 3), ("CLF", 4)])
def test_a_currency_brings_its_decimals(folder: Path, currency: str, digits: int) -> None:
    _edit(folder, PROGRAMME, "USD", currency)
    _edit(folder, TIER, "800.00", "800")
    _edit(folder, TIER, "2000.00", "2000")
    ruleset = compile_rules(folder)
    assert ruleset.programme.minor_digits == digits
    assert _compared(ruleset.ratings["tier"].qualify["silver"]) == [("spend_365d", ">=", 800 * 10**digits)]


def test_care_may_use_every_rating_and_ratings_come_after_those_they_use(folder: Path) -> None:
    _write(folder, {"ratings/a.yaml": OTHER_RATING.format(name="aaa", line="zzz == high")})
    _write(folder, {"ratings/z.yaml": OTHER_RATING.format(name="zzz", line="tier was gold")})
    _edit(folder, CARE, "tier >= silver", "aaa == high")
    ruleset = compile_rules(folder)
    names = [[rating.name for rating in stratum.ratings] for stratum in ruleset.strata]
    assert names == [["tier"], ["zzz"], ["aaa"], []]
    assert [len(stratum.care) for stratum in ruleset.strata] == [0, 0, 0, 2]


def test_files_of_windows_and_with_a_byte_order_mark_are_read(folder: Path) -> None:
    version = compile_rules(folder).version
    (folder / TIER).write_bytes(b"\xef\xbb\xbf" + WRITTEN[TIER].replace("\n", "\r\n").encode())
    assert compile_rules(folder).version == version


# The version -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (PROGRAMME, "currency: USD\ntime_zone: America/New_York", "time_zone: America/New_York\n\ncurrency: 'USD'"),
        (PROGRAMME, "{en: Household Club, zh: 家庭会员计划}", "\n  zh: 家庭会员计划 # a comment\n  en: Household Club"),
        (FEATURES, "  count: purchase\n  over: 90d", "  over: 90d # about a quarter\n  count: purchase"),
        (TIER, "ordered: true\n", ""),
        (TIER, "{rise: immediate, review: daily, fall: to-kept}", "{fall: to-kept, review: daily, grace: 0d}"),
        (TIER, "levels: [bronze, silver, gold]", "levels:\n  - bronze\n  - silver\n  - gold"),
        (TIER, WRITTEN[TIER][WRITTEN[TIER].index("  silver:") : WRITTEN[TIER].index("  gold:")], ""),
        (CARE, "within: 2d}", "within: 2d, priority: normal}"),
    ],
)
def test_the_version_stays_where_only_the_writing_changes(folder: Path, file: str, old: str, new: str) -> None:
    before = compile_rules(folder)
    _edit(folder, file, old, new)
    if old.startswith("  silver:"):
        _edit(folder, file, "retain:", old + "retain:")
    assert compile_rules(folder) == before


@pytest.mark.parametrize(("written", "minor"), [("4.50", 450), ("4.5", 450), ("0", 0)])
def test_a_cost_is_in_minor_units_and_only_where_it_is_stated(folder: Path, written: str, minor: int) -> None:
    before = compile_rules(folder)
    _edit(folder, CARE, "within: 2d}", f"within: 2d, cost: {written}}}")
    after = compile_rules(folder)
    stated = {care.do.cost for care in after.care.values()}
    assert stated == {minor, None}
    assert after.version != before.version
    content = before.model_dump(mode="json", exclude={"version"}, exclude_defaults=True)
    assert digest(content)[:12] == before.version  # so a word that the language learns leaves older rules their version
    assert "cost" not in str(content)


@pytest.mark.parametrize(
    ("file", "old", "new", "measured_anew"),
    [
        (TIER, "800.00", "800.01", False),
        (TIER, "orders_90d >= 3", "orders_90d > 3", False),
        (TIER, "    any:", "    all:", False),
        (TIER, "levels: [bronze, silver, gold]", "levels: [iron, silver, gold]", False),
        (CARE, "tier >= silver", "tier >= gold", False),
        (CARE, "repeat_after: 14d", "repeat_after: 15d", False),
        (CARE, "within: 2d", "within: 3d", False),
        (CARE, "owner: service", "owner: sales", False),
        (FEATURES, "over: 365d", "over: 364d", True),
        (FEATURES, "{kind: complaint}", "{kind: survey}", True),
        (FEATURES, "over: 90d", "over: 90d\n  ending: 90d", True),
        (PROGRAMME, "America/New_York", "America/Chicago", True),
    ],
)
def test_the_version_changes_with_every_change_of_meaning(
    folder: Path, file: str, old: str, new: str, measured_anew: bool
) -> None:
    before = compile_rules(folder)
    _edit(folder, file, old, new)
    after = compile_rules(folder)
    assert after.version != before.version
    assert (after.features_hash != before.features_hash) is measured_anew


def test_the_version_does_not_depend_on_where_the_folder_is(folder: Path, tmp_path: Path) -> None:
    elsewhere = shutil.copytree(folder, tmp_path / "copy" / "rules")
    assert compile_rules(elsewhere) == compile_rules(folder)


# What is wrong -----------------------------------------------------------------------------------------------------


class Broken(NamedTuple):
    """One change to a rule file, the line of it that is wrong then, and a part of what is said."""

    file: str
    old: str
    new: str
    line: int
    said: str


ORDERS = "  count: purchase\n  over: 90d"
SILVER = "    all:\n      - spend_365d >= 800.00"
KNOWN = "complaints_90d, days_since_order, orders_90d, satisfaction, spend_365d, tier"
DAYS = "a number of days such as 90d"
BLOCK = "should be a block of `name: value` lines"
ONE_KIND = "exactly one of count, sum, mean, min, max, distinct, latest, days_since_first, days_since_last, "
ONE_KIND += "days_until, days_to"
ONE_GROUP = "`qualify.silver`: one of all, any or none, with its lines below it"
MANY = "".join("\n      - any:" + "".join(f"\n          - orders_90d == {n}" for n in range(8)) for _ in range(3))

NOT_YAML = [
    Broken(TIER, "qualify:\n  silver", "qualify:\n\tsilver", 6, "has a tab: indent with spaces"),
    Broken(TIER, SILVER, "    all:\n\t- spend_365d >= 800.00", 8, "has a tab: indent with spaces"),
    Broken(TIER, "title:", "rating: tier\ntitle:", 2, "`rating` is there already, on line 1"),
    Broken(TIER, "  gold:\n", "  silver:\n", 9, "`silver` is there already, on line 6"),
    Broken(FEATURES, "orders_90d:", "spend_365d:", 5, "`spend_365d` is there already, on line 1"),
    Broken(TIER, "[bronze, silver, gold]", "[[bronze, silver, gold]", 4, "is not YAML: `[` is not closed"),
    Broken(TIER, "rating: tier", "rating: tier: x", 1, "is not YAML: a second colon; put the text in quotes"),
    Broken(TIER, "{en: Tier, zh: 客户等级}", "{en: Tier, zh: 客户等级", 2, "is not YAML: `{` is not closed"),
    Broken(
        TIER, "levels: [bronze, silver, gold]", "levels: *levels", 4, "has a YAML anchor (& or *): write the lines out"
    ),
    Broken(TIER, "retain:", "---\nretain:", 14, "begins a second document (---): one a file"),
    Broken(TIER, "levels: [bronze", "levels: &all [bronze", 4, "has a YAML anchor (& or *): write the lines out"),
    Broken(TIER, "{en: Tier, zh: 客户等级}", "{<<: {en: Tier}, zh: 客户等级}", 2, "is not a word that belongs here"),
    Broken(TIER, "rating: tier", "rating: " + "[" * 5000, 1, "is nested too deep"),
    Broken(TIER, "rating: tier", "? {a: b}\n: tier", 1, "has a block where a name belongs"),
    Broken(TIER, "rating: tier", "rating: !!set tier", 1, "has a YAML tag (!): write the plain value"),
    Broken(TIER, "[bronze, silver, gold]", "[bronze, silver, gold, silver]", 4, "`levels`: `silver` is there twice"),
    Broken(TIER, "- spend_365d >= 800.00", "- spend_365d >=", 8, "is not a condition: write `feature operator value`"),
    Broken(
        FEATURES,
        "  count: purchase\n  over: 90d",
        "  ratio: [orders_90d, spend_365d]",
        7,
        "is not a feature that stands above",
    ),
    Broken(
        FEATURES,
        "  count: purchase\n  over: 90d",
        "  plus: [spend_365d]",
        7,
        "`orders_90d.plus` has too few: at least 2",
    ),
    Broken(
        FEATURES,
        "  count: purchase\n  over: 90d",
        "  minus: [spend_365d, x]\n  over: 9d",
        5,
        "leave out over and where",
    ),
    Broken(FEATURES, "count: purchase", "count: purchase.", 7, "count takes purchase alone, without `.`"),
    Broken(CARE, "priority: normal", "priority: urgent", 6, "`0.do.priority` should be 'low', 'normal' or 'high'"),
    Broken(TIER, "rating: tier", "rating: \x07tier", 1, "has a control character: remove it"),
]
LINES = [
    Broken(TIER, "spend_365d >= 800", "spend_356d >= 800", 8, "not a feature or rating; did you mean `spend_365d`?"),
    Broken(TIER, "orders_90d >= 3", "order_90d >= 3", 18, "did you mean `orders_90d`?"),
    Broken(TIER, "spend_365d >= 800", "zzz >= 800", 8, f"`zzz` is not a feature or rating; there are {KNOWN}"),
    Broken(TIER, "satisfaction < 0.4", "satisfacton < 0.4", 13, "did you mean `satisfaction`?"),
    Broken(TIER, "800.00", "800.001", 8, "`800.001` has too many decimals for an amount of money: at most 2 decimals"),
    Broken(TIER, "satisfaction < 0.4", "satisfaction < 0.40001", 13, "decimals for a score: at most 4 decimals"),
    Broken(TIER, "orders_90d >= 3", "orders_90d >= 3.5", 18, "too many decimals for a count: at most 0 decimals"),
    Broken(TIER, "order <= 60", "order <= 60.5", 17, "too many decimals for whole days: at most 0 decimals"),
    Broken(TIER, "order <= 60", "order <= 60d", 17, "`60d` is not a number"),
    Broken(TIER, "800.00", "$800", 8, "`$800` is not a number"),
    Broken(TIER, "800.00", "1,800.00", 8, "`1,800.00` is not a number"),
    Broken(TIER, "800.00", "1e3", 8, "`1e3` is not a number"),
    Broken(TIER, "800.00", "'800.00'", 8, "`'800.00'` is not a number"),
    Broken(TIER, "800.00", "lots", 8, "`lots` is not a number"),
    Broken(TIER, "800.00", "orders_90d", 8, "`orders_90d` is not a number"),
    Broken(TIER, "800.00", "900000000000000.00", 8, "`900000000000000.00` is too large to compare exactly"),
    Broken(TIER, "- spend_365d >= 800.00", "- a lot of spend", 8, "is not a condition: write `feature operator value`"),
    Broken(TIER, "- spend_365d >= 800.00", "- spend_365d", 8, "`spend_365d` is not a condition"),
    Broken(TIER, "spend_365d >= 800.00", "spend_365d => 800.00", 8, "`=>` is not an operator: write `>=`"),
    Broken(TIER, "spend_365d >= 800.00", "800.00 <= spend_365d", 8, "is not a condition"),
    Broken(TIER, "spend_365d >= 800.00", "SPEND_365D >= 800.00", 8, "is not a condition"),
    Broken(TIER, "spend_365d >= 800.00", "spend_365d >= 800.00 and orders_90d > 1", 8, "`and` joins two conditions"),
    Broken(
        TIER,
        "spend_365d >= 800.00",
        "spend_365d is 800.00",
        8,
        "followed by `unknown` or `saturated`, not by `800.00`",
    ),
    Broken(TIER, "spend_365d >= 800.00", "spend_365d entered 5", 8, "speaks of a rating; `spend_365d` is not one"),
    Broken(TIER, "spend_365d >= 800.00", "spend_365d in 5", 8, "`in` is followed by a list such as [gold, platinum]"),
    Broken(TIER, "spend_365d >= 800.00", "spend_365d in []", 8, "`in` is followed by a list such as [gold, platinum]"),
    Broken(TIER, "spend_365d >= 800.00", "spend_365d in [5, x]", 8, "`x` is not a number"),
    Broken(CARE, "tier >= silver", "tier >= silber", 12, "`silber` is not one of its levels: bronze, silver, gold"),
    Broken(CARE, "tier >= silver", "tier >= 1", 12, "`1` is not one of its levels: bronze, silver, gold"),
    Broken(CARE, "tier entered gold", "tier entered golden", 5, "`golden` is not one of its levels: bronze, silver"),
    Broken(CARE, "tier >= silver", "tiers >= silver", 12, "did you mean `tier`?"),
    Broken(
        TIER,
        "- spend_365d >= 800.00",
        "- 2026-01-01",
        8,
        "`2026-01-01` is not a condition: write `feature operator value`",
    ),
    Broken(TIER, "- spend_365d >= 800.00", "- 800", 8, "`800` is not a condition: write `feature operator value`"),
    Broken(TIER, "- spend_365d >= 800.00", "- true", 8, "should be a text"),
    Broken(TIER, "- spend_365d >= 800.00", "-", 8, "should be a text"),
    Broken(TIER, "- spend_365d >= 800.00", "- spend_365d: 800.00", 8, "is not a word that belongs here"),
    Broken(TIER, "- spend_365d >= 800.00", "- - spend_365d >= 800.00", 8, BLOCK),
]
GROUPS = [
    Broken(TIER, SILVER, "    all:", 7, "`all` has no lines"),
    Broken(TIER, SILVER, "    all: []", 7, "`all` has no lines"),
    Broken(TIER, "- none:\n          - satisfaction < 0.4", "- none:", 12, "`none` has no lines"),
    Broken(TIER, SILVER, f"{SILVER}\n    any:\n      - orders_90d >= 1", 6, ONE_GROUP),
    Broken(TIER, SILVER, "    {}", 6, ONE_GROUP),
    Broken(TIER, SILVER, "    every:\n      - orders_90d >= 1", 7, "`qualify.silver.every` is not a word"),
    Broken(TIER, SILVER, "    all: spend_365d >= 800.00", 7, "`qualify.silver.all` should be a list, one item a line"),
    Broken(TIER, SILVER, "    - spend_365d >= 800.00", 6, f"`qualify.silver` {BLOCK}"),
    Broken(TIER, SILVER, "    spend_365d >= 800.00", 6, f"`qualify.silver` {BLOCK}"),
    Broken(TIER, SILVER, f"    all:{MANY}", 6, "has over 500 alternatives: split the rule"),
    Broken(CARE, "\n      - tier >= silver", MANY, 10, "has over 500 alternatives: split the rule"),
]
SHAPES = [
    Broken(TIER, "ordered: true", "ordred: true", 3, "`ordred` is not a word that belongs here"),
    Broken(
        TIER, "ordered: true", "ordered: false", 14, "`retain`: only an ordered rating rises, falls and is retained"
    ),
    Broken(TIER, "review: daily, fall: to-kept", "fall: never", 19, "`stability.fall`"),
    Broken(TIER, ", zh: 客户等级", "", 2, "`title.zh` is missing"),
    Broken(TIER, "en: Tier, ", "", 2, "`title.en` is missing"),
    Broken(TIER, "zh: 客户等级", "zh: ''", 2, "`title.zh`"),
    Broken(TIER, "en: Tier", "en: [2026]", 2, "`title.en` should be a text"),
    Broken(TIER, "{en: Tier, zh: 客户等级}", "Tier", 2, f"`title` {BLOCK}"),
    Broken(TIER, "rating: tier", "rating: Tier", 1, "a name has small letters, digits, dashes and underscores"),
    Broken(TIER, "rating: tier\n", "", 1, "`rating` is missing"),
    Broken(TIER, "[bronze, silver, gold]", "[bronze]", 4, "`levels`"),
    Broken(TIER, "[bronze, silver, gold]", "bronze", 4, "`levels` should be a list, one item a line"),
    Broken(TIER, "[bronze, silver, gold]", "[bronze, 2nd, gold]", 4, "`levels.1`: a name has small letters"),
    Broken(TIER, "[bronze, silver, gold]", "[true, silver, gold]", 4, "`levels.0` should be a text"),
    Broken(TIER, "  silver:", "  silber:", 6, "`silber` is not one of the levels: bronze, silver, gold"),
    Broken(TIER, "  silver:", "  silber:", 5, "`silver` is missing: nobody could reach it"),
    Broken(TIER, f"  silver:\n{SILVER}\n", "", 5, "`silver` is missing: nobody could reach it"),
    Broken(TIER, "retain:\n  gold:", "retain:\n  bronze:", 15, "is the lowest level, which needs no condition"),
    Broken(TIER, "retain:\n  gold:", "retain:\n  iron:", 15, "`iron` is not one of the levels: bronze, silver, gold"),
    Broken(CARE, "within: 7d", "within: 7", 6, DAYS),
    Broken(CARE, "repeat_after: 14d", "repeat_after: 2 weeks", 15, DAYS),
    Broken(CARE, "repeat_after: 14d", "repeat_after: 0d", 15, DAYS),
    Broken(CARE, "priority: normal", "priority: urgent", 6, "`0.do.priority`"),
    Broken(CARE, "priority: normal", "cost: 4.505", 6, "decimals for an amount of money: at most 2 decimals"),
    Broken(CARE, "priority: normal", "cost: -4", 6, "an amount such as 4.50, in the programme's currency"),
    Broken(CARE, "priority: normal", "cost: 4 USD", 6, "an amount such as 4.50, in the programme's currency"),
    Broken(CARE, "  repeat_after: 14d\n", "", 8, "`1.repeat_after` is missing"),
    Broken(CARE, "owner: service", "owner: !!binary c2VydmljZQ==", 14, "has a YAML tag (!): write the plain value"),
    Broken(CARE, "owner: service, ", "", 14, "`1.do.owner` is missing"),
    Broken(CARE, "  do: {action: call-back, owner: service, within: 2d}", "  do: call-back", 14, BLOCK),
    Broken(CARE, "care: upper-complaint", "care: congratulate", 8, "`congratulate` is the name of another care rule"),
    Broken(CARE, "care: upper-complaint", "care: Upper Complaint", 8, "a name has small letters"),
    Broken(PROGRAMME, "USD", "USX", 3, "`USX` is not an ISO 4217 currency, such as USD or CNY"),
    Broken(PROGRAMME, "USD", "usd", 3, "`usd` is not an ISO 4217 currency"),
    Broken(PROGRAMME, "USD", "840", 3, "`840` is not an ISO 4217 currency"),
    Broken(PROGRAMME, "USD", "", 3, "`currency` should be a text"),
    Broken(PROGRAMME, "New_York", "New_Yrok", 4, "`America/New_Yrok` is not a time zone, such as Asia/Shanghai"),
    Broken(PROGRAMME, "America/New_York", "../UTC", 4, "`../UTC` is not a time zone"),
    Broken(PROGRAMME, "America/New_York", "GMT+8", 4, "`GMT+8` is not a time zone"),
    Broken(PROGRAMME, "time_zone", "timezone", 4, "`timezone` is not a word that belongs here"),
]
MEASURED = [
    Broken(FEATURES, "over: 365d", "over: 365", 4, DAYS),
    Broken(FEATURES, "over: 365d", "over: a year", 4, DAYS),
    Broken(FEATURES, "over: 365d", "over: 0d", 4, DAYS),
    Broken(FEATURES, "over: 365d", "over: -5d", 4, DAYS),
    Broken(FEATURES, "over: 365d", "over: 12m", 4, DAYS),
    Broken(FEATURES, "over: 365d", "over: 10000d", 4, DAYS),
    Broken(FEATURES, "over: 365d", "over: 2026-01-01", 4, DAYS),
    Broken(FEATURES, "over: 365d", "over: [365d]", 4, DAYS),
    Broken(FEATURES, "count: purchase\n  over: 90d", "count: purchase\n  ending: 90d", 5, "ending needs over"),
    Broken(FEATURES, "last: purchase", "last: purchase\n  over: 9d", 18, "leave out over and ending"),
    Broken(FEATURES, "count: purchase", "count: purchase\n  sum: purchase.amount", 5, ONE_KIND),
    Broken(FEATURES, "  count: purchase\n", "", 5, ONE_KIND),
    Broken(FEATURES, "count: purchase", "count: purchase.amount", 7, "count takes purchase alone, without `.amount`"),
    Broken(FEATURES, "sum: transaction.net_amount", "sum: transaction", 3, "sum needs a value: transaction.net_amount"),
    Broken(FEATURES, "transaction.net_amount", "purchase.net_amount", 3, "sum needs a value: purchase.amount"),
    Broken(FEATURES, "mean: feedback.score", "mean: feedback.comment", 16, "mean needs a value: feedback.score"),
    Broken(FEATURES, "count: purchase", "count: purchases", 7, "`purchases` is not one of purchase, refund"),
    Broken(FEATURES, "count: purchase", "total: purchase", 7, "`orders_90d.total` is not a word that belongs here"),
    Broken(FEATURES, "count: purchase", "count: [purchase]", 7, "`orders_90d.count` should be a text"),
    Broken(FEATURES, "{kind: complaint}", "{colour: red}", 12, "`colour` cannot be filtered here; kind, topic can"),
    Broken(FEATURES, "{kind: complaint}", "{comment: bad}", 12, "`comment` cannot be filtered here; kind, topic can"),
    Broken(
        FEATURES,
        "{kind: complaint}",
        "{kind: complain}",
        12,
        "`complain` is not one of complaint, praise",
    ),
    Broken(FEATURES, "{kind: complaint}", "{kind: 5}", 12, "`5` is not one of complaint, praise, inquiry, survey"),
    Broken(FEATURES, "{kind: complaint}", "complaint", 12, f"`complaints_90d.where` {BLOCK}"),
    Broken(FEATURES, "orders_90d:", "Orders 90d:", 5, "a name has small letters"),
    Broken(FEATURES, "{en: Orders, zh: 订单数}", "{en: Orders}", 6, "`orders_90d.title.zh` is missing"),
]
BROKEN = [*NOT_YAML, *LINES, *GROUPS, *SHAPES, *MEASURED]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: f"{broken.file}: {broken.said}")
def test_what_is_wrong_is_shown_with_its_file_and_line(folder: Path, broken: Broken) -> None:
    _edit(folder, broken.file, broken.old, broken.new)
    found = [problem for problem in _problems(folder) if problem.file == f"rules/{broken.file}"]
    assert any(problem.line == broken.line and broken.said in problem.message for problem in found), found


@pytest.mark.parametrize("broken", [*LINES, *GROUPS], ids=lambda broken: f"{broken.file}: {broken.said}")
def test_one_wrong_line_of_a_rule_is_not_blamed_on_another_line(folder: Path, broken: Broken) -> None:
    _edit(folder, broken.file, broken.old, broken.new)
    lines = {problem.line for problem in _problems(folder) if problem.file == f"rules/{broken.file}"}
    assert lines == {broken.line}


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        *((file, b"", "is empty") for file in WRITTEN),
        *((file, b"- a\n- b\n", BLOCK) for file in (PROGRAMME, FEATURES, TIER)),
        *((file, b"some words\n", BLOCK) for file in (PROGRAMME, FEATURES, TIER)),
        *((CARE, content, "should be a list, one item a line") for content in (b"care: x\n", b"some words\n")),
        *((file, WRITTEN[file].encode("gb18030"), "is not UTF-8 text") for file in WRITTEN),
        *((file, WRITTEN[file].encode("utf-16"), "is not UTF-8 text") for file in WRITTEN),
        *((file, b"# " + b"x" * 1_000_001, "is over 1,000,000 characters: split it") for file in WRITTEN),
    ],
)
def test_a_file_that_cannot_be_read_as_it_is_says_what_was_expected(
    folder: Path, file: str, content: bytes, said: str
) -> None:
    (folder / file).write_bytes(content)
    found = [problem for problem in _problems(folder) if problem.file == f"rules/{file}"]
    assert [problem.line for problem in found] == [1]
    assert said in found[0].message


def test_a_folder_where_a_file_belongs_cannot_be_read(folder: Path) -> None:
    (folder / FEATURES).unlink()
    (folder / FEATURES).mkdir()
    (problem,) = _problems(folder)
    assert problem.message == "cannot be read: Is a directory"


def test_a_broken_rating_is_not_blamed_on_the_rules_that_use_it(folder: Path) -> None:
    _edit(folder, TIER, "qualify:\n  silver", "qualify:\n\tsilver")
    assert [problem.file for problem in _problems(folder)] == [f"rules/{TIER}"]


def test_a_rule_of_too_many_features_is_refused(folder: Path) -> None:
    features = "".join(
        f"orders_{days}d: {{title: {{en: Orders, zh: 订单数}}, count: purchase, over: {days}d}}\n"
        for days in range(100, 300)
    )
    lines = "".join(f"      - orders_{days}d >= 1\n" for days in range(100, 300))
    (folder / FEATURES).write_text((folder / FEATURES).read_text() + features)
    _edit(folder, TIER, "      - spend_365d >= 800.00\n", "      - spend_365d >= 800.00\n" + lines)
    assert "uses over 120 features: split the rule" in _problems(folder)[0].message


def test_titles_and_the_order_of_features_leave_states_as_they_are(folder: Path) -> None:
    before = compile_rules(folder)
    _edit(folder, FEATURES, "en: Orders,", "en: Orders of goods,")
    entries = (folder / FEATURES).read_text().split("orders_90d:")
    (folder / FEATURES).write_text("orders_90d:" + entries[1] + entries[0])
    after = compile_rules(folder)
    assert after.version != before.version
    assert after.features_hash == before.features_hash
    _edit(folder, FEATURES, "over: 365d", "over: 366d")
    assert compile_rules(folder).features_hash != before.features_hash


@pytest.mark.parametrize("file", [PROGRAMME, FEATURES])
def test_a_missing_file_is_named(folder: Path, file: str) -> None:
    (folder / file).unlink()
    assert _problems(folder) == [Problem(f"rules/{file}", 1, "is missing: every programme has this file")]


def test_an_empty_folder_names_every_file_it_needs(tmp_path: Path) -> None:
    assert [problem.file for problem in _problems(tmp_path / "rules")] == [
        "rules/features.yaml",
        "rules/programme.yaml",
    ]


def test_ratings_that_need_each_other_are_shown_as_a_circle(folder: Path) -> None:
    _write(folder, {"ratings/a.yaml": OTHER_RATING.format(name="aaa", line="zzz == high")})
    _write(folder, {"ratings/z.yaml": OTHER_RATING.format(name="zzz", line="aaa entered high")})
    (problem,) = _problems(folder)
    assert problem.file == "rules/ratings/a.yaml"
    assert problem.message == "ratings need each other in a circle: aaa → zzz → aaa"


def test_a_rating_that_needs_itself_is_a_circle(folder: Path) -> None:
    _edit(folder, TIER, "- spend_365d >= 800.00", "- tier == gold")
    (problem,) = _problems(folder)
    assert problem.message == "ratings need each other in a circle: tier → tier"


@pytest.mark.parametrize("name", ["tier", "orders_90d"])
def test_a_rating_may_not_take_a_name_that_is_taken(folder: Path, name: str) -> None:
    _write(folder, {"ratings/zzz.yaml": OTHER_RATING.format(name=name, line="complaints_90d > 1")})
    expected = Problem("rules/ratings/zzz.yaml", 1, f"`{name}` is already the name of a feature or rating")
    assert expected in _problems(folder)


def test_care_rules_of_two_files_may_not_share_a_name(folder: Path) -> None:
    shutil.copy(folder / CARE, folder / "care" / "zzz.yaml")
    assert _problems(folder) == [
        Problem("rules/care/zzz.yaml", 1, "`congratulate` is the name of another care rule"),
        Problem("rules/care/zzz.yaml", 8, "`upper-complaint` is the name of another care rule"),
    ]


def test_every_problem_is_shown_at_once_in_the_order_of_the_files(folder: Path) -> None:
    _edit(folder, CARE, "tier >= silver", "tier >= silber")
    _edit(folder, TIER, "800.00", "lots")
    _edit(folder, TIER, "orders_90d >= 3", "order_90d >= 3")
    places = [(problem.file, problem.line) for problem in _problems(folder)]
    assert places == [("rules/care/service.yaml", 12), ("rules/ratings/tier.yaml", 8), ("rules/ratings/tier.yaml", 18)]


def test_a_problem_reads_as_file_line_and_message() -> None:
    error = RulesError([Problem("rules/b.yaml", 3, "is wrong"), Problem("rules/a.yaml", 12, "too")])
    assert str(error) == "rules/a.yaml:12: too\nrules/b.yaml:3: is wrong"


SLIPS = ("- ", ": ", "{", "}", "[", "]", "'", '"', "|", "> ", "#", "%", "@", "`", "\t", "~", "null", "1.5", "\n", "  ")
slips = st.tuples(st.sampled_from(sorted(WRITTEN)), st.floats(0, 1), st.sampled_from(SLIPS) | st.integers(1, 8))


@settings(max_examples=150)
@given(st.lists(slips, min_size=1, max_size=3))
def test_a_slip_of_the_pen_is_a_problem_with_a_place_or_does_no_harm(
    tmp_path_factory: pytest.TempPathFactory, slipped: list[tuple[str, float, str | int]]
) -> None:
    files = dict(WRITTEN)
    for file, part, slip in slipped:
        place, text = int(part * len(files[file])), files[file]
        added, dropped = (slip, 0) if isinstance(slip, str) else ("", slip)
        files[file] = text[:place] + added + text[place + dropped :]
    folder = _write(tmp_path_factory.getbasetemp() / "slips" / "rules", files)
    found = _found(folder)
    assert all(problem.file.removeprefix("rules/") in WRITTEN and problem.message for problem in found)
    assert all(1 <= problem.line <= files[problem.file.removeprefix("rules/")].count("\n") + 2 for problem in found)


def _found(folder: Path) -> list[Problem]:
    try:
        compile_rules(folder)
    except RulesError as error:
        return error.problems or [Problem("an error without a problem", 0, "")]
    return []


# Single lines ------------------------------------------------------------------------------------------------------

VOCABULARY = {
    "spend": Symbol("money", 2),
    "orders": Symbol("count", 0),
    "mood": Symbol("score", 4),
    "tier": Symbol(levels=("bronze", "silver", "gold")),
}


@pytest.mark.parametrize(
    ("text", "op", "value"),
    [
        ("spend >= 12.5", ">=", 1_250),
        ("spend < -3", "<", -300),
        ("spend == 0", "==", 0),
        ("spend != 90071992547409.91", "!=", 9_007_199_254_740_991),
        ("orders in [1, 2, 3]", "in", (1, 2, 3)),
        ("mood <= 0.4", "<=", 4_000),
        ("mood > 0.0001", ">", 1),
        ("mood is unknown", "unknown", 0),
        ("tier == bronze", "==", 0),
        ("tier in [gold, silver]", "in", (2, 1)),
        ("tier is unknown", "unknown", 0),
    ],
)
def test_a_line_is_a_comparison_in_whole_units(text: str, op: str, value: object) -> None:
    parsed = parse_line(text, VOCABULARY)
    assert isinstance(parsed, Comparison)
    assert (parsed.op, parsed.value, parsed.text) == (op, value, text)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("  spend  >=12.50  ", "spend >= 12.50"),
        ("spend>=12.50", "spend >= 12.50"),
        ("spend>= -3", "spend >= -3"),
        ("orders in[1,2 ,  3]", "orders in [1, 2, 3]"),
        ("tier==gold", "tier == gold"),
        ("tier  is   unknown", "tier is unknown"),
    ],
)
def test_the_spaces_of_a_line_mean_nothing(text: str, line: str) -> None:
    assert parse_line(text, VOCABULARY) == parse_line(line, VOCABULARY)
    assert [one.text for one in comparisons(parse_line(text, VOCABULARY))] == [line]


@pytest.mark.parametrize(
    ("text", "compared"),
    [
        ("tier entered gold", [("tier", "==", 2), ("tier.was", "!=", 2)]),
        ("tier left gold", [("tier", "!=", 2), ("tier.was", "==", 2)]),
        ("tier was silver", [("tier.was", "==", 1)]),
    ],
)
def test_a_transition_speaks_of_the_level_a_day_opened_with(text: str, compared: list[tuple[str, str, int]]) -> None:
    parsed = parse_line(text, VOCABULARY)
    assert _compared(parsed) == compared
    assert isinstance(parsed, Comparison) or (isinstance(parsed, Group) and parsed.group == "all")


@settings(max_examples=300)
@given(st.text() | st.from_regex(r"(spend|orders|mood|tier|x) ?(==|>=|<|in|is|was|entered) ?\[?[-0-9.a-z, ]{0,25}\]?"))
def test_any_text_is_a_condition_or_a_line_error(text: str) -> None:
    try:
        parsed = parse_line(text, VOCABULARY)
    except LineError:
        return
    assert list(comparisons(parsed))
