"""Parameters with their covariance, from a report of ``fit``, a finished fit, or a preset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glasspara.arrays import FloatArray
from glasspara.errors import InputError, UsageError
from glasspara.findings import Finding, finding
from glasspara.fitting.result import TRUSTED, FitResult
from glasspara.model.parameters import ATS_NAMES, PARAMETERS
from glasspara.physics.ats import conventions
from glasspara.presets import load_preset
from glasspara.report.block import InputBlock, conforms
from glasspara.report.reading import read_report as read_any_report

_ROUNDING = 1.0e-6  # of correlations
_LARGEST = 1.0e100  # no number of a fit is; powers of larger ones are none


@dataclass(frozen=True, eq=False)
class FittedValues:
    """What is derived from.

    ``covariance`` belongs to ``names``, the parameters that have an error; those in ``held`` were held. ``qs4`` or
    ``b_star`` are among ``values`` where the model has them. ``trusted`` says whether the fit was; ``notes`` what a
    reader must know of the errors. ``inputs`` are the blocks of the files in the report that was read. ``files`` are
    the names of the files with the data; a preset has its own name there.
    """

    values: Mapping[str, float]
    names: tuple[str, ...]
    covariance: FloatArray
    held: frozenset[str]
    model: str
    convention: str
    orientation: str
    source: str
    status: str
    trusted: bool
    notes: tuple[Finding, ...] = ()
    inputs: tuple[Mapping[str, Any], ...] = ()
    files: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.values.get("n_ats"):
            raise InputError(
                "there is no ATS term to derive anything from", where=self.source,
                remedy="Fit a model with one, for example etm",
            )  # fmt: skip
        missing = [name for name in ATS_NAMES if name not in self.values]
        if missing:
            raise InputError(
                f"the model {self.model} has no {', '.join(missing)}",
                where=self.source,
                remedy="Fit a model with (15): etm, etm-high-field, etm-phase, three-level",
            )
        if not self.values["d0max_qs4"] > self.values["d0min_qs4"]:
            raise InputError("the cutoffs are equal: there is no ATS term to derive from", where=self.source)

    @property
    def synthetic(self) -> bool:
        """Whether the names of all files say so."""
        return all("synthetic" in name.lower() for name in self.files)

    def error(self, name: str) -> float:
        """Standard error of a parameter; 0 for one that is held."""
        if name not in self.names:
            return 0.0
        index = self.names.index(name)
        return float(np.sqrt(self.covariance[index, index]))


def values_of_fit(result: FitResult) -> FittedValues:
    """Parameters of a finished fit."""
    minimum = result.minimum
    names = tuple(name for name in result.correlation_names if name in PARAMETERS)
    index = [minimum.coordinates.reported.index(name) for name in names]
    covariance = minimum.reported_covariance()[np.ix_(index, index)]
    values = {name: item.value for name, item in result.parameters.items() if name in PARAMETERS}
    return FittedValues(
        values=values,
        names=names,
        covariance=covariance,
        held=frozenset(name for name, item in result.parameters.items() if item.fixed),
        model=result.model.name,
        convention=result.model.convention,
        orientation=result.model.orientation,
        source="fit of the files",
        status=result.assessment.status,
        trusted=result.assessment.trusted,
        files=tuple(run.run.file for run in result.data.runs),
    )


def values_of_preset(name: str) -> FittedValues:
    """Parameters of a preset with the errors that it states.

    Raises
    ------
    UsageError, InputError
        As :func:`glasspara.presets.load_preset`; InputError without an ATS term.
    """
    preset = load_preset(name)
    names = tuple(key for key in preset.parameters if preset.errors.get(key))
    errors = np.array([preset.errors[key] for key in names])
    return FittedValues(
        values=dict(preset.parameters),
        names=names,
        covariance=np.diag(errors**2) if names else np.zeros((0, 0)),
        held=frozenset(preset.parameters) - set(names),
        model="etm",
        convention="paper",
        orientation="isotropic",
        source=preset.origin,
        status="published" if names else "stated",
        trusted=True,
        notes=(finding(f"derive.preset-without-{'correlations' if names else 'errors'}"),),
        files=(name,),
    )


def read_fit(path: str, *, fit: int | None = None) -> FittedValues:
    """Parameters of a report.json of ``glasspara fit``.

    ``fit`` is the number of the fit, from 1, where there are several (``--per-run``).

    Raises
    ------
    InputError
        The file is not such a report.
    UsageError
        There are several fits and ``fit`` does not say which.
    """
    document = read_any_report(path, command="fit").document
    fits = document.get("fits")
    if not isinstance(fits, list) or not fits:
        raise InputError("the report contains no fit", where=path)
    if fit is None and len(fits) > 1:
        raise UsageError(
            f"{path} contains {len(fits)} fits", remedy=f"Choose one with --fit-number 1 to {len(fits)}"
        )
    number = 1 if fit is None else fit
    if not 1 <= number <= len(fits):
        raise UsageError(f"--fit-number {number}: {path} holds {len(fits)}")
    block = fits[number - 1]
    try:
        return _values(block, document, path)
    except (AttributeError, KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
        raise InputError(f"the report is damaged ({error!r})", where=path) from error


def _values(block: Mapping[str, Any], document: Mapping[str, Any], path: str) -> FittedValues:
    parameters = {name: item for name, item in block["parameters"].items() if name in PARAMETERS}
    values = {name: _number(item["value"]) for name, item in parameters.items()}
    for name, value in values.items():
        if not PARAMETERS[name].lower <= value <= PARAMETERS[name].upper:
            raise ValueError(f"{name} = {value:g}")
    all_names: Sequence[str] = block["correlation"]["names"]
    matrix = np.array(block["correlation"]["matrix"], dtype=np.float64)
    if matrix.shape != (len(all_names), len(all_names)):
        raise ValueError("correlation matrix")
    index = [
        i for i, name in enumerate(all_names) if name in parameters and parameters[name]["error"] is not None
    ]
    names = tuple(all_names[i] for i in index)
    errors = np.array([_number(parameters[name]["error"]) for name in names])
    correlation = matrix[np.ix_(index, index)]
    if (
        not (np.abs(correlation) <= 1.0 + _ROUNDING).all()
        or np.linalg.eigvalsh(correlation).min(initial=0.0) < -_ROUNDING
    ):
        raise ValueError("correlation matrix")
    covariance = correlation * np.outer(errors, errors)
    conventions(str(document["orientation"]), str(document["convention"]))  # a ValueError for unknown ones
    status = str(block["assessment"]["status"])
    if not conforms(document["inputs"], list[InputBlock]):
        raise ValueError("inputs")
    return FittedValues(
        values=values,
        names=names,
        covariance=covariance,
        held=frozenset(name for name, item in parameters.items() if item["fixed"]),
        model=str(document["model"]),
        convention=str(document["convention"]),
        orientation=str(document["orientation"]),
        source=path,
        status=status,
        trusted=status in TRUSTED,
        inputs=tuple(document["inputs"]),
        files=tuple(str(item["path"]) for item in document["inputs"]),
    )


def _number(value: Any) -> float:
    if isinstance(value, bool) or not abs(number := float(value)) < _LARGEST:
        raise ValueError(value)
    return number
