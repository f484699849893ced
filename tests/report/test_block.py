"""Blocks filled from results by the names of their keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypedDict

import numpy as np
import pytest

from glasspara.findings import Assessment, FindingBlock
from glasspara.report.block import conforms, fill


class Inner(TypedDict):
    value: float


class Outer(TypedDict):
    pairs: list[list[float]]
    inner: Inner | None
    by_name: dict[str, Inner]
    several: list[Inner]
    notes: list[FindingBlock]
    unit: str


@dataclass(frozen=True)
class Item:
    value: float


@dataclass(frozen=True)
class Source:
    pairs: Any = ((1.0, 2.0),)
    inner: Item | None = None
    by_name: Any = None
    several: tuple[Item, ...] = (Item(3.0), Item(4.0))
    notes: tuple[Any, ...] = ()


def test_keys_come_from_attributes_and_from_what_is_given():
    block = fill(Outer, Source(), by_name={"a": Item(1.0), "b": {"value": 2.0}}, unit="K")
    assert block == {
        "pairs": [[1.0, 2.0]],
        "inner": None,
        "by_name": {"a": {"value": 1.0}, "b": {"value": 2.0}},
        "several": [{"value": 3.0}, {"value": 4.0}],
        "notes": [],
        "unit": "K",
    }


def test_arrays_become_lists_and_what_has_a_block_gives_it():
    assessment = Assessment("anomaly", "none", ())
    block = fill(Outer, Source(np.eye(2)), by_name={}, unit="", inner=assessment)
    assert block["pairs"] == [[1.0, 0.0], [0.0, 1.0]]
    assert block["inner"] == assessment.block


def test_a_key_that_nobody_has_and_one_that_the_block_lacks():
    with pytest.raises(AttributeError, match="unit"):
        fill(Outer, Source(), by_name={})
    with pytest.raises(AssertionError, match="colour"):
        fill(Outer, Source(), by_name={}, unit="", colour="red")


class Optional(TypedDict, total=False):
    remark: Annotated[str, lambda source: source.remark]


class Elsewhere(Optional):
    first: Annotated[float, lambda source: source.pairs[0][0]]
    of_inner: Annotated[float | None, "inner.value"]
    itself: Annotated[Inner, ""]
    pair: Annotated[Inner, "plain"]
    unit: Literal["Oe"]


@dataclass(frozen=True)
class Deep(Source):
    value: float = 7.0
    plain: tuple[float] = (5.0,)
    remark: str | None = None


@dataclass(frozen=True)
class Plain:
    inner: Item
    pair: tuple[float, float]


def test_a_frozen_result_may_be_a_block_itself():
    assert fill(Plain, Plain(Item(1.0), (2.0, 3.0))) == {"inner": {"value": 1.0}, "pair": [2.0, 3.0]}


def test_keys_say_where_their_values_are():
    expected = {
        "first": 1.0,
        "of_inner": None,
        "itself": {"value": 7.0},
        "pair": {"value": 5.0},
        "unit": "Oe",
    }
    assert fill(Elsewhere, Deep()) == expected
    assert fill(Elsewhere, Deep(inner=Item(3.0), remark="a")) == expected | {"of_inner": 3.0, "remark": "a"}


def test_decoded_json_is_held_against_the_type_of_a_block():
    for hint, good, bad in (
        (float, (1, 1.5), (True, "1", None)),
        (float | None, (None, 2), ("x", [])),
        (Literal["a", "b"], ("a",), ("c", 1, True)),
        (bool, (True,), (0, "true")),
        (list[str], ([], ["x"]), ("x", [1], None)),
        (tuple[float, float], ([1, 2.0],), ([1], [1, "2"])),
        (dict[str, float], ({}, {"a": 1}), ({"a": "x"}, [])),
        (Annotated[int, len], (3,), (3.5, True)),
        (Inner, ({"value": 1.0},), ({}, {"value": "x"}, {"value": 1.0, "more": 1}, -1.0, None)),
    ):
        assert all(conforms(item, hint) for item in good), hint
        assert not any(conforms(item, hint) for item in bad), hint
