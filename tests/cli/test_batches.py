"""Many files at once: the same results for any number of processes, and a part that fails."""

from __future__ import annotations

import json
import subprocess
import sys
from math import cos

import pytest

from glasspara.simulation.writer import compose, sweep

COUNT = 9
BAD = 4


@pytest.fixture(autouse=True)
def _few_are_many(monkeypatch):
    monkeypatch.setattr("glasspara.replicates.cores.FILES_A_PROCESS", 4)
    monkeypatch.setattr("glasspara.fitting.intervals.exploration.FITS_A_PROCESS", 4)


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """Files of a run each at fields that differ, one of them empty."""
    folder = tmp_path_factory.mktemp("many")
    paths = [folder / f"run{number}.dat" for number in range(COUNT)]
    for number, path in enumerate(paths):
        points = [
            {**point, "m": point["m"] + 1e-9 * cos(number + 7.0 * index)}
            for index, point in enumerate(sweep(8, H=1000.0 + 10.0 * number))
        ]
        path.write_text("" if number == BAD else compose("xl", points), encoding="cp1252")
    return paths


def test_inspect_is_the_same_for_any_number_of_jobs(glasspara, many):
    for more in ((), ("--json",)):
        one, two = (glasspara("inspect", *many, *more, "--jobs", jobs) for jobs in (1, 2))
        assert (one.status, one.err) == (two.status, two.err)
        assert one.status == 6
        assert one.err.count("\n") == 1
        assert str(many[BAD]) in one.err
        if not more:
            assert one.out == two.out
    document, other = json.loads(one.out), json.loads(two.out)
    assert [item.pop("argv")[-1] for item in (document, other)] == ["1", "2"]
    assert document == other
    assert [item["path"] for item in document["inputs"]] == [str(path) for path in many if path != many[BAD]]
    assert [item["path"] for item in document["failed"]] == [str(many[BAD])]


def test_a_reader_who_goes_away_is_no_error(many):
    """More than a pipe holds, in many pieces."""
    command = [sys.executable, "-m", "glasspara", "inspect", *map(str, many[:BAD] * 40)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_fits_are_the_same_for_any_number_of_jobs(glasspara, many, tmp_path):
    found = []
    for jobs in (1, 2):
        out = tmp_path / str(jobs)
        done = glasspara(
            "fit",
            *many,
            "--model",
            "ll",
            "--ions",
            "fe3",
            "--per-run",
            "--no-plots",
            "--jobs",
            jobs,
            "--out",
            out,
        )
        assert done.status == 6
        assert str(many[BAD]) in done.err
        found.append({path.name: path.read_bytes() for path in out.iterdir()})
    reports = [json.loads(files.pop("report.json")) for files in found]
    assert found[0] == found[1]
    for jobs, report in enumerate(reports, 1):
        asked = report.pop("argv")
        assert asked[asked.index("--jobs") + 1] == str(jobs)
    assert reports[0] == reports[1]
    assert len(reports[0]["fits"]) == COUNT - 1
