"""Writes what is generated from the code: ``docs/findings.md``, ``docs/models.md``, and the JSON Schema that ships with
the package.

``python docs/make.py`` writes them; a test holds them against the code.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_type_hints

from glasspara.analysis import reports
from glasspara.findings.sentences import every_entry
from glasspara.model.catalogue import CATALOGUE, ModelEntry
from glasspara.report.schema import SHIPPED, report_schema

FINDINGS = Path(__file__).with_name("findings.md")
MODELS = Path(__file__).with_name("models.md")

_HEAD = """# Findings

Everything that the program has to say (warnings, notes, reasons of a verdict) is a finding: a code, a level, and its
numbers. In JSON reports a finding is `{"code", "level", "text", "values", "where"}`; scripts read code and values,
people the text. In the sentences below the values stand in braces. Written by `python docs/make.py`.
"""


def findings_page() -> str:
    """The page of all codes, by room."""
    parts, room = [_HEAD], ""
    for code, entry in every_entry():
        if code.split(".")[0] != room:
            room = code.split(".")[0]
            parts.append(f"\n## {room}\n\n| code | level | sentence | meaning |\n|---|---|---|---|\n")
        cells = (f"`{code}`", entry["level"], entry["text"], entry.get("about", ""))
        parts.append(
            "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |\n"
        )
    return "".join(parts)


_MODELS_HEAD = """# Models

All models: those of `fit --model`, and the variants of them that `compare` knows. `ll` stands for Larmor + Langevin,
`etm` for the extended tunnelling model; its term for anomalous tunnelling systems is the ATS term. Written by
`python docs/make.py`.

| name | what it is | kind | parameters | `--model` | compared |
|---|---|---|---|---|---|
"""

_KINDS = {"plain": "Larmor + Langevin", "rival": "other magnetism of traces", "ats": "with an ATS term"}


def models_page() -> str:
    """The page of all models, a row each."""
    return _MODELS_HEAD + "".join(map(_model_row, CATALOGUE.values()))


def _model_row(entry: ModelEntry) -> str:
    compared = "on request" if entry.slow else "with trace ions" if entry.needs_trace_ions else "by default"
    model = f"`{entry.name}`" if not entry.variant_of else f"`{entry.variant_of}`, `--ions {entry.ions}`"
    if entry.needs_trace_ions:
        model = f"`{entry.variant_of}`, `--trace-ions`"
    parameters = ", ".join(f"`{name}`" for name in entry.parameters)
    cells = (f"`{entry.name}`", entry.text, _KINDS[entry.family], parameters, model, compared)
    return "| " + " | ".join(cells) + " |\n"


def schema_text() -> str:
    """The JSON Schema of all reports."""
    types = {name: _returned(report.block) for name, report in reports().items()}
    return json.dumps(report_schema(types), indent=1, sort_keys=True) + "\n"


def _returned(block: Callable[..., Any]) -> type:
    """The type that ``block`` returns; its arguments have types that only a type checker imports."""
    holder = type("Holder", (), {"__annotations__": {"returned": block.__annotations__["return"]}})
    found: type = get_type_hints(holder, globalns=vars(sys.modules[block.__module__]))["returned"]
    return found


def main() -> None:
    FINDINGS.write_text(findings_page(), encoding="utf-8")
    MODELS.write_text(models_page(), encoding="utf-8")
    SHIPPED.write_text(schema_text(), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
