"""Blocks of a JSON report, filled from results.

A block is a ``TypedDict``, from which the schema is derived. The value of a key is the attribute of the result that has
its name; a key whose value is to be had elsewhere says where, with ``Annotated``:

* ``Annotated[float, "wave.amplitude"]``: an attribute of an attribute, null where one on the way is None; ``""`` is the
  result itself;
* ``Annotated[int, len]``: a function of the result;
* ``Literal["emu/g"]``: always this.

A key that a block need not have is left out where its value is None. A frozen result may be a block itself: its fields
are the keys.

At the end the block that all reports have: that of an input, with what was done to it before any physics.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Literal,
    TypedDict,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

import numpy as np

if TYPE_CHECKING:
    from glasspara.data.corrections import Applied
    from glasspara.runs import Measurement

Block = TypeVar("Block")


def fill(block: type[Block], source: object, /, **given: Any) -> Block:
    """A ``block`` whose values are ``given``, or else those of ``source``, each from where its key says.

    Arrays and tuples become lists where the type of the key says so, and mappings dictionaries. Where the type is an
    inner block, it is the attribute ``block`` of the value (findings and assessments have one), or is filled from the
    value; a plain tuple has the values of its keys in their order.

    Raises
    ------
    AttributeError
        If ``source`` lacks a key.
    """
    kind: Any = block
    hints = _hints(kind)
    assert given.keys() <= hints.keys(), f"{block.__name__} has not all of {sorted(given)}"
    found = {
        name: given[name] if name in given else _value(source, name, hint) for name, hint in hints.items()
    }
    optional = getattr(kind, "__optional_keys__", ())
    values = {
        name: _shaped(value, hints[name])
        for name, value in found.items()
        if value is not None or name not in optional
    }
    return cast("Block", values)


@cache
def _hints(block: Any) -> dict[str, Any]:
    return get_type_hints(block, include_extras=True)


def _value(source: Any, name: str, hint: Any) -> Any:
    """The value of the key ``name`` of the type ``hint``, from where the type says."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal and len(arguments) == 1:
        return arguments[0]
    about = arguments[1:] if origin is Annotated else ()
    place = next((item for item in about if isinstance(item, str) or callable(item)), name)
    if callable(place):
        return place(source)
    for part in filter(None, place.split(".")):
        source = None if source is None else getattr(source, part)
    return source


def _shaped(value: Any, hint: Any) -> Any:  # noqa: PLR0911
    """``value`` in the shape of the type ``hint``."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _shaped(value, arguments[0])
    if origin in (Union, UnionType):
        if value is None:
            return None
        return _shaped(value, next(item for item in arguments if item is not NoneType))
    if is_typeddict(hint) or is_dataclass(hint):
        if isinstance(value, Mapping):
            return value
        if type(value) is tuple:
            return dict(zip(_hints(hint), value, strict=True))
        return value.block if hasattr(value, "block") else fill(hint, value)
    if origin in (list, tuple):
        items = value.tolist() if isinstance(value, np.ndarray) else value
        return [_shaped(item, arguments[0]) for item in items]
    if origin in (dict, Mapping):
        return {name: _shaped(item, arguments[1]) for name, item in value.items()}
    return value


Json = dict[str, Any]
SHIPPED = Path(__file__).with_name("schema.json")


def schema_text() -> str:
    """JSON Schema of the reports, as text."""
    return SHIPPED.read_text(encoding="utf-8")


def conforms(value: Any, hint: Any) -> bool:  # noqa: PLR0911
    """Whether ``value``, decoded JSON, has the shape of the type ``hint``, as its schema says."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint in (Any, object):
        return True
    if hint is NoneType:
        return value is None
    if origin is Annotated:
        return conforms(value, arguments[0])
    if origin is Literal:
        return value in arguments
    if origin in (Union, UnionType):
        return any(conforms(value, item) for item in arguments)
    if is_typeddict(hint):
        hints = _hints(hint)
        return (
            isinstance(value, dict)
            and set(required_keys(hint)) <= value.keys() <= hints.keys()
            and all(conforms(item, hints[name]) for name, item in value.items())
        )
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return isinstance(value, dict) and all(conforms(item, arguments[1]) for item in value.values())
    if origin is tuple and arguments[-1] is not Ellipsis:
        return (
            isinstance(value, list) and len(value) == len(arguments) and all(map(conforms, value, arguments))
        )
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return isinstance(value, list) and all(conforms(item, arguments[0]) for item in value)
    if isinstance(value, bool):
        return hint is bool
    return isinstance(value, int | float if hint is float else hint)


