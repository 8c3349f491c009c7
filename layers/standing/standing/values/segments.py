"""The segments of RFM by name. Which scores make which, `scores/rfm.py` says."""

from __future__ import annotations

from typing import NamedTuple


class Segment(NamedTuple):
    """A segment by its code, with its name in both languages."""

    code: str
    en: str
    zh: str


SEGMENTS = (
    Segment("champions", "Champions", "冠军客户"),
    Segment("loyal", "Loyal customers", "忠诚客户"),
    Segment("potential-loyalist", "Potential loyalists", "潜在忠诚客户"),
    Segment("new-customers", "New customers", "新客户"),
    Segment("promising", "Promising", "有潜力客户"),
    Segment("need-attention", "Need attention", "需要关注"),
    Segment("about-to-sleep", "About to sleep", "即将沉睡"),
    Segment("at-risk", "At risk", "有流失风险"),
    Segment("cannot-lose-them", "Cannot lose them", "不可失去"),
    Segment("hibernating", "Hibernating", "沉睡客户"),
    Segment("lost", "Lost", "已流失"),
)
