"""What is done to measured moments and fields before any physics.

:mod:`~glasspara.data.corrections.corrections`
    what the user gives to correct by, and the order in which it is applied
:mod:`~glasspara.data.corrections.background`
    runs of the holder alone, or its susceptibility, taken from the moments
:mod:`~glasspara.data.corrections.field_standard`
    the M(H) run of a paramagnetic standard, and what it says about the field of the magnet
:mod:`~glasspara.data.corrections.true_field`
    runs of a sample at their true field, and the errors that this brings

Their findings are in ``glasspara/data/findings.toml``.
"""
