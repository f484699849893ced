"""The one table of models: what each is, of which terms it is made, and how it is compared.

``--model``, ``compare``, their help and ``docs/models.md`` all derive from it: a new model is one entry and its
physics. Nothing heavy is imported before the terms of a model are asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from glasspara.model.parameters import ION_NAMES

if TYPE_CHECKING:
    from glasspara.model.terms import AtsTerm, Part, Term

Family = Literal["plain", "rival", "ats"]
"""Larmor and Langevin terms alone, with something in place of the ATS term, or with it."""

ION_CHOICES = {"fe2": ("n_fe2",), "fe3": ("n_fe3",), "both": ION_NAMES}
"""The concentrations of iron by the values of ``--ions``."""

_PARTS: dict[str, Part] = {"n_fe2": "fe2", "n_fe3": "fe3"}


@dataclass(frozen=True)
class ModelEntry:
    """One model.

    ``iron``, ``further`` and ``ats`` name the functions of :mod:`glasspara.model.terms` that make its terms beside
    the Larmor term: that of both ions, those of further terms, and that of the ATS term.
    ``slow`` models are compared only on request. Entries that are only compared name the model that they are a
    ``variant_of``: with the iron ``ions`` (a key of :data:`IONS`), or with trace ions.
    """

    name: str
    text: str
    family: Family
    iron: str = "brillouin_iron"
    further: tuple[str, ...] = ()
    ats: str = ""
    slow: bool = False
    variant_of: str = ""
    ions: str = "both"
    needs_trace_ions: bool = False

    def iron_terms(self) -> tuple[Term, ...]:
        from glasspara.model import terms

        return tuple(getattr(terms, self.iron)(name, part) for name, part in _PARTS.items())

    def further_terms(self) -> tuple[Term, ...]:
        from glasspara.model import terms

        return tuple(getattr(terms, name)() for name in self.further)

    def ats_term(self, orientation: str = "isotropic", convention: str = "paper") -> AtsTerm | None:
        """The ATS term with these conventions, if the model has one."""
        from glasspara.model import terms

        return getattr(terms, self.ats)(orientation, convention) if self.ats else None

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters, the Larmor susceptibility first; the field offset, a nuisance, is not among them."""
        ats = self.ats_term()
        terms = (*self.iron_terms(), *self.further_terms(), *(() if ats is None else (ats,)))
        left_out = set(ION_NAMES) - set(ION_CHOICES[self.ions])
        names = dict.fromkeys(["chi_larmor", *(name for term in terms for name in term.names)])
        return tuple(name for name in names if name not in left_out)


_LL = ModelEntry("ll", "Larmor + Langevin", "plain")
_ETM = ModelEntry("etm", "Larmor + Langevin + tunnelling currents (ETM)", "ats", ats="two_level")


def _with_ions(ions: str) -> ModelEntry:
    text = f"{_LL.text}, {ions.capitalize()}+ alone"
    return replace(_LL, name=f"ll-{ions}", text=text, variant_of="ll", ions=ions)


def _with_trace_ions(entry: ModelEntry) -> ModelEntry:
    return replace(
        entry,
        name=f"{entry.name}-trace",
        text=f"{entry.text} + trace ions",
        variant_of=entry.name,
        needs_trace_ions=True,
    )


_TABLE = (
    _with_ions("fe3"),
    _with_ions("fe2"),
    _LL,
    ModelEntry("ll-curie-weiss", "Larmor + Curie-Weiss ions", "rival", "curie_weiss_iron"),
    ModelEntry(
        "ll-superparamagnetic",
        "Larmor + Langevin + superparamagnetic clusters",
        "rival",
        further=("clusters",),
    ),
    ModelEntry(
        "ll-ferromagnetic",
        "Larmor + Langevin + ferromagnetic impurity",
        "rival",
        further=("ferromagnet",),
    ),
    ModelEntry("ll-zfs", "Larmor + ions with zero-field splitting", "rival", "split_iron"),
    _ETM,
    ModelEntry("etm-16", "ETM, tunnelling number by (16)", "ats", ats="two_level_by_16"),
    _with_trace_ions(_LL),
    _with_trace_ions(_ETM),
    ModelEntry(
        "etm-high-field",
        "ETM with the high-field correction (11)",
        "ats",
        ats="two_level_high_field",
        slow=True,
    ),
    ModelEntry("etm-phase", "ETM with the exact two-level phase", "ats", ats="two_level_phase", slow=True),
    ModelEntry(
        "three-level",
        "Larmor + Langevin + three-level tunnelling systems",
        "ats",
        ats="three_level",
        slow=True,
    ),
)

CATALOGUE = {entry.name: entry for entry in _TABLE}
"""All models by their names, in the order in which they are compared."""

MODELS = {entry.name: entry.text for entry in _TABLE if not entry.variant_of}
"""The models of ``--model``, and what they are, in words."""


def compared(*, trace_ions: bool = False) -> tuple[str, ...]:
    """The models that are compared unless others are asked for, those with trace ions only where there are some."""
    chosen = (entry for entry in _TABLE if not entry.slow)
    return tuple(entry.name for entry in chosen if trace_ions or not entry.needs_trace_ions)


def slow_models() -> tuple[str, ...]:
    """The models that are compared only on request."""
    return tuple(entry.name for entry in _TABLE if entry.slow)


def trace_models() -> tuple[str, ...]:
    """The models that need trace ions."""
    return tuple(entry.name for entry in _TABLE if entry.needs_trace_ions)
