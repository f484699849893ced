"""How option texts are read."""

from __future__ import annotations

import pytest

from glasspara.cli import options
from glasspara.errors import UsageError


@pytest.mark.parametrize(
    ("text", "ends"), [("2:300", (2.0, 300.0)), (":300", (None, 300.0)), ("1e3:", (1000.0, None))]
)
def test_interval(text, ends):
    assert options.interval(text, "--t-range") == ends


@pytest.mark.parametrize("text", ["", ":", "3", "5:2", "2:2", "a:b", "nan:3", "1:inf"])
def test_interval_refuses(text):
    with pytest.raises(UsageError, match="--t-range"):
        options.interval(text, "--t-range")


def test_assignments():
    assert options.assignments(["a=1", "b"], "--fix") == {"a": "1", "b": None}
    assert options.assignments(None, "--fix") == {}
    with pytest.raises(UsageError, match="twice"):
        options.assignments(["a=1", "a=2"], "--fix")


def test_values_need_numbers():
    assert options.values(["a=1e3"], "--set") == {"a": 1000.0}
    for text in ("a", "a=", "a=x", "a=nan", "a=__import__('os')"):
        with pytest.raises(UsageError, match="--set a"):
            options.values([text], "--set")
