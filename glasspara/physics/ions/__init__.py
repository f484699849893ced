"""Ordinary magnetism: diamagnetism, ions and particles, the parts of (17) besides the ATS term, and its rivals.

``ions`` is the table of J, g and Curie constants; ``langevin`` has the Larmor and Langevin terms of (17). The rivals
of the ATS term are ions with a zero-field splitting (``zero_field_splitting``), and those of ``rivals``: ions in a
mean field and magnetic particles.
"""
