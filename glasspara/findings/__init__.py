"""Findings: what the program has to say, as data.

Warnings of the reader, notes of a fit, reasons of a verdict: each is a :class:`Finding`, made where the thing is known,
with a code and its numbers. Its sentence stands once, in the ``findings.toml`` of the room that makes it, and is put
together when somebody reads it (:mod:`glasspara.findings`). Decisions look at codes and numbers, never at
text. ``docs/findings.md`` lists all codes.

:class:`Answer` is what every question is answered with: a result that shows itself, draws its figures and gives its
report.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path, PurePath
from string import Formatter
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypedDict

from glasspara.errors import UsageError, names_near
from glasspara.wording import p_value, percent, shown_unit, value_with_error

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame

_PACKAGE = Path(__file__).parent.parent
_TABLE = "findings.toml"


@cache
def _table(room: str) -> dict[str, dict[str, Any]]:
    for folder in (_PACKAGE / room, _PACKAGE / "analysis" / room):
        path = folder / _TABLE
        if path.is_file():
            return tomllib.loads(path.read_text(encoding="utf-8"))
    raise KeyError(f"no room {room!r} with a {_TABLE}")


def entry_of(code: str) -> dict[str, Any]:
    """The entry of "room.name".

    Raises
    ------
    KeyError
        If there is none.
    """
    room, _, name = code.partition(".")
    try:
        return _table(room)[name]
    except KeyError:
        raise KeyError(f"no sentence for the finding {code!r}") from None


def sentence(code: str, values: Mapping[str, Any]) -> str:
    """The sentence of the finding ``code`` with its ``values``, one line without a final full stop."""
    return " ".join(_Words(entry_of(code), values).of(entry_of(code)["text"]).split())


def every_entry() -> Iterator[tuple[str, dict[str, Any]]]:
    """Code and entry of all findings, sorted."""
    for path in sorted(_PACKAGE.rglob(_TABLE)):
        for name, entry in sorted(_table(path.parent.name).items()):
            yield f"{path.parent.name}.{name}", entry


class _Words(Formatter):
    """Puts one sentence together."""

    def __init__(self, entry: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        self._entry, self._values = entry, values

    def of(self, template: str) -> str:
        return self.vformat(template, (), self._values)

    def get_field(self, field_name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[Any, str]:  # noqa: ARG002
        """The value and its name: formats by the entry need to know it. Attributes are not looked up."""
        return (field_name, kwargs[field_name]), field_name

    def convert_field(self, value: Any, conversion: str | None) -> Any:
        name, inner = value
        return name, (repr(inner) if conversion == "r" else inner)

    def format_field(self, value: Any, format_spec: str) -> str:  # noqa: PLR0911, PLR0912
        name, value = value
        match format_spec:
            case "p":
                return p_value(value)
            case "percent":
                return percent(value)
            case "pm":
                return value_with_error(*value)
            case "list":
                return self._joined([str(item) for item in value])
            case "and":
                return _and(list(map(str, value)))
            case "option":
                return ",".join(map(str, value))
            case "name":
                return PurePath(value).name
            case "unit":
                return shown_unit(value)
            case "ranges":
                return self._joined([str(a) if a == b else f"{a}-{b}" for a, b in value])
            case "lines":
                one = len(value) == 1 and value[0][0] == value[0][1]
                return f"file line{'' if one else 's'} {self.format_field((name, value), 'ranges')}"
            case "each":
                template = self._entry["each"][name]
                return self._joined([_Words(self._entry, item).of(template) for item in value])
            case "choice":
                options = self._entry["choice"][name]
                return self.of(options.get(str(value).lower(), options.get("else", "")))
        if "|" in format_spec:
            one, many = format_spec.split("|")
            return f"{value} {one if value == 1 else many}"
        return format(value, format_spec)

    def _joined(self, items: Sequence[str]) -> str:
        """The first ``most`` items, all without that, and how many more there are."""
        most = self._entry.get("most", len(items))
        more = len(items) - most
        return ", ".join(items[:most]) + (f" and {more} more" if more > 0 else "")


def _and(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


Level = Literal["info", "warning", "error"]


@dataclass(frozen=True)
class Where:
    """The place that a finding is about; what does not apply is left out.

    ``file`` and ``line`` of the input, ``run`` by its label ("20 kOe"), ``parameter`` by its name.
    """

    file: str = ""
    line: int | None = None
    run: str = ""
    parameter: str = ""

    @property
    def given(self) -> dict[str, Any]:
        """What applies, by name."""
        return {name: value for name, value in vars(self).items() if value not in ("", None)}

    def __str__(self) -> str:
        """File and line as they stand before a message; the sentence names everything else where it matters."""
        return self.file if self.line is None else f"{self.file}, line {self.line}"


class FindingBlock(TypedDict):
    """A finding in a JSON report."""

    code: str
    level: Level
    text: str
    values: dict[str, Any]
    where: dict[str, Any] | None


@dataclass(frozen=True)
class Finding:
    """One thing that the program has found.

    ``code`` is "room.name", the key of its sentence; ``values`` are its numbers and names, ready for JSON.
    """

    code: str
    level: Level
    values: Mapping[str, Any] = field(default_factory=dict)
    where: Where = Where()

    @property
    def text(self) -> str:
        """The sentence, without a final full stop."""
        words = sentence(self.code, self.values)
        return f"{self.where}: {words}" if self.where.file else words

    @property
    def block(self) -> FindingBlock:
        """The finding as it stands in a report."""
        return {
            "code": self.code,
            "level": self.level,
            "text": self.text,
            "values": dict(self.values),
            "where": self.where.given or None,
        }

    def at(self, **place: Any) -> Finding:
        """The same finding with a place, or a more precise one."""
        return replace(self, where=replace(self.where, **place))

    def __str__(self) -> str:
        return self.text


def finding(code: str, where: Where | None = None, /, **values: Any) -> Finding:
    """A finding with the level that its entry in the table states.

    Raises
    ------
    KeyError
        If no room has a sentence for ``code``.
    """
    return Finding(code, entry_of(code)["level"], values, where or Where())


def blocks(findings: Iterable[Finding]) -> list[FindingBlock]:
    """``findings`` as they stand in a report."""
    return [item.block for item in findings]


class AssessmentBlock(TypedDict):
    """An assessment in a JSON report."""

    status: str
    reasons: list[FindingBlock]


@dataclass(frozen=True)
class Assessment:
    """The verdict on one question: the same object at the terminal, in the report and on the figure.

    ``question`` is the room that asks; its table has an entry "status-STATUS" for every ``status``: the headline.
    ``reasons`` say why, the most important one first. ``trusted`` says whether a script may go on (exit status 0) or
    the result is not to be trusted (exit status 5).
    """

    question: str
    status: str
    reasons: tuple[Finding, ...]
    trusted: bool = True

    @property
    def headline(self) -> Finding:
        """The verdict in a few words, with the level that its colour follows."""
        return finding(f"{self.question}.status-{self.status}")

    @property
    def block(self) -> AssessmentBlock:
        """The assessment as it stands in a report."""
        return {"status": self.status, "reasons": blocks(self.reasons)}


_MOST_ROWS = 20


class Origin(Protocol):
    """How a result came to be: which is all that its report has beside the result itself."""

    def document(self) -> dict[str, Any]:
        """The JSON report."""

    def figures(self) -> Mapping[str, Figure]:
        """The figures by the stems of their file names."""


class Answer:
    """Base of the results. A result that a function of :mod:`glasspara` gave knows its :class:`Origin`."""

    _origin: Origin | None = None

    @property
    def verdicts(self) -> tuple[Assessment, ...]:
        """The assessment; several where there are several answers, none where nothing is judged."""
        found = getattr(self, "assessment", None)
        return () if found is None else (found,)

    def table(self) -> Mapping[str, Any] | Sequence[Mapping[str, Any]]:
        """The result as a table, by its columns or row by row; the names of the columns contain the units."""
        raise NotImplementedError

    def to_frame(self) -> DataFrame:
        """The result as a table: see ``table`` of its class."""
        from pandas import DataFrame

        return DataFrame(self.table())

    def report(self) -> dict[str, Any]:
        """The JSON report, the same that the command prints with ``--json`` apart from ``argv``.

        Raises
        ------
        UsageError
            The result does not come from a function of :mod:`glasspara`.
        """
        return self._known_origin().document()

    def figures(self) -> dict[str, Figure]:
        """All figures of the command, drawn anew, by the stems of their file names.

        Raises
        ------
        UsageError
            The result does not come from a function of :mod:`glasspara`.
        """
        return dict(self._known_origin().figures())

    def plot(self, name: str | None = None) -> Axes:
        """The main axes of the figure ``name`` of :meth:`figures`, or of the first; a notebook shows the figure.

        The whole figure is ``.figure``, and all its panels ``.figure.axes``.

        Raises
        ------
        UsageError
            There is no such figure, or the result does not come from a function of :mod:`glasspara`.
        """
        drawn = self.figures()
        if name is None and drawn:
            name = next(iter(drawn))
        if name not in drawn:
            if not drawn or name is None:
                raise UsageError("there is nothing to draw")
            remedy = names_near(name, drawn, listed=".figures() has all")
            raise UsageError(f"there is no figure {name!r}", remedy=remedy)
        return drawn[name].axes[0]

    def _known_origin(self) -> Origin:
        if self._origin is None:
            raise UsageError(
                "this result does not know which files and settings it was made from",
                remedy="Call the function of glasspara itself: glasspara.fit(...), glasspara.compare(...)",
            )
        return self._origin

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_origin"}

    def __repr__(self) -> str:
        data = getattr(self, "data", None)
        counts = () if data is None else (counted(data.runs, "run"), counted(data, "point"))
        return summary(self, "; ".join(item.headline.text for item in self.verdicts), *counts)

    def _repr_html_(self) -> str:
        reasons = [reason for item in self.verdicts for reason in item.reasons]
        headlines = [item.headline for item in self.verdicts]
        return as_html(self, self.to_frame(), headlines, reasons, getattr(self, "notes", ()))


def come_from(result: Answer, origin: Origin) -> None:
    """Tell ``result``, which is frozen, where it comes from."""
    object.__setattr__(result, "_origin", origin)


def summary(source: object, *parts: str) -> str:
    """The short ``repr`` of ``source``."""
    text = ", ".join(part for part in parts if part)
    return f"<{type(source).__name__}{': ' if text else ''}{text}>"


def counted(things: Sized | int, name: str) -> str:
    """ "1 run", "9 runs"."""
    count = things if isinstance(things, int) else len(things)
    return f"{count} {name}{'' if count == 1 else 's'}"


def as_html(
    source: object,
    frame: DataFrame,
    headline: Iterable[object] = (),
    reasons: Iterable[object] = (),
    notes: Iterable[Finding] = (),
) -> str:
    """``source`` for a notebook: headline, reasons, a table of at most 20 rows, notes to unfold. Text is escaped."""
    from html import escape

    title = escape("; ".join(map(str, headline)) or type(source).__name__)
    folded = _list(notes)
    return "".join([
        f"<div class='glasspara'><p><b>{title}</b></p>",
        _list(reasons),
        frame.to_html(index=False, max_rows=_MOST_ROWS, float_format="{:.6g}".format, na_rep="", border=0),
        f"<details><summary>Notes</summary>{folded}</details>" if folded else "",
        "</div>",
    ])  # fmt: skip


def _list(items: Iterable[object]) -> str:
    from html import escape

    lines = "".join(f"<li>{escape(str(item))}</li>" for item in items)
    return f"<ul>{lines}</ul>" if lines else ""
