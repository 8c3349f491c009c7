"""Findings: what a check found in the rules, where, and a customer for whom it is so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from standing.rules.ruleset import Title

CHECKS: Mapping[str, Title] = {
    "CHK-01": Title(en="a condition that can never hold", zh="永远不可能成立的条件"),
    "CHK-02": Title(en="a rule or level hidden by another", zh="被其他规则或等级遮蔽"),
    "CHK-03": Title(en="retention stricter than qualification", zh="保级条件比达标条件更严"),
    "CHK-04": Title(en="a level that nobody can reach", zh="无人能达到的等级"),
    "CHK-05": Title(en="a level that nobody can leave", zh="无人能离开的等级"),
    "CHK-06": Title(en="care actions that contradict each other", zh="相互矛盾的关怀动作"),
    "CHK-07": Title(en="a level that falls again though nothing happened", zh="无事发生却再次跌落的等级"),
    "CHK-08": Title(en="a gap between levels", zh="等级之间的空档"),
    "CHK-09": Title(en="more of something both raises and lowers", zh="同一特征增多时有升有降"),
    "CHK-10": Title(en="an unknown feature", zh="未知特征"),
    "CHK-11": Title(en="a wrong unit or type", zh="单位或类型错误"),
    "CHK-12": Title(en="ratings that need each other in a circle", zh="评级循环依赖"),
    "CHK-13": Title(en="a window longer than the history that is kept", zh="窗口长于所保留的历史"),
    "CHK-14": Title(en="something that nothing uses", zh="无人使用的内容"),
    "CHK-15": Title(en="a line or a value that says nothing", zh="不起作用的条件或数值"),
    "CHK-16": Title(en="a level above that asks for less", zh="更高等级的要求反而更少"),
    "CHK-17": Title(en="levels above that are left out", zh="更高等级被漏掉"),
}
QUESTIONS = {"CHK-09", "CHK-16", "CHK-17"}  # it may be meant


@dataclass(frozen=True)
class Finding:
    """What a check found about a rule or a feature (`about`); `example` is a customer, by fact, as people read it.

    A finding that is `unproved` is a question that z3 did not answer in time: it may be so or not.
    """

    check: str
    about: str
    said: Title
    example: dict[str, str] = field(default_factory=dict)
    line: str = ""
    may_be_meant: bool = False
    unproved: bool = False

    @property
    def message(self) -> str:
        """What it says, in English."""
        return self.said.en

    @property
    def is_question(self) -> bool:
        """Whether it only asks if this is meant."""
        return self.may_be_meant or self.check in QUESTIONS
