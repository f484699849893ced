"""A name for old imports only: see :mod:`glasspara.fitting.intervals.minos`."""

from glasspara.fitting.intervals.minos import ProfileCurve

__all__ = ["ProfileCurve"]
