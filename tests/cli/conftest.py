"""Run the program in this process: arguments in, exit status and both streams out."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from typing import NamedTuple

import pytest

from glasspara.cli.main import run


class Outcome(NamedTuple):
    status: int
    out: str
    err: str


@pytest.fixture
def glasspara(monkeypatch, capfd) -> Callable[..., Outcome]:
    """``glasspara("fit", "run.dat")``; ``stdin`` gives the bytes that ``-`` reads."""

    def call(*arguments: object, stdin: bytes | None = None) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["glasspara", *map(str, arguments)])
        if stdin is not None:
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capfd.readouterr()
        status: object = 0
        try:
            run()
        except SystemExit as stop:
            status = stop.code or 0
        out, err = capfd.readouterr()
        return Outcome(status if isinstance(status, int) else 1, out, err)

    return call
