"""From file names to the data that an analysis works on.

:mod:`~glasspara.data.loading`
    :func:`~glasspara.data.loading.load`: reads the files, finds the mass, cuts the window, applies the corrections
:mod:`~glasspara.data.dataset`
    :class:`~glasspara.data.dataset.Dataset`: the runs as specific magnetisation, emu/g
:mod:`~glasspara.data.selection`
    temperatures, fields and branches that are used
:mod:`~glasspara.data.copies`
    points that several files share
:mod:`~glasspara.data.corrections`
    the holder that is subtracted, and the true field by a standard

What is odd about the data is a :class:`~glasspara.findings.Finding`; its sentence is in ``findings.toml``.
"""
