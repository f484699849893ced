"""The fit as a whole: published parameters come back, verdicts say what the data bear."""

from __future__ import annotations

import numpy as np
import pytest

import glasspara
from glasspara.data import Dataset
from glasspara.errors import UsageError
from glasspara.fitting.fit import fit
from glasspara.fitting.problem import FitSettings
from glasspara.fitting.search.minimise import minimise
from glasspara.fitting.search.start import descend
from glasspara.model.model import Model, evaluate
from glasspara.model.parameters import PARAMETERS, to_canonical
from glasspara.presets import load_preset
from glasspara.replicates import generator
from glasspara.simulation.datasets import BK7, PURE_LL, fixed_field, fixed_temperature, make_run
from studies.starts import CAMPAIGNS, campaign, random_starts

LL = Model("ll")
HELD = {"n_ats": None}
"""Held at its usual value, which is that of Table 3."""


def codes(findings):
    return [item.code for item in findings]


def only(findings, code):
    """The one finding of a code."""
    (found,) = (item for item in findings if item.code == code)
    return found


def load(fixtures, campaign):
    return glasspara.load([str(path) for path in sorted((fixtures / campaign).glob("*.dat"))]).data


@pytest.fixture(scope="module")
def bk7(fixtures):
    """The fit of the bundled campaign, all settings at their defaults."""
    return fit(load(fixtures, "bk7-fixed-field"))


@pytest.fixture(scope="module")
def glass():
    """The same of a small campaign: many tests set other settings against it."""
    return fit(fixed_field(BK7, np.random.default_rng(8)))


@pytest.mark.parametrize("campaign", ["bk7-fixed-field", "bk7-fixed-temperature"])
def test_published_parameters_come_back(fixtures, campaign):
    """Tables 3 and 4: the synthetic campaigns give back the parameters that they were made of."""
    truth = load_preset(campaign).model_values()
    result = fit(load(fixtures, campaign), FitSettings(fixed={"n_ats": truth["n_ats"]}))
    assert result.assessment.status == "good"
    assert result.statistics.p_value > 0.01
    pulls = {
        name: (item.value - truth[name]) / item.error
        for name, item in result.parameters.items()
        if item.error
    }
    assert set(pulls) == {"chi_larmor", "n_fe2", "n_fe3", "d_min", "d0min_qs4", "d0max_qs4", "delta_mu"}
    # measured: at most 2.2 in the 14 parameters of both
    assert max(map(abs, pulls.values())) < 3.0


def pulls_of(quantities, truth):
    """(value - truth) in standard errors; of the logarithm where the program assumes something of that."""
    return {
        name: np.log(item.value / truth[name]) / (item.error / item.value)
        if getattr(item, "constraint", None) and item.constraint.log
        else (item.value - truth[name]) / item.error
        for name, item in quantities.items()
        if item.error and name in truth
    }


FREE = {"chi_larmor", "n_fe2", "n_fe3", "n_ats", "d_min", "d0min_qs4", "d0max_qs4", "delta_mu"}


@pytest.mark.parametrize("campaign", ["bk7-fixed-field", "bk7-fixed-temperature", "duran-like", "bas-like"])
def test_parameters_come_back_with_nothing_but_the_defaults(fixtures, campaign, request):
    """All eight free, weak priors on three of them: what the campaigns were made of comes back, and is established."""
    truth = load_preset(campaign).model_values()
    data = load(fixtures, campaign)
    result = request.getfixturevalue("bk7") if campaign == "bk7-fixed-field" else fit(data)
    assert result.assessment.status == "good"
    assert result.ats_established
    pulls = pulls_of(result.parameters, truth)
    assert set(pulls) == FREE
    # measured: at most 1.6 in the 32 parameters of all four
    assert max(map(abs, pulls.values())) < 3.0
    strength = truth["n_ats"] * np.log(truth["d0max_qs4"] / truth["d0min_qs4"])
    item = result.derived["ats_strength"]
    assert item.value == pytest.approx(strength, abs=3.0 * item.error)
    assert item.error < 0.08 * strength


