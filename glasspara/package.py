"""What the package is: its version, and the faces of its rooms, which cost nothing until a name is used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

__version__ = "0.2.0"

Face = tuple[Callable[[str], Any], Callable[[], list[str]]]


def face(package: str, homes: Mapping[str, str]) -> Face:
    """``__getattr__`` and ``__dir__`` (PEP 562) of ``package``; ``homes`` gives the module of every name."""

    def load(name: str) -> Any:
        if name in homes:
            return getattr(import_module(homes[name]), name)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return load, lambda: sorted(homes)
