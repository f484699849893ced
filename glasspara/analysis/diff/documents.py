"""Two JSON reports of one command, walked side by side whatever the command.

A mapping with ``value`` and ``error`` is a quantity, one with ``status`` and ``reasons`` a verdict, one with ``code``
and ``level`` a finding; what else differs is a number or a statement. Lists of mappings are matched by what names their
items: a name, a set point, the runs of a fit.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, TypeAlias

KeyPath: TypeAlias = tuple[str, ...]

FRAME = {
    "argv", "command", "files", "files_sha256", "glasspara_version", "inputs", "other_files", "schema_version",
    "settings", "settings_taken", "versions",
}  # fmt: skip
"""Keys of a report that are no results."""

_OF_FILES = {"file", "path"}  # two campaigns have runs of one set point in different files
_LONG = 12  # a longer list of numbers is one entry
_SHORT = 3  # names that are shown; of a longer list their number


@dataclass(frozen=True)
class Placed:
    """What stands at one place of both reports; ``place`` leads there, its last part being the name."""

    place: KeyPath

    @property
    def name(self) -> str:
        return self.place[-1]

    @property
    def group(self) -> str:
        return place_text(self.place[:-1])

    @property
    def words(self) -> str:
        """Group and name."""
        return place_text(self.place) or self.name


@dataclass(frozen=True)
class Pair(Placed):
    """What both reports hold there; None where a report has nothing.

    Of a long list of numbers it is the one that differs most, and ``count`` says how many differ.
    """

    a: Any
    b: Any
    count: int = 1


def place_text(place: KeyPath) -> str:
    """``place`` without the block that the command adds to the frame; of a list of blocks the item is kept."""
    return " ".join(filter(None, (place[0].partition("[")[2].rstrip("]"), *place[1:]))) if place else ""


@dataclass
class Walk:
    """All pairs of two documents.

    ``quantities`` and ``verdicts`` are there whether they differ or not, ``numbers`` and ``statements`` (text, true and
    false, parts that one report lacks) only where they differ. ``findings`` counts those of each report by the items of
    lists that they stand in, code, and what they are about; ``texts`` has each of them. ``renamed`` gives A's names of
    files that B has under others. ``identical`` says whether all results are, to the last digit.
    """

    renamed: Mapping[str, str] = field(default_factory=dict)
    quantities: list[Pair] = field(default_factory=list)
    verdicts: list[Pair] = field(default_factory=list)
    numbers: list[Pair] = field(default_factory=list)
    statements: list[Pair] = field(default_factory=list)
    findings: tuple[Counter[tuple[str, ...]], Counter[tuple[str, ...]]] = field(
        default_factory=lambda: (Counter(), Counter())
    )
    texts: dict[tuple[str, ...], Mapping[str, Any]] = field(default_factory=dict)
    identical: bool = False

    def documents(
        self, a: Mapping[str, Any], b: Mapping[str, Any], inputs: Iterable[tuple[Any, Any]] = ()
    ) -> Walk:
        """Both reports without their frames; of the frames only the blocks of the same ``inputs``."""
        self.identical = _text(a, {}) == _text(b, self.renamed)
        for one, other in inputs:
            name = PurePath(str(one["path"])).name
            for key in sorted((one.keys() | other.keys()) - {"path", "sha256"}):
                self._any(one.get(key), other.get(key), ("inputs", name, key))
        for name in sorted((a.keys() | b.keys()) - FRAME):
            self._any(a.get(name), b.get(name), (name,))
        return self

    def _any(self, a: Any, b: Any, place: KeyPath) -> None:
        kinds = [item for item in (a, b) if item is not None]
        if all(isinstance(item, Mapping) for item in kinds) and kinds:
            self._mappings(a, b, place)
        elif isinstance(a, list) and isinstance(b, list):
            self._lists(a, b, place)
        elif _is_number(a) and _is_number(b):
            if a != b:
                self.numbers.append(Pair(place, a, b))
        elif a != b and a != self._old(b):
            self.statements.append(Pair(place, _brief(a), _brief(b)))

    def _mappings(self, a: Mapping[str, Any] | None, b: Mapping[str, Any] | None, place: KeyPath) -> None:
        present = [item for item in (a, b) if item is not None]
        if all({"value", "error"} <= item.keys() and _is_number(item["value"]) for item in present):
            self.quantities.append(Pair(place, a, b))
            skipped = {"value", "error", "unit", "error_scaled", "error_with_instrument"}
        elif all(item.keys() == {"status", "reasons"} for item in present):
            self.verdicts.append(Pair(place, a and a["status"], b and b["status"]))
            skipped = {"status"}
        else:
            skipped = set()
        if a is None or b is None:
            if not skipped:
                self.statements.append(Pair(place, _brief(a), _brief(b)))
            return
        for name in sorted((a.keys() | b.keys()) - skipped - _OF_FILES):
            error = f"{name}_error"
            if error in a and error in b and _is_number(a[name]) and _is_number(b[name]):
                one, other = ({"value": item[name], "error": item[error]} for item in (a, b))
                self.quantities.append(Pair((*place, name), one, other))
            elif name.removesuffix("_error") == name or name.removesuffix("_error") not in a:
                self._any(a.get(name), b.get(name), (*place, name))

    def _lists(self, a: Sequence[Any], b: Sequence[Any], place: KeyPath) -> None:
        if a == self._old(b) and not any(isinstance(item, Mapping) for item in a):
            return
        if all(_is_finding(item) for item in (*a, *b)):
            self._count(a, b, place)
        elif (flat := _numbers(a)) is not None and (row := _numbers(b)) is not None and len(flat) > _LONG:
            self._long(flat, row, place)
        elif all(isinstance(item, Mapping) for item in (*a, *b)):
            for label, one, other in _matched(a, b):
                self._any(one, other, (*place[:-1], f"{place[-1]}[{label}]" if label else place[-1]))
        elif len(a) == len(b):
            for number, (one, other) in enumerate(zip(a, b, strict=True), 1):
                self._any(one, other, (*place, str(number)))
        else:
            self.statements.append(Pair(place, _brief(a), _brief(b)))

    def _long(self, a: Sequence[Any], b: Sequence[Any], place: KeyPath) -> None:
        if len(a) != len(b):
            self.statements.append(Pair(place, f"{len(a)} numbers", f"{len(b)} numbers"))
            return
        differing = [(one, other) for one, other in zip(a, b, strict=True) if one != other]
        if differing:
            worst = max(differing, key=lambda pair: relative(*pair))
            self.numbers.append(Pair(place, *worst, len(differing)))

    def _count(self, a: Iterable[Any], b: Iterable[Any], place: KeyPath) -> None:
        for counter, items in zip(self.findings, (a, b), strict=True):
            for item in items:
                about = {**(item.get("where") or {}), **(item.get("values") or {})}
                words = sorted(
                    f"{name}={self._old(value)}"
                    for name, value in about.items()
                    if isinstance(value, str) and name != "file"
                )
                of = " ".join(part.partition("[")[2].removesuffix("]") for part in place if "[" in part)
                key = (of, str(item["code"]), *words)
                counter[key] += 1
                self.texts[key] = item

    def _old(self, value: Any) -> Any:
        return with_old_names(value, self.renamed)


def with_old_names(value: Any, renamed: Mapping[str, str]) -> Any:
    """A text of B, or a list of them, with the names that A has for the files."""
    if isinstance(value, list):
        return [with_old_names(item, renamed) for item in value]
    if isinstance(value, str):
        for new in sorted(renamed, key=len, reverse=True):
            value = value.replace(new, renamed[new])
    return value


def _text(document: Mapping[str, Any], renamed: Mapping[str, str]) -> str:
    """All results of a report, with A's names of the files."""
    kept = {name: value for name, value in document.items() if name == "inputs" or name not in FRAME}
    escaped = {json.dumps(new)[1:-1]: json.dumps(old)[1:-1] for new, old in renamed.items()}
    return str(with_old_names(json.dumps(kept, sort_keys=True), escaped))


