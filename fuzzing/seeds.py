"""Sound files to start from: those of the tests, the fixtures, and real ones where they lie beside the checkout."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from glasspara.simulation.writer import TEXT_LAYOUTS, compose, sweep

ROOT = Path(__file__).resolve().parent.parent
REAL = ROOT.parent / "shared" / "realdata"

_LARGEST = 400_000  # bytes; a fuzzer lives on many small inputs


@cache
def seeds() -> tuple[bytes, ...]:
    """Contents of the files, the same order every time."""
    made = [compose(layout, sweep(12), mass="12.5 mg").encode("cp1252") for layout in TEXT_LAYOUTS]
    bundled = [path.read_bytes() for path in sorted(ROOT.glob("fixtures/*/*.dat"))[::4]]
    real = [path.read_bytes() for path in sorted(REAL.glob("*/*")) if path.stat().st_size <= _LARGEST]
    return (*made, *bundled, *real)
