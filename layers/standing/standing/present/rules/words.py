"""Rules in words: how a feature is measured, what a line is about, how a rating moves; in both languages."""

from __future__ import annotations

from collections.abc import Iterator

from standing.engine.reasons import display
from standing.present.language import Language, in_language
from standing.rules.author.vocabulary import FAMILIES
from standing.rules.conditions import Comparison, Condition, Group
from standing.rules.ruleset import MOST_VALUES, Care, Feature, Measure, Rating, Ruleset, Title

WORDS: dict[str, tuple[str, str]] = {
    "rules_of": ("The rules of {name}", "{name}的规则"),
    "version": ("Version `{version}` of the rules.", "规则版本 `{version}`。"),
    "programme": ("What all rules share", "公共设置"),
    "features": ("Features: every number a rule may use", "特征：规则可用的全部数值"),
    "ratings": ("Ratings", "评级"),
    "care": ("Care", "关怀"),
    "setting": ("Setting", "设置"),
    "value": ("Value", "取值"),
    "feature": ("Feature", "特征"),
    "chinese": ("中文", "中文"),
    "name": ("Name in rules", "规则中的名称"),
    "measured": ("How it is measured", "计算方式"),
    "window": ("Window", "时间窗口"),
    "unit": ("Unit", "单位"),
    "level": ("Level", "等级"),
    "when": ("When", "条件"),
    "line": ("What the rule says", "规则内容"),
    "about": ("What it is about", "含义"),
    "part": ("Part", "项目"),
    "rule": ("Rule", "规则"),
    # The programme
    "currency": ("Currency", "货币"),
    "time_zone": ("Time zone", "时区"),
    "channels": ("Channels", "联系渠道"),
    "activities": ("Activities of this trade", "本行业活动"),
    "producers": ("Who may send what", "事件来源权限"),
    "sends": ("`{source}`: {kinds}", "`{source}`：{kinds}"),
    "any_source": (
        "any source may send events, but nobody may set a level by hand or answer care",
        "任何来源都可发送事件，但无人可人工设定等级或回应关怀",
    ),
    "overrides": ("Levels set by hand", "人工设定"),
    "overrides_are": ("show for {days} at most", "最长显示 {days}"),
    "caps": ("Contact caps", "联系次数上限"),
    "cap": ("at most {at_most} within {days}, on all channels together", "{days}内最多 {at_most} 次（所有渠道合计）"),
    "cap_of_channel": ("at most {at_most} within {days} by {channel}", "{days}内最多 {at_most} 次（仅 {channel}）"),
    "quiet_hours": ("Quiet hours", "免打扰时段"),
    "from_to": ("from {begin} to {end}", "{begin} 至 {end}"),
    "effective": ("In force from", "生效日期"),
    "lateness": ("Late events", "迟到事件"),
    "lateness_is": (
        "count up to {days} after they happened; later ones are recorded and change nothing",
        "发生后 {days}内到达仍计入；更晚的只记录，不改变任何结果",
    ),
    "never_together": ("Never together", "不可同时触发"),
    "pair": ("{first} and {second}", "{first} 与 {second}"),
    "accepted": ("Findings that are accepted", "已接受的发现"),
    "accepted_about": ("About", "所在"),
    "accepted_found": ("Finding", "发现"),
    "accepted_reason": ("Why it may stay", "保留的理由"),
    "history": ("History", "历史记录"),
    "for_ever": ("event records are kept for ever", "事件记录永久保存"),
    "history_is": ("event records are kept for {days}", "事件记录保存 {days}"),
    "none": ("none", "无"),
    # Features
    "count": ("number of {what}", "{what}的次数"),
    "sum": ("sum of {what}", "{what}之和"),
    "mean": ("mean of {what}", "{what}的平均值"),
    "min": ("lowest {what}", "{what}的最小值"),
    "max": ("highest {what}", "{what}的最大值"),
    "distinct": ("number of different {what}", "不同{what}的个数"),
    "at_most": ("{what}, up to {most}", "{what}（最多计 {most}）"),
    "latest": ("latest {what}", "最近一次{what}"),
    "days_since_first": ("days since the first {what}", "距首次{what}的天数"),
    "days_since_last": ("days since the last {what}", "距最近一次{what}的天数"),
    "days_to": ("days to {what}", "距{what}的天数"),
    "days_until": ("days until the next anniversary of {what}", "距下一个{what}周年日的天数"),
    "ratio": ("`{first}` divided by `{second}`", "`{first}` 除以 `{second}`"),
    "minus": ("`{first}` less `{second}`", "`{first}` 减 `{second}`"),
    "plus": ("`{first}` plus `{second}`", "`{first}` 加 `{second}`"),
    "points": ("points from 0 to 100: {parts}", "0 至 100 分：{parts}"),
    "ramp": (
        "{weight} for `{part}`, none at {begin}, all at {end}",
        "`{part}` {weight} 分（{begin} 得 0 分，{end} 得满分）",
    ),
    "ramp_unknown": ("{ramp} ({unknown} while unknown)", "{ramp}，未知时 {unknown} 分"),
    "where": ("{what} with {fields}", "{what}（{fields}）"),
    "field": ("{name} {value}", "{name} 为 {value}"),
    "last_days": ("last {days}", "最近 {days}"),
    "ending": ("{days}, ending {ending} ago", "截至 {ending}前的 {days}"),
    "calendar-year": ("this calendar year", "本自然年"),
    "membership-year": ("this membership year", "本会员年度"),
    "all_time": ("all time", "全部时间"),
    "unit_count": ("number", "次数"),
    "unit_days": ("days", "天"),
    "unit_score": ("0 to 1", "0 至 1"),
    "unit_model_score": ("score", "评分"),
    "unit_ratio": ("ratio", "比值"),
    "unit_points": ("0 to 100", "0 至 100"),
    "unit_text": ("text", "文本"),
    "unit_level": ("one of {levels}", "{levels} 之一"),
    # Conditions
    "all": ("all of", "全部满足"),
    "any": ("any of", "任一满足"),
    "none_of": ("none of", "均不满足"),
    "reached": ("reached: {group}", "达到：{group}"),
    "reached_one": ("reached", "达到"),
    "kept": ("kept: {group}", "保级：{group}"),
    "kept_one": ("kept", "保级"),
    "due": ("When: {group}", "触发：{group}"),
    "due_one": ("When", "触发"),
    "otherwise": ("everyone else", "其余客户"),
    "would_become": ("{title}: the level that time alone leads to", "{title}：仅随时间将变为的等级"),
    "days_to_review": ("{title}: days to the next review", "{title}：距下次复核的天数"),
    # Ratings
    "ordered": (
        "Levels from the lowest to the highest; each is kept while what reaches it holds, or what keeps it.",
        "等级由低到高；达标条件或保级条件成立时，等级得以保持。",
    ),
    "ordered_lower": (
        "Levels from the lowest to the highest, of which a lower one is better; each is kept while what reaches it "
        "holds, or what keeps it.",
        "等级由低到高，越低越好；达标条件或保级条件成立时，等级得以保持。",
    ),
    "unordered": (
        "The levels have no order: a customer has the first whose lines hold, from the top.",
        "等级没有高低之分：自上而下，客户属于第一个条件成立的等级。",
    ),
    "rise_immediate": ("rises at once", "达标当日升级"),
    "rise_review": ("rises at the next review", "下次复核时升级"),
    "review_daily": ("reviewed every day", "每日复核"),
    "review_monthly": ("reviewed on the 1st of each month", "每月 1 日复核"),
    "review_quarterly": ("reviewed on the 1st of each quarter", "每季度首日复核"),
    "review_yearly": ("reviewed on 1 January", "每年 1 月 1 日复核"),
    "grace": ("{days} of grace", "宽限期 {days}"),
    "no_grace": ("no grace period", "没有宽限期"),
    "fall_one-level": ("falls one level at a time", "每次只降一级"),
    "fall_to-kept": ("falls to the highest level that is still kept", "降至仍符合保级条件的最高等级"),
    "stay": ("kept at least {days}", "至少保持 {days}"),
    "honours": (
        "A level that was announced and that a late event takes away is honoured until the next review.",
        "已公布的等级若因迟到事件失去，保留至下次复核。",
    ),
    "existing": (
        "A level that was reached before the rules changed is kept by the rules of that time, too.",
        "规则变更之前达到的等级，仍可按当时的规则保级。",
    ),
    # Care
    "action": ("What", "动作"),
    "who": ("Who", "负责人"),
    "within": ("How soon", "时限"),
    "within_days": ("within {days}", "{days}内"),
    "channel": ("Channel", "渠道"),
    "no_channel": ("none: nobody is contacted", "无：不联系客户"),
    "with_consent": ("{channel}, with the customer's consent", "{channel}，需客户同意"),
    "exempt": ("{said}; no contact cap holds it back", "{said}；不受联系次数上限限制"),
    "no_consent": ("{channel}; consent is not needed", "{channel}，无需客户同意"),
    "priority": ("Priority", "优先级"),
    "high": ("high", "高"),
    "normal": ("normal", "普通"),
    "low": ("low", "低"),
    "cost": ("Cost", "成本"),
    "cost_is": ("{amount} {currency} each time", "每次 {amount} {currency}"),
    "repeat": ("Again", "重复"),
    "repeat_after": ("after {days}, while it still holds", "{days}后条件仍成立时再次触发"),
    "holdout": ("Held out", "对照组"),
    "holdout_share": ("{share} of customers, for comparison", "{share} 的客户，用于对比效果"),
    "success": ("Success", "成功标准"),
    "success_is": ("`{line}`, {days} after", "{days}后 `{line}`"),
    "in_order": ("In the order in which they are taken.", "按执行的先后顺序。"),
    "days": ("{number} days", "{number} 天"),
    "day": ("1 day", "1 天"),
}
FAMILY_WORDS = {
    "purchase": ("purchase", "purchases", "购买"),
    "refund": ("refund", "refunds", "退款"),
    "transaction": ("purchase or refund", "purchases and refunds", "购买与退款"),
    "feedback": ("piece of feedback", "pieces of feedback", "反馈"),
    "engagement": ("engagement", "engagements", "互动"),
    "activity": ("activity", "activities", "活动"),
    "profile": ("profile change", "profile changes", "资料变更"),
    "score": ("score of a model", "scores of a model", "模型评分"),
    "override": ("level set by hand", "levels set by hand", "人工设定"),
    "care": ("answer to care", "answers to care", "关怀回应"),
}


