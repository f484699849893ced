"""What is known of a sample apart from its magnetisation.

:mod:`~glasspara.sample.sample`
    :class:`~glasspara.sample.sample.Sample`, sample files, trace ions of users and of the source's tables
:mod:`~glasspara.sample.mass`
    the mass in a file's header, and masses that users type: nothing is guessed, nothing converted in silence
:mod:`~glasspara.sample.toml_input`
    TOML tables read with checks; presets use it as well

``template.toml`` is the sample file that ``glasspara init`` writes, ``trace_ions.toml`` the source's Tables 5-7.
"""
