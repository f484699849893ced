"""CSV: ``#`` lines with provenance, a header with a unit in every column name, full precision."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from glasspara import __version__
from glasspara.model.parameters import parameter_of
from glasspara.wording import inert

if TYPE_CHECKING:
    from glasspara.data import Dataset
    from glasspara.data.corrections import Applied
    from glasspara.data.loading import Input

Columns: TypeAlias = dict[str, "Sequence[Any] | npt.NDArray[Any]"]
"""A table by its columns, with a unit in every name: what a CSV file and a data frame are made from."""

# A spreadsheet takes a cell that begins so for a formula, in full width too. It splits cells at semicolons in some
# countries, and comment lines like all others; a quotation mark in these would join them with the rows below.
_FORMULA = "=+\\-@\uff1d\uff0b\uff0d\uff20"
_IN_CELL = f"(^|;\\s*)(?=[{_FORMULA}])"
_IN_COMMENT = f'([,;]\\s*)(?=["{_FORMULA}])'


def csv_text(comments: Iterable[str], header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """CSV with ``#`` lines above the header.

    Control characters are shown inert, and text that a spreadsheet would evaluate is quoted with an apostrophe.
    """
    stream = io.StringIO()
    for comment in comments:
        stream.write("# " + re.sub(_IN_COMMENT, r"\1'", _flat(comment)) + "\n")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return stream.getvalue()


@dataclass(frozen=True, eq=False)
class Sheet:
    """A CSV file: a table by its columns or, where there are rows, row by row; ``about`` are comments on it."""

    content: Mapping[str, Sequence[Any] | npt.NDArray[Any]] | Iterable[Mapping[str, object]]
    about: Sequence[str] = ()

    @classmethod
    def of_rows(
        cls, header: Sequence[str], rows: Sequence[Sequence[Any]], about: Sequence[str] = ()
    ) -> Sheet:
        """A table by its rows, which may be none."""
        return cls({name: [row[index] for row in rows] for index, name in enumerate(header)}, about)

    def text(self, comments: Iterable[str]) -> str:
        """The file, ``comments`` first."""
        above = [*comments, *self.about]
        if isinstance(self.content, Mapping):
            values = [
                item.tolist() if isinstance(item, np.ndarray) else item for item in self.content.values()
            ]
            return csv_text(above, list(self.content), zip(*values, strict=True))
        rows = list(self.content)
        return csv_text(above, list(rows[0]) if rows else [], (list(row.values()) for row in rows))


def _cell(value: object) -> object:
    if isinstance(value, str):
        return re.sub(_IN_CELL, r"\1'", _flat(value))
    if value is None:
        return ""
    if isinstance(value, (bool, np.bool_)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return repr(float(value)) if np.isfinite(value) else ""
    return value


def _flat(text: str) -> str:
    return inert(" ".join(text.split()))


def provenance(command: str, inputs: Sequence[Input]) -> list[str]:
    """Which program made the table, of which files."""
    lines = [f"glasspara {__version__} {command}"]
    lines.extend(
        f"input {item.measurement.path} sha256 {item.measurement.sha256} mass_mg {item.mass_mg!r} "
        f"({item.mass_source}) moment column {item.measurement.moment_choice.column}" + _divided_by(item)
        for item in inputs
    )
    applied = next((item.corrections for item in inputs if item.corrections is not None), None)
    return lines if applied is None else [*lines, *_corrections(applied)]


def _divided_by(item: Input) -> str:
    return "".join(
        f" geometry_factor {of} {factor.value!r}" + (f" +- {factor.error!r}" if factor.error else "")
        for of, factor in item.geometry.items()
    )


def _corrections(applied: Applied) -> Iterator[str]:
    settings, standard = applied.corrector.settings, applied.corrector.standard
    for item in applied.corrector.background.measurements if applied.corrector.background else ():
        yield f"background {item.path} sha256 {item.sha256} times {settings.background_scale!r}"
    if settings.holder_chi is not None:
        value, error = settings.holder_chi
        yield f"holder_chi_emu_per_Oe {value!r}" + ("" if error is None else f" +- {error!r}")
    if standard is not None:
        file = standard.measurement
        yield (
            f"field standard {file.path} sha256 {file.sha256} mass_mg {standard.mass_mg!r} "
            f"chi_emu_per_g_Oe {standard.chi!r} ({standard.chi_source})"
        )


def column(name: str, unit: str | None = None) -> str:
    """Name of a column with its unit, a parameter's by default: "chi_larmor_emu_per_g_Oe"."""
    parts = (unit or parameter_of(name).unit).replace("^2", "2").split()
    above = [part for part in parts if not part.endswith("^-1") and part != "1"]
    below = [part.removesuffix("^-1") for part in parts if part.endswith("^-1")]
    return "_".join([name, *above, *(["per"] if below else []), *below])


def point_columns(data: Dataset) -> Columns:
    """File, line, run and branch of every point, in the order of ``data``."""
    return {
        "file": [run.run.file for run in data.runs for _ in range(len(run))],
        "line": [line for run in data.runs for line in run.run.line.tolist()],
        "run": [run.label for run in data.runs for _ in range(len(run))],
        "branch": [run.run.branch_labels[branch] for run in data.runs for branch in run.run.branch.tolist()],
    }
