"""The terms of the magnetisation (17) as pure functions of arrays; nothing here knows files or fits.

``ats``: the tunnelling currents with two levels, (10) and (11). ``three_level``: the same with all three levels.
``ions``: Larmor and Langevin terms, and other ordinary magnetism.
"""
