"""Where results go: ``--out`` and ``--force``, ``--json``, ``--plots``, ``--quiet``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from glasspara.cli import options

if TYPE_CHECKING:
    from glasspara.report.terminal import Terminal


@dataclass(frozen=True)
class Output:
    """Options of the output, and the writing."""

    out: options.Out = None
    force: options.Force = False
    as_json: options.JsonFlag = False
    quiet: options.Quiet = False

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
        report: str,
        document: dict[str, Any],
        products: Callable[[], Mapping[str, bytes]],
        show: Callable[[Terminal], None],
        *,
        written: Callable[[], None] = lambda: None,
    ) -> None:
        """Files, then document or tables on stdout.

        The files come first, for the reader of stdout may go away. ``products`` makes those beside the ``report``,
        which lists them with their hashes, so that with ``--force`` those of the report before it do not stay behind.
        ``written`` is called when all are there.
        """
        if self.out is not None:
            from glasspara.report.frame import to_text
            from glasspara.report.output import HASHES, hashes

            files = products()
            document["files"] = sorted([report, *files])
            document[HASHES] = hashes(files)
            self.write({report: to_text(document).encode(), **files}, report=report)
            written()
        if self.as_json:
            from glasspara.report.frame import to_text

            sys.stdout.write(to_text(document))
        elif not self.quiet:
            from glasspara.report.terminal import console

            show(console())
            if self.out is None:
                print("nothing written; --out DIR writes JSON, CSV and figures", file=sys.stderr)
        sys.stdout.flush()


@dataclass(frozen=True)
class OutputWithPlots(Output):
    """The same of commands that draw figures."""

    plots: options.Plots = True
