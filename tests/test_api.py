"""The functions of the package: the same results and reports as the commands, shown in few words."""

from __future__ import annotations

import json
import pickle
from inspect import signature
from pathlib import Path

import pytest

import glasspara
from glasspara import api
from glasspara.errors import GlassparaError, SampleDataError, UsageError
from tests import golden

RUN = "bk7-fixed-field/BK7-synthetic_MT_20000Oe.rso.dat"


@pytest.fixture(scope="module")
def run(fixtures):
    return str(fixtures / RUN)


@pytest.fixture(scope="module")
def three(fixtures):
    return [str(path) for path in sorted((fixtures / "bk7-fixed-field").glob("*.dat"))[::3]]


@pytest.fixture(scope="module")
def loaded(run):
    return glasspara.load(run)


@pytest.fixture(scope="module")
def fitted(loaded):
    return glasspara.fit(loaded, n_fe="1.697(19)e17", no_other_ions=True)


# --- one way from options to a report ------------------------------------------------------------------------

CASES = {
    "fit": ({"n_fe": "1.697(19)e17", "fix": {"d_min": 0.025}}, ["--n-fe", "1.697(19)e17", "--fix", "d_min=0.025"]),
    "universality": ({"chi_larmor": "each"}, ["--chi-larmor", "each"]),
    "compare": ({"models": ["ll", "etm"], "replicates": 0}, ["--models", "ll", "--models", "etm", "--replicates", "0"]),
    "partition": ({"n_fe": 1.7e17, "steps": 0.5}, ["--n-fe", "1.7e+17", "--steps", "0.5"]),
    "oscillations": ({"replicates": 19, "model": "ll"}, ["--replicates", "19", "--model", "ll"]),
    "anomaly": ({"windows": (2.5, 40, 350)}, ["--windows", "2.5,40,350"]),
    "series": ({"n_fe": (1.7e17, 2e15)}, ["--n-fe", "1.7e+17+-2e+15"]),
    "curie": ({"tolerance": 0.01, "low_to": 10}, ["--tolerance", "0.01", "--low-to", "10"]),
    "plan": ({"goal": "fe2_fraction", "mh": 2, "runs": 1}, ["--goal", "fe2_fraction", "--mh", "2", "--runs", "1"]),
    "derive": ({"xi": (20, 40), "charge": 2}, ["--xi", "20:40", "--charge", "2"]),
    "inspect": ({"errors": "scatter"}, ["--errors", "scatter"]),
    "subtract": ({"model": "ll"}, ["--model", "ll"]),
    "highfield": ({"fix": "d_min"}, ["--fix", "d_min"]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_report_is_that_of_the_command(glasspara, fixtures, run, three, name):
    files = {
        "universality": three,
        "series": three,
        "curie": [str(fixtures / "bk7-fixed-field" / "BK7-synthetic_MT_1000Oe.rso.dat")],
        "highfield": [str(path) for path in (fixtures / "bk7-fixed-temperature").glob("*")][:1],
    }.get(name, [run])
    given, options = CASES[name]
    printed = json.loads(glasspara(name, *files, "--json", *options).out)
    result = getattr(api, name)(files, **given)
    assert printed.pop("argv")[0] == name
    document = result.report()
    assert document.pop("argv") == []
    golden.same(document, printed)
    assert not result.to_frame().empty


def test_loaded_files_answer_as_their_paths_do(run, loaded):
    from_paths = glasspara.series(run, mass=96.8, t_range=(None, 100)).report()
    again = glasspara.series(glasspara.load([run], mass=96.8, t_range=(None, 100))).report()
    assert again == from_paths
    assert again["settings"]["mass"] == "96.8"
    assert glasspara.series(loaded).report()["settings"]["mass"] is None


def test_a_dataset_of_some_runs_is_data_too(three):
    whole = glasspara.load(three).data
    result = glasspara.universality(glasspara.Dataset(whole.runs[:2]))
    assert len(result.data.runs) == 2
    assert result.report()["inputs"] == []


def test_every_fit_of_per_run_has_its_report(three):
    fits = glasspara.fit(three[:2], model="ll", per_run=True)
    assert [len(item.data.runs) for item in fits.fits] == [1, 1]
    assert len(fits.report()["fits"]) == 2
    single = fits.fits[1].report()["fits"]
    assert single == fits.report()["fits"][1:]
    assert set(fits.to_frame()["fit"]) == {1, 2}


def test_what_follows_from_a_fit(fitted):
    assert glasspara.derive(fitted).to_frame().equals(glasspara.derive(fitted, xi=31).to_frame())


def test_files_are_written_where_a_folder_is_named(run, tmp_path):
    result = glasspara.fit(run, model="ll", out=tmp_path / "here", plots=False)
    written = json.loads((tmp_path / "here" / "report.json").read_text())
    assert written["fits"] == result.report()["fits"]
    with pytest.raises(GlassparaError, match="exists"):
        glasspara.fit(run, model="ll", out=tmp_path / "here", plots=False)


def test_files_can_be_simulated_and_read(tmp_path):
    simulation = glasspara.simulate(mt=20000, seed=3, t_grid=(2, 300, 20, "log"), out=tmp_path)
    (path,) = tmp_path.iterdir()
    assert path.read_bytes() == simulation.runs[0].content
    assert glasspara.read(path).rows_used == 20
    assert repr(simulation) == "<Simulation: bk7-fixed-field, 1 run>"


# --- what is refused -------------------------------------------------------------------------------------------


def test_errors_are_those_of_the_package(run, loaded, write):
    with pytest.raises(UsageError, match="mass is about the files, which are loaded"):
        glasspara.fit(loaded, mass=35.7)
    with pytest.raises(UsageError, match=r"load has no option 'mass_mg'. Did you mean mass\?"):
        glasspara.load(run, mass_mg=35.7)
    with pytest.raises(UsageError, match="fit has no option 'json'"):
        glasspara.fit(run, json=True)
    with pytest.raises(UsageError, match="float is not data"):
        glasspara.fit(3.0)
    with pytest.raises(UsageError, match="no file is named"):
        glasspara.fit([])
    with pytest.raises(UsageError, match="fit takes files, or what load gave"):
        glasspara.fit()
    with pytest.raises(UsageError, match="simulate takes keywords only"):
        glasspara.simulate(run)
    with pytest.raises(GlassparaError, match="no such file"):
        glasspara.load("none.dat")
    unweighed = write(Path(run).read_text(encoding="ascii").replace("WEIGHT", "HEIGHT"))
    with pytest.raises(SampleDataError):
        glasspara.load(unweighed)


# --- how they show themselves ----------------------------------------------------------------------------------


def test_short_words(run, loaded, fitted):
    assert repr(loaded) == "<Loaded: 1 run, 80 points, 0 warnings>"
    assert repr(loaded.data) == "<Dataset: 1 run, 80 points>"
    assert repr(loaded.data.runs[0]) == "<ReducedRun: 20 kOe, 80 points>"
    assert repr(glasspara.read(run)) == f"<Measurement: {run}, MPMS-XL RSO, 1 run, 80 points>"
    assert repr(fitted) == "<FitResult: good, 1 run, 80 points>"


def test_pages_of_a_notebook_hold_text_as_text(write, run):
    path = write(Path(run).read_text(encoding="ascii"), "<b>run&.dat")
    for shown in (
        glasspara.read(path),
        glasspara.load(path),
        glasspara.load(path).data,
        glasspara.inspect(path),
    ):
        page = shown._repr_html_()
        assert "<b>run" not in page
        assert "&lt;b&gt;run&amp;.dat" in page
        assert "<table" in page


def test_a_fit_in_a_notebook(fitted):
    page = fitted._repr_html_()
    assert page.startswith("<div class='glasspara'><p><b>good</b></p><ul><li>")
    assert page.count("<tr") == 1 + len(fitted.to_frame())
    assert "chi_larmor" in page


def test_tables(fitted, loaded):
    frame = fitted.to_frame().set_index("parameter")
    assert frame.loc["n_fe", "value"] == fitted.parameters["n_fe"].value
    assert frame.loc["n_fe", "kind"] == "constrained"
    assert frame.loc["ats_strength", "kind"] == "derived"
    points = loaded.to_frame()
    assert list(points) == ["file", "run", "T_K", "H_Oe", "M_emu_per_g", "sigma_emu_per_g"]
    assert (points["M_emu_per_g"] == loaded.data.magnetisation).all()


def test_a_result_from_elsewhere_has_no_report(fitted):
    other = pickle.loads(pickle.dumps(fitted))
    assert other.values == fitted.values
    with pytest.raises(UsageError, match="does not know which files"):
        other.report()


# --- types and help --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", api.FUNCTIONS)
def test_every_function_explains_its_keywords(name):
    function = getattr(glasspara, name)
    assert function.__name__ == name
    names = [item.name for item in signature(function).parameters.values() if item.kind is item.KEYWORD_ONLY]
    assert names == list(api.keywords(name))
    for option in names:
        assert f"\n{option} : " in function.__doc__


def test_the_functions_are_those_of_the_package():
    assert set(api.FUNCTIONS) <= set(glasspara.__all__)


# --- figures -----------------------------------------------------------------------------------------------------


def test_figures_are_those_of_the_command(run, tmp_path):
    result = glasspara.fit(run, model="ll", out=tmp_path)
    figures = result.figures()
    assert {f"{name}.png" for name in figures} == {path.name for path in tmp_path.glob("*.png")}
    axes = result.plot("decomposition_20kOe")
    assert axes is axes.figure.axes[0]
    assert axes.lines
    assert (
        axes._repr_png_() == axes.figure._repr_png_() == (tmp_path / "decomposition_20kOe.png").read_bytes()
    )
    assert result.plot()._repr_png_() == figures["fit_fixed_field"]._repr_png_()
    with pytest.raises(UsageError, match=r"there is no figure 'ring'. Known: fit_fixed_field"):
        result.plot("ring")


def test_each_fit_of_per_run_has_its_own_figures(three):
    fits = glasspara.fit(three[:2], model="ll", per_run=True)
    assert [list(item.figures()) for item in fits.fits] == [
        ["fit_fixed_field", f"decomposition_{field}kOe"] for field in (2.5, 10)
    ]


def test_what_has_no_figure_says_so(run):
    with pytest.raises(UsageError, match="there is nothing to draw"):
        glasspara.inspect(run).plot()
