"""The ATS term: the magnetisation of the collective tunnelling currents, eq. (10). How it is computed, on one page.

G. Jug and S. Recchia, arXiv:2111.12644; ``docs/theory.md`` has the derivations and the error budget.

**1. A better form.** (10) is a pair of integrals over the gap E with logarithms that are singular at their ends.
Written as an integral over the asymmetry, with D_min, the tunnelling cutoffs and the phase in units of 2kT,

``M = 2 pi n_ats (2kT/B) <K(d, c_b u) - K(d, c_a u)>``,   ``K(d, c) = int_d^inf dy/y [L(sqrt(y^2 + c^2)) - L(y)]``,

L(x) = ln cosh x, d = D_min/2kT, c_a,b = D_0min,max phi_1/2kT, no singularity is left. phi_1 is the Aharonov-Bohm
phase (7) of a loop across the field, u = \\|cos theta\\|. The mean over directions of K is again one function of two
variables, ``G(d, c) = int_0^1 du K(d, c u)``. So M is the difference of ONE universal function at two values of c.

**2. From arguments to d and c.** ``parameters`` holds the record :class:`AtsParameters`, checked where it is made, and
the laws (15) and (16) of the tunnelling number: with s(T) = N_tunn(T)/N_tunn(T0), D_min goes as s, the cutoffs
D_0 (Q/e) S4 as s^3. ``magnetisation`` broadcasts, goes through the points in chunks, forms d and c, calls
``kernel.difference``, and puts the prefactor back (convention "paper": (10) as printed; "exact": half of it).

**3. The universal function.** ``kernel`` chooses the regime by d and c. What it returns is divided by c^2, so that a
weak field costs no digits:

======================  ======================  =================================================================
d = D_min/2kT           c = D_0 phi/2kT         module: form
======================  ======================  =================================================================
d <= 0.5, warm          c <= 4                  ``warm``: -ln(d) r_0(c) + q(c) - sum_k d^2k r_k(c)/2k, polynomials
(the usual case)        c > 4                   ``warm`` on ``cold``: elementary + Phi(d), X(d) + exp(-2c) x polynomials
0.5 < d < 18, middle    c <= 20                 ``middle``: polynomials in two variables, three panels of d
                        c > 20                  ``middle`` on ``cold``: elementary + Phi(d), X(d) by Chebyshev series
d >= 18, cold           any                     ``cold``: the closed form of zero temperature
======================  ======================  =================================================================

``polynomials`` interpolates and evaluates the tables, which are built in memory at first use (10 to 25 ms).

**4. Close cutoffs.** Subtracting loses digits as D_0max -> D_0min: within 0.3 % ``kernel.difference`` integrates dG/dc
between the cutoffs instead.

**5. Derivatives.** All are analytic. The kernel gives F/c^2 and the derivatives of F (K or G) by ln c and ln d;
``magnetisation.derivatives`` is the chain rule to the parameters, T and H (s(T) moves d, c_a and c_b together).

**6. Beyond and below.** ``high_field``: the corrected two-level form (11), a mean over 28 directions of K with the
bent phase. ``limits``: weak field (12), (13), (14), strong field, vanishing D_min. The third level is the room
``glasspara.physics.three_level``.

Relative error of M below 1e-12 for 0.05 K <= T <= 400 K, H up to 160 kOe and D_min of 1e-4 to 20 K; no steps where
one form takes over from another, so that chi2 is smooth for a minimiser.
"""

from glasspara.physics.ats.high_field import (
    ats_high_field_magnetisation,
    characteristic_field,
    high_field_term,
    high_field_term_gradient,
)
from glasspara.physics.ats.limits import (
    ats_curvature,
    ats_weak_field_susceptibility,
    gap_integral,
    logarithm_of_d_min,
    strong_field_magnetisation,
    weak_field_amplitude,
    weak_field_susceptibility,
    weak_field_susceptibility_cold,
    weak_field_susceptibility_warm,
)
from glasspara.physics.ats.magnetisation import ats_magnetisation, ats_term, ats_term_gradient
from glasspara.physics.ats.parameters import (
    PHASE_PER_AREA,
    T_REFERENCE,
    AtsParameters,
    Law15,
    Law16,
    conventions,
    reduced_tunnelling_number,
    tunnelling_number_ratio,
)

__all__ = [
    "PHASE_PER_AREA",
    "T_REFERENCE",
    "AtsParameters",
    "Law15",
    "Law16",
    "ats_curvature",
    "ats_high_field_magnetisation",
    "ats_magnetisation",
    "ats_term",
    "ats_term_gradient",
    "ats_weak_field_susceptibility",
    "characteristic_field",
    "conventions",
    "gap_integral",
    "high_field_term",
    "high_field_term_gradient",
    "logarithm_of_d_min",
    "reduced_tunnelling_number",
    "strong_field_magnetisation",
    "tunnelling_number_ratio",
    "weak_field_amplitude",
    "weak_field_susceptibility",
    "weak_field_susceptibility_cold",
    "weak_field_susceptibility_warm",
]
