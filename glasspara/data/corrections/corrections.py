"""What is done to measured moments and fields before any physics: the holder is taken away, the field made true.

The order matters. A background was measured at the same reported fields as the sample, so it is found by them; a holder
given by its susceptibility has the moment chi H at the true field.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from glasspara.arrays import BoolArray
from glasspara.errors import InputError, UsageError
from glasspara.files.exclusion import Item
from glasspara.runs.measurement import Measurement
from glasspara.runs.remanence import remanence_warning, zero_crossings
from glasspara.runs.run import Run
from glasspara.sample.mass import contradiction
from glasspara.wording import percent

# What works with backgrounds and standards is imported where there is one: most fits have neither.
if TYPE_CHECKING:
    from glasspara.data.corrections.background import Background, RunHolder
    from glasspara.data.corrections.field_standard import FieldStandard, RunField

LARGE_SHARE = 0.3
"""A holder of this part of the measured moments is worth a warning."""

LARGE_ERROR_SHARE = 0.5
"""So is a background that brings this part of the variances."""


@dataclass(frozen=True)
class Corrections:
    """What the user gives to correct the data by.

    Parameters
    ----------
    background : paths of files with runs of the holder alone
    background_scale : the sample's holder over the measured one, in mass or length
    holder_chi : susceptibility of the holder, emu/Oe (negative for a diamagnet), and its standard deviation or None
    field_standard : path of the M(H) run of a paramagnetic standard
    standard_chi : its susceptibility, emu g^-1 Oe^-1; palladium's by default
    fit_standard_chi : take the susceptibility by which true and reported field agree at large fields
    standard_mass_mg : its mass, mg; that of its header by default

    Raises
    ------
    UsageError
        A number makes no sense, or says something of a file that is not given.
    """

    background: tuple[str, ...] = ()
    background_scale: float = 1.0
    holder_chi: tuple[float, float | None] | None = None
    field_standard: str | None = None
    standard_chi: float | None = None
    fit_standard_chi: bool = False
    standard_mass_mg: float | None = None

    def __post_init__(self) -> None:
        if not (self.background_scale > 0.0 and isfinite(self.background_scale)):
            raise UsageError(
                f"--background-scale {self.background_scale:g}: it must be positive",
                remedy="Give the mass or length of the sample's holder over that of the measured one",
            )
        if self.background_scale != 1.0 and not self.background:
            raise UsageError(
                "--background-scale without a background",
                remedy="Give the holder's run with --background FILE",
            )
        about = self.standard_chi is not None or self.fit_standard_chi or self.standard_mass_mg is not None
        if about and self.field_standard is None:
            raise UsageError(
                "--standard-chi and --standard-mass are about a field standard",
                remedy="Give its run with --field-standard FILE",
            )
        if self.standard_chi is not None and not self.standard_chi > 0.0:
            raise UsageError(
                f"--standard-chi {self.standard_chi:g}: a paramagnet's susceptibility is positive",
                remedy="Give it in emu g^-1 Oe^-1, for example 5.25e-6",
            )
        if self.holder_chi is not None:
            value, error = self.holder_chi
            if not isfinite(value) or (error is not None and not 0.0 < error < float("inf")):
                raise UsageError("--holder-chi: the error must be positive and both numbers finite")

    @property
    def holder(self) -> bool:
        """Whether anything is taken from the moments."""
        return bool(self.background) or self.holder_chi is not None


@dataclass(frozen=True)
class Applied:
    """What was done to one input: ``holder`` and ``field`` run by run, ``left_out`` points not covered.

    ``instrument`` is the sample's, in words.
    """

    corrector: Corrector
    instrument: str
    holder: tuple[RunHolder, ...]
    field: tuple[RunField, ...]
    left_out: int

    def warnings(self, mass_mg: float) -> list[str]:
        """What a reader of results must know of these corrections, to a sample of this mass (mg)."""
        return [
            *self._of_instruments(),
            *self._of_holder(),
            *self._of_susceptibility(mass_mg),
            *self._of_field(),
        ]

    def _of_instruments(self) -> list[str]:
        background, standard = self.corrector.background, self.corrector.standard
        found = []
        used = {path for item in self.holder for path in item.files}
        others = {
            other.instrument
            for other in (background.measurements if background else ())
            if other.path in used and other.instrument != self.instrument
        }
        if others:
            found.append(
                f"measured by {self.instrument}, its background by {', '.join(sorted(others))}: a holder longer "
                "than the scan looks different to each"
            )
        if standard and standard.measurement.instrument.split()[0] != self.instrument.split()[0]:
            found.append(
                f"measured by {self.instrument}, the field standard by {standard.measurement.instrument}: another "
                "magnet keeps another field"
            )
        return found

    def _of_holder(self) -> list[str]:
        found = []
        if self.left_out:
            found.append(
                f"{self.left_out} points are left out: the background was not measured at their temperature and field; "
                "measure the holder there"
            )
        large = [item for item in self.holder if item.share > LARGE_SHARE]
        if large:
            found.append(
                f"the holder is {_spread([item.share for item in large])} of the measured moment "
                f"({_labels(large)}): what is left hangs on how well the holder comes back to its place"
            )
        noisy = [item for item in self.holder if item.error_share > LARGE_ERROR_SHARE]
        if noisy:
            found.append(
                f"{_spread([item.error_share for item in noisy])} of the variance of the points comes from the "
                f"background ({_labels(noisy)}); measure the holder longer or at more points"
            )
        coarse = [item for item in self.holder if item.curvature > item.sigma]
        if coarse:
            worst = max(coarse, key=lambda item: item.curvature)
            found.append(
                f"straight lines between the points of the background may miss it by {worst.curvature:.2g} emu, more "
                f"than the errors of the points ({_labels(coarse)}); measure the holder at more points"
            )
        return found

    def _of_susceptibility(self, mass_mg: float) -> list[str]:
        chi = self.corrector.settings.holder_chi
        if chi is None or chi[1] is None:
            return []
        return [
            f"the holder's susceptibility is uncertain by {chi[1]:.2g} emu/Oe, the same for all points: it is in none "
            f"of their errors, and shifts chi_larmor by up to {chi[1] / (1.0e-3 * mass_mg):.2g} emu g^-1 Oe^-1; "
            "joint fits count it (holder_chi)"
        ]

    def _of_field(self) -> list[str]:
        kept = [item for item in self.field if item.n_corrected < item.n_points]
        if not kept:
            return []
        points = sum(item.n_points - item.n_corrected for item in kept)
        reasons = "; ".join(dict.fromkeys(item.reason for item in kept))
        return [f"{points} points keep the reported field ({_labels(kept)}): {reasons}"]


def _spread(shares: Sequence[float]) -> str:
    low, high = percent(min(shares)), percent(max(shares))
    return low if low == high else f"{low} to {high}"


def _labels(items: Sequence[RunHolder] | Sequence[RunField]) -> str:
    labels = list(dict.fromkeys(item.label for item in items))
    return ", ".join(labels[:4]) + (f" and {len(labels) - 4} more runs" if len(labels) > 4 else "")


@dataclass(frozen=True, eq=False)
class Corrector:
    """Corrections with the files that they need, read."""

    settings: Corrections
    background: Background | None
    standard: FieldStandard | None

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is odd about the files of holder and standard, but for masses and what a standard is there for."""
        background = self.background.measurements if self.background else ()
        standard = (self.standard.measurement,) if self.standard else ()
        found = [f"{item.path}: {text}" for item in (*background, *standard) for text in _doubts(item)]
        return (*found, *(self.standard.warnings if self.standard else ()))

    def true_field(self, measurement: Measurement) -> tuple[tuple[Run, str], ...]:
        """Runs of a sample at their true fields, whole as yet: a branch is known by where it begins.

        Each with the reason why points keep the reported field.

        Raises
        ------
        InputError
            The file is the background or the standard itself.
        """
        known = [*(self.background.measurements if self.background else ())]
        known += [self.standard.measurement] if self.standard else []
        if any(measurement.sha256 == other.sha256 for other in known):
            raise InputError(
                "the file is given as a sample and as its background or field standard",
                where=measurement.path,
                remedy="Leave it out of one of them",
            )
        if self.standard is None:
            return tuple((run, "") for run in measurement.runs)
        from glasspara.data.corrections.field_standard import correct_field

        return tuple(correct_field(run, self.standard) for run in measurement.runs)

    def covered(self, run: Run) -> BoolArray:
        """Points whose background is known.

        Raises
        ------
        InputError
            The background has no run of this kind at this set point, or reaches no point.
        """
        if self.background is None:
            return np.ones(len(run), dtype=bool)
        return self.background.weights(run).covered

    def with_field_errors(self, runs: Sequence[Run]) -> tuple[list[Run], list[float]]:
        """All runs of a command with the errors of their true fields, and what part of the variances these are."""
        if self.standard is None:
            return list(runs), [0.0] * len(runs)
        from glasspara.data.corrections.field_errors import widen_errors

        wide, shares = widen_errors(runs, self.standard)
        return list(wide), list(shares)

    def without_holder(self, runs: Sequence[Run]) -> tuple[list[Run], list[RunHolder]]:
        """All runs of a command without their holder, and what was taken away; nothing where there is no holder."""
        bare: list[Run] = list(runs)
        told: list[RunHolder] = []
        if not self.settings.holder:
            return bare, told
        from glasspara.data.corrections.background import subtract_background, subtract_susceptibility

        if self.background is not None:
            subtracted, what = subtract_background(runs, self.background)
            bare, told = list(subtracted), list(what)
        if self.settings.holder_chi is not None:
            chi, _ = self.settings.holder_chi
            pairs = [
                subtract_susceptibility(run, told[index] if told else None, chi)
                for index, run in enumerate(bare)
            ]
            bare, told = [run for run, _ in pairs], [what for _, what in pairs]
        return bare, told


