"""The JSON Schemas of the events, made from the models: `python -m standing.operations.schemas FOLDER` writes them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from standing.events import MODELS


def schemas() -> dict[str, str]:
    """The JSON Schema of each detail type, as text."""
    return {name: _text(model.model_json_schema()) for name, model in MODELS.items()}


def write(folder: Path) -> None:
    """Write every schema into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in schemas().items():
        (folder / f"{name}.json").write_text(text)


def _text(schema: dict[str, object]) -> str:
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps({**dialect, **schema}, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    write(Path(sys.argv[1]))
