"""What findings say, in English and Chinese: what was found, and the way out of it."""

from __future__ import annotations

from collections.abc import Mapping

from standing.rules.author.messages import Said, in_both
from standing.rules.ruleset import Title

SAYINGS: Mapping[str, tuple[str, str]] = {
    "impossible": ("can never hold: {why}{hint}", "永远不可能成立：{why}{hint}"),
    "impossible_but_by_hand": (
        "can only hold where a level is set by hand: {why}{hint}",
        "只有人工设定等级时才可能成立：{why}{hint}",
    ),
    "alternative": ("an alternative can never hold: `{part}`{hint}", "其中一种情形永远不可能成立：`{part}`{hint}"),
    "hidden_above": (
        "whoever qualifies gets {names}, which is above it",
        "凡达标者都会得到更高的 {names}",
    ),
    "hidden_before": (
        "whoever qualifies gets {names}, which comes before it",
        "凡符合者都会先落入 {names}",
    ),
    "hidden_care": (
        "whenever it holds, `{other}` asks for {action}, too",
        "凡此规则成立时，`{other}` 也会要求 {action}",
    ),
    "stricter": (
        "`{line}` asks more to keep `{level}` than to reach it",
        "`{line}`：保住 `{level}` 的要求比达到它还高",
    ),
    "unreachable": (
        "no customer can ever be `{level}`, unless it is set by hand",
        "除人工设定外，没有客户能成为 `{level}`",
    ),
    "no_exit": ("who is `{level}` stays so for ever", "成为 `{level}` 之后永远不会离开"),
    "together": (
        "{first} and {second} (`{other}`) can fall due for the same customer",
        "{first} 与 {second}（`{other}`）可能落到同一位客户",
    ),
    "together_by_hand": (
        "{first} and {second} (`{other}`) can fall due for the same customer, where a level is set by hand",
        "人工设定等级时，{first} 与 {second}（`{other}`）可能落到同一位客户",
    ),
    "lost_again": (
        "`{level}` is lost again the day after, though nothing happened",
        "什么都没有发生，`{level}` 却在次日又失去",
    ),
    "gap": (
        "with less and with more `{feature}` a customer has a level; this one falls to `{default}`",
        "`{feature}` 更少或更多时都有等级，唯独此时落到 `{default}`",
    ),
    "both_ways": (
        "more `{feature}` raises some customers and lowers others: is that meant?",
        "`{feature}` 增多使一些客户上升、另一些下降：是有意为之吗？",
    ),
    "unused_feature": ("no rule asks for `{feature}`", "没有规则用到 `{feature}`"),
    "unused_rating": (
        "no rule asks for `{rating}`: is it only shown and announced?",
        "没有规则用到 `{rating}`：它只用于展示和公布吗？",
    ),
    "alike_levels": (
        "no rule tells {levels} apart: are they only shown and announced?",
        "没有规则区分 {levels}：它们只用于展示和公布吗？",
    ),
    "always": (
        "`{line}` holds for everybody of whom `{fact}` is known: it goes {range}{hint}",
        "凡 `{fact}` 已知的客户都满足 `{line}`：它的范围是 {range}{hint}",
    ),
    "always_all": (
        "`{line}` holds for everybody: `{fact}` goes {range}{hint}",
        "所有客户都满足 `{line}`：`{fact}` 的范围是 {range}{hint}",
    ),
    "never_line": (
        "`{line}` holds for nobody: `{fact}` goes {range}{hint}",
        "没有客户满足 `{line}`：`{fact}` 的范围是 {range}{hint}",
    ),
    "always_succeeds": (
        "`success` is always met: `{fact}` goes {range}",
        "`success` 总会达到：`{fact}` 的范围是 {range}",
    ),
    "never_succeeds": (
        "`success` can never be met: `{fact}` goes {range}{hint}",
        "`success` 永远达不到：`{fact}` 的范围是 {range}{hint}",
    ),
    "all_held_out": (
        "everybody is held out: nothing would ever be done",
        "所有客户都在对照组：永远不会执行",
    ),
    "beyond": (
        "`{line}` is no value that `{fact}` has: it goes {range}{hint}",
        "`{fact}` 不会有 `{line}` 这个值：它的范围是 {range}{hint}",
    ),
    "from_to": ("from {low} to {high}", "{low} 至 {high}"),
    "from_on": ("from {low} on", "{low} 以上"),
    "scale": ("; did you mean `{line}`?", "；是想写 `{line}` 吗？"),
    "asks_less": (
        "`{level}` stands above `{below}`, and asks for less: `{line}` is not met; is that meant?",
        "`{level}` 高于 `{below}`，要求却更少：不满足 `{line}`；是有意为之吗？",
    ),
    "drops": (
        "`{level}` stands above `{below}`, and does not ask for `{line}`; is that meant?",
        "`{level}` 高于 `{below}`，却没有要求 `{line}`；是有意为之吗？",
    ),
    "left_out": (
        "`{line}` leaves out {levels}, above it; did you mean `{meant}`?",
        "`{line}` 漏掉了更高的 {levels}；是想写 `{meant}` 吗？",
    ),
    "unproved": (
        "not proved: the question took over {seconds} s; it may or may not be so",
        "未能证明：求解超过 {seconds} 秒；结论未知",
    ),
}
LAST = {"or": " 或 ", "and": " 和 "}
WAYS_OUT: Mapping[str, Title] = {
    "CHK-01": Title(en="change or remove one of the lines", zh="改动或删去其中一行"),
    "CHK-02": Title(en="narrow what hides it, or remove it", zh="收窄遮蔽它的条件，或删去它"),
    "CHK-03": Title(en="ask less under `retain`, or more under `qualify`", zh="放宽 `retain`，或提高 `qualify`"),
    "CHK-04": Title(
        en="loosen its lines under `qualify`, or remove the level", zh="放宽它的 `qualify` 条件，或删去该等级"
    ),
    "CHK-05": Title(en="give it a `retain` that can fail, or none", zh="写一个可能不成立的 `retain`，或不写"),
    "CHK-06": Title(en="add a line to one of them that excludes the other", zh="在其中一条规则中加一行，排除另一条"),
    "CHK-07": Title(
        en="ask what is true on later days too, not only on the day of a change",
        zh="改用次日依然成立的条件，而非只在变化当日成立的",
    ),
    "CHK-08": Title(en="let the lines of the two levels meet", zh="让两个等级的条件相接"),
    "CHK-09": Title(en="if it is not meant, drop one of the two directions", zh="若非有意，去掉其中一个方向"),
    "CHK-10": Title(en="use a name of features.yaml or of a rating", zh="使用 features.yaml 中的名称或某个评级"),
    "CHK-11": Title(en="write the value in the feature's own unit", zh="按该特征的单位书写数值"),
    "CHK-12": Title(en="let one of them do without the other", zh="让其中一个不依赖另一个"),
    "CHK-13": Title(
        en="shorten the window, or lengthen `history` in programme.yaml",
        zh="缩短窗口，或加长 programme.yaml 中的 `history`",
    ),
    "CHK-14": Title(en="use it, or remove it", zh="使用它，或删去它"),
    "CHK-15": Title(
        en="write a value within its range, or leave it out; that a feature is known is `none: [FEATURE is unknown]`",
        zh="写范围之内的数值，或删去它；要表示特征已知，请写 `none: [特征 is unknown]`",
    ),
    "CHK-16": Title(
        en="ask at the level above for at least as much, line by line", zh="让更高等级的每一项要求都不低于下一级"
    ),
    "CHK-17": Title(en="write `>=`, or name the levels above as well", zh="写 `>=`，或把更高的等级也列出"),
}
OR_ACCEPT = Title(en="if it is meant: `accept: {{{check}: the reason}}`", zh="若有意为之：`accept: {{{check}: 理由}}`")
CANNOT_BE_ACCEPTED = {"CHK-10", "CHK-11", "CHK-12", "CHK-13"}  # the rules do not compile


def finding_text(name: str, **parts: str | Said) -> Title:
    """A sentence in both languages; a part that is a Title is told in the sentence's own language."""
    return in_both(SAYINGS, name, parts)


def listed(word: str, names: list[str]) -> Title:
    """Some names as they stand in rules: `a`, `b` or `c`."""
    *most, last = [f"`{name}`" for name in names]
    en, zh = f" {word} ", LAST[word]
    return Title(en=en.join(filter(None, [", ".join(most), last])), zh=zh.join(filter(None, ["、".join(most), last])))


def way_out(check: str) -> Title:
    """What can be done about what a check found."""
    out, accept = WAYS_OUT[check], OR_ACCEPT
    if check in CANNOT_BE_ACCEPTED:
        return out
    return Title(en=f"{out.en}; {accept.en.format(check=check)}", zh=f"{out.zh}；{accept.zh.format(check=check)}")
