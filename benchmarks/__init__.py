"""Benchmarks: every module here has a ``main()`` that prints ratios measured in one run."""