class Words:
    """The words of one language."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def __call__(self, name: str, /, **parts: object) -> str:
        """A word or phrase, with its parts filled in."""
        return WORDS[name][self.language == "zh"].format(**parts)

    def days(self, number: int) -> str:
        """A number of days."""
        return self("day") if number == 1 else self("days", number=number)

    def title(self, title: Title) -> str:
        """A title, on one line; what marks code in our texts is not for titles."""
        return plain(in_language(title, self.language))

    @property
    def stop(self) -> str:
        """What parts of a sentence are joined by."""
        return "；" if self.language == "zh" else "; "


def plain(text: str) -> str:
    """A text that people wrote, on one line and without the mark of code."""
    return " ".join(text.split()).replace("`", "'")


def measured(words: Words, ruleset: Ruleset, feature: Feature) -> str:
    """How a feature is measured, such as `sum of transaction.net_amount`."""
    if feature.ramps:
        return words("points", parts=words.stop.join(_ramps(words, ruleset, feature)))
    if feature.parts:
        first, second = feature.parts
        return words(feature.kind, first=first, second=second)
    said = words(feature.kind, what=_what(words, ruleset.measures[feature.measure], feature.kind)).strip()
    return said if feature.at_most == MOST_VALUES else words("at_most", what=said, most=f"{feature.at_most:,}")


def _ramps(words: Words, ruleset: Ruleset, feature: Feature) -> Iterator[str]:
    for part, ramp in zip(feature.parts or (), feature.ramps, strict=True):
        begin, end = (display(ruleset, part, value) for value in (ramp.begin, ramp.end))
        said = words("ramp", weight=ramp.weight, part=part, begin=begin, end=end)
        yield words("ramp_unknown", ramp=said, unknown=ramp.unknown) if ramp.unknown else said


def _what(words: Words, measure: Measure, kind: str) -> str:
    """The events that are counted, or the value of them that is taken."""
    family = next(name for name, one in FAMILIES.items() if one.of == measure.of)
    one, many, some = FAMILY_WORDS[family]
    counted = some if words.language == "zh" else many if kind == "count" else one
    value = f" `{family}.{measure.value}` " if words.language == "zh" else f"`{family}.{measure.value}`"
    what = counted if measure.value == "count" else value
    if not measure.where:
        return what
    fields = [words("field", name=f"`{name}`", value=f"`{value}`") for name, value in measure.where.items()]
    return words("where", what=what, fields="、".join(fields) if words.language == "zh" else " and ".join(fields))


def window(words: Words, feature: Feature) -> str:
    """The days that a feature is measured over."""
    if feature.parts or feature.kind in {"days_until", "days_to"}:
        return "–"
    if isinstance(feature.over, str):
        return words(feature.over)
    if feature.over is None:
        return words("all_time")
    if feature.ending:
        return words("ending", days=words.days(feature.over), ending=words.days(feature.ending))
    return words("last_days", days=words.days(feature.over))


def unit(words: Words, ruleset: Ruleset, feature: Feature) -> str:
    """What a feature's value is."""
    if feature.unit == "money":
        return ruleset.programme.currency
    name: str = feature.kind if feature.kind in {"ratio", "points"} else feature.unit
    if name == "score" and ruleset.measures[feature.measure].of == ("score",):
        name = "model_score"
    return words(f"unit_{name}", levels=", ".join(feature.levels))


