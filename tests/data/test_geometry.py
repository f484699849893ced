"""The factor by which shape and place of a sample make its moment read too large or too small, for each run type."""

from __future__ import annotations

import json

import numpy as np
import pytest

from glasspara.data.corrections import Corrections
from glasspara.data.loading import load
from glasspara.errors import InputError, UsageError
from glasspara.sample import read_sample
from glasspara.sample.mass import GeometryFactor

FACTOR = GeometryFactor(0.98, 0.0049)


@pytest.fixture
def run(write, compose, sweep):
    return write(compose("xl", sweep(14)))


@pytest.fixture
def both(write, compose, sweep, layouts):
    """A file of an MPMS3 with DC scans, then VSM rows of the same moments."""
    vsm = [layouts["mpms3-vsm"][2].format(**point, s=2.1e-8) for point in sweep(14)]
    return write(compose("mpms3-dc", [*sweep(14), *vsm]), "both.dat")


def test_it_divides_moments_and_errors(run):
    plain, scaled = load([run]).data, load([run], geometry={"all": FACTOR}).data
    assert np.allclose(scaled.magnetisation, plain.magnetisation / 0.98, rtol=1e-14)
    assert np.allclose(scaled.sigma, plain.sigma / 0.98, rtol=1e-14)
    assert plain.geometry_errors == {}
    half = scaled.keep(np.arange(len(scaled)) % 2 == 0)
    for data in (scaled, half):
        assert np.allclose(data.geometry_errors["all"], 0.005)


def test_it_is_said(run):
    loaded = load([run], geometry={"all": GeometryFactor(0.98)})
    (item,) = [item for item in loaded.warnings if item.code == "data.geometry-factor"]
    assert item.values == {"of": "all", "value": 0.98, "error": None}
    assert not [item for item in load([run]).warnings if item.code == "data.geometry-factor"]


def test_each_run_type_has_its_own(run, both):
    geometry = {"dc": FACTOR, "all": GeometryFactor(1.1)}
    plain, scaled = load([both]).data, load([both], geometry=geometry).data
    assert [item.run.run_type for item in scaled.runs] == ["dc", "vsm"]
    for old, new, factor in zip(plain.runs, scaled.runs, (0.98, 1.1), strict=True):
        assert np.allclose(new.magnetisation, old.magnetisation / factor, rtol=1e-14)
    (errors,) = scaled.geometry_errors.values()
    assert [set(np.round(part, 12)) for part in scaled.split(errors)] == [{0.005}, {0.0}]
    said = [
        item.text for item in load([both], geometry=geometry).warnings if item.code == "data.geometry-factor"
    ]
    assert len(said) == 2
    assert "of the dc rows" in said[0]
    assert load([run], geometry={"rso": FACTOR}).inputs[0].geometry == {"rso": FACTOR}


def test_the_holder_is_taken_off_before(run):
    holder = Corrections(holder_chi=(-2e-9, None))
    plain, scaled = (
        load([run], corrections=holder).data,
        load([run], corrections=holder, geometry={"all": GeometryFactor(0.5)}).data,
    )
    assert np.allclose(scaled.magnetisation, 2.0 * plain.magnetisation, rtol=1e-14)
    assert np.allclose(scaled.holder, 2.0 * plain.holder, rtol=1e-14)