def test_cutoffs_that_lie_far_apart_come_back(shared):
    """1 : 5, and fewer systems than is usual: n_ats must be free for that."""
    folder = shared / "cases" / "wide"
    if not folder.is_dir():
        pytest.skip("the folder of cases is not here")
    result = fit(glasspara.load([str(path) for path in sorted(folder.glob("*.dat"))]).data)
    assert result.assessment.status == "good"
    assert result.ats_established
    truth = {
        "chi_larmor": 4.227e-7, "n_fe2": 1.099e17, "n_fe3": 5.99e16, "n_ats": 1.5e15, "d_min": 0.02671,
        "d0min_qs4": 1.0e5, "d0max_qs4": 5.0e5, "delta_mu": 0.319,
    }  # fmt: skip
    pulls = pulls_of(result.parameters, truth)
    assert set(pulls) == FREE
    assert max(map(abs, pulls.values())) < 3.0  # measured: 0.7
    # magnetisation alone knows n_ats here, whatever was assumed of it
    assert result.parameters["n_ats"].error < 0.01 * truth["n_ats"]
    assert "n_ats" not in [note.where.parameter for note in result.notes if note.code == "fitting.assumed"]


def test_naive_fits_of_published_parameters_drift_as_table_2_does(fixtures):
    """PHYSICS section 8: apparent n(Fe3+) of Fe3+-only fits rises with temperature."""
    apparent = []
    for run in load(fixtures, "bk7-fixed-temperature").runs:
        flat = make_run(
            "fixed-temperature", run.run.nominal, run.temperature, run.field, run.magnetisation,
            np.full(len(run), 1e-5),
        )  # fmt: skip
        result = fit(Dataset((flat,)), FitSettings(model=Model("ll", "fe3")))
        apparent.append(result.parameters["n_fe3"].value / 1e17)
    # the noise of 0.1 % moves the last by 0.03, the others by 0.003
    assert apparent == pytest.approx([1.476, 1.577, 1.785, 2.049, 3.532], abs=0.04)


def test_errors_are_honest():
    """Pulls of every parameter over 16 campaigns have mean 0 and width 1."""
    rng = np.random.default_rng(5)
    pulls: dict[str, list[float]] = {}
    for _ in range(16):
        result = fit(
            fixed_field(BK7, rng, fields=(1e3, 5e3, 2e4, 5e4), temperatures=tuple(np.geomspace(2, 300, 50))),
            FitSettings(fixed=HELD),
            ordinary=False,
        )
        assert result.assessment.status == "good"
        for name, item in result.parameters.items():
            if item.error:
                pulls.setdefault(name, []).append((item.value - BK7[name]) / item.error)
    for name, values in pulls.items():
        if len(values) < 16:
            continue  # held in some, since the data left it open
        # of 16: mean 0 +- 0.25, width 1 +- 0.18; measured: within 0.25 of 0, and 0.86 to 1.04
        assert abs(np.mean(values)) < 0.6, name
        assert 0.65 < np.std(values) < 1.4, name


def test_pure_langevin_data_need_no_ats_term(fixtures):
    truth = load_preset("pure-ll").model_values()
    result = fit(load(fixtures, "pure-ll"))
    assert result.assessment.status == "term-not-needed"
    assert not result.ats_test.needed
    for name in ("chi_larmor", "n_fe2", "n_fe3"):
        value, error = result.ats_test.parameters_without[name]
        assert value == pytest.approx(truth[name], abs=4 * error)


def test_the_ats_term_is_called_needed_in_vain_at_most_as_often_as_stated():
    rng = np.random.default_rng(6)
    needed = [fit(fixed_field(PURE_LL, rng, model=LL)).ats_test.needed for _ in range(6)]
    # stated: 5 %; the test is conservative, 1 of 150 in a longer run
    assert sum(needed) == 0


def test_larmor_langevin_alone_is_called_poor_on_a_glass(fixtures):
    result = fit(load(fixtures, "bk7-fixed-field"), FitSettings(model=LL))
    assert result.assessment.status == "poor"
    assert not result.assessment.trusted
    # Fe2+ and Fe3+ both with n >= 0 gives n(Fe2+) = 0 on such data, as the source found
    assert result.parameters["n_fe2"].at_limit == "lower"
    assert result.parameters["n_fe2"].value == 0.0


