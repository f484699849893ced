"""Whose the runs are: names of samples by header and sample file."""

from __future__ import annotations

import json

import numpy as np

from glasspara.data import reduce_run
from glasspara.data.loading import load
from glasspara.sample import Sample


def of(compose, sweep, name, **cells):
    return compose("xl", sweep(8, **cells)).replace("NAME, glass", f"NAME, {name}")


def test_names_in_order_of_appearance(write, compose, sweep):
    paths = [
        write(of(compose, sweep, "glass B", H=1e3), "b.dat"),
        write(of(compose, sweep, " glass  A", H=2e3), "a.dat"),
        write(of(compose, sweep, "glass B", H=3e3), "c.dat"),
    ]
    data = load(paths).data
    assert [run.sample for run in data.runs] == ["glass B", "glass A", "glass B"]
    assert data.samples == ("glass B", "glass A")
    assert data.keep(np.arange(len(data)) % 2 == 0).samples == data.samples


def test_the_sample_file_names_what_the_header_does_not(write, compose, sweep):
    path = write(of(compose, sweep, ""))
    assert load([path]).data.samples == ()
    loaded = load([path], sample=Sample(name="BK7"))
    assert loaded.data.samples == ("BK7",)
    named = load([write(of(compose, sweep, "Duran"), "d.dat")], sample=Sample(name="BK7"))
    assert named.data.samples == ("Duran",)


def test_the_report_names_it(glasspara, write, compose, sweep):
    sample = write('[sample]\nname = "BK7"\n', "sample.toml")
    _, out, _ = glasspara("fit", write(of(compose, sweep, "")), "--model", "ll", "--sample", sample, "--json")
    assert json.loads(out)["inputs"][0]["sample"] == "BK7"


def test_runs_without_a_name(write, compose, sweep):
    (run,) = load([write(of(compose, sweep, "x"))]).inputs[0].runs
    assert reduce_run(run.run, mass_mg=1.0).sample == ""
