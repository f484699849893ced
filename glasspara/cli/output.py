"""Where results and messages go: files, stdout, stderr, exit status.

Options ``--out`` and ``--force``, ``--json``, ``--plots``, ``--quiet``; and the file in ``--out`` that keeps finished
replicates while a command runs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import typer

from glasspara.cli import options

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from glasspara.data.loading import Loaded
    from glasspara.errors import GlassparaError
    from glasspara.findings import Finding
    from glasspara.replicates.store import Store
    from glasspara.report.frame import Report

NOT_TRUSTED = 5
"""Exit status: done and reported, but not to be trusted."""

PART_FAILED = 6
"""Exit status: part of a batch failed."""

Result = TypeVar("Result")
Figures = Callable[[], Mapping[str, "Figure | bytes"]]
"""Figures by file name, drawn where they are wanted; bytes are those of a figure that is drawn already."""


def stop(status: int) -> NoReturn:
    """End the command with an exit status."""
    raise typer.Exit(status)


def warn(findings: Iterable[Finding], *, quiet: bool) -> None:
    """Findings to stderr, control characters shown inert."""
    if quiet:
        return
    from glasspara.wording import inert

    for item in findings:
        print(f"warning: {inert(item.text)}", file=sys.stderr)


def report_error(error: GlassparaError) -> None:
    """The one line that an error gets on stderr, control characters shown inert."""
    from glasspara.wording import inert

    print(f"error: {inert(str(error))}", file=sys.stderr)


@dataclass(frozen=True)
class Output:
    """Options of the output, and the writing."""

    out: options.Out = None
    force: options.Force = False
    as_json: options.JsonFlag = False
    quiet: options.Quiet = False
    asked: Any = field(default=None, metadata={"option": False})  # the Invocation, by ``grouped``

    def check(self, names: Sequence[str]) -> None:
        """Refuse before the work if ``names`` cannot be written."""
        if self.out is not None:
            from glasspara.report.output import check_writable

            check_writable(self.out, list(names), force=self.force)

    def write(self, files: Mapping[str, bytes], *, report: str = "") -> None:
        """The files into the folder, if there is one; ``report`` names the one that lists them all."""
        if self.out is None:
            return
        from glasspara.report.output import write_files

        paths = write_files(self.out, files, force=self.force, report=report)
        if not self.quiet:
            from glasspara.wording import inert

            files_word = "file" if len(paths) == 1 else "files"
            print(f"wrote {len(paths)} {files_word} to {inert(str(self.out))}", file=sys.stderr)

    def deliver(
        self,
        report: Report[Result],
        loaded: Loaded | None,
        result: Result,
        *,
        trusted: bool = True,
        figures: Figures | None = None,
        written: Callable[[], None] = lambda: None,
    ) -> None:
        """Files, then document or tables on stdout; exit status 5 where the result is not to be trusted.

        The files come first, for the reader of stdout may go away. The report lists them, so that with ``--force``
        those of the report before it do not stay behind. ``written`` is called when all are there. ``loaded`` is None
        where the command reads no files.
        """
        inputs = () if loaded is None else loaded.inputs
        document = self.document(report, loaded, result) if self.out is not None or self.as_json else {}
        if self.out is not None:
            from glasspara.report.frame import to_text
            from glasspara.report.output import HASHES, hashes

            files = {name: text.encode() for name, text in report.tables(inputs, result).items()}
            files |= self._drawn(figures)
            name = report.files[0]
            document["files"] = sorted([name, *files])
            document[HASHES] = hashes(files)
            self.write({name: to_text(document).encode(), **files}, report=name)
            written()
        if self.as_json:
            self.print_document(document)
        elif not self.quiet:
            from glasspara.report.terminal import console

            report.show(inputs, result, console())
            if self.out is None:
                print("nothing written; --out DIR writes JSON, CSV and figures", file=sys.stderr)
        sys.stdout.flush()
        if not trusted:
            stop(NOT_TRUSTED)

    def document(self, report: Report[Result], loaded: Loaded | None, result: Result) -> dict[str, Any]:
        """The JSON report."""
        if loaded is None:
            return report.document((), result, (), self.asked)
        return report.document(loaded.inputs, result, loaded.warnings, self.asked)

    def print_document(self, document: Mapping[str, Any]) -> None:
        """A JSON report on stdout."""
        from glasspara.report.frame import to_text

        sys.stdout.write(to_text(document))

    def _drawn(self, figures: Figures | None) -> dict[str, bytes]:  # noqa: ARG002
        return {}


@dataclass(frozen=True)
class OutputWithPlots(Output):
    """The same of commands that draw figures."""

    plots: options.Plots = True

    def _drawn(self, figures: Figures | None) -> dict[str, bytes]:
        if figures is None or not self.plots:
            return {}
        from glasspara.report.style import save_png

        drawn = figures()
        return {name: item if isinstance(item, bytes) else save_png(item) for name, item in drawn.items()}


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
            notify=lambda note: warn([note], quiet=self._output.quiet),
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
