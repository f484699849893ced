"""A magnetisation curve with the slopes that errors of field and temperature need."""

from __future__ import annotations

from dataclasses import dataclass

from glasspara.arrays import FloatArray


@dataclass(frozen=True)
class Curve:
    """Magnetisation M at some points, emu/g, with dM/dH, emu g^-1 Oe^-1, and T dM/dT, emu/g; each of shape (n,)."""

    magnetisation: FloatArray
    by_field: FloatArray
    by_log_temperature: FloatArray

    def __add__(self, other: Curve) -> Curve:
        return Curve(
            self.magnetisation + other.magnetisation,
            self.by_field + other.by_field,
            self.by_log_temperature + other.by_log_temperature,
        )

    def scaled(self, factor: float | FloatArray) -> Curve:
        """The curve times ``factor``."""
        return Curve(self.magnetisation * factor, self.by_field * factor, self.by_log_temperature * factor)

    def moved(self, field: FloatArray, log_temperature: FloatArray) -> Curve:
        """The curve at H + ``field`` and T exp(``log_temperature``), to first order, its slopes unchanged."""
        change = self.by_field * field + self.by_log_temperature * log_temperature
        return Curve(self.magnetisation + change, self.by_field, self.by_log_temperature)
