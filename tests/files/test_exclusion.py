"""What to leave out, as text and as items."""

from __future__ import annotations

import pytest

from glasspara.errors import InputError, UsageError
from glasspara.files.exclusion import (
    FLUX_JUMPS,
    Amplitude,
    Branch,
    Temperatures,
    excluded_lines,
    parse_exclusions,
)
from glasspara.runs import read


def test_lines_of_the_only_file():
    assert parse_exclusions(["43", "12-20,50"], ["a.dat"]) == {
        "a.dat": (range(43, 44), range(12, 21), range(50, 51))
    }


def test_lines_of_one_of_several_files():
    files = ["runs/a.dat", "runs/b:1.dat"]
    assert parse_exclusions(["a.dat:7", "runs/b:1.dat:8-9"], files) == {
        "runs/a.dat": (range(7, 8),),
        "runs/b:1.dat": (range(8, 10),),
    }
    assert parse_exclusions([FLUX_JUMPS], files) == dict.fromkeys(files, (FLUX_JUMPS,))
    assert parse_exclusions([], files) == {}


@pytest.mark.parametrize(
    ("text", "files", "words"),
    [
        ("43", ["a", "b"], "lines of which file"),
        ("c:43", ["a", "b"], "'c' is none of the files"),
        ("a:43", ["x/a", "y/a"], "'a' is the name of several files"),
        ("0", ["a"], "not a range of lines"),
        ("9-3", ["a"], "not a range of lines"),
        ("jumps", ["a"], "cannot read 'jumps'"),
        ("a:", ["a"], "cannot read"),
        ("1e3", ["a"], "cannot read"),
        ("9" * 5000, ["a"], "cannot read"),
        ("\u0663", ["a"], "cannot read"),
    ],
)
def test_what_cannot_be_excluded(text, files, words):
    with pytest.raises(UsageError, match=words):
        parse_exclusions([text], files)


def test_items():
    cold = Temperatures(None, 3.0)
    assert excluded_lines([3, range(5, 9), FLUX_JUMPS, cold]) == [range(3, 4), range(5, 9), cold]
    with pytest.raises(UsageError, match="the branch 'cooling'"):
        excluded_lines([Branch("cooling")])
    with pytest.raises(UsageError, match="cannot exclude 'wild points'"):
        excluded_lines(["wild points"])


def test_temperatures_branches_and_amplitudes():
    texts = ["T=40:65", "7,T=:3,cooling", "a.dat:field-up (2)", "amplitude=1.5"]
    assert parse_exclusions(texts, ["a.dat"]) == {
        "a.dat": (
            Temperatures(40.0, 65.0),
            range(7, 8),
            Temperatures(None, 3.0),
            Branch("cooling"),
            Branch("field up (2)"),
            Amplitude(1.5),
        )
    }


def test_what_names_no_file_is_left_out_of_all_that_have_it():
    found = parse_exclusions(["T=40:65", "b:cooling"], ["a", "b"])
    everywhere = Temperatures(40.0, 65.0, required=False)
    assert found == {"a": (everywhere,), "b": (everywhere, Branch("cooling"))}


@pytest.mark.parametrize("text", ["T=65:40", "T=:", "T=40", "T=a:b", "amplitude=0", "heating", "cooling (x)"])
def test_what_is_no_item(text):
    with pytest.raises(UsageError):
        parse_exclusions([text], ["a"])


@pytest.mark.parametrize(
    ("item", "named"),
    [
        ("cooling", ["cooling", "cooling (2)"]),
        ("cooling (1)", ["cooling"]),
        ("cooling (2)", ["cooling (2)"]),
        ("warming", []),
    ],
)
def test_labels_of_branches(item, named):
    assert [label for label in ("cooling", "cooling (2)", "field up") if Branch(item).names(label)] == named


def test_temperatures_are_left_out_of_a_file(write, compose, sweep):
    path = write(compose("xl", sweep(12)))
    measurement = read(path, exclude=[Temperatures(6.0, 11.0)])
    assert measurement.rows_dropped == {"excluded on request": 2}
    assert not any(((run.temperature >= 6.0) & (run.temperature <= 11.0)).any() for run in measurement.runs)
    with pytest.raises(UsageError, match=r"no data row from 0\.1 to 0\.2 K"):
        read(path, exclude=[Temperatures(0.1, 0.2)])
    with pytest.raises(InputError, match=r"12 excluded on request\)\. Exclude less"):
        read(path, exclude=[Temperatures(1.0, 400.0)])
    assert read(path, exclude=[Temperatures(0.1, 0.2, required=False)]).rows_used == 12