def _doubts(measurement: Measurement) -> list[str]:
    doubt = contradiction(measurement.mass, measurement.header, measurement.path)
    settled = (
        *(text for run in measurement.runs for text in remanence_words(run)),
        *((doubt,) if doubt else ()),
    )
    return [warning for warning in measurement.warnings if not warning.startswith(settled)]


def remanence_words(run: Run) -> list[str]:
    """How the reader warns of the field that a magnet keeps in this run."""
    crossings = zero_crossings(run.instrument_field, run.moment, run.branch, run.branch_labels)
    return [f"{run.label}: {warning}" for warning in remanence_warning(crossings)]


def read_corrections(
    settings: Corrections,
    *,
    moment: str = "auto",
    errors: str = "auto",
    exclude: Mapping[str, Iterable[Item]] | None = None,
    min_fit: float | None = None,
) -> Corrector:
    """The files of ``settings``, the background read as the sample is (arguments of :func:`glasspara.read`).

    Raises
    ------
    InputError
        A file is unreadable or unsuitable.
    SampleDataError
        The mass of the standard is not known.
    """
    background = standard = None
    if settings.background:
        from glasspara.data.corrections.background import read_background

        background = read_background(
            settings.background,
            scale=settings.background_scale,
            moment=moment,
            errors=errors,
            exclude=exclude,
            min_fit=min_fit,
        )
    if settings.field_standard is not None:
        from glasspara.data.corrections.field_standard import read_field_standard

        standard = read_field_standard(
            settings.field_standard,
            chi=settings.standard_chi,
            fit_chi=settings.fit_standard_chi,
            mass_mg=settings.standard_mass_mg,
            exclude=(exclude or {}).get(settings.field_standard, ()),
        )
    return Corrector(settings, background, standard)
