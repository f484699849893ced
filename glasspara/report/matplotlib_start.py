"""The start of matplotlib, without what costs half of it."""

from __future__ import annotations

import sys


def load_matplotlib() -> None:
    """Load matplotlib for the program, which shows nobody the help of its classes.

    For each of a hundred classes matplotlib writes a list of all properties into a docstring when it is loaded. Of the
    fonts, those that ship with it are kept: it looks through all for each size and weight of letters.
    """
    if "matplotlib.figure" in sys.modules:
        return
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
