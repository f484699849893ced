"""From the rows of a file to runs: points at one field, or at one temperature.

:mod:`~glasspara.runs.measurement`
    :func:`~glasspara.runs.measurement.read`: one file to one :class:`~glasspara.runs.measurement.Measurement`
:mod:`~glasspara.runs.run`
    :class:`~glasspara.runs.run.Run` with its set point, standard deviations and warnings; averages of repeats
:mod:`~glasspara.runs.segmentation`, :mod:`~glasspara.runs.plateaus`
    where one run ends and the next begins, also where the field wanders
:mod:`~glasspara.runs.branches`
    warming, cooling, field up, field down; where the moment of a branch crosses zero
:mod:`~glasspara.runs.errors`, :mod:`~glasspara.runs.scatter`
    standard deviations: the instrument's, or the scatter of the points and of repeated measurements
:mod:`~glasspara.runs.outliers`
    flux jumps

What is odd about a run is a :class:`~glasspara.findings.Finding`; its sentence is in ``findings.toml``.
"""
