"""The lower bounds of pyproject.toml as requirements for pip: ``python tests/lowest.py`` for ``make test-lowest``."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

_TOOLS = {"ruff", "mypy"}  # look at the code, do not run it


def pins() -> list[str]:
    """ "numpy==1.26" for every "numpy>=1.26" of the dependencies, of the cluster, the docs and the tests."""
    project = tomllib.loads(Path(__file__).parents[1].joinpath("pyproject.toml").read_text(encoding="utf-8"))[
        "project"
    ]
    extras = project["optional-dependencies"]
    found = [
        re.fullmatch(r"([\w-]+)>=([\w.]+)", text)
        for text in (*project["dependencies"], *extras["cluster"], *extras["docs"], *extras["dev"])
    ]
    return [f"{item[1]}=={item[2]}" for item in found if item is not None and item[1] not in _TOOLS]


if __name__ == "__main__":
    print("\n".join(pins()))
