"""The file in ``--out`` that keeps finished replicates while a command runs, so that the same command can go on."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from glasspara.cli.common import warn

if TYPE_CHECKING:
    from glasspara.cli.output import Output
    from glasspara.replicates.store import Store


class Unfinished:
    """Finished replicates of one command, in the file ``name`` of its folder; nowhere without ``--out``."""

    def __init__(self, output: Output, name: str) -> None:
        self._output, self._name = output, name
        self._store: Store | None = None

    def store(self, what: Mapping[str, Any]) -> Store | None:
        """Where the replicates of ``what`` are kept."""
        if self._output.out is None:
            return None
        from glasspara.replicates.store import Store

        self._store = Store(
            self._output.out / self._name,
            what,
            overwrite=self._output.force,
            option="--force",
            notify=lambda message: warn([message], quiet=self._output.quiet),
        )
        return self._store

    @contextmanager
    def explaining_interrupts(self) -> Iterator[None]:
        """A block: whoever interrupts it reads that the finished replicates are kept."""
        try:
            yield
        except KeyboardInterrupt:
            if self._store is not None:
                print("finished replicates are kept: the same command goes on from there", file=sys.stderr)
            raise

    def finish(self) -> None:
        """The results being written, remove the file."""
        if self._store is not None:
            self._store.discard()
