"""The words of what is live, in both languages."""

from __future__ import annotations

from functools import partial

from standing.tools.language import phrase_of, phrases

WORDS = phrases(
    ("from_day", "From", "生效日"),
    ("rules_version", "Rules", "规则版本"),
    ("state", "State", "状态"),
    ("by", "By", "方式"),
    ("at", "At", "时间"),
    ("all_days", "all days", "所有日期"),
    ("in-force", "in force", "生效中"),
    ("over", "over", "已结束"),
    ("to-come", "to come", "未生效"),
    ("release", "release", "发布"),
    ("rollback", "roll-back", "回退"),
    (
        "unfinished",
        "A release of {version}, begun at {begun}, is not deployed: it goes on, or did not come to its end.",
        "规则 {version} 的发布（始于 {begun}）尚未部署完成：正在进行，或已中断。",
    ),
)

phrase = partial(phrase_of, WORDS)
