"""Slips of people who write rules: each is told with its place and the way out, in both languages."""

# ruff: noqa: E501 -- what is said stands whole

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from string import Formatter
from typing import Any, NamedTuple

import pytest
from standing.cli import app
from standing.rules.author.compiler import compile_rules
from standing.rules.author.files import KINDS
from standing.rules.author.formatter import format_text
from standing.rules.author.messages import MESSAGES
from standing.rules.author.problems import Problem, RulesError
from standing.rules.author.scenario.messages import STORIES
from standing.values.catalogue import translated
from standing.values.messages import Message

from tests.unit.rules.test_check import CORRECT, MAY_NOT_MEET, written

TIER, FEATURES, CARE, PROGRAMME = "ratings/tier.yaml", "features.yaml", "care/service.yaml", "programme.yaml"


class Slip(NamedTuple):
    """One change to correct rules, the place that is wrong then, and all that is said of it."""

    file: str
    old: str
    new: str
    line: int
    column: int
    en: str
    zh: str


SLIPS = [
    Slip(
        TIER,
        "  gold:\n    all:\n      - spend_365d >= 2000",
        "  gold：\n    all:\n      - spend_365d >= 2000",
        8,
        7,
        "has the full-width sign `：`: write `:`",
        "含有全角符号 `：`：请写半角 `:`",
    ),
    Slip(
        TIER,
        "rating: tier",
        "rating：tier",
        1,
        7,
        "has the full-width sign `：`: write `:`",
        "含有全角符号 `：`：请写半角 `:`",
    ),
    Slip(
        TIER,
        "levels: [bronze, silver",
        "levels: [bronze，silver",
        3,
        16,
        "has the full-width sign `，`: write `,`",
        "含有全角符号 `，`：请写半角 `,`",
    ),
    Slip(
        TIER,
        "{en: Tier, zh: 等级}",
        "{en：Tier, zh: 等级}",
        2,
        9,
        "has the full-width sign `：`: write `:`",
        "含有全角符号 `：`：请写半角 `:`",
    ),
    Slip(
        TIER,
        "{en: Tier, zh: 等级}",
        "{en: Tier， zh: 等级}",
        2,
        17,
        "has the full-width sign `，`: write `,`",
        "含有全角符号 `，`：请写半角 `,`",
    ),
    Slip(
        TIER,
        "spend_365d >= 800.00",
        "spend_365d ＞＝ 800.00",
        7,
        20,
        "has the full-width sign `＞`: write `>`",
        "含有全角符号 `＞`：请写半角 `>`",
    ),
    Slip(
        TIER,
        "spend_365d >= 800.00",
        "spend_365d >= ８００.00",
        7,
        23,
        "`８００.00` is not a number such as 3 or 0.5: write `800.00`",
        "`８００.00` 不是数字，如 3 或 0.5：请写 `800.00`",
    ),
    Slip(
        TIER,
        "spend_365d >= 800.00",
        "spend_365d >= “800.00”",
        7,
        23,
        "`“800.00”` is not a number such as 3 or 0.5: write `800.00`",
        "`“800.00”` 不是数字，如 3 或 0.5：请写 `800.00`",
    ),
    Slip(
        TIER,
        "spend_365d >= 800.00",
        "spend_365d\u3000>= 800.00",
        7,
        19,
        "has a space that is no plain one (full-width, or non-breaking): write an ordinary space",
        "含有特殊空格（全角或不换行）：请改用普通空格",
    ),
    Slip(
        TIER,
        "spend_365d >= 800.00",
        "spend_365d\xa0>= 800.00",
        7,
        19,
        "has a space that is no plain one (full-width, or non-breaking): write an ordinary space",
        "含有特殊空格（全角或不换行）：请改用普通空格",
    ),
    Slip(
        TIER,
        "spend_365d >= 800.00",
        "（spend_365d >= 800.00）",
        7,
        9,
        "has the full-width sign `（`: write `(`",
        "含有全角符号 `（`：请写半角 `(`",
    ),
    Slip(
        TIER,
        "  gold:\n    all:\n      - spend_365d >= 2000",
        "  gold:\n   \u3000all:\n      - spend_365d >= 2000",
        9,
        4,
        "has a space that is no plain one (full-width, or non-breaking): write an ordinary space",
        "含有特殊空格（全角或不换行）：请改用普通空格",
    ),
    Slip(
        TIER,
        "      - complaints_90d < 3",
        "     - complaints_90d < 3",
        11,
        6,
        "is not YAML: this line is indented by 5; the lines it can belong to by 0, 2, 4, 6: make them alike",
        "不是 YAML：此行缩进 5 个空格；它可归属的各行缩进 0、2、4、6 个：请对齐",
    ),
    Slip(
        TIER,
        "      - complaints_90d < 3",
        "       - complaints_90d < 3",
        10,
        9,
        "`spend_365d >= 2000.00` goes on in the next line: give each `- ` the same number of spaces before it",
        "`spend_365d >= 2000.00` 延续到了下一行：每个 `- ` 之前的空格数要一致",
    ),
    Slip(
        TIER,
        "  gold:\n    all:\n      - spend_365d >= 2000",
        " gold:\n    all:\n      - spend_365d >= 2000",
        8,
        2,
        "is not YAML: this line is indented by 1; the lines it can belong to by 0, 2, 4, 6: make them alike",
        "不是 YAML：此行缩进 1 个空格；它可归属的各行缩进 0、2、4、6 个：请对齐",
    ),
    Slip(
        TIER,
        "  gold:\n    all:\n      - spend_365d >= 2000",
        "  gold:\n  all:\n      - spend_365d >= 2000",
        8,
        3,
        "`qualify.gold` has nothing below it: indent its lines by more spaces than `gold`",
        "`qualify.gold` 之下没有内容：其下各行的缩进要比 `gold` 更多",
    ),
    Slip(
        TIER,
        "spend_365d >= 800.00",
        "spend_365d >= 800.00 and complaints_90d > 2",
        7,
        30,
        "`and` joins two conditions: write each on a line of its own, below `all:`",
        "`and` 连接了两个条件：请各写一行，放在 `all:` 之下",
    ),
    Slip(
        TIER,
        "spend_365d >= 800.00",
        "spend_365d >= 800.00 或 complaints_90d > 2",
        7,
        30,
        "`或` joins two conditions: write each on a line of its own, below `any:`",
        "`或` 连接了两个条件：请各写一行，放在 `any:` 之下",
    ),
    Slip(
        TIER,
        "spend_365d >= 800.00",
        "spend_365d ≥ 800.00",
        7,
        20,
        "`≥` is not an operator: write `>=`",
        "`≥` 不是运算符：请写 `>=`",
    ),
    Slip(
        TIER,
        "spend_365d >= 800.00",
        "spend_365d >= $2000",
        7,
        23,
        "`$2000` is not a number such as 3 or 0.5: write `2000`",
        "`$2000` 不是数字，如 3 或 0.5：请写 `2000`",
    ),
    Slip(
        TIER,
        "spend_365d >= 800.00",
        "spend_365d >= 2,000.00",
        7,
        23,
        "`2,000.00` is not a number such as 3 or 0.5: write `2000.00`",
        "`2,000.00` 不是数字，如 3 或 0.5：请写 `2000.00`",
    ),
    Slip(
        TIER,
        "spend_365d >= 800.00",
        "0.3 * spend_365d >= 800.00",
        7,
        13,
        "`0.3 * spend_365d >= 800.00` calculates, and lines only compare: make a feature of it in features.yaml (ratio, plus, minus or points)",
        "`0.3 * spend_365d >= 800.00` 是算式，而条件只做比较：请在 features.yaml 中为它建一个特征（ratio、plus、minus 或 points）",
    ),
    Slip(
        TIER,
        "spend_365d >= 800.00",
        "spend_365d >= 0.3 * orders_90d",
        7,
        27,
        "`spend_365d >= 0.3 * orders_90d` calculates, and lines only compare: make a feature of it in features.yaml (ratio, plus, minus or points)",
        "`spend_365d >= 0.3 * orders_90d` 是算式，而条件只做比较：请在 features.yaml 中为它建一个特征（ratio、plus、minus 或 points）",
    ),
    Slip(
        TIER,
        "spend_365d >= 800.00",
        "weekday == monday",
        7,
        9,
        "`weekday` is not a feature or rating; there are complaints_90d, days_since_order, orders_30d, orders_90d, spend_365d, stage, stage.days_to_review, stage.would_become, tier, tier.days_to_review, tier.would_become",
        "`weekday` 不是特征，也不是评级；有 complaints_90d、days_since_order、orders_30d、orders_90d、spend_365d、stage、stage.days_to_review、stage.would_become、tier、tier.days_to_review、tier.would_become",
    ),
    Slip(
        TIER,
        "spend_365d >= 800.00",
        "spend_365d = 800.00",
        7,
        20,
        "`=` is not an operator: write `==`",
        "`=` 不是运算符：请写 `==`",
    ),
    Slip(
        TIER,
        "spend_365d >= 800.00",
        "not spend_365d >= 800.00",
        7,
        9,
        "`not` negates a condition: write it on a line below `none:`",
        "`not` 否定了条件：请单独写一行，放在 `none:` 之下",
    ),
    Slip(
        TIER,
        "spend_365d >= 800.00",
        "800.00 <= spend_365d",
        7,
        9,
        "`800.00 <= spend_365d` is not a condition: the feature comes first: write `spend_365d >= 800.00`",
        "`800.00 <= spend_365d` 不是条件：特征写在前面：请写 `spend_365d >= 800.00`",
    ),
    Slip(
        TIER,
        "spend_365d >= 800.00",
        "Spend_365d >= 800.00",
        7,
        9,
        "`Spend_365d >= 800.00` is not a condition: write `spend_365d >= 800.00`",
        "`Spend_365d >= 800.00` 不是条件：请写 `spend_365d >= 800.00`",
    ),
    Slip(
        TIER,
        "spend_365d >= 800.00",
        "days_since_order >= 12个月",
        7,
        29,
        "`12个月` is not a number such as 3 or 0.5: write `365`",
        "`12个月` 不是数字，如 3 或 0.5：请写 `365`",
    ),
    Slip(
        TIER,
        "spend_365d >= 800.00",
        "days_since_order <= 60d",
        7,
        29,
        "`60d` is not a number such as 3 or 0.5: write `60`",
        "`60d` 不是数字，如 3 或 0.5：请写 `60`",
    ),
    Slip(
        FEATURES,
        "over: 365d",
        "over: 12 months",
        4,
        9,
        "`spend_365d.over`: a number of days such as 90d, `calendar-year` or `membership-year`: write `365d`",
        "`spend_365d.over`：天数（如 90d）、`calendar-year` 或 `membership-year`：请写 `365d`",
    ),
    Slip(
        FEATURES,
        "over: 365d",
        "over: 12个月",
        4,
        9,
        "`spend_365d.over`: a number of days such as 90d, `calendar-year` or `membership-year`: write `365d`",
        "`spend_365d.over`：天数（如 90d）、`calendar-year` 或 `membership-year`：请写 `365d`",
    ),
    Slip(
        FEATURES,
        "over: 365d",
        "over: 12m",
        4,
        9,
        "`spend_365d.over`: a number of days such as 90d, `calendar-year` or `membership-year`: write `365d`",
        "`spend_365d.over`：天数（如 90d）、`calendar-year` 或 `membership-year`：请写 `365d`",
    ),
    Slip(
        FEATURES,
        "over: 365d",
        "over: 1y",
        4,
        9,
        "`spend_365d.over`: a number of days such as 90d, `calendar-year` or `membership-year`: write `365d`",
        "`spend_365d.over`：天数（如 90d）、`calendar-year` 或 `membership-year`：请写 `365d`",
    ),
    Slip(
        FEATURES,
        "over: 365d",
        "over: 365",
        4,
        9,
        "`spend_365d.over`: a number of days such as 90d, `calendar-year` or `membership-year`: write `365d`",
        "`spend_365d.over`：天数（如 90d）、`calendar-year` 或 `membership-year`：请写 `365d`",
    ),
    Slip(
        FEATURES,
        "over: 365d",
        "over: ３６５d",
        4,
        9,
        "has the full-width sign `３`: write `3`",
        "含有全角符号 `３`：请写半角 `3`",
    ),
    Slip(
        FEATURES,
        "count: purchase",
        "count: weekday",
        7,
        10,
        "`weekday` is not one of purchase, refund, transaction, feedback, engagement, activity, profile, override, score, care",
        "`weekday` 不是以下之一：purchase、refund、transaction、feedback、engagement、activity、profile、override、score、care",
    ),
    Slip(
        FEATURES,
        "count: purchase",
        "count: purchas",
        7,
        10,
        "`purchas` is not one of purchase, refund, transaction, feedback, engagement, activity, profile, override, score, care; did you mean `purchase`?",
        "`purchas` 不是以下之一：purchase、refund、transaction、feedback、engagement、activity、profile、override、score、care；是想写 `purchase` 吗？",
    ),
    Slip(
        FEATURES,
        "{kind: complaint}",
        "{weekday: monday}",
        16,
        11,
        "`weekday` cannot be filtered here; kind, topic can",
        "此处不能按 `weekday` 筛选；可以按 kind、topic",
    ),
    Slip(
        FEATURES,
        "{kind: complaint}",
        "{kind: complain}",
        16,
        17,
        "`complain` is not one of complaint, praise, inquiry, survey, review; did you mean `complaint`?",
        "`complain` 不是以下之一：complaint、praise、inquiry、survey、review；是想写 `complaint` 吗？",
    ),
    Slip(
        TIER,
        "{en: Tier, zh: 等级}",
        "{en: '', zh: 等级}",
        2,
        14,
        "`title.en` is empty: write what people are to read",
        "`title.en` 是空的：请写上给人看的文字",
    ),
    Slip(
        TIER,
        "{en: Tier, zh: 等级}",
        "{en: '  ', zh: 等级}",
        2,
        14,
        "`title.en` is empty: write what people are to read",
        "`title.en` 是空的：请写上给人看的文字",
    ),
    Slip(
        TIER,
        "{en: Tier, zh: 等级}",
        "",
        2,
        1,
        "`title` should be a block of `name: value` lines: write `{en: …, zh: …}`",
        "`title` 应为若干行 `名称: 值`：请写 `{en: …, zh: …}`",
    ),
    Slip(
        TIER,
        "{en: Tier, zh: 等级}",
        "等级",
        2,
        8,
        "`title` should be a block of `name: value` lines: write `{en: …, zh: …}`",
        "`title` 应为若干行 `名称: 值`：请写 `{en: …, zh: …}`",
    ),
    Slip(
        CARE,
        "within: 3d",
        "within: 2 days",
        8,
        47,
        "`0.do.within`: a number of days such as 90d: write `2d`",
        "`0.do.within`：天数，如 90d：请写 `2d`",
    ),
    Slip(
        CARE,
        "within: 3d",
        "within: 3d, notes: hello",
        8,
        51,
        "`0.do.notes` is not a word that belongs here; what does: action, channel, consent, contact_cap, cost, owner, priority, within. A remark begins with #",
        "`0.do.notes` 不能写在这里；可以写的有：action、channel、consent、contact_cap、cost、owner、priority、within。备注以 # 开头",
    ),
    Slip(
        CARE,
        "  repeat_after: 30d",
        "  repeat_after: 30d\n  notes: hello",
        10,
        3,
        "`0.notes` is not a word that belongs here; what does: accept, care, do, holdout, repeat_after, success, title, when. A remark begins with #",
        "`0.notes` 不能写在这里；可以写的有：accept、care、do、holdout、repeat_after、success、title、when。备注以 # 开头",
    ),
    Slip(
        TIER,
        "rating: tier",
        "notes: hello\nrating: tier",
        1,
        1,
        "`notes` is not a word that belongs here; what does: accept, better, existing, late_events, level_titles, levels, ordered, qualify, rating, retain, stability, title. A remark begins with #",
        "`notes` 不能写在这里；可以写的有：accept、better、existing、late_events、level_titles、levels、ordered、qualify、rating、retain、stability、title。备注以 # 开头",
    ),
    Slip(
        TIER,
        "rating: tier",
        "rating: Tier",
        1,
        9,
        "`rating`: a name has small letters, digits, dashes and underscores, and begins with a letter: write `tier`",
        "`rating`：名称只含小写字母、数字、短横线和下划线，并以字母开头：请写 `tier`",
    ),
    Slip(
        TIER,
        "rating: tier",
        "rating:tier",
        1,
        8,
        "is not YAML: a space belongs behind the colon: write `rating: tier`",
        "不是 YAML：冒号后要有空格：请写 `rating: tier`",
    ),
    Slip(
        TIER,
        "rating: tier",
        "rating tier",
        1,
        1,
        "is not YAML: `rating tier` has no colon: write `rating:`",
        "不是 YAML：`rating tier` 缺少冒号：请写 `rating:`",
    ),
    Slip(TIER, "levels:", "\tlevels:", 3, 1, "has a tab: indent with spaces", "含有制表符：请用空格缩进"),
    Slip(
        TIER,
        "levels:",
        "rating: x\nlevels:",
        3,
        1,
        "`rating` is there already, on line 1",
        "`rating` 已在第 1 行出现过",
    ),
    Slip(TIER, "en: Tier", 'en: "Tier', 2, 13, 'is not YAML: the quote " is not closed', '不是 YAML：引号 " 没有闭合'),
    Slip(
        TIER,
        "gold]",
        "gold",
        3,
        9,
        "is not YAML: `[` is not closed: a `]` or a comma is missing",
        "不是 YAML：`[` 没有闭合：缺少 `]` 或逗号",
    ),
    Slip(
        TIER,
        "gold]",
        "gold]]",
        3,
        31,
        "is not YAML: `]` closes nothing: remove it",
        "不是 YAML：`]` 没有对应的左括号：请删去",
    ),
    Slip(
        TIER,
        "  silver:\n    all:",
        "  silver:\n    all",
        5,
        3,
        "is not YAML: `all` has no colon: write `all:`",
        "不是 YAML：`all` 缺少冒号：请写 `all:`",
    ),
    Slip(
        TIER,
        "- spend_365d >= 800.00",
        "-spend_365d >= 800.00",
        6,
        5,
        "is not YAML: a line of a list begins with a dash and a space: write `- spend_365d >= 800.00`",
        "不是 YAML：列表的每一行以短横线和空格开头：请写 `- spend_365d >= 800.00`",
    ),
    Slip(
        CARE,
        "  repeat_after: 30d",
        "  repeat_after: 30d\n  holdout: 0.1",
        10,
        12,
        "`0.holdout`: a share such as 10% or 2.5%: write `10%`",
        "`0.holdout`：比例，如 10% 或 2.5%：请写 `10%`",
    ),
    Slip(
        CARE,
        "within: 3d",
        "within: 3d, cost: -4.50",
        8,
        57,
        "`0.do.cost`: an amount such as 4.50, in the programme's currency",
        "`0.do.cost`：金额，如 4.50，以计划的货币计",
    ),
    Slip(
        CARE,
        "within: 3d",
        "within: 3d, cost: ¥4.50",
        8,
        57,
        "`0.do.cost`: an amount such as 4.50, in the programme's currency: write `4.50`",
        "`0.do.cost`：金额，如 4.50，以计划的货币计：请写 `4.50`",
    ),
    Slip(
        CARE,
        "within: 3d",
        "within: 3d, priority: urgent",
        8,
        61,
        "`0.do.priority` should be 'low', 'normal' or 'high'",
        "`0.do.priority` 应为 'low'、'normal' 或 'high'",
    ),
    Slip(
        PROGRAMME,
        "history: 800d",
        "effective: 2026/12/1",
        4,
        12,
        "`effective`: a date such as 2026-12-01: write `2026-12-01`",
        "`effective`：日期，如 2026-12-01：请写 `2026-12-01`",
    ),
    Slip(
        PROGRAMME,
        "history: 800d",
        "overrides: {longest: 1 year}",
        4,
        22,
        "`overrides.longest`: a number of days such as 90d: write `365d`",
        "`overrides.longest`：天数，如 90d：请写 `365d`",
    ),
    Slip(
        PROGRAMME,
        "history: 800d",
        "contact_caps: [{at_most: 3次, within: 30d}]",
        4,
        26,
        "`contact_caps.0.at_most`: a whole number such as 3: write `3`",
        "`contact_caps.0.at_most`：整数，如 3：请写 `3`",
    ),
    Slip(
        PROGRAMME,
        "history: 800d",
        'quiet_hours: {begin: 21：00, end: "08:00"}',
        4,
        24,
        "has the full-width sign `：`: write `:`",
        "含有全角符号 `：`：请写半角 `:`",
    ),
]


