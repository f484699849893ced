"""Rival models on the same data: information criteria, and a p-value of the ATS term calibrated by simulation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from glasspara.analysis.compare.contestants import CANNOT_TELL, Contestant, common_scale, contestant, ranked
from glasspara.analysis.compare.rivals import DEFAULT, WITH_TRACE, settings_of
from glasspara.analysis.compare.simulated_test import NestedTest, Simulation, StoreOf, nested_test
from glasspara.analysis.compare.words import remarks_on, verdict
from glasspara.data.dataset import Dataset
from glasspara.errors import UsageError
from glasspara.fitting.fit import fit
from glasspara.fitting.judge.assessment import ALPHA
from glasspara.fitting.problem.settings import FitSettings, Wishes
from glasspara.fitting.result import TRUSTED
from glasspara.model.model import Model
from glasspara.physics.ions.ions import TraceIon
from glasspara.replicates.cores import Progress, no_progress, on_one_thread


@dataclass(frozen=True)
class CompareResult:
    """The comparison. ``contestants`` stand in the order asked for, ``best`` is the usable one of least scaled AIC.

    ``scale`` divides chi2 in the scaled criterion: 1, or the smallest chi2/ndof of all models where even that is too
    large to be chance.
    """

    data: Dataset
    contestants: tuple[Contestant, ...]
    scale: float
    best: Contestant | None
    test: NestedTest | None
    ats_needed: bool | None
    verdict: str
    remarks: tuple[str, ...]

    @property
    def trusted(self) -> bool:
        """Whether the best model describes the data."""
        return self.best is not None and self.best.status != "poor"


@on_one_thread
def compare(
    data: Dataset,
    names: Sequence[str] | None = None,
    *,
    wishes: Wishes | None = None,
    orientation: str = "isotropic",
    convention: str = "paper",
    trace_ions: tuple[TraceIon, ...] = (),
    replicates: int = 0,
    seed: int = 1,
    jobs: int = 1,
    cluster: str | None = None,
    store_of: StoreOf | None = None,
    progress: Progress = no_progress,
) -> CompareResult:
    """Fit each model to ``data`` and say which describes them best.

    Parameters
    ----------
    names : names of ``rivals.KNOWN``, optional
        ``DEFAULT`` otherwise, and ``WITH_TRACE`` where there are ``trace_ions``.
    wishes : Wishes, optional
        What holds for every model that has the parameter. Nuisances count in all of them. With Huber's loss the
        errors of far points are enlarged once, by the model that least squares prefer, and are the same for all.
    orientation, convention : conventions of the ATS term
    replicates : int
        Simulated campaigns for the p-value of the ATS term; 0 for the F test alone.
    store_of : callable, optional
        The :class:`~glasspara.replicates.store.Store` of the replicates, by what they are of.
    seed, jobs, cluster, progress
        Those of :func:`glasspara.replicates.run.run_replicates`.

    Raises
    ------
    UsageError
        An unknown or a repeated model, or a wish that no model can heed.
    """
    wishes = wishes or Wishes()
    names = tuple(names) if names else (*DEFAULT, *(WITH_TRACE if trace_ions else ()))
    if len(set(names)) < len(names):
        raise UsageError("--models names a model twice")
    base, linear = Model(orientation=orientation, convention=convention), replace(wishes, loss="linear")
    settings = {name: settings_of(name, linear, base, trace_ions) for name in names}
    _check_heeded(wishes, settings)
    notes: tuple[str, ...] = ()
    if wishes.loss == "huber":
        data, notes = _with_far_points_enlarged(data, settings)
    scale, found = _ranking(data, settings)
    usable = [item for item in found if item.usable]
    best = _best(found)
    results = {item.name: item.result for item in usable}
    plain, full = results.get("ll"), results.get("etm")
    test = None
    if plain is not None and full is not None:
        simulation = Simulation(replicates, seed, jobs, cluster, store_of, progress)
        test = nested_test(plain, full, settings["etm"], simulation)
    return CompareResult(
        data=data,
        contestants=tuple(found),
        scale=scale,
        best=best,
        test=test,
        ats_needed=_ats_needed(usable, best, test),
        verdict=verdict(usable, best),
        remarks=(*remarks_on(data, found, best, scale, test), *notes),
    )


def _check_heeded(wishes: Wishes, settings: Mapping[str, FitSettings]) -> None:
    heeded = {name for item in settings.values() for name in item.mentioned}
    for name in sorted(wishes.mentioned - heeded):
        known = sorted({key for item in settings.values() for key in item.guess()})
        raise UsageError(
            f"none of the compared models has a parameter {name!r}", remedy=f"Known: {', '.join(known)}"
        )


def _ranking(data: Dataset, settings: Mapping[str, FitSettings]) -> tuple[float, list[Contestant]]:
    found = [contestant(name, data, item) for name, item in settings.items()]
    scale = common_scale(found)
    return scale, ranked(found, scale)


def _best(found: Sequence[Contestant]) -> Contestant | None:
    usable = [item for item in found if item.usable]
    return min(usable, key=lambda item: item.delta or 0.0, default=None)


def _with_far_points_enlarged(
    data: Dataset, settings: Mapping[str, FitSettings]
) -> tuple[Dataset, tuple[str, ...]]:
    """``data`` with Huber's errors. Each model by its own would be compared on data of its own making."""
    best = _best(_ranking(data, settings)[1])
    if best is None:
        return data, ()
    robust = fit(data, replace(settings[best.name], loss="huber"))
    said = [note for note in robust.notes if note.startswith("Huber")]
    return robust.data, tuple(f"{note}; by {best.name}, and so for all models" for note in said)


def _ats_needed(
    usable: Sequence[Contestant], best: Contestant | None, test: NestedTest | None
) -> bool | None:
    """Whether models with an ATS term leave all others behind.

    None where that cannot be said: only one kind was compared, or the best model does not describe the data, or the
    data do not determine it.
    """
    others = [item.delta for item in usable if item.family != "ats" and item.delta is not None]
    if best is None or not others or not any(item.family == "ats" for item in usable):
        return None
    if best.status not in TRUSTED:
        return None
    granted = [item.result.ats_test for item in usable if item.name == "etm" and item.result is not None]
    imitated = any(item is not None and not item.needed for item in granted)
    significant = test is None or test.p_value < ALPHA
    return best.family == "ats" and min(others) >= CANNOT_TELL and significant and not imitated
