"""Holds a JSON report against a stored one: keys, codes and texts exactly, numbers to a relative 1e-6."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

_OF_THE_MACHINE = {
    "argv", "versions", "glasspara_version", "sha256", "path", "file", "files", "files_sha256",
}  # fmt: skip
_LONGEST = 20  # of lists of numbers that are stored whole
_CLOSE = 1e-6
_SLACK = 1e-3
_OF_THE_VALLEY = {"matrix", "singular_values", "share", "factor", "n_ats", "n_fe"}


def check(document: dict[str, Any], path: Path) -> None:
    """Compare ``document`` with the file ``path``, or write it there if GLASSPARA_WRITE_GOLDEN is set."""
    found = _short(document)
    if os.environ.get("GLASSPARA_WRITE_GOLDEN"):
        path.write_text(
            json.dumps(found, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8"
        )
    _compare(found, json.loads(path.read_text(encoding="utf-8")), "")


def _short(value: Any) -> Any:
    """``value`` without what differs from machine to machine, long lists of numbers by their length and sum."""
    if isinstance(value, dict):
        return {name: _short(item) for name, item in value.items() if name not in _OF_THE_MACHINE}
    if isinstance(value, list):
        if len(value) > _LONGEST and all(isinstance(item, (int, float)) for item in value):
            return {"n": len(value), "sum": sum(value)}
        return [_short(item) for item in value]
    return value.replace(f"{ROOT}{os.sep}", "") if isinstance(value, str) else value


def same(found: dict[str, Any], other: dict[str, Any]) -> None:
    """Compare two documents, both made here: the last bits of old versions of NumPy depend on where arrays lie."""
    _compare(found, other, "")


def _compare(found: Any, stored: Any, place: str, *, rel: float = _CLOSE, slack: float = 0.0) -> None:
    if isinstance(stored, dict):
        assert sorted(found) == sorted(stored), place
        error = stored.get("error")
        loosely = place.endswith("relative_errors")
        for name in stored:
            # An error, and a value beside its own, are as well defined as the valley of chi2 that they lie in.
            loose = loosely or name.startswith("error") or name in _OF_THE_VALLEY
            # In standard errors; the difference of equals is rounding.
            slack = _SLACK if name == "moved" else 0.0
            if name == "value" and isinstance(error, float):  # those of what is not determined are relative
                slack = _SLACK * error * (abs(stored[name]) if ".statements" in place else 1.0)
            _compare(
                found[name], stored[name], f"{place}.{name}", rel=_SLACK if loose else _CLOSE, slack=slack
            )
    elif isinstance(stored, list):
        assert len(found) == len(stored), place
        for number, pair in enumerate(zip(found, stored, strict=True)):
            _compare(*pair, f"{place}[{number}]", rel=rel, slack=rel if rel > _CLOSE else 0.0)
    elif isinstance(stored, float) and isinstance(found, (int, float)):
        assert found == pytest.approx(stored, rel=rel, abs=max(slack, 1e-300)), place
    else:
        assert found == stored, place
