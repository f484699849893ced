"""The report of ``fit``: JSON document, CSV tables, terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor, log10
from typing import TYPE_CHECKING, Annotated, TypedDict

from rich.console import Console
from rich.text import Text

from glasspara.analysis.fit.blocks import CONDITIONAL, SUMMARY, FitBlock, show_summary, stages_of, summary
from glasspara.findings import Answer, Assessment, finding
from glasspara.fitting.result import Bootstrap, Derived, FitResult, FittedParameter, Quantity
from glasspara.model import MODELS
from glasspara.report import FailureBlock, Report, failures
from glasspara.report.table import Sheet, column
from glasspara.report.terminal import Column, show_assessment, show_sentence, show_table
from glasspara.wording import p_value, runs_text, shown_unit, two_errors, value_with_error

if TYPE_CHECKING:
    from pandas import DataFrame

    from glasspara.errors import GlassparaError
    from glasspara.fitting.intervals.regions import Contour, Interval, ProfileCurve
    from glasspara.fitting.problem.problem import Constraint
    from glasspara.model.model import Model


class FitDocument(TypedDict):
    """What ``fit`` adds to the frame."""

    model: Annotated[str, "model.name", tuple(MODELS)]
    convention: Annotated[str, "model.convention"]
    orientation: Annotated[str, "model.orientation"]
    fits: list[FitBlock]
    failed: Annotated[list[FailureBlock], lambda result: failures(result.failed)]


@dataclass(frozen=True, eq=False, repr=False)
class Fits(Answer):
    """The fits of one command, and the files that had to be left out.

    ``batch`` says whether it was to make many: their report ends with a summary; ``column_sets``
    are those that the table of the points has besides.
    """

    fits: tuple[FitResult, ...]
    failed: tuple[tuple[str, GlassparaError], ...] = ()
    batch: bool = False
    column_sets: tuple[str, ...] = ()

    @property
    def model(self) -> Model:
        """The one model of all fits."""
        return self.fits[0].model

    @property
    def verdicts(self) -> tuple[Assessment, ...]:
        """One for each fit."""
        return tuple(item.assessment for item in self.fits)

    def to_frame(self) -> DataFrame:
        """Parameters and derived numbers of all fits, one row each."""
        from pandas import concat

        return concat([item.to_frame().assign(fit=number) for number, item in enumerate(self.fits, 1)])


def _parameters(result: Fits) -> Sheet:
    """One row a parameter and fit; derived numbers follow with kind "derived"."""
    model = result.model
    about = [
        f"model {model.name}, {model.convention} convention, {model.orientation} orientation",
        "error: one standard error from the stated errors of the points; error_scaled: times sqrt(chi2/ndof)",
        "error_with_instrument: the same with the errors of the instrument that the verdict allows",
        "minos_lower, minos_upper: where the profile of chi2 has risen by 1, with the stated errors; not scaled",
    ]
    rows = (
        {
            "fit": number,
            "runs": "; ".join(run.label for run in one.data.runs),
            "status": one.assessment.status,
            "parameter": name,
            "kind": item.kind,
            "value": item.value,
            "error": item.error,
            "error_scaled": item.error_scaled if isinstance(item, FittedParameter) else None,
            "error_with_instrument": item.error_with_instrument,
            "unit": item.unit,
            "at_limit": item.at_limit if isinstance(item, FittedParameter) else None,
            **_minos_cells(item),
        }
        for number, one in enumerate(result.fits, 1)
        for name, item in one.quantities.items()
    )
    return Sheet(rows, about)


def _minos_cells(item: Quantity) -> dict[str, float | str | None]:
    found = item.minos
    lower, upper = ("", "") if found is None else (outcome.text for outcome in found.outcomes)
    return {
        "minos_lower": None if found is None else found.lower,
        "minos_upper": None if found is None else found.upper,
        "minos_lower_outcome": lower,
        "minos_upper_outcome": upper,
    }


def _profile(result: FitResult, curve: ProfileCurve) -> Sheet:
    """Chi2 above its minimum along a parameter or combination, the parabola of its error, the other parameters."""
    item = result.quantities[curve.name]
    about = [
        f"profile of {curve.name}: chi2 above {result.statistics.chi2!r}, all others refitted",
        "chi2_rise_parabola: the parabola of the error in the report",
    ]
    columns = {
        column(curve.name, item.unit): curve.values,
        "chi2_rise": curve.rises,
        "chi2_rise_parabola": curve.parabola(item.value, item.error),
        **{column(name): values for name, values in curve.path.items()},
    }
    return Sheet(columns, about)


def _contour(result: FitResult, contour: Contour) -> Sheet:
    """The points of every line of a contour, in order; the last is joined to the first."""
    about = [
        f"regions of {' and '.join(contour.names)}: chi2 above {result.statistics.chi2!r}, everything else following",
        "on_line: 0 where the region meets a limit or is open",
        *(statement.text for statement in contour.statements),
    ]
    header = ("probability", "chi2_rise", *map(column, contour.names), "on_line")
    rows = [
        (line.probability, line.rise, *point, found)
        for line in contour.lines
        for point, found in zip(line.points.tolist(), line.found.tolist(), strict=True)
    ]
    return Sheet.of_rows(header, rows, about)


def _bootstrap(fits: Sequence[FitResult]) -> Sheet:
    """One row a replicate and fit, with the free parameters that it found."""
    with_bootstrap = [
        (number, result.bootstrap) for number, result in enumerate(fits, 1) if result.bootstrap is not None
    ]
    names = dict.fromkeys(name for _, done in with_bootstrap for name in done.names)
    rows: list[dict[str, object]] = []
    for number, done in with_bootstrap:
        for replicate, values in enumerate(done.samples.tolist()):
            found = dict(zip(done.names, values, strict=True))
            why = _why_no_minimum(done.problems.get(replicate))
            first = {"fit": number, "replicate": replicate, "chi2": done.chi2[replicate], "problem": why}
            rows.append({**first, **{column(name): found.get(name) for name in names}})
    about = [f"fit {number}: {done.kind} bootstrap, seed {done.seed}" for number, done in with_bootstrap]
    return Sheet(rows, about)


def _why_no_minimum(problem: str | None) -> str:
    return "" if problem is None else finding("fitting.no-minimum", problem=problem).text


def show_fit(result: Fits, out: Console) -> None:
    """Every fit."""
    fits = result.fits
    for number, item in enumerate(fits, 1):
        if number > 1:
            out.print()
        if len(fits) > 1:
            out.print(Text(f"Fit {number} of {len(fits)}", style="bold"))
        _show_fit(item, out)
    if result.batch:
        show_summary(fits, result.failed, out)


_STAGE_NAMES = {
    "larmor": "Larmor (diamagnetism)",
    "fe2": "Langevin, Fe2+",
    "fe3": "Langevin, Fe3+",
    "trace": "Langevin, trace ions",
    "other": "other terms of the model",
    "ats": "ATS (tunnelling systems)",
    "offset": "offset of the instrument",
}

_DETERMINED = ("ats_strength", "d0_mean_qs4")


def _show_fit(result: FitResult, out: Console) -> None:
    model = result.model
    runs = runs_text([(run.run.kind, run.label) for run in result.data.runs])
    show_sentence(
        f"Model {model.name} ({_convention(result)}), {result.method} fit of {runs}", out, style="bold"
    )
    show_assessment(result.assessment, out)
    out.print()
    _show_stages(result, out)
    out.print()
    _show_parameters(result, out)
    statistics = result.statistics
    show_sentence(
        f"chi2/ndof = {statistics.chi2:.1f}/{statistics.ndof} ({p_value(statistics.p_value)}); "
        f"AIC {statistics.aic:.1f}, BIC {statistics.bic:.1f}; {statistics.n_points} points, "
        f"{statistics.n_free} free parameters",
        out,
    )
    show_sentence(
        "Errors: one standard error from the stated errors of the points (chi2 + 1); "
        f"multiply by {statistics.scatter_factor:.3g} for errors scaled by sqrt(chi2/ndof).",
        out,
    )
    intervals = {name: item.minos for name, item in result.quantities.items() if item.minos is not None}
    if intervals:
        show_sentence(
            "Minos: where the profile of chi2 has risen by 1, with the stated errors; not scaled.", out
        )
    for line in (
        *_interval_lines(result, intervals),
        *(statement.text for statement in result.determination.statements),
        *(note.text for note in result.notes),
    ):
        show_sentence(line, out, bullet="  - ")
    if result.bootstrap is not None:
        _show_bootstrap(result, result.bootstrap, out)


def _show_stages(result: FitResult, out: Console) -> None:
    """The pipeline: what each stage takes of the signal."""
    rows = []
    for stage in stages_of(result.terms):
        largest = f"{stage['largest_emu_per_g']:.3g}"
        rows.append((_STAGE_NAMES[stage["term"]], f"{100.0 * stage['share_of_signal']:.1f} %", largest))
    numbers = (Column(title, "number") for title in ("share of the signal", "largest / (emu/g)"))
    show_table(("stage", *numbers), rows, out)


def _show_parameters(result: FitResult, out: Console) -> None:
    """What the data determine first, then what is conditional on n_ats, then what is derived."""
    quantities = result.quantities
    conditional = [name for name in CONDITIONAL if name in result.parameters]
    determined = [name for name in _DETERMINED if name in result.derived] if conditional else []
    first = [
        name for name in result.parameters if name not in conditional and not _idle(result.parameters[name])
    ]
    rest = [name for name in result.derived if name not in determined]
    if determined and "d_min" in first:
        place = first.index("d_min")
        first = [*first[:place], *determined, *first[place:]]
    minos = any(item.minos is not None for item in quantities.values())
    rows = []
    for name in (*first, *conditional, *rest):
        item = quantities[name]
        interval = two_errors(item.minos.lower, item.minos.upper) if item.minos else ""
        state = _state(item)
        if name in conditional and isinstance(item, FittedParameter) and not item.fixed:
            state += "; see n_ats" if name != "n_ats" else ""
        rows.append(
            (
                name,
                value_with_error(item.value, item.error),
                *([interval] if minos else []),
                shown_unit(item.unit),
                state,
            )
        )
    show_table(
        ("parameter", "value", *(["minos"] if minos else []), "unit", Column("state", "text")), rows, out
    )


def _idle(item: FittedParameter) -> bool:
    """Whether a parameter is a nuisance that nobody asked for."""
    return item.name == "field_offset" and item.fixed and item.value == 0.0


def _interval_lines(result: FitResult, intervals: Mapping[str, Interval]) -> list[str]:
    """The intervals that are not simply two ends, and what the contours have to say."""
    lines = [
        interval.words(result.quantities[name].value)
        for name, interval in intervals.items()
        if not interval.found
    ]
    for contour in result.contours:
        lines += [f"{' and '.join(contour.names)}: {statement}" for statement in contour.statements]
    return lines


def _show_bootstrap(result: FitResult, done: Bootstrap, out: Console) -> None:
    out.print(Text(f"Bootstrap: {len(done.samples)} {done.kind} replicates, seed {done.seed}", style="bold"))
    rows = []
    for name, item in (*done.parameters.items(), *done.derived.items()):
        error = result.quantities[name].error
        intervals = (_interval(ends, item.standard_error) for ends in (item.interval_68, item.interval_95))
        of_the_fit = "none" if error is None else f"{error:.2g}"
        rows.append((name, of_the_fit, f"{item.standard_error:.2g}", f"{item.bias:+.2g}", *intervals))
    columns = ("error of the fit", "of the bootstrap", "bias", "68 % interval", "95 % interval")
    show_table(("parameter", *columns), rows, out)
    if done.p_value is not None:
        show_sentence(f"chi2 as large as that of the data: {p_value(done.p_value)} by the replicates", out)
    for remark in done.remarks:
        show_sentence(remark.text, out, bullet="  - ")


def _interval(ends: tuple[float, float], error: float) -> str:
    """Both ends to a tenth of the standard error or finer."""
    size = max(abs(ends[0]), abs(ends[1]))
    figures = max(2, floor(log10(size / error)) + 2) if error > 0.0 and size > 0.0 else 6
    return " .. ".join(f"{end:.{min(figures, 15)}g}" for end in ends)


def _convention(result: FitResult) -> str:
    if not result.model.has_ats:
        return "Larmor + Langevin"
    return f"{result.model.convention} convention, {result.model.orientation}"


def _state(item: Quantity) -> str:
    if isinstance(item, Derived):
        return f"derived; {_constrained(item.constraint)}" if item.constraint else "derived"
    if item.stage:
        return "fitted in an earlier stage, then fixed"
    if item.fixed:
        return "fixed"
    if item.at_limit:
        whose = "d0min_qs4, its" if (item.name, item.at_limit) == ("d0max_qs4", "lower") else "its"
        limit = f"{whose} {item.at_limit} limit"
        return f"at {limit}; " + ("no error" if item.error is None else "error one-sided")
    if item.constraint and item.constraint.assumed:
        return "free, with an assumed prior"
    return _constrained(item.constraint) if item.constraint else "free"


def _constrained(known: Constraint) -> str:
    return f"constrained to {value_with_error(known.mean, known.error)}"


def _points(result: Fits) -> Sheet:
    from glasspara.analysis.subtract.report import stages
    from glasspara.analysis.subtract.stages import StagedData

    return stages([StagedData.of(item) for item in result.fits], result.column_sets)


def _more_tables(result: Fits) -> dict[str, Sheet]:
    tables = {SUMMARY: summary(result.fits, result.failed)} if result.batch else {}
    for prefix, item in zip(prefixes(len(result.fits)), result.fits, strict=True):
        for curve in item.profiles:
            tables[f"{prefix}{profile_stem(curve.name)}.csv"] = _profile(item, curve)
        for contour in item.contours:
            tables[f"{prefix}{contour_stem(contour.names)}.csv"] = _contour(item, contour)
    if any(item.bootstrap for item in result.fits):
        tables["bootstrap.csv"] = _bootstrap(result.fits)
    return tables


def prefixes(fits: int) -> list[str]:
    """What the names of the files of each fit begin with: "fit01_", or nothing where there is one fit."""
    digits = max(2, len(str(fits)))
    return [""] if fits == 1 else [f"fit{number:0{digits}d}_" for number in range(1, fits + 1)]


def profile_stem(name: str) -> str:
    """ "profile_d_min"; "profile_mass_scale-1" for one of many."""
    return f"profile_{_plain(name)}"


def contour_stem(names: Sequence[str]) -> str:
    """ "contour_d_min_delta_mu"."""
    return f"contour_{'_'.join(map(_plain, names))}"


def _plain(name: str) -> str:
    return name.replace("[", "-").replace("]", "")


def _taken(fits: Fits) -> dict[str, list[str]]:
    """The errors of the instrument that were allowed to ordinary magnetism."""
    for fit in fits.fits:
        if fit.ordinary and fit.ordinary.widths:
            given = vars(fit.ordinary.widths).items()
            return {"instrument": [f"{name}={width:g}" for name, width in given if width]}
    return {}


REPORT = Report(
    "fit",
    FitDocument,
    show_fit,
    nested=False,
    tables={"parameters.csv": _parameters, "data.csv": _points},
    more_tables=_more_tables,
    about=lambda _fits: (),
    taken=_taken,
    file="report.json",
)
