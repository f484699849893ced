"""What do fitted parameters stand for: fields, susceptibilities, tunnelling particles, areas, voids?

``glasspara derive``. :func:`~glasspara.analysis.derive.consequences.derive` answers it from fitted values, which come
from a fit, a preset or a report, and from assumptions by name.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from glasspara.cli import options
from glasspara.cli.groups import DataOptions, ParameterOptions, TheoryOptions, VerdictOptions
from glasspara.cli.options import own_option
from glasspara.cli.output import OutputWithPlots
from glasspara.cli.values import interval, number
from glasspara.errors import UsageError

if TYPE_CHECKING:
    from glasspara.analysis.derive.fitted_values import FittedValues
    from glasspara.data.loading import Loaded

ASSUMED = "Assumptions"

_LEAST, _MOST = 1.0e-3, 1.0e6


def derive(
    data: DataOptions,
    *,
    xi: str | None = own_option(
        "--xi",
        "Radius of the regions of enhanced regularity (RERs), or a range. [31]",
        "NM[:NM]",
        panel=ASSUMED,
    ),
    charge: str | None = own_option(
        "--charge", "Charge of one tunnelling particle, e. [1, O-]", "E[:E]", panel=ASSUMED
    ),
    n_tunn: str | None = own_option(
        "--n-tunn",
        "Tunnelling particles of one system. [20:600, the range in the literature]",
        "N[:N]",
        panel=ASSUMED,
    ),
    qs4: str | None = own_option(
        "--qs4",
        "(Q/e) S4 (charge times loop area), Å², if the fit has neither it nor B*. [1e4:3e4, by the shape of "
        "M_intr(H) in high fields]",
        "AREA[:AREA]",
        panel=ASSUMED,
    ),
    d0: float | None = own_option(
        "--d0",
        "Mean tunnelling amplitude D_0, which gives (Q/e) S4. Not assumed by default.",
        "K",
        panel=ASSUMED,
    ),
    area_per_particle: float | None = own_option(
        "--area-per-particle",
        "S4/N_tunn, Å², which gives N_tunn. Not assumed by default.",
        "AREA",
        panel=ASSUMED,
    ),
    p_star: str | None = own_option(
        "--p-star", "P*, by which n_ats is multiplied. [1]", "P[:P]", panel=ASSUMED
    ),
    e_max: str | None = own_option(
        "--e-max",
        "Upper cutoff E_max of the asymmetry, for the normalisation 1/P*. [100:1000]",
        "K[:K]",
        panel=ASSUMED,
    ),
    oxygen: str | None = own_option(
        "--oxygen", "Oxygen of the glass, g^-1. [2e22, of SiO2]", "N[:N]", panel=ASSUMED
    ),
    temperature: list[float] | None = own_option(
        "--temperature", "Temperature for susceptibilities and fields (repeatable). [2, 4.5, 20, 300]", "K"
    ),
    fit_number: int | None = own_option(
        "--fit-number", "Number of the fit in a report with several fits.", "N", min=1
    ),
    model: options.ModelName = "etm",
    parameters: ParameterOptions,
    verdict: VerdictOptions,
    theory: TheoryOptions,
    output: OutputWithPlots,
) -> None:
    """N_tunn, S4, voids, characteristic fields and weak-field limits from fitted parameters and named assumptions.

    FILE is a report.json of glasspara fit, or a preset (BK7), or data files, which are fitted first. Exit status 5: the
    fit is not reliable.

    Example: glasspara derive results/report.json
    """
    texts = {"xi": xi, "charge": charge, "n_tunn": n_tunn, "qs4": qs4, "p_star": p_star}
    texts |= {"e_max": e_max, "oxygen": oxygen}
    given = {name: _range(text, name) for name, text in texts.items() if text is not None}
    for flag, unit, value in (
        ("--d0", "K", d0),
        ("--area-per-particle", "Å²", area_per_particle),
        *(("--temperature", "K", value) for value in temperature or ()),
    ):
        if value is not None and not _LEAST <= value <= _MOST:
            raise UsageError(f"{flag} {value:g}: this must be a number from {_LEAST:g} to {_MOST:g} {unit}")
    if d0 is not None and qs4 is not None:
        raise UsageError("--d0 and --qs4 give the same quantity", remedy="Give one of them")
    if area_per_particle is not None and n_tunn is not None:
        raise UsageError("--area-per-particle and --n-tunn give the same quantity", remedy="Give one of them")
    from glasspara.analysis.derive.report import REPORT

    output.check(REPORT.files, REPORT.figures)
    source, loaded = _source(data, model, parameters, verdict, theory, fit_number, output)
    if (qs4 is not None or d0 is not None) and {"qs4", "b_star"} & set(source.values):
        raise UsageError("the fit already has (Q/e) S4", remedy="Drop --qs4 and --d0")

    from glasspara.analysis.derive.consequences import TEMPERATURES
    from glasspara.analysis.derive.consequences import derive as follow
    from glasspara.analysis.derive.quantities import assume

    result = follow(
        source,
        assume(given),
        d0=d0,
        area_per_particle=area_per_particle,
        temperatures=tuple(temperature) if temperature else TEMPERATURES,
    )
    output.deliver(REPORT, loaded, result)


def _range(text: str, name: str) -> tuple[float, float]:
    """ "VALUE" or "LO:HI"."""
    option = f"--{name.replace('_', '-')}"
    if ":" not in text:
        value = number(text, option)
        return value, value
    low, high = interval(text, option)
    if low is None or high is None:
        raise UsageError(f"{option}: {text!r} is not LO:HI", remedy="Give both ends")
    return low, high


def _source(
    data: DataOptions,
    model: str,
    parameters: ParameterOptions,
    verdict: VerdictOptions,
    theory: TheoryOptions,
    fit_number: int | None,
    output: OutputWithPlots,
) -> tuple[FittedValues, Loaded | None]:
    """Fitted values, and the files where they come from data."""
    from glasspara.analysis.derive import fitted_values
    from glasspara.fitting.result import FitResult
    from glasspara.presets import is_preset

    if isinstance(data.given, FitResult):
        return fitted_values.values_of_fit(data.given), None
    first = data.files[0] if data.files else ""
    is_report = first.lower().endswith(".json")
    of_preset = is_preset(first) and not Path(first).exists()
    if is_report or of_preset:
        if len(data.files) > 1:
            raise UsageError("one report or preset at a time", remedy="Give one of them")
        plain = (DataOptions(data.files), "etm", ParameterOptions(), VerdictOptions(), TheoryOptions())
        if (data, model, parameters, verdict, theory) != plain:
            raise UsageError(
                "options of data and model have no effect on a report or a preset", remedy="Drop them"
            )
        if is_report:
            return fitted_values.read_fit(first, fit=fit_number), None
    if fit_number is not None:
        raise UsageError("--fit-number is for reports")
    if of_preset:
        return fitted_values.values_of_preset(first), None

    from glasspara.fitting.fit import fit

    settings = parameters.settings(theory.theory(model), data, iron_from_sample=True, verdict=verdict)
    loaded = data.load(quiet=output.quiet)
    return fitted_values.values_of_fit(fit(loaded.data, settings)), loaded
