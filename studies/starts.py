"""Does every start end in one minimum? Random starts over a decade, on every campaign of ``fixtures/``.

    python -m studies.starts

prints a line a campaign; about two minutes on one core.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

import glasspara
from glasspara.data import Dataset
from glasspara.fitting.fit import fit
from glasspara.fitting.problem import FitSettings
from glasspara.presets import load_preset

CAMPAIGNS = ("bk7-fixed-field", "bk7-fixed-temperature", "duran-like", "bas-like", "pure-ll")
STARTS = 50
SAME = 0.1
"""Chi2 within which two fits ended in one minimum."""

_FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"


def campaign(name: str) -> tuple[Dataset, FitSettings]:
    """Data of a campaign, and a fit with n_ats held at its true value."""
    paths = sorted(str(path) for path in (_FIXTURES / name).glob("*.dat"))
    truth = load_preset(name).model_values()
    fixed = {"n_ats": truth["n_ats"]} if truth["n_ats"] else {}
    return glasspara.load(paths).data, FitSettings(fixed=fixed)


def random_starts(name: str, count: int, rng: np.random.Generator) -> list[dict[str, float]]:
    """Starts of every free parameter: the truth times 1/sqrt(10) to sqrt(10), log-uniform, cutoffs in order.

    Where the truth has no ATS term its shape starts about that of BK7.
    """
    truth = load_preset(name).model_values()
    if not truth["n_ats"]:
        truth = {**load_preset("bk7-fixed-field").model_values(), **_iron(truth)}
    free = [key for key in truth if key not in ("n_ats", "field_offset")]
    starts = []
    for _ in range(count):
        start = {key: truth[key] * 10.0 ** rng.uniform(-0.5, 0.5) for key in free}
        start["d0min_qs4"], start["d0max_qs4"] = sorted((start["d0min_qs4"], start["d0max_qs4"]))
        starts.append(start)
    return starts


def _iron(values: dict[str, float]) -> dict[str, float]:
    return {key: values[key] for key in ("chi_larmor", "n_fe2", "n_fe3")}


def main() -> None:
    for name in CAMPAIGNS:
        data, settings = campaign(name)
        starts = random_starts(name, STARTS, np.random.default_rng(50))
        results = [fit(data, FitSettings(fixed=settings.fixed, starts=start)) for start in starts]
        chi2 = np.array([result.statistics.chi2 for result in results])
        valid = sum(result.minimum.valid for result in results)
        statuses = dict(Counter(result.assessment.status for result in results))
        print(
            f"{name:22} chi2 {chi2.min():.2f}; within {SAME} of it {np.sum(chi2 < chi2.min() + SAME)} of {STARTS}; "
            f"spread {np.ptp(chi2):.2g}; valid {valid}; {statuses}",
            flush=True,
        )


if __name__ == "__main__":
    main()
