"""``reproduce`` at the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from glasspara.wording import value_with_error

if TYPE_CHECKING:
    from glasspara.reproduction.run import Done


def show_reproduction(done: Sequence[Done], out: Console) -> None:
    """Every step with its outcome, then published numbers beside ours."""
    steps = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("step", "of the source", "what", "files"):
        steps.add_column(column, overflow="fold")
    for item in done:
        steps.add_row(item.step.name, item.step.shows, item.step.text, str(len(item.files)))
    out.print(steps)
    numbers = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("step", "quantity", "published", "here (synthetic data)", "unit"):
        numbers.add_column(column, overflow="fold")
    for item in done:
        for row in item.rows:
            here = "none" if row.value is None else value_with_error(row.value, row.error)
            published = value_with_error(row.published, row.published_error)
            numbers.add_row(item.step.name, row.quantity, published, here, row.unit)
    out.print()
    out.print(numbers)
    for item in done:
        if item.problem is not None:
            out.print(f"{item.step.name} failed: {item.problem}", style="bold red")
