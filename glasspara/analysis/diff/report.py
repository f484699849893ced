"""The report of ``diff``: JSON block, CSV table, terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypedDict

from glasspara.analysis.diff.comparison import ROUNDING, DiffResult, FindingPair
from glasspara.analysis.diff.documents import Pair, relative
from glasspara.findings import AssessmentBlock, FindingBlock
from glasspara.report import NamedFile, Report
from glasspara.report.table import Sheet
from glasspara.report.terminal import Column, show_assessment, show_sentence, show_table
from glasspara.wording import value_with_error

if TYPE_CHECKING:
    from rich.console import Console


TABLE = "differences.csv"
_MOST = 20  # rows of a table at the terminal


class ComparedReportBlock(TypedDict):
    """One of the two reports."""

    path: str
    glasspara_version: str


class InputPairBlock(TypedDict):
    """A file of both reports, by content, path or name; null in a report that does not have it."""

    a: NamedFile | None
    b: NamedFile | None
    state: Literal["same", "moved", "changed", "only-a", "only-b"]


class PairBlock(TypedDict):
    """A number or statement that differs. ``count``: how many of a long list do; this is the one that differs most."""

    group: str
    name: str
    a: Any
    b: Any
    count: int


class QuantityPairBlock(TypedDict):
    """A value with its error in both reports; ``moved`` is B less A in standard errors."""

    group: str
    name: str
    unit: str
    a: float | None
    a_error: float | None
    b: float | None
    b_error: float | None
    moved: float | None


class DiffBlock(TypedDict):
    """Two reports of one command; ``quantities`` and ``verdicts`` are all of them, the rest is what differs."""

    command: Annotated[str, "a.command"]
    a: ComparedReportBlock
    b: ComparedReportBlock
    shared_data: bool
    inputs: list[InputPairBlock]
    settings: list[PairBlock]
    versions: list[PairBlock]
    verdicts: Annotated[list[PairBlock], "verdict_pairs"]
    quantities: list[QuantityPairBlock]
    numbers: list[PairBlock]
    statements: list[PairBlock]
    findings: list[FindingPair]
    assessment: AssessmentBlock
    notes: list[FindingBlock]


def differences(result: DiffResult) -> Sheet:
    """A row for each quantity, and for each number, statement, setting, version and finding that differs."""
    return Sheet.of_rows(_COLUMNS, list(_rows(result)))


def about_reports(result: DiffResult) -> list[str]:
    """Which reports the table of their differences is of."""
    return [
        f"two reports of {result.a.command}",
        f"a {result.a.path}",
        f"b {result.b.path}",
        "moved: b less a in standard errors, "
        + ("the larger of the two" if result.shared_data else "both together, in quadrature"),
    ]


_COLUMNS = ("kind", "group", "name", "unit", "a", "a_error", "b", "b_error", "moved_standard_errors")


def _rows(result: DiffResult) -> Iterator[tuple[Any, ...]]:
    for pair in result.inputs:
        one, other = (file.path if file else "" for file in (pair.a, pair.b))
        yield ("input", pair.state, "", "", one, "", other, "", "")
    for kind, pairs in (
        ("setting", result.settings), ("version", result.versions), ("verdict", result.verdict_pairs),
    ):  # fmt: skip
        yield from (_row(kind, item) for item in pairs)
    for item in result.quantities:
        values = (item.a, item.a_error, item.b, item.b_error, item.moved)
        yield ("quantity", item.group, item.name, item.unit, *values)
    for kind, pairs in (("number", result.numbers), ("statement", result.statements)):
        yield from (_row(kind, item) for item in pairs)
    for found in result.findings:
        texts = (found.text, "", "", "") if found.report == "a" else ("", "", found.text, "")
        yield ("finding", found.group, found.code, "", *texts, "")


def _row(kind: str, item: Pair) -> tuple[Any, ...]:
    a, b = (value if value is None or _is_plain(value) else _shown(value) for value in (item.a, item.b))
    return (kind, item.group, item.name, "", a, "", b, "", "")


def _is_plain(value: Any) -> bool:
    return isinstance(value, (int, float, str)) and not isinstance(value, bool)


def show_diff(result: DiffResult, out: Console, names: tuple[str, str] = ("A", "B")) -> None:
    """What differs, and the values side by side; ``names`` are what the two reports are called."""
    columns = (Column(names[0], "text"), Column(names[1], "text"))
    for name, report in zip(names, (result.a, result.b), strict=True):
        show_sentence(f"{name}: {report.path} (glasspara {report.glasspara_version})", out)
    out.print()
    _show_inputs(result, out, names)
    rows = [(item.name, _shown(item.a), _shown(item.b)) for item in result.settings]
    _table(("setting", *columns), rows, out)
    rows = [(item.name, _shown(item.a), _shown(item.b)) for item in result.versions]
    _table(("version", *columns), rows, out)
    if result.assessment.status != "identical":
        rows = [(item.words, _shown(item.a), _shown(item.b)) for item in result.verdict_pairs]
        _table((Column("verdict of", "text"), *columns), rows, out)
        _show_quantities(result, out, names)
        differing = [item for item in result.numbers if relative(item.a, item.b) > ROUNDING]
        _show_pairs("number", differing, out, names)
        _show_pairs("statement", result.statements, out, names)
        for item in result.findings:
            place = f" ({item.group})" if item.group else ""
            show_sentence(f"{names[item.report == 'b']} only{place}: {item.text}", out)
        if result.findings:
            out.print()
    show_assessment(result.assessment, out, result.notes)


def _show_inputs(result: DiffResult, out: Console, names: tuple[str, str]) -> None:
    """Those that are not the same."""
    words = {
        "moved": "moved", "changed": "CHANGED", "only-a": f"{names[0]} only", "only-b": f"{names[1]} only",
    }  # fmt: skip
    rows = [
        (words[pair.state], *(file.path if file else "-" for file in (pair.a, pair.b)))
        for pair in result.inputs
        if pair.state != "same"
    ]
    _table(("file", *(Column(name, "path") for name in names)), rows, out)


def _show_quantities(result: DiffResult, out: Console, names: tuple[str, str]) -> None:
    """Those that stand least deep in the report, parameters say, and what there is room for of the others."""
    known = [item for item in result.quantities if item.differs or item.moved is not None]
    least = min((len(item.place) for item in known), default=0)
    levels = [[item for item in known if len(item.place) <= depth] for depth in range(least, least + 9)]
    shown = max((level for level in levels if len(level) <= _MOST), key=len, default=levels[0])
    if len(shown) > 2 * _MOST:
        shown = sorted(shown, key=lambda item: -abs(item.moved or 0.0))[: 2 * _MOST]
    rows = [
        (
            item.words,
            _measured(item.a, item.a_error),
            _measured(item.b, item.b_error),
            "" if item.moved is None else f"{item.moved:+.2g}",
        )
        for item in shown
    ]
    _table(
        (Column("value", "text"), *names, Column("moved\n/ error", "number")),
        rows,
        out,
        more=len(known) - len(shown),
    )


def _show_pairs(what: str, pairs: Sequence[Pair], out: Console, names: tuple[str, str]) -> None:
    """The least deep ones, without lists."""
    single = [item for item in pairs if len(item.place) <= 3 and item.count == 1]
    shown = sorted(single, key=lambda item: len(item.place))[:_MOST]
    rows = [(item.words, _shown(item.a), _shown(item.b)) for item in shown]
    holds: Literal["number", "text"] = "number" if what == "number" else "text"
    columns = (Column(what, "text"), *(Column(name, holds) for name in names))
    _table(columns, rows, out, more=len(pairs) - len(shown))


def _table(
    columns: Sequence[Column | str], rows: Sequence[Sequence[str]], out: Console, *, more: int = 0
) -> None:
    """A table and an empty line below it, or nothing without rows."""
    if rows:
        show_table(columns, rows, out)
    if more:
        title = columns[0].title if isinstance(columns[0], Column) else columns[0]
        show_sentence(f"and {more} {'more ' * bool(rows)}{title}{'s' * (more > 1)}: --json, or {TABLE}", out)
    if rows or more:
        out.print()


def _measured(value: float | None, error: float | None) -> str:
    return "-" if value is None else value_with_error(value, error)


def _shown(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:.6g}" if isinstance(value, float) else str(value)


REPORT = Report("diff", DiffBlock, show_diff, tables={TABLE: differences}, about=about_reports)
