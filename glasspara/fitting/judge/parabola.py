"""A name for old imports only: see :mod:`glasspara.fitting.judge.standard_errors`."""

from glasspara.fitting.judge.standard_errors import bent_errors

__all__ = ["bent_errors"]
