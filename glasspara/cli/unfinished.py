"""Names of before, for commands that are not converted yet; goes with the last of them."""

from __future__ import annotations

from glasspara.cli.output import Unfinished

__all__ = ["Unfinished"]
