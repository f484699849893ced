"""From the bytes of a magnetometer file to rows of numbers; nothing here knows physics.

:mod:`~glasspara.files.source`
    a file name to text: what may be opened, unpacked and decoded
:mod:`~glasspara.files.multivu`
    the grammar of Quantum Design files: header, line of column names, table lines
:mod:`~glasspara.files.column_names`
    what the name of a column means, and the unit in it
:mod:`~glasspara.files.table`
    table lines to columns of numbers, with an account of every row; :class:`~glasspara.files.table.Points`
:mod:`~glasspara.files.flavours`
    which instrument wrote the file, and in which columns it holds its moments
:mod:`~glasspara.files.quality`
    how far the moments can be trusted: fits of scans, centring, copies of rows
:mod:`~glasspara.files.moments`
    the moment of each row and why it is taken: :func:`~glasspara.files.moments.extract`
:mod:`~glasspara.files.choice`
    why that moment is taken, and what there is to say about it
:mod:`~glasspara.files.exclusion`
    rows that the user leaves out
:mod:`~glasspara.files.states`
    rows by the state of the instrument: background subtracted, amplitude of the vibration

What is odd about a file is a :class:`~glasspara.findings.Finding`; its sentence is in ``findings.toml``. A whole file
is read by :func:`glasspara.read`.
"""
