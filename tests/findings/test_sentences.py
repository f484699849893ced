"""Every code has a sentence and every sentence a code; every sentence can be put together."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any, get_args

import pytest

from glasspara.analysis.curie.weak_laws import Nature
from glasspara.findings import Assessment, Finding, Where, _Words, entry_of, every_entry, finding, sentence
from glasspara.fitting.result import TRUSTED, Status
from tests.conftest import ROOT

PACKAGE = ROOT / "glasspara"
ENTRIES = dict(every_entry())
ROOMS = sorted({code.split(".")[0] for code in ENTRIES})
STATUS = "status-"
FILES = (".csv", ".json", ".png", ".toml")


# --- what the source says ------------------------------------------------------------------------------------


@cache
def modules() -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}


@cache
def texts_of() -> dict[Path, set[str]]:
    """All texts in each module; of an f-string its parts."""
    return {
        path: {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        for path, tree in modules().items()
    }


def folder_of(room: str) -> Path:
    return next(path for path in (PACKAGE / room, PACKAGE / "analysis" / room) if path.is_dir())


@cache
def calls(name: str) -> tuple[tuple[Path, ast.Call], ...]:
    """All calls of a function, wherever they are."""
    return tuple(
        (path, node)
        for path, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
    )


def pattern(text: ast.JoinedStr) -> str:
    """A regular expression with a group for each value of an f-string."""
    parts = [re.escape(part.value) if isinstance(part, ast.Constant) else "(.+)" for part in text.values]
    return "".join(map(str, parts))


@cache
def whole_codes() -> set[str]:
    """Codes that stand in the source as they are: also where they are handed on by a name."""
    known = re.compile(rf"(?:{'|'.join(ROOMS)})\.[a-z][a-z0-9-]*")
    every = set().union(*texts_of().values())
    return {text for text in every if known.fullmatch(text) and not text.endswith(("-", *FILES))}


@cache
def code_patterns() -> list[str]:
    """Codes that are put together in a call of ``finding``."""
    return [
        pattern(call.args[0])
        for path, call in calls("finding")
        if isinstance(call.args[0], ast.JoinedStr) and path.parent != PACKAGE / "findings"
    ]


# --- codes and entries ---------------------------------------------------------------------------------------


def test_every_code_has_a_sentence():
    assert whole_codes() - ENTRIES.keys() == set()
    assert len(whole_codes()) > 100
    for found in code_patterns():
        assert any(re.fullmatch(found, code) for code in ENTRIES), found


@pytest.mark.parametrize("room", ROOMS)
def test_every_sentence_is_used(room):
    """By its whole code, or by an f-string whose parts stand in the source of the room, or as a headline."""
    here = folder_of(room)
    said = set().union(*(found for path, found in texts_of().items() if here in path.parents))
    words = {word for text in said for word in (text, *text.split("."))}

    def used(code: str) -> bool:
        name = code.partition(".")[2]
        if name.startswith(STATUS):
            return True  # see below
        matches = (re.fullmatch(found, code) for found in code_patterns())
        return code in whole_codes() or any(match and set(match.groups()) <= words for match in matches)

    assert [code for code in ENTRIES if code.startswith(f"{room}.") and not used(code)] == []


def test_entries_have_what_they_need():
    for code, entry in ENTRIES.items():
        assert re.fullmatch(r"[a-z_]+\.[a-z0-9-]+", code), code
        assert entry["level"] in ("info", "warning", "error"), code
        assert set(entry) <= {"level", "text", "about", "most", "each", "choice"}, code
        assert not entry["text"].endswith("."), code
        assert entry.get("about", "x."), code
    with pytest.raises(KeyError, match="no sentence"):
        entry_of("fitting.no-such-code")
    with pytest.raises(KeyError, match="no sentence"):
        entry_of("kitchen.no-such-code")


# --- headlines -----------------------------------------------------------------------------------------------


def statuses() -> Iterator[tuple[str, str]]:
    """Room and status of every assessment in the source."""
    for path, call in calls("Assessment"):
        question = call.args[0]
        if path == PACKAGE / "fitting" / "result.py":
            continue  # fit_assessment: all of Status
        assert isinstance(question, ast.Constant), path
        (function,) = (
            node
            for node in ast.walk(modules()[path])
            if isinstance(node, ast.FunctionDef) and node.lineno < call.lineno <= (node.end_lineno or 0)
        )
        for status in values_of(call.args[1], function):
            yield str(question.value), status
    yield from (("fitting", status) for status in get_args(Status))


def values_of(expression: ast.expr, function: ast.FunctionDef) -> Iterator[str]:
    """The texts that an expression can be."""
    match expression:
        case ast.Constant(value=str(value)):
            yield value
        case ast.IfExp(body=body, orelse=other):
            yield from values_of(body, function)
            yield from values_of(other, function)
        case ast.Name(id=name):
            assigned = list(assignments(name, function))
            assert assigned, (name, function.name)
            for value in assigned:
                yield from values_of(value, function)
        case ast.Attribute(attr="nature"):
            yield from get_args(Nature)
        case ast.Attribute(attr="status"):  # of a fit: those that the function asks for, else any
            yield from set(compared(expression, function)) or get_args(Status)
        case _:
            raise AssertionError(f"{ast.unparse(expression)} in {function.name}: which statuses can that be?")


def compared(expression: ast.expr, function: ast.FunctionDef) -> Iterator[str]:
    """The texts that a function holds an expression against, one by one."""
    for node in ast.walk(function):
        if isinstance(node, ast.Compare) and ast.unparse(node.left) == ast.unparse(expression):
            yield from (item.value for item in node.comparators if isinstance(item, ast.Constant))


def assignments(name: str, function: ast.FunctionDef) -> Iterator[ast.expr]:
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name) and target.id == name:
                    yield node.value
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    for one, value in zip(target.elts, node.value.elts, strict=True):
                        if isinstance(one, ast.Name) and one.id == name:
                            yield value


def test_every_status_has_a_headline_and_every_headline_a_status():
    found = {f"{room}.{STATUS}{status}" for room, status in statuses()}
    assert found == {code for code in ENTRIES if code.partition(".")[2].startswith(STATUS)}
    for room, status in statuses():
        headline = Assessment(room, status, ()).headline
        assert headline.text
        assert headline.text == finding(f"{room}.{STATUS}{status}").text


# --- sentences -----------------------------------------------------------------------------------------------


def fields(template: str) -> dict[str, str]:
    """Names and formats of what stands in braces."""
    return {name: spec or "" for _, name, spec, _ in Formatter().parse(template) if name}


def examples(entry: Mapping[str, Any], template: str, seen: tuple[str, ...] = ()) -> Iterator[dict[str, Any]]:
    """Values with which a template can be put together, until every choice was taken once."""
    options = [list(example(entry, name, spec, seen)) for name, spec in fields(template).items()]
    for number in range(max(map(len, options), default=1)):
        found: dict[str, Any] = {}
        for values in options:
            found |= values[number % len(values)]
        yield found


def example(
    entry: Mapping[str, Any], name: str, spec: str, seen: tuple[str, ...]
) -> Iterator[dict[str, Any]]:
    match spec:
        case "choice" if name in seen:
            yield {}
        case "choice":
            for option, text in entry["choice"][name].items():
                value = {"true": True, "false": False, "none": None, "else": 0.5}.get(option, option)
                for more in examples(entry, text, (*seen, name)):
                    yield {name: value, **more}
        case "each":
            yield {name: list(examples(entry, entry["each"][name], (*seen, name)))}
        case "list" | "and" | "option":
            yield {name: ["d_min", "delta_mu"]}
        case "ranges" | "lines":
            yield {name: [[1, 3], [7, 7]]}
        case "pm":
            yield {name: [0.319, 0.067]}
        case "p" | "percent":
            yield {name: 0.0123}
        case _ if "|" in spec:
            yield from ({name: count} for count in (1, 2))
        case "" | "name" | "unit":
            yield {name: "word"}
        case _:
            yield {name: 3 if spec.endswith("d") else 0.25}


@pytest.mark.parametrize("code", ENTRIES)
def test_every_sentence_can_be_put_together(code):
    entry = ENTRIES[code]
    for values in examples(entry, entry["text"]):
        text = sentence(code, values)
        assert text.strip() == text
        assert text or values
        assert not re.search(r"[{}\n]|  ", text)


def test_a_choice_by_the_status_of_a_fit_knows_all_that_are_not_trusted():
    untrusted = set(get_args(Status)) - TRUSTED
    choices = [entry["choice"]["status"] for entry in ENTRIES.values() if "status" in entry.get("choice", {})]
    of_fits = [choice for choice in choices if "poor" in choice]
    assert of_fits
    for choice in of_fits:
        assert untrusted <= choice.keys() or "else" in choice


def test_findings_are_made_with_the_values_of_their_sentence():
    """Where a call states a code and all of its values, none that the sentence always needs is missing."""
    checked = 0
    for path, call in calls("finding"):
        argument = call.args[0]
        if not isinstance(argument, ast.Constant) or any(item.arg is None for item in call.keywords):
            continue
        given = {item.arg for item in call.keywords}
        needed = fields(ENTRIES[argument.value]["text"]).keys()
        assert needed <= given, (path.name, argument.value)
        checked += 1
    assert checked > 80


def stored() -> Iterator[tuple[Finding, str]]:
    """The findings of all stored reports, with their texts there."""

    def of(value: Any) -> Iterator[tuple[Finding, str]]:
        if isinstance(value, dict):
            if {"code", "level", "text", "values", "where"} <= value.keys():
                item = Finding(value["code"], value["level"], value["values"])
                if (
                    fields(entry_of(item.code)["text"]).keys() <= item.values.keys()
                ):  # names of files are not stored
                    yield item, value["text"]
            for item in value.values():
                yield from of(item)
        elif isinstance(value, list):
            for item in value:
                yield from of(item)

    for path in sorted((ROOT / "tests" / "analysis").glob("*/golden.json")):
        yield from of(json.loads(path.read_text(encoding="utf-8")))


def test_codes_and_values_of_a_report_are_enough_for_its_sentences():
    found = list(stored())
    assert len(found) > 20
    for item, text in found:
        assert text.endswith(item.text), item.code
        assert item.level == entry_of(item.code)["level"]


def test_values_can_stand_in_json():
    for item, _ in stored():
        assert json.loads(json.dumps(item.block))["values"] == dict(item.values)


# --- findings ------------------------------------------------------------------------------------------------


def test_a_place_stands_before_the_sentence_and_in_the_report():
    item = finding("fitting.tension", parameter="n_fe", standard_errors=3.5, side="above")
    assert item.at(file="a.dat", line=12).text == f"a.dat, line 12: {item.text}"
    assert item.at(file="a.dat").at(run="20 kOe").block["where"] == {"file": "a.dat", "run": "20 kOe"}
    assert item.block["where"] is None
    assert str(Where(parameter="n_fe")) == ""
    assert item.text == "the given n_fe is 3.5 standard errors above the value that the magnetisation gives"


def test_formats():
    entry = {"each": {"points": "line {line}"}, "most": 2, "text": ""}

    def words(template: str, **values: Any) -> str:
        return _Words(entry, values).of(template)

    assert words("{n:point|points}, {m:point|points}", n=1, m=3) == "1 point, 3 points"
    assert words("{lines:ranges}", lines=[[32, 60], [71, 71], [80, 81]]) == "32-60, 71 and 1 more"
    assert words("{lines:lines}", lines=[[32, 60]]) == "file lines 32-60"
    assert words("{lines:lines}", lines=[[7, 7]]) == "file line 7"
    assert words("{points:each}", points=[{"line": 3}, {"line": 9}]) == "line 3, line 9"
    assert words("{names:and}", names=["a", "b", "c"]) == "a, b and c"
    assert words("{names:list}", names=["a", "b", "c", "d"]) == "a, b and 2 more"
    assert words("{p:p}; {x:pm}; {e:percent}", p=0.21, x=[0.319, 0.067], e=0.0062) == (
        "p = 0.21; 0.32 ± 0.07; 0.62 %"
    )
