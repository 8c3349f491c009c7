"""The shell of a page: one file with styles, script and pictures, in light and dark. The content comes from callers.

The pictures are plotly's. Their colours are names (`@rise`), which the page fills in.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from html import escape as as_html
from importlib.util import find_spec
from pathlib import Path
from string import Template

from standing.present.document import Picture
from standing.values.visible import in_json, visible

SHELL = Path(__file__).with_name("page.html")
FONT = {"family": "system-ui, 'Segoe UI', 'Noto Sans', 'Noto Sans CJK SC', sans-serif", "size": 13, "color": "@ink"}
BARE = {"paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)", "font": FONT}


def assemble(
    language: str,
    title: str,
    headline: str,
    tiles: Iterable[str],
    sections: Iterable[str],
    pictures: Mapping[str, Picture],
) -> str:
    """A page. `headline` and `sections` are HTML, with a box for each of the `pictures`; the rest is plain text."""
    return Template(SHELL.read_text(encoding="utf-8")).substitute(
        lang="zh-CN" if language == "zh" else "en",
        title=escape(title),
        headline=headline,
        tiles="".join(f'<div class="tile">{escape(one)}</div>' for one in tiles if one),
        sections="\n".join(sections),
        figures=in_script(pictures),
        plotly_script=plotly_script(),
    )


def escape(text: str) -> str:
    """Plain text as HTML, with hidden characters made visible."""
    return as_html(visible(text))


def in_script(data: object) -> str:
    """Data as JSON within a script. It has no `<`, so it contains neither `</script>` nor `<!--`."""
    return in_json(json.dumps(data, ensure_ascii=False)).replace("<", "\\u003c")


def plotly_script() -> str:
    """plotly's script, from the files of its package. Importing the package would be slow.

    Raises ModuleNotFoundError without the package.
    """
    found = find_spec("plotly")
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError("no plotly", name="plotly")
    return (Path(found.submodule_search_locations[0]) / "package_data" / "plotly.min.js").read_text(encoding="utf-8")
