"""Rival models on the same data: information criteria, and a p-value of the ATS term calibrated by simulation.

A list of single rivals does not answer whether ordinary magnetism could make the data: a sample may hold two of them at
once. So ordinary magnetism as a whole is fitted too (:mod:`glasspara.fitting.judge.ordinary`), and an ATS term is said
to be needed only where that is excluded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from glasspara.analysis.compare.contestants import (
    CANNOT_TELL,
    DECISIVE,
    Contestant,
    NestedTest,
    NullSimulation,
    StoreOf,
    common_scale,
    contestant,
    nested_test,
    ranked,
    settings_of,
)
from glasspara.data import Dataset
from glasspara.errors import UsageError, names_near
from glasspara.findings import Answer, Assessment, Finding, finding
from glasspara.fitting.fit import fit
from glasspara.fitting.judge import MISFIT_P
from glasspara.fitting.judge.assessment import ALPHA, on_ordinary
from glasspara.fitting.judge.misfit import misfit_findings
from glasspara.fitting.judge.ordinary import OrdinaryMagnetism, compare_with_ordinary, ordinary_fit
from glasspara.fitting.problem import FitOptions, FitSettings
from glasspara.fitting.result import TRUSTED, AtsTest
from glasspara.model import compared
from glasspara.model.model import Model
from glasspara.model.parameters import LISTED, allowances_text
from glasspara.ordinary import ConeFit
from glasspara.physics.ions import TraceIon
from glasspara.replicates.cores import Progress, no_progress, on_one_thread


@dataclass(frozen=True, eq=False, repr=False)
class CompareResult(Answer):
    """The comparison. ``contestants`` are in the requested order, ``best`` is the usable one with the least scaled AIC.

    ``scale`` divides chi2 in the scaled criterion: 1, or the smallest chi2/ndof of all models where even that is too
    large to be chance.
    """

    data: Dataset
    contestants: tuple[Contestant, ...]
    scale: float
    best: Contestant | None
    test: NestedTest | None
    reference: Contestant | None
    """The ETM, or the best model with an ATS term; None without such a model."""
    ordinary: OrdinaryMagnetism | None
    """Ordinary magnetism as a whole beside ``reference``."""
    ats_established: bool | None
    """Whether that model describes the data and ordinary magnetism does not; None without such a model."""
    ats_needed: bool | None
    assessment: Assessment
    notes: tuple[Finding, ...]

    def table(self) -> list[dict[str, Any]]:
        """One row a model, with its criteria; none where it has no usable fit."""
        return [_row(item) for item in self.contestants]


def _row(item: Contestant) -> dict[str, Any]:
    statistics = item.result.statistics if item.result and item.usable else None
    return {
        "model": item.name,
        "text": item.text,
        "status": item.status,
        **{
            name: statistics and getattr(statistics, name)
            for name in ("chi2", "ndof", "n_free", "aic", "bic")
        },
        "aic_scaled": item.aic_scaled,
        "bic_scaled": item.bic_scaled,
        "delta_aic": item.delta,
        "weight": item.weight,
        "problem": "" if item.problem is None else item.problem.text,
    }


@on_one_thread
def compare(
    data: Dataset,
    names: Sequence[str] | None = None,
    *,
    settings: FitOptions | None = None,
    orientation: str = "isotropic",
    convention: str = "paper",
    trace_ions: tuple[TraceIon, ...] = (),
    replicates: int | None = 0,
    seed: int = 1,
    jobs: int = 1,
    cluster: str | None = None,
    store_of: StoreOf | None = None,
    ordinary: bool = True,
    progress_of: Callable[[str], Progress] = lambda _: no_progress,
) -> CompareResult:
    """Fit each model to ``data`` and say which describes them best.

    Parameters
    ----------
    names : keys of :data:`glasspara.model.CATALOGUE`, optional
        All that are not slow otherwise, those with trace ions where there are ``trace_ions``.
    settings : FitOptions, optional
        What holds for every model that has the parameter. Nuisances count in all of them. With Huber's loss the
        errors of far points are enlarged once, by the model that least squares prefer, and are the same for all.
    orientation, convention : conventions of the ATS term
    replicates : int, optional
        Simulated campaigns for the p-value of the ATS term; 0 for the F test alone. None for as many as are usual, but
        none where the F test is beyond what they could tell.
    store_of : callable, optional
        The :class:`~glasspara.replicates.store.Store` of the replicates, by what they are of.
    ordinary : bool
        Whether ordinary magnetism as a whole is fitted too, where a model has an ATS term.
    progress_of : callable
        Gives the function that is told how far a stage of this name is.
    seed, jobs, cluster
        Those of :func:`glasspara.replicates.run_replicates`.

    Raises
    ------
    UsageError
        An unknown or a repeated model, or a setting for a parameter that no model has.
    """
    settings = settings or FitOptions()
    names = tuple(names) if names else compared(trace_ions=bool(trace_ions))
    if len(set(names)) < len(names):
        raise UsageError("--models names a model twice")
    base, linear = Model(orientation=orientation, convention=convention), replace(settings, loss="linear")
    each = {name: settings_of(name, linear, base, trace_ions) for name in names}
    _check_known(settings, each)
    huber: tuple[Finding, ...] = ()
    if settings.loss == "huber":
        data, huber = _with_far_points_enlarged(data, each)
    progress = progress_of("fitting models")
    cone = _cone(data, each, trace_ions) if ordinary else None
    scale, found = _ranking(data, each, cone, progress)
    usable = [item for item in found if item.usable]
    best = _best(found)
    results = {item.name: item.result for item in usable}
    plain, full = results.get("ll"), results.get("etm")
    test = None
    if plain is not None and full is not None:
        shown = no_progress if replicates == 0 else progress_of("simulating")
        simulation = NullSimulation(replicates, seed, jobs, cluster, store_of, shown)
        test = nested_test(plain, full, each["etm"], simulation)
    reference = _reference(usable)
    against = None if cone is None or reference is None else _against(reference, each, cone)
    ats_needed = _ats_needed(usable, best, test, against)
    return CompareResult(
        data=data,
        contestants=tuple(found),
        scale=scale,
        best=best,
        test=test,
        reference=reference,
        ordinary=against,
        ats_established=None
        if against is None or reference is None
        else against.excluded and reference.status in ("good", "not-determined"),
        ats_needed=ats_needed,
        assessment=_assess(usable, best, ats_needed, against, reference),
        notes=(*_notes(data, found, best, scale, test), *huber),
    )


def _cone(data: Dataset, each: Mapping[str, FitSettings], trace_ions: tuple[TraceIon, ...]) -> ConeFit | None:
    """Ordinary magnetism as a whole, where a model with an ATS term is to be compared with it."""
    for settings in each.values():
        if settings.model.has_ats:
            iron, widths = settings.known_iron, settings.allowed_errors(data)
            return ordinary_fit(data, iron=iron, widths=widths, trace_ions=trace_ions)
    return None


def _reference(usable: Sequence[Contestant]) -> Contestant | None:
    """The model with an ATS term that ordinary magnetism is compared with: the ETM, or the best of those there are."""
    ats = [item for item in usable if item.family == "ats"]
    return next((item for item in ats if item.name == "etm"), _best(ats))


def _against(item: Contestant, each: Mapping[str, FitSettings], cone: ConeFit) -> OrdinaryMagnetism:
    """Ordinary magnetism beside one model with an ATS term."""
    assert item.result is not None
    settings = each[item.name]
    return item.result.ordinary or compare_with_ordinary(
        item.result.minimum,
        iron=settings.known_iron,
        widths=settings.allowed_errors(item.result.data),
        no_other_ions=settings.no_other_ions,
        cone=cone,
    )


def _check_known(settings: FitOptions, each: Mapping[str, FitSettings]) -> None:
    """Refuse a parameter that none of the models has."""
    known = {name for item in each.values() for name in item.mentioned}
    for name in sorted(settings.mentioned - known):
        names = sorted({key for item in each.values() for key in item.guess()})
        raise UsageError(
            f"none of the compared models has a parameter {name!r}",
            remedy=names_near(name, names, listed=LISTED),
        )


def _ranking(
    data: Dataset,
    settings: Mapping[str, FitSettings],
    cone: ConeFit | None = None,
    progress: Progress = no_progress,
) -> tuple[float, list[Contestant]]:
    found = []
    for number, (name, item) in enumerate(settings.items()):
        progress(number, len(settings))
        found.append(contestant(name, data, item, cone=cone))
    progress(len(settings), len(settings))
    scale = common_scale(found)
    return scale, ranked(found, scale)


def _best(found: Sequence[Contestant]) -> Contestant | None:
    usable = [item for item in found if item.usable]
    return min(usable, key=lambda item: item.delta or 0.0, default=None)


def _with_far_points_enlarged(
    data: Dataset, settings: Mapping[str, FitSettings]
) -> tuple[Dataset, tuple[Finding, ...]]:
    """``data`` with Huber's errors, the same for all models: otherwise each model would choose its own errors."""
    best = _best(_ranking(data, settings)[1])
    if best is None:
        return data, ()
    robust = fit(data, replace(settings[best.name], loss="huber"))
    notes = [note for note in robust.notes if note.code == "fitting.huber"]
    return robust.data, (*notes, finding("compare.huber-for-all", model=best.name)) if notes else ()


