"""``fit --bootstrap`` as a user gives it: files, streams, interruptions, the same bytes for any ``--jobs``."""

from __future__ import annotations

import csv
import json

import jsonschema
import pytest

from glasspara.analysis.fit import UNFINISHED
from glasspara.report.block import schema_text


@pytest.fixture
def few(fixtures):
    names = ("1000", "10000", "50000")
    return [fixtures / "pure-ll" / f"pure-LL-synthetic_MT_{name}Oe.rso.dat" for name in names]


def arguments(few, out, *more):
    return ("fit", *few, "--model", "ll", "--bootstrap", "12", "--out", out, "--no-plots", *more)


def contents(folder):
    """Files by name; the report without the command line, which names folder and jobs."""
    found = {path.name: path.read_bytes() for path in folder.iterdir()}
    if "report.json" in found:
        document = json.loads(found["report.json"])
        del document["argv"]
        found["report.json"] = document
    return found


@pytest.fixture
def whole(glasspara, few, tmp_path):
    assert glasspara(*arguments(few, tmp_path / "whole", "--jobs", "1")).status == 0
    return contents(tmp_path / "whole")


def test_report_and_table(glasspara, few, tmp_path):
    out = tmp_path / "out"
    done = glasspara("fit", *few, "--model", "ll", "--bootstrap", "12", "--jobs", "1", "--out", out)
    assert done.status == 0
    assert "Bootstrap: 12 parametric replicates, seed 1" in done.out
    assert "of the bootstrap" in done.out
    document = json.loads((out / "report.json").read_text())
    jsonschema.validate(document, json.loads(schema_text()))
    block = document["fits"][0]["bootstrap"]
    assert (block["kind"], block["seed"], block["replicates"]) == ("parametric", 1, 12)
    assert set(block["parameters"]) == {"chi_larmor", "n_fe2", "n_fe3"}
    assert {"bootstrap.csv", "bootstrap.png"} <= set(document["files"])
    lines = (out / "bootstrap.csv").read_text().splitlines()
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    assert [int(row["replicate"]) for row in rows] == list(range(12))
    found = [float(row["chi_larmor_emu_per_g_Oe"]) for row in rows]
    item = block["parameters"]["chi_larmor"]
    assert sum(found) / 12 - item["value"] == pytest.approx(item["bias"], rel=1e-6)
    assert item["interval_95"][0] < item["interval_68"][0] < item["interval_68"][1] < item["interval_95"][1]
    assert min(found) <= item["interval_95"][0]
    assert not (out / UNFINISHED).exists()


def test_without_a_bootstrap_the_block_is_null(glasspara, few):
    document = json.loads(glasspara("fit", *few, "--model", "ll", "--json").out)
    jsonschema.validate(document, json.loads(schema_text()))
    assert document["fits"][0]["bootstrap"] is None


def test_same_bytes_for_any_number_of_jobs(glasspara, few, tmp_path, whole):
    assert glasspara(*arguments(few, tmp_path / "two", "--jobs", "2")).status == 0
    assert contents(tmp_path / "two") == whole
    assert glasspara(*arguments(few, tmp_path / "seed", "--jobs", "1", "--seed", "2")).status == 0
    assert contents(tmp_path / "seed")["bootstrap.csv"] != whole["bootstrap.csv"]


def test_every_fit_of_a_batch_has_its_own(glasspara, few, tmp_path):
    done = glasspara(*arguments(few, tmp_path, "--per-run", "--fix", "n_fe3=6e16", "--jobs", "1"))
    assert done.out.count("Bootstrap: 12") == 3
    lines = (tmp_path / "bootstrap.csv").read_text().splitlines()
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    assert [(row["fit"], row["replicate"]) for row in rows] == [
        (str(fit), str(replicate)) for fit in (1, 2, 3) for replicate in range(12)
    ]


