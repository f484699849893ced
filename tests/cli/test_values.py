"""How option texts are read."""

from __future__ import annotations

import pytest

from glasspara.cli import values
from glasspara.errors import UsageError


@pytest.mark.parametrize(
    ("text", "ends"), [("2:300", (2.0, 300.0)), (":300", (None, 300.0)), ("1e3:", (1000.0, None))]
)
def test_interval(text, ends):
    assert values.interval(text, "--t-range") == ends


@pytest.mark.parametrize("text", ["", ":", "3", "5:2", "2:2", "a:b", "nan:3", "1:inf"])
def test_interval_refuses(text):
    with pytest.raises(UsageError, match="--t-range"):
        values.interval(text, "--t-range")


def test_assignments():
    assert values.assignments(["a=1", "b"], "--fix") == {"a": "1", "b": None}
    assert values.assignments(None, "--fix") == {}
    with pytest.raises(UsageError, match="twice"):
        values.assignments(["a=1", "a=2"], "--fix")


def test_numbers_are_needed():
    assert values.numbers(["a=1e3"], "--set") == {"a": 1000.0}
    for text in ("a", "a=", "a=x", "a=nan", "a=__import__('os')"):
        with pytest.raises(UsageError, match="--set a"):
            values.numbers([text], "--set")
