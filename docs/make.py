"""Writes what is generated from the code: ``docs/findings.md`` and the JSON Schema that ships with the package.

``python docs/make.py`` writes them; a test holds them against the code.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import get_type_hints

from glasspara.analysis import reports
from glasspara.findings.sentences import every_entry
from glasspara.report.schema import SHIPPED, report_schema

FINDINGS = Path(__file__).with_name("findings.md")

_HEAD = """# Findings

Everything that the program has to say (warnings, notes, reasons of a verdict) is a finding: a code, a level, and its
numbers. In JSON reports a finding is `{"code", "level", "text", "values", "where"}`; scripts read code and values, people
the text. In the sentences below the values stand in braces. Written by `python docs/make.py`.
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


def schema_text() -> str:
    """The JSON Schema of all reports."""
    types = {name: get_type_hints(report.block)["return"] for name, report in reports().items()}
    return json.dumps(report_schema(types), indent=1, sort_keys=True) + "\n"


def main() -> None:
    FINDINGS.write_text(findings_page(), encoding="utf-8")
    SHIPPED.write_text(schema_text(), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
