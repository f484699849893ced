"""The start of matplotlib, without what costs half of it."""

from __future__ import annotations

import gc
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType

# What matplotlib loads and our figures never ask for: dates, buttons, names of TeX's glyphs, tags of photographs.
_ON_DEMAND = frozenset({
    "PIL.ExifTags", "fontTools.agl", "matplotlib._blocking_input", "matplotlib.category", "matplotlib.dates",
    "matplotlib.widgets",
})  # fmt: skip
_SPACE = "mpl_toolkits.mplot3d"


def load_matplotlib() -> None:
    """Load matplotlib for the program, which shows nobody the help of its classes and draws nothing in space.

    For each of a hundred classes matplotlib writes a list of all properties into a docstring when it is loaded. Of the
    fonts, those that ship with it are kept: it looks through all for each size and weight of letters.
    """
    if "matplotlib.figure" in sys.modules:
        return
    with _less():
        from matplotlib import artist

        written = artist.kwdoc
        setattr(artist, "kwdoc", lambda _: "")  # noqa: B010
        try:
            import matplotlib.backends.backend_agg
            import matplotlib.figure  # noqa: F401
        finally:
            artist.kwdoc = written
    from matplotlib import get_data_path
    from matplotlib.font_manager import fontManager

    own = [font for font in fontManager.ttflist if font.fname.startswith(get_data_path())]
    fontManager.ttflist = own or fontManager.ttflist


class _OnDemand:
    """Finds modules that are run when something of them is first used."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path, target) if name in _ON_DEMAND else None
        if spec is not None and spec.loader is not None:
            spec.loader = LazyLoader(spec.loader)
        return spec


@contextmanager
def _less() -> Iterator[None]:
    """Imports without what is not needed: axes in space, modules on demand, the search for garbage in between."""
    collecting = gc.isenabled()
    gc.disable()
    sys.meta_path.insert(0, _OnDemand)
    absent = _SPACE not in sys.modules
    if absent:
        sys.modules[_SPACE] = None  # type: ignore[assignment]
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Unable to import Axes3D")
            yield
    finally:
        if absent:
            del sys.modules[_SPACE]
        sys.meta_path.remove(_OnDemand)
        if collecting:
            gc.enable()
