"""How option texts are read."""

from __future__ import annotations

import pytest

from glasspara.cli import values
from glasspara.errors import UsageError


@pytest.mark.parametrize(
    ("text", "ends"), [("2:300", (2.0, 300.0)), (":300", (None, 300.0)), ("1e3:", (1000.0, None))]
)
def test_interval(text, ends):
    assert values.interval(text, "--t-range") == ends


@pytest.mark.parametrize("text", ["", ":", "3", "5:2", "2:2", "a:b", "nan:3", "1:inf"])
def test_interval_refuses(text):
    with pytest.raises(UsageError, match="--t-range"):
        values.interval(text, "--t-range")


def test_assignments():
    assert values.assignments(["a=1", "b"], "--fix") == {"a": "1", "b": None}
    assert values.assignments(None, "--fix") == {}
    with pytest.raises(UsageError, match="twice"):
        values.assignments(["a=1", "a=2"], "--fix")


def test_numbers_are_needed():
    assert values.numbers(["a=1e3"], "--set") == {"a": 1000.0}
    for text in ("a", "a=", "a=x", "a=nan", "a=__import__('os')"):
        with pytest.raises(UsageError, match="--set a"):
            values.numbers([text], "--set")


@pytest.mark.parametrize("text", ["5e-324", "1e-300", "-1e-40", "1e170", "-1e308"])
def test_a_number_that_nobody_could_mean(text):
    with pytest.raises(
        UsageError, match=r"--set a: .* is out of range\. Give 0, or an absolute value from 1e-30 to 1e\+30"
    ):
        values.numbers([f"a={text}"], "--set")


@pytest.mark.parametrize(
    "arguments",
    [
        ("fit", "--limit", "d_min=-5:-1"),
        ("fit", "--limit", "n_ats=1e3:1e4"),
        ("fit", "--n-fe", "1e170"),
        ("fit", "--n-fe", "1e17+-1e-300"),
        ("fit", "--fix", "n_ats=1e300"),
        ("fit", "--fix", "n_ats=1e29"),
        ("fit", "--fix", "d0min_qs4=0"),
        ("fit", "--fix", "d0max_qs4=1e17"),
        ("fit", "--set", "chi_larmor=1e7"),
        ("fit", "--constrain", "n_ats=1e16+-1e-300"),
        ("fit", "--constrain", "n_ats=1e16+-1"),
        ("fit", "--constrain", "ats_strength=1e15+-1e29"),
        ("fit", "--nuisance", "moment_offset=1e9"),
        ("fit", "--instrument", "thermometer=1e3"),
        ("fit", "--holder-chi", "1e9"),
        ("fit", "--mass", "1e300 g"),
        ("fit", "--mass", "1e-9 mg"),
        ("fit", "--geometry-factor", "1e9"),
        ("curie", "--tolerance", "1e300"),
        ("curie", "--low-to", "nan"),
    ],
)
def test_options_out_of_range_are_refused_in_one_line(glasspara, fixtures, arguments):
    command, option, value = arguments
    (file,) = fixtures.glob("bk7-fixed-field/*_20000Oe.rso.dat")
    refused = glasspara(command, file, option, value, "--no-files")
    assert (refused.status, refused.out, len(refused.err.splitlines())) == (2, "", 1)
    assert refused.err.startswith("error: ")


@pytest.mark.parametrize(
    "arguments",
    [
        ("simulate", "--mt", "10", "--t-grid", "1e-300:300:20"),
        ("simulate", "--mt", "10", "--t-grid", "1e-6:300:20"),
        ("simulate", "--mt", "1e9"),
        ("simulate", "--mh", "1e-9"),
        ("simulate", "--mt", "10", "--set", "n_ats=1e29"),
        ("derive", "BK7", "--d0", "1e300"),
        ("derive", "BK7", "--temperature", "1e-9"),
        ("derive", "BK7", "--n-tunn", "1e-20:1e20"),
    ],
)
def test_so_are_those_of_commands_without_files(glasspara, arguments):
    refused = glasspara(*arguments, "--no-files")
    assert (refused.status, refused.out, len(refused.err.splitlines())) == (2, "", 1)


def test_intervals():
    found = values.intervals(["2:40,70:", " : 5 "], "--t-range")
    assert found == ((2.0, 40.0), (70.0, None), (None, 5.0))
    assert values.intervals(None, "--t-range") == ()
    with pytest.raises(UsageError, match="--t-range"):
        values.intervals(["2:40,,70:300"], "--t-range")
