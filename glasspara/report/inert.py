"""Text from files, made harmless for a terminal."""

from __future__ import annotations

import unicodedata


def inert(text: str) -> str:
    """``text`` with control, format and surrogate characters written out as escapes."""
    return "".join(
        char if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") else ascii(char)[1:-1]
        for char in text
    )
