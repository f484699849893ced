"""The page of a result: everything in one file, text from files inert, nothing wider than the screen."""

from __future__ import annotations

import html
import json
import re
import shlex
import shutil
import subprocess
import sys
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from glasspara.app import run
from glasspara.report.page import SHOWN, Html, Picture, page, plain, tag
from glasspara.report.terminal import (
    Column,
    PrintedTable,
    Recorder,
    Sentence,
    show_assessment,
    show_sentence,
    show_table,
)
from tests.conftest import ROOT

NASTY = "<script>alert('x')</script> &amp; \x1b[31m \u202e \udcb5 \"q\""
PNG = Picture({"png": b"\x89PNG not really"}, f"what it shows {NASTY}")
BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None
)
VOID = {"meta", "img"}


def document(**more):
    return {
        "command": "fit",
        "glasspara_version": "1",
        "versions": {"numpy": "2"},
        "settings": {"model": "etm", "fix": ["n_ats=1e16"], "minos": None, "note": NASTY},
        "settings_taken": {"noise": "0.001,1e-8"},
        "inputs": [{"path": NASTY, "sample": NASTY, "sha256": "ab12" * 16}],
        "warnings": [{"text": NASTY}],
        **more,
    }


def made(document, items=(), pictures=None):
    shown = Recorder()
    shown.items += items
    return page(
        document, shown, pictures or {}, files=["report.json", "data.csv"], command="glasspara fit 'a b.dat'"
    )


class Balanced(HTMLParser):
    """Every element ends where it should."""

    def __init__(self):
        super().__init__()
        self.open, self.seen = [], []

    def handle_starttag(self, name, attributes):
        self.seen.append((name, dict(attributes)))
        if name not in VOID:
            self.open.append(name)

    def handle_endtag(self, name):
        assert self.open.pop() == name


def parsed(text):
    parser = Balanced()
    parser.feed(text)
    assert not parser.open
    return parser.seen


def test_text_is_data_and_control_characters_are_shown():
    text = made(
        document(),
        [
            Sentence(NASTY, "bold green"),
            Sentence(NASTY, bullet=True),
            PrintedTable([Column(NASTY)], [[NASTY]], ()),
        ],
        {NASTY: PNG},
    )
    names = [name for name, _ in parsed(text)]
    assert "script" not in names
    assert "<script>" not in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    text.encode()
    assert text.count("\\x1b[31m") >= 8


def test_everything_is_on_the_page():
    text = html.unescape(made(document(), [Sentence("all is well")], {"fit": PNG}))
    for part in (
        "all is well", "ab12" * 16, "n_ats=1e16", "0.001,1e-8 (not given)", "Not given: minos",
        "glasspara fit 'a b.dat'",
        "numpy 2", "data.csv", "Warnings", "fit</figcaption>", 'alt="what it shows',
    ):  # fmt: skip
        assert part in text


def test_the_verdict_comes_first_where_there_is_one():
    table = PrintedTable([Column("stage")], [["Larmor"]], ())
    verdict = [Sentence("Verdict: good", "bold green"), Sentence("because", bullet=True)]
    text = made(document(), [table, *verdict, Sentence("afterwards")])
    places = [text.index(words) for words in ("Verdict: good", "because", "Larmor", "afterwards")]
    assert places == sorted(places)
    text = made(document(), [table, *verdict, *verdict])
    assert text.index("Larmor") < text.index("Verdict")


def test_nothing_is_fetched():
    seen = parsed(made(document(), [], {"fit": PNG}))
    assert all(given.get("src", "data:").startswith("data:") for _, given in seen)
    assert not {name for name, _ in seen} & {"script", "link", "iframe", "a"}
    policy = next(given["content"] for name, given in seen if given.get("http-equiv"))
    assert policy.startswith("default-src 'none'")


def test_a_large_batch_names_its_further_figures():
    text = made(document(), [], {f"fit{n}": PNG for n in range(SHOWN + 2)})
    assert text.count("<img") == SHOWN
    assert f"beside this page: fit{SHOWN}, fit{SHOWN + 1}." in text


