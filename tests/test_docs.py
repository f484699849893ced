"""The docs site builds without a warning, every link in it leads somewhere, and every picture is on a page."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tests.conftest import ROOT


def test_the_site_builds_without_a_warning(tmp_path):
    """As ``make docs``, but that ``test_notebooks.py`` runs the notebooks."""
    pytest.importorskip("mkdocs")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", tmp_path],
        cwd=ROOT,
        env={**os.environ, "GLASSPARA_NOTEBOOKS": "unrun"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for page in ("index", "commands", "api", "findings", "one_run", "plan", "changelog"):
        assert (tmp_path / f"{page}.html").is_file()
    assert "--help-all" in (tmp_path / "commands.html").read_text(encoding="utf-8")


def test_every_picture_is_on_a_page():
    pages = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "README.md", *(ROOT / "docs").glob("*.md"))
    )
    shown = set(re.findall(r"img/([\w.-]+\.png)", pages))
    assert shown == {path.name for path in (ROOT / "docs" / "img").iterdir()}
