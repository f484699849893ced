"""Tables and sentences at the terminal: no number, name or path is broken at any width; piped, a row is a line."""

from __future__ import annotations

import io

import pytest

from glasspara.data.loading import load
from glasspara.findings import Assessment, finding
from glasspara.report.terminal import (
    Column,
    console,
    lines_of,
    shorter_path,
    show_assessment,
    show_inputs,
    show_table,
)
from glasspara.wording import shorten

FOLDER = "/labs/" + "a-folder-with-a-long-name/" * 5
PATHS = [f"{FOLDER}bas-like/BAS-like_500Oe.dat", f"{FOLDER}duran-like/Duran-like_500Oe.dat"]
COLUMNS = (
    "H", Column("file", "path"), "n\n1e17 g^-1", Column("points", "number"), Column("remark", "text"), "chi_L",
)  # fmt: skip
NUMBERS = ("1.47123 ± 0.00023", "(4.0042 ± 0.0004)e-07", "500 Oe", "80 of 82")


def shown(width):
    stream = io.StringIO()
    out = (
        console(stream)
        if width is None
        else console(stream, width=width, force_terminal=True, color_system=None)
    )
    rows = [
        ("500 Oe", path, NUMBERS[0], "80", "80 of 82 rows used, 2 without a moment", NUMBERS[1])
        for path in PATHS
    ]
    show_table(COLUMNS, rows, out, keys=2)
    return stream.getvalue()


@pytest.mark.parametrize("width", [60, 66, 72, 80, 100, 120, 160, 200, None])
def test_tables_break_no_number_and_no_name(width):
    text = shown(width)
    for whole in (*NUMBERS, "BAS-like_500Oe.dat", "Duran-like_500Oe.dat"):
        assert text.count(whole) >= 2 - whole.endswith(".dat")
    if width is not None:
        assert max(map(len, text.splitlines())) <= width


def test_a_piped_row_is_one_line_with_the_whole_path():
    lines = shown(None).splitlines()
    assert len(lines) == 2 + len(PATHS)
    for line, path in zip(lines[2:], PATHS, strict=True):
        assert path in line
        assert line.endswith(NUMBERS[1])


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (99, "/labs/data/glass/2024/BAS-like_500Oe.dat"),
        (38, "/labs/data/glass/…/BAS-like_500Oe.dat"),
        (28, "/labs/…/BAS-like_500Oe.dat"),
        (20, "…/BAS-like_500Oe.dat"),
        (18, "BAS-like_500Oe.dat"),
        (12, "BAS-li…e.dat"),
    ],
)
def test_paths_are_shortened_in_the_middle(width, expected):
    path = "/labs/data/glass/2024/BAS-like_500Oe.dat"
    assert shorter_path(path, width) == expected


def test_names_start_where_the_files_part():
    folder, names = shorten(PATHS)
    assert f"{folder}/" == FOLDER
    assert list(names.values()) == ["bas-like/BAS-like_500Oe.dat", "duran-like/Duran-like_500Oe.dat"]
    assert shorten(PATHS[:1]) == ("", {PATHS[0]: PATHS[0]})
    assert shorten(["a.dat", "/b.dat"]) == ("", {"a.dat": "a.dat", "/b.dat": "/b.dat"})


def test_lines_end_between_words_only():
    text = (
        "the slope of T (chi + chi_L) below 10 K is (2.255 ± 0.008)e-07 emu g^-1 Oe^-1 (p < 1e-12, p = 0.21 with "
        "fields off by 20 Oe, thermometers by 0.5 % and masses by 2 %); 20 to 600 in line 12, F(32, 673) = 1.3e+04"
    )
    wholes = (
        "T (chi + chi_L)", "10 K", "(2.255 ± 0.008)e-07 emu g^-1 Oe^-1", "p < 1e-12", "p = 0.21", "20 Oe", "0.5 %",
        "2 %", "20 to 600", "line 12", "F(32, 673) = 1.3e+04",
    )  # fmt: skip
    for width in range(40, 120):
        lines = lines_of(text, width, first="  - ", further="    ")
        assert max(map(len, lines)) <= width
        assert " ".join(line.strip() for line in lines) == f"- {text}"
        for whole in wholes:
            assert any(whole in line for line in lines)


def test_a_text_without_end_is_measured_once():
    measured = []

    def measure(text):
        measured.append(len(text))
        return len(text)

    text = " ".join(f"field up ({number})" for number in range(2000))
    assert lines_of(text, 10**9, measure=measure) == [text]
    assert lines_of(f"  {text}", 40)[0].startswith("field up (0) field")
    assert sum(measured) < 2 * len(text)


def test_what_all_files_share_is_said_once(fixtures):
    def of(*names):
        stream = io.StringIO()
        files = [str(fixtures / name) for name in names]
        show_inputs(load(files).inputs, console(stream, width=80, force_terminal=True, color_system=None))
        return stream.getvalue()

    same = of(*(f"bk7-fixed-field/BK7-synthetic_MT_{field}Oe.rso.dat" for field in (1000, 5000)))
    assert same.count("MPMS-XL RSO") == same.count("Long Moment (emu)") == 1
    assert max(map(len, same.splitlines())) <= 80
    both = of(
        "bk7-fixed-field/BK7-synthetic_MT_1000Oe.rso.dat", "duran-like/Duran-like-synthetic_MT_500Oe.dat"
    )
    assert both.count("MPMS-XL") == both.count("MPMS3") == 1


def test_an_assessment_has_a_line_for_every_reason():
    stream = io.StringIO()
    reason = finding("series.too-few", against="H")
    show_assessment(
        Assessment("series", "not-tested", (reason,)),
        console(stream, width=200, force_terminal=True, color_system=None),
    )
    assert stream.getvalue() == f"Verdict: Drift of n(Fe): not tested\n  - {reason.text}\n"
