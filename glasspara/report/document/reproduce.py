"""The JSON report of ``reproduce``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from glasspara.report.document.frame import Json, frame

if TYPE_CHECKING:
    from glasspara.reproduction.run import Done


def reproduce_document(done: Sequence[Done], *, seed: int) -> Json:
    return frame("reproduce", [], []) | {
        "reproduce": {
            "synthetic": True,
            "seed": seed,
            "steps": [
                {
                    "name": item.step.name,
                    "shows": item.step.shows,
                    "text": item.step.text,
                    "command": item.command,
                    "exit_status": item.status,
                    "problem": item.problem,
                    "files": [f"{item.step.name}/{name}" for name in item.files],
                    "comparison": [asdict(row) for row in item.rows],
                }
                for item in done
            ],
        }
    }
