"""What is said of rule files that are wrong, in English and Chinese: what is wrong there, and the way out.

The one catalogue of it. Parts that are themselves told in two languages are Titles.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from standing.rules.ruleset import Title

MESSAGES: Mapping[str, tuple[str, str]] = {
    # files
    "not_utf8": ("is not UTF-8 text: save the file as UTF-8", "不是 UTF-8 文本：请将文件存为 UTF-8"),
    "no_file": ("is missing: every programme has this file", "缺少此文件：每个计划都要有它"),
    "unreadable": ("cannot be read: {why}", "无法读取：{why}"),
    "a_folder": ("Is a directory", "这是一个文件夹"),
    "no_leave": ("Permission denied", "没有读取权限"),
    "a_loop": ("a link that leads to itself", "链接指向自身"),
    "other_fault": ("the system's error {number}", "系统错误 {number}"),
    "too_long": ("is over {most} characters: split it", "超过 {most} 个字符：请拆分"),
    "empty_file": ("is empty", "是空的"),
    "stray": ("is not read: rules are in {where}", "不会被读取：规则写在 {where}"),
    "formatting": (
        "cannot be formatted without a change of meaning: left as it is",
        "无法在不改变含义的前提下排版：保持原样",
    ),
    "formatting_all": (
        "formatting would change what the rules mean: nothing is written",
        "排版会改变规则的含义：未写入任何内容",
    ),
    "no_timeline": ("is missing: build the rules that were in force before", "缺失：请先构建此前生效的规则"),
    "not_a_timeline": (
        "is not a timeline that this version of Standing reads",
        "不是此版本 Standing 能读取的时间线",
    ),
    # YAML
    "anchor": (
        "has a YAML anchor (& or *): write the lines out where needed",
        "含有 YAML 锚点（& 或 *）：请在需要处把各行写全",
    ),
    "tag": ("has a YAML tag (!): write the plain value", "含有 YAML 标签（!）：请直接写值"),
    "too_deep": ("is nested too deep", "嵌套过深"),
    "documents": ("begins a second document (---): one a file", "开始了第二个文档（---）：每个文件只能有一个"),
    "control": ("has a control character: remove it", "含有控制字符：请删去"),
    "tab": ("has a tab: indent with spaces", "含有制表符：请用空格缩进"),
    "not_yaml": (
        "is not YAML here: look for a colon, a quote, a bracket or a space that is missing or too many",
        "此处不是 YAML：检查是否多了或少了冒号、引号、括号或空格",
    ),
    "colons": (
        'is not YAML: a second colon; put the text in quotes: `{name}: "…"`',
        '不是 YAML：多了一个冒号；请给文字加引号：`{name}: "…"`',
    ),
    "no_colon": ("is not YAML: `{text}` has no colon: write `{name}:`", "不是 YAML：`{text}` 缺少冒号：请写 `{name}:`"),
    "nothing_below": (
        "`{word}` has nothing below it: indent its lines by more spaces than `{name}`",
        "`{word}` 之下没有内容：其下各行的缩进要比 `{name}` 更多",
    ),
    "no_space": (
        "is not YAML: a space belongs behind the colon: write `{name}: {rest}`",
        "不是 YAML：冒号后要有空格：请写 `{name}: {rest}`",
    ),
    "no_dash": (
        "is not YAML: a line of a list begins with a dash and a space: write `- {rest}`",
        "不是 YAML：列表的每一行以短横线和空格开头：请写 `- {rest}`",
    ),
    "open_quote": ("is not YAML: the quote {mark} is not closed", "不是 YAML：引号 {mark} 没有闭合"),
    "open_bracket": (
        "is not YAML: `{mark}` is not closed: a `{end}` or a comma is missing",
        "不是 YAML：`{mark}` 没有闭合：缺少 `{end}` 或逗号",
    ),
    "colon_within": (
        'is not YAML: within {{…}} a text with a colon needs quotes: `"{text}"`',
        '不是 YAML：在 {{…}} 中，含冒号的文字要加引号：`"{text}"`',
    ),
    "extra_bracket": (
        "is not YAML: `{mark}` closes nothing: remove it",
        "不是 YAML：`{mark}` 没有对应的左括号：请删去",
    ),
    "quoted_sign": (
        "is not YAML: no value begins with `{mark}`: put the text in quotes",
        "不是 YAML：值不能以 `{mark}` 开头：请给文字加引号",
    ),
    "indented": (
        "is not YAML: this line is indented by {spaces}; the lines it can belong to by {levels}: make them alike",
        "不是 YAML：此行缩进 {spaces} 个空格；它可归属的各行缩进 {levels} 个：请对齐",
    ),
    "foreign": (
        "has the full-width sign `{sign}`: write `{plain}`",
        "含有全角符号 `{sign}`：请写半角 `{plain}`",
    ),
    "foreign_space": (
        "has a space that is no plain one (full-width, or non-breaking): write an ordinary space",
        "含有特殊空格（全角或不换行）：请改用普通空格",
    ),
    "block_for_name": ("has a block where a name belongs", "此处应为名称，却是一个块"),
    "twice": ("`{name}` is there already, on line {first}", "`{name}` 已在第 {first} 行出现过"),
    "goes_on": (
        "`{text}` goes on in the next line: give each `- ` the same number of spaces before it",
        "`{text}` 延续到了下一行：每个 `- ` 之前的空格数要一致",
    ),
    # shapes
    "missing": ("`{word}` is missing", "缺少 `{word}`"),
    "no_word": ("`{word}` is not a word that belongs here{meant}", "`{word}` 不能写在这里{meant}"),
    "meant": (": did you mean `{close}`?", "：是想写 `{close}` 吗？"),
    "there_are_words": (
        "; what does: {names}. A remark begins with #",
        "；可以写的有：{names}。备注以 # 开头",
    ),
    "list": (
        "`{word}` should be a list, one item a line, each beginning with a dash",
        "`{word}` 应为列表：每行一项，以短横线开头",
    ),
    "block": ("`{word}` should be a block of `name: value` lines", "`{word}` 应为若干行 `名称: 值`"),
    "title_block": (
        "`{word}` should be a block of `name: value` lines: write `{{en: …, zh: …}}`",
        "`{word}` 应为若干行 `名称: 值`：请写 `{{en: …, zh: …}}`",
    ),
    "text": ("`{word}` should be a text", "`{word}` 应为文字"),
    "choice": ("`{word}` should be {expected}", "`{word}` 应为 {expected}"),
    "bool": ("`{word}` should be true or false", "`{word}` 应为 true 或 false"),
    "too_few": ("`{word}` has too few: at least {least}", "`{word}` 太少：至少 {least} 个"),
    "too_many": ("`{word}` has too many: at most {most}", "`{word}` 太多：最多 {most} 个"),
    "too_long_text": ("`{word}` is too long: at most {most} characters", "`{word}` 过长：最多 {most} 个字符"),
    "empty": ("`{word}` is empty: write what people are to read", "`{word}` 是空的：请写上给人看的文字"),
    "does_not_fit": ("`{word}` is not what belongs here", "`{word}` 的值不合要求"),
    "whole_file": ("the file", "此文件"),
    "said_of": ("`{word}`: {said}", "`{word}`：{said}"),
    "name": (
        "a name has small letters, digits, dashes and underscores, and begins with a letter{instead}",
        "名称只含小写字母、数字、短横线和下划线，并以字母开头{instead}",
    ),
    "there_twice": ("`{name}` is there twice", "`{name}` 出现了两次"),
    "days": ("a number of days such as 90d{instead}", "天数，如 90d{instead}"),
    "or_a_year": (
        "a number of days such as 90d, `calendar-year` or `membership-year`{instead}",
        "天数（如 90d）、`calendar-year` 或 `membership-year`{instead}",
    ),
    "instead": (": write `{text}`", "：请写 `{text}`"),
    "amount": (
        "an amount such as 4.50, in the programme's currency{instead}",
        "金额，如 4.50，以计划的货币计{instead}",
    ),
    "time_of_day": ('a time of the day in quotes, such as "21:00"', '加引号的时刻，如 "21:00"'),
    "share": ("a share such as 10% or 2.5%{instead}", "比例，如 10% 或 2.5%{instead}"),
    "whole_number": ("a whole number such as 3{instead}", "整数，如 3{instead}"),
    "date": ("a date such as 2026-12-01{instead}", "日期，如 2026-12-01{instead}"),
    "accepted_check": (
        "a check such as CHK-09 with the reason why its finding is accepted",
        "检查编号（如 CHK-09）及接受其发现的理由",
    ),
    "one_group": (
        "one of all, any or none, with its lines below it",
        "all、any、none 三者之一，其下写各行条件",
    ),
    "points": ("whole points from 0 to 100", "0 到 100 的整数分"),
    "at_most_values": (
        "a whole number from 1 to {most}: a customer's state has no room for more",
        "1 到 {most} 的整数：客户的状态容不下更多",
    ),
    "number": (
        "a number such as 12 or 4.50, as rules compare the feature with",
        "数字，如 12 或 4.50，与规则比较该特征时的写法相同",
    ),
    "one_measure": ("exactly one of {names}", "以下必须恰好有一个：{names}"),
    "combines": (
        "{kind} combines features with windows of their own: leave out over and where",
        "{kind} 组合的特征各有自己的窗口：请去掉 over 和 where",
    ),
    "looks_far": (
        "{kind} looks as far as there is: leave out over and ending",
        "{kind} 总是看全部历史：请去掉 over 和 ending",
    ),
    "no_ending": (
        "{kind} keeps only the last of each value: leave out ending",
        "{kind} 只保留每个值的最近一次：请去掉 ending",
    ),
    "no_at_most": (
        "at_most is how many different values are counted; {kind} counts none: leave it out",
        "at_most 是计数的不同值的上限；{kind} 不计数：请去掉",
    ),
    "needs_over": (
        "ending needs over: the length of the window that ends then",
        "ending 需要 over：即到那时为止的窗口长度",
    ),
    # lines
    "no_condition": (
        "`{text}` is not a condition: write `feature operator value`, such as `orders_90d >= 3`",
        "`{text}` 不是条件：请写“特征 运算符 数值”，如 `orders_90d >= 3`",
    ),
    "write_line": ("`{text}` is not a condition: write `{line}`", "`{text}` 不是条件：请写 `{line}`"),
    "sign": ("`{sign}` is not an operator: write `{plain}`", "`{sign}` 不是运算符：请写 `{plain}`"),
    "no_sign": (
        "`{sign}` is not an operator: write one of ==, !=, <, <=, >, >=, in, is unknown",
        "`{sign}` 不是运算符：请写 ==、!=、<、<=、>、>=、in、is unknown 之一",
    ),
    "joined": (
        "`{word}` joins two conditions: write each on a line of its own, below `{group}:`",
        "`{word}` 连接了两个条件：请各写一行，放在 `{group}:` 之下",
    ),
    "negated": (
        "`{word}` negates a condition: write it on a line below `none:`",
        "`{word}` 否定了条件：请单独写一行，放在 `none:` 之下",
    ),
    "calculates": (
        "`{text}` calculates, and lines only compare: "
        "make a feature of it in features.yaml (ratio, plus, minus or points)",
        "`{text}` 是算式，而条件只做比较：请在 features.yaml 中为它建一个特征（ratio、plus、minus 或 points）",
    ),
    "turned": (
        "`{text}` is not a condition: the feature comes first: write `{line}`",
        "`{text}` 不是条件：特征写在前面：请写 `{line}`",
    ),
    "unknown_fact": ("`{fact}` is not a feature or rating{nearest}", "`{fact}` 不是特征，也不是评级{nearest}"),
    "text_by_size": (
        "`{verb}` compares by size; `{fact}` is a text: use ==, != or in",
        "`{verb}` 按大小比较，而 `{fact}` 是文字：请用 ==、!= 或 in",
    ),
    "no_order": (
        "`{verb}` needs an order; the levels of `{fact}` have none: use ==, != or in",
        "`{verb}` 需要顺序，而 `{fact}` 的等级没有顺序：请用 ==、!= 或 in",
    ),
    "saturated": (
        "`is saturated` speaks of a feature that counts different values; `{fact}` is not one",
        "`is saturated` 只用于计不同值个数的特征；`{fact}` 不是",
    ),
    "is_what": (
        "`is` is followed by `unknown` or `saturated`, not by `{value}`",
        "`is` 之后是 `unknown` 或 `saturated`，不是 `{value}`",
    ),
    "not_a_rating": (
        "`{verb}` speaks of a rating; `{fact}` is not one",
        "`{verb}` 只用于评级；`{fact}` 不是评级",
    ),
    "in_what": (
        "`in` is followed by a list such as [gold, platinum], not by `{value}`",
        "`in` 之后是列表，如 [gold, platinum]，不是 `{value}`",
    ),
    "no_level": ("`{value}` is not one of its levels: {levels}", "`{value}` 不是它的等级之一：{levels}"),
    "too_large": ("`{value}` is too large to compare exactly", "`{value}` 太大，无法精确比较"),
    "no_number": (
        "`{value}` is not a number such as 3 or 0.5{instead}",
        "`{value}` 不是数字，如 3 或 0.5{instead}",
    ),
    "decimals": (
        "`{value}` has too many decimals for {units}: at most {digits} decimals",
        "`{value}` 的小数位数对{units}而言过多：最多 {digits} 位",
    ),
    "no_text": (
        "`{value}` is not a text of at most 64 characters without commas, brackets and quotes",
        "`{value}` 不是 64 字以内、不含逗号、括号和引号的文字",
    ),
    "unit_money": ("an amount of money", "金额"),
    "unit_score": ("a score", "分值"),
    "unit_days": ("whole days", "天数"),
    "unit_count": ("a count", "个数"),
    "did_you_mean": ("; did you mean `{close}`?", "；是想写 `{close}` 吗？"),
    "there_are": ("; there are {names}", "；有 {names}"),
    "nothing": ("nothing", "没有"),
    # features
    "no_family": ("`{name}` is not one of {names}{nearest}", "`{name}` 不是以下之一：{names}{nearest}"),
    "no_activities": (
        "programme.yaml names no `activities`: what they are called, such as [deposit]",
        "programme.yaml 中没有 `activities`：请列出其名称，如 [deposit]",
    ),
    "which_score": (
        "of which score? Name it, such as `where: {{name: churn}}`",
        "是哪个评分？请写明，如 `where: {{name: churn}}`",
    ),
    "not_above": (
        "`{name}` is not a feature that stands above this one",
        "`{name}` 不是写在它上面的特征",
    ),
    "no_number_above": (
        "`{name}` is not a number that stands above this one",
        "`{name}` 不是写在它上面的数值特征",
    ),
    "two_of_a_kind": (
        "{kind} needs two numbers of a kind, not {first} and {second}",
        "{kind} 需要两个同类数值，不能是 {first} 与 {second}",
    ),
    "kind_count": ("a count", "个数"),
    "kind_money": ("money", "金额"),
    "kind_score": ("a score", "分值"),
    "kind_days": ("days", "天数"),
    "kind_level": ("a word with an order", "有序词"),
    "kind_text": ("a text", "文字"),
    "weights": (
        "the weights add up to {weights}: together they are to be {all}",
        "权重之和为 {weights}：合计应为 {all}",
    ),
    "ramp_flat": ("`from` and `to` are the same", "`from` 与 `to` 相同"),
    "ramp_weight": (
        "`weight` is at least 1, and `unknown` no more than it",
        "`weight` 至少为 1，`unknown` 不得超过它",
    ),
    "not_filtered": (
        "`{word}` cannot be filtered here; {fields} can{nearest}",
        "此处不能按 `{word}` 筛选；可以按 {fields}{nearest}",
    ),
    "takes_alone": (
        "{kind} takes {family} alone, without `.{path}`",
        "{kind} 只写 {family}，不带 `.{path}`",
    ),
    "needs_value": ("{kind} needs a value: {choices}", "{kind} 需要一个值：{choices}"),
    "has_no_value": (
        "{kind} needs a value, and {family} has none for it",
        "{kind} 需要一个值，而 {family} 没有",
    ),
    # programme
    "no_currency": (
        "`{code}` is not an ISO 4217 currency, such as USD or CNY",
        "`{code}` 不是 ISO 4217 货币代码，如 USD 或 CNY",
    ),
    "no_time_zone": (
        "`{zone}` is not a time zone, such as Asia/Shanghai",
        "`{zone}` 不是时区，如 Asia/Shanghai",
    ),
    "lateness": (
        "is longer than can be undone: at most {most}d, or {finite}d where history is not `forever`",
        "超过可重算的范围：最多 {most}d；history 不是 `forever` 时最多 {finite}d",
    ),
    "no_channel": (
        "`{channel}` is not one of the programme's channels: {known}",
        "`{channel}` 不是计划的渠道之一：{known}",
    ),
    "no_channels": ("programme.yaml names none", "programme.yaml 中没有渠道"),
    "no_action": (
        "`{action}` is an action of no care rule; there are {names}",
        "没有关怀规则使用动作 `{action}`；有 {names}",
    ),
    "no_source": (
        "`{name}` is no source: it has 1 to 128 letters, digits, dots, dashes, underscores or slashes",
        "`{name}` 不是来源：应为 1 到 128 个字母、数字、点、短横线、下划线或斜线",
    ),
    "our_source": (
        "`{name}` is the source of what Standing itself says, and no event comes from it: name the system that sends",
        "`{name}` 是 Standing 自己发布结果所用的来源，不会有事件来自它：请写发送事件的系统",
    ),
    "night_source": (
        "`{name}` is the source of the night's scores, and needs no name here: leave it out",
        "`{name}` 是夜间评分的来源，无需写在这里：请删去",
    ),
    "night_alone": ("`{kind}` comes from the night alone: leave it out", "`{kind}` 只来自夜间任务：请删去"),
    "a_version": (
        "`{kind}` is one version of an event: write `{family}`, whatever its version",
        "`{kind}` 是事件的某个版本：请写 `{family}`，不论版本",
    ),
    "no_kind": ("`{kind}` is no kind of event: {meant}", "`{kind}` 不是事件类型：{meant}"),
    "one_of": ("one of {names}", "应为 {names} 之一"),
    "kind_meant": ("did you mean `{close}`?", "是想写 `{close}` 吗？"),
    # ratings and care
    "no_lines": ("`{kind}` has no lines", "`{kind}` 之下没有条件"),
    "too_wide": ("uses over {most} features: split the rule", "用到的特征超过 {most} 个：请拆分此规则"),
    "too_branched": ("has over {most} alternatives: split the rule", "情形超过 {most} 种：请拆分此规则"),
    "only_ordered": (
        "`{word}`: only an ordered rating rises, falls and is retained",
        "`{word}`：只有有序的评级才有升降和保级",
    ),
    "no_effective": (
        "`existing: keep` is about levels reached before some day: name it in programme.yaml, as `effective`",
        "`existing: keep` 针对某日之前达到的等级：请在 programme.yaml 中用 `effective` 写明该日",
    ),
    "unreached": ("`{level}` is missing: nobody could reach it", "缺少 `{level}`：没有人能达到它"),
    "lowest": (
        "`{level}` is the lowest level, which needs no condition",
        "`{level}` 是最低等级，无需条件",
    ),
    "last": ("`{level}` is the last level, which needs no condition", "`{level}` 是最后一个等级，无需条件"),
    "not_a_level": ("`{level}` is not one of the levels: {levels}", "`{level}` 不是等级之一：{levels}"),
    "name_taken": (
        "`{name}` is already the name of a feature or rating",
        "`{name}` 已是某个特征或评级的名称",
    ),
    "care_taken": ("`{name}` is the name of another care rule", "`{name}` 已是另一条关怀规则的名称"),
    "no_success": ("`{name}` is not a feature that is a number", "`{name}` 不是数值特征"),
    "circle": ("ratings need each other in a circle: {names}", "评级循环依赖：{names}"),
    "circle_of_terms": (
        "with the terms of `existing: keep`, ratings need each other in a circle: {names}",
        "加上 `existing: keep` 的旧条件，评级循环依赖：{names}",
    ),
    "looks_back": (
        "looks back {days} days, but with lateness only {kept} are kept",
        "回看 {days} 天，但扣除 lateness 后只保留 {kept} 天",
    ),
    "looks_back_ever": (
        "looks back for ever, but with lateness only {kept} are kept",
        "回看全部历史，但扣除 lateness 后只保留 {kept} 天",
    ),
    "state_too_large": (
        "a customer's state could grow to {most} KB, and there is room for {limit} KB: look back over fewer days "
        "(`over`), count fewer different values (`at_most`), or shorten `lateness`; the largest are {largest}",
        "客户的状态可能达到 {most} KB，而上限是 {limit} KB：请缩短回看天数（`over`）、减少计数的不同值（`at_most`）"
        "或缩短 `lateness`；其中最大的：{largest}",
    ),
    "needless": (
        "`accept` names {check}, but there is no such finding: remove it",
        "`accept` 写了 {check}，但没有这项发现：请删去",
    ),
    "cannot_change": (
        "`{word}` cannot change: days and amounts are stored",
        "`{word}` 不能改动：日期和金额已经存储",
    ),
    "keep_needs": (
        "`existing: keep` needs `{fact}` as the rules before define it: keep it beside the new one",
        "`existing: keep` 需要旧规则所定义的 `{fact}`：请在新特征旁保留它",
    ),
}


class RuleTextError(ValueError):
    """Something in a rule file that is wrong; `at` is the sign of the text at which it is, counted from 0."""

    def __init__(self, said: Title, at: int = 0) -> None:
        self.said, self.at = said, at
        super().__init__(said.en)


def in_words(name: str, /, **parts: object) -> Title:
    """A message in both languages."""
    return in_both(MESSAGES, name, parts)


def rule_text_error(name: str, /, **parts: object) -> RuleTextError:
    """The error that says a message."""
    return RuleTextError(in_words(name, **parts))


def in_both(known: Mapping[str, tuple[str, str]], name: str, parts: Mapping[str, object]) -> Title:
    """A sentence in both languages; a part that is a Title is told in the sentence's own language."""
    en, zh = known[name]
    return Title(en=en.format(**_in("en", parts)), zh=zh.format(**_in("zh", parts)))


def _in(language: str, parts: Mapping[str, object]) -> dict[str, object]:
    return {name: getattr(part, language) if isinstance(part, _TOLD) else part for name, part in parts.items()}


class Nothing:
    """A part that says nothing in either language."""

    en = zh = ""


NOTHING = Nothing()
_TOLD = (Title, Nothing)
type Said = Title | Nothing


def nearest(word: str, known: Iterable[str]) -> Title:
    """The way out of an unknown word: the one that was probably meant, or all there are."""
    names = sorted(known)
    close = get_close_matches(word.lower(), names, n=1)
    return (
        in_words("did_you_mean", close=close[0])
        if close
        else in_words("there_are", names=", ".join(names) or in_words("nothing"))
    )


def instead(text: str | None) -> Said:
    """The way out: what to write."""
    return in_words("instead", text=text) if text else NOTHING
