"""The active entries of a fit as few components that a physicist would name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from glasspara.arrays import FloatArray
from glasspara.ordinary.dictionary import Dictionary, Kind


@dataclass(frozen=True)
class Component:
    """Neighbouring entries of one row taken together, as they stand for one value between or a distribution.

    ``name`` says the row; ``symbol`` is the parameter along it, with its ``mean`` (by weight) and ``range``. ``weight``
    is in ``unit``. ``share_of_signal`` is its part of the magnetisation other than Larmor's: the sum of
    \\|contribution\\| over the points, over that of all components.
    """

    kind: Kind
    name: str
    symbol: str
    mean: float
    range: tuple[float, float]
    unit_of_parameter: str
    weight: float
    unit: str
    iron: float
    share_of_signal: float
    entries: tuple[int, ...]


PARAMETER_UNITS: Mapping[str, str] = {
    "J": "1",
    "D": "K",
    "theta": "K",
    "coupling": "K",
    "mu": "mu_B",
    "H_s": "Oe",
}


def components_of(dictionary: Dictionary, weights: FloatArray, signals: FloatArray) -> tuple[Component, ...]:
    """Components of the ``weights`` of a fit, the largest first; ``signals`` (entries,) are those of weight 1."""
    active = [int(index) for index in np.flatnonzero(weights > 0.0)]
    entries = dictionary.entries
    active.sort(key=lambda index: (entries[index].line, entries[index].place))
    sizes = signals[active] * weights[active]
    signal = dict(zip(active, (sizes / (sizes.sum() or 1.0)).tolist(), strict=True))
    groups: list[list[int]] = []
    for _, row in groupby(active, key=lambda index: entries[index].line):
        for index in row:
            last = groups[-1][-1] if groups else None
            near = (
                last is not None
                and entries[last].line == entries[index].line
                and entries[index].place - entries[last].place <= 1
            )
            if near:
                groups[-1].append(index)
            else:
                groups.append([index])
    found = [
        _component(dictionary, weights, group, sum(signal[index] for index in group)) for group in groups
    ]
    return tuple(sorted(found, key=lambda item: -item.share_of_signal))


def _component(dictionary: Dictionary, weights: FloatArray, group: list[int], share: float) -> Component:
    members = [dictionary.entries[index] for index in group]
    values, amounts = np.array([item.value for item in members]), weights[group]
    first = members[0]
    return Component(
        kind=first.kind,
        name=first.line,
        symbol=first.symbol,
        mean=float(values @ amounts / amounts.sum()),
        range=(float(values.min()), float(values.max())),
        unit_of_parameter=PARAMETER_UNITS[first.symbol],
        weight=float(amounts.sum()),
        unit=first.unit,
        iron=float(sum(item.iron * weight for item, weight in zip(members, amounts, strict=True))),
        share_of_signal=share,
        entries=tuple(group),
    )