def _is_finding(item: Any) -> bool:
    return isinstance(item, Mapping) and {"code", "level"} <= item.keys()


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def relative(a: float | None, b: float | None) -> float:
    """The difference of two numbers relative to the larger; infinite where there is only one."""
    if a is None or b is None:
        return float("inf")
    return abs(b - a) / max(abs(a), abs(b)) if a != b else 0.0


def _numbers(items: Sequence[Any]) -> list[float | None] | None:
    """All numbers of a list or of a matrix, in a row; None where there is something else among them."""
    found: list[float | None] = []
    for item in items:
        inner = (
            _numbers(item) if isinstance(item, list) else [item] if _is_number(item) or item is None else None
        )
        if inner is None:
            return None
        found += inner
    return found


def _brief(value: Any) -> Any:
    """A statement as it can stand in a table: text, true and false as they are, of all else what it is."""
    if isinstance(value, Mapping):
        return "given"
    if isinstance(value, list):
        short = len(value) <= _SHORT and all(isinstance(item, str) for item in value)
        return ", ".join(value) if short else f"{len(value)} items"
    return value


# --- items of lists ------------------------------------------------------------------------------------------

_NAMES = ("name", "label", "term")
_TRAITS = ("kind", "nominal", "unit", "parameter", "axis", "run", "model", "x", "temperature_K", "from", "to")


def _name(item: Mapping[str, Any], *, more: Sequence[str], with_file: bool) -> str:
    """What an item of a list is called by what it has of ``_NAMES``, or else of ``more``; "" by nothing."""
    named = [name for name in _NAMES if name in item][:1]
    words = [_word(item[name]) for name in (*named, *more) if isinstance(item.get(name), (str, int, float))]
    if with_file and isinstance(item.get("file"), str):
        words.append(PurePath(item["file"]).name)
    for run in item.get("runs") or ():
        words += [_name(run, more=more, with_file=with_file)] if isinstance(run, Mapping) else [_word(run)]
    return " ".join(words)


def _word(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _matched(
    a: Sequence[Mapping[str, Any]], b: Sequence[Mapping[str, Any]]
) -> list[tuple[str, Mapping[str, Any] | None, Mapping[str, Any] | None]]:
    """The items of two lists in pairs, each with its name; a single one on either side needs none."""
    if len(a) == len(b) == 1:
        return [("", a[0], b[0])]
    for more, with_file in (((), False), (_TRAITS, False), (_TRAITS, True)):
        named = [{_name(item, more=more, with_file=with_file): item for item in items} for items in (a, b)]
        if len(named[0]) == len(a) and len(named[1]) == len(b) and named[0].keys() & named[1].keys():
            return [
                (name, named[0].get(name), named[1].get(name))
                for name in dict.fromkeys([*named[0], *named[1]])
            ]
    longest = max(len(a), len(b))
    return [(str(i + 1), a[i] if i < len(a) else None, b[i] if i < len(b) else None) for i in range(longest)]