def test_freed_n_ats_is_called_undetermined(fixtures):
    result = fit(load(fixtures, "bk7-fixed-temperature"), FitSettings(freed=frozenset({"n_ats"})))
    assert result.assessment.status == "not-determined"
    open_ones = only(result.assessment.reasons, "fitting.not-fixed").values["parameters"]
    assert "n_ats" in [item["name"] for item in open_ones]
    assert "n_ats" in result.determination.undetermined
    assert result.parameters["n_ats"].constraint is None


def test_what_the_data_fix_is_said(bk7):
    result = fit(bk7.data, FitSettings(fixed=HELD))
    said = {
        item.values.get("combination", item.values.get("parameter")): item.code
        for item in result.determination.statements
    }
    assert said["ats_strength"] == "fitting.combination-determined"
    assert said["n_ats"] == "fitting.held-parameter-not-determined"
    assert result.determination.relative_errors["n_ats"] > 1.0
    assert result.determination.combinations["ats_strength"] < 0.05
    singular = result.determination.singular_values
    assert list(singular) == sorted(singular, reverse=True)
    assert only(result.notes, "fitting.n-ats-held").values["value"] == BK7["n_ats"]


def test_what_is_assumed_of_n_ats_is_said_with_its_share(bk7):
    """By default it is free, with a prior of a factor of 10: magnetisation fixes the strength of the term."""
    item = bk7.parameters["n_ats"]
    assert not item.fixed
    assert item.constraint.mean == PARAMETERS["n_ats"].start
    assert item.constraint.error == pytest.approx(np.log(10.0))
    assert item.constraint.log
    assert item.constraint.assumed
    (assumed,) = (
        note.values
        for note in bk7.notes
        if note.code == "fitting.assumed" and note.where.parameter == "n_ats"
    )
    assert assumed["factor"] == pytest.approx(10.0)
    assert assumed["share"] == pytest.approx((item.error / item.value / np.log(10.0)) ** 2)
    strength = bk7.derived["ats_strength"]
    assert strength.error / strength.value < 0.02 < item.error / item.value


def test_one_temperature_leaves_shape_parameters_open():
    """At one temperature delta_mu only rescales the cutoffs: something is assumed of it, and the result says so."""
    result = fit(
        fixed_temperature(BK7, np.random.default_rng(3), temperatures=(4.5,)),
        FitSettings(n_fe=(1.698e17, None)),
    )
    assert result.parameters["delta_mu"].constraint.assumed
    assert "delta_mu" in [note.where.parameter for note in result.notes if note.code == "fitting.assumed"]
    # the cutoffs at T0 hang on it, and their errors say so
    assert result.parameters["d0max_qs4"].error / result.parameters["d0max_qs4"].value > 0.3
    freed = fit(
        fixed_temperature(BK7, np.random.default_rng(3), temperatures=(4.5,)),
        FitSettings(n_fe=(1.698e17, None), freed=frozenset({"delta_mu", "d_min"})),
    )
    assert not freed.parameters["delta_mu"].fixed
    assert freed.assessment.status == "not-established"  # before anything else is said of one run
    open_ones = only(freed.assessment.reasons, "fitting.not-fixed").values["parameters"]
    assert "delta_mu" in [item["name"] for item in open_ones]


@pytest.mark.parametrize(
    ("name", "count"), [(name, 10 if name == "bk7-fixed-temperature" else 4) for name in CAMPAIGNS]
)
def test_every_start_ends_in_one_minimum(name, count):
    """Random starts of all parameters over a decade; ``studies/starts.py`` takes 50 on all, through the whole fit."""
    data, settings = campaign(name)
    best = minimise(settings.problem(data, settings.held()), settings.guess())
    for start in random_starts(name, count, np.random.default_rng(20)):
        wishes = FitSettings(fixed=settings.fixed, starts=start)
        found = minimise(wishes.problem(data, wishes.held()), wishes.guess(), pinned=frozenset(start))
        assert found.valid
        # measured: 6e-11 at worst
        assert found.chi2 == pytest.approx(best.chi2, abs=1e-8)


