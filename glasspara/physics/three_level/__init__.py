"""ATS with all three levels of Hamiltonian (6), at any phase; G. Jug and S. Recchia, arXiv:2111.12644, eqs. (6)-(9).

``levels`` has the exact spectrum of one ATS, ``magnetisation`` the term of (17): it integrates over D_0 by Gauss's
rule, with the mean over asymmetries and directions from ``kernel``, which looks it up in ``tables``
(``three_level.npz``, made by ``studies/three_level_tables.py``). Parameters, points and the laws of temperature are
those of ``glasspara.physics.ats``.
"""
