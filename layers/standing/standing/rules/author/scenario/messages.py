"""What is said of stories that are wrong, in English and Chinese: what is wrong there, and the way out."""

from __future__ import annotations

import re
from collections.abc import Mapping

from standing.rules.author.messages import RuleTextError, in_both
from standing.rules.ruleset import Title

STORIES: Mapping[str, tuple[str, str]] = {
    "no_story": (
        "has no story: write one in a file of this folder whose name ends in .yaml (docs/scenarios.md)",
        "没有故事：请在此文件夹中写一个以 .yaml 结尾的文件（docs/scenarios.md）",
    ),
    "not_read": ("is not read: let its name end in .yaml", "不会被读取：请让文件名以 .yaml 结尾"),
    "name_taken": (
        "`{name}` is the name of another story, {place}",
        "`{name}` 是另一个故事的名称，见 {place}",
    ),
    "no_block": ("a {what} is a block of `name: value` lines", "{what}应为若干行 `名称: 值`"),
    "story": ("story", "故事"),
    "step": ("step", "步骤"),
    "no_word": ("`{word}` is not a word of a {what}{nearest}", "`{word}` 不是{what}的用词{nearest}"),
    "two_events": (
        "has {events}: one event a step, the next one below `after: 0d`",
        "含有 {events}：每个步骤一个事件，下一个写在 `after: 0d` 之下",
    ),
    "times": (
        "`times` repeats an event, and this step has none",
        "`times` 用来重复事件，而此步骤没有事件",
    ),
    "on_or_after": (
        "each step has `on` (a date) or `after` (days after the step before), not both",
        "每个步骤写 `on`（日期）或 `after`（距上一步的天数），二者取一",
    ),
    "back_in_time": (
        "goes back in time: the step before is on {day}; order the steps by their days",
        "时间倒退：上一步在 {day}；请按日期排列各步",
    ),
    "first_after": (
        "the first step has no step before it: begin with `on` and a date",
        "第一步之前没有步骤：请以 `on` 和日期开始",
    ),
    "end_of_time": ("stories end before {year}", "故事须在 {year} 年之前结束"),
    "too_many": (
        "is more than {most} events: tell it in several stories",
        "超过 {most} 个事件：请分成几个故事",
    ),
    "a_customer": (
        "a story is of one customer: leave `customer` out",
        "一个故事只讲一位客户：请去掉 `customer`",
    ),
    "no_field": (
        "`{name}` is not a field of `{family}`, which has {fields}",
        "`{name}` 不是 `{family}` 的字段；它有 {fields}",
    ),
    "no_care": ("`{name}` is not a care rule{nearest}", "`{name}` 不是关怀规则{nearest}"),
    "expected": ("`{field}`: expected {expected}", "`{field}`：应为{expected}"),
    "of_nothing": (
        "`{name}` is the id of no purchase above, such as `purchase: {{id: {name}, amount: 9.00}}`{nearest}",
        "`{name}` 不是上文任何购买的 id，如 `purchase: {{id: {name}, amount: 9.00}}`{nearest}",
    ),
    "id_taken": (
        "`{name}` is the id of another event of this story",
        "`{name}` 是此故事中另一事件的 id",
    ),
    "no_event": (
        "has no event: before the first one there is nobody to rate",
        "没有事件：第一个事件之前没有可评级的客户",
    ),
    "too_early": (
        "`{about}` is expected before the first event, on {day}: there is no standing yet",
        "`{about}` 写在第一个事件（{day}）之前：那时还没有等级",
    ),
    "nothing_expected": (
        "expects nothing: add expect, expect_not, care, no_care, held_back or never",
        "没有期望：请加上 expect、expect_not、care、no_care、held_back 或 never",
    ),
    "no_rating": ("`{name}` is not a rating{nearest}{perhaps}", "`{name}` 不是评级{nearest}{perhaps}"),
    "a_feature": (
        "; `{name}` is a feature, which stands below `{word}`",
        "；`{name}` 是特征，写在 `{word}` 之下",
    ),
    "no_level": ("`{level}` is not a level of `{name}`: {levels}", "`{level}` 不是 `{name}` 的等级：{levels}"),
    "no_gate": ("`{gate}` holds nothing back: {gates} does", "`{gate}` 不会拦下任何行动：会拦下的是 {gates}"),
    "no_feature": ("`{name}` is not a feature{nearest}", "`{name}` 不是特征{nearest}"),
    "no_value": (
        "`{text}` is not a value of `{name}`: {example}, or unknown",
        "`{text}` 不是 `{name}` 的值：{example}，或 unknown",
    ),
    "example_money": ("an amount such as 120.00", "金额，如 120.00"),
    "example_score": ("a fraction such as 0.75", "小数，如 0.75"),
    "example_text": ("a short text", "简短文字"),
    "example_whole": ("a whole number such as 3", "整数，如 3"),
    "a_date": ("a date such as 2026-03-01, from 1970 to 2199", "日期，如 2026-03-01，介于 1970 与 2199 年之间"),
    "no_date": (
        "{value} is not in the calendar: a date such as 2026-03-01",
        "{value} 在日历上不存在：应为日期，如 2026-03-01",
    ),
    "care_list": ("a list of care rules, such as [win-back]", "关怀规则的列表，如 [win-back]"),
    "care_block": (
        "a list of care rules that fall due, such as [win-back], or a block: what became of one",
        "触发的关怀规则列表，如 [win-back]；或一个块：某条规则的结果",
    ),
    "never_list": (
        "a list of what never happens, such as [win-back, {{tier: platinum}}]",
        "绝不发生的事的列表，如 [win-back, {{tier: platinum}}]",
    ),
}
# What events say was expected of their fields, which producers read in English, in Chinese.
EXPECTED = tuple(
    (re.compile(pattern), zh)
    for pattern, zh in (
        (r"a value: this field is required", "有值：此字段必填"),
        (r"nothing: this event type has no such field", "不写：此事件没有这个字段"),
        (r"a shorter text: at most (\d+) characters", r"更短的文字：最多 \1 个字符"),
        (r"a text of at least (\d+) character", r"至少 \1 个字符的文字"),
        (r"a text", "文字"),
        (r"a text that is valid Unicode", "有效的 Unicode 文字"),
        (r"a whole number(, without quotes)?", "整数"),
        (r"at least (-?\d+)", r"不小于 \1 的数"),
        (r"at most (-?\d+)", r"不大于 \1 的数"),
        (r"a list of two whole numbers.*", "两个整数的列表，如 [1, 5]"),
        (r"a list of (\d+) values", r"\1 个值的列表"),
        (r"true or false", "true 或 false"),
        (r"an object of names and their values", "若干行 `名称: 值`"),
        (r"an object with the event's fields", "事件的各字段"),
        (r"'(.*)'", r"以下之一：'\1'"),
        (
            r'a decimal number, not negative and below 10 billion, such as "12.50"',
            '非负且小于 100 亿的数字，如 "12.50"',
        ),
        (r"an ISO 4217 code.*", "三个大写字母的 ISO 4217 代码，如 USD 或 CNY"),
        (r"a time with its offset.*", "带时区偏移的时间，如 2026-03-01T09:30:00Z"),
        (r"a time after 1970-01-01", "1970-01-01 之后的时间"),
        (r"a time on (\S+), the day of this step, or none", r"\1（此步骤当日）的时间，或不写"),
        (r"a scale that rises.*", "递增的量表，如 [1, 5]"),
        (r"a name of small letters.*", "以字母开头、由小写字母、数字、短横线和下划线组成的名称"),
        (r"a date such as 2026-03-01", "日期，如 2026-03-01"),
        (r"a month and a day.*", "月和日，如 05-17，或只取其月日的日期"),
        (r"true, false, or a code.*", "true、false 或 1 到 64 个字符的代码"),
        (r"a text without control characters", "不含控制字符的文字"),
        (r"at most (\d+) decimals in (\w+)", r"\2 最多 \1 位小数"),
        (r"at most (\d+) entries", r"最多 \1 项"),
        (r"(\w+), the programme's currency", r"计划的货币 \1"),
        (r"one of the programme's activities: it has none", "计划的 activities 之一，而计划没有"),
        (r"one of the programme's activities: (.*)", r"计划的 activities 之一：\1"),
        (r"one of the programme's channels: it has none", "计划的渠道之一，而计划没有"),
        (r"one of the programme's channels: (.*)", r"计划的渠道之一：\1"),
        (r"one of (.*)", r"以下之一：\1"),
        (r"a day that is not before the event's own", "不早于事件当日的日期"),
        (r"a day at most (\d+) days after the event's own", r"事件当日之后 \1 天以内的日期"),
    )
)


def in_words(name: str, /, **parts: object) -> Title:
    """A message in both languages."""
    return in_both(STORIES, name, parts)


def scenario_error(name: str, /, **parts: object) -> RuleTextError:
    """The error that says a message."""
    return RuleTextError(in_words(name, **parts))


def expectation(said: str) -> Title:
    """What an event says was expected of a field, in both languages."""
    found = ((pattern.fullmatch(said), zh) for pattern, zh in EXPECTED)
    zh = next((match.expand(told) for match, told in found if match), "另一种值（见 docs/events.md）")
    return Title(en=said, zh=zh)