def about(words: Words, ruleset: Ruleset, fact: str) -> str:
    """The title of what a line speaks of."""
    name, _, part = fact.partition(".")
    known = ruleset.ratings.get(name) or ruleset.by_name[name]
    title = words.title(known.title)
    return words(part, title=title) if part in {"would_become", "days_to_review"} else title


def lines(words: Words, ruleset: Ruleset, tree: Condition, indent: int = 0) -> Iterator[tuple[str, str]]:
    """Every line of a tree with what it is about; groups within groups are indented, their word before them."""
    for part in tree.of if isinstance(tree, Group) else (tree,):
        line = _as_line(part)
        space = "  " * indent
        if line:
            yield f"{space}`{plain(line.text)}`", about(words, ruleset, line.fact)
        elif isinstance(part, Group):
            yield f"{space}{group_word(words, part)}", ""
            yield from lines(words, ruleset, part, indent + 1)


def group_word(words: Words, tree: Group) -> str:
    """All, any, or none of the lines below."""
    return words("none_of" if tree.group == "none" else tree.group)


def opening(words: Words, name: str, tree: Condition) -> str:
    """What stands before a tree's lines: `reached: all of`; of one line that must hold, `reached`."""
    if isinstance(tree, Group) and not _as_line(tree) and (len(tree.of) > 1 or tree.group == "none"):
        return words(name, group=group_word(words, tree))
    return words(f"{name}_one")


