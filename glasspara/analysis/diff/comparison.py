"""What differs between two reports, and how much that is in standard errors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import hypot
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Literal

from glasspara.analysis.diff.documents import Pair, Placed, Walk, place_text, relative, with_old_names
from glasspara.errors import InputError
from glasspara.findings import Answer, Assessment, Finding, finding
from glasspara.report import NamedFile
from glasspara.report.reading import StoredReport

if TYPE_CHECKING:
    from pandas import DataFrame

NEGLIGIBLE = 0.01
"""Standard errors by which a value may move without anybody caring: rounding, another processor or library."""

ROUNDING = 1.0e-6
"""The same for numbers without an error, relative."""

LARGE = 1.0
"""Standard errors from which on a move is one."""


@dataclass(frozen=True)
class InputPair:
    """A file of both reports, or of one (the other is None); ``state`` says what became of A's.

    "same" and "moved" have the same content, "changed" has the same name; "only-a", "only-b".
    """

    a: NamedFile | None
    b: NamedFile | None

    @property
    def state(self) -> Literal["same", "moved", "changed", "only-a", "only-b"]:
        if self.a is None or self.b is None:
            return "only-b" if self.a is None else "only-a"
        if self.a.sha256 != self.b.sha256:
            return "changed"
        return "same" if self.a.path == self.b.path else "moved"


@dataclass(frozen=True)
class QuantityPair(Placed):
    """A value with its error in both reports; None in one that does not have it.

    ``moved`` is B's value less A's in standard errors; None where one of them is missing or neither has an error.
    """

    unit: str
    a: float | None
    a_error: float | None
    b: float | None
    b_error: float | None
    moved: float | None

    @property
    def words(self) -> str:
        """Group and name; parameters are parameters."""
        return place_text(tuple(part for part in self.place if part != "parameters"))

    @property
    def differs(self) -> bool:
        return (self.a, self.a_error) != (self.b, self.b_error)


@dataclass(frozen=True)
class FindingPair:
    """Something that only one report says: the report, where in it, and the sentence."""

    report: Literal["a", "b"]
    group: str
    code: str
    level: str
    text: str


@dataclass(frozen=True, eq=False, repr=False)
class DiffResult(Answer):
    """Two reports of one command, side by side.

    ``quantities`` and ``verdict_pairs`` are there whether they differ or not, all else only where it differs.
    ``shared_data`` says whether the reports have an input in common: then a standard error is the larger of the two,
    else both together.
    """

    a: StoredReport
    b: StoredReport
    inputs: tuple[InputPair, ...]
    settings: tuple[Pair, ...]
    versions: tuple[Pair, ...]
    verdict_pairs: tuple[Pair, ...]
    quantities: tuple[QuantityPair, ...]
    numbers: tuple[Pair, ...]
    statements: tuple[Pair, ...]
    findings: tuple[FindingPair, ...]
    shared_data: bool
    assessment: Assessment
    notes: tuple[Finding, ...]

    def to_frame(self) -> DataFrame:
        """One row a quantity: group, name, unit, both values with their errors, and the move in standard errors."""
        from pandas import DataFrame

        rows = ({"group": item.group, "name": item.name, **vars(item)} for item in self.quantities)
        return DataFrame(rows).drop(columns="place")


def diff(a: StoredReport, b: StoredReport) -> DiffResult:
    """Hold two reports against each other.

    Raises
    ------
    InputError
        They are of different commands.
    """
    if a.command != b.command:
        raise InputError(
            f"is a report of {b.command}, but {a.path} is a report of {a.command}",
            where=b.path,
            remedy="Give two reports of the same command",
        )
    inputs = _pairs((*a.inputs, *a.others), (*b.inputs, *b.others))
    renamed = {
        pair.b.path: pair.a.path for pair in inputs if pair.a and pair.b and pair.a.path != pair.b.path
    }
    blocks = [{item["path"]: item for item in report.document.get("inputs", ())} for report in (a, b)]
    both = [(pair.a.path, pair.b.path) for pair in inputs if pair.a and pair.b]
    of_both = [
        (blocks[0][one], blocks[1][other]) for one, other in both if one in blocks[0] and other in blocks[1]
    ]
    walk = Walk(renamed).documents(a.document, b.document, of_both)
    shared = bool({item.sha256 for item in a.inputs} & {item.sha256 for item in b.inputs})
    quantities = tuple(_quantity(pair, shared=shared) for pair in _merged(walk.quantities))
    settings = tuple(_differing(a.settings, b.settings, renamed))
    versions = tuple(_differing(a.document.get("versions", {}), b.document.get("versions", {}), {}))
    verdicts = tuple(Pair(_asked(a.command, item.place), item.a, item.b) for item in walk.verdicts)
    findings = (*_only(walk, "a"), *_only(walk, "b"))
    numbers, statements = tuple(walk.numbers), tuple(walk.statements)
    notes = [finding("diff.settings-differ", names=[item.name for item in settings])] if settings else []
    if changed := [pair for pair in inputs if pair.state not in ("same", "moved")]:
        notes.append(finding("diff.inputs-differ", differing=len(changed), files=len(inputs)))
    elif files := sum(pair.a is not None and pair.a.sha256 is not None for pair in inputs):
        notes.append(finding("diff.inputs-same", files=files))
    if versions:
        notes.append(finding("diff.versions-differ", names=[item.name for item in versions]))
    return DiffResult(
        a, b, inputs, settings, versions, verdicts, quantities, numbers, statements, findings, shared,
        _assess(verdicts, quantities, numbers, statements, findings, identical=walk.identical), tuple(notes),
    )  # fmt: skip


def _pairs(a: Iterable[NamedFile], b: Iterable[NamedFile]) -> tuple[InputPair, ...]:
    """The files of both reports: by content, then by path, then by name."""
    rest, pairs, left = list(b), dict[NamedFile, NamedFile](), list(a)
    rules: tuple[Callable[[NamedFile, NamedFile], bool], ...] = (
        lambda one, other: one.sha256 == other.sha256 and one.path == other.path,
        lambda one, other: one.sha256 == other.sha256 and one.sha256 is not None,
        lambda one, other: one.path == other.path,
        lambda one, other: PurePath(one.path).name == PurePath(other.path).name,
    )
    for same in rules:
        for one in [item for item in left if item not in pairs]:
            found = next(
                (other for other in rest if other.named_by == one.named_by and same(one, other)), None
            )
            if found is not None:
                rest.remove(found)
                pairs[one] = found
    return (*(InputPair(item, pairs.get(item)) for item in left), *(InputPair(None, item) for item in rest))


def _asked(command: str, place: tuple[str, ...]) -> tuple[str, ...]:
    """Whose verdict stands at ``place``: the command's, or that of a part of it."""
    inner = place if place[-1] != "assessment" else place[:-1]
    return (command, words) if (words := place_text(inner)) else (command,)