def _ats_needed(
    usable: Sequence[Contestant],
    best: Contestant | None,
    test: NestedTest | None,
    ordinary: OrdinaryMagnetism | None,
) -> bool | None:
    """Whether models with an ATS term leave all others behind, ordinary magnetism as a whole among them.

    None where that cannot be said: only one kind was compared, or the best model does not describe the data, or the
    data do not determine it, or ordinary magnetism is hardly worse.
    """
    others = [item.delta for item in usable if item.family != "ats" and item.delta is not None]
    if best is None or best.status == "not-plausible":
        return None
    if ordinary is not None and not ordinary.excluded and _serves(ordinary):
        return False
    if not others or not any(item.family == "ats" for item in usable) or best.status not in TRUSTED:
        return None
    alone = _test_of_etm(usable)
    imitated = alone is not None and not alone.needed
    significant = test is None or test.p_value < ALPHA
    needed = best.family == "ats" and min(others) >= CANNOT_TELL and significant and not imitated
    return None if needed and ordinary is not None and not ordinary.excluded else needed


def _serves(ordinary: OrdinaryMagnetism) -> bool:
    """Whether ordinary magnetism as a whole describes the data."""
    return ordinary.p_value >= MISFIT_P


def _test_of_etm(found: Sequence[Contestant]) -> AtsTest | None:
    """The test of the ATS term that the fit of the ETM made, errors of the instrument allowed for."""
    return next((item.result.ats_test for item in found if item.name == "etm" and item.result), None)