def test_iron_by_mass_spectrometry(glass):
    data, free = glass.data, glass
    total = BK7["n_fe2"] + BK7["n_fe3"]
    held = fit(data, FitSettings(n_fe=(total, None)))
    assert held.parameters["n_fe"].fixed
    assert held.parameters["fe2_fraction"].value == pytest.approx(
        BK7["n_fe2"] / total, abs=4 * held.parameters["fe2_fraction"].error
    )
    assert held.derived["n_fe2"].value + held.derived["n_fe3"].value == pytest.approx(total)
    error = free.derived["n_fe"].error
    # two equal errors combine to 1/sqrt(2) of each
    both = fit(data, FitSettings(n_fe=(free.derived["n_fe"].value, error)))
    assert both.parameters["n_fe"].error == pytest.approx(error / np.sqrt(2.0), rel=0.05)
    assert both.parameters["n_fe"].constraint.error == error
    assert both.statistics.ndof == free.statistics.ndof + 1


def test_two_ways_to_write_the_iron_are_one_fit(glass):
    data, ions = glass.data, glass
    partition = fit(data, FitSettings(starts={"fe2_fraction": 0.4}))
    assert partition.statistics.chi2 == pytest.approx(ions.statistics.chi2, abs=1e-3)
    assert partition.parameters["n_fe"].value == pytest.approx(ions.derived["n_fe"].value, rel=1e-4)
    assert partition.parameters["n_fe"].error == pytest.approx(ions.derived["n_fe"].error, rel=0.02)
    assert partition.derived["n_fe2"].error == pytest.approx(ions.parameters["n_fe2"].error, rel=0.02)


def test_staged_fit_freezes_what_the_stages_found(glass):
    data = glass.data
    total = BK7["n_fe2"] + BK7["n_fe3"]
    staged = fit(data, FitSettings(method="staged-once", n_fe=(total, None), fixed={"fe2_fraction": 0.647}))
    assert staged.parameters["chi_larmor"].fixed
    naive = fit(data, FitSettings(model=LL))
    assert staged.parameters["chi_larmor"].value == pytest.approx(
        naive.parameters["chi_larmor"].value, rel=1e-6
    )
    assert staged.parameters["n_fe"].value == total
    joint = fit(data, FitSettings(n_fe=(total, None)))
    assert joint.statistics.chi2 < staged.statistics.chi2


def test_field_offset_can_be_freed():
    rng = np.random.default_rng(11)
    data = fixed_temperature(
        PURE_LL, rng, temperatures=(2.0, 10.0), fields=tuple(np.linspace(-5000.0, 5000.0, 41))
    )
    shifted = Dataset(
        tuple(
            make_run(
                "fixed-temperature",
                run.run.nominal,
                run.temperature,
                run.field - 30.0,
                run.magnetisation,
                run.sigma,
            )
            for run in data.runs
        )
    )
    result = fit(shifted, FitSettings(model=LL, freed=frozenset({"field_offset"})))
    assert result.assessment.status == "good"
    offset = result.parameters["field_offset"]
    assert offset.value == pytest.approx(30.0, abs=4 * offset.error)
    assert fit(shifted, FitSettings(model=LL)).assessment.status == "poor"


def test_errors_too_small_by_two_are_noticed_and_do_not_spoil_the_verdict():
    result = fit(fixed_field(BK7, np.random.default_rng(12), stated=0.5))
    assert result.assessment.status == "good"
    found = only(result.assessment.reasons, "fitting.random-residuals-larger-than-errors")
    assert found.values["factor"] == pytest.approx(2.0, rel=0.15)
    item = result.parameters["chi_larmor"]
    assert item.error_scaled / item.error == pytest.approx(2.0, rel=0.15)


def test_wild_points_are_named_and_kept():
    data = fixed_field(PURE_LL, np.random.default_rng(13), model=LL)
    run = data.runs[1]
    moments = run.magnetisation.copy()
    moments[7] += 12.0 * run.sigma[7]
    wild = make_run(
        "fixed-field", run.run.nominal, run.temperature, run.field, moments, run.sigma, file="wild.dat"
    )
    result = fit(Dataset((data.runs[0], wild, *data.runs[2:])), FitSettings(model=LL))
    (point,) = only(result.assessment.reasons, "fitting.outliers").values["points"]
    assert (point["file"], point["line"]) == ("wild.dat", 8)
    assert point["deviation"] == pytest.approx(12.0, abs=3.0)
    assert result.statistics.n_points == len(data)


