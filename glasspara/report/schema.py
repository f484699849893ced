"""The JSON Schema of the reports, put together from one part a command."""

from __future__ import annotations

import json
from importlib import resources

FRAME = "frame.json"
"""What all reports share; every other file of the folder is the own part of the command that it is named after."""


def schema_text() -> str:
    """JSON Schema of the reports, as text."""
    folder = resources.files("glasspara.report").joinpath("schema")
    parts = {item.name: json.loads(item.read_text(encoding="utf-8")) for item in folder.iterdir()}
    shared = parts.pop(FRAME)
    properties, required = shared.pop("properties"), shared.pop("required")
    shared["oneOf"] = [
        {
            "type": "object",
            "properties": properties
            | {"command": {"const": name.removesuffix(".json")}}
            | part["properties"],
            "required": sorted([*required, *part["required"]]),
            "additionalProperties": False,
        }
        for name, part in sorted(parts.items())
    ]
    return json.dumps(shared, indent=1, sort_keys=True) + "\n"
