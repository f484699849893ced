"""What tells one set of replicates from another: their data, and how those are fitted."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from glasspara.arrays import FloatArray
from glasspara.fitting.problem.problem import Problem


def fingerprint(problems: Iterable[tuple[Problem, FloatArray]]) -> dict[str, str]:
    """Digests of the data ("data") and of all else ("settings") of problems with a point of each."""
    data, settings = sha256(), sha256()
    for problem, point in problems:
        points = problem.data
        for values in (points.temperature, points.field, points.magnetisation, points.sigma):
            data.update(values.tobytes())
        coordinates = problem.coordinates
        settings.update(
            repr(
                (
                    coordinates.model,
                    coordinates.names,
                    sorted(coordinates.held.items()),
                    sorted(coordinates.limits.items()),
                    sorted(problem.constraints.items()),
                    problem.nuisances,
                    point.tolist(),
                )
            ).encode()
        )
    return {"data": data.hexdigest(), "settings": settings.hexdigest()}
