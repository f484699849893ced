"""The JSON Schema of the reports, made from the types of their blocks.

A block is a ``TypedDict``; the function that fills it is checked against it by mypy, and the schema is derived from
it here, so that there is one source. The result ships as ``schema.json``; ``python docs/make.py`` writes it again.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

from glasspara.report.frame import SCHEMA_VERSION, Frame

Json = dict[str, Any]
SHIPPED = Path(__file__).with_name("schema.json")

_PLAIN: dict[Any, Json] = {
    float: {"type": "number"},
    int: {"type": "integer"},
    str: {"type": "string"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
    Any: {},
    object: {},
}


def schema_text() -> str:
    """JSON Schema of the reports, as text."""
    return SHIPPED.read_text(encoding="utf-8")


def report_schema(reports: Mapping[str, type]) -> Json:
    """Schema of all reports; ``reports`` gives the type of what each command adds to the frame.

    Raises
    ------
    ValueError
        If two blocks have one name.
    """
    definitions: dict[str, Json] = {}
    variants = []
    for command, block in sorted(reports.items()):
        shared, own = _object(Frame, definitions), _object(block, definitions)
        variants.append({
            "type": "object",
            "properties": shared["properties"] | {"command": {"const": command}} | own["properties"],
            "required": sorted({*shared["required"], *own["required"]}),
            "additionalProperties": False,
        })  # fmt: skip
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"glasspara-report-{SCHEMA_VERSION}",
        "title": f"glasspara report, schema version {SCHEMA_VERSION}",
        "$defs": definitions,
        "oneOf": variants,
    }


def _object(block: type, definitions: dict[str, Json]) -> Json:
    hints = get_type_hints(block, include_extras=True)
    found: Json = {
        "type": "object",
        "properties": {name: _schema(hint, definitions) for name, hint in hints.items()},
        "required": _required(block),
        "additionalProperties": False,
    }
    text = block.__doc__
    return found | {"description": inspect.cleandoc(text)} if text else found


def _required(block: type) -> list[str]:
    """The keys that a block has in any case; all fields of a result that is one."""
    return sorted(getattr(block, "__required_keys__", get_type_hints(block)))


def _schema(hint: Any, definitions: dict[str, Json]) -> Json:  # noqa: PLR0911
    """Schema of one type; every ``TypedDict`` gets a definition of its own, by its name."""
    if hint in _PLAIN:
        return _PLAIN[hint]
    if is_dataclass(hint) and hasattr(hint, "block"):
        hint = get_type_hints(hint.block.fget)["return"]
    if is_typeddict(hint) or is_dataclass(hint):
        name = hint.__name__
        if name not in definitions:
            definitions[name] = {}  # stands there while the block that holds itself is described
            definitions[name] = _object(hint, definitions)
        elif definitions[name] and definitions[name]["required"] != _required(hint):
            raise ValueError(f"two blocks are called {name}")
        return {"$ref": f"#/$defs/{name}"}
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        choices = [list(about) for about in arguments[1:] if isinstance(about, tuple)]
        return _schema(arguments[0], definitions) | ({"enum": choices[0]} if choices else {})
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin in (Union, types.UnionType):
        return {"anyOf": [_schema(item, definitions) for item in arguments]}
    if origin is tuple and arguments[-1] is not Ellipsis:
        items = [_schema(item, definitions) for item in arguments]
        return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": _schema(arguments[1], definitions)}
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return {"type": "array", "items": _schema(arguments[0], definitions)}
    raise TypeError(f"no JSON Schema for {hint!r}")
