"""Blocks of a JSON report, filled from results by the names of their keys.

A block is a ``TypedDict``, from which the schema is derived. Most keys have the name of an attribute of a result; only
the others are written out where a block is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints, is_typeddict

import numpy as np

Block = TypeVar("Block")


def fill(block: type[Block], source: object, /, **given: Any) -> Block:
    """A ``block`` whose values are ``given``, or else the attributes of ``source`` that have the names of its keys.

    Arrays and tuples become lists where the type of the key says so, and mappings dictionaries. Where the type is an
    inner block, it is the attribute ``block`` of the value (findings and assessments have one), or is filled from the
    attributes of the value.

    Raises
    ------
    AttributeError
        If ``source`` lacks a key.
    """
    kind: Any = block
    hints = _hints(kind)
    assert given.keys() <= hints.keys(), f"{block.__name__} has not all of {sorted(given)}"
    values = {
        name: _shaped(given[name] if name in given else getattr(source, name), hint)
        for name, hint in hints.items()
    }
    return cast("Block", values)


@cache
def _hints(block: Any) -> dict[str, Any]:
    return get_type_hints(block)


def _shaped(value: Any, hint: Any) -> Any:
    """``value`` in the shape of the type ``hint``."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        if value is None:
            return None
        hint = next(item for item in arguments if item is not NoneType)
        origin, arguments = get_origin(hint), get_args(hint)
    if is_typeddict(hint):
        if isinstance(value, Mapping):
            return value
        return value.block if hasattr(value, "block") else fill(hint, value)
    if origin is list:
        items = value.tolist() if isinstance(value, np.ndarray) else value
        return [_shaped(item, arguments[0]) for item in items]
    if origin is dict:
        return {name: _shaped(item, arguments[1]) for name, item in value.items()}
    return value
