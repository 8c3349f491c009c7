"""The trend of levels over nights: a line for each level, scaled from its minimum to its maximum, with both ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from standing.present.document import Column, Figure, Picture, Table
from standing.present.page import BARE
from standing.present.report.pictures import LEAST, SILENT
from standing.report.model import Levels
from standing.rules.ruleset import Rating

ROW = 40  # pixels of a line
FEET = 24  # pixels for the labels of days
MARGIN = {"l": 130, "r": 70, "t": 6, "b": FEET}  # with room for names and numbers
PART = (0.15, 0.85)  # of its row: the height that a line takes

type Nights = Mapping[str, Levels]  # by day
type Row = tuple[float, float]


def trend(name: str, rating: Rating, nights: Nights, title: str) -> Figure:
    """A rating's customers by level over nights, the highest level on top if the rating is ordered."""
    names, days = rating.levels[::-1] if rating.ordered else rating.levels, sorted(nights)
    counts = {one: [nights[day].get(rating.name, {}).get(one, 0) for day in days] for one in names}
    rows = [(1 - (place + PART[1]) / len(names), 1 - (place + PART[0]) / len(names)) for place in range(len(names))]
    layout: dict[str, Any] = {**BARE, "height": max(LEAST, FEET + ROW * len(names)), "margin": MARGIN}
    layout |= {"showlegend": False, "xaxis": _days()}
    layout |= {f"yaxis{_number(place)}": _axis(row) for place, row in enumerate(rows)}
    layout["annotations"] = [end for one, row in zip(names, rows, strict=True) for end in _ends(one, counts[one], row)]
    drawn = {"data": [_line(place, one, days, counts[one]) for place, one in enumerate(names)], "layout": layout}
    heads = (Column(), *(Column(day, is_number=True) for day in (days[0], days[-1])))
    ends = tuple((one, f"{counts[one][0]:,}", f"{counts[one][-1]:,}") for one in names)
    return Figure(name, drawn, Table(heads, ends), title)


def _number(place: int) -> str:
    """The number of an axis in plotly's names: the first axis has none."""
    return str(place + 1) if place else ""


def _days() -> dict[str, Any]:
    bare = {"type": "date", "fixedrange": True, "tickformat": "%m-%d", "nticks": 5, "automargin": False}
    return {**SILENT, **bare, "anchor": "free", "position": 0}


def _axis(row: Row) -> dict[str, Any]:
    return {**SILENT, "showticklabels": False, "fixedrange": True, "domain": list(row)}


def _line(place: int, name: str, days: Sequence[str], counts: Sequence[int]) -> Picture:
    drawn: dict[str, Any] = {"type": "scatter", "mode": "lines", "x": list(days), "y": list(counts)}
    drawn |= {"yaxis": f"y{_number(place)}", "line": {"color": "@most", "width": 2}}
    return drawn | {"hovertemplate": f"{name} %{{x}}: %{{y:,}}<extra></extra>"}


def _ends(name: str, counts: Sequence[int], row: Row) -> tuple[Picture, Picture]:
    """The labels of a line: the level with its first number on the left, its last number on the right."""
    return _beside(f"{name} {counts[0]:,}", 0, row), _beside(f"{counts[-1]:,}", 1, row)


def _beside(text: str, x: int, row: Row) -> Picture:
    place = {"x": x, "y": sum(row) / 2, "xref": "paper", "yref": "paper", "xanchor": "left" if x else "right"}
    shift = {"yanchor": "middle", "xshift": 6 if x else -6, "showarrow": False}
    return {**place, **shift, "text": text, "font": {"size": 12, "color": "@ink"}}