def test_limits_and_holds_are_obeyed(glass):
    data = glass.data
    result = fit(data, FitSettings(limits={"delta_mu": (0.4, 1.0)}, fixed={"d_min": 0.02}))
    assert result.parameters["delta_mu"].value == pytest.approx(0.4)
    assert result.parameters["delta_mu"].at_limit == "lower"
    assert result.parameters["d_min"].value == 0.02
    assert result.parameters["d_min"].fixed
    boxed = fit(data, FitSettings(limits={"d0max_qs4": (2.0e5, 2.8e5)}))
    assert 2.0e5 <= boxed.parameters["d0max_qs4"].value <= 2.8e5 * (1 + 1e-9)


def test_exact_convention_halves_the_amplitude(glass):
    paper = fit(glass.data, FitSettings(fixed=HELD))
    exact = fit(glass.data, FitSettings(model=Model(convention="exact"), fixed={"n_ats": 2 * 1.352e16}))
    assert exact.statistics.chi2 == pytest.approx(paper.statistics.chi2, abs=0.01)
    assert exact.parameters["d_min"].value == pytest.approx(paper.parameters["d_min"].value, rel=1e-3)


def test_terms_and_residuals_add_up(glass):
    result, data, terms = glass, glass.data, glass.terms
    assert terms.total == pytest.approx(terms.larmor + terms.fe2 + terms.fe3 + terms.ats)
    assert result.residuals == pytest.approx(data.magnetisation - terms.total)
    assert result.intrinsic == pytest.approx(result.residuals + terms.ats)
    again = evaluate(data.temperature, data.field, {**BK7, **result.values}, Model())
    assert again.total == pytest.approx(terms.total, rel=1e-12)


def test_too_few_points_determine_nothing():
    data = fixed_field(BK7, np.random.default_rng(17), fields=(2e4,), temperatures=(2.0, 5.0, 10.0, 50.0))
    assert fit(data).assessment.status == "not-determined"


@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        ({"fixed": {"n_iron": 1.0}}, "no parameter"),
        ({"fixed": {"n_fe2": 1e17}, "n_fe": (1e17, None)}, "two ways"),
        ({"fixed": {"n_fe2": -1.0}}, "outside"),
        ({"model": LL, "fixed": {"d_min": 0.1}}, "no parameter"),
        ({"model": Model(ions="fe3"), "n_fe": (1e17, None)}, "no partition"),
        ({"starts": {"d0min_qs4": 3e5, "d0max_qs4": 2e5}}, "below d0min_qs4"),
        ({"limits": {"field_offset": (0.0, 10.0)}}, "--free field_offset"),
    ],
)
def test_contradictory_wishes_are_refused(wishes, words):
    with pytest.raises(UsageError, match=words):
        FitSettings(**wishes).held()


@pytest.mark.parametrize(
    "limits",
    [
        {"d0min_qs4": (2.0e5, 3.0e5)},
        {"d0max_qs4": (2.0e5, 3.5e5)},
        {"d0min_qs4": (2.0e5, 3.0e5), "d0max_qs4": (2.5e5, 3.5e5)},
        {"fe2_fraction": (0.1, 0.9)},
        {"n_fe": (1e17, 3e17)},
        {"d_min": (0.001, 1.0), "delta_mu": (0.0, 2.0)},
    ],
)
def test_limits_that_are_not_met_change_nothing(bk7, limits):
    boxed = fit(bk7.data, FitSettings(limits=limits))
    # nothing is assumed of a parameter that the user limits
    assumed = frozenset(name for name in limits if PARAMETERS[name].prior is not None)
    plain = fit(bk7.data, FitSettings(freed=assumed)) if assumed else bk7
    assert boxed.assessment.status == "good"
    assert boxed.statistics.chi2 == pytest.approx(plain.statistics.chi2, abs=0.01)
    for name in ("chi_larmor", "d_min", "d0min_qs4", "d0max_qs4", "delta_mu"):
        assert boxed.parameters[name].value == pytest.approx(plain.parameters[name].value, rel=1e-3)
        assert boxed.parameters[name].error == pytest.approx(plain.parameters[name].error, rel=0.05)
    total = boxed.parameters.get("n_fe") or boxed.derived["n_fe"]
    assert total.error == pytest.approx(plain.derived["n_fe"].error, rel=0.05)


