"""What every question is answered with: a result that shows itself, draws its figures and gives its report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sized
from html import escape
from typing import TYPE_CHECKING, Any, Protocol

from glasspara.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame

    from glasspara.findings import Assessment, Finding

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

    def to_frame(self) -> DataFrame:
        """The result as a table."""
        raise NotImplementedError

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

    def plot(self, name: str | None = None) -> Figure:
        """The figure ``name`` of :meth:`figures`, or the first; its axes are ``.axes``.

        Raises
        ------
        UsageError
            There is no such figure, or the result does not come from a function of :mod:`glasspara`.
        """
        drawn = self.figures()
        if name is None and drawn:
            return next(iter(drawn.values()))
        if name not in drawn:
            known = f"Known: {', '.join(drawn)}" if drawn else ""
            raise UsageError(
                f"there is no figure {name!r}" if name else "there is nothing to draw", remedy=known
            )
        return drawn[name]

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
    lines = "".join(f"<li>{escape(str(item))}</li>" for item in items)
    return f"<ul>{lines}</ul>" if lines else ""
