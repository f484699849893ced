"""Numbers, files and runs in words for people: value and error rounded together, by the rule of the Particle Data
Group; text from files made harmless for a terminal.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable, Sequence
from math import floor, isfinite, log10
from pathlib import PurePath


def value_with_error(value: float, error: float | None) -> str:
    """Value and error as "(4.227 ± 0.095)e-07", or "0.319 ± 0.067" where no power of ten is needed.

    The error keeps two figures if its first three lie in 100..354, else one;
    the value is cut at the same place.
    """
    if error is None or not isfinite(error) or error <= 0.0:
        return f"{value:.6g}"
    exponent = floor(log10(abs(value))) if value else floor(log10(error))
    leading = floor(log10(error))
    three = round(error / 10.0 ** (leading - 2))
    last = leading - 1 if three <= 354 else leading
    if last > exponent and value:
        return f"{value:.2g} ± {error:.2g}"  # cut at the place of such an error nothing would be left of the value
    if -3 <= exponent <= 4:
        decimals = max(-last, 0)
        return f"{round(value, -last):.{decimals}f} ± {round(error, -last):.{decimals}f}"
    decimals = max(exponent - last, 0)
    scale = 10.0**exponent
    return f"({value / scale:.{decimals}f} ± {error / scale:.{decimals}f})e{exponent:+03d}"


def two_errors(lower: float | None, upper: float | None) -> str:
    """Errors down and up as "-0.0016 +0.0017"; "?" for one that there is not."""
    down, up = ("?" if error is None else f"{error:.2g}" for error in (lower, upper))
    return f"-{down} +{up}"


SMALLEST_P = 1.0e-12
"""Probabilities below this are shown as a bound."""


def p_value(p: float | None) -> str:
    """As "p = 0.21"; very small ones as a bound."""
    if p is None:
        return "p unknown"
    return f"p = {p:.2g}" if p >= SMALLEST_P else f"p < {SMALLEST_P:g}"


def p_number(p: float) -> str:
    """The same for a table, whose heading says p: "0.21", "< 1e-12"."""
    return f"{p:.2g}" if p >= SMALLEST_P else f"< {SMALLEST_P:g}"


def shown_unit(unit: str) -> str:
    """A unit of reports for people: "K Å²" for "K A^2", which reads as ampere."""
    powers = {"A": "Å", "A^2": "Å²", "A^3": "Å³"}
    return " ".join(powers.get(part, part) for part in unit.split(" "))


_POWER = re.compile(r"\b(emu|g|Oe|K|A)\^(-?\d)\b")
_ION = re.compile(r"\b([A-Z][a-z]?)(\d\+)(?!-)")
_SUPERSCRIPTS = str.maketrans("-+0123456789", "⁻⁺⁰¹²³⁴⁵⁶⁷⁸⁹")


def raised(text: str) -> str:
    """``text`` as a printed page has it: powers of units ("g⁻¹", and "Å²" for A^2) and ions ("Fe²⁺")."""
    text = _ION.sub(lambda found: found[1] + found[2].translate(_SUPERSCRIPTS), text)
    return _POWER.sub(lambda found: found[1].replace("A", "Å") + found[2].translate(_SUPERSCRIPTS), text)


def percent(fraction: float) -> str:
    """A relative error as a person would say it: "0.62 %", "13 %", "490 %"."""
    return f"{100.0 * fraction:.2g} %" if fraction < 0.1 else f"{100.0 * fraction:.0f} %"


def shorten(paths: Sequence[str]) -> tuple[str, dict[str, str]]:
    """The folder that several files share, and their names from there; no folder and whole paths if there is none."""
    try:
        folder = os.path.commonpath([PurePath(path).parent for path in paths]) if len(paths) > 1 else ""
    except ValueError:  # absolute and relative ones
        folder = ""
    if folder in ("", os.sep):
        return "", {path: path for path in paths}
    return folder, {path: str(PurePath(path).relative_to(folder)) for path in paths}


def rows_text(read: int, used: int, dropped: dict[str, int]) -> str:
    """ "80 of 82 (1 no moment, 1 comment only)"."""
    reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(dropped.items()) if count)
    return f"{used} of {read}" + (f" ({reasons})" if reasons else "")


def runs_text(runs: Sequence[tuple[str, str]]) -> str:
    """``runs`` (kind and label) in words: "9 M(T) at 1 kOe, 2.5 kOe, 5 kOe, ..., 65 kOe"."""
    parts = []
    for kind, word in (("fixed-field", "M(T) at"), ("fixed-temperature", "M(H) at")):
        labels = [label for run_kind, label in runs if run_kind == kind]
        if labels:
            shown = labels if len(labels) <= 6 else [*labels[:3], "...", labels[-1]]
            count = f"{len(labels)} " if len(labels) > 1 else ""
            parts.append(f"{count}{word} {', '.join(shown)}")
    return "; ".join(parts)


def _escaped(char: str) -> str:
    return ascii(char)[1:-1]


def inert(text: str, *, escape: Callable[[str], str] = _escaped, keep: str = "") -> str:
    """``text`` with control, format and surrogate characters, but for those in ``keep``, written out as escapes."""
    if text.isascii() and text.isprintable():
        return text
    # by distinct characters: reports are long
    table = {
        ord(char): escape(char)
        for char in set(text) - set(keep)
        if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
    }
    return text.translate(table)