def problems(folder: Path) -> list[Problem]:
    with pytest.raises(RulesError) as caught:
        compile_rules(folder)
    return caught.value.problems


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: slip.new)
def test_a_slip_is_told_once_with_its_place_and_the_way_out_in_both_languages(tmp_path: Path, slip: Slip) -> None:
    (found,) = problems(written(tmp_path, {slip.file: (slip.old, slip.new)}))
    assert (found.file, found.line, found.column) == (f"rules/{slip.file}", slip.line, slip.column)
    assert (found.said("en"), found.said("zh")) == (slip.en, slip.zh)
    assert str(found) == f"rules/{slip.file}:{slip.line}:{slip.column}: {slip.en}"


CODE = re.compile(r"`[^`]*`|\{\w+\}|[\w/*-]+\.(?:yaml|md)|\b(?:YAML|UTF-8|ISO 4217|Standing|KB)\b")
WORDS_OF_RULES = {
    *("all", "any", "none", "in", "is", "unknown", "over", "where", "ending", "at_most", "history", "lateness", "en"),
    *("calendar-year", "membership-year", "ratio", "plus", "minus", "points", "true", "false", "activities", "zh"),
    *("on", "after", "expect", "expect_not", "care", "no_care", "held_back", "never", "win-back", "id", "tier"),
    *(
        "gold",
        "platinum",
        "silver",
        "CHK-09",
        "USD",
        "CNY",
        "Asia",
        "Shanghai",
        "deposit",
        "d",
        "name",
        "value",
        "yaml",
    ),
}


