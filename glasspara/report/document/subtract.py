"""The JSON report of ``subtract``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from glasspara.report.document.frame import Json, frame, input_block, run_block

if TYPE_CHECKING:
    from glasspara.fitting.staged import StageValues
    from glasspara.loading import Input
    from glasspara.stages import StagedData


def subtract_document(
    inputs: Sequence[Input], staged: StagedData, stages: StageValues, warnings: Sequence[str]
) -> Json:
    columns = staged.columns()
    return frame("subtract", [input_block(item) for item in inputs], warnings) | {
        "subtract": {
            "parameters": dict(stages.values),
            "parameters_source": dict(stages.sources),
            "runs": [run_block(run) for run in staged.data.runs],
            "columns": list(columns),
            "rows": np.stack(list(columns.values()), axis=-1).tolist(),
        }
    }
