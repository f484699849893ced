"""Where results and messages go: files, stdout, stderr, exit status.

Options ``--out``, ``--force`` and ``--no-files``, ``--json``, ``--plots``, ``--quiet``; and the file in ``--out`` that
keeps finished replicates while a command runs.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar

import typer

from glasspara.cli import options
from glasspara.cli.options import option
from glasspara.errors import GlassparaError, UsageError
from glasspara.findings import Answer, Finding

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from glasspara.data.loading import Loaded
    from glasspara.replicates.store import Store
    from glasspara.report import Invocation, Report
    from glasspara.report.page import FigureFiles, Picture

NOT_TRUSTED = 5
"""Exit status: done and reported, but not to be trusted."""

PART_FAILED = 6
"""Exit status: part of a batch failed."""

Html = Annotated[
    bool,
    option(
        "--html/--no-html",
        "Also write one HTML page with everything, to mail or print.",
        panel=options.OUTPUT,
    ),
]
Plots = Annotated[bool, option("--plots/--no-plots", "Also write figures.", panel=options.OUTPUT)]
FORMATS = ("png", "pdf", "svg")
Formats = Annotated[
    list[str] | None,
    option(
        "--format",
        "Formats of every figure; png by default (repeatable).",
        "png,pdf,svg",
        panel=options.OUTPUT,
    ),
]
Titles = Annotated[
    bool,
    option(
        "--titles/--no-titles",
        "Verdict and details above every figure; --no-titles for a paper.",
        panel=options.OUTPUT,
    ),
]

Result = TypeVar("Result", bound=Answer)
Figures = Callable[["FigureFiles"], Mapping[str, "Figure | Picture"]]
"""Figures by the stems of their names, drawn where they are wanted, or done already for the files that are wanted."""


def warn(findings: Iterable[Finding], *, quiet: bool) -> None:
    """Findings to stderr, as warnings or notes by their level, control characters shown inert."""
    if quiet:
        return
    for item in findings:
        _say(f"{'note' if item.level == 'info' else 'warning'}: {item.text}")


def report_error(error: GlassparaError) -> None:
    """The one line that an error gets on stderr, control characters shown inert."""
    _say(f"error: {error}")


def _say(text: str) -> None:
    """``text`` on stderr in one line; on a terminal in lines that fit, which part no number from its unit."""
    if sys.stderr.isatty():
        from glasspara.report.terminal import console, show_sentence

        show_sentence(text, console(sys.stderr))
        return
    from glasspara.wording import inert

    print(inert(text), file=sys.stderr)


@dataclass(frozen=True, eq=False)
class Delivery(Generic[Result]):
    """A result with all that its report is made of."""

    report: Report[Result]
    loaded: Loaded | None
    result: Result
    asked: Invocation
    drawn: Figures | None = None

    def document(self) -> dict[str, Any]:
        """The JSON report."""
        if self.loaded is None:
            return self.report.document((), self.result, (), self.asked.without_inputs())
        return self.report.document(self.loaded.inputs, self.result, self.loaded.warnings, self.asked)


_LONGEST_STEM = 100


def _results() -> Path:
    """The folder of all results without ``--out``."""
    from glasspara.files.naming import RESULTS

    return Path(RESULTS)


def _stem(name: str) -> str:
    """What a file, folder, pattern or list is called, without folders above it and without its suffix."""
    path = Path(name)
    if path.is_dir():
        return path.resolve().name
    if path.exists():  # reports have all one name
        return path.resolve().parent.name if path.suffix == ".json" else path.stem
    plain = PurePath(re.sub(r"^@|[*?]+|\[.*?\]", "", PurePath(name).name)).stem.strip("_- ")
    if plain and not plain.startswith("."):
        return plain
    return Path(re.split(r"[^/\\]*[*?\[]", name)[0]).resolve().name or "files"


@dataclass(frozen=True, eq=False)
class Output:
    """Options of the output, and the writing.

    Without ``--out`` the files of :meth:`deliver` go to a folder of their own below the working folder, unless
    ``--no-files`` or ``--json`` say that none are wanted.
    """

    out: options.Out = None
    force: options.Force = False
    no_files: options.NoFiles = False
    as_json: options.JsonFlag = False
    quiet: options.Quiet = False
    html: Html = True
    asked: Any = field(default=None, metadata={"option": False})  # the Invocation, by ``grouped``
    receive: Callable[[Delivery[Any]], None] | None = field(default=None, metadata={"option": False})
    """Takes what :meth:`deliver` is given, where Python asks; nothing is then shown, and the command does not stop."""

    def __post_init__(self) -> None:
        if self.no_files and self.out is not None:
            raise UsageError("--out writes files, --no-files writes none", remedy="Give one of them")

    def check(self, names: Iterable[str], figures: Iterable[str] = ()) -> None:
        """Refuse before the work if ``names``, the report first, and ``figures`` cannot be written."""
        from glasspara.report.output import NotWritableError, check_ours, check_writable

        names = [*names, *(f"{stem}.{ending}" for stem in figures for ending in self._endings)]
        if self.html:
            names.append(_page_beside(names[0]))
        if self.out is not None:
            check_writable(self.out, names, force=self.force)
        elif self._own_folder:
            with suppress(NotWritableError):  # no error of the result, which is shown all the same
                check_ours(_results() / self._own_folder, names, report=names[0])

    @property
    def _own_folder(self) -> str:
        """Name of the folder of a result without ``--out``, "fit-BK7_20kOe+8"; empty where none is wanted."""
        named = self.asked and self.asked.files
        if self.out is not None or self.no_files or self.as_json or self.receive is not None or not named:
            return ""
        first, others = self.asked.files[0], len(self.asked.files) - 1
        stem = "stdin" if first == "-" else _stem(first)
        plain = re.sub(r"[^\w.+-]+", "_", stem)[:_LONGEST_STEM]
        return f"{self.asked.command}-{plain}" + (f"+{others}" if others else "")

    def write(self, files: Mapping[str, bytes]) -> None:
        """The files into the folder of ``--out``, if there is one."""
        if self.out is None:
            return
        from glasspara.report.output import write_files

        write_files(self.out, files, force=self.force)
        self._name(self.out, len(files))

    def _name(self, folder: Path | None, count: int) -> None:
        """The folder on stderr."""
        if folder is not None and not self.quiet:
            from glasspara.wording import inert

            files_word = "file" if count == 1 else "files"
            print(f"wrote {count} {files_word} to {inert(str(folder))}", file=sys.stderr)

    def deliver(
        self,
        report: Report[Result],
        loaded: Loaded | None,
        result: Result,
        *,
        figures: Figures | None = None,
        written: Callable[[], None] = lambda: None,
        show: bool | None = None,
        part_failed: bool = False,
    ) -> None:
        """Files, then document or tables on stdout; exit status 5 where the result is not to be trusted.

        The files come first, for the reader of stdout may go away. The report lists them, so that those of the report
        before it do not stay behind. ``figures`` stand in for those that the report draws. ``written`` is called when
        all are there. ``loaded`` is None where the command reads no files. ``show`` decides about the tables in place
        of ``--quiet``. The last line names the folder. With ``part_failed`` the exit status is 6.
        """
        inputs = () if loaded is None else loaded.inputs
        if figures is None and report.figures:
            figures = lambda _files: report.draw(result)  # noqa: E731
        delivery = Delivery(report, loaded, result, self.asked, figures)
        if self.receive is not None:
            self.receive(delivery)
        folder, count = None, 0
        writes = self.out is not None or bool(self._own_folder)
        document = delivery.document() if writes or self.as_json else {}
        if writes:
            from glasspara.report import to_text
            from glasspara.report.output import HASHES, hashes

            files = {name: text.encode() for name, text in report.texts(inputs, result).items()}
            pictures = self._pictures(figures)
            files |= {
                f"{stem}.{ending}": content
                for stem, item in pictures.items()
                for ending, content in item.files.items()
                if ending in self._endings
            }
            name = report.files[0]
            if self.html:
                files[_page_beside(name)] = report.page(
                    inputs, result, document, pictures, [name, *files], self.asked
                ).encode()
            document["files"] = sorted([name, *files])
            document[HASHES] = hashes(files)
            files = {name: to_text(document).encode(), **files}
            folder, count = self._written(files, name, document), len(files)
            written()
        if self.as_json:
            _print_document(document)
        elif self.receive is None and (show if show is not None else not self.quiet):
            from glasspara.report.terminal import console

            report.present(inputs, result, console())
        sys.stdout.flush()
        self._name(folder, count)
        if part_failed or (loaded is not None and loaded.left_out):
            self.stop(PART_FAILED)
        if not all(verdict.trusted for verdict in result.verdicts):
            self.stop(NOT_TRUSTED)

    def hand_over(self, report: Report[Result], result: Result) -> bool:
        """Give a result that has no inputs to whoever asks from Python; whether somebody does."""
        if self.receive is not None:
            self.receive(Delivery(report, None, result, self.asked))
        return self.receive is not None

    def print_report(self, report: Report[Result], result: Result) -> None:
        """The JSON report of a result that has no inputs on stdout."""
        _print_document(Delivery(report, None, result, self.asked).document())

    def stop(self, status: int) -> None:
        """End the command with an exit status."""
        if self.receive is None:
            raise typer.Exit(status)

    def _written(self, files: Mapping[str, bytes], report: str, document: Mapping[str, Any]) -> Path | None:
        """Where the files are now; None where no folder was named and the machine did not let us write."""
        from glasspara.report.output import NotWritableError, inputs_of, write_files, write_result

        if self.out is not None:
            write_files(self.out, files, force=self.force, report=report)
            return self.out
        paths = inputs_of(document)
        try:
            return write_result(_results(), self._own_folder, files, report=report, inputs=paths)
        except NotWritableError as error:
            _say(f"warning: no files written: {error}")
            return None

    @property
    def _endings(self) -> tuple[str, ...]:
        """Of the files of figures."""
        return ()

    def _pictures(self, figures: Figures | None) -> dict[str, Picture]:  # noqa: ARG002
        return {}


def _print_document(document: Mapping[str, Any]) -> None:
    from glasspara.report import to_text

    sys.stdout.write(to_text(document))


def _page_beside(report: str) -> str:
    """Name of the page of a result by that of its JSON report."""
    return f"{report.removesuffix('.json')}.html"


@dataclass(frozen=True)
class OutputWithPlots(Output):
    """The same of commands that draw figures."""

    plots: Plots = True
    formats: Formats = None
    titles: Titles = True

    def __post_init__(self) -> None:
        super().__post_init__()
        from glasspara.cli.values import names

        for name in names(self.formats):
            if name not in FORMATS:
                raise UsageError(f"--format: unknown {name!r}", remedy=f"Choose from {', '.join(FORMATS)}")

    @property
    def _endings(self) -> tuple[str, ...]:
        from glasspara.cli.values import names

        return tuple(dict.fromkeys(names(self.formats))) or FORMATS[:1]

    def _pictures(self, figures: Figures | None) -> dict[str, Picture]:
        if figures is None or not self.plots:
            return {}
        import logging

        logging.getLogger("matplotlib").setLevel(logging.ERROR)  # what it says of its own configuration
        from glasspara.report.matplotlib_start import load_matplotlib
        from glasspara.report.page import FigureFiles, Picture

        load_matplotlib()
        # The page shows PNG.
        endings = tuple(dict.fromkeys([*self._endings, *(["png"] if self.html else [])]))
        formats = FigureFiles(endings, titles=self.titles)
        drawn = figures(formats)
        return {
            stem: item if isinstance(item, Picture) else formats.picture(item) for stem, item in drawn.items()
        }


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