@pytest.mark.parametrize("said", [*MESSAGES.every(), *STORIES.every()], ids=lambda said: said.code)
def test_a_message_says_the_same_in_both_languages_and_nothing_of_one_in_the_other(said: Message) -> None:
    en, zh = said.text, translated(said.text, "zh", said.code)
    fields = [{field for _, field, _, _ in Formatter().parse(text) if field} for text in (en, zh)]
    assert fields[0] == fields[1]
    if re.sub(r"\{\w+\}", "", zh).strip("，。；：、 `"):
        assert re.search("[一-鿿]", zh)
    left = re.findall(r"[A-Za-z][A-Za-z_0-9-]*", CODE.sub("", zh))
    assert set(left) <= WORDS_OF_RULES
    assert not re.search("[一-鿿]", en)


# What is no slip ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", ["spend_365d>=800.00", "spend_365d >=800.00", "spend_365d   >= 800.00"])
def test_spaces_around_an_operator_mean_nothing_and_formatting_sets_them(tmp_path: Path, line: str) -> None:
    folder = written(tmp_path / "without", {TIER: ("spend_365d >= 800.00", line)})
    assert compile_rules(folder) == compile_rules(written(tmp_path / "with", {}))
    (kind,) = [kind for kind in KINDS if kind.name == "rating"]
    formatted = format_text((folder / TIER).read_text(encoding="utf-8"), kind)
    assert "      - spend_365d >= 800.00\n" in formatted
    assert line not in formatted


