"""Text from files, made harmless for a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable


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
