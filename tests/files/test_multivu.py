"""The grammar: bytes to header, names and rows."""

from __future__ import annotations

import hashlib
import io
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from glasspara.errors import InputError
from glasspara.files import canonical
from glasspara.files.multivu import read_multivu
from glasspara.runs import read


def test_the_digest_is_that_of_the_bytes(write, compose, sweep):
    text = compose("xl", sweep(), ending="\r\n")
    assert read_multivu(write(text)).source.sha256 == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("encode", "encoding"),
    [
        (lambda text: text.replace("\u00b5", "u").encode("ascii"), "ascii"),
        (lambda text: text.encode("cp1252"), "cp1252"),
        (lambda text: text.encode("utf-8"), "utf-8"),
        (lambda text: text.encode("utf-8-sig"), "utf-8-sig"),
        (lambda text: text.encode("utf-16"), "utf-16"),
        (lambda text: text.encode("utf-16-le"), "utf-16-le"),
        (lambda text: text.encode("utf-16-be"), "utf-16-be"),
        (lambda text: text.encode("cp1252").replace(b"TITLE,", b"TITLE,\x81"), "latin-1"),
    ],
)
def test_encodings(write, compose, sweep, encode, encoding):
    measurement = read(write(encode(compose("vsm", sweep()))))
    assert measurement.encoding == encoding
    assert measurement.rows_used == 8


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_ends_do_not_move_the_line_numbers(write, compose, sweep, ending):
    run = read(write(compose("xl", sweep(), ending=ending))).runs[0]
    assert run.line.tolist() == list(range(14, 22))


def test_control_characters_are_text(write, compose, sweep):
    """Splitting at every Unicode line end would tear these lines apart."""
    measurement = read(write(compose("xl", sweep(), comment="a\x1c\x0b\u2026b\x1b[31mred")))
    assert measurement.header.sample_comment == "a\x1c\x0b\u2026b\x1b[31mred"
    assert measurement.runs[0].line[0] == 14


def test_a_file_from_stdin(monkeypatch, compose, sweep):
    content = compose("xl", sweep()).encode()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))
    measurement = read("-")
    assert (measurement.path, measurement.rows_used) == ("-", 8)
    assert measurement.runs[0].file == "-"


@pytest.mark.parametrize("name", ["run [L] #1@5K, 50,0mg.dat", "M(T) +b13,7mg.DAT", "\u00e4*?.txt"])
def test_names_are_taken_literally(write, compose, sweep, name):
    assert read(write(compose("xl", sweep()), name)).rows_used == 8


def test_header_grammars(write, compose, sweep):
    header = read_multivu(write(compose("xl", sweep(), comment="in eicosane, 10 mg"))).header
    assert header.get("WEIGHT") == "12.5"
    assert header.sample == "glass"
    assert header.sample_comment == "in eicosane, 10 mg"
    assert header.get("APPNAME") == "MPMS MultiVu Application, Revision 1.61,  Build 082"
    assert header.get("SEQUENCE FILE: name.seq") == ""

    header = read_multivu(write(compose("mpms3-dc", sweep(), mass="35,7 mg", comment="a, b"))).header
    assert header.title == "a, b"
    assert header.get("SAMPLE_MASS") == "35,7 mg"
    assert header.get("APPNAME") == "MPMS3 Measurement Release 1.3.2 Build 2, MultiVu Release 2.3.9.2"
    assert header.byapp == ("MPMS3 w/ AC", "1.0", "1.1")
    assert len(header.comments) == 2

    header = read_multivu(write(compose("acms", sweep(), mass="53.10 mg"))).header
    assert header.get("mass") == "53.10 mg"
    assert header.get("APPNAME") == "PPMS ACMS Option Version: 1.0.9 Build 14"
    assert ("", "") not in header.info


def test_a_key_that_looks_like_the_other_grammar(write, compose, sweep):
    text = compose("xl", sweep()).replace("INFO, NAME, glass", "INFO, NAME, SAMPLE_A")
    assert read_multivu(write(text)).header.sample == "SAMPLE_A"


@pytest.mark.parametrize("layout", ["xl", "mpms3-dc", "mpms3-vsm", "vsm", "acms", "acms2"])
def test_a_tab_resave_reads_the_same(write, compose, sweep, layout):
    """Excel turns commas to tabs, in header text too, and pads every line to the width of the table."""
    text = compose(layout, sweep(), mass="35,7 mg", comment="x, y")
    lines = text.replace('"AC=1 DC=2 Locate=3"', "AC=1 DC=2 Locate=3").splitlines()
    width = lines[-1].count(",")
    tabbed = "\n".join(line.replace(",", "\t") + "\t" * (width - line.count(",")) for line in lines)
    plain, saved = read(write(text)), read(write(tabbed, "saved.dat"))
    assert saved.instrument == f"{plain.instrument}, TAB re-save"
    assert saved.header.info == plain.header.info
    assert saved.mass == plain.mass
    assert saved.runs[0].moment.tolist() == plain.runs[0].moment.tolist()