def _differing(a: Mapping[str, Any], b: Mapping[str, Any], renamed: Mapping[str, str]) -> Iterable[Pair]:
    for name in sorted(a.keys() | b.keys()):
        if a.get(name) != with_old_names(b.get(name), renamed):
            yield Pair((name,), a.get(name), b.get(name))


def _merged(pairs: Iterable[Pair]) -> list[Pair]:
    """A parameter of one report may be derived in the other, as the iron's share is: these belong side by side."""
    found: dict[tuple[str, ...], Pair] = {}
    for pair in pairs:
        place = tuple("parameters" if part == "derived" else part for part in pair.place)
        other = found.get(place, pair)
        found[place] = Pair(place, other.a or pair.a, other.b or pair.b)
    return sorted(found.values(), key=lambda pair: (len(pair.place), pair.place[:-1]))


def _quantity(pair: Pair, *, shared: bool) -> QuantityPair:
    a, b = pair.a or {}, pair.b or {}
    values, errors = (a.get("value"), b.get("value")), (a.get("error"), b.get("error"))
    known = [error for error in errors if error]
    moved = None
    if values[0] is not None and values[1] is not None and known:
        moved = (values[1] - values[0]) / (max(known) if shared else hypot(*known))
    unit = a.get("unit") or b.get("unit") or ""
    return QuantityPair(pair.place, unit, values[0], errors[0], values[1], errors[1], moved)


def _only(walk: Walk, report: Literal["a", "b"]) -> Iterable[FindingPair]:
    mine, others = walk.findings if report == "a" else walk.findings[::-1]
    for key in mine - others:
        item = walk.texts[key]
        yield FindingPair(report, key[0], str(item["code"]), str(item["level"]), str(item.get("text", "")))


def _assess(
    verdicts: Sequence[Pair],
    quantities: Sequence[QuantityPair],
    numbers: Sequence[Pair],
    statements: Sequence[Pair],
    findings: Sequence[FindingPair],
    *,
    identical: bool,
) -> Assessment:
    """How much differs, as a whole, and what most."""
    if identical:
        return Assessment("diff", "identical", ())
    turned = [pair for pair in verdicts if pair.a != pair.b]
    reasons = [finding("diff.verdict-changes", place=pair.words, a=pair.a, b=pair.b) for pair in turned]
    differing = [item for item in quantities if item.differs]
    both = {item.name for item in quantities if item.a is not None and item.b is not None}
    of_one = list(dict.fromkeys(item.name for item in differing if item.name not in both))
    if of_one:
        reasons.append(finding("diff.values-of-one", names=of_one))
    moves = [(abs(item.moved), item.words) for item in quantities if item.moved]
    largest, most = max(moves, default=(0.0, ""))
    if moves:
        beyond = sum(move > LARGE for move, _ in moves)
        counts = {"beyond": beyond, "values": len(quantities), "most": most, "standard_errors": largest}
        reasons.append(finding("diff.values-move", **counts))
    if statements or findings:
        counts = {"statements": len(statements), "findings": len(findings)}
        reasons.append(finding("diff.says-otherwise", **counts))
    held = [
        Pair(item.place, item.a, item.b)
        for item in differing
        if item.moved is None and item.name not in of_one
    ]
    off = [item for item in (*held, *numbers) if relative(item.a, item.b) > ROUNDING]
    if off:
        most = max(off, key=lambda item: relative(item.a, item.b)).words
        reasons.append(finding("diff.numbers-differ", numbers=len(off), most=most))
    if turned or of_one or statements or findings or largest > LARGE:
        status = "different"
    elif off or largest > NEGLIGIBLE:
        status = "close"
    else:
        status = "same"
    return Assessment("diff", status, tuple(reasons))
