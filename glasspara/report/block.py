"""Blocks of a JSON report, filled from results.

A block is a ``TypedDict``, from which the schema is derived. The value of a key is the attribute of the result that has
its name; a key whose value is to be had elsewhere says where, with ``Annotated``:

* ``Annotated[float, "wave.amplitude"]``: an attribute of an attribute, null where one on the way is None; ``""`` is the
  result itself;
* ``Annotated[int, len]``: a function of the result;
* ``Literal["emu/g"]``: always this.

A key that a block need not have is left out where its value is None. A frozen result may be a block itself: its fields
are the keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

import numpy as np

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
