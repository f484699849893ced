"""What to leave out, as text and as items."""

from __future__ import annotations

import pytest

from glasspara.errors import UsageError
from glasspara.files.exclusion import FLUX_JUMPS, excluded_lines, parse_exclusions


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
        ("0", ["a"], "no range of lines"),
        ("9-3", ["a"], "no range of lines"),
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
    assert excluded_lines([3, range(5, 9), FLUX_JUMPS]) == [range(3, 4), range(5, 9)]
    with pytest.raises(UsageError, match="cannot exclude 'wild points'"):
        excluded_lines(["wild points"])