def test_semicolons_and_decimal_commas(write, compose, sweep):
    """Not met in the wild; what a German Excel would make of a file."""
    head, _, table = compose("xl", sweep()).partition("[Data]")
    text = f"{head}[Data]" + table.replace(",", ";").replace(".", ",")
    measurement = read(write(text))
    assert measurement.rows_used == 8
    assert measurement.runs[0].temperature[0] == 2.0


def test_a_file_without_header_lines(write, compose, sweep):
    table = compose("xl", sweep()).partition("[Data]\n")[2]
    measurement = read(write(table))
    assert measurement.instrument == "MPMS-XL RSO, header removed"
    assert measurement.runs[0].line[0] == 2


def test_sanitised_names(write, compose, sweep):
    table = compose("xl", sweep()).partition("[Data]\n")[2]
    names, _, rows = table.partition("\n")
    names = names.replace(" (", "_").replace(")", "").replace(" ", "_")
    text = "[Data]\n" + names + "\n" + rows.replace(",,", ",nan,", 1)
    measurement = read(write(text))
    assert measurement.instrument == "MPMS-XL RSO, re-export (sanitised names)"
    assert measurement.moment_choice.column == "Long_Moment_emu"
    assert measurement.comments == ()


def test_canonical_names_are_one_for_both_spellings():
    assert canonical("Field (Oe)") == canonical("Field_Oe") == "field_oe"
    assert canonical('AC X" (emu/Oe)') == "ac_x_emu_oe"
    assert canonical("Long Moment [w/o ABS] (emu)") != canonical("Long Moment (emu)")


def test_quotes_in_names(write, compose, sweep):
    raw = read_multivu(write(compose("acms2", sweep())))
    assert 'AC X" (emu/Oe)' in raw.columns
    assert "AC=1 DC=2 Locate=3" in raw.columns


def test_a_lone_quote_does_not_swallow_the_row(write, compose, sweep):
    points = sweep()
    text = compose("mpms3-vsm", points).splitlines()
    text[-1] = '"12 K' + text[-1]
    measurement = read(write("\n".join([*text, ""])))
    assert measurement.rows_used == 8
    assert measurement.comments == ((len(text), '"12 K'),)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\r\n \r\n", "empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "binary"),
        (b"\xff\xfe[\0H\0e", "utf-16"),
        (b"T,M\n1,2\n", "not a Quantum Design data file"),
        (b"[Header]\nTITLE,x\n", r"ends before its \[Data\] line"),
        (b"[Header]\nTITLE,x\n[Data]\n\n", "no column names"),
        (b"{}", "not a Quantum Design data file"),
    ],
)
def test_what_is_no_data_file(write, content, words):
    with pytest.raises(InputError, match=words) as caught:
        read(write(content))
    assert caught.value.exit_status == 3
    assert "run.dat" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_paths_that_are_no_files(tmp_path):
    with pytest.raises(InputError, match="this is a folder"):
        read(tmp_path)
    with pytest.raises(InputError, match="no such file"):
        read(tmp_path / "missing.dat")
    with pytest.raises(InputError, match="cannot be read"):
        read("nul\0character.dat")
    with pytest.raises(InputError, match="cannot be read"):
        read("x" * 5000)


def test_an_appended_measurement_is_read_on(write, compose, sweep):
    """The same header once more, and rows that go on; the header's lines are no rows."""
    text = compose("xl", sweep())
    more = compose("xl", sweep(6, H=2000.0))
    measurement = read(write(text + more))
    assert measurement.rows_read == measurement.rows_used == 14
    assert [(run.nominal, run.line[0]) for run in measurement.runs] == [(1000, 14), (2000, 35)]
    names = text.partition("[Data]\n")[2].partition("\n")[0]
    again = read(write(f"{text}[Data]\n{names}\n" + more.partition(names)[2].lstrip("\n"), "data only.dat"))
    assert [len(run) for run in again.runs] == [8, 6]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("Long Reg Fit", "Long Reg Factor"), "other columns"),
        (("NAME, glass", "NAME, crystal"), "another sample"),
        (("WEIGHT, 12.5", "WEIGHT, 13.5"), "another sample mass"),
        (("BYAPP,MPMS Measurement", "BYAPP,VSM"), "another measuring program"),
    ],
)
def test_two_files_in_one(write, compose, sweep, change, words):
    text = compose("xl", sweep())
    with pytest.raises(InputError, match=f"a second block with {words}") as caught:
        read(write(text + text.replace(*change)))
    assert f"line {text.count(chr(10)) + 1}" in str(caught.value)


