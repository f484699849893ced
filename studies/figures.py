"""The figures of ``docs/``: theory, questions, decomposition, plan, trace ions, holder and true field.

    python -m studies.figures

writes them to docs/img, and prints the numbers that go with them; ``make figures`` does the same.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from matplotlib.figure import Figure

import glasspara
from glasspara.analysis.fit.figures import fit_figures
from glasspara.analysis.high_field.field_dependence import high_field
from glasspara.analysis.high_field.figures import highfield_figures
from glasspara.analysis.plan.figures import plan_figure
from glasspara.analysis.plan.planning import plan
from glasspara.arrays import FloatArray
from glasspara.data import Dataset
from glasspara.data.corrections import Corrections
from glasspara.data.loading import load
from glasspara.fitting.fit import fit
from glasspara.fitting.problem import FitSettings
from glasspara.model.model import Model, evaluate
from glasspara.model.parameters import ATS_NAMES
from glasspara.physics.three_level.magnetisation import three_level_magnetisation
from glasspara.presets import load_preset
from glasspara.report.correction_figures import correction_figures
from glasspara.report.style import save_png
from glasspara.sample import load_trace_ions
from glasspara.simulation.datasets import PURE_LL, both_kinds
from glasspara.simulation.writer import write_run
from studies.three_levels import (
    DEVIATIONS,
    departure_figure,
    departures,
    field_shape_figure,
    level_diagram_figure,
)

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "docs" / "img"
DPI = 120  # on a page, not in print
TEMPERATURE = 4.5
AREAS = (3e2, 1e3, 3e3, 1e4, 3e4)
PEAK_AREAS = (1e4, 2e4, 3e4)
CAMPAIGN_AREA = 1.5e4

WAVE, PERIOD = 1.34e-5, 25.0  # emu/g and K
MASS_MG, PALLADIUM = 100.0, 5.25e-6  # mg; emu g^-1 Oe^-1 at room temperature

PLANNED = "BK7-synthetic_MT_20000Oe.rso.dat"

FROM_FITS = ("fit_fixed_field", "fit_fixed_temperature", "decomposition_20kOe", "decomposition_4.5K")


def _campaign(name: str) -> Dataset:
    return load(sorted(map(str, (ROOT / "fixtures" / name).glob("*.dat")))).data


def of_questions() -> dict[str, Figure]:
    """The figures of the pages of questions, by the examples there."""
    names = ("bk7-fixed-field", "pure-ll", "duran-like")
    glass, plain, duran = (sorted((ROOT / "fixtures" / name).glob("*.dat")) for name in names)
    with TemporaryDirectory() as folder:
        glasspara.simulate(preset="bk7-fixed-temperature", noise=0, out=folder)
        series = glasspara.series(folder, sample="BK7", weights="equal").figures()
    weak = glasspara.curie(duran, sample="Duran").figures()
    return {
        **glasspara.universality(glass).figures(),
        "series": series["series_T"],
        "curie": weak["curie"],
        "low_temperature": weak["low_temperature"],
        "compare": glasspara.compare(plain).plot().figure,
        "partition_curves": glasspara.partition(glass, sample="bk7-fixed-field").figures()[
            "partition_curves"
        ],
        "derive": glasspara.derive(glasspara.fit(glass)).plot().figure,
    }


def of_faults() -> dict[str, Figure]:
    """Of data with a fault put in: points that leave the model, and a run that oscillates."""
    glass = _campaign("bk7-fixed-field")
    raised = [
        replace(run, magnetisation=run.magnetisation + 4.0 * run.sigma * (run.temperature < 3.0))
        for run in glass.runs
    ]
    waves = [
        replace(run, magnetisation=run.magnetisation + WAVE * np.sin(2.0 * np.pi * run.temperature / PERIOD))
        if run.run.nominal == 2e4
        else run
        for run in glass.runs
    ]
    return {
        "anomaly": glasspara.anomaly(Dataset(tuple(raised))).plot().figure,
        "oscillations": glasspara.oscillations(Dataset(tuple(waves))).plot().figure,
    }


def of_corrections() -> dict[str, Figure]:
    """A glass in a holder that is diamagnetic and has traces of its own, and a magnet that keeps flux."""
    T, rng = np.geomspace(2.0, 300.0, 40), np.random.default_rng(1)
    with TemporaryDirectory() as folder:

        def written(name: str, T: FloatArray, H: FloatArray, moment: FloatArray, noise: float) -> str:
            path, sigma = Path(folder) / f"synthetic_{name}.dat", np.full(T.shape, noise)
            columns = (T, H, moment + noise * rng.standard_normal(len(T)), sigma)
            text = write_run(
                "mpms-xl-rso", *(part.tolist() for part in columns), name="synthetic", mass_mg=MASS_MG
            )
            path.write_bytes(text)
            return str(path)

        files, holders = [], []
        for field in (5e3, 2e4, 5e4):
            H = np.full(T.shape, field)
            glass = 1e-3 * MASS_MG * evaluate(T, H, PURE_LL, Model("ll")).total
            holder = -8e-9 * H + 4e-8 * H / T
            files.append(written(f"{field:g}Oe", T, H, glass + holder, 2e-8))
            holders.append(written(f"holder_{field:g}Oe", T, H, holder, 2e-8))
        down = np.concatenate(
            [np.linspace(5e4, 6e3, 12), np.linspace(5e3, -5e3, 41), -np.linspace(6e3, 5e4, 12)]
        )
        H, kept = np.concatenate([down, -down[1:]]), np.repeat([-36.0, 36.0], [len(down), len(down) - 1])
        true = H + kept / (1.0 + (H / 8e3) ** 2) + 8.0 * np.tanh(H / 500.0) * np.exp(-np.abs(H) / 2e4)
        moment = PALLADIUM * 1e-3 * MASS_MG * true
        loop, standard = (written(name, np.full(H.shape, 298.0), H, moment, 1e-6) for name in ("loop", "pd"))
        return {
            "holder": _corrected(files, Corrections(background=tuple(holders)))["holder_MT"],
            "true_field": _corrected([loop], Corrections(field_standard=standard))["true_field"],
        }


def _corrected(files: list[str], corrections: Corrections) -> dict[str, Figure]:
    loaded = load(files, corrections=corrections)
    applied = [item.corrections for item in loaded.inputs if item.corrections]
    return dict(correction_figures(loaded.data.runs, applied))


def main() -> None:
    """Write the figures, and print the numbers that go with them."""
    values = load_preset("bk7-fixed-field").model_values()
    ats = {name: values[name] for name in ATS_NAMES}
    figures = {
        "level_diagram": level_diagram_figure(),
        "two_and_three_levels": departure_figure(TEMPERATURE, ats=ats, areas=AREAS),
        "three_levels_high_field": field_shape_figure(TEMPERATURE, ats=ats, areas=PEAK_AREAS),
    }
    campaign = _campaign("bk7-fixed-field")
    figures |= of_questions() | of_faults() | of_corrections()
    made = both_kinds({**values, "qs4": CAMPAIGN_AREA}, np.random.default_rng(1), Model("three-level"))
    forms = high_field(made)
    figures |= {name: figure for name, figure in highfield_figures(forms).items() if "4.5K" in name}
    print(f"three levels of BK7 (Table 3), (Q/e) S4 = {CAMPAIGN_AREA:g} A^2, 0.1 % noise:")
    for reason in forms.assessment.reasons:
        print(f"  {reason.text}")
    traced = fit(_campaign("duran-like"), FitSettings(model=Model(trace_ions=load_trace_ions("Duran"))))
    print(*traced.notes, sep="\n")
    fits = (fit(campaign), fit(_campaign("bk7-fixed-temperature")))
    drawn = {name: figure for one in fits for name, figure in fit_figures(one, decompose_all=True)}
    figures |= {name: drawn[name] for name in FROM_FITS}
    figures["plan"] = plan_figure(
        plan(load([str(ROOT / "fixtures" / "bk7-fixed-field" / PLANNED)]).data, goals=("decide",))
    )
    figures["trace_ions"] = dict(fit_figures(traced))["decomposition_30kOe"]
    for name, figure in figures.items():
        (IMAGES / f"{name}.png").write_bytes(save_png(figure, dpi=DPI))
    print(f"BK7 (Table 3), {TEMPERATURE} K: three over two levels")
    for one in departures(TEMPERATURE, ats=ats, areas=AREAS):
        places = ", ".join(
            f"{100 * level:g} % at {field / 1e3:.1f} kOe"
            for level, field in zip(DEVIATIONS, one.fields, strict=True)
        )
        print(f"  (Q/e) S4 = {one.qs4:7.0f} A^2: {one.weak:.4f} in a weak field; changed by {places}")
    fields = np.linspace(0, 6.5e4, 1301)
    for qs4 in PEAK_AREAS:
        curve = three_level_magnetisation(TEMPERATURE, fields, **ats, qs4=qs4)
        peak = fields[curve.argmax()] / 1e3
        print(
            f"  (Q/e) S4 = {qs4:7.0f} A^2: peak at {peak:.1f} kOe, {curve[-1] / curve.max():.2f} of it at 65 kOe"
        )


if __name__ == "__main__":
    main()
