"""CSV that spreadsheets and terminals can open whatever the names of files are."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from glasspara.report.table import Sheet, csv_text


def cells(text: str, separator: str) -> list[str]:
    return [cell for row in csv.reader(io.StringIO(text), delimiter=separator) for cell in row]


@pytest.mark.parametrize("separator", [",", ";"])
@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", " =", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
@pytest.mark.parametrize("before", ["", "a,", "a, ", "a;", 'a;"', 'a,"'])
def test_no_cell_is_a_formula(before, start, separator):
    """Neither in a row nor in a comment line, which a spreadsheet splits too; nor where it splits at semicolons."""
    name = f"{before}{start}1+1.dat"
    text = csv_text([f"input {name}"], ["file", "line"], [(name, 3)])
    assert not any(
        cell.strip()[:1] in "=+-@\uff1d\uff0b\uff0d\uff20" for cell in cells(text, separator) if cell.strip()
    )


def test_other_text_stays_as_it_is():
    name = "m(T,5kOe)_-61.6mg, [L].dat"
    (comment, header, row) = csv_text([f"input {name}"], ["file"], [(name,)]).splitlines()
    assert (comment, header, row) == (f"# input {name}", "file", f'"{name}"')


def test_control_characters_are_shown():
    text = csv_text(["a\x1b[31m\nb"], ["file"], [("c\x1b]0;t\x07\nd",)])
    assert text == "# a\\x1b[31m b\nfile\nc\\x1b]0;t\\x07 d\n"


def test_numbers_are_no_text():
    assert csv_text([], ["x", "y", "z"], [(-1.5, float("inf"), None)]) == "x,y,z\n-1.5,,\n"


def test_a_sheet_is_the_same_by_columns_and_by_rows():
    by_columns = Sheet({"a": np.array([1.0, np.inf]), "b": [True, None]}, ["about"]).text(["first"])
    assert by_columns == "# first\n# about\na,b\n1.0,1\n,\n"
    rows = [{"a": 1.0, "b": True}, {"a": np.inf, "b": None}]
    assert Sheet(iter(rows), ["about"]).text(["first"]) == by_columns
    assert Sheet.of_rows(("a", "b"), [(1.0, True), (None, None)], ["about"]).text(["first"]) == by_columns
    assert Sheet.of_rows(("a", "b"), []).text([]) == "a,b\n"