def _assess(  # noqa: PLR0911
    usable: Sequence[Contestant],
    best: Contestant | None,
    ats_needed: bool | None,
    ordinary: OrdinaryMagnetism | None,
    reference: Contestant | None,
) -> Assessment:
    if best is None or best.result is None:
        none = finding("compare.no-model-fitted")
        return Assessment("compare", "not-converged", (none,), trusted=False)
    if best.status == "not-plausible":
        return Assessment("compare", "not-plausible", best.result.assessment.reasons, trusted=False)
    whole: tuple[Finding, ...] = ()
    if ordinary is not None and reference is not None and reference.result is not None:
        whole = tuple(on_ordinary(ordinary, reference.result.minimum))
    if not best.describes:
        if ordinary is not None and not ordinary.excluded and _serves(ordinary):
            first = finding("compare.only-ordinary-describes", best=best.name)
            return Assessment("compare", "ats-not-needed", (first, *whole))
        none = finding("compare.no-model-describes", best=best.name)
        where = misfit_findings(best.result.minimum)[1]
        return Assessment("compare", "poor", (none, *where), trusted=False)
    near = [item for item in usable if item.delta is not None and item.delta < CANNOT_TELL]
    plain = [item for item in near if item.family == "plain"]
    rivals = [item.name for item in near if item.family == "rival"]
    ats = [item.name for item in near if item.family == "ats"]
    if plain:
        simplest = min(plain, key=_size)
        first = finding("compare.no-further-term", model=simplest.name, text=simplest.text)
        return Assessment("compare", "not-determined" if ats_needed is None else "ats-not-needed", (first,))
    if rivals and ats:
        first = finding("compare.not-distinguished", rivals=rivals, ats=ats)
    else:
        first = _margin(usable, ats or rivals, "ats" if ats else "rival")
    reasons = (*whole, first) if ats else (first, *whole)
    if ats and ordinary is not None and not ordinary.excluded:
        return Assessment("compare", "not-established", reasons)
    if ats_needed is None:
        return Assessment("compare", "not-determined", reasons)
    refused = "not-established" if ats else "ats-not-needed"
    return Assessment("compare", "ats-needed" if ats_needed else refused, reasons)


