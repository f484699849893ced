"""`read`: one file -> one `Measurement` with its runs, its account of rows and all that is odd about it."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from glasspara.errors import InputError
from glasspara.files.exclusion import FLUX_JUMPS, Item, excluded_lines
from glasspara.files.flavours import recognise
from glasspara.files.moments import MomentChoice, extract
from glasspara.files.multivu import Header, read_multivu
from glasspara.files.points import DroppedRow
from glasspara.runs.run import Run, makes_runs, segment
from glasspara.runs.segmentation import FEWEST_POINTS
from glasspara.sample.mass import HeaderMass, contradiction, header_mass

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Measurement:
    """A file as physics sees it.

    ``path`` as given ("-" is stdin), ``sha256`` of the bytes, ``instrument`` and ``encoding`` in words. Every
    table row is accounted for: rows_read == rows_used + sum(rows_dropped.values()), and ``dropped`` lists the
    dropped ones with their file lines. ``comments`` are the texts in the table's comment column by file line.
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
    warnings: tuple[str, ...]

    @property
    def rows_dropped(self) -> dict[str, int]:
        """Number of dropped rows by reason, reasons in alphabetic order."""
        return dict(sorted(Counter(row.reason for row in self.dropped).items()))

    def to_frame(self) -> pd.DataFrame:
        """Points of all runs: run (index of ``runs``), line, branch, T_K, H_Oe, moment_emu, sigma_emu."""
        import pandas as pd

        lengths = [len(run) for run in self.runs]
        return pd.DataFrame(
            {
                "run": np.repeat(np.arange(len(self.runs)), lengths),
                "line": np.concatenate([run.line for run in self.runs]),
                "branch": [run.branch_labels[i] for run in self.runs for i in run.branch],
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
    exclude: Iterable[Item] = (),
    min_fit: float | None = None,
) -> Measurement:
    """Read a Quantum Design magnetometer file.

    Parameters
    ----------
    path : path
        The file, taken literally (no patterns); "-" reads stdin.
    moment : str
        "auto", or which moment of an MPMS3 file: "free" or "fixed" (DC scans), "vsm". "auto" takes the moment
        that most rows hold, Free before Fixed; of a file of both DC and VSM rows it takes both, in separate runs.
    errors : str
        Standard deviations: "instrument" takes the instrument's, "scatter" the scatter of the points, "auto" run
        by run the instrument's unless there are none, or they are far from the scatter of the points: then that.
    exclude : iterable of int, range or str
        File lines of rows to leave out; "flux-jumps" leaves out the points that are flagged as such.
    min_fit : float, optional
        Quality of the fit of a scan (0 to 1) below which its row is left out. Without it rows below 0.8 are, where
        they are fewer than half.

    Raises
    ------
    InputError
        The file cannot be read, is of another option, or holds no run.
    UsageError
        ``moment`` or ``errors`` is unknown or asks for what the file does not hold; no row stands where one is to be
        left out.
    """
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
        usable = sum(map(len, table.parts))
        raise InputError(
            f"no run: the {usable} usable points hold no {FEWEST_POINTS} at one field or temperature",
            where=raw.path,
            remedy="Give a file that was measured against temperature or against field",
        )
    mass = header_mass(raw.header, flavour, path=raw.path)
    contradicted = contradiction(mass, raw.header, raw.path)
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
        warnings=(
            *table.choice.warnings,
            *((contradicted,) if contradicted else ()),
            *_of_runs(runs),
        ),
    )


def _of_runs(runs: tuple[Run, ...]) -> list[str]:
    """Warnings of the runs; those that differ in their numbers only are told once."""
    first: dict[str, tuple[str, int]] = {}
    for run in runs:
        for warning in run.warnings:
            kind = re.sub(r"[-+.0-9e]+", "#", warning)
            text, count = first.get(kind, (f"{run.label}: {warning}", 0))
            first[kind] = text, count + 1
    return [text if count == 1 else f"{text} (and so on: {count} runs)" for text, count in first.values()]
