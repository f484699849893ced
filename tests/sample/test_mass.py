"""Masses as people and programs write them."""

from __future__ import annotations

import pytest

from glasspara.errors import UsageError
from glasspara.files import flavours
from glasspara.files.flavours import Flavour
from glasspara.files.multivu import Header
from glasspara.runs import read
from glasspara.sample.mass import contradictions, header_mass, parse_mass


@pytest.mark.parametrize(
    ("text", "mg"),
    [
        ("35,7 mg", 35.7),
        ("0.0105 g", 10.5),
        ("12.2mg", 12.2),
        ("4.81MG", 4.81),
        ("250 ug", 0.25),
        ("250 \u00b5g", 0.25),
        (" 53.10 mg ", 53.1),
        (".5", 0.5),
        ("1e1", 10.0),
        ("1.234 mg", 1.234),
    ],
)
def test_masses(text, mg):
    assert parse_mass(text) == pytest.approx(mg)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "unknown",
        "mg",
        "12 Mg",
        "12 lb",
        "1,234 mg",
        "0",
        "-3 mg",
        "1 2 mg",
        "1e400",
        "nan",
        "0.05",
        "1000",
    ],
)
def test_what_is_no_mass(text):
    with pytest.raises(UsageError):
        parse_mass(text)


def test_unlikely_bare_numbers_need_their_unit():
    for text in ("0.0357", "1200"):
        with pytest.raises(UsageError, match="no unit, and is unlikely in mg"):
            parse_mass(text)
        assert parse_mass(f"{text} mg") == float(text)
    assert parse_mass("0.0357 g") == pytest.approx(35.7)


def test_a_unit_may_be_demanded():
    assert parse_mass("3 mg", default_unit=None) == 3.0
    with pytest.raises(UsageError, match="no unit"):
        parse_mass("3", default_unit=None)


def squid(text, **header):
    return header_mass(Header(info=(("SAMPLE_MASS", text),), **header), Flavour(flavours.MPMS3, "MPMS3"))


@pytest.mark.parametrize("text", ["255", "0.7", "2.8 mg", "17.7mg", "35,7 mg", "0.0105 g"])
def test_masses_in_headers(text):
    mass = squid(text)
    assert mass.value_mg == pytest.approx(parse_mass(text))
    assert mass.source.startswith("header SAMPLE_MASS")
    assert ("no unit" in mass.source) == text.replace(".", "").isdigit()
    assert (mass.text, mass.problem) == (text, None)


@pytest.mark.parametrize("text", ["0", "1", "1000", "0.000", "1.000", "0.100"])
def test_placeholders_are_no_masses(text):
    mass = squid(text)
    assert mass.value_mg is None
    assert "placeholder" in mass.problem


@pytest.mark.parametrize(
    ("text", "mg", "grams"), [(".008384", "0.008384", "8.384"), (".0557", "0.0557", "55.7")]
)
def test_what_is_probably_grams_is_asked_about(text, mg, grams):
    mass = squid(text)
    assert mass.value_mg is None
    assert f"{mg} mg, or {grams} mg" in mass.problem


@pytest.mark.parametrize("text", ["unknown", "x", "1,234"])
def test_words_are_no_masses(text):
    assert squid(text).value_mg is None
    assert text in squid(text).problem


def test_no_mass_at_all():
    mass = squid("")
    assert (mass.value_mg, mass.source, mass.problem) == (None, "", "the header gives no sample mass")


def test_mpms_xl_weight():
    flavour = Flavour(flavours.XL, "MPMS-XL RSO")
    assert header_mass(Header(info=(("WEIGHT", "11.850"),)), flavour).value_mg == 11.85
    assert header_mass(Header(info=(("SAMPLE_MASS", "11.850"),)), flavour).value_mg is None


