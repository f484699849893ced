"""What the commands share: options to objects, documents and files to their places."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glasspara.cli import options
from glasspara.errors import UsageError

if TYPE_CHECKING:
    from glasspara.dataset import Window
    from glasspara.errors import GlassparaError
    from glasspara.fitting.settings import FitSettings
    from glasspara.loading import Loaded
    from glasspara.model import Model
    from glasspara.physics.ions import TraceIon
    from glasspara.sample import Sample


def warn(messages: Iterable[str], *, quiet: bool) -> None:
    """Messages to stderr, control characters shown inert."""
    if quiet:
        return
    from glasspara.report.inert import inert

    for message in messages:
        print(f"warning: {inert(message)}", file=sys.stderr)


def report_error(error: GlassparaError) -> None:
    """The one line that an error gets on stderr, control characters shown inert."""
    from glasspara.report.inert import inert

    print(f"error: {inert(str(error))}", file=sys.stderr)


def mass_mg(text: str | None) -> float | None:
    """The mass of ``--mass``, mg."""
    if text is None:
        return None
    from glasspara.errors import GlassparaError
    from glasspara.sample_mass import parse_mass

    try:
        return parse_mass(text)
    except GlassparaError as error:
        raise UsageError(f"--mass: {error.what}", remedy=error.remedy) from None


def window(t_range: str | None, h_range: str | None) -> Window:
    from glasspara.dataset import Window

    t_low, t_high = options.interval(t_range, "--t-range") if t_range else (None, None)
    h_low, h_high = options.interval(h_range, "--h-range") if h_range else (None, None)
    return Window(t_low, t_high, h_low, h_high)


def sample_and_defaults(name: str | None) -> tuple[Sample | None, dict[str, float]]:
    """Sample of ``--sample``, and the ATS parameters of a preset as defaults of a fit."""
    if name is None:
        return None, {}
    from glasspara.parameters import ATS_NAMES
    from glasspara.presets import is_preset, load_preset, load_sample

    if not is_preset(name):
        return load_sample(name), {}
    preset = load_preset(name)
    # A preset without an ATS term says nothing of its shape, and its n_ats = 0 is no value to hold.
    values = preset.parameters if preset.parameters.get("n_ats") else {}
    return preset.sample, {key: values[key] for key in ATS_NAMES if key in values}


def load(
    files: Sequence[str],
    *,
    mass: str | None,
    sample: Sample | None,
    moment: str,
    errors: str,
    t_range: str | None,
    h_range: str | None,
    exclude: list[str] | None,
    min_fit: float | None,
    average: bool,
    failed: list[tuple[str, GlassparaError]] | None = None,
) -> Loaded:
    """The files of a command. With a list ``failed`` a bad file is reported and noted there, and the rest goes on."""
    from glasspara.exclusion import parse_exclusions
    from glasspara.loading import load
    from glasspara.report.progress import track

    def report(path: str, error: GlassparaError) -> None:
        report_error(error)
        assert failed is not None
        failed.append((path, error))

    return load(
        files,
        mass_mg=mass_mg(mass),
        sample=sample,
        moment=moment,
        errors=errors,
        window=window(t_range, h_range),
        exclude=parse_exclusions(exclude or [], files),
        min_fit=min_fit,
        average=average,
        progress=lambda paths: track(paths, "reading"),
        on_error=None if failed is None else report,
    )


def trace_ions(name: str | None, sample: Sample | None) -> tuple[TraceIon, ...]:
    """Trace ions of ``--trace-ions``; without it none, and a word if the sample file knows some."""
    if name is not None:
        from glasspara.trace_ions import load_trace_ions

        return load_trace_ions(name)
    if sample is not None and sample.trace_ions:
        print("note: the sample file names trace ions; --trace-ions FILE counts them", file=sys.stderr)
    return ()


def all_trace_ions(name: str | None, sample: Sample | None) -> tuple[TraceIon, ...]:
    """Trace ions of ``--trace-ions``, else of the sample file."""
    if name is None and sample is not None and sample.trace_ions:
        from glasspara.trace_ions import model_ions

        return model_ions(sample.trace_ions)
    return trace_ions(name, sample)


def fit_settings(
    model: Model,
    *,
    staged: bool,
    iron_from_sample: bool,
    n_fe: str | None,
    sample: Sample | None,
    fix: list[str] | None,
    free: list[str] | None,
    start: list[str] | None,
    limit: list[str] | None,
    defaults: Mapping[str, float],
    constrain: list[str] | None = None,
    nuisance: list[str] | None = None,
    allowances: bool = True,
    loss: str = "linear",
) -> FitSettings:
    """Settings of a fit.

    ``iron_from_sample``: whether the iron of the sample file counts; in the naive LL fits of the source it is
    what they try to find.
    """
    from glasspara.fitting.settings import FitSettings
    from glasspara.sample import parse_concentration

    fixed = {
        name: None if text is None else options.number(text, f"--fix {name}")
        for name, text in options.assignments(fix, "--fix").items()
    }
    limits = {}
    for name, text in options.assignments(limit, "--limit").items():
        low, high = options.interval(text or "", f"--limit {name}")
        limits[name] = (-float("inf") if low is None else low, float("inf") if high is None else high)
    starts = options.values(start, "--set")
    constrained = options.measured(constrain, "--constrain")
    if loss not in ("linear", "huber"):
        raise UsageError(f"unknown --loss {loss!r}", remedy="Choose linear or huber")
    iron = parse_concentration(n_fe) if n_fe else None
    defaults = dict(defaults)
    if iron_from_sample and iron is None and sample is not None and sample.n_fe is not None:
        mentioned = {*fixed, *(free or []), *starts, *limits, *constrained}
        if not mentioned & {"n_fe", "n_fe2", "n_fe3"}:
            iron = (sample.n_fe, sample.n_fe_error)
    if sample is not None and sample.fe2_fraction is not None:
        defaults["fe2_fraction"] = sample.fe2_fraction
    return FitSettings(
        model=model,
        method="staged" if staged else "joint",
        n_fe=iron,
        fixed=fixed,
        freed=frozenset(free or []),
        starts=starts,
        limits=limits,
        constrained=constrained,
        nuisances=options.values(nuisance, "--nuisance"),
        allowances=allowances,
        loss="huber" if loss == "huber" else "linear",
        defaults=defaults,
    )


def workers(jobs: int | None, cluster: str | None) -> int:
    """Number of worker processes here, by ``--jobs`` and ``--cluster``."""
    if cluster is not None and jobs is not None:
        raise UsageError("--jobs is for this machine, --cluster for others", remedy="Give one of them")
    if jobs is not None:
        return jobs
    from glasspara.replicates.cores import usable_cores

    return usable_cores()


class Destination:
    """Where results go: ``--out`` and ``--force``, ``--json``, ``--quiet``."""

    def __init__(self, out: Path | None, *, force: bool, as_json: bool, quiet: bool) -> None:
        self.folder = out
        self.force = force
        self.as_json = as_json
        self.quiet = quiet

    def check(self, names: Sequence[str]) -> None:
        """Refuse before the work if ``names`` cannot be written."""
        if self.folder is not None:
            from glasspara.report.output import check_writable

            check_writable(self.folder, list(names), force=self.force)

    def write(self, files: Mapping[str, bytes], *, report: str = "") -> None:
        """The files into the folder, if there is one; ``report`` names the one that lists them all."""
        if self.folder is None:
            return
        from glasspara.report.output import write_files

        paths = write_files(self.folder, files, force=self.force, report=report)
        if not self.quiet:
            files_word = "file" if len(paths) == 1 else "files"
            print(f"wrote {len(paths)} {files_word} to {self.folder}", file=sys.stderr)

    def write_report(self, name: str, document: dict[str, Any], products: Mapping[str, bytes]) -> None:
        """The report with what belongs to it, before anything is shown: the reader of stdout may go away.

        The report lists its files, so that with ``--force`` those of the report before it do not stay behind.
        """
        assert self.folder is not None
        from glasspara.report.document import to_text

        document["files"] = sorted([name, *products])
        self.write({name: to_text(document).encode(), **products}, report=name)

    def show(self, document: Mapping[str, Any], tables: Callable[[], None]) -> None:
        """The document or the tables on stdout."""
        if self.as_json:
            from glasspara.report.document import to_text

            sys.stdout.write(to_text(document))
        elif not self.quiet:
            tables()
            if self.folder is None:
                print("nothing written; --out DIR writes JSON, CSV and figures", file=sys.stderr)
        sys.stdout.flush()