@pytest.mark.parametrize("layout", ["xl", "mpms3-dc", "mpms3-vsm", "vsm", "acms2"])
@pytest.mark.parametrize("cell", ["", "nan", "x", "1_0", "inf", " 7 ", "1e-400"])
def test_rows_read_at_once_and_one_by_one_are_the_same(write, compose, sweep, layout, cell):
    """A quoted comment sends all rows of its block the slow way; one odd error cell sends them the middle way."""
    points = sweep(12)
    points[5]["s"] = cell
    text = compose(layout, points)
    lines = text.splitlines()
    comment = ',"a comment"' if layout == "xl" else '"a comment",1.0'
    slow = "\n".join([*lines[:-12], comment, *lines[-12:], ""])
    whole, single = read(write(text)), read(write(slow, "slow.dat"))
    assert single.comments[0][1] == "a comment"
    assert whole.rows_used == single.rows_used == 12
    for name in ("temperature", "field", "moment", "sigma"):
        np.testing.assert_array_equal(getattr(whole.runs[0], name), getattr(single.runs[0], name))
    assert (whole.runs[0].line + 1).tolist() == single.runs[0].line.tolist()


def quoted(text):
    """The text with every cell in quotes and every line as wide as the table, as a spreadsheet may save it."""
    rows = [line.split(",") for line in text.rstrip("\n").split("\n")]
    width = max(map(len, rows))
    padded = ([*row, *[""] * (width - len(row))] for row in rows)
    return "\n".join(",".join(f'"{cell}"' for cell in row) for row in padded) + "\n"


@pytest.mark.parametrize("layout", ["xl", "mpms3-dc", "mpms3-vsm"])
def test_a_file_whose_cells_are_all_quoted(write, compose, sweep, layout):
    text = compose(layout, sweep(), mass="25.5", comment="polished")
    plain, other = read(write(text)), read(write(quoted(text), "quoted.csv"))
    assert other.mass.value_mg == 25.5
    assert (other.header.info, other.header.byapp) == (plain.header.info, plain.header.byapp)
    assert other.instrument == plain.instrument
    assert other.runs[0].moment.tolist() == plain.runs[0].moment.tolist()
    assert len(other.header.comments) == len(plain.header.comments)


def test_header_lines_quoted_as_a_whole(write, compose, sweep):
    head, data, table = compose("mpms3-dc", sweep(), mass="25.5").partition("[Data]\n")
    lines = "".join(f'"{line}"\n' for line in head.rstrip("\n").split("\n"))
    assert read(write(lines + data + table)).mass.value_mg == 25.5


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "[Header]\nColumn 0 : index\n[Header end]\n1, 2, 3\n",
            "its \\[Header\\] is that of another program",
        ),
        ("[Header]\nLabVIEW Measurement\nWriter_Version\t2\n1\t2\n", "a LabVIEW file"),
        ("LabVIEW Measurement\nWriter_Version\t2\n***End_of_Header***\n1\t2\n", "a LabVIEW file"),
        ("[Header]\nTITLE,Lake Shore 7400 VSM\n[Data]\nField (G),Moment (emu)\n1,2\n", "a Lake Shore file"),
        ("Oxford Instruments VSM\n[Header]\n[Data]\nField[T]\tMoment[emu]\n1\t2\n", "an Oxford Instruments"),
        (
            "[Header]\nOperator=AB\n[Data]\nField[T]\tMoment[emu]\n1\t2\n",
            "its \\[Header\\] is that of another",
        ),
        ("<!DOCTYPE html>\n<html><body>404</body></html>\n", "a web page"),
    ],
)
def test_headers_of_other_programs(glasspara, write, text, words):
    with pytest.raises(InputError, match=f"not a Quantum Design data file: {words}"):
        read(write(text))
    status, out, err = glasspara("inspect", write(text))
    assert (status, out, err.count("\n")) == (3, "", 1)


def test_rows_in_quotes_as_a_whole(write, compose, sweep):
    plain = compose("mpms3-dc", sweep(), mass="25.5")
    quoted = "".join(f'"{line}"\n' for line in plain.splitlines())
    found, expected = read(write(quoted, "quoted.csv")), read(write(plain, "plain.csv"))
    assert found.mass.value_mg == 25.5
    assert [run.moment.tolist() for run in found.runs] == [run.moment.tolist() for run in expected.runs]


def test_the_cases_of_quoted_and_foreign_files(shared):
    folder = shared / "cases" / "files"
    if not folder.is_dir():
        pytest.skip("no cases beside the checkout")
    assert read(folder / "allquoted_mass_lost.csv").mass.value_mg == 255.0
    with pytest.raises(InputError, match="not a Quantum Design data file"):
        read(folder / "labview_header_not_qd.txt")