@pytest.fixture
def interrupted(glasspara, few, tmp_path, monkeypatch):
    """A folder in which a bootstrap was interrupted after 5 replicates."""
    out = tmp_path / "out"
    calls = []

    def interrupt(_lines: object, done: int, total: int) -> None:
        if total == 12:  # files and fits are counted too
            calls.append(done)
            if done == 5:
                raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("glasspara.report.progress.Lines.__call__", interrupt)
        stopped = glasspara(*arguments(few, out, "--jobs", "1"))
    assert stopped.status == 130
    assert "the same command goes on from there" in stopped.err
    assert calls == [0, 1, 2, 3, 4, 5]
    assert [path.name for path in out.iterdir()] == [UNFINISHED]
    assert len((out / UNFINISHED).read_text().splitlines()) == 6
    return out


def test_the_same_command_goes_on(glasspara, few, interrupted, whole, monkeypatch):
    seen = []
    monkeypatch.setattr(
        "glasspara.report.progress.Lines.__call__", lambda _lines, done, total: seen.append((done, total))
    )
    assert glasspara(*arguments(few, interrupted, "--jobs", "1")).status == 0
    assert [done for done, total in seen if total == 12] == [5, 6, 7, 8, 9, 10, 11, 12]
    assert contents(interrupted) == whole


def test_another_command_does_not(glasspara, few, interrupted):
    left = contents(interrupted)
    refused = glasspara(*arguments(few[:2], interrupted, "--jobs", "1"))
    assert refused.status == 2
    assert "--force" in refused.err
    assert UNFINISHED in refused.err
    assert len(refused.err.strip().splitlines()) == 1
    assert contents(interrupted) == left
    assert glasspara(*arguments(few[:2], interrupted, "--jobs", "1", "--force")).status == 0
    assert UNFINISHED not in contents(interrupted)


def test_a_damaged_file_is_named_and_with_force_set_aside(glasspara, few, interrupted, whole):
    content = (interrupted / UNFINISHED).read_bytes()
    damaged = content.replace(b'"chi2": 2', b'"chi2": 3', 1)
    assert damaged != content
    (interrupted / UNFINISHED).write_bytes(damaged)
    refused = glasspara(*arguments(few, interrupted, "--jobs", "1"))
    assert refused.status == 2
    assert f"{UNFINISHED}, line 2: these replicates are damaged" in refused.err
    assert len(refused.err.strip().splitlines()) == 1
    done = glasspara(*arguments(few, interrupted, "--jobs", "1", "--force"))
    assert done.status == 0
    assert f"the file is now {UNFINISHED}.damaged-1" in done.err
    assert contents(interrupted) == {**whole, f"{UNFINISHED}.damaged-1": damaged}


def test_a_link_in_its_place_leads_nowhere(glasspara, few, tmp_path):
    out, outside = tmp_path / "out", tmp_path / "outside"
    out.mkdir()
    (out / UNFINISHED).symlink_to(outside)
    for more in ((), ("--force",)):
        refused = glasspara(*arguments(few, out, "--jobs", "1", *more))
        assert refused.status == 2
        assert "Remove it, or choose another folder" in refused.err
        assert len(refused.err.strip().splitlines()) == 1
    assert not outside.exists()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (("--bootstrap", "1"), "--bootstrap"),
        (("--bootstrap", "5", "--bootstrap-kind", "both"), "parametric, residual"),
        (("--bootstrap", "5", "--jobs", "0"), "--jobs"),
        (("--bootstrap", "5", "--jobs", "2", "--cluster", "tcp://127.0.0.1:1"), "Give one of them"),
        (("--bootstrap", "5", "--seed", "-1"), "--seed"),
        (("--bootstrap", "5", "--cluster", "nonsense"), "no Dask scheduler answers"),
    ],
)
def test_wrong_options(glasspara, few, wrong, words):
    pytest.importorskip("distributed")
    refused = glasspara("fit", *few, "--model", "ll", *wrong)
    assert refused.status == 2
    assert words in refused.err
    assert len(refused.err.strip().splitlines()) == 1
