"""Files by folder, pattern and list: which are found, in which order, and what is passed over."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from glasspara.errors import InputError
from glasspara.files.naming import RESULTS, find_files, natural


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Working folder with files in "data", a folder in it, and results of ours."""
    data = tmp_path / "data"
    for name in ("run10.dat", "run2.dat", "Run1.dat", ".hidden", "sub/run3.dat", f"{RESULTS}/fit-x/data.csv"):
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_text(name)
    monkeypatch.chdir(tmp_path)
    return data


def names_of(*names, **besides):
    return [os.path.relpath(path) if path != "-" else path for path in find_files(names, **besides).paths]


RUNS = ["data/Run1.dat", "data/run2.dat", "data/run10.dat"]


@pytest.mark.usefixtures("folder")
def test_a_folder_stands_for_its_files_in_natural_order():
    for name in ("data", "data/", "./data"):
        assert names_of(name) == RUNS
    found = find_files(["data"])
    assert found.found == set(found.paths)
    assert dict(found.passed_over) == {
        "data/sub": "a folder in the folder",
        f"data/{RESULTS}": "results of glasspara",
    }


@pytest.mark.usefixtures("folder")
def test_a_pattern_is_that_of_a_shell():
    assert names_of("data/*.dat") == RUNS
    assert not find_files(["data/*.dat"]).found  # what a pattern matches was named
    assert names_of("data/run[0-9].dat") == ["data/run2.dat"]
    assert names_of("**/*") == [*RUNS, "data/sub/run3.dat"]  # never from glasspara-results
    assert names_of("data/s*") == ["data/sub/run3.dat"]
    with pytest.raises(InputError, match=r"none that the pattern 'data/\*\.csv' matches"):
        find_files(["data/*.csv"])


def test_a_name_that_exists_is_no_pattern_and_no_list(folder, monkeypatch):
    monkeypatch.chdir(folder)
    for name in ("[red]x.dat", "run?.dat", "@run2.dat", "-x.dat"):
        (folder / name).write_text(name)
        assert find_files([name]).paths == (name,)
    assert find_files(["-", "@"]).paths == ("-", "@")


def test_lists(folder, write, monkeypatch):
    listed = write(
        b"\xef\xbb\xbfdata/run10.dat\r\n\r\n# a comment\r\n data/Run1.dat \r\ndata/sub\r\n", "list.txt"
    )
    assert names_of(f"@{listed}", "data/run2.dat") == [RUNS[2], RUNS[0], "data/sub/run3.dat", RUNS[1]]
    write("data/run2.dat\ndata/nothing.dat\n", "list.txt")
    with pytest.raises(InputError, match=r"no such file: data/nothing\.dat") as error:
        find_files([f"@{listed}"])
    assert error.value.where == f"{listed}, line 2"
    for content, words in (("\n# none\n", "names no file"), (b"PK\0\0", "it is binary")):
        write(content, "list.txt")
        with pytest.raises(InputError, match=words):
            find_files([f"@{listed}"])
    with pytest.raises(InputError, match="no such file"):
        find_files(["@nothing"])


def test_each_file_counts_once(folder):
    (folder / "link.dat").symlink_to("run2.dat")
    (folder / "broken.dat").symlink_to("nowhere")
    os.mkfifo(folder / "pipe.dat")
    found = find_files(["data"])
    assert [Path(path).name for path in found.paths] == ["link.dat", "Run1.dat", "run10.dat"]
    assert dict(found.passed_over)["data/run2.dat"] == "a file that is there already"
    assert {dict(found.passed_over)[f"data/{name}.dat"] for name in ("broken", "pipe")} == {"no regular file"}
    assert names_of("data/run10.dat", "data")[0] == "data/run10.dat"
    assert (
        len(names_of("data/run10.dat", "data", "data/*.dat", "data/run2.dat", "./data")) == 5
    )  # a broken link too
    assert (
        find_files(["data/x.dat", "data/x.dat"]).paths == ("data/x.dat",) * 2
    )  # whoever names it twice is told


def test_what_other_options_name_and_averages_are_passed_over(folder):
    for name in ("a.rso.dat", "a.rso.ndat", "b.ndat"):
        (folder / name).write_text(name)
    found = find_files(["data"], besides=["data/../data/run2.dat", ""])
    names = [Path(path).name for path in found.paths]
    assert names == ["a.rso.dat", "b.ndat", "Run1.dat", "run10.dat"]
    assert dict(found.passed_over)["data/run2.dat"] == "given by another option"
    assert dict(found.passed_over)["data/a.rso.ndat"] == "averages of a file that is there too"


def test_folders_without_files(folder):
    (folder / "empty").mkdir()
    assert dict(find_files(["data", "data/empty"]).passed_over)["data/empty"] == "an empty folder"
    for name in ("data/empty", f"data/{RESULTS}", f"data/{RESULTS}/fit-x"):
        with pytest.raises(InputError, match="no file to read"):
            find_files([name])


def test_natural_order():
    names = ["M(T) 10 kOe", "M(T) 2 kOe", "m(t) 1 kOe", "2K.dat", "x", "10K.dat", "²K.dat"]
    assert sorted(names, key=natural) == [
        "2K.dat",
        "10K.dat",
        "m(t) 1 kOe",
        "M(T) 2 kOe",
        "M(T) 10 kOe",
        "x",
        "²K.dat",
    ]
