"""The report's pictures, as plotly draws them: bars, the RFM map, and histograms. Colours are named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from standing.present.page import BARE, Picture
from standing.present.report.spelling import rounded
from standing.present.report.words import phrase, titled
from standing.report.model import Counts
from standing.rules.ruleset import Programme, Rating
from standing.values.catalogue import Language
from standing.values.segments import SEGMENTS

ROW, LEAST = 34, 120  # pixels of a bar, and of a picture
TIGHT: dict[str, int] = {"l": 10, "r": 30, "t": 6, "b": 10}
PALE = 1.6  # so much larger than the largest is what the strongest colour stands for: numbers stay readable on it
GRID = ("1", "2", "3", "4", "5")
SILENT: dict[str, Any] = {"showgrid": False, "zeroline": False, "ticks": "", "automargin": True}


def bars(names: Sequence[str], values: Sequence[int]) -> Picture:
    """A bar a name, the first on top, with its number beside it."""
    one: dict[str, Any] = {
        "type": "bar",
        "orientation": "h",
        "y": list(names),
        "x": list(values),
        "marker": {"color": "@most"},
    }
    one |= {"text": [f"{value:,}" for value in values], "textposition": "outside", "cliponaxis": False}
    one |= {"hovertemplate": "%{y}: %{x:,}<extra></extra>"}
    layout: dict[str, Any] = {
        **BARE,
        "height": max(LEAST, 30 + ROW * len(names)),
        "margin": {**TIGHT, "r": 70},
        "bargap": 0.35,
    }
    bare = {"showticklabels": False, "rangemode": "tozero", "fixedrange": True}
    layout |= {"xaxis": {**SILENT, **bare}}
    layout |= {"yaxis": {**SILENT, "type": "category", "autorange": "reversed", "ticksuffix": "  ", "fixedrange": True}}
    return {"data": [one], "layout": layout}


def levels(rating: Rating, counts: Counts, language: Language) -> Picture:
    """The customers of each level, the highest on top where they have an order."""
    names = rating.levels[::-1] if rating.ordered else rating.levels
    return bars([titled(rating.title_of(name), language) for name in names], [counts.get(name, 0) for name in names])


def segments(counts: Counts, language: Language) -> Picture:
    """The customers of each segment, the largest on top."""
    names = {code: SEGMENTS.say(code, language) for code in SEGMENTS.texts}
    ordered = sorted(((counts[code], name) for code, name in names.items() if counts.get(code)), reverse=True)
    return bars([name for _, name in ordered], [count for count, _ in ordered])


def rfm(cells: Mapping[str, Mapping[str, Counts]], programme: Programme, language: Language) -> Picture:
    """The map: recency upwards, frequency and value to the right; customers, and what they spent."""
    counts = [[cells.get(r, {}).get(fm, {}).get("customers", 0) for fm in GRID] for r in GRID]
    texts = [[_cell(cells.get(r, {}).get(fm, {}), programme, language) for fm in GRID] for r in GRID]
    scale = [[0, "@zero"], [1, "@most"]]
    one: dict[str, Any] = {"type": "heatmap", "z": counts, "x": list(GRID), "y": list(GRID), "colorscale": scale}
    one |= {"showscale": False, "text": texts, "texttemplate": "%{text}", "xgap": 2, "ygap": 2, "zmin": 0}
    one["zmax"] = PALE * max(1, *(count for row in counts for count in row))
    about = f"{phrase('r_axis', language)} %{{y}}, {phrase('fm_axis', language)} %{{x}}: %{{text}}<extra></extra>"
    one |= {"textfont": {"size": 13, "color": "@ink"}, "hovertemplate": about}
    layout = {**BARE, "height": 404, "margin": {"l": 10, "r": 10, "t": 6, "b": 10}}
    layout |= {"xaxis": {**SILENT, "type": "category", "title": _axis("fm_axis", language)}}
    layout |= {"yaxis": {**SILENT, "type": "category", "title": _axis("r_axis", language)}}
    return {"data": [one], "layout": layout}


def _axis(name: str, language: Language) -> Picture:
    return {"text": phrase(name, language), "font": {"size": 13, "color": "@soft"}}


def _cell(counts: Counts, programme: Programme, language: Language) -> str:
    if not counts.get("customers"):
        return ""
    spent = rounded(counts.get("spend", 0), programme, language)
    return f'{counts["customers"]:,}<br><span style="font-size:10px">{spent}</span>'


def churn(tenths: Counts) -> Picture:
    """Customers by their chance of having left, in tenths."""
    names = [f"{10 * tenth}–{10 * tenth + 10} %" for tenth in range(10)]
    values = [tenths.get(str(tenth), 0) for tenth in range(10)]
    one = {"type": "bar", "x": names, "y": values, "marker": {"color": "@most"}}
    one |= {"hovertemplate": "%{x}: %{y:,}<extra></extra>"}
    layout = {**BARE, "height": 260, "margin": {"l": 10, "r": 10, "t": 6, "b": 10}, "bargap": 0.12}
    layout |= {"xaxis": {**SILENT, "type": "category"}}
    layout |= {"yaxis": {**SILENT, "showgrid": True, "gridcolor": "@line", "rangemode": "tozero"}}
    return {"data": [one], "layout": layout}
