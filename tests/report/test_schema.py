"""The JSON Schema, and the pages that are written from the code with it."""

from __future__ import annotations

import importlib.util
import json
from typing import TypedDict

import jsonschema
import pytest

from glasspara.report import Frame
from glasspara.report.block import schema_text
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def make():
    """``docs/make.py``."""
    spec = importlib.util.spec_from_file_location("docs_make", ROOT / "docs" / "make.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_shipped_schema_is_that_of_the_code(make):
    assert schema_text() == make.schema_text(), "run python docs/make.py"
    jsonschema.Draft202012Validator.check_schema(json.loads(schema_text()))


def test_generated_pages_are_those_of_the_code(make):
    generated = {make.FINDINGS: make.findings_page, make.MODELS: make.models_page, make.STUB: make.stub_text}
    for page, text in generated.items():
        assert page.read_text(encoding="utf-8") == text(), "run python docs/make.py"


def test_two_blocks_of_one_name_are_refused(make):
    class PeakBlock(TypedDict):
        height: float

    peak = PeakBlock

    class PeakBlock(TypedDict):
        width: float

    Document = TypedDict("Document", {"one": peak, "other": PeakBlock})  # noqa: UP013  # of local types
    with pytest.raises(ValueError, match="two blocks are called PeakBlock"):
        make.report_schema({"made": Document}, frame=Frame, version=2)
