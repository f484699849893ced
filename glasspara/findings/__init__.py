"""Findings: what the program has to say, as data.

Warnings of the reader, notes of a fit, reasons of a verdict: each is a :class:`Finding`, made where the thing is known,
with a code and its numbers. Its sentence stands once, in the ``findings.toml`` of the room that makes it, and is put
together when somebody reads it (:mod:`glasspara.findings.sentences`). Decisions look at codes and numbers, never at
text. ``docs/findings.md`` lists all codes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypedDict

from glasspara.findings.sentences import entry_of, sentence

Level = Literal["info", "warning", "error"]


@dataclass(frozen=True)
class Where:
    """The place that a finding is about; what does not apply is left out.

    ``file`` and ``line`` of the input, ``run`` by its label ("20 kOe"), ``parameter`` by its name, ``t_range`` in K,
    ``h_range`` in Oe.
    """

    file: str = ""
    line: int | None = None
    run: str = ""
    parameter: str = ""
    t_range: tuple[float, float] | None = None
    h_range: tuple[float, float] | None = None

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
