"""The words of what is live, in both languages."""

from __future__ import annotations

from functools import partial

from standing.present.language import phrase_of, phrases

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
        "compared",
        "Rules {live} (live) and {candidate} (candidate, from {since} on), as of {day}",
        "规则 {live}（现行）与 {candidate}（候选，自 {since} 起），截至 {day}",
    ),
    (
        "counted",
        "{both:customer|customers} in both · {only_live:,} only live · {only_shadow:,} only in the shadow",
        "两边都有 {both:,} 位客户 · 仅现行 {only_live:,} · 仅影子 {only_shadow:,}",
    ),
    (
        "waiting",
        "{left:event still waits|events still wait} in the shadow's queue: compare again later",
        "影子队列中还有 {left:,} 个事件：稍后再比较",
    ),
    ("no_moves", "Every customer has the same levels on both sides.", "所有客户在两边的等级都相同。"),
    ("care_since", "Care of the days from {since} on", "自 {since} 起各日的关怀动作"),
    ("live_shadow", "live ↓ shadow →", "现行 ↓ 影子 →"),
    ("move", "Live → shadow", "现行 → 影子"),
    ("customers", "Customers", "客户数"),
    ("example", "For example", "例如"),
    ("difference", "What makes the difference", "差别所在"),
    ("others", "and {count:,} more", "另有 {count:,} 位"),
    ("care_rule", "Care", "关怀"),
    ("became", "What became of it", "结果"),
    ("live_side", "Live", "现行"),
    ("shadow_side", "Shadow", "影子"),
    (
        "unfinished",
        "A release of {version}, begun at {begun}, is not deployed: it goes on, or did not come to its end.",
        "规则 {version} 的发布（始于 {begun}）尚未部署完成：正在进行，或已中断。",
    ),
)

phrase = partial(phrase_of, WORDS)