def _size(item: Contestant) -> tuple[int, float]:
    assert item.result is not None
    return item.result.statistics.n_free, item.delta or 0.0


def _margin(usable: Sequence[Contestant], models: list[str], family: str) -> Finding:
    """By how much the best ``models``, all of one ``family``, are better than those of other families."""
    outside = [item.delta for item in usable if item.family != family and item.delta is not None]
    if not outside:
        return finding("compare.one-kind-compared", models=models)
    margin, beaten = min(outside), "without-ats" if family == "ats" else "plain-and-ats"
    return finding("compare.better", models=models, beaten=beaten, margin=margin, hint=margin <= DECISIVE)


def _notes(
    data: Dataset, found: Sequence[Contestant], best: Contestant | None, scale: float, test: NestedTest | None
) -> Iterator[Finding]:
    """What a comparison must be read with: the size of the errors, what they rest on, and what was not decided."""
    if scale > 1.0:
        yield finding("compare.scaled-criteria", scale=scale)
    else:
        yield finding("compare.stated-errors")
    if data.errors_are_estimates:
        yield finding("compare.estimated-errors")
    if best is not None and best.status == "not-determined":
        yield finding("compare.best-not-determined", model=best.name)
    if len(data.runs) == 1:
        yield finding("compare.one-run")
    near = [
        item.name
        for item in found
        if item.usable and item is not best and item.delta is not None and item.delta < DECISIVE
    ]
    if near:
        yield finding("compare.nearly-as-good", limit=DECISIVE, models=near)
    for item in found:
        if item.problem is not None:
            yield finding("compare.not-compared", model=item.name, reason=item.problem.text)
    assumed = [
        item.name
        for item in found
        if item.result and any(one.assumed for one in item.result.minimum.problem.constraints.values())
    ]
    if assumed:
        yield finding("compare.assumed-shape", models=assumed)
    alone = _test_of_etm(found)
    if alone and alone.p_with_allowances is not None and not alone.needed:
        allowed = {"allowances": allowances_text(), "p_value": alone.p_with_allowances}
        yield finding("compare.allowances-replace-ats", **allowed)
    if test is not None:
        yield _on_test(test)


def _on_test(test: NestedTest) -> Finding:
    ratio = {"dof": [test.extra_parameters, test.ndof], "statistic": test.statistic, "p_f": test.p_f}
    if test.skipped:
        return finding("compare.not-simulated", **ratio, skipped=test.skipped, least=1.0 / (1 + test.skipped))
    if test.p_bootstrap is None:
        return finding("compare.f-test", **ratio)
    return finding(
        "compare.simulated-test",
        **ratio,
        p_value=test.p_bootstrap,
        is_bound=test.is_bound,
        replicates=test.replicates - test.failed,
        failed=test.failed,
        seed=test.seed,
    )
