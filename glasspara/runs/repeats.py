"""Repeated measurements at one set point, averaged into one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from glasspara.runs.run import WHOLE_NUMBERS, Run
from glasspara.runs.scatter import repeat_groups, repeat_scatter


def average_repeats(run: Run, *, errors: str = "auto") -> Run:
    """The run with one point for each stretch of measurements at one temperature and field, within one branch.

    Temperature, field and moment are plain means, the file line is that of the first. The standard deviation of a mean
    of n is the scatter of the repeats, pooled over the run, over sqrt(n). Where too few are repeated to know it, or
    ``errors`` is "instrument", it is that of the mean of n points with their own standard deviations; single points
    keep theirs. A run without repeats is returned as it is.
    """
    group = repeat_groups(run.temperature, run.instrument_field)
    group = np.concatenate(([0], np.cumsum((np.diff(group) != 0) | (np.diff(run.branch) != 0))))
    counts = np.bincount(group)
    if len(counts) == len(run):
        return run
    first = np.flatnonzero(np.diff(group, prepend=-1))
    means: dict[str, Any] = {
        name: values[first] if name in WHOLE_NUMBERS else np.bincount(group, weights=values) / counts
        for name, values in run.columns().items()
    }
    moment = means["moment"]
    means["sigma"] = sigma = np.sqrt(np.bincount(group, weights=run.sigma**2)) / counts
    pooled = (
        None if errors == "instrument" else repeat_scatter(run.temperature, run.instrument_field, run.moment)
    )
    source = run.sigma_source
    if pooled is not None:
        repeated = counts > 1
        sigma[repeated] = pooled.sigma(moment[repeated]) / np.sqrt(counts[repeated])
        source = pooled.words
    return replace(
        run,
        **means,
        sigma_source=f"{source}; means of {len(run)} measurements at {len(counts)} set points",
    )