@pytest.mark.parametrize(
    ("key", "text", "mg"),
    [
        ("mass", "53.10 mg", 53.1),
        ("m_s", "0.0557", None),
        ("m_s", "0.0557 g", 55.7),
        ("teflon", "8.47 mg", None),
    ],
)
def test_free_keys_of_an_acms_need_a_unit(key, text, mg):
    mass = header_mass(Header(info=((key, text),)), Flavour(flavours.ACMS, "PPMS ACMS"))
    assert mass.value_mg == (None if mg is None else pytest.approx(mg))


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("dir_5.0mg/glass 12.2mg.dat", "file name says 12.2mg"),
        ("A_45,7mg_+b13,7mg_m(T).dat", "file name says 45,7mg, 13,7mg"),
        ("run_-61.6mg_m(T,5kOe).dat", "file name says 61.6mg"),
        ("4.81MG.DAT", "file name says 4.81MG"),
        ("Zn0.5Mg0.5O 5g.dat", None),
        ("0mg.dat", None),
    ],
)
def test_hints_in_file_names(name, hint):
    assert header_mass(Header(), Flavour(flavours.XL, ""), path=name).hint == hint


def test_hints_in_titles_and_comments_leave_the_matrix_out():
    header = Header(
        title="ms = 0.0557", info=(("COMMENT", "m = 0.0105g in 28.8 mg eicosane"), ("NAME", "3 mg of oil"))
    )
    assert header_mass(header, Flavour(flavours.XL, "")).hint == "sample comment says 0.0105g"


@pytest.mark.parametrize(
    ("weight", "name", "contradicts"),
    [
        ("64.000", "Gap_-61.6mg.dat", True),
        ("59.400", "H_45,7mg_+b13,7mg.dat", False),
        ("45.7", "H_45,7mg_+b13,7mg.dat", False),
        ("12.0", "plain.dat", False),
        ("1.000", "12mg.dat", False),
    ],
)
def test_contradictions(weight, name, contradicts):
    header = Header(info=(("WEIGHT", weight),))
    mass = header_mass(header, Flavour(flavours.XL, ""), path=name)
    assert bool(contradictions(mass, header, name)) == contradicts


@pytest.mark.parametrize(
    "comment",
    [
        "eicosane 14.73mg",
        "m(eicosane) = 14.73 mg",
        "14.73 mg (eicosane)",
        "50 mg water",
        "dissolved in 120 mg of toluene",
        "LiF in eicosane, 14.73 mg",
        "4.8 mg cling film",
        "wrapped in cling-film: 4.8 mg",
        "3.1mg Parafilm",
        "Kapton tape 2 mg",
        "2 mg of clear Kapton tape",
        "14.73 mg eicosane, 18.82 mg sample",
        "18.82mg in eicosane 14.73mg",
        "151.9 g/mol",
        "0.79 g per ml",
        "MW 151.92 g mol-1",
        "quartz rod 30.5 mg",
        "18.8(1) mg",
        "18.82 +- 0.05 mg",
        "Alufolie 20mg",
        "Probe 18,8 mg in Teflonband 4 mg",
        "4 mg Teflonband",
        "18,8 mg dans paraffine 10 mg",
        "sample 18.82mg in 120 mg capsule",
        "Kapselmasse 40 mg",
        "film on 45.7 mg substrate",
        "tare 30.0 mg",
    ],
)
def test_a_matrix_or_wrapping_is_no_sample(comment):
    header = Header(info=(("WEIGHT", "18.820"), ("COMMENT", comment)))
    mass = header_mass(header, Flavour(flavours.XL, ""))
    assert mass.value_mg == 18.82
    assert contradictions(mass, header, "run.dat") == []


@pytest.mark.parametrize(
    "comment",
    [
        "20.1 mg in eicosane",
        "thin film 20.1 mg",
        "quartz glass 20.1 mg",
        "20.1 mg im Teflonband",
        "Quarzglas 20.1 mg",
        "20.1 mg dans paraffine",
    ],
)
def test_a_mass_beside_such_words_still_contradicts(comment):
    header = Header(info=(("WEIGHT", "18.820"), ("COMMENT", comment)))
    (item,) = contradictions(header_mass(header, Flavour(flavours.XL, "")), header, "run.dat")
    assert item.values["mentioned"] == ["20.1 mg"]


def test_the_case_of_eicosane(shared):
    path = shared / "cases" / "files" / "comment_eicosane_14.73mg.dc.dat"
    if not path.is_file():
        pytest.skip("no cases beside the checkout")
    measurement = read(path)
    assert (measurement.mass.value_mg, measurement.file_warnings) == (18.82, ())
