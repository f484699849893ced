"""Can anything ordinary make these data? The best description of them by ordinary magnetism as a whole.

``ordinary_magnetism`` fits the cone of everything that a glass may hold beside tunnelling systems: one convex problem
with one optimum, no start values, and a certificate. ``directions_of`` and ``chi2_with_directions`` grant the same
errors of the instrument to any other model that is to be compared.

Modules: ``dictionary`` (what there is), ``responses`` (how it is computed), ``solver`` (non-negative least squares;
errors of single runs, taken out), ``directions`` (errors of the instrument), ``cone`` (the fit).
"""

from glasspara.ordinary.cone import ConeFit, ExtraColumn, ordinary_magnetism
from glasspara.ordinary.dictionary import Component, Dictionary, Entry, ordinary_dictionary
from glasspara.ordinary.directions import (
    Curve,
    Direction,
    DirectionFit,
    Directions,
    DirectionWidths,
    chi2_with_directions,
    directions_of,
)
from glasspara.ordinary.solver import Certificate, eliminate

__all__ = [
    "Certificate",
    "Component",
    "ConeFit",
    "Curve",
    "Dictionary",
    "Direction",
    "DirectionFit",
    "DirectionWidths",
    "Directions",
    "Entry",
    "ExtraColumn",
    "chi2_with_directions",
    "directions_of",
    "eliminate",
    "ordinary_dictionary",
    "ordinary_magnetism",
]
