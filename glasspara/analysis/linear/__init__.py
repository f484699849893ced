"""The linear algebra that several questions share: least squares, the F test with allowances, splines, projections.

Many questions about the data are linear. Does one curve of H/T describe all runs? Does the iron drift from run to run?
Does a window of temperature leave the fitted model, is there a wave beside it? Each is answered in the same way. A
:class:`LinearModel` is fitted, and an F test says whether further columns improve the fit by more than chance. Where
they do, the test is repeated with instrumental errors among the columns of the model (fields, thermometers and masses
that are off by the usual amounts, each with a Gaussian prior): what such errors could imitate is not established.

* ``least_squares``: :class:`LinearModel` (weighted columns, Gaussian knowledge of their coefficients, allowances),
  :class:`LinearFit` (residuals and projection; what further columns gain; :meth:`LinearFit.f_test`) and the outcome
  :class:`FTest`; :func:`f_test` makes one from two chi2; :func:`by_run` repeats columns for every run.
* ``splines``: cubic B-splines as columns (:func:`cubic_splines` on :func:`even_knots`), and :func:`splines_of` a run,
  which describe M(T) without the fitted model.
* ``tangent_space``: :func:`tangent` takes a nonlinear fit as a linear one at its minimum; :func:`by_thermometer` is
  what an error of the thermometer does to it.

p-values are those of :mod:`glasspara.fitting.judge.statistics`.
"""

from glasspara.analysis.linear.least_squares import (
    FTest,
    Gain,
    LinearFit,
    LinearModel,
    by_run,
    by_thermometer,
    f_test,
    orthonormal,
    tangent,
    weighted,
)
from glasspara.analysis.linear.splines import (
    SplineFit,
    Splines,
    cubic_splines,
    even_knots,
    splines_of,
)

__all__ = [
    "FTest",
    "Gain",
    "LinearFit",
    "LinearModel",
    "SplineFit",
    "Splines",
    "by_run",
    "by_thermometer",
    "cubic_splines",
    "even_knots",
    "f_test",
    "orthonormal",
    "splines_of",
    "tangent",
    "weighted",
]