def test_ordinary_magnetism_in_numbers():
    block = {
        "iron_used": {"value": 1.7e17, "error": 2e15}, "chi2": 88.8, "n_points": 80, "chi2_etm": 76.9, "margin": 11.79,
        "threshold": 10.0, "margin_without_directions": 12.0, "margin_iron_free": -6.1, "iron_found": 1.6e17,
        "ats_established": True,
        "components": [{"name": "clusters", "weight": 1.0, "unit": "g^-1", "share_of_signal": 0.5}],
        "directions": [
            {"kind": "gain of a run", "width": 0.001, "unit": "1", "pull": pull} for pull in (-3.0, 1.0)
        ],
    }  # fmt: skip
    for given in ({"fits": [{"ordinary_magnetism": block}]}, {"fit": {"ordinary_magnetism": block}}):
        text = made(document(**given))
        for part in ("88.8 for 80 points", "11.79, 10 establish", "1.7e+17 ± 2e+15 g⁻¹", "50.0 %", "3.00"):
            assert part in text.replace("\N{NO-BREAK SPACE}", " ")


def test_what_is_recorded(capsys):
    from glasspara.findings import Assessment, finding

    out = Recorder()
    verdict = Assessment("fitting", "good", (finding("fitting.try-nuisances"),))
    show_assessment(verdict, out)
    show_table((Column("a", "number"), "b"), [("1", "2")], out, bold=[0])
    show_sentence("8 K A^2, 0.5 % and chi", out)
    show_sentence("a remark", out, bullet="  - ")
    out.print()
    styles = [(item.style, item.bullet) for item in out.items if isinstance(item, Sentence)]
    assert styles == [("bold green", False), ("", True), ("", False), ("", True)]
    assert out.items[-1].text == "a remark"
    assert capsys.readouterr().out == ""
    text = page(document(), out, {}, files=[], command="")
    assert 'class="verdict info"' in text
    assert "8\N{NO-BREAK SPACE}K\N{NO-BREAK SPACE}Å², 0.5\N{NO-BREAK SPACE}% and chi" in text
    assert '<tr class="bold"><td class="number" data-title="a">1</td>' in text


def test_tags():
    assert tag("p", "a < b", Html("<b>c</b>"), class_="x y") == '<p class="x y">a &lt; b<b>c</b></p>'
    assert tag("img", src='"') == '<img src="&quot;">'


def test_words_of_mathematical_text():
    assert plain(r"$M+\chi_\mathrm{L}H$ ($10^{-3}$ emu/g)") == "M+χ_LH (10^-3 emu/g)"


# --- what commands write -------------------------------------------------------------------------------------