def _as_line(tree: Condition) -> Comparison | None:
    """The one line that a person wrote for it: `tier entered gold` is two comparisons."""
    if isinstance(tree, Comparison):
        return tree
    first, *rest = tree.of
    was = isinstance(first, Comparison) and [f"{first.fact}.was"] == [getattr(one, "fact", "") for one in rest]
    return first if was and isinstance(first, Comparison) and tree.group == "all" else None


def stability(words: Words, rating: Rating) -> str:
    """How a rating moves, in a sentence."""
    if not rating.ordered:
        return words("unordered")
    rules = rating.stability
    parts = [
        words(f"rise_{rules.rise}"),
        words(f"review_{rules.review}"),
        words("grace", days=words.days(rules.grace)) if rules.grace else words("no_grace"),
        words(f"fall_{rules.fall}"),
        *([words("stay", days=words.days(rules.minimum_stay))] if rules.minimum_stay else []),
    ]
    said = words.stop.join(parts)
    sentence = said[0].upper() + said[1:] + ("。" if words.language == "zh" else ".")
    more = [words("honours")] if rating.honours else []
    return "\n".join([sentence, *more, *([words("existing")] if rating.existing == "keep" else [])])


def channel(words: Words, care: Care) -> str:
    """How the customer is contacted, and whether consent is needed."""
    if care.do.channel is None:
        return words("no_channel")
    name = "with_consent" if care.do.consent == "required" else "no_consent"
    said = words(name, channel=care.do.channel)
    return said if care.do.contact_cap == "applies" else words("exempt", said=said)
