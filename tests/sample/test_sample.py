"""Sample files and concentrations from the command line."""

from __future__ import annotations

import re

import pytest

from glasspara.errors import InputError, UsageError
from glasspara.sample import (
    GEOMETRY_KEYS,
    SAMPLE_KEYS,
    TEMPLATE,
    Geometry,
    MeasuredIon,
    Sample,
    read_sample,
)
from glasspara.sample.mass import parse_concentration


def write(folder, text):
    path = folder / "glass.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_whole_sample(tmp_path):
    path = write(
        tmp_path,
        """
        [sample]
        name = "Glas 7"
        mass_mg = 35.7
        n_fe = 1.657e17
        n_fe_error = 0.019e17
        fe2_fraction = 0.66
        no_other_ions = true
        note = "polished"
        holder = "quartz rod"
        holder_chi = -1.2e-9
        holder_chi_error = 1e-10
        geometry = { shape = "plate", length_mm = 4, thickness_mm = 1.5 }
        [sample.trace_ions]
        Cr = 0.1
        "Mn2+" = { ratio = 0.01, error = 0.002 }
        """,
    )
    assert read_sample(path) == Sample(
        name="Glas 7",
        mass_mg=35.7,
        mass_source=f"sample file {path}",
        n_fe=1.657e17,
        n_fe_error=0.019e17,
        fe2_fraction=0.66,
        note="polished",
        holder="quartz rod",
        holder_chi=-1.2e-9,
        holder_chi_error=1e-10,
        geometry=Geometry(shape="plate", length_mm=4.0, thickness_mm=1.5),
        trace_ions=(MeasuredIon("Cr", 0.1), MeasuredIon("Mn2+", 0.01, 0.002)),
        no_other_ions=True,
    )


def test_what_is_not_said_is_not_known(tmp_path):
    assert read_sample(write(tmp_path, "[sample]\nname = 'x'")) == Sample(name="x")


def test_a_byte_order_mark_does_no_harm(tmp_path):
    path = tmp_path / "glass.toml"
    path.write_bytes(b"\xef\xbb\xbf[sample]\r\nname = 'x'\r\n")
    assert read_sample(path).name == "x"


@pytest.mark.parametrize(("text", "mass"), [("35,7 mg", 35.7), ("0.0357 g", 35.7)])
def test_a_mass_with_its_unit(tmp_path, text, mass):
    sample = read_sample(write(tmp_path, f'[sample]\nmass = "{text}"'))
    assert sample.mass_mg == pytest.approx(mass, rel=1e-12)
    assert text in sample.mass_source


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("[sample]\nmass = 'heavy'", 2, "mass in [sample]"),
        ("[sample]\nmass = '3 mg'\nmass_mg = 3", 2, "the mass is given twice"),
        ("[sample]\nmass_mg = '3'", 2, "mass_mg in [sample]: expected a positive number, mg"),
        ("[sample]\nmass_mg = inf", 2, "mass_mg in [sample]: expected a positive number, mg"),
        ("[sample]\nn_fe = 0", 2, "n_fe in [sample]: expected a positive number, g^-1"),
        ("[sample]\n# text\nn_fe_error = 1e15", 3, "given without n_fe"),
        ("[sample]\nholder_chi_error = 1e-10", 2, "given without holder_chi"),
        ("[sample]\nholder_chi = '-1e-9'", 2, "holder_chi in [sample]: expected a number, emu/Oe"),
        ("[sample]\nfe2_fraction = 66", 2, "expected a number from 0 to 1"),
        ("[sample]\nno_other_ions = 1", 2, "no_other_ions in [sample]: expected true or false"),
        ("[sample]\nmass_g = 3", 2, "mass_g in [sample]: unknown key"),
        ("[sample]\n\nholder = 3", 3, "holder in [sample]: expected text"),
        ("[sample.geometry]\nshape = 'rod'\nlength_mm = -4", 3, "length_mm in [sample.geometry]: expected a"),
        ("[sample.geometry]\nmass = 1", 2, "mass in [sample.geometry]: unknown key"),
        ("[sample.trace_ions]\nCr = 0.1\nXx = 0.1", 3, "Xx in [sample.trace_ions]: unknown key"),
        ("[sample.trace_ions]\nFe = 1", 2, "Fe in [sample.trace_ions]: unknown key"),
        ("[sample.trace_ions]\nCr = -0.1", 2, "Cr in [sample.trace_ions]: expected a number, atoms per atom"),
        ("[sample.trace_ions]\nTi = 1\nCr = {error = 1}", 3, "ratio in [sample.trace_ions.Cr]: missing"),
        ("[sample.trace_ions]\nTi = 1\nCr = {ratio = 1, error = 0}", 3, "error in [sample.trace_ions.Cr]"),
        ("[sample]\ntrace_ions = 3", 2, "trace_ions in [sample]: expected a table"),
        ("[sampel]\nmass_mg = 3", 1, "sampel: unknown key"),
        ("[sample]\nmass_mg = 35,7", 2, "is not TOML"),
        (
            '[sample]\n# """\nnote = """\nmass_mg = 5\n[x]\n"""\nmass_mg = -2',
            7,
            "mass_mg in [sample]: expected",
        ),
        ("[sample]\nnote = '''one'''\nmass_mg = -2", 3, "mass_mg in [sample]: expected"),
        ("name = 'x'", None, "the table is missing"),
    ],
)
def test_faults_name_file_line_and_key(tmp_path, text, line, said):
    path = write(tmp_path, text)
    with pytest.raises(InputError) as caught:
        read_sample(path)
    assert said in str(caught.value)
    assert caught.value.where == (f"{path}, line {line}" if line else str(path))


