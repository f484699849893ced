"""Paramagnetic ions besides iron: the source's Tables 5-7 by glass, users' files, and what the model takes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from glasspara.errors import UsageError
from glasspara.physics.ions.ions import TraceIon, ion, usual_ion
from glasspara.sample.sample import TraceIon as MeasuredIon
from glasspara.sample.sample import trace_ions_from_table
from glasspara.sample.toml_input import read_toml

_TABLES = Path(__file__).parent / "trace_ions.toml"


def model_ions(measured: Iterable[MeasuredIon]) -> tuple[TraceIon, ...]:
    """``measured`` as terms of the model; an element stands for its usual ion."""
    return tuple(TraceIon(ion(usual_ion(item.name), j=item.j, g=item.g), item.ratio) for item in measured)


def load_trace_ions(name_or_path: str) -> tuple[TraceIon, ...]:
    """Trace ions of a glass of the source (case does not matter), else of a TOML file.

    The file has a table [trace_ions], or is a sample file with [sample.trace_ions].

    Raises
    ------
    UsageError
        Neither a glass of the source nor a file.
    InputError
        The file is faulty, or names no trace ions.
    """
    tables = read_toml(_TABLES)
    glasses = {name.lower(): name for name in tables.content}
    if name := glasses.get(name_or_path.lower()):
        return model_ions(trace_ions_from_table(tables.table(name)))
    path = Path(name_or_path)
    if path.suffix.lower() != ".toml" and not path.is_file():
        raise UsageError(
            f"no glass and no file {name_or_path!r}",
            remedy=f"Give a TOML file or one of: {', '.join(tables.content)}",
        )
    top = read_toml(path)
    sample = top.table("sample")
    table = top.table("trace_ions") or (sample.table("trace_ions") if sample else None)
    if table is None:
        raise top.fault("[trace_ions]", "the table is missing", "Write Cr = 0.1, atoms to one of iron")
    return model_ions(trace_ions_from_table(table))