COORDINATE_SETS = {
    "default": {},
    "n_ats, cutoffs held": {"freed": {"n_ats"}, "fixed": {"d0min_qs4": 2.717e5, "d0max_qs4": 2.925e5}},
    "one cutoff held": {"fixed": {"d0min_qs4": 2.717e5}},
    "partition": {"starts": {"fe2_fraction": 0.5}},
    "partition in a box": {"limits": {"fe2_fraction": (0.1, 0.9)}},
    "iron constrained": {"n_fe": (1.698e17, 0.01e17)},
    "iron held": {"n_fe": (1.698e17, None)},
    "field offset": {"freed": {"field_offset"}},
    "cutoff in a box": {"limits": {"d0max_qs4": (2.0e5, 4.0e5)}},
}


@pytest.mark.parametrize("case", COORDINATE_SETS)
def test_errors_are_the_curvature_of_chi2_in_every_set_of_coordinates(case):
    """Covariance against the inverse of the numerical Hessian in the reported parameters themselves."""
    wishes = {
        key: frozenset(value) if key == "freed" else value for key, value in COORDINATE_SETS[case].items()
    }
    settings = FitSettings(**wishes)
    data = fixed_field(
        BK7,
        np.random.default_rng(1),
        fields=(1e3, 5e3, 2e4, 6.5e4),
        temperatures=tuple(np.geomspace(2, 300, 60)),
    )
    result = fit(data, settings)
    assert result.assessment.status == "good"
    free = [name for name, item in result.parameters.items() if not item.fixed]
    values = result.values

    def pulls(shift):
        moved = {**values, **dict(zip(free, shift, strict=True))}
        constraints = [
            item.constraint.pull(moved[name]) for name, item in result.parameters.items() if item.constraint
        ]
        total = evaluate(data.temperature, data.field, to_canonical(moved), Model()).total
        return np.concatenate([(data.magnetisation - total) / data.sigma, constraints])

    centre = np.array([values[name] for name in free])
    steps = np.array([1e-3 * result.parameters[name].error for name in free])
    columns = [(pulls(centre + step) - pulls(centre - step)) / 2e-3 for step in np.diag(steps)]
    scaled = np.array(columns).T  # derivatives by each parameter in units of its error
    expected = np.sqrt(np.diag(np.linalg.inv(scaled.T @ scaled)))
    # measured: 0.99 to 1.01 where the last digits of the inverse allow
    assert expected == pytest.approx(np.ones(len(free)), rel=0.03)


@pytest.mark.parametrize("ions", ["fe3", "both"])
def test_everything_free_may_lie_at_its_limit(ions):
    """No iron, and more diamagnetism than is held: no concentration is low enough."""
    model = Model("ll", ions=ions)
    truth = {**PURE_LL, "n_fe2": 0.0, "n_fe3": 0.0}
    data = fixed_field(truth, np.random.default_rng(3), model=model)
    result = fit(data, FitSettings(model=model, fixed={"chi_larmor": 0.9 * truth["chi_larmor"]}))
    free = [item for item in result.parameters.values() if not item.fixed]
    assert [item.at_limit for item in free] == ["lower"] * (1 if ions == "fe3" else 2)
    assert all(item.value == 0.0 < item.error for item in free)
    assert result.minimum.valid


@pytest.mark.parametrize("index", [0, 24])
def test_a_fit_that_overshoots_a_limit_comes_back(index):
    """M(T) at 20 kOe alone: on the way the free fit has n_fe3 < 0, far along a valley in which all others follow.

    Nine of 328 such campaigns were once left not converged, at the limit but far from the minimum there: for a slope
    that was none, and for having been held against chi2 outside.
    """
    rng = generator(20261122, index)
    data = fixed_field(
        {**BK7, "d_min": 0.1}, rng, fields=(2e4,), temperatures=tuple(np.geomspace(2, 300, 80))
    )
    minimum = fit(data).minimum
    assert minimum.valid, minimum.reason
    assert minimum.reported["n_fe3"] == 0.0
    bounded = descend(minimum.problem, [minimum.reported])
    assert minimum.chi2 == pytest.approx(minimum.problem.chi2(bounded), abs=1e-4)  # measured: 1.7e-5