def test_a_title_may_have_full_width_signs(tmp_path: Path) -> None:
    compile_rules(written(tmp_path, {TIER: ("zh: 等级", "zh: “等级”（２０２６，新）：试行")}))


# One fault, one problem --------------------------------------------------------------------------------------------

TREND = """\
trend:
  title: {en: Trend, zh: 趋势}
  ratio: [orders_30d, orders_90d]
score:
  title: {en: Score, zh: 分}
  points: [{feature: orders_90d, from: 0, to: 9, weight: 100}]
"""


def test_a_feature_that_is_wrong_is_not_blamed_on_those_made_of_it(tmp_path: Path) -> None:
    broken = CORRECT[FEATURES].replace("count: purchase\n  over: 90d", "count: purchases\n  over: 90d") + TREND
    (found,) = problems(written(tmp_path, {FEATURES: (CORRECT[FEATURES], broken)}))
    assert (found.line, found.message.partition(" is")[0]) == (11, "`purchases`")


def test_a_rule_that_is_wrong_is_not_blamed_on_the_pairs_that_name_its_action(tmp_path: Path) -> None:
    changes = {PROGRAMME: ("", MAY_NOT_MEET.replace("apologise", "invite")), CARE: ("tier >= gold", "tier >= golden")}
    (found,) = problems(written(tmp_path / "line", changes))
    assert found.file == f"rules/{CARE}"
    (found,) = problems(written(tmp_path / "file", changes | {CARE: ("- care: greet", "- care greet")}))
    assert found.file == f"rules/{CARE}"