def test_a_sample_file_may_state_it(run, both, write):
    path = write("[sample]\ngeometry_factor = 0.98\ngeometry_factor_error = 0.0049\n", "sample.toml")
    sample = read_sample(path)
    assert load([run], sample=sample).inputs[0].geometry == {"all": FACTOR}
    other = {"all": GeometryFactor(1.02)}
    assert load([run], sample=sample, geometry=other).inputs[0].geometry == other
    text = "[sample]\ngeometry_factor = { dc = 0.98, dc_error = 0.0049, vsm = 1.02, rso = 1.1 }\n"
    by_type = read_sample(write(text, "types.toml"))
    # a sample file knows more than one run type; what was not measured is not missed
    assert load([both], sample=by_type).inputs[0].geometry == {"dc": FACTOR, "vsm": GeometryFactor(1.02)}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("geometry_factor = 98", "cannot be right"),
        ("geometry_factor = { dcc = 1.0 }", "unknown key"),
        ("geometry_factor = { dc = -1.0 }", "positive"),
        ("geometry_factor = { dc_error = 0.1 }", "without dc"),
    ],
)
def test_faults_of_a_sample_file(write, text, what):
    with pytest.raises(InputError, match=what) as caught:
        read_sample(write(f"[sample]\n{text}\n", "sample.toml"))
    assert "line 2" in caught.value.where


@pytest.mark.parametrize("geometry", [(0.0, None), (-1.0, None), (98.0, None), (1.0, 0.0), (1.0, 2.0)])
def test_factors_that_cannot_be(geometry):
    with pytest.raises(UsageError, match="geometry factor"):
        GeometryFactor(*geometry)


def fitted(glasspara, path, *options):
    status, out, err = glasspara("fit", path, "--model", "ll", "--no-plots", "--json", *options)
    assert status in (0, 5), err
    return json.loads(out)


def test_its_error_is_a_nuisance_of_the_fit(glasspara, fixtures):
    path = fixtures / "pure-ll" / "pure-LL-synthetic_MT_20000Oe.rso.dat"
    plain = fitted(glasspara, path)["fits"][0]["parameters"]
    scaled = fitted(glasspara, path, "--geometry-factor", "0.98+-0.049")["fits"][0]["parameters"]
    assert "geometry_scale[all]" not in plain
    assert scaled["geometry_scale[all]"]["constraint"]["error"] == pytest.approx(0.05)
    assert scaled["chi_larmor"]["value"] == pytest.approx(plain["chi_larmor"]["value"] / 0.98, rel=1e-3)
    assert scaled["chi_larmor"]["error"] == pytest.approx(0.05 * scaled["chi_larmor"]["value"], rel=0.05)
    for options in (("--geometry-factor", "0.98"), ("--geometry-factor", "0.98+-0.049", "--staged-once")):
        assert "geometry_scale[all]" not in fitted(glasspara, path, *options)["fits"][0]["parameters"]


def test_two_run_types_have_two_nuisances(glasspara, both, tmp_path):
    """A factor that was wrong for VSM by 3 % is found by the scans, as far as its error allows."""
    options = ("--mass", "100", "--geometry-factor", "dc=1+-0.001,vsm=1.03+-0.03", "--no-allowances")
    report = fitted(glasspara, both, *options, "--minos", "geometry_scale[vsm]")
    found = report["fits"][0]["parameters"]
    assert found["geometry_scale[dc]"]["constraint"]["error"] == pytest.approx(0.001)
    assert found["geometry_scale[vsm]"]["value"] == pytest.approx(1 / 1.03 - 1, abs=0.003)
    assert found["geometry_scale[vsm]"]["minos"] is not None
    assert report["settings"]["geometry_factor"] == ["dc=1+-0.001,vsm=1.03+-0.03"]
    path = tmp_path / "report.json"
    path.write_text(json.dumps(report))
    status, out, err = glasspara("rerun", path, "--json")
    assert status == 0, err
    assert json.loads(out)["rerun"]["assessment"]["status"] == "identical"


def test_what_is_no_factor(glasspara, run):
    for text in ("x", "0", "1+-0", "0.98+-", "dc=", "torque=1", "rso=1,rso=1.1", "vsm=0.98"):
        status, out, err = glasspara("fit", run, "--geometry-factor", text)
        assert (status, out) == (2, "")
        assert "geometry" in err
    status, out, err = glasspara("fit", run, "--nuisance", "geometry_scale=0.1")
    assert (status, out) == (2, "")
    assert "--geometry-factor" in err
