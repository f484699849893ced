"""Terms that could stand where the ATS term stands: other magnetism of traces, each with its physics in one module."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from glasspara.arrays import FloatArray
from glasspara.model.terms import Part, Slopes, Value
from glasspara.physics.ions.ions import ION_OF_PARAMETER
from glasspara.physics.ions.mean_field import curie_weiss_response
from glasspara.physics.ions.particles import ferromagnetic_response, superparamagnetic_response
from glasspara.physics.ions.zfs_tables import split_spin_response_fast

_SPLITTING = {"n_fe2": "zfs_fe2", "n_fe3": "zfs_fe3"}


@dataclass(frozen=True)
class CurieWeissTerm:
    """One of the two iron ions in a mean field of its own kind, with the same Curie-Weiss temperature for both."""

    parameter: str
    part: Part

    @property
    def names(self) -> tuple[str, ...]:
        return (self.parameter, "theta_cw")

    def value(self, T: FloatArray, H: FloatArray, values: Mapping[str, Value]) -> FloatArray:
        return self.slopes(T, H, values)[0]

    def slopes(self, T: FloatArray, H: FloatArray, values: Mapping[str, Value]) -> tuple[FloatArray, Slopes]:
        ion, n = ION_OF_PARAMETER[self.parameter], values[self.parameter]
        response, by_field, by_theta = curie_weiss_response(
            T, H, theta_cw=values["theta_cw"], j=ion.j, g=ion.g
        )
        return n * response, {self.parameter: response, "theta_cw": n * by_theta, "H": n * by_field}


@dataclass(frozen=True)
class SplitIronTerm:
    """One of the two iron ions with an axial zero-field splitting of its own."""

    parameter: str
    part: Part

    @property
    def names(self) -> tuple[str, ...]:
        return (self.parameter, _SPLITTING[self.parameter])

    def value(self, T: FloatArray, H: FloatArray, values: Mapping[str, Value]) -> FloatArray:
        return self.slopes(T, H, values)[0]

    def slopes(self, T: FloatArray, H: FloatArray, values: Mapping[str, Value]) -> tuple[FloatArray, Slopes]:
        ion, n, splitting = ION_OF_PARAMETER[self.parameter], values[self.parameter], self.names[1]
        response, by_field, by_d = split_spin_response_fast(T, H, d_zfs=values[splitting], s=ion.j, g=ion.g)
        return n * response, {self.parameter: response, splitting: n * by_d, "H": n * by_field}


@dataclass(frozen=True)
class ClusterTerm:
    """Superparamagnetic clusters."""

    part: Part = "other"
    names: tuple[str, ...] = ("n_clusters", "cluster_moment")

    def value(self, T: FloatArray, H: FloatArray, values: Mapping[str, Value]) -> FloatArray:
        return self.slopes(T, H, values)[0]

    def slopes(self, T: FloatArray, H: FloatArray, values: Mapping[str, Value]) -> tuple[FloatArray, Slopes]:
        n = values["n_clusters"]
        response, by_field, by_moment = superparamagnetic_response(
            T, H, cluster_moment=values["cluster_moment"]
        )
        return n * response, {"n_clusters": response, "cluster_moment": n * by_moment, "H": n * by_field}


@dataclass(frozen=True)
class FerromagnetTerm:
    """A ferromagnetic impurity."""

    part: Part = "other"
    names: tuple[str, ...] = ("m_ferro", "h_ferro")

    def value(self, T: FloatArray, H: FloatArray, values: Mapping[str, Value]) -> FloatArray:
        return self.slopes(T, H, values)[0]

    def slopes(self, T: FloatArray, H: FloatArray, values: Mapping[str, Value]) -> tuple[FloatArray, Slopes]:  # noqa: ARG002
        m = values["m_ferro"]
        response, by_field, by_scale = ferromagnetic_response(H, h_ferro=values["h_ferro"])
        return m * response, {"m_ferro": response, "h_ferro": m * by_scale, "H": m * by_field}
