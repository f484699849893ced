"""The outcome of a comparison in words."""

from __future__ import annotations

from collections.abc import Sequence

from glasspara.analysis.compare.contestants import CANNOT_TELL, DECISIVE, Contestant
from glasspara.analysis.compare.simulated_test import NestedTest
from glasspara.data.dataset import Dataset
from glasspara.model.parameters import allowances_in_words
from glasspara.wording import p_value


def verdict(usable: Sequence[Contestant], best: Contestant | None) -> str:
    """The outcome in one sentence."""
    if best is None:
        return "no model could be fitted"
    if best.status == "poor":
        return f"no model describes the data; {best.name} comes nearest"
    serving = [item for item in usable if item.delta is not None and item.delta < CANNOT_TELL]
    plain = [item for item in serving if item.family == "plain"]
    if plain:
        simplest = min(plain, key=_size)
        return f"{simplest.text} serves: no further term is needed ({simplest.name})"
    rivals = [item.name for item in serving if item.family == "rival"]
    ats = [item.name for item in serving if item.family == "ats"]
    if rivals and ats:
        return (
            f"{' and '.join(rivals)} serve as well as {' and '.join(ats)}: these data cannot tell them apart"
        )
    kind = {"ats"} if ats else {"rival"}
    outside = [item.delta for item in usable if item.family not in kind and item.delta is not None]
    margin = min(outside, default=None)
    names = " and ".join(ats or rivals)
    beaten = "models without an ATS term" if ats else "the ETM and Larmor + Langevin"
    if margin is None:
        return f"{names} is best; nothing of another kind was compared"
    strength = "decisively" if margin > DECISIVE else "no more than a hint"
    many = "serve" if len(ats or rivals) > 1 else "serves"
    return f"{names} {many} better than {beaten}: {strength} (AIC lower by {margin:.4g})"


def _size(item: Contestant) -> tuple[int, float]:
    assert item.result is not None
    return item.result.statistics.n_free, item.delta or 0.0


def remarks_on(
    data: Dataset, found: Sequence[Contestant], best: Contestant | None, scale: float, test: NestedTest | None
) -> list[str]:
    """What a comparison must be read with: the size of the errors, what they rest on, and what was not decided."""
    remarks = []
    if scale > 1.0:
        remarks.append(
            f"even the best chi2/ndof is {scale:.4g}: differences and weights are by chi2 divided by it (quasi-AIC)"
        )
    else:
        remarks.append("differences and weights take the stated errors at their word; none were rescaled")
    if data.errors_are_estimates:
        remarks.append(
            "the errors are estimated from the scatter of the points: so is the scale of all differences"
        )
    if best is not None and best.status == "not-determined":
        remarks.append(
            f"the data do not fix all parameters of {best.name}: that it fits is no evidence of what it stands for"
        )
    if len(data.runs) == 1:
        remarks.append(
            "one run: many laws bend alike along one axis; several fields and temperatures part them"
        )
    near = [
        item.name
        for item in found
        if item.usable and item is not best and item.delta is not None and item.delta < DECISIVE
    ]
    if near:
        remarks.append(f"not decisively worse than the best (AIC within {DECISIVE:g}): {', '.join(near)}")
    remarks += [f"{item.name} could not be compared: {item.problem}" for item in found if not item.usable]
    assumed = [
        item.name
        for item in found
        if item.result and any(one.assumed for one in item.result.minimum.problem.constraints.values())
    ]
    if assumed:
        remarks.append(f"something is assumed of the shape of {', '.join(assumed)}: see `fit --model`")
    granted = next((item.result.ats_test for item in found if item.name == "etm" and item.result), None)
    if granted and granted.p_with_allowances is not None and not granted.needed:
        remarks.append(
            f"{allowances_in_words()} could stand in for the ATS term ({p_value(granted.p_with_allowances)})"
        )
    if test is not None:
        remarks.append(_test_in_words(test))
    return remarks


def _test_in_words(test: NestedTest) -> str:
    ratio = (
        f"Larmor + Langevin against the ETM: F({test.extra_parameters}, {test.ndof}) = {test.statistic:.4g}"
    )
    by_table = f"{p_value(test.p_f)} by the F distribution"
    if test.p_bootstrap is None:
        return (
            f"{ratio}, {by_table}, which is a guide only: the term's amplitude lies at its limit under the null "
            "hypothesis; --replicates N simulates"
        )
    done = test.replicates - test.failed
    said = f"p < {test.p_bootstrap:.2g}" if test.is_bound else f"p = {test.p_bootstrap:.2g}"
    lost = f"; {test.failed} more failed" if test.failed else ""
    return f"{ratio}, {said} by {done} simulated campaigns (seed {test.seed}{lost}), {by_table}"
