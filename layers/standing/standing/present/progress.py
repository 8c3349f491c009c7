"""The progress of long operations, in the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


def progress_bar(console: Console) -> Progress:
    """Bars of what is done, out of how much, and since when."""
    described = TextColumn("{task.description:>16}", markup=False)
    return Progress(described, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console)