def test_fits_stay_inside_their_limits():
    """Weak, short and noisy data, where unlimited minima lie outside."""
    for seed in (0, 1, 3, 4, 6):
        data = fixed_temperature(
            PURE_LL if seed % 2 else BK7, np.random.default_rng(seed), temperatures=(2.0, 20.0), noise=1e-2,
            fields=tuple(np.linspace(0.0, 5000.0, 9)),
        )  # fmt: skip
        result = fit(data, FitSettings(freed=frozenset({"d_min", "delta_mu"}), fixed=HELD))
        assert any(item.at_limit for item in result.parameters.values())
        for name, item in result.parameters.items():
            low, high = item.limits
            assert low is None or item.value >= low * (1 - 1e-9), (seed, name)
            assert high is None or item.value <= high * (1 + 1e-9), (seed, name)
        assert np.isfinite(result.correlation).all()
        assert result.parameters["d0min_qs4"].value <= result.parameters["d0max_qs4"].value


@pytest.mark.parametrize(
    "truth",
    [{"d_min": 0.005}, {"d_min": 0.1}, {"delta_mu": 0.6}],
    ids=["small d_min", "large d_min", "large delta_mu"],
)
def test_single_runs_are_covered_where_the_assumption_is_off(truth):
    """M(T) at 20 kOe alone, shape parameters away from what the program would assume of them."""
    values, rng, pulls = {**BK7, **truth}, np.random.default_rng(5), []
    for _ in range(4):
        result = fit(fixed_field(values, rng, fields=(2e4,), temperatures=tuple(np.geomspace(2, 300, 80))))
        assert result.assessment.status in ("good", "not-established", "not-determined")
        if result.assessment.status != "not-determined":
            pulls += [
                (item.value - values[name]) / item.error
                for name, item in result.parameters.items()
                if item.error and name in ("chi_larmor", "n_fe2", "n_fe3", "d0max_qs4", "delta_mu")
            ]
    assert len(pulls) >= 15
    # measured over 25 campaigns each: 0.87 to 1.00 within two errors (with d_min simply held: 0.25 to 0.8)
    # the five of one campaign go together, and there are but four campaigns here: 0.85, 1.00 and 1.00, and 0.60 for
    # the first with d_min simply held
    assert np.mean(np.abs(pulls) < 2.0) > 0.7


@pytest.mark.parametrize(("off", "status"), [(0.0, "good"), (4.0, "good"), (12.0, "poor")])
def test_tension_with_mass_spectrometry_is_named(off, status):
    data = fixed_field(BK7, np.random.default_rng(21))
    error = 0.02e17
    result = fit(data, FitSettings(n_fe=(BK7["n_fe2"] + BK7["n_fe3"] + off * error, error)))
    assert result.assessment.status == status
    assert ("fitting.tension" in codes(result.assessment.reasons)) == (off > 3.0)
    if off > 3.0:
        tension = only(result.assessment.reasons, "fitting.tension")
        assert (tension.where.parameter, tension.values["side"]) == ("n_fe", "above")
        assert tension.values["standard_errors"] == pytest.approx(off, abs=1.5)
    # the constraint does not make the points look noisier
    assert result.statistics.scatter_factor < 1.2


@pytest.mark.parametrize("name", ["ats_strength", "d0_mean_qs4", "d0_ratio", "n_fe"])
def test_what_is_known_of_a_combination_counts_as_what_is_known_of_a_parameter(glass, name):
    free = glass.quantities[name]
    agreed, error = free.value, free.error / 20.0
    known = fit(glass.data, FitSettings(constrained={name: (agreed, error)}))
    item = known.quantities[name]
    assert item.error == pytest.approx(error, rel=0.02)  # measured: 0.13 % below, (1 + 1/20^2)^-1/2
    assert (item.constraint.mean, item.constraint.error) == (agreed, error)
    assert known.assessment.status == glass.assessment.status
    assert "fitting.tension" not in codes(known.assessment.reasons)

    off = fit(glass.data, FitSettings(constrained={name: (agreed + 8.0 * free.error, error)}))
    assert off.assessment.status == "poor"
    assert "fitting.constraint-excluded" in codes(off.assessment.reasons)
    tension = only(off.assessment.reasons, "fitting.tension").values
    assert tension["parameter"] == name
    assert tension["side"] == "above"
    assert tension["standard_errors"] == pytest.approx(8.0, rel=0.4)


