"""What is done to measured moments and fields before any physics: the holder is subtracted, the field corrected.

The order matters. A background was measured at the same reported fields as the sample, so it is found by them; a holder
given by its susceptibility has the moment chi H at the true field.

:mod:`~glasspara.data.corrections.background`
    runs of the holder alone, or its susceptibility, taken from the moments
:mod:`~glasspara.data.corrections.field_standard`
    the M(H) run of a paramagnetic standard, and what it says about the field of the magnet
:mod:`~glasspara.data.corrections.true_field`
    runs of a sample at their true field, and the errors that this brings

Their findings are in ``glasspara/data/findings.toml``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from glasspara.arrays import BoolArray
from glasspara.errors import InputError, UsageError
from glasspara.files.states import SUBTRACTED
from glasspara.findings import Finding, Where, finding
from glasspara.runs import Measurement, Reader
from glasspara.runs.run import ZERO_CROSSING, Run
from glasspara.sample.mass import CONTRADICTED

if TYPE_CHECKING:
    from glasspara.data.corrections.background import Background, RunHolder
    from glasspara.data.corrections.field_standard import FieldStandard
    from glasspara.data.corrections.true_field import RunField

LARGE_SHARE = 0.3
"""A holder of this part of the measured moments is worth a warning."""

LARGE_ERROR_SHARE = 0.5
"""So is a background that brings this part of the variances."""

LARGEST_HOLDER = 1.0e-2
"""No magnetometer measures beside a holder of a larger susceptibility, emu/Oe."""

_EXPECTED = (CONTRADICTED, ZERO_CROSSING)


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
        if not 1.0e-3 <= self.background_scale <= 1.0e3:
            raise UsageError(
                f"--background-scale {self.background_scale:g}: it must be positive, from 0.001 to 1000",
                remedy="Give the mass or length of the sample's holder divided by that of the measured holder",
            )
        if self.background_scale != 1.0 and not self.background:
            raise UsageError(
                "--background-scale without a background",
                remedy="Give the holder's run with --background FILE",
            )
        about = self.standard_chi is not None or self.fit_standard_chi or self.standard_mass_mg is not None
        if about and self.field_standard is None:
            raise UsageError(
                "--standard-chi and --standard-mass need a field standard",
                remedy="Give its run with --field-standard FILE",
            )
        if self.standard_chi is not None and not 1.0e-9 <= self.standard_chi <= 1.0:
            raise UsageError(
                f"--standard-chi {self.standard_chi:g}: a paramagnet's susceptibility is positive, from 1e-9 to 1",
                remedy="Give it in emu g^-1 Oe^-1, for example 5.25e-6",
            )
        if self.holder_chi is not None:
            value, error = self.holder_chi
            if not abs(value) <= LARGEST_HOLDER or not (
                error is None or 1.0e-12 * LARGEST_HOLDER <= error <= LARGEST_HOLDER
            ):
                raise UsageError(
                    f"--holder-chi {value:g}{'' if error is None else f' +- {error:g}'}: not the value of a holder",
                    remedy=f"Give at most {LARGEST_HOLDER:g} emu/Oe, and a positive error",
                )

    @property
    def holder(self) -> bool:
        """Whether anything is taken from the moments."""
        return bool(self.background) or self.holder_chi is not None


@dataclass(frozen=True, eq=False)
class Applied:
    """What was done to one input: ``holder`` and ``field`` run by run, ``left_out`` points not covered.

    ``instrument`` is the sample's, in words.
    """

    corrector: Corrector
    instrument: str
    holder: tuple[RunHolder, ...]
    field: tuple[RunField, ...]
    left_out: int

    def warnings(self, path: str, mass_mg: float) -> list[Finding]:
        """What a reader of results must know of these corrections, to the sample in this file, of this mass (mg)."""
        found = (*self._of_instruments(), *self._of_holder(mass_mg), *self._of_field())
        return [item.at(file=path) for item in found]

    def _of_instruments(self) -> Iterator[Finding]:
        background, standard = self.corrector.background, self.corrector.standard
        used = {path for item in self.holder for path in item.files}
        files = [item for item in (background.measurements if background else ()) if item.path in used]
        others = sorted({item.instrument for item in files} - {self.instrument})
        if others:
            yield finding("data.background-of-another-instrument", instrument=self.instrument, others=others)
        if standard and standard.measurement.instrument.split()[0] != self.instrument.split()[0]:
            other = standard.measurement.instrument
            yield finding("data.standard-of-another-instrument", instrument=self.instrument, other=other)

    def _of_holder(self, mass_mg: float) -> Iterator[Finding]:
        if self.left_out:
            yield finding("data.not-covered", points=self.left_out)
        large = [(item.share, item.label) for item in self.holder if item.share > LARGE_SHARE]
        noisy = [
            (item.error_share, item.label) for item in self.holder if item.error_share > LARGE_ERROR_SHARE
        ]
        coarse = [(item.curvature, item.label) for item in self.holder if item.curvature > item.sigma]
        for code, excess in (
            ("large-holder", large),
            ("noisy-background", noisy),
            ("coarse-background", coarse),
        ):
            if excess:
                values, labels = zip(*excess, strict=True)
                runs = list(dict.fromkeys(labels))
                yield finding(f"data.{code}", smallest=min(values), largest=max(values), runs=runs)
        chi = self.corrector.settings.holder_chi
        if chi is not None and chi[1] is not None:
            shift = chi[1] / (1.0e-3 * mass_mg)
            yield finding("data.holder-chi-uncertain", error_emu_per_Oe=chi[1], shift_emu_per_g_Oe=shift)

    def _of_field(self) -> Iterator[Finding]:
        kept = [item for item in self.field if item.n_corrected < item.n_points]
        if kept:
            points = sum(item.n_points - item.n_corrected for item in kept)
            reasons = list(dict.fromkeys(item.reason for item in kept))
            runs = list(dict.fromkeys(item.label for item in kept))
            yield finding("data.reported-field-kept", points=points, runs=runs, reasons=reasons)


@dataclass(frozen=True, eq=False)
class Corrector:
    """Corrections with the files that they need, read."""

    settings: Corrections
    background: Background | None
    standard: FieldStandard | None

    @property
    def files(self) -> tuple[Measurement, ...]:
        """The files of holder and standard."""
        background = self.background.measurements if self.background else ()
        return (*background, *((self.standard.measurement,) if self.standard else ()))

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """Findings about these files, without those about masses and about the field that a standard shows."""
        odd = (item for file in self.files for item in file.warnings if item.code not in _EXPECTED)
        return (*odd, *(self.standard.warnings if self.standard else ()))

    def true_field(self, measurement: Measurement) -> tuple[tuple[Run, str], ...]:
        """Runs of a sample at their true fields, whole as yet: a branch is known by where it begins.

        Each with the reason why points keep the reported field.

        Raises
        ------
        InputError
            The file is the background or the standard itself.
        """
        if any(measurement.sha256 == other.sha256 for other in self.files):
            raise InputError(
                "the file is given as a sample and as its background or field standard",
                where=measurement.path,
                remedy="Leave it out of one of them",
            )
        if self.standard is None:
            return tuple((run, "") for run in measurement.runs)
        from glasspara.data.corrections.true_field import correct_field

        return tuple(correct_field(run, self.standard) for run in measurement.runs)

    def refuse_subtracted(self, measurement: Measurement) -> list[Finding]:
        """Refuse to subtract a holder that the instrument has subtracted already; a finding where its moment may be.

        Raises
        ------
        InputError
            There is a background to subtract, and the instrument has or may have subtracted one.
        """
        codes = {item.code for item in measurement.file_warnings}.intersection(SUBTRACTED)
        if not codes:
            return []
        if self.background is not None:
            named = measurement.header.background
            raise InputError(
                f"the instrument {'may have' if codes == {SUBTRACTED[-1]} else 'has'} already subtracted a background"
                + (f" ({named})" if named else ""),
                where=measurement.path,
                remedy="Leave --background out: it would subtract the holder twice",
            )
        if self.settings.holder_chi is None:
            return []
        chi, _ = self.settings.holder_chi
        return [
            finding("data.holder-subtracted-twice", Where(file=measurement.path), holder_chi_emu_per_Oe=chi)
        ]

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
        from glasspara.data.corrections.true_field import widen_errors

        wide, shares = widen_errors(runs, self.standard)
        return list(wide), list(shares)

    def without_holder(self, runs: Sequence[Run]) -> tuple[list[Run], list[RunHolder]]:
        """All runs of a command without their holder, and what was taken away; nothing where there is no holder."""
        bare: list[Run] = list(runs)
        holders: list[RunHolder] = []
        if not self.settings.holder:
            return bare, holders
        from glasspara.data.corrections.background import subtract_background, subtract_susceptibility

        if self.background is not None:
            subtracted, taken = subtract_background(runs, self.background)
            bare, holders = list(subtracted), list(taken)
        if self.settings.holder_chi is not None:
            chi, _ = self.settings.holder_chi
            pairs = [
                subtract_susceptibility(run, holders[index] if holders else None, chi)
                for index, run in enumerate(bare)
            ]
            bare, holders = [run for run, _ in pairs], [holder for _, holder in pairs]
        return bare, holders


def read_corrections(settings: Corrections, reader: Reader) -> Corrector:
    """The files of ``settings``, the background read as the sample is.

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

        background = read_background(settings.background, reader, scale=settings.background_scale)
    if settings.field_standard is not None:
        from glasspara.data.corrections.field_standard import read_field_standard

        standard = read_field_standard(
            settings.field_standard,
            chi=settings.standard_chi,
            fit_chi=settings.fit_standard_chi,
            mass_mg=settings.standard_mass_mg,
            exclude=reader.exclude.get(settings.field_standard, ()),
        )
    return Corrector(settings, background, standard)
