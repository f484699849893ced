"""Runs a notebook of ``examples/`` and writes it as Markdown with its outputs: ``python docs/notebooks.py FILE.ipynb``.

With ``--unrun`` before the file it is written without outputs.

The code cells run in one process, one after the other, in the folder of the notebook. The value of a cell's last
expression is shown as a notebook shows it: as HTML, as a picture, or as text. Needs nothing but glasspara.
"""

from __future__ import annotations

import ast
import base64
import json
import os
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any


def pages(path: Path, *, run: bool = True) -> Iterator[str]:
    """The Markdown of each cell, its outputs below it if it is to ``run``."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for number, cell in enumerate(json.loads(path.read_text(encoding="utf-8"))["cells"], 1):
        source = "".join(cell["source"])
        if cell["cell_type"] != "code":
            yield source
            continue
        yield f"```python\n{source}\n```"
        if not run:
            continue
        printed = StringIO()
        with redirect_stdout(printed):
            value = _run(source, f"{path.name}, cell {number}", names)
        if printed.getvalue():
            yield _text(printed.getvalue())
        if value is not None:
            yield _shown(value)


def _run(source: str, place: str, names: dict[str, Any]) -> Any:
    """The value of the last expression, None where the cell ends with something else."""
    tree = ast.parse(source, place)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, place, "exec"), names)
    return None if last is None else eval(compile(ast.Expression(last.value), place, "eval"), names)


def _shown(value: Any) -> str:
    page = value._repr_html_() if hasattr(value, "_repr_html_") else None
    if page is not None:  # that of a Matplotlib figure is
        return "\n".join(line.strip() for line in page.splitlines() if line.strip())
    if hasattr(value, "_repr_png_"):
        content = base64.b64encode(value._repr_png_()).decode()
        return f'<img alt="figure" src="data:image/png;base64,{content}">'
    return _text(repr(value))


def _text(text: str) -> str:
    return f"```text\n{text.rstrip()}\n```"


if __name__ == "__main__":
    notebook = Path(sys.argv[-1]).resolve()
    os.chdir(notebook.parent)
    sys.stdout.write("\n\n".join(pages(notebook, run="--unrun" not in sys.argv)) + "\n")