def test_a_rating_in_a_file_that_is_not_read_is_not_called_unknown(tmp_path: Path) -> None:
    folder = written(tmp_path, {})
    (folder / TIER).rename(folder / "ratings" / "tier.yml")
    (found,) = problems(folder)
    assert found.file == "rules/ratings/tier.yml"
    assert found.said("zh") == (
        "不会被读取：规则写在 programme.yaml、features.yaml、ratings/*.yaml、care/*.yaml、scenarios/*.yaml"
    )


def test_a_misspelt_word_is_not_told_as_missing_too(tmp_path: Path) -> None:
    (found,) = problems(written(tmp_path, {TIER: ("levels:", "lewels:")}))
    assert found.message == "`lewels` is not a word that belongs here: did you mean `levels`?"


# The commands ------------------------------------------------------------------------------------------------------


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """What a command of `standing rules` says."""

    def run(command: str, folder: Path, *more: str) -> str:
        monkeypatch.setattr(sys, "argv", ["standing", "rules", command, "--rules", str(folder), *more])
        with pytest.raises(SystemExit):
            app.main()
        captured = capsys.readouterr()
        return captured.out + captured.err

    return run


@pytest.mark.parametrize("command", ["build", "check", "test", "fmt", "show", "impact"])
def test_every_command_tells_a_slip_in_the_language_that_was_asked_for(
    tmp_path: Path, said: Callable[..., str], command: str
) -> None:
    folder = written(tmp_path, {TIER: ("spend_365d >= 800.00", "spend_365d ≥ 800.00")})
    more = ("--base", "HEAD") if command == "impact" else ("--check",) if command == "fmt" else ()
    place = f"rules/{TIER}:7:20: "
    chinese = said(command, folder, "--lang", "zh", *more)
    assert place in chinese
    assert "`≥` 不是运算符：请写 `>=`" in chinese
    assert "`≥` is not an operator: write `>=`" in said(command, folder, *more)


def test_accepted_findings_are_one_line_until_all_are_asked_for(tmp_path: Path, said: Callable[..., Any]) -> None:
    accept = "accept: {CHK-14: shown on the card}\n"
    cared = ("      - stage == active\n", "")
    folder = written(tmp_path, {"ratings/stage.yaml": ("rating: stage\n", f"rating: stage\n{accept}"), CARE: cared})
    newcomers = folder / "care/newcomers.yaml"
    newcomers.write_text(newcomers.read_text(encoding="utf-8").replace("      - stage == new\n", ""), encoding="utf-8")
    folded, whole = said("check", folder), said("check", folder, "--all")
    assert "1 finding is accepted: `standing rules check --all` shows them" in folded
    assert "1 项发现已接受：`standing rules check --all` 可查看" in said("check", folder, "--lang", "zh")
    assert "shown on the card" not in folded
    assert "accepted: shown on the card" in whole
    assert "are accepted" not in whole
