"""Every option of every command: empty values, values given twice, help in two lengths, settings in the report."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys

import pytest
import typer.main

from glasspara.app import COMMANDS, application
from glasspara.cli import commands as grouping
from glasspara.cli.commands import _invocation


def parameters(name):
    """Parameters of a command, as the command line has them."""
    return typer.main.get_command(application([name, "cite"])).commands[name].params


def options(name):
    return [item for item in parameters(name) if item.param_type_name == "option" and not item.is_eager]


def files(name):
    """A word for the argument, where there is one; no option is looked at before it is there."""
    return ["x.dat"] if any(item.param_type_name == "argument" for item in parameters(name)) else []


def value(item):
    return [] if item.is_flag else ["1"]


@pytest.mark.parametrize("name", COMMANDS)
def test_an_empty_value_is_no_absent_option(glasspara, name):
    valued = [item for item in options(name) if not item.is_flag]
    for item in valued:
        refused = glasspara(name, *files(name), item.opts[0], "")
        assert refused.status == 2, item.opts[0]
        assert refused.out == ""
        assert refused.err.startswith(f"error: {item.opts[0]}: the value is empty. ")
        assert len(refused.err.splitlines()) == 1
    for item in valued[-1:]:  # the same rule, however the value is written
        assert glasspara(name, *files(name), f"{item.opts[0]}=").err == refused.err
        assert glasspara(name, *files(name), item.opts[0], " ").err == refused.err


@pytest.mark.parametrize("name", COMMANDS)
def test_commands_that_fit_the_etm_say_what_the_instrument_may_do(name):
    known = {item.name for item in options(name)}
    if {"n_fe", "fix"} <= known:
        assert {"allowances", "instrument"} <= known


@pytest.mark.parametrize("name", COMMANDS)
def test_an_option_that_is_not_repeatable_is_given_once(glasspara, name):
    for item in options(name):
        if item.multiple:
            continue
        for second in {item.opts[-1], (*item.secondary_opts, item.opts[-1])[0]}:
            refused = glasspara(name, *files(name), item.opts[0], *value(item), second, *value(item))
            assert refused.status == 2, item.opts[0]
            assert refused.out == ""
            assert f"{item.opts[0]}" in refused.err
            assert "is given twice. Give it once" in refused.err
            assert len(refused.err.splitlines()) == 1


def test_an_empty_name_of_a_file_is_refused(glasspara):
    refused = glasspara("fit", "")
    assert (refused.status, refused.out) == (2, "")
    assert refused.err.startswith("error: FILE: the value is empty")


def test_repeatable_options_say_so(glasspara):
    for name in ("fit", "simulate", "subtract", "reproduce", "anomaly"):
        for item in options(name):
            if item.multiple and item.opts[0] != "--windows":
                assert "repeatable" in item.help, item.opts[0]


# --- help --------------------------------------------------------------------------------------------------


def flags(text):
    """The flags that a help text explains."""
    return {line.split()[0].split("/")[0] for line in text.splitlines() if line.startswith("  --")}


def test_short_help_shows_a_dozen_options_an_example_and_where_the_rest_is(glasspara):
    short, same, full = (glasspara("fit", flag) for flag in ("-h", "--help", "--help-all"))
    assert short.status == same.status == full.status == 0
    assert short.out == same.out
    assert {"--mass", "--sample", "--n-fe", "--model", "--fix", "--minos", "--out", "--json"} < flags(
        short.out
    )
    assert 10 <= len(flags(short.out) - {"--help-all"}) <= 15
    assert "Example:\n  glasspara fit run.dat --mass 35.7 --out results\n" in short.out
    assert "fit --help-all" in short.out.splitlines()[-1]
    everything = {item.opts[0] for item in options("fit")}
    assert everything - {"--quiet"} <= flags(full.out)  # that one comes after -q
    assert "-q, --quiet" in full.out


@pytest.mark.parametrize("name", COMMANDS)
def test_help_fits_80_columns_and_breaks_no_word(glasspara, name, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    for flag in ("-h", "--help-all"):
        shown = glasspara(name, flag)
        assert shown.status == 0
        lines = shown.out.splitlines()
        assert max(map(len, lines)) <= 80
        words = shown.out.split()
        for item in parameters(name):
            if flag == "--help-all" or " more option" not in lines[-1]:
                assert set((item.help or "").split()) <= set(words), item.name


def test_help_of_the_program_names_every_command(glasspara, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    shown = glasspara("-h")
    assert all(any(line.startswith(f"  {name} ") for line in shown.out.splitlines()) for name in COMMANDS)
    everything = glasspara("--help-all")
    for name in COMMANDS:
        assert f"{name} [OPTIONS]" in everything.out
    assert max(map(len, everything.out.splitlines())) <= 80


def test_without_arguments_the_program_greets(glasspara):
    greeting = glasspara()
    assert (greeting.status, greeting.err) == (0, "")
    for name in ("fit", "universality", "inspect", "subtract"):
        assert f"  glasspara {name} FILE..." in greeting.out
    assert "glasspara -h" in greeting.out
    assert max(map(len, greeting.out.splitlines())) <= 80


@pytest.mark.parametrize("arguments", [[], ["--version"], ["--help"], ["--help-all"], ["fit", "-h"]])
def test_what_only_tells_about_the_program_loads_nothing_heavy(arguments):
    code = (
        f"import sys; sys.argv = ['glasspara', *{arguments}]\n"
        "from glasspara.app import run\n"
        "try:\n    run()\nexcept SystemExit:\n    pass\n"
        "print(sorted({'numpy', 'scipy', 'pandas', 'matplotlib', 'iminuit', 'rich.console'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


# --- settings ----------------------------------------------------------------------------------------------


OUTPUT_ONLY = {
    "out", "force", "no_files", "json", "quiet", "html", "plots", "format", "titles", "decompose", "columns",
}  # fmt: skip
"""Options that say where results go, and in what form."""

WORKERS = {"jobs", "cluster", "skip_unsuitable"}
"""Options that say who computes: results are the same for any. What was skipped is no input of the report."""


def recorded(monkeypatch, name):
    """The settings that a command with default options hands on to its report; None where it has no report."""
    found = []
    monkeypatch.setattr(grouping, "_invocation", lambda *asked: found.append(_invocation(*asked)))
    program = typer.main.get_command(application([name, "cite"]))
    with contextlib.suppress(Exception):  # the command itself has no file to work on, and no Invocation
        program([name, *(["x.dat"] if files(name) else [])], standalone_mode=False)
    return found[0].settings if found else None


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_that_a_result_depends_on_is_a_setting_of_the_report(monkeypatch, working_folder, name):
    if not any(item.name == "settings" for item in parameters(name)):
        assert name in {"init", "presets", "schema", "cite", "environment"}  # these have no report
        return
    names = {item.opts[0].removeprefix("--").replace("-", "_") for item in options(name)}
    assert set(recorded(monkeypatch, name)) == names - OUTPUT_ONLY - WORKERS - {"settings"}


def test_the_report_has_every_setting_under_the_name_of_its_option(glasspara, fixtures):
    run = fixtures / "pure-ll" / "pure-LL-synthetic_MT_20000Oe.rso.dat"
    given = ("subtract", run, "--n-fe", "1.657e17", "--exclude", "40", "--t-range", "2:200", "--json")
    document = json.loads(glasspara(*given).out)
    assert document["argv"] == [str(word) for word in given]
    assert document["settings"]["n_fe"] == "1.657e17"
    assert document["settings"]["exclude"] == ["40"]
    assert document["settings"]["errors"] == "auto"  # defaults are settings, too
    assert document["settings"]["fix"] is None