RUN = ROOT / "fixtures" / "bk7-fixed-field" / "BK7-synthetic_MT_20000Oe.rso.dat"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The folder of a result, with figures and an interval."""
    folder = tmp_path_factory.mktemp("page") / "out"
    with pytest.MonkeyPatch.context() as patch:
        words = ["glasspara", "fit", str(RUN), "--minos", "chi_larmor", "--out", str(folder), "-q"]
        patch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit, match="0"):
            run()
    return folder


def test_a_page_beside_the_report(glasspara, written, tmp_path):
    """Listed with its hash, whole, and with what the report has."""
    text = (written / "report.html").read_text(encoding="utf-8")
    parsed(text)
    report = json.loads((written / "report.json").read_text(encoding="utf-8"))
    assert "report.html" in report["files"]
    assert report["files_sha256"]["report.html"] == sha256(text.encode()).hexdigest()
    for part in (
        "NOT ESTABLISHED",
        "χ²/ndof",
        report["fits"][0]["ordinary_magnetism"]["components"][0]["name"],
        report["inputs"][0]["sha256"],
        "minos",
    ):
        assert part in text.replace("\N{NO-BREAK SPACE}", " ")
    assert text.count("<img") == 3


def test_the_page_comes_and_goes_with_its_result(glasspara, tmp_path):
    """The same bytes wherever it goes and whoever computes it; replaced and removed with the others."""
    plain = (
        "fit",
        RUN,
        "--model",
        "ll",
        "--minos",
        "chi_larmor",
        "--no-allowances",
        "--no-plots",
        "-q",
        "--out",
    )
    pages = []
    for name, jobs in (("one", 1), ("two", 2)):
        glasspara(*plain, tmp_path / name, "--jobs", jobs)
        text = (tmp_path / name / "report.html").read_text(encoding="utf-8")
        pages.append(text)
    assert pages[0] == pages[1]
    words = ["glasspara", "fit", str(RUN), "--model", "ll", "--no-allowances", "--minos", "chi_larmor"]
    assert sorted(shlex.split(html.unescape(re.search("<pre>(.*)</pre>", text)[1]))) == sorted(words)
    assert glasspara(*plain, tmp_path / "one").status == 2
    glasspara(*plain, tmp_path / "one", "--force", "--no-html")
    assert {path.name for path in (tmp_path / "one").iterdir()} == {
        "report.json",
        "parameters.csv",
        "data.csv",
    }


def test_a_foreign_page_is_not_overwritten(glasspara, tmp_path):
    (tmp_path / "report.html").write_text("mine", encoding="utf-8")
    done = glasspara("fit", RUN, "--out", tmp_path, "--no-plots")
    assert done.status == 2
    assert "report.html exists already" in done.err
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == "mine"


def test_other_questions_have_theirs(glasspara, tmp_path, fixtures):
    files = sorted((fixtures / "pure-ll").glob("*.dat"))[:4]
    assert glasspara("universality", *files, "--out", tmp_path, "--no-plots").status == 0
    assert "Universality holds" in (tmp_path / "universality.html").read_text(encoding="utf-8")
    assert glasspara("subtract", RUN, "--out", tmp_path, "-q").status == 0
    text = (tmp_path / "subtract.html").read_text(encoding="utf-8")
    assert "Verdict" in text
    assert "M_intrinsic" not in text  # the table of all points is a file


# --- in a browser --------------------------------------------------------------------------------------------


WIDTHS = (390, 680, 1200)
MEASURE = """
<body><pre id="found"></pre>%s<script>
addEventListener("load", () => {
  const found = [];
  for (const frame of document.querySelectorAll("iframe")) {
    const page = frame.contentDocument, width = page.documentElement.clientWidth;
    const wide = [...page.querySelectorAll("main *")].filter(item => item.getBoundingClientRect().right > width + 1);
    found.push({
      width: width, scroll: page.documentElement.scrollWidth, tables: page.querySelectorAll("table").length,
      wide: wide.map(item => item.tagName + " " + item.textContent.slice(0, 40)),
      images: [...page.images].map(item => item.naturalWidth),
    });
  }
  document.getElementById("found").textContent = JSON.stringify(found);
});
</script></body>"""


@pytest.mark.skipif(BROWSER is None, reason="no headless browser here")
def test_in_a_browser(written, tmp_path):
    """At the widths of a telephone, a sheet and a screen nothing is wider than the page; no errors at the console."""
    text = html.escape((written / "report.html").read_text(encoding="utf-8"))
    frames = "".join(
        f'<iframe style="border:0" width="{width}" height="900" srcdoc="{text}"></iframe>' for width in WIDTHS
    )
    (tmp_path / "measure.html").write_text(
        f'<!DOCTYPE html><meta charset="utf-8">{MEASURE % frames}', encoding="utf-8"
    )
    done = subprocess.run(
        [
            BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            f"--user-data-dir={tmp_path / 'profile'}", "--enable-logging=stderr", "--hide-scrollbars",
            "--window-size=1300,1000", "--virtual-time-budget=10000", "--dump-dom",
            (tmp_path / "measure.html").as_uri(),
        ],
        capture_output=True, text=True, encoding="utf-8", timeout=120, check=False,
    )  # fmt: skip
    match = re.search(r'<pre id="found">(\[.*?\])</pre>', done.stdout)
    if match is None:
        pytest.skip(f"the browser does not start: {done.stderr[-300:]}")
    found = json.loads(html.unescape(match[1]))
    assert [item["width"] for item in found] == list(WIDTHS)
    for item in found:
        assert item["scroll"] <= item["width"], item
        assert not item["wide"]
        assert item["tables"] >= 4
        assert len(item["images"]) >= 3
        assert min(item["images"]) > 500
    assert "CONSOLE" not in done.stderr
