"""A sample file to fill in: every key that may stand there, with what it means."""

from __future__ import annotations

TEMPLATE = """\
# What is known of a sample apart from its magnetisation, for: glasspara fit FILE... --sample THIS_FILE
# Every key may be left out. Lines that begin with # are comments: take the # away from what you know.
# What is given on the command line goes before this file, and this file before the header of the data.

[sample]
# Name of the sample, for people.
name = ""

# Mass with its unit (kg, g, mg, ug), as weighed. Or as a number of mg: mass_mg = 35.7
# mass = "35.7 mg"

# Iron by mass spectrometry, atoms per gram of glass, and its standard deviation.
# Without n_fe_error the fit takes n_fe as exact; with it, as a measurement with that error.
# n_fe = 1.657e17
# n_fe_error = 0.019e17

# Part of the iron that is Fe2+, from 0 to 1: where the fit starts, or what it holds.
# fe2_fraction = 0.66

# What held the sample: straw, quartz rod, brass trough, capsule with its material and mass.
# holder = "quartz rod, GE varnish"

# Its susceptibility where its moment is proportional to the field: moment over field of the holder alone, emu/Oe (not
# per gram), negative for a diamagnet. It is subtracted. A measured run of the holder: --background FILE.
# holder_chi = -1.2e-9
# holder_chi_error = 0.1e-9

# Anything else worth knowing.
# note = "polished, stored dry"

# Shape and size, mm.
# [sample.geometry]
# shape = "plate"
# length_mm = 4.0
# width_mm = 4.0
# thickness_mm = 1.0
# diameter_mm = 3.0

# Other paramagnetic ions, as their number over the number of iron atoms: by element, or by ion in quotes.
# A ratio may have a standard deviation. compare counts them; elsewhere --trace-ions FILE does.
# [sample.trace_ions]
# Ti = 0.1
# Cr = { ratio = 0.1, error = 0.02 }
# "Mn2+" = 0.01
"""
