"""A name for old imports only: see :mod:`glasspara.fitting.judge.determination`."""

from glasspara.fitting.judge.determination import derived

__all__ = ["derived"]
