"""Points that somebody wants left out: by file line, temperature, branch or amplitude, or all flux jumps; ranges."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from glasspara.errors import UsageError

FLUX_JUMPS = "flux-jumps"
"""The word that asks for all points that are flagged as flux jumps."""

Bounds = tuple[float | None, float | None]
"""Lower and upper end, both inclusive; None is open."""


@dataclass(frozen=True)
class Temperatures:
    """All points from ``low`` to ``high`` (K), ends included; None is open. Where ``required``, none is an error."""

    low: float | None
    high: float | None
    required: bool = True


@dataclass(frozen=True)
class Amplitude:
    """All VSM rows of this peak amplitude, mm. Where ``required``, none is an error."""

    mm: float
    required: bool = True


@dataclass(frozen=True)
class Branch:
    """All points of the branches with this label: "cooling" is every cooling branch, "cooling (2)" the second.

    Where ``required``, none is an error.
    """

    label: str
    required: bool = True

    def names(self, label: str) -> bool:
        """Whether a branch with this label is one of them; the first "cooling" of a run has no number."""
        return self.label in (label, f"{label} (1)") or label.startswith(f"{self.label} (")


ExcludedRows = range | Temperatures | Amplitude
"""What can be left out of a table before it is cut into runs: a range of file lines, temperatures, an amplitude."""

Exclusion = str | int | range | Temperatures | Amplitude | Branch
"""FLUX_JUMPS, a file line, a range of file lines, temperatures, an amplitude, or a branch."""

_NUMBER = r"[0-9]{1,9}(?:\.[0-9]{0,9})?"
_PART = rf"""(?P<first>[0-9]{{1,9}})(?:-(?P<last>[0-9]{{1,9}}))?
      | T=(?P<low>{_NUMBER})?:(?P<high>{_NUMBER})?
      | amplitude=(?P<mm>{_NUMBER})
      | (?P<branch>warming|cooling|field[ -]up|field[ -]down)(?:\ ?\((?P<number>[0-9]{{1,4}})\))?"""


def excluded_lines(items: Iterable[Exclusion]) -> list[ExcludedRows]:
    """The items that are rows of a table: lines as ranges, temperatures, amplitudes.

    Raises
    ------
    UsageError
        An item is another word than FLUX_JUMPS, or a branch: branches are known only once there are runs.
    """
    rows: list[ExcludedRows] = []
    for item in items:
        if isinstance(item, range | Temperatures | Amplitude):
            rows.append(item)
        elif isinstance(item, int):
            rows.append(range(item, item + 1))
        elif isinstance(item, Branch):
            raise UsageError(
                f"the branch {item.label!r} of a file that is only read, not analysed, cannot be left out",
                remedy="Leave branches out of the samples of an analysis: load(), fit and other commands",
            )
        elif item != FLUX_JUMPS:
            raise UsageError(
                f"cannot exclude {item!r}", remedy=f"Give line numbers, ranges or {FLUX_JUMPS!r}"
            )
    return rows


def parse_exclusions(texts: Sequence[str], files: Sequence[str]) -> dict[str, tuple[Exclusion, ...]]:
    """What to leave out of each file, of texts such as "43", "run.dat:12-20,43", "T=40:65", "cooling", "flux-jumps".

    A file goes by its path as given or by its name alone. Without a file, lines are of the only one, everything else is
    left out of all files.

    Raises
    ------
    UsageError
        A text is something else, or does not say of which of several files.
    """
    found: dict[str, list[Exclusion]] = {path: [] for path in files}
    for text in texts:
        if text == FLUX_JUMPS:
            for items in found.values():
                items.append(FLUX_JUMPS)
            continue
        name, items = _split(text)
        if name or any(isinstance(item, range) for item in items):
            found[_file_of(name, text, files)] += items
            continue
        for path in found:  # a temperature that one of several files does not have is no slip of the pen
            found[path] += [item if len(found) == 1 else _optional(item) for item in items]
    return {path: tuple(items) for path, items in found.items() if items}


def _split(text: str) -> tuple[str, list[Exclusion]]:
    """File ("" for none) and items of a text; the shortest name after which everything can be read."""
    ends = [-1, *(i for i, char in enumerate(text) if char == ":")]
    for end in ends:
        items = [_item(part, text) for part in text[end + 1 :].split(",")]
        if all(item is not None for item in items):
            return text[: max(end, 0)], [item for item in items if item is not None]
    raise UsageError(
        f"--exclude: cannot read {text!r}",
        remedy=f"Write [FILE:]LINES (12-20,43), T=40:65, amplitude=1, cooling, or {FLUX_JUMPS}",
    )


def _item(part: str, text: str) -> Exclusion | None:
    """The item that a part of a text stands for; None where it stands for none."""
    match = re.fullmatch(_PART, part, re.VERBOSE)
    if match is None:
        return None
    if match["first"]:
        low, high = int(match["first"]), int(match["last"] or match["first"])
        if not 0 < low <= high:
            raise UsageError(f"--exclude {text}: {part} is not a range of lines", remedy="Lines count from 1")
        return range(low, high + 1)
    if match["branch"]:
        label = match["branch"].replace("-", " ")
        return Branch(f"{label} ({match['number']})" if match["number"] else label)
    if match["mm"]:
        if not float(match["mm"]) > 0.0:
            raise UsageError(f"--exclude {text}: an amplitude is positive, in mm")
        return Amplitude(float(match["mm"]))
    below, above = (float(match[end]) if match[end] else None for end in ("low", "high"))
    if below is not None and above is not None and not below < above:
        raise UsageError(f"--exclude {text}: in {part!r} the lower end is not below the upper")
    return None if below is above is None else Temperatures(below, above)


def _optional(item: Exclusion) -> Exclusion:
    return item if isinstance(item, str | int | range) else replace(item, required=False)


def _file_of(name: str, text: str, files: Sequence[str]) -> str:
    if not name:
        if len(set(files)) == 1:
            return files[0]
        raise UsageError(f"--exclude {text}: lines of which file?", remedy=f"Write FILE:{text}")
    named = [path for path in files if path == name] or [
        path for path in files if PurePath(path).name == name
    ]
    if len(set(named)) != 1:
        what = "is none of the files" if not named else "is the name of several files"
        raise UsageError(
            f"--exclude {text}: {name!r} {what}", remedy="Write the path as it stands in the command"
        )
    return named[0]
