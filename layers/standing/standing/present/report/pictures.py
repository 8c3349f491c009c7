"""The report's figures: bars, the RFM map and histograms, each with its replacement as text. Colours are names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from standing.present.document import Bar, Bars, Column, Figure, Picture, Table, in_lines
from standing.present.page import BARE
from standing.present.report.spelling import rounded
from standing.present.report.words import phrase, titled
from standing.report.model import Counts
from standing.rules.ruleset import Programme, Rating
from standing.values.catalogue import Language
from standing.values.segments import SEGMENTS

ROW, LEAST = 34, 120  # pixels of a bar, and of a picture
TIGHT: dict[str, int] = {"l": 10, "r": 30, "t": 6, "b": 10}
PALE = 1.6  # the strongest colour stands for this multiple of the largest value, so that numbers on it stay readable
SMALL = '{}<br><span style="font-size:10px">{}</span>'  # plotly's markup
GRID = ("1", "2", "3", "4", "5")
SILENT: dict[str, Any] = {"showgrid": False, "zeroline": False, "ticks": "", "automargin": True}

type Cells = Mapping[str, Mapping[str, Counts]]


def bars(names: Sequence[str], values: Sequence[int]) -> Picture:
    """A bar for each name, the first on top, with its number beside it."""
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


def bar_figure(name: str, names: Sequence[str], values: Sequence[int], title: str = "") -> Figure:
    """Numbers as bars."""
    plain = Bars(tuple(Bar(one, value) for one, value in zip(names, values, strict=True)))
    return Figure(name, bars(names, values), plain, title)


def levels(name: str, rating: Rating, counts: Counts, language: Language) -> Figure:
    """The number of customers of each level, the highest level on top if the rating is ordered."""
    ordered = rating.levels[::-1] if rating.ordered else rating.levels
    names = [titled(rating.title_of(level), language) for level in ordered]
    return bar_figure(name, names, [counts.get(level, 0) for level in ordered], titled(rating.title, language))


def segments(counts: Counts, language: Language) -> Figure:
    """The number of customers of each segment, the largest on top."""
    names = {code: SEGMENTS.say(code, language) for code in SEGMENTS.texts}
    ordered = sorted(((counts[code], name) for code, name in names.items() if counts.get(code)), reverse=True)
    said = phrase("segments", language)
    return bar_figure("segments", [name for _, name in ordered], [count for count, _ in ordered], said)


def rfm(cells: Cells, programme: Programme, language: Language) -> Figure:
    """The RFM map: recency upwards, frequency and value to the right; with customers, and what they spent."""
    counts = [[cells.get(r, {}).get(fm, {}).get("customers", 0) for fm in GRID] for r in GRID]
    told = [[_cell(cells.get(r, {}).get(fm, {}), programme, language) for fm in GRID] for r in GRID]
    texts = [
        [f'{cell[0]}<br><span style="font-size:10px">{cell[1]}</span>' if cell else "" for cell in row] for row in told
    ]
    scale = [[0, "@zero"], [1, "@most"]]
    one: dict[str, Any] = {"type": "heatmap", "z": counts, "x": list(GRID), "y": list(GRID), "colorscale": scale}
    one |= {"showscale": False, "text": texts, "texttemplate": "%{text}", "xgap": 2, "ygap": 2, "zmin": 0}
    one["zmax"] = PALE * max(1, *(count for row in counts for count in row))
    about = f"{phrase('r_axis', language)} %{{y}}, {phrase('fm_axis', language)} %{{x}}: %{{text}}<extra></extra>"
    one |= {"textfont": {"size": 13, "color": "@ink"}, "hovertemplate": about}
    layout = {**BARE, "height": 404, "margin": {"l": 10, "r": 10, "t": 6, "b": 10}}
    layout |= {"xaxis": {**SILENT, "type": "category", "title": _axis("fm_axis", language)}}
    layout |= {"yaxis": {**SILENT, "type": "category", "title": _axis("r_axis", language)}}
    heads = (Column(), *(Column(fm, is_number=True) for fm in GRID))
    rows = ((r, *map(in_lines, row)) for r, row in zip(GRID, told, strict=True))
    plain = Table(heads, tuple(rows))
    return Figure("rfm", {"data": [one], "layout": layout}, plain)


def _axis(name: str, language: Language) -> Picture:
    return {"text": phrase(name, language), "font": {"size": 13, "color": "@soft"}}


def _cell(counts: Counts, programme: Programme, language: Language) -> tuple[str, ...]:
    """The number of customers and what they spent. Empty if there are none."""
    if not counts.get("customers"):
        return ()
    spent = rounded(counts.get("spend", 0), programme, language)
    return f"{counts['customers']:,}", spent


def churn(tenths: Counts) -> Figure:
    """The number of customers by their probability of having left, in tenths."""
    names = [f"{10 * tenth}–{10 * tenth + 10} %" for tenth in range(10)]
    values = [tenths.get(str(tenth), 0) for tenth in range(10)]
    one = {"type": "bar", "x": names, "y": values, "marker": {"color": "@most"}}
    one |= {"hovertemplate": "%{x}: %{y:,}<extra></extra>"}
    layout = {**BARE, "height": 260, "margin": {"l": 10, "r": 10, "t": 6, "b": 10}, "bargap": 0.12}
    layout |= {"xaxis": {**SILENT, "type": "category"}}
    layout |= {"yaxis": {**SILENT, "showgrid": True, "gridcolor": "@line", "rangemode": "tozero"}}
    plain = Bars(tuple(Bar(name, value) for name, value in zip(names, values, strict=True)))
    return Figure("churn", {"data": [one], "layout": layout}, plain)