def test_the_ratio_of_the_cutoffs_gives_n_ats(glass):
    ratio = BK7["d0max_qs4"] / BK7["d0min_qs4"]
    known = fit(glass.data, FitSettings(constrained={"d0_ratio": (ratio, 0.002)}))
    n_ats = known.quantities["n_ats"]
    assert glass.quantities["n_ats"].error > 0.3 * glass.quantities["n_ats"].value
    assert n_ats.error < 0.05 * n_ats.value
    assert abs(n_ats.value - BK7["n_ats"]) < 3.0 * n_ats.error
    assert "n_ats" not in [
        item.values["parameter"] for item in known.determination.statements if "parameter" in item.values
    ]


def test_data_that_hold_nothing_are_not_called_good():
    zero = fixed_field(PURE_LL, np.random.default_rng(22), fields=(0.0,), model=LL)
    for settings in (FitSettings(), FitSettings(model=LL)):
        assessment = fit(zero, settings).assessment
        assert assessment.status == "not-plausible"
        assert codes(assessment.reasons) == ["fitting.no-field"]


def test_fewer_points_than_parameters_give_no_errors():
    data = fixed_field(BK7, np.random.default_rng(23), fields=(2e4,), temperatures=(2.0, 5.0, 50.0))
    result = fit(data)
    assert result.assessment.status == "not-determined"
    assert all(item.error is None for item in result.parameters.values())
    for count in (6, 7, 8):  # fewer than the parameters, as many, one more
        few = fixed_field(
            BK7, np.random.default_rng(count), fields=(2e4,), temperatures=tuple(np.geomspace(2, 100, count))
        )
        few = fit(few)
        # what the program assumes makes up for missing points, but no claim comes of it
        assert few.assessment.status in ("not-determined", "not-established")
        assert few.ats_established is False


def test_a_good_measurement_of_nothing_is_good():
    diamagnet = {**PURE_LL, "n_fe2": 0.0, "n_fe3": 0.0}
    result = fit(fixed_temperature(diamagnet, np.random.default_rng(24)), FitSettings(model=LL))
    assert result.assessment.status == "good"
    paramagnet = {**PURE_LL, "chi_larmor": 0.0}
    result = fit(fixed_field(paramagnet, np.random.default_rng(25), model=LL), FitSettings(model=LL))
    assert result.assessment.status == "good"


def test_stages_are_counted_and_keep_their_errors():
    data = fixed_field(PURE_LL, np.random.default_rng(26), model=LL)
    joint, staged = fit(data, FitSettings(model=LL)), fit(data, FitSettings(model=LL, method="staged-once"))
    assert staged.statistics.ndof == joint.statistics.ndof
    assert staged.parameters["chi_larmor"].stage
    assert staged.parameters["chi_larmor"].error == pytest.approx(
        joint.parameters["chi_larmor"].error, rel=0.01
    )
    full = fit(data, FitSettings(method="staged-once"))
    assert full.assessment.status == "term-not-needed"
    assert {name for name, item in full.parameters.items() if item.stage} == {"chi_larmor", "n_fe2", "n_fe3"}
    assert "fitting.stages-once" in {note.code for note in full.notes}


def test_too_large_errors_do_not_hide_the_term():
    weak = {**BK7, "d0max_qs4": BK7["d0min_qs4"] * 1.0005}
    honest, large = (
        fit(fixed_field(weak, np.random.default_rng(27), stated=stated)) for stated in (1.0, 3.0)
    )
    assert honest.ats_test.needed
    assert large.ats_test.p_value == pytest.approx(honest.ats_test.p_value, rel=0.2)


def test_one_cutoff_given_moves_the_other_default():
    assert FitSettings(fixed={"d0min_qs4": 2.717e5}).guess()["d0max_qs4"] > 2.717e5
    assert FitSettings(fixed={"d0max_qs4": 1.0e5}).guess()["d0min_qs4"] < 1.0e5


def test_no_systems_no_shape():
    result = fit(fixed_field(PURE_LL, np.random.default_rng(28), model=LL), FitSettings(fixed={"n_ats": 0.0}))
    assert all(result.parameters[name].fixed for name in ("d_min", "d0min_qs4", "d0max_qs4", "delta_mu"))
    assert result.statistics.n_free == 3
