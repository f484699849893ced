"""Progress where there is no terminal: a plain line now and then, with the time left."""

from __future__ import annotations

from time import sleep

import pytest

from glasspara.report.progress import LINE_EVERY, duration, going_on, progress, stages


@pytest.fixture
def clock(monkeypatch):
    """The seconds that have passed, to be set."""
    now = [0.0]
    monkeypatch.setattr("glasspara.report.progress.monotonic", lambda: now[0])
    return now


def test_a_line_now_and_then(clock, capsys):
    with progress("bootstrap") as report:
        for done in range(100, 1001, 10):  # 100 were there already
            clock[0] = 0.1 * (done - 100)
            report(done, 1000)
    assert capsys.readouterr().err.splitlines() == [
        "bootstrap: 250/1000, about 75 s left",
        "bootstrap: 400/1000, about 60 s left",
        "bootstrap: 550/1000, about 45 s left",
        "bootstrap: 700/1000, about 30 s left",
        "bootstrap: 850/1000, about 15 s left",
    ]


def test_short_work_and_quiet_work_say_nothing(clock, capsys):
    with progress("reading") as report:
        report(0, 2)
        clock[0] = 0.9 * LINE_EVERY
        report(1, 2)
        clock[0] = 2.0 * LINE_EVERY
        report(2, 2)
    with progress("reading", quiet=True) as report:
        report(0, 2)
        clock[0] += 2.0 * LINE_EVERY
        report(1, 2)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (99.4, "99 s"), (99.6, "2 min"), (3570.0, "60 min"), (12000.0, "3 h 20 min")],
)
def test_durations(seconds, words):
    assert duration(seconds) == words


def test_stages_follow_each_other(clock, capsys):
    with stages() as begin:
        for stage in ("fitting models", "simulating"):
            report = begin(stage)
            report(0, 4)
            clock[0] += LINE_EVERY
            report(1, 4)
    assert capsys.readouterr().err.splitlines() == [
        "fitting models: 1/4, about 45 s left",
        "simulating: 1/4, about 45 s left",
    ]


def test_a_terminal_shows_one_bar_at_a_time(monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with stages() as begin:
        for stage in ("fitting models", "simulating"):
            report = begin(stage)
            report(0, 2)
            report(2, 2)


@pytest.mark.parametrize("quiet", [False, True])
def test_a_long_silence_is_broken(monkeypatch, capsys, quiet):
    monkeypatch.setattr("glasspara.report.progress.LINE_EVERY", 0.02)
    monkeypatch.setattr("glasspara.report.progress.SILENCE", 0.05)
    with going_on("fit", quiet=quiet):
        sleep(1.0)
    lines = capsys.readouterr().err.splitlines()
    assert (len(lines) == 0) if quiet else (len(lines) > 1)
    assert set(lines) <= {"fit: 0 s so far", "fit: 1 s so far"}
    sleep(0.2)
    assert capsys.readouterr().err == ""  # it is over
