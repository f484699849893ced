"""File names of profiles and contours, the same for tables and figures."""

from __future__ import annotations

from collections.abc import Sequence


def profile_stem(name: str) -> str:
    """ "profile_d_min"; "profile_mass_scale-1" for one of many."""
    return f"profile_{_plain(name)}"


def contour_stem(names: Sequence[str]) -> str:
    """ "contour_d_min_delta_mu"."""
    return f"contour_{'_'.join(map(_plain, names))}"


def _plain(name: str) -> str:
    return name.replace("[", "-").replace("]", "")
