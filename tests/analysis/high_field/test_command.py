"""``glasspara highfield``: files in, report, table and figure out."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema

from glasspara.presets import load_preset
from glasspara.report.block import schema_text
from tests import golden

# Held, for a quick fit of one run.
HELD = ("d_min", "delta_mu", "chi_larmor")


def test_highfield(glasspara, fixtures, tmp_path):
    """The synthetic campaign was made with (10)."""
    path = fixtures / "bk7-fixed-temperature" / "BK7-synthetic_MH_4.5K.rso.dat"
    truth = load_preset("bk7-fixed-temperature").parameters
    fixed = [word for name in HELD for word in ("--fix", f"{name}={truth[name]}")]
    done = glasspara("highfield", path, *fixed, "--json", "--out", tmp_path)
    assert done.status == 0
    document = json.loads(done.out)
    jsonschema.Draft202012Validator(json.loads(schema_text())).validate(document)
    block = document["highfield"]
    golden.check(document, Path(__file__).with_name("golden.json"))
    assert block["assessment"]["status"] == "two-levels-suffice"
    assert {peak["form"] for peak in block["peaks"]} <= {form["name"] for form in block["forms"]}
    assert {path.name for path in tmp_path.iterdir()} == {
        "highfield.json", "highfield.html", "highfield.csv", "highfield_4.5K.png",
    }  # fmt: skip


def test_without_an_mh_run(glasspara, fixtures):
    refused = glasspara("highfield", fixtures / "bk7-fixed-field" / "BK7-synthetic_MT_20000Oe.rso.dat")
    assert refused.status == 3
    assert "fixed temperature" in refused.err
