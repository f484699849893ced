"""Synthetic runs and campaigns: the model (17) with an instrument's noise, in an instrument's file layout.

Noise model
-----------
* Moment: Gaussian with standard deviation sigma = hypot(noise |m|, floor), m the true total moment. The
  floor, ``FLOOR``, is about what RSO reaches on a weak sample. sigma is written as the scan deviation.
* Set points: a temperature is reached to within ``T_SCATTER`` (K) and ``T_RELATIVE``; a field to within
  ``H_SCATTER`` (Oe) and ``H_RELATIVE``. A run at fixed field keeps the field it once reached, because the
  magnet is then persistent, and its readings scatter by ``H_READING`` (Oe). The file reports the values
  reached, and the model is evaluated at them as they are written: T and H carry no error.
* Every run has its own random stream, keyed by seed, kind, nominal value and (for runs planned twice) by the
  repetition. A run is therefore the same whatever other runs are in the campaign.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from glasspara.arrays import FloatArray
from glasspara.errors import SampleDataError, UsageError
from glasspara.files.moments import HIGHEST_K, HIGHEST_OE, LOWEST_K, LOWEST_OE
from glasspara.model.model import Model, evaluate
from glasspara.presets import Preset, RunPlan, model_values
from glasspara.simulation.writer import write_run

FLOOR = 5.0e-9
"""Least standard deviation of a moment, emu."""

T_SCATTER, T_RELATIVE = 2.0e-4, 3.0e-5
H_SCATTER, H_RELATIVE, H_READING = 0.3, 2.0e-5, 0.1


LAYOUTS: Mapping[str, str] = {"mpms-xl-rso": ".rso.dat", "mpms-xl-dc": ".dc.dat", "mpms3-dc": ".dat"}
"""How the files of each layout end."""


@dataclass(frozen=True, eq=False)
class SimulatedPoints:
    """Points of a run as its file holds them, T (K), H (Oe), moment and sigma (emu); and the true moment."""

    T: FloatArray
    H: FloatArray
    moment: FloatArray
    sigma: FloatArray
    true_moment: FloatArray


@dataclass(frozen=True, eq=False)
class SimulatedRun:
    """One run: its plan, the name and content of its file, and the same points as arrays."""

    file_name: str
    plan: RunPlan
    content: bytes
    points: SimulatedPoints


def simulate_run(
    T: npt.ArrayLike,
    H: npt.ArrayLike,
    *,
    parameters: Mapping[str, float],
    mass_mg: float,
    noise: float = 1.0e-3,
    seed: int | np.random.SeedSequence = 1,
    model: str = "etm",
    orientation: str = "isotropic",
    convention: str = "paper",
) -> SimulatedPoints:
    """Moments with noise at temperatures ``T`` (K) and fields ``H`` (Oe), broadcast against each other.

    Parameters
    ----------
    parameters : mapping
        Names and units of :mod:`glasspara.model.parameters`; the iron as n_fe2 and n_fe3 or as n_fe and
        fe2_fraction; n_ats = 0 makes the other ATS parameters superfluous.
    mass_mg : float
        Sample mass, mg.
    noise : float
        Relative standard deviation of the moment; where it is 0 there is no ``FLOOR`` either.
    seed : int or SeedSequence
        Same seed, same points.
    model : str
        A key of :data:`glasspara.model.MODELS`; "etm" with n_ats = 0 has no ATS term.

    Raises
    ------
    UsageError
        For a mass, noise, temperature or field out of range, or a parameter that the model lacks.
    """
    for what, value, good in (("mass", mass_mg, mass_mg > 0), ("noise", noise, noise >= 0)):
        if not (good and isfinite(value)):
            raise UsageError(f"the {what} cannot be {value:g}")
    T, H = (_as_written(values) for values in np.broadcast_arrays(np.atleast_1d(T), H))
    _check_set_points(T, H)
    values = model_values(parameters)
    terms = evaluate(T, H, values, _model_of(model, values, orientation, convention))
    true_moment = terms.total * mass_mg * 1.0e-3
    sigma = np.hypot(noise * np.abs(true_moment), _floor(noise))
    moment = true_moment + sigma * _normal(seed, T.size)
    return SimulatedPoints(T, H, _as_written(moment), _as_written(sigma), true_moment)


def simulate_campaign(
    preset: Preset,
    *,
    seed: int = 1,
    noise: float = 1.0e-3,
    scatter: bool = True,
    mass_mg: float | None = None,
    runs: Sequence[RunPlan] | None = None,
    parameters: Mapping[str, float] | None = None,
    layout: str = "mpms-xl-rso",
    model: str = "etm",
    orientation: str = "isotropic",
    convention: str = "paper",
) -> list[SimulatedRun]:
    """The runs of a campaign, each with its file.

    Parameters
    ----------
    preset : Preset
        Parameters, sample and, unless ``runs`` says otherwise, campaign.
    seed : int
        Not negative. Same seed, same bytes.
    noise, model, orientation, convention
        As for :func:`simulate_run`.
    scatter : bool
        False puts every set point exactly where it was asked for.
    mass_mg : float, optional
        Replaces the mass of the preset's sample, mg.
    runs : sequence of RunPlan, optional
        Replaces the preset's campaign.
    parameters : mapping, optional
        Replaces the preset's parameters.
    layout : str
        One of ``LAYOUTS``.

    Raises
    ------
    UsageError
        For an option out of range, an unknown layout, or no runs at all.
    SampleDataError
        The preset has no sample mass and ``mass_mg`` gives none.
    """
    if layout not in LAYOUTS:
        raise UsageError(f"unknown file layout {layout!r}", remedy=f"Choose one of {', '.join(LAYOUTS)}")
    if seed < 0:
        raise UsageError(f"the seed cannot be {seed}", remedy="Give a whole number from 0 up")
    plans = tuple(preset.campaign if runs is None else runs)
    if not plans:
        raise UsageError(
            f"{preset.origin} has no [campaign]",
            remedy="Give fields and temperatures of the runs to simulate",
        )
    mass = preset.sample.mass_mg if mass_mg is None else mass_mg
    if mass is None:
        raise SampleDataError(f"{preset.origin} has no sample mass", remedy="Give it with --mass MG")
    truth = dict(preset.parameters if parameters is None else parameters)
    name = f"{preset.sample.name or preset.name}-synthetic"
    settings = {
        "seed": seed,
        "noise": noise,
        "noise_floor_emu": _floor(noise),
        "convention": convention,
        "orientation": orientation,
        **({} if model == "etm" else {"model": model}),
    }
    comment = _comment(preset.name, {**settings, **truth})

    simulated = []
    for plan, repetition in _with_repetitions(plans):
        T, H = _set_points(plan, seed, repetition, scatter)
        points = simulate_run(
            T,
            H,
            parameters=truth,
            mass_mg=mass,
            noise=noise,
            seed=_stream(seed, plan, repetition, "moment"),
            model=model,
            orientation=orientation,
            convention=convention,
        )
        content = write_run(
            layout,
            points.T.tolist(),
            points.H.tolist(),
            points.moment.tolist(),
            points.sigma.tolist(),
            name=name,
            comment=comment,
            mass_mg=mass,
        )
        file_name = f"{_stem(name, plan, repetition)}{LAYOUTS[layout]}"
        simulated.append(SimulatedRun(file_name, plan, content, points))
    return simulated


def _floor(noise: float) -> float:
    return FLOOR if noise else 0.0


def _check_set_points(T: FloatArray, H: FloatArray) -> None:
    """Refuse what no magnetometer reaches."""
    size = np.abs(H)
    for values, unit, good in (
        (T, "K", (T >= LOWEST_K) & (T <= HIGHEST_K)),
        (H, "Oe", (size <= HIGHEST_OE) & ((size >= LOWEST_OE) | (size == 0.0))),
    ):
        if not good.all():
            raise UsageError(
                f"a point at {values[~good][0]:g} {unit} cannot be simulated",
                remedy=f"Stay within {LOWEST_K:g} to {HIGHEST_K:g} K and {HIGHEST_OE:g} Oe",
            )


def _model_of(name: str, values: Mapping[str, float], orientation: str, convention: str) -> Model:
    without = name == "etm" and not values["n_ats"]
    model = Model("ll" if without else name, orientation=orientation, convention=convention)
    missing = [item for item in model.names if item not in values]
    if missing:
        alternative = ", or n_ats = 0" if name == "etm" else ""
        what = "n_ats" if name == "etm" else f"model {name}"
        raise UsageError(
            f"{what} without {', '.join(missing)}",
            remedy=f"Give all of them with --set NAME=VALUE{alternative}",
        )
    return model


def _set_points(plan: RunPlan, seed: int, repetition: int, scatter: bool) -> tuple[FloatArray, FloatArray]:
    """Temperatures and fields that the instrument reaches and reports."""
    T, H = (np.array(values, dtype=np.float64) for values in plan.points)
    if not scatter:
        return T, H
    draws = _normal(_stream(seed, plan, repetition, "set points"), 2 * T.size + 1)
    common, for_T, for_H = draws[0], draws[1 : T.size + 1], draws[T.size + 1 :]
    T = T + np.hypot(T_SCATTER, T_RELATIVE * T) * for_T
    step = np.hypot(H_SCATTER, H_RELATIVE * H)
    H = H + (step * common + H_READING * for_H if plan.kind == "fixed-field" else step * for_H)
    return T, H


def _with_repetitions(plans: Iterable[RunPlan]) -> Iterable[tuple[RunPlan, int]]:
    seen: Counter[tuple[str, float]] = Counter()
    for plan in plans:
        yield plan, seen[plan.kind, plan.nominal]
        seen[plan.kind, plan.nominal] += 1


def _stream(seed: int, plan: RunPlan, repetition: int, purpose: str) -> np.random.SeedSequence:
    key = f"{plan.kind}:{float(plan.nominal)!r}:{repetition}:{purpose}"
    return np.random.SeedSequence(seed, spawn_key=tuple(key.encode()))


def _normal(seed: int | np.random.SeedSequence, size: int) -> FloatArray:
    """``size`` standard normal numbers.

    NumPy keeps the raw stream of a bit generator across versions, but not what Generator makes of it
    (NEP 19). The fixtures must not change with NumPy, hence the standard library's inverse distribution.
    """
    raw = np.random.PCG64(seed).random_raw(size)
    uniform = ((raw >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52  # never 0 or 1
    inverse = NormalDist().inv_cdf
    return np.array([inverse(u) for u in uniform.tolist()])


def _as_written(values: npt.ArrayLike) -> FloatArray:
    """``values`` to 7 significant digits, as the instrument writes them, in one dimension.

    It also keeps the last bits of another machine's libm out of the files (a tie of rounding aside).
    """
    return np.array([float(f"{value:.6e}") for value in np.ravel(values).tolist()])


def _comment(preset_name: str, entries: Mapping[str, object]) -> str:
    # commas would break the header's grammar
    pairs = (f"{key}={value}" for key, value in entries.items())
    return "; ".join(("synthetic", f"preset={preset_name.replace(',', ' ')}", *pairs))


def _stem(name: str, plan: RunPlan, repetition: int) -> str:
    kind, unit = ("MT", "Oe") if plan.kind == "fixed-field" else ("MH", "K")
    safe = "".join(c if c.isalnum() or c in "-._" else "-" for c in name)
    again = f"_{repetition + 1}" if repetition else ""
    return f"{safe}_{kind}_{plan.nominal:.10g}{unit}{again}"
