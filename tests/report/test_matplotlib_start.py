"""Matplotlib as the program loads it: figures are the same, help texts are left out."""

import subprocess
import sys

DRAW = """
import hashlib
{load}
from matplotlib.figure import Figure
from glasspara.report.style import paper_style, save_png
with paper_style():
    figure = Figure(figsize=(3, 3))
    axes = figure.subplots()
    axes.set(xlabel="$T$ (K)", title="M", xscale="log")
    axes.errorbar([1, 2], [1, 3], [0.1, 0.2])
print(hashlib.sha256(save_png(figure)).hexdigest(), "xlabel" in (type(axes).set.__doc__ or ""))
"""
QUICK = "from glasspara.report.matplotlib_start import load_matplotlib; load_matplotlib(); load_matplotlib()"


def drawn(load):
    command = [sys.executable, "-c", DRAW.format(load=load)]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.split()


def test_figures_are_the_same_without_the_help_texts():
    (plain, helped), (quick, helped_too) = drawn(""), drawn(QUICK)
    assert plain == quick
    assert (helped, helped_too) == ("True", "False")
