"""The comparison of models: it must find the truth that data were made from, or say that it cannot tell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from glasspara.analysis.compare.comparison import compare
from glasspara.analysis.compare.contestants import model_of, settings_of
from glasspara.analysis.compare.figures import compare_figure
from glasspara.analysis.compare.report import CompareBlock
from glasspara.data import Dataset
from glasspara.data.loading import load
from glasspara.errors import UsageError
from glasspara.fitting.fit import fit
from glasspara.fitting.problem import FitOptions, FitSettings
from glasspara.model import CATALOGUE, MODELS, compared, slow_models
from glasspara.model.model import Model, evaluate, evaluate_with_gradient
from glasspara.model.parameters import PARAMETERS
from glasspara.physics.ions.langevin import superparamagnetic_response
from glasspara.physics.ions.zero_field_splitting import split_spin_response_fast
from glasspara.report.block import fill
from glasspara.report.style import TALLEST, beside_ordinary, save_png
from glasspara.sample import load_trace_ions
from glasspara.simulation.datasets import BK7, PURE_LL, fixed_field, make_run
from tests.conftest import ROOT

CASES = ROOT.parent / "shared" / "cases"
FIELDS = (1e3, 1e4, 5e4)
COLD = tuple(np.geomspace(2.0, 100.0, 25))
RIVALS = ("ll", "ll-curie-weiss", "ll-superparamagnetic", "ll-ferromagnetic", "ll-zfs", "etm")
QUICK = ("ll", "ll-superparamagnetic", "ll-ferromagnetic", "etm")


def data_of(values, model, seed=1, noise=1e-3):
    return fixed_field(
        {**PURE_LL, **values},
        np.random.default_rng(seed),
        fields=FIELDS,
        temperatures=COLD,
        noise=noise,
        model=Model(model),
    )


def contestant(result, name):
    return next(item for item in result.contestants if item.name == name)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_every_model_has_the_derivatives_of_its_value(name):
    model = Model(name)
    values = {key: PARAMETERS[key].start for key in model.names} | {
        "theta_cw": 0.4, "n_clusters": 1e14, "m_ferro": 1e-5, "field_offset": 3.0,
    }  # fmt: skip
    values = {key: values[key] for key in model.names}
    T, H = np.array([2.0, 5.0, 40.0]), np.array([1e3, 5e4, 2e4])
    _, columns = evaluate_with_gradient(T, H, values, model)
    for key, column in zip(model.names, columns.T, strict=True):
        step = 1e-5 * max(abs(values[key]), 1e-3)
        up, down = (
            evaluate(T, H, {**values, key: values[key] + sign * step}, model).total for sign in (1, -1)
        )
        numeric = (up - down) / (2.0 * step)
        # the difference of totals of 1e-2 emu/g leaves 1e-17 over the step; the three-level tables are good to 1e-6
        assert column == pytest.approx(numeric, rel=2e-4, abs=1e-16 / step)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("ll-curie-weiss", {"theta_cw": -0.5}),
        ("ll-superparamagnetic", {"n_clusters": 2e15, "cluster_moment": 40.0}),
        ("ll-ferromagnetic", {"m_ferro": 2e-4, "h_ferro": 3e3}),
        ("ll-zfs", {"zfs_fe2": 6.0, "zfs_fe3": 0.5}),
        ("etm", BK7),
    ],
)
def test_the_truth_is_found(name, values):
    result = compare(data_of(values, name), dict.fromkeys((*QUICK, name)))
    assert result.best is not None
    assert result.best.name == name
    assert result.best.status in ("good", "not-determined")
    assert result.assessment.trusted
    assert contestant(result, "ll").delta > 100.0
    found = result.best.result.parameters
    for key, value in values.items():
        if key in ("theta_cw", "n_clusters", "cluster_moment", "m_ferro", "h_ferro", "zfs_fe2"):
            assert abs(found[key].value - value) < 4.0 * found[key].error
    assert result.ats_needed is (name == "etm")


@pytest.fixture(scope="module")
def plain():
    """All rivals on data without any term beyond Larmor and Langevin."""
    return compare(data_of({}, "ll"), RIVALS)


def test_without_any_term_the_simplest_model_serves(plain):
    result = plain
    assert result.assessment.status == "ats-not-needed"
    assert result.assessment.reasons[0].code == "compare.no-further-term"
    assert result.assessment.reasons[0].values["model"] == "ll"
    assert result.ats_needed is False
    assert sum(item.weight for item in result.contestants) == pytest.approx(1.0)
    # each of these contains Larmor + Langevin: it cannot do worse than by the price of its parameters
    for item in result.contestants:
        assert item.delta < 2.0 * (item.result.statistics.n_free - 3) + 0.5


def test_two_rivals_at_once_are_no_tunnelling_systems():
    """No single rival describes iron with a splitting beside pairs; ordinary magnetism as a whole does."""
    T = np.geomspace(2.0, 300.0, 40)
    rng, runs = np.random.default_rng(5), []
    for field in (1e3, 5e3, 2e4, 5e4):
        H = np.full(T.shape, field)
        split = split_spin_response_fast(T, H, d_zfs=10.0, s=2.0)[0]
        cluster = superparamagnetic_response(T, H, cluster_moment=40.0)[0]
        true = evaluate(T, H, PURE_LL, Model()).total + 3e16 * split + 3e13 * cluster
        sigma = np.hypot(1e-3 * true, 1e-8)
        runs.append(make_run("fixed-field", field, T, H, true + sigma * rng.standard_normal(T.size), sigma))
    result = compare(Dataset(tuple(runs)))
    singles = [item for item in result.contestants if item.family != "ats"]
    assert all(item.status == "poor" for item in singles)
    assert result.best.family == "ats"
    assert result.best.delta == 0.0
    assert not result.ordinary.excluded
    assert result.ordinary.cone.chi2 < 1.3 * result.ordinary.cone.n_points
    assert result.ats_established is False
    assert result.ats_needed is False
    assert result.assessment.status in ("not-established", "ats-not-needed")
    assert any(reason.code == "fitting.ordinary-describes" for reason in result.assessment.reasons)
    block = fill(CompareBlock, result)["ordinary_magnetism"]
    assert block["margin"] == result.ordinary.margin < block["threshold"]
    assert block["components"]


def test_a_glass_excludes_ordinary_magnetism():
    result = compare(data_of(BK7, "etm"), QUICK)
    assert result.ats_needed is True
    assert result.ats_established is True
    assert result.ordinary.excluded
    assert result.assessment.reasons[0].code == "fitting.ordinary-excluded"
    assert "decisive" not in " ".join(item.text for item in (*result.assessment.reasons, *result.notes))


@pytest.mark.parametrize(
    "case",
    ["T4_vanvleck_", "T4_Zdist_1pc_s1", "H5_spm_mu100_nc1e+13", "T4_cw_theta-0.03", "ferro5e-7_llmhs"],
)
def test_impostors_do_not_pass(case):
    if not (CASES / case).is_dir():
        pytest.skip("the cases are not here")
    result = compare(load([str(path) for path in sorted((CASES / case).glob("*.dat"))]).data)
    assert result.ats_needed is not True
    assert result.ats_established is False
    assert result.assessment.status in ("not-established", "ats-not-needed")


def test_what_cannot_be_told_apart_is_called_so():
    # at 30 % noise the clusters are not to be seen
    result = compare(
        data_of({"n_clusters": 1e15, "cluster_moment": 40.0}, "ll-superparamagnetic", noise=0.3), QUICK
    )
    assert result.ats_needed is not True
    first = result.assessment.reasons[0]
    assert first.code != "compare.better" or first.values["hint"]
    assert any(note.code == "compare.nearly-as-good" for note in result.notes)


def test_no_model_describes_wild_data():
    data = data_of({}, "ll")
    wild = Dataset(
        tuple(
            replace(
                run, magnetisation=run.magnetisation * (1.0 + 0.3 * np.sin(30.0 * np.log(run.temperature)))
            )
            for run in data.runs
        )
    )
    result = compare(wild, ("ll", "ll-ferromagnetic"))
    assert (result.assessment.status, result.assessment.trusted) == ("poor", False)
    assert result.assessment.reasons[0].text.startswith("no model describes the data")
    assert result.scale > 100.0
    assert result.ats_needed is None
    best = min(item.delta for item in result.contestants)
    assert best == 0.0


def test_the_scale_of_the_errors_does_not_choose():
    """Errors stated three times too small: the same model and F ratio, by a scaled criterion."""
    plain = fixed_field(PURE_LL, np.random.default_rng(2), fields=FIELDS, temperatures=COLD)
    small = fixed_field(PURE_LL, np.random.default_rng(2), fields=FIELDS, temperatures=COLD, stated=1 / 2.5)
    one, other = (compare(data, ("ll", "ll-curie-weiss", "etm")) for data in (plain, small))
    assert one.scale == 1.0
    assert other.scale == pytest.approx(6.25, rel=0.02)
    assert one.best.name == other.best.name
    assert one.test.statistic == pytest.approx(other.test.statistic, rel=1e-4)


def test_p_value_of_the_null_is_like_the_replicates():
    """By construction the rank of the data among the replicates is uniform; 3 seeds must not gather at one end."""
    ranks = []
    for seed in range(3):
        data = fixed_field(PURE_LL, np.random.default_rng(seed), fields=(1e3, 3e4), temperatures=COLD[::2])
        result = compare(data, ("ll", "etm"), replicates=3, seed=seed)
        assert result.test.failed == 0
        ranks.append(result.test.p_bootstrap)
    # the mean of 3 ranks has a standard deviation of 0.16 about 0.625; measured: 0.5
    assert 0.3 < np.mean(ranks) < 0.97
    assert all(rank * 4 == round(rank * 4) for rank in ranks)


def test_p_value_of_a_strong_term_is_a_bound():
    data = fixed_field(BK7, np.random.default_rng(1), fields=FIELDS, temperatures=COLD)
    result = compare(data, ("ll", "etm"), replicates=3, seed=3)
    assert result.test.is_bound
    assert result.test.p_value == pytest.approx(0.25)
    assert result.test.p_f < 1e-12
    assert any("p < 0.25 by 3 simulated campaigns (seed 3)" in note.text for note in result.notes)
    # four campaigns show no less than p = 0.25: no significance at the level of 0.05
    assert result.ats_needed is False
    assert result.assessment.status == "not-established"
    assert compare(data, ("ll", "etm")).assessment.status == "ats-needed"


def test_no_campaign_is_simulated_where_the_usual_number_could_tell_nothing(monkeypatch):
    data = fixed_field(BK7, np.random.default_rng(1), fields=FIELDS, temperatures=COLD)
    strong = compare(data, ("ll", "etm"), replicates=None)
    assert (strong.test.replicates, strong.test.skipped, strong.test.p_bootstrap) == (0, 200, None)
    (note,) = [note for note in strong.notes if note.code == "compare.not-simulated"]
    assert "could only show p < 0.005" in note.text
    assert strong.assessment.status == "ats-needed"
    monkeypatch.setattr("glasspara.analysis.compare.contestants.USUAL", 3)
    weak = fixed_field(PURE_LL, np.random.default_rng(1), fields=(1e3, 3e4), temperatures=COLD[::2])
    found = compare(weak, ("ll", "etm"), replicates=None).test
    assert (found.replicates, found.skipped) == (3, 0)


def test_iron_of_mass_spectrometry_counts_in_every_model():
    given = FitOptions(n_fe=(1.7e17, 1e15))
    for name, key in (("ll-fe3", "n_fe3"), ("ll-fe2", "n_fe2"), ("etm", "n_fe"), ("ll-zfs", "n_fe")):
        settings = settings_of(name, given, Model())
        assert key in settings.constraints()
        assert settings.constraints()[key].mean == 1.7e17
    held = settings_of("ll-fe3", FitOptions(n_fe=(1.7e17, None)), Model()).held()
    assert held["n_fe3"] == 1.7e17
    assert held["n_fe2"] == 0.0


def test_settings_go_to_the_models_that_have_the_parameter():
    given = FitOptions(fixed={"d_min": 0.03, "chi_larmor": 4e-7})
    assert set(settings_of("ll", given, Model()).fixed) == {"chi_larmor"}
    assert set(settings_of("etm", given, Model()).fixed) == {"d_min", "chi_larmor"}
    with pytest.raises(UsageError, match="none of the compared models has a parameter 'd_min'"):
        compare(data_of({}, "ll"), ("ll",), settings=given)


def test_parameters_of_rivals_can_be_held_constrained_and_limited():
    given = FitOptions(
        fixed={"theta_cw": -0.2}, constrained={"m_ferro": (0.0, 1e-6)}, limits={"zfs_fe2": (0.0, 3.0)}
    )
    assert settings_of("ll-curie-weiss", given, Model()).held()["theta_cw"] == -0.2
    assert settings_of("ll-ferromagnetic", given, Model()).constraints()["m_ferro"].error == 1e-6
    assert settings_of("ll-zfs", given, Model()).limits == {"zfs_fe2": (0.0, 3.0)}
    result = compare(
        data_of({}, "ll"), ("ll", "ll-curie-weiss"), settings=FitOptions(fixed={"theta_cw": -0.2})
    )
    assert contestant(result, "ll-curie-weiss").result.parameters["theta_cw"].fixed
    with pytest.raises(UsageError, match="none of the compared models has a parameter 'theta'") as refused:
        compare(data_of({}, "ll"), ("ll", "ll-curie-weiss"), settings=FitOptions(fixed={"theta": 0.0}))
    assert "theta_cw" in refused.value.remedy


def test_nuisances_count_in_every_model():
    """Fields off by 200 Oe: with leave to be so, Larmor and Langevin terms serve."""
    data = fixed_field(PURE_LL, np.random.default_rng(1), fields=FIELDS[::2], temperatures=COLD[::2])
    off = Dataset(
        tuple(
            replace(run, run=replace(run.run, field=run.run.field + offset))
            for run, offset in zip(data.runs, (200.0, -150.0), strict=True)
        )
    )
    assert compare(off, ("ll", "ll-curie-weiss")).best.status == "poor"
    granted = compare(
        off, ("ll", "etm"), settings=FitOptions(nuisances={"field_offset": 200.0}), replicates=1
    )
    assert granted.assessment.reasons[0].code == "compare.no-further-term"
    assert granted.ats_needed is False
    assert granted.test.failed == 0
    ll = contestant(granted, "ll").result.parameters
    assert abs(ll["field_offset[1]"].value + 200.0) < 4.0 * ll["field_offset[1]"].error


def test_huber_enlarges_the_same_errors_for_every_model():
    data = data_of({}, "ll")
    first = data.runs[0]
    wild = first.magnetisation.copy()
    wild[[3, 11]] += 80.0 * first.sigma[[3, 11]]
    spoilt = Dataset((replace(first, magnetisation=wild), *data.runs[1:]))
    assert compare(spoilt, ("ll", "ll-curie-weiss")).scale > 3.0
    result = compare(spoilt, ("ll", "ll-curie-weiss"), settings=FitOptions(loss="huber"))
    ratio = result.data.sigma / data.sigma
    assert set(np.flatnonzero(ratio > 3.0)) == {3, 11}
    for item in result.contestants:
        assert np.array_equal(item.result.data.sigma, result.data.sigma)
    assert result.best.name == "ll"
    assert {"fitting.huber", "compare.huber-for-all"} <= {note.code for note in result.notes}


def test_what_simulations_must_share_to_go_on():
    data, other = (
        fixed_field(PURE_LL, np.random.default_rng(seed), fields=(1e3, 3e4), temperatures=COLD[::4])
        for seed in (3, 4)
    )

    class AskedError(Exception):
        """For the store, when the simulations are about to begin."""

    def stop(description):
        raise AskedError(description)

    def describe(data, settings=None):
        with pytest.raises(AskedError) as caught:
            compare(data, ("ll", "etm"), settings=settings, replicates=1, store_of=stop)
        return caught.value.args[0]

    one = describe(data)
    assert one == describe(Dataset(data.runs))
    assert describe(other)["data"] != one["data"]
    assert describe(data, FitOptions(fixed={"delta_mu": 0.3}))["settings"] != one["settings"]


def test_unknown_repeated_and_incomplete_models_are_refused():
    data = data_of({}, "ll")
    for names, message in (
        (("nonsense",), "unknown model"),
        (("ll", "ll"), "twice"),
        (("ll-trace",), "needs trace ions"),
    ):
        with pytest.raises(UsageError, match=message):
            compare(data, names)


def test_every_known_name_is_a_model():
    ions = load_trace_ions("BK7")
    models = {name: model_of(name, Model(), ions) for name in CATALOGUE}
    assert len(set(models.values())) == len(CATALOGUE)
    assert set(MODELS) == {model.name for model in models.values()}
    assert not set(compared(trace_ions=True)) & set(slow_models())
    for name, model in models.items():
        assert (CATALOGUE[name].family == "ats") is model.has_ats
        own = {"fe2": ("n_fe3",), "fe3": ("n_fe2",)}.get(model.ions, ())
        assert {*CATALOGUE[name].parameters, *own, "field_offset"} == set(model.names)


def test_a_model_that_cannot_be_computed_is_reported():
    given = FitOptions(fixed={"b_star": 1.0, "delta_mu": 5.0})
    data = data_of({}, "ll")
    result = compare(data, ("ll", "etm-phase"), settings=given)
    lost = contestant(result, "etm-phase")
    assert not lost.usable
    assert lost.problem.code == "compare.cannot-be-computed"
    assert "b_star is too small" in lost.problem.text
    assert result.best.name == "ll"


def test_law_16_is_fitted_where_it_exists():
    values = {**BK7, "gamma_tunn": 0.3, "e0_tunn": 0.6}
    result = fit(data_of(values, "etm-16"), FitSettings(model=Model("etm-16")))
    assert result.statistics.chi2 < 1.5 * result.statistics.ndof


def test_figure_says_the_verdict(plain):
    figure = compare_figure(plain)
    said = " ".join(text.get_text() for text in figure.findobj(lambda item: hasattr(item, "get_text")))
    assert plain.assessment.headline.text in said
    for line in beside_ordinary(plain.ordinary):
        assert line in said
    assert save_png(figure).startswith(b"\x89PNG")
    assert figure.get_figheight() <= TALLEST
