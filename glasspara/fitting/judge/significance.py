"""A name for old imports only: see :mod:`glasspara.fitting.judge.statistics`."""

from glasspara.fitting.judge.statistics import chi2_p_value, f_p_value

__all__ = ["chi2_p_value", "f_p_value"]
