"""What to measure next: which further runs add most to a goal?

:func:`plan` fits the data, ranks candidate runs and puts the best of them together; :class:`Plan` is its result. A goal
is a parameter, a derived combination, several of them, or ``decide`` between the ETM and ordinary magnetism.
``candidates`` has the runs that are thought of, ``objectives`` what each of them is worth, ``planning`` the search.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from glasspara.package import face

__all__ = ["Noise", "Plan", "Reach", "plan"]

if TYPE_CHECKING:
    from glasspara.analysis.plan.candidates import Noise, Reach
    from glasspara.analysis.plan.planning import Plan, plan

__getattr__, __dir__ = face(
    __name__,
    dict.fromkeys(("Noise", "Reach"), "glasspara.analysis.plan.candidates")
    | dict.fromkeys(("Plan", "plan"), "glasspara.analysis.plan.planning"),
)
