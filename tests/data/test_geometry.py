"""The factor by which shape and place of a sample make its moment read too large or too small."""

from __future__ import annotations

import json

import numpy as np
import pytest

from glasspara.data.corrections.corrections import Corrections
from glasspara.data.dataset import reduce_run
from glasspara.data.loading import load
from glasspara.errors import UsageError
from glasspara.sample.sample import Sample, read_sample


@pytest.fixture
def run(write, compose, sweep):
    return write(compose("xl", sweep(14)))


def test_it_divides_moments_and_errors(run):
    plain, scaled = load([run]).data, load([run], geometry=(0.98, 0.0049)).data
    assert np.allclose(scaled.magnetisation, plain.magnetisation / 0.98, rtol=1e-14)
    assert np.allclose(scaled.sigma, plain.sigma / 0.98, rtol=1e-14)
    assert (plain.geometry_error, scaled.geometry_error) == (0.0, pytest.approx(0.005))
    assert scaled.keep(np.ones(len(scaled), dtype=bool)).geometry_error == pytest.approx(0.005)


def test_it_is_said(run):
    loaded = load([run], geometry=(0.98, None))
    (item,) = [item for item in loaded.warnings if item.code == "data.geometry-factor"]
    assert item.values == {"factor": 0.98, "error": None}
    assert not [item for item in load([run]).warnings if item.code == "data.geometry-factor"]


def test_the_holder_is_taken_off_before(run):
    holder = Corrections(holder_chi=(-2e-9, None))
    plain, scaled = (
        load([run], corrections=holder).data,
        load([run], corrections=holder, geometry=(0.5, None)).data,
    )
    assert np.allclose(scaled.magnetisation, 2.0 * plain.magnetisation, rtol=1e-14)
    assert np.allclose(scaled.holder, 2.0 * plain.holder, rtol=1e-14)


def test_a_sample_file_may_state_it(run, write):
    path = write("[sample]\ngeometry_factor = 0.98\ngeometry_factor_error = 0.0049\n", "sample.toml")
    sample = read_sample(path)
    assert (sample.geometry_factor, sample.geometry_factor_error) == (0.98, 0.0049)
    assert load([run], sample=sample).inputs[0].geometry == (0.98, 0.0049)
    assert load([run], sample=sample, geometry=(1.02, None)).inputs[0].geometry == (1.02, 0.0)


@pytest.mark.parametrize("geometry", [(0.0, None), (-1.0, None), (98.0, None), (1.0, 0.0), (1.0, 2.0)])
def test_factors_that_cannot_be(run, geometry):
    with pytest.raises(UsageError, match="geometry factor"):
        load([run], geometry=geometry)


def test_a_factor_of_the_library_must_be_positive(run):
    (item,) = load([run], sample=Sample(name="x")).inputs[0].runs
    with pytest.raises(ValueError, match="geometry factor"):
        reduce_run(item.run, mass_mg=1.0, geometry=(0.0, 0.0))


def test_its_error_is_a_width_of_the_mass_scale(glasspara, fixtures):
    path = fixtures / "pure-ll" / "pure-LL-synthetic_MT_20000Oe.rso.dat"
    common = ("fit", path, "--model", "ll", "--no-plots", "--json")

    def fitted(*options):
        status, out, _ = glasspara(*common, *options)
        assert status in (0, 5)
        return json.loads(out)["fits"][0]["parameters"]

    plain, scaled = fitted(), fitted("--geometry-factor", "0.98+-0.049")
    assert "mass_scale[1]" not in plain
    assert scaled["mass_scale[1]"]["constraint"]["error"] == pytest.approx(0.05)
    assert scaled["chi_larmor"]["value"] == pytest.approx(plain["chi_larmor"]["value"] / 0.98, rel=1e-3)
    assert scaled["chi_larmor"]["error"] == pytest.approx(0.05 * scaled["chi_larmor"]["value"], rel=0.05)
    assert "mass_scale[1]" not in fitted("--geometry-factor", "0.98")


def test_what_is_no_factor(glasspara, run):
    for text in ("x", "0", "1+-0", "0.98+-"):
        status, out, err = glasspara("fit", run, "--geometry-factor", text)
        assert (status, out) == (2, "")
        assert "geometry" in err