def required_keys(block: type) -> list[str]:
    """The keys that a block has in any case; all fields of a result that is one."""
    return sorted(getattr(block, "__required_keys__", get_type_hints(block)))


class FileBlock(TypedDict):
    """A file that a correction was taken from."""

    path: str
    sha256: str
    instrument: str
    rows_read: int
    rows_used: int
    moment_column: Annotated[str, "moment_choice.column"]


class HolderRunBlock(TypedDict):
    """What was subtracted for the holder from the runs of one set point."""

    label: str
    files: list[str]
    n_points: int
    share_of_signal: Annotated[float, "share"]
    rms_emu: Annotated[float, "rms"]
    sigma_emu: Annotated[float, "sigma"]
    sigma_of_background_emu: Annotated[float, "error"]
    share_of_variance: Annotated[float, "error_share"]
    shared_error_factor: Annotated[float, "sharing"]
    interpolation_error_emu: Annotated[float | None, "curvature"]


class HolderBlock(TypedDict):
    """The holder that was subtracted."""

    background_files: Annotated[list[FileBlock], _background_files]
    background_scale: Annotated[float, "corrector.settings.background_scale"]
    chi_emu_per_Oe: Annotated[float | None, lambda applied: _holder_chi(applied)[0]]
    chi_error_emu_per_Oe: Annotated[float | None, lambda applied: _holder_chi(applied)[1]]
    points_left_out: Annotated[int, "left_out"]
    runs: Annotated[list[HolderRunBlock], "holder"]


class FieldBranchBlock(TypedDict):
    """One branch of the measured field standard."""

    direction: str
    start_Oe: Annotated[float, "start"]
    range_Oe: Annotated[list[float], lambda branch: (branch.curve.low, branch.curve.high)]
    n_points: Annotated[int, "curve.n_points"]
    error_Oe: Annotated[float, "curve.error"]


class RunFieldBlock(TypedDict):
    """The true field of one run."""

    label: str
    n_points: int
    n_corrected: int
    true_minus_reported_Oe: Annotated[
        list[float | None] | None, lambda run: None if run.smallest is None else (run.smallest, run.largest)
    ]
    not_corrected_because: Annotated[str, "reason"]
    share_of_variance: Annotated[float, "error_share"]
    zero_crossings_Oe: Annotated[dict[str, float], "crossings"]


class FieldBlock(TypedDict):
    """The true field by a standard."""

    standard: Annotated[FileBlock, "corrector.standard.measurement"]
    chi_emu_per_g_Oe: Annotated[float, "corrector.standard.chi"]
    chi_source: Annotated[str, "corrector.standard.chi_source"]
    mass_mg: Annotated[float, "corrector.standard.mass_mg"]
    mass_source: Annotated[str, "corrector.standard.mass_source"]
    relative_excess: Annotated[float, "corrector.standard.scale"]
    branches: Annotated[list[FieldBranchBlock], "corrector.standard.branches"]
    runs: Annotated[list[RunFieldBlock], "field"]


class InputBlock(TypedDict):
    """A file as the analysis used it."""

    path: Annotated[str, "measurement.path"]
    sha256: Annotated[str, "measurement.sha256"]
    instrument: Annotated[str, "measurement.instrument"]
    sample: Annotated[str | None, lambda item: item.sample or None]
    rows_read: Annotated[int, "measurement.rows_read"]
    rows_used: int
    rows_dropped: dict[str, int]
    moment_column: Annotated[str, "measurement.moment_choice.column"]
    moment_reason: Annotated[str, "measurement.moment_choice.reason"]
    mass_mg: float
    mass_source: str
    holder: Annotated[HolderBlock | None, lambda item: _with_holder(item.corrections)]
    true_field: Annotated[FieldBlock | None, lambda item: _with_standard(item.corrections)]


def _with_holder(applied: Applied | None) -> Applied | None:
    """What was done, where a holder was subtracted."""
    return applied if applied is not None and applied.corrector.settings.holder else None


def _with_standard(applied: Applied | None) -> Applied | None:
    """What was done, where the true field is by a standard."""
    return applied if applied is not None and applied.corrector.standard is not None else None


def _background_files(applied: Applied) -> Sequence[Measurement]:
    background = applied.corrector.background
    return background.measurements if background else ()


def _holder_chi(applied: Applied) -> tuple[float | None, float | None]:
    return applied.corrector.settings.holder_chi or (None, None)
