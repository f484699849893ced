"""Every console example of the README is what the program says.

A block that begins with three backticks and ``console`` holds commands after ``$ `` and, below each, what it prints.
All of them are run, in their order, in one folder with the fixtures and examples; a line ``...`` in the output, or
three dots at the end of a line, stands for what is left out. A command without output must end well. Commands that are
not glasspara's (make, pip, cd) are for the reader, and not run.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from glasspara.app import COMMANDS, run
from glasspara.sample import read_sample
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
UNTRUSTED = 5


@dataclass(frozen=True)
class Example:
    """A command line and the lines that stand below it."""

    line: str
    output: tuple[str, ...]


def console_examples(text: str) -> Iterator[Example]:
    """The examples of all console blocks; a line that ends in a backslash goes on."""
    for block in re.findall(r"^```console\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        for part in re.split(r"^\$ ", block.replace("\\\n", " "), flags=re.MULTILINE)[1:]:
            line, *output = part.splitlines()
            yield Example(line, tuple(output))


def commands_of(text: str) -> Iterator[str]:
    """Command lines beside the console blocks: indented, or in blocks of the shell."""
    shell = "".join(re.findall(r"^```(?:sh|bash)\n(.*?)^```", text, re.DOTALL | re.MULTILINE))
    yield from re.findall(r"^(?: {4}|)(glasspara .*)", shell, re.MULTILINE)
    yield from re.findall(r"^ {4}(glasspara .*)", text, re.MULTILINE)


EXAMPLES = [item for item in console_examples(README) if item.line.startswith("glasspara ")]


def squeezed(line: str) -> str:
    return " ".join(line.split())


def call(monkeypatch, capfd, folder: Path, line: str) -> tuple[int, str]:
    command, *arguments = shlex.split(line, comments=True)
    assert command == "glasspara"
    redirected = None
    if ">" in arguments:
        at = arguments.index(">")
        arguments, redirected = arguments[:at], folder / arguments[at + 1]
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "120")
    expanded = [
        str(path.relative_to(folder)) if "*" in word else word
        for word in arguments
        for path in (sorted(folder.glob(word)) if "*" in word else [folder])
    ]
    monkeypatch.setattr("sys.argv", ["glasspara", *expanded])
    capfd.readouterr()
    status = 0
    try:
        run()
    except SystemExit as stop:
        status = int(stop.code or 0)
    out, err = capfd.readouterr()
    if redirected is not None:
        redirected.write_text(out, encoding="utf-8")
        out = ""
    return status, out + err


def assert_shown(expected: tuple[str, ...], printed: str) -> None:
    """All lines of ``expected``, in their order; spaces count for nothing."""
    lines = iter([squeezed(line) for line in printed.splitlines()])
    for line in (squeezed(item) for item in expected):
        if not line or line in ("...", "…"):
            continue
        start = re.match(r"(.*?)\s*(\.\.\.|…)$", line)
        if start:
            assert any(found.startswith(start[1]) for found in lines), f"not printed, or not there: {line!r}"
        else:
            assert line in lines, f"not printed, or not there: {line!r}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder like a checkout, in which the examples may write."""
    path = tmp_path_factory.mktemp("readme")
    for name in ("fixtures", "examples"):
        (path / name).symlink_to(ROOT / name)
    return path


def test_console_examples_say_what_the_program_says(monkeypatch, capfd, folder):
    """One test for all: later examples read what earlier ones have written."""
    for example in EXAMPLES:
        status, printed = call(monkeypatch, capfd, folder, example.line)
        assert status in (0, UNTRUSTED), f"{example.line}\n{printed}"
        assert_shown(example.output, printed)


def test_there_are_examples():
    assert EXAMPLES, "the README has no console block with a command and its output: see the top of this file"
    assert any(item.output for item in EXAMPLES if item.line.startswith("glasspara fit "))


def test_the_reader_of_examples():
    text = "```console\n$ make demo\n$ glasspara fit a.dat \\\n  --mass 3\n  x   1\n...\ny 2 ...\n```\n"
    text += "glasspara reads files.\n\n    glasspara cite\n"
    make, example = console_examples(text)
    assert (make.line, make.output) == ("make demo", ())
    assert shlex.split(example.line) == ["glasspara", "fit", "a.dat", "--mass", "3"]
    assert_shown(example.output, "before\nx 1\nbetween\ny  2 and more\n")
    with pytest.raises(AssertionError, match="y 2"):
        assert_shown(example.output, "y 2 too early\nx 1\n")
    assert list(commands_of(text)) == ["glasspara cite"]


def test_other_command_lines_have_commands_and_options_that_exist(glasspara):
    """Those with files of the reader's own cannot be run: their options are compared with the help."""
    known: dict[str, str] = {}
    for line in commands_of(README):
        _, name, *words = shlex.split(line, comments=True)
        if name.startswith("-"):
            continue
        assert name in COMMANDS, line
        if name not in known:
            known[name] = glasspara(name, "--help-all").out
        for word in words:
            if word.startswith("--"):
                assert re.search(rf"{re.escape(word)}\b", known[name]), line


def test_sample_file_of_the_readme_is_valid(tmp_path):
    block = re.search(r"```toml\n(.*?)```", README, re.DOTALL)
    assert block
    path = tmp_path / "sample.toml"
    path.write_text(block[1], encoding="utf-8")
    sample = read_sample(path)
    assert (sample.mass_mg, sample.n_fe, sample.n_fe_error) == (96.8, 1.657e17, 0.019e17)


def test_every_command_is_in_the_readme():
    for name in COMMANDS:
        assert f"`{name}" in README
