"""Items shared by processes: results in their order, errors, workers that die."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from glasspara.errors import InputError, UsageError
from glasspara.replicates.batch import in_order
from tests.replicates.waiting import wait_until


@dataclass(frozen=True)
class SlowFirst:
    """The first item is not done before another process has done one too."""

    folder: Path

    def __call__(self, item):
        (self.folder / str(os.getpid())).touch()
        wait_until(lambda: item > 0 or len(list(self.folder.iterdir())) > 1)
        return item, os.getpid()


def refuse(item):
    if item == 5:
        raise InputError("it is five", where="run.dat", remedy="Take six")
    return item


def die(item):
    os._exit(3)


def test_results_come_in_the_order_of_the_items_from_all_workers(tmp_path):
    with in_order(SlowFirst(tmp_path), range(40), jobs=2) as results:
        found = list(results)
    assert [item for item, _ in found] == list(range(40))
    assert os.getpid() not in {worker for _, worker in found}
    assert len({worker for _, worker in found}) == 2


def test_one_job_is_done_here_as_it_is_asked_for():
    asked = []
    with in_order(asked.append, range(3), jobs=1) as results:
        next(results)
        assert asked == [0]


def test_an_error_comes_whole_from_another_process():
    with in_order(refuse, range(8), jobs=2) as results, pytest.raises(InputError) as caught:
        list(results)
    assert str(caught.value) == "run.dat: it is five. Take six"


def test_workers_that_die_are_an_error_of_one_line():
    with in_order(die, range(4), jobs=2) as results, pytest.raises(UsageError, match="worker processes die"):
        list(results)
