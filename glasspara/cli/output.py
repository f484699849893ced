"""Where results go: ``--out`` and ``--force``, ``--json``, ``--plots``, ``--quiet``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from glasspara.cli import options
from glasspara.cli.common import NOT_TRUSTED, stop

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from glasspara.data.loading import Loaded
    from glasspara.report.frame import Report

Result = TypeVar("Result")
Figures = Callable[[], Mapping[str, "Figure | bytes"]]
"""Figures by file name, drawn where they are wanted; bytes are those of a figure that is drawn already."""


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
            from glasspara.report.inert import inert

            files_word = "file" if len(paths) == 1 else "files"
            print(f"wrote {len(paths)} {files_word} to {inert(str(self.out))}", file=sys.stderr)

    def deliver(
        self,
        report: Report[Result],
        loaded: Loaded | None,
        result: Result,
        *,
        trusted: bool,
        figures: Figures | None = None,
        written: Callable[[], None] = lambda: None,
    ) -> None:
        """Files, then document or tables on stdout; exit status 5 where the result is not to be trusted.

        The files come first, for the reader of stdout may go away. The report lists them, so that with ``--force``
        those of the report before it do not stay behind. ``written`` is called when all are there. ``loaded`` is None
        where the command reads no files.
        """
        inputs, warnings = ((), ()) if loaded is None else (loaded.inputs, loaded.warnings)
        document: dict[str, Any] | None = None
        if self.out is not None or self.as_json:
            document = report.document(inputs, result, warnings, self.asked)
        if self.out is not None and document is not None:
            from glasspara.report.frame import to_text
            from glasspara.report.output import HASHES, hashes

            files = {name: text.encode() for name, text in report.tables(inputs, result).items()}
            files |= self._drawn(figures)
            name = report.files[0]
            document["files"] = sorted([name, *files])
            document[HASHES] = hashes(files)
            self.write({name: to_text(document).encode(), **files}, report=name)
            written()
        if self.as_json and document is not None:
            from glasspara.report.frame import to_text

            sys.stdout.write(to_text(document))
        elif not self.quiet:
            from glasspara.report.terminal import console

            report.show(inputs, result, console())
            if self.out is None:
                print("nothing written; --out DIR writes JSON, CSV and figures", file=sys.stderr)
        sys.stdout.flush()
        if not trusted:
            stop(NOT_TRUSTED)

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
