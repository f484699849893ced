"""``glasspara universality`` as a user gives it."""

from __future__ import annotations

import json
from pathlib import Path

from glasspara.analysis.universality.collapse import universality
from glasspara.analysis.universality.figures import universality_figure
from glasspara.data.loading import load
from tests.golden import check


def test_report_is_as_stored(glasspara, fixtures):
    runs = [
        fixtures / "pure-ll" / f"pure-LL-synthetic_MT_{field}Oe.rso.dat" for field in (5000, 20000, 50000)
    ]
    done = glasspara("universality", *runs, "--json")
    assert done.status == 0
    check(json.loads(done.out), Path(__file__).with_name("golden.json"))


def test_terminal_report_and_figure_say_the_same(glasspara, fixtures):
    runs = [str(fixtures / "pure-ll" / f"pure-LL-synthetic_MT_{field}Oe.rso.dat") for field in (5000, 20000)]
    shown = " ".join(glasspara("universality", *runs).out.split())
    block = json.loads(glasspara("universality", *runs, "--json").out)["universality"]
    result = universality(load(runs).data)
    assert block["assessment"] == json.loads(json.dumps(result.assessment.block))
    drawn = " ".join(text.get_text() for text in universality_figure(result).texts).replace("\n", " ")
    for words in (result.assessment.headline.text, result.assessment.reasons[0].text):
        assert words in shown
        assert words in drawn
    assert all(note["text"] in shown for note in block["notes"])
