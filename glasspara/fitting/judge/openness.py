"""A name for old imports only: see :mod:`glasspara.fitting.judge.standard_errors`."""

from glasspara.fitting.judge.standard_errors import open_parameters, relative_errors

__all__ = ["open_parameters", "relative_errors"]