def test_the_template_is_a_sample_that_knows_nothing(tmp_path):
    assert read_sample(write(tmp_path, TEMPLATE.read_text(encoding="utf-8"))) == Sample(name="")


def test_every_key_of_the_template_is_known_and_every_known_key_is_in_it(tmp_path):
    """Keys are in comments that begin in lower case or with [ and ", words for people in upper case."""
    template = TEMPLATE.read_text(encoding="utf-8")
    keys = re.sub(r"^# (?=[a-z0-9_]+ = |\[|(Ti|Cr) = |\")", "", template, flags=re.MULTILINE)
    sample = read_sample(write(tmp_path, keys))
    assert (sample.mass_mg, sample.n_fe_error, sample.fe2_fraction) == (35.7, 0.019e17, 0.66)
    assert sample.no_other_ions
    assert sample.holder == "quartz rod, GE varnish"
    assert (sample.holder_chi, sample.holder_chi_error) == (-1.2e-9, 1e-10)
    assert all(getattr(sample.geometry, key) for key in GEOMETRY_KEYS)
    assert [ion.name for ion in sample.trace_ions] == ["Ti", "Cr", "Mn2+"]
    for key in SAMPLE_KEYS:
        assert re.search(rf"\b{key}( =|\])", template), key


@pytest.mark.parametrize(
    ("text", "value", "error"),
    [
        ("1.657e17", 1.657e17, None),
        ("1.657e17+-0.019e17", 1.657e17, 0.019e17),
        ("1.657e17±0.019e17", 1.657e17, 0.019e17),
        (" 1.657E+17 +/- 1.9e15 ", 1.657e17, 0.019e17),
        ("1e10", 1.0e10, None),
        (".5e18+-1.e16", 0.5e18, 1.0e16),
    ],
)
def test_concentrations(text, value, error):
    assert parse_concentration(text) == (value, error)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "-1e17",
        "nan",
        "inf",
        "1e999",
        "1e17+-0",
        "1e17+-",
        "1e17-+1e15",
        "1e17 1e15",
        "1,6e17",
        "0",
        "5",
        "15",
    ],
)
def test_what_is_no_concentration(text):
    with pytest.raises(UsageError) as caught:
        parse_concentration(text)
    assert "1.657e17+-0.019e17" in str(caught.value)


@pytest.mark.parametrize(
    ("lines", "n_fe", "error"),
    [
        ("n_fe = 1.657e17\nn_fe_error = 0.019e17", 1.657e17, 0.019e17),
        ('n_fe = "1.657(19)e17"', 1.657e17, 0.019e17),
        ('n_fe = "15 ppm"', 15e-6 * 6.02214076e23 / 55.845, None),
        ('n_fe = "15+-1 ug/g"', 15e-6 * 6.02214076e23 / 55.845, 1e-6 * 6.02214076e23 / 55.845),
        (
            'n_fe = "15 ppm"\nn_fe_error = "1 ppm"',
            15e-6 * 6.02214076e23 / 55.845,
            1e-6 * 6.02214076e23 / 55.845,
        ),
        ('n_fe = "0.02 wt% Fe2O3"', 0.02e-2 * 2 * 6.02214076e23 / (2 * 55.845 + 3 * 15.999), None),
    ],
)
def test_iron_in_a_sample_file_with_its_unit(tmp_path, lines, n_fe, error):
    path = tmp_path / "sample.toml"
    path.write_text(f"[sample]\n{lines}\n", encoding="utf-8")
    sample = read_sample(path)
    assert sample.n_fe == pytest.approx(n_fe)
    assert sample.n_fe_error == (None if error is None else pytest.approx(error))


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ('n_fe = "15"', "no unit"),
        ('n_fe = "15 furlong"', "unknown unit"),
        ('n_fe = "15+-1 ppm"\nn_fe_error = 1e16', "given twice"),
        ('n_fe_error = "1 ppm"', "without n_fe"),
        ('n_fe = "15 ppm"\nn_fe_error = "1+-1 ppm"', "error of its own"),
        ("n_fe = -1", "a positive number"),
    ],
)
def test_iron_in_a_sample_file_that_is_none(tmp_path, lines, words):
    path = tmp_path / "sample.toml"
    path.write_text(f"[sample]\n{lines}\n", encoding="utf-8")
    with pytest.raises(InputError, match=words):
        read_sample(path)
