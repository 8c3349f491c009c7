"""Migration between levels as figures: a matrix and a flow chart of counts, whatever moved the customers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

from standing.present.document import Bar, Bars, Beside, Code, Column, Figure, Picture, Span, Table
from standing.present.page import BARE
from standing.rules.ruleset import Rating
from standing.values.catalogue import Language
from standing.values.visible import on_one_line

ROW, LEAST = 46, 220  # pixels of a level, and of a picture
LABELLED = 0.015  # of all customers: labels of smaller levels would overlap, and the matrix has their numbers
MANY = 4  # levels; with more, the names over the columns are vertical
PALE = 1.6  # the full colour stands for this multiple of the strongest value, so that numbers on it stay readable
STRONGEST = 0.5  # of a level's customers: from this share of moves on, a cell has its strongest colour

PLAIN = re.compile(r"[\w ()-]+")  # names that need no quotes in a diagram

type Direction = Literal["rise", "fall", "move"]
type Pair = tuple[str, str]
type Matrix = Mapping[Pair, int]


class Words(NamedTuple):
    """The labels of the figures: the corner of the matrix, both ends of the flow, and the titles, if any."""

    corner: str
    before: str
    after: str
    matrix: str = ""
    flow: str = ""


def migrations(place: int, before: Rating, after: Rating, matrix: Matrix, words: Words, language: Language) -> Beside:
    """The matrix and the flow of a rating, side by side. `place` makes their names unique among ratings."""
    drawn = heat(before, after, matrix, language), flow(before, after, matrix, (words.before, words.after), language)
    table, bars = matrix_table(before, after, matrix, words.corner, language), _moves(before, after, matrix, language)
    diagram = _diagram(before, after, matrix, language)
    figures = (
        Figure(f"matrix-{place}", drawn[0], table, words.matrix),
        Figure(f"flow-{place}", drawn[1], bars, words.flow, diagram),
    )
    return Beside(figures)


def matrix_table(before: Rating, after: Rating, matrix: Matrix, corner: str, language: Language) -> Table:
    """The matrix as a table: a row for each level before, a column for each level after."""
    columns = (Column(titled(after, level, language), is_number=True) for level in after.levels)
    titles = {level: Span(titled(before, level, language), "strong") for level in before.levels}
    rows = ((title, *(_cell(after, matrix, (was, to)) for to in after.levels)) for was, title in titles.items())
    return Table((Column(corner, is_whole=True), *columns), tuple(rows))


def _cell(after: Rating, matrix: Matrix, pair: Pair) -> Span:
    count = matrix.get(pair, 0)
    if not count:
        return Span("·", "soft")
    return Span(f"{count:,}", "plain" if pair[0] == pair[1] else direction(after, pair))


def _moves(before: Rating, after: Rating, matrix: Matrix, language: Language) -> Bars:
    """The number of customers who move, by step."""
    moves = ((pair, count) for pair, count in matrix.items() if pair[0] != pair[1] and count)
    steps = (
        (f"{titled(before, was, language)} → {titled(after, to, language)}", (was, to), n) for (was, to), n in moves
    )
    return Bars(tuple(Bar(step, count, direction(after, pair)) for step, pair, count in steps))


def _diagram(before: Rating, after: Rating, matrix: Matrix, language: Language) -> Code:
    """The flow as a Sankey diagram, which GitHub draws."""
    olds, news = (
        {level: f"{one.name} {titled(one, level, language)}" for level in one.levels} for one in (before, after)
    )
    flows = [
        f"{_flowing(olds[was])},{_flowing(f'{news[becomes]} (new)')},{count}"
        for (was, becomes), count in matrix.items()
    ]
    return Code("\n".join(["sankey-beta", *flows]), "mermaid")


def _flowing(name: str) -> str:
    """A name in a diagram, in quotes unless it is plain."""
    return name if PLAIN.fullmatch(name) else '"{}"'.format(on_one_line(name).replace('"', '""'))


def heat(before: Rating, after: Rating, matrix: Matrix, language: Language) -> Picture:
    """The matrix as a heat map: blue for the better, red for the worse, stronger for a larger share of a level."""
    rows = [[_heat_of(after, matrix, (was, level)) for level in after.levels] for was in before.levels]
    texts = [[f"{count:,}" if (count := matrix.get((was, to))) else "" for to in after.levels] for was in before.levels]
    scale = [[0, "@least"], [0.5, "@zero"], [1, "@most"]]
    found = {"type": "heatmap", "z": rows, "zmin": -PALE, "zmax": PALE, "colorscale": scale, "showscale": False}
    olds, news = ([titled(one, level, language) for level in one.levels] for one in (before, after))
    found |= {"x": news, "y": olds, "text": texts, "texttemplate": "%{text}"}
    found |= {
        "xgap": 2,
        "ygap": 2,
        "textfont": {"size": 13, "color": "@ink"},
        "hovertemplate": "%{y} → %{x}: %{text}<extra></extra>",
    }
    axis = {"type": "category", "showgrid": False, "zeroline": False, "ticks": "", "automargin": True}
    layout = {**BARE, "height": height(before), "margin": {"l": 10, "r": 10, "t": 10, "b": 10}}
    upright = -90 if len(after.levels) > MANY else 0  # slanted names would overlap
    layout |= {"xaxis": {**axis, "side": "top", "tickangle": upright}}
    layout |= {"yaxis": {**axis, "autorange": "reversed"}}
    return {"data": [found], "layout": layout}


def _heat_of(after: Rating, matrix: Matrix, pair: Pair) -> float:
    count = matrix.get(pair, 0)
    if not count or pair[0] == pair[1]:
        return 0.0
    share = count / sum(many for (was, _), many in matrix.items() if was == pair[0])
    strength = 0.25 + 0.75 * min(1.0, share / STRONGEST)
    return -strength if direction(after, pair) == "fall" else strength


def flow(before: Rating, after: Rating, matrix: Matrix, ends: Pair, language: Language) -> Picture:
    """The flow: levels before on the left, after on the right, the highest on top if ordered; `ends` are the labels."""
    olds, news = (_shown(rating, matrix, side) for side, rating in enumerate((before, after)))
    most = sum(matrix.values()) or 1
    labels = [
        f"{titled(rating, level, language)} {count:,}" if count >= LABELLED * most else ""
        for rating, side in ((before, olds), (after, news))
        for level, count in side.items()
    ]
    pairs = [(was, becomes) for was in olds for becomes in news if (was, becomes) in matrix]
    link = {
        "source": [list(olds).index(was) for was, _ in pairs],
        "target": [len(olds) + list(news).index(becomes) for _, becomes in pairs],
        "value": [matrix[pair] for pair in pairs],
        "color": [f"@{'stay' if was == becomes else direction(after, (was, becomes))}" for was, becomes in pairs],
        "hovertemplate": "%{source.label} → %{target.label}: %{value:,}<extra></extra>",
    }
    node = {"label": labels, "color": "@node", "pad": 18, "thickness": 12, "line": {"width": 0}}
    node |= {"hovertemplate": "%{label}<extra></extra>"}
    found = {"type": "sankey", "arrangement": "fixed", "node": node, "link": link}
    found["textfont"] = {"color": "@ink", "size": 13}
    layout = {**BARE, "height": height(before), "margin": {"l": 10, "r": 10, "t": 34, "b": 14}}
    layout["annotations"] = [
        {"text": name, "x": x, "y": 1, "xref": "paper", "yref": "paper", "xanchor": anchor}
        | {"yanchor": "bottom", "yshift": 8, "showarrow": False, "font": {"color": "@soft"}}
        for name, x, anchor in zip(ends, (0, 1), ("left", "right"), strict=True)
    ]
    return {"data": [found], "layout": layout}


def _shown(rating: Rating, matrix: Matrix, side: int) -> dict[str, int]:
    """The levels with customers before (side 0) or after (side 1), from the top, each with its number of customers."""
    levels = rating.levels[::-1] if rating.ordered else rating.levels
    counts = {level: sum(count for pair, count in matrix.items() if pair[side] == level) for level in levels}
    return {level: count for level, count in counts.items() if count}


def height(rating: Rating) -> int:
    """The height in pixels of a picture with a row for each level."""
    return max(LEAST, 90 + ROW * len(rating.levels))


def direction(after: Rating, pair: Pair) -> Direction:
    """Whether a step is for the better (`rise`), for the worse (`fall`), or, in an unordered rating, a `move`."""
    if not after.ordered:
        return "move"
    return "fall" if after.worsens(*pair) else "rise"


def titled(rating: Rating, level: str, language: Language) -> str:
    """The title of a level."""
    return rating.title_of(level).in_language(language)
