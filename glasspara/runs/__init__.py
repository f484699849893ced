"""From the rows of a file to runs: points at one field, or at one temperature.

Here: :func:`read`, one file to one :class:`Measurement` with its runs, its account of rows and its warnings.

:mod:`~glasspara.runs.run`
    :class:`~glasspara.runs.run.Run` with its set point, standard deviations and warnings; averages of repeats
:mod:`~glasspara.runs.segmentation`
    where one run ends and the next begins
:mod:`~glasspara.runs.stretches`
    plateaus, also where the field wanders; warming, cooling, field up, field down; where a branch crosses zero
:mod:`~glasspara.runs.errors`, :mod:`~glasspara.runs.scatter`
    standard deviations: the instrument's, or the scatter of the points and of repeated measurements
:mod:`~glasspara.runs.outliers`
    flux jumps

What is odd about a run is a :class:`~glasspara.findings.Finding`; its sentence is in ``findings.toml``.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from glasspara.errors import UnsuitableError
from glasspara.files.choice import MomentChoice
from glasspara.files.exclusion import FLUX_JUMPS, Exclusion, excluded_lines, parse_exclusions
from glasspara.files.flavours import recognise
from glasspara.files.moments import extract
from glasspara.files.multivu import Header, read_multivu
from glasspara.files.table import DroppedRow
from glasspara.findings import Finding, as_html, counted, summary
from glasspara.runs.run import Run, makes_runs, segment
from glasspara.runs.segmentation import FEWEST_POINTS
from glasspara.sample.mass import HeaderMass, contradictions, header_mass

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class Measurement:
    """A file as physics sees it.

    ``path`` as given ("-" is stdin), ``sha256`` of the bytes, ``instrument`` and ``encoding`` in words. Every
    table row is accounted for: rows_read == rows_used + sum(rows_dropped.values()), and ``dropped`` lists the
    dropped ones with their file lines. ``comments`` are the texts in the table's comment column by file line.
    ``file_warnings`` are about the file as a whole, ``warnings`` about its runs as well.
    """

    path: str
    sha256: str
    instrument: str
    encoding: str
    header: Header
    rows_read: int
    rows_used: int
    dropped: tuple[DroppedRow, ...]
    comments: tuple[tuple[int, str], ...]
    moment_choice: MomentChoice
    mass: HeaderMass
    runs: tuple[Run, ...]
    file_warnings: tuple[Finding, ...]

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """Findings about problems of the file and its runs."""
        return (*self.file_warnings, *run_warnings(self.runs))

    @property
    def rows_dropped(self) -> dict[str, int]:
        """Number of dropped rows by reason, reasons in alphabetic order."""
        return dict(sorted(Counter(row.reason for row in self.dropped).items()))

    def __repr__(self) -> str:
        return summary(
            self, self.path, self.instrument, counted(self.runs, "run"), counted(self.rows_used, "point")
        )

    def _repr_html_(self) -> str:
        return as_html(self, run_table(self.runs), [f"{self.path}: {self.instrument}"], self.warnings)

    def to_frame(self) -> pd.DataFrame:
        """Points of all runs: run (index of ``runs``), line, branch, since_field_change, T_K, H_Oe, moments (emu)."""
        import pandas as pd

        lengths = [len(run) for run in self.runs]
        return pd.DataFrame(
            {
                "run": np.repeat(np.arange(len(self.runs)), lengths),
                "line": np.concatenate([run.line for run in self.runs]),
                "branch": [run.branch_labels[i] for run in self.runs for i in run.branch],
                "since_field_change": np.concatenate([run.since_field_change for run in self.runs]),
                "T_K": np.concatenate([run.temperature for run in self.runs]),
                "H_Oe": np.concatenate([run.field for run in self.runs]),
                "moment_emu": np.concatenate([run.moment for run in self.runs]),
                "sigma_emu": np.concatenate([run.sigma for run in self.runs]),
            }
        )


def read(
    path: str | os.PathLike[str],
    *,
    moment: str = "auto",
    errors: str = "auto",
    exclude: Iterable[Exclusion] | str = (),
    min_fit: float | None = None,
) -> Measurement:
    """Read a Quantum Design magnetometer file.

    Parameters
    ----------
    path : path
        The file, taken literally (no patterns); "-" reads stdin.
    moment : str
        "auto", or which moment of an MPMS3 file: "free" or "fixed" (DC scans), "vsm". "auto" takes the moment
        that most rows contain, Free before Fixed; from a file with DC and VSM rows it uses both, in separate runs.
    errors : str
        Standard deviations: "instrument" uses the instrument's, "scatter" the scatter of the points, "auto" the
        instrument's in each run in which they exist and agree with the scatter, else the scatter.
    exclude : str, or iterable of int, range or str
        File lines of rows to leave out ("12-20,43"); "flux-jumps" leaves out the points that are flagged as such.
    min_fit : float, optional
        Quality of the fit of a scan (0 to 1) below which its row is left out. By default 0.8, if fewer than half of
        the rows are below it.

    Raises
    ------
    InputError
        The file cannot be read, is of another measurement option, or contains no run.
    UsageError
        ``moment`` or ``errors`` is unknown or not possible with this file; there is no row at a line to leave out.
    """
    if isinstance(exclude, str):
        exclude = parse_exclusions([exclude], [os.fspath(path)]).get(os.fspath(path), ())
    exclude = tuple(exclude)
    raw = read_multivu(path)
    flavour = recognise(raw)
    table = extract(
        raw,
        flavour,
        request=moment,
        exclude=excluded_lines(exclude),
        min_fit=min_fit,
        makes_runs=makes_runs,
    )
    drop = FLUX_JUMPS in exclude
    segmented = [
        segment(points, file=raw.path, errors=errors, drop_flux_jumps=drop) for points in table.parts
    ]
    runs = tuple(sorted((run for found, _ in segmented for run in found), key=lambda run: int(run.line[0])))
    strays = [row for _, left in segmented for row in left]
    if not runs:
        usable = counted(sum(map(len, table.parts)), "usable point")
        raise UnsuitableError(
            f"no run: {usable}, and a run needs {FEWEST_POINTS} at one field or temperature",
            where=raw.path,
            remedy="Give a file that was measured against temperature or against field",
        )
    mass = header_mass(raw.header, flavour, path=raw.path)
    return Measurement(
        path=raw.path,
        sha256=raw.source.sha256,
        instrument=flavour.words,
        encoding=raw.source.encoding,
        header=raw.header,
        rows_read=table.rows_read,
        rows_used=sum(len(run) for run in runs),
        dropped=tuple(sorted((*table.dropped, *strays), key=lambda row: row.line)),
        comments=table.comments,
        moment_choice=table.choice,
        mass=mass,
        runs=runs,
        file_warnings=(*table.choice.warnings, *contradictions(mass, raw.header, raw.path)),
    )


@dataclass(frozen=True)
class Reader:
    """Reads files with the same choices, those of :func:`read`; ``exclude`` gives what to leave out by path."""

    moment: str = "auto"
    errors: str = "auto"
    exclude: Mapping[str, Iterable[Exclusion]] = field(default_factory=dict)
    min_fit: float | None = None

    def __call__(self, path: str) -> Measurement:
        left_out = self.exclude.get(path, ())
        return read(path, moment=self.moment, errors=self.errors, exclude=left_out, min_fit=self.min_fit)


def run_warnings(runs: Iterable[Run]) -> list[Finding]:
    """Findings of the runs; those that differ in their numbers only are one, with the labels of all these runs."""
    merged: dict[tuple[str, Any], Finding] = {}
    for item in (item for run in runs for item in run.warnings):
        values = {name: value for name, value in item.values.items() if name != "runs"}
        kind = (item.code, _without_numbers(values))
        if first := merged.get(kind):
            labels = [*first.values["runs"], *item.values["runs"]]
            item = replace(first, values={**first.values, "runs": labels})  # noqa: PLW2901
        merged[kind] = item
    return list(merged.values())


def _without_numbers(value: Any) -> Any:
    """``value`` with None for every number in it, as something that can be compared and hashed."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        return tuple(_without_numbers(item) for item in value)
    return value if isinstance(value, str) else None


def run_table(runs: Iterable[Run]) -> pd.DataFrame:
    """One row a run: file, kind, nominal set point in ``unit``, number of points, ranges, source of the errors."""
    import pandas as pd

    return pd.DataFrame([
        {
            "file": run.file, "kind": run.kind, "nominal": run.nominal, "unit": run.unit, "n_points": len(run),
            "T_min_K": run.temperature.min(), "T_max_K": run.temperature.max(),
            "H_min_Oe": run.field.min(), "H_max_Oe": run.field.max(),
            "moment_min_emu": run.moment.min(), "moment_max_emu": run.moment.max(),
            "moment_column": run.moment_column, "sigma_source": run.sigma_source,
        }
        for run in runs
    ])  # fmt: skip
