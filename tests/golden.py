"""Golden files: what a command's report said when the file was written, and must say still.

With the environment variable ``GLASSPARA_WRITE_GOLDEN`` set the files are written again.
"""

from __future__ import annotations

import json
import os
from pathlib import Path, PurePath
from typing import Any

import pytest

LEFT_OUT = frozenset({"argv", "versions", "glasspara_version", "sha256"})
LONGEST = 20
"""Longer lists of numbers are stored as their length and sum."""


def check(document: dict[str, Any], path: Path) -> None:
    """Hold ``document`` against the file at ``path``: keys and codes exactly, numbers to one part in a million."""
    found = _essence(document)
    if os.environ.get("GLASSPARA_WRITE_GOLDEN"):
        path.write_text(json.dumps(found, indent=1, sort_keys=True, ensure_ascii=False) + "\n", "utf-8")
    _compare(found, json.loads(path.read_text(encoding="utf-8")), "")


def _essence(value: Any) -> Any:
    """``value`` without what differs between machines and versions, and without the sentences of findings."""
    if isinstance(value, dict):
        left_out = {*LEFT_OUT, "text"} if "code" in value else LEFT_OUT
        return {key: _essence(item) for key, item in value.items() if key not in left_out}
    if isinstance(value, list):
        if len(value) > LONGEST and all(_is_number(item) for item in value):
            return {"n": len(value), "sum": sum(value)}
        return [_essence(item) for item in value]
    if isinstance(value, str) and PurePath(value).is_absolute():
        return PurePath(value).name
    return value


def _compare(found: Any, golden: Any, place: str) -> None:
    if _is_number(golden) and _is_number(found):
        assert found == pytest.approx(golden, rel=1e-6, abs=1e-18), place
    elif isinstance(golden, dict) and isinstance(found, dict):
        assert sorted(found) == sorted(golden), place
        for key, item in golden.items():
            _compare(found[key], item, f"{place}.{key}")
    elif isinstance(golden, list) and isinstance(found, list):
        assert len(found) == len(golden), place
        for number, item in enumerate(golden):
            _compare(found[number], item, f"{place}[{number}]")
    else:
        assert found == golden, place


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
