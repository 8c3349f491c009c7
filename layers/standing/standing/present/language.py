"""Both languages: the words of the command line, and how a line of a rule is told."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Literal

from standing.rules.ruleset import Title
from standing.values.counted import Counted
from standing.values.days import Day

type Language = Literal["en", "zh"]
type Phrases = dict[str, Title]
type Tense = Literal["was", "is", "will-be"]


def phrases(*rows: tuple[str, str, str]) -> Phrases:
    """Words and phrases by name, each in English and Chinese."""
    return {name: Title(en=en, zh=zh) for name, en, zh in rows}


WORDS = phrases(
    ("customer", "Customer", "客户"),
    ("as_of", "as of", "截至"),
    ("rating", "Rating", "评级"),
    ("level", "Level", "等级"),
    ("since", "Since", "起始日"),
    ("feature", "Feature", "特征"),
    ("value", "Value", "数值"),
    ("name", "Name in rules", "规则中的名称"),
    ("decisions", "Last decisions", "最近决策"),
    ("day", "Day", "日期"),
    ("decision", "Decision", "决策"),
    ("because", "Because", "原因"),
    ("unknown", "unknown", "未知"),
    ("requested", "requested", "已发起"),
    ("missed", "missed: known too late", "错过（得知太晚）"),
    ("held-out", "held out for comparison", "对照组，未执行"),
    ("consent", "held back: no consent", "未执行：未获同意"),
    ("contact-cap", "held back: contact cap", "未执行：联系次数已达上限"),
    ("never-together", "held back: contradicts another action", "未执行：与其他行动冲突"),
    ("accepted", "accepted", "已接受"),
    ("done", "done", "已完成"),
    ("declined", "declined", "已拒绝"),
    ("failed", "failed", "失败"),
    ("expired", "expired: not done in time", "逾期未完成"),
    ("was", "was", "实际"),
    ("is", "is", "实际"),
    ("will-be", "will be", "届时"),
    ("honoured", "honoured until", "保留至"),
    ("grace", "Grace period ends", "宽限期截止"),
    ("kept-by", "Keeps", "保级条件"),
    ("kept-as-before", "By older rules keeps", "按旧规则保级"),
    ("set-by-hand", "Set by hand", "人工设定"),
    ("qualifies-by", "Qualifies as", "达标条件"),
    ("needs", "Needs", "升级条件"),
    ("not", "Not", "不属于"),
    ("time", "Time alone", "仅随时间"),
    ("reach", "To reach", "升至"),
    ("reach_lower", "To come down to", "降至"),
    ("keep", "To keep", "保住"),
    ("become", "To become", "变为"),
    ("announced", "Announced", "最近公布"),
    ("known_on", "as known on", "按当日所知"),
    ("rules", "rules", "规则版本"),
    ("stays", "nothing changes before", "在此日期前不变："),
    ("turn", "{level} on {day}", "{day} 变为 {level}"),
    (
        "turn_after_grace",
        "{level} on {day}, at the end of a grace period from {grace}",
        "{day} 变为 {level}（宽限期自 {grace} 起）",
    ),
    ("without", "no {one} until {day}", "{day} 前没有{some}"),
    ("only_time", "nothing but time, until {day}", "只需等到 {day}"),
    ("and_time", "waiting until {day}", "等到 {day}"),
    ("and", ", and ", "，且"),
    ("more_money", "{amount} more by {many}", "再有 {amount} 的{some}"),
    ("one_more", "1 more {one}", "再有 1 {counted}{some}"),
    ("more", "{number} more {many}", "再有 {number} {counted}{some}"),
    ("moved", "{said} ({title}: {was} → {becomes})", "{said}（{title}：{was} → {becomes}）"),
    ("between", "{said}, from {first} to {last}", "{said}，{first} 至 {last}"),
    ("from", "{said}, from {first} on", "{said}，自 {first} 起"),
    ("by", "{said} by {last}", "{said}，不迟于 {last}"),
    ("for_example", "for example: {facts}", "例如：{facts}"),
    ("accepted_because", "accepted: {reason}", "已接受：{reason}"),
    (
        "not_proved",
        "{problems:problem|problems} to mend before anything can be proved",
        "先改正 {problems} 处错误，才能证明",
    ),
    (
        "checked",
        "{rules:condition|conditions} over {features:feature|features}: ",
        "{features} 个特征、{rules} 个条件：",
    ),
    ("found", "{problems:problem|problems}, {faults:finding|findings}, ", "{problems} 处错误，{faults} 项发现，"),
    ("asked", "{questions:question|questions}, {accepted} accepted", "{questions} 个疑问，{accepted} 项已接受"),
    (
        "folded",
        "{accepted:finding is|findings are} accepted: `standing rules check --all` shows them",
        "{accepted} 项发现已接受：`standing rules check --all` 可查看",
    ),
    ("formatted", "formatted", "已排版"),
    ("would_change", "would change", "将会改动"),
    ("too_long", ", {unproved} not proved", "，{unproved} 项未能证明"),
    (
        "state_size",
        "a customer's state takes {most} KB at most, and there is room for {limit} KB; the largest parts: {largest}",
        "每位客户的状态最多占 {most} KB，上限 {limit} KB；其中最大的：{largest}",
    ),
    (
        "make_simpler",
        "ask in fewer or simpler lines, or accept it: `accept: {{{check}: the reason}}`",
        "用更少、更简单的条件，或接受它：`accept: {{{check}: 理由}}`",
    ),
    ("not_found", "nothing was found that would do it", "未找到可行的变化"),
)


def word_for(name: str, language: Language) -> str:
    """A word of the command line."""
    return in_language(WORDS[name], language)


def phrase_of(known: Phrases, name: str, language: Language, /, **parts: object) -> str:
    """One of some phrases, with its parts filled in; whole numbers with separators, and with what they count."""
    filled = {key: Counted(value) if isinstance(value, int) else value for key, value in parts.items()}
    return in_language(known[name], language).format(**filled)


phrase = partial(phrase_of, WORDS)


def in_language(title: Title, language: Language) -> str:
    """A title in one of its languages."""
    return title.zh if language == "zh" else title.en


def tense(day: Day, today: Day) -> Tense:
    """How a value of a day is spoken of today."""
    return "was" if day < today else "is" if day == today else "will-be"


def reason_line(reason: Mapping[str, Any], language: Language, met: Tense = "was") -> str:
    """A line of a rule, whether it held, and the value that it met, meets or will meet."""
    mark = "✓" if reason["holds"] else "✗"
    return f"{mark} {reason['line']}  ({word_for(met, language)} {reason['actual'] or word_for('unknown', language)})"
