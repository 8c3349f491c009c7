"""What an edit of the rules does to customers, as one page that needs no network: a heat map and a flow a rating.

The pictures are plotly's; colours are named (`@rise`) and filled in by the page, for light and dark.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from plotly.offline import get_plotlyjs

from standing.batch.impact import CareImpact, Move, Pair
from standing.core.ruleset import Rating
from standing.tools.language import Language, say
from standing.tools.rules.impact_report import Report
from standing.tools.rules.impact_words import (
    amounts,
    because,
    costs,
    headline,
    phrase,
    pressure,
    summary,
)

PAGE = Path(__file__).with_name("impact_page.html")
FONT = {"family": "system-ui, 'Segoe UI', 'Noto Sans', 'Noto Sans CJK SC', sans-serif", "size": 13, "color": "@ink"}
BARE = {"paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)", "font": FONT}
ROW, LEAST = 46, 220  # pixels of a level, and of a picture
STRONGEST = 0.5  # the share of a level's customers that move, from which on a cell is at its strongest colour

type Picture = dict[str, Any]


def page(report: Report, language: Language) -> str:
    """The report as a page."""
    said = [*summary(report, language), costs(report, language)]
    figures = dict(_figures(report, language))
    return Template(PAGE.read_text(encoding="utf-8")).substitute(
        lang="zh-CN" if language == "zh" else "en",
        title=escape(phrase("title", language)),
        headline=escape(headline(report, language)),
        tiles="".join(f'<div class="tile">{escape(one)}</div>' for one in said if one),
        sections="\n".join(_sections(report, language)),
        figures=json.dumps(figures, ensure_ascii=False).replace("</", "<\\/"),
        library=get_plotlyjs(),
    )


def _figures(report: Report, language: Language) -> Iterator[tuple[str, Picture]]:
    for number, name in enumerate(report.ratings):
        before, after, matrix = report.before.ratings[name], report.after.ratings[name], report.impact.matrices[name]
        yield f"matrix-{number}", _heat(before, after, matrix)
        yield f"flow-{number}", _sankey(before, after, matrix, language)


def _heat(before: Rating, after: Rating, matrix: dict[Pair, int]) -> Picture:
    """Who moves from each level to each: blue where it is up, red where it is down, stronger the more of a level."""
    rows = [[_heat_of(after, matrix, (was, level)) for level in after.levels] for was in before.levels]
    texts = [[f"{count:,}" if (count := matrix.get((was, to))) else "" for to in after.levels] for was in before.levels]
    scale = [[0, "@least"], [0.5, "@zero"], [1, "@most"]]
    heat = {"type": "heatmap", "z": rows, "zmin": -1, "zmax": 1, "colorscale": scale, "showscale": False}
    heat |= {"x": list(after.levels), "y": list(before.levels), "text": texts, "texttemplate": "%{text}"}
    heat |= {"xgap": 2, "ygap": 2, "textfont": {"size": 13}, "hovertemplate": "%{y} → %{x}: %{text}<extra></extra>"}
    axis = {"type": "category", "showgrid": False, "zeroline": False, "ticks": "", "automargin": True}
    layout = {**BARE, "height": _height(before), "margin": {"l": 10, "r": 10, "t": 10, "b": 10}}
    layout |= {"xaxis": {**axis, "side": "top"}}
    layout |= {"yaxis": {**axis, "autorange": "reversed"}}
    return {"data": [heat], "layout": layout}


def _heat_of(after: Rating, matrix: dict[Pair, int], pair: Pair) -> float:
    count = matrix.get(pair, 0)
    if not count or pair[0] == pair[1]:
        return 0.0
    share = count / sum(many for (was, _), many in matrix.items() if was == pair[0])
    strength = 0.25 + 0.75 * min(1.0, share / STRONGEST)
    return -strength if _way(after, pair) == "fall" else strength


def _sankey(before: Rating, after: Rating, matrix: dict[Pair, int], language: Language) -> Picture:
    """Levels before to the left, after to the right, the highest on top where they have an order."""
    olds, news = (_shown(rating, matrix, side) for side, rating in enumerate((before, after)))
    labels = [f"{level} {count:,}" for ends in (olds, news) for level, count in ends.items()]
    pairs = [(was, becomes) for was in olds for becomes in news if (was, becomes) in matrix]
    link = {
        "source": [list(olds).index(was) for was, _ in pairs],
        "target": [len(olds) + list(news).index(becomes) for _, becomes in pairs],
        "value": [matrix[pair] for pair in pairs],
        "color": [f"@{'stay' if was == becomes else _way(after, (was, becomes))}" for was, becomes in pairs],
        "hovertemplate": "%{source.label} → %{target.label}: %{value:,}<extra></extra>",
    }
    node = {"label": labels, "color": "@node", "pad": 18, "thickness": 12, "line": {"width": 0}}
    node |= {"hovertemplate": "%{label}<extra></extra>"}
    flow = {"type": "sankey", "arrangement": "fixed", "node": node, "link": link}
    flow["textfont"] = {"color": "@ink", "size": 13}
    layout = {**BARE, "height": _height(before), "margin": {"l": 10, "r": 10, "t": 34, "b": 14}}
    ends = [("before", 0, "left"), ("after", 1, "right")]
    layout["annotations"] = [
        {"text": phrase(name, language), "x": x, "y": 1, "xref": "paper", "yref": "paper", "xanchor": anchor}
        | {"yanchor": "bottom", "yshift": 8, "showarrow": False, "font": {"color": "@soft"}}
        for name, x, anchor in ends
    ]
    return {"data": [flow], "layout": layout}


def _shown(rating: Rating, matrix: dict[Pair, int], side: int) -> dict[str, int]:
    """The levels that somebody has before (side 0) or after (1), from the top, and how many have them."""
    levels = rating.levels[::-1] if rating.ordered else rating.levels
    counts = {level: sum(count for pair, count in matrix.items() if pair[side] == level) for level in levels}
    return {level: count for level, count in counts.items() if count}


def _height(rating: Rating) -> int:
    return max(LEAST, 90 + ROW * len(rating.levels))


def _way(after: Rating, pair: Pair) -> str:
    """Whether a step is a rise, a fall, or, without an order, a move."""
    was, becomes = pair
    if not after.ordered:
        return "move"
    return "fall" if was not in after.levels or after.rank(was) > after.rank(becomes) else "rise"


def _sections(report: Report, language: Language) -> Iterator[str]:
    for number, name in enumerate(report.ratings):
        title = escape(say(report.after.ratings[name].title, language))
        pictures = [(f"matrix-{number}", "migration"), (f"flow-{number}", "flow")]
        boxes = "".join(_box(one, phrase(said, language)) for one, said in pictures)
        yield f'<section><h2>{title}</h2><div class="pictures">{boxes}</div></section>'
    if report.movers:
        columns = ("rating", "move", "#customers", "customer", "because")
        rows = [row for move in report.impact.moves for row in _move(report, move, language)]
        yield _table(phrase("movers", language), [_head(name, language) for name in columns], rows)
    yield _care(report, language)


def _box(name: str, title: str) -> str:
    return f'<div><h3>{escape(title)}</h3><div id="{name}"></div></div>'


def _move(report: Report, move: Move, language: Language) -> Iterator[list[str]]:
    """A row a customer that is named; what they share stands in the first."""
    after = report.after.ratings[move.rating]
    way = _way(after, (move.was, move.becomes))
    moved = f'<span class="{way}">{escape(move.was)} → {escape(move.becomes)}</span>'
    shared = [escape(say(after.title, language)), moved, f"{move.customers:,}"]
    for number, one in enumerate(one for one in report.movers if one.move is move):
        lines = "<br>".join(f"<code>{escape(because(line, language))}</code>" for line in one.because)
        yield [*(["", "", ""] if number else shared), escape(one.customer), lines]


def _care(report: Report, language: Language) -> str:
    said = "".join(f"<p>{escape(one)}</p>" for one in (costs(report, language), pressure(report, language)) if one)
    if not report.care:
        return f"<section><p>{escape(phrase('same_care', language))}</p>{said}</section>"
    columns = ("care_rule", "#holds", "#a_day", "#cost_a_day")
    heads = [_head(name, language, currency=report.after.programme.currency) for name in columns]
    return _table(phrase("care", language), heads, [_care_row(report, one) for one in report.care], said)


def _care_row(report: Report, one: CareImpact) -> list[str]:
    return [escape(cell) for cell in (one.care, *amounts(report, one))]


def _head(name: str, language: Language, **parts: str) -> str:
    """A column's title; numbers are marked with #."""
    mark = "#" if name.startswith("#") else ""
    return mark + phrase(name.removeprefix("#"), language, **parts)


def _table(title: str, heads: list[str], rows: list[list[str]], below: str = "") -> str:
    marks = [' class="number"' if head.startswith("#") else "" for head in heads]
    head = "".join(f"<th{mark}>{escape(one.removeprefix('#'))}</th>" for mark, one in zip(marks, heads, strict=True))
    lines = (zip(marks, row, strict=True) for row in rows)
    body = "".join(f"<tr>{''.join(f'<td{mark}>{cell}</td>' for mark, cell in line)}</tr>" for line in lines)
    table = f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    return f"<section><h2>{escape(title)}</h2>{table}{below}</section>"
