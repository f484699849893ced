"""Options that mean the same in every command, and how their texts are read. Imports nothing heavy."""

from __future__ import annotations

from math import inf, isfinite
from pathlib import Path
from typing import Annotated

import typer

from glasspara.errors import UsageError
from glasspara.model.catalogue import MODELS

DATA, MODEL, INTERVALS, OUTPUT = "Data", "Model", "Intervals", "Output"
CORRECTIONS = "Holder and field"
REPLICATES = "Replicates"

Files = Annotated[
    list[str],
    typer.Argument(metavar="FILE...", help="Quantum Design files; - reads one from standard input."),
]
Mass = Annotated[
    str | None,
    typer.Option(
        "--mass",
        metavar="MG",
        help='Sample mass in mg, or with its unit ("35,7 mg", "0.0357 g").',
        rich_help_panel=DATA,
    ),
]
SampleOption = Annotated[
    str | None,
    typer.Option(
        "--sample", metavar="FILE.toml|PRESET", help="Sample data: mass, iron content.", rich_help_panel=DATA
    ),
]
GeometryFactor = Annotated[
    str | None,
    typer.Option(
        "--geometry-factor",
        metavar="F[+-ERROR]",
        help="Measured over true moment, by the sample's shape and its distance from the axis: divides the moments.",
        rich_help_panel=DATA,
    ),
]
Moment = Annotated[
    str,
    typer.Option(
        "--moment", metavar="auto|free|fixed|vsm", help="Which moment column to read.", rich_help_panel=DATA
    ),
]
Errors = Annotated[
    str,
    typer.Option(
        "--errors",
        metavar="auto|instrument|scatter",
        help="Errors of the points: the instrument's where they mean something (auto), always, or the scatter.",
        rich_help_panel=DATA,
    ),
]
TRange = Annotated[
    list[str] | None,
    typer.Option(
        "--t-range",
        metavar="LO:HI[,LO:HI...]",
        help="Temperatures to keep, K (repeatable; the parts are united).",
        rich_help_panel=DATA,
    ),
]
HRange = Annotated[
    list[str] | None,
    typer.Option(
        "--h-range",
        metavar="LO:HI[,LO:HI...]",
        help="Fields |H| to keep, Oe (repeatable; the parts are united).",
        rich_help_panel=DATA,
    ),
]
NotTRange = Annotated[
    list[str] | None,
    typer.Option(
        "--not-t-range",
        metavar="LO:HI[,LO:HI...]",
        help="Temperatures to leave out, K (repeatable).",
        rich_help_panel=DATA,
    ),
]
NotHRange = Annotated[
    list[str] | None,
    typer.Option(
        "--not-h-range",
        metavar="LO:HI[,LO:HI...]",
        help="Fields |H| to leave out, Oe (repeatable).",
        rich_help_panel=DATA,
    ),
]
Exclude = Annotated[
    list[str] | None,
    typer.Option(
        "--exclude",
        metavar="[FILE:]ITEMS",
        help="Points to leave out: lines of the file (12-20,43), T=40:65, a branch (cooling), amplitude=1 (mm), or "
        "flux-jumps (repeatable).",
        rich_help_panel=DATA,
    ),
]
MinFit = Annotated[
    float | None,
    typer.Option(
        "--min-fit",
        metavar="Q",
        help="Leave out rows whose scan was fitted worse than Q (0 to 1); by default 0.8, if that is the lesser part.",
        rich_help_panel=DATA,
    ),
]
Average = Annotated[
    bool,
    typer.Option(
        "--average", help="Average repeated measurements; their scatter is the error.", rich_help_panel=DATA
    ),
]
Background = Annotated[
    list[str] | None,
    typer.Option(
        "--background",
        metavar="FILE",
        help="Run of the holder alone, to subtract: at the same field for M(T), the same temperature for M(H) "
        "(repeatable).",
        rich_help_panel=CORRECTIONS,
    ),
]
BackgroundScale = Annotated[
    str,
    typer.Option(
        "--background-scale",
        metavar="K",
        help="The sample's holder over the measured one, in mass or length.",
        rich_help_panel=CORRECTIONS,
    ),
]
HolderChi = Annotated[
    str | None,
    typer.Option(
        "--holder-chi",
        metavar="VALUE[+-ERROR]",
        help="Moment of the holder over the field, emu/Oe, negative for a diamagnet, to subtract.",
        rich_help_panel=CORRECTIONS,
    ),
]
FieldStandard = Annotated[
    str | None,
    typer.Option(
        "--field-standard",
        metavar="FILE",
        help="M(H) run of palladium or another paramagnet along the sample's field sequence: gives M(H) runs the true "
        "field.",
        rich_help_panel=CORRECTIONS,
    ),
]
StandardChi = Annotated[
    str | None,
    typer.Option(
        "--standard-chi",
        metavar="VALUE|fit",
        help="Its susceptibility, emu g^-1 Oe^-1 (palladium at 298 K: 5.25e-6); fit: the one that makes the reported "
        "field right at large fields.",
        rich_help_panel=CORRECTIONS,
    ),
]
StandardMass = Annotated[
    str | None,
    typer.Option("--standard-mass", metavar="MG", help="Its mass, as --mass.", rich_help_panel=CORRECTIONS),
]
NFe = Annotated[
    str | None,
    typer.Option(
        "--n-fe",
        metavar="VALUE[+-ERROR]",
        help="Iron by mass spectrometry, g^-1: held without an error, a Gaussian constraint with one.",
        rich_help_panel=MODEL,
    ),
]
ModelName = Annotated[
    str,
    typer.Option(
        "--model",
        metavar="etm|ll|...",
        help=f"{'; '.join(f'{name}: {text}' for name, text in MODELS.items())}.",
        rich_help_panel=MODEL,
    ),
]
TraceIons = Annotated[
    str | None,
    typer.Option(
        "--trace-ions",
        metavar="BK7|Duran|BAS|FILE",
        help="Other ions of the iron group, in ratios to iron: those of the source's glasses, or of a TOML file.",
        rich_help_panel=MODEL,
    ),
]
Ions = Annotated[
    str, typer.Option("--ions", metavar="both|fe2|fe3", help="Iron ions in the model.", rich_help_panel=MODEL)
]
Fix = Annotated[
    list[str] | None,
    typer.Option(
        "--fix", metavar="NAME[=VALUE]", help="Hold a parameter (repeatable).", rich_help_panel=MODEL
    ),
]
Free = Annotated[
    list[str] | None,
    typer.Option(
        "--free", metavar="NAME", help="Free a parameter that is held by default.", rich_help_panel=MODEL
    ),
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=START", help="Start value of a parameter.", rich_help_panel=MODEL),
]
Limit = Annotated[
    list[str] | None,
    typer.Option("--limit", metavar="NAME=LO:HI", help="Limits of a parameter.", rich_help_panel=MODEL),
]
Constrain = Annotated[
    list[str] | None,
    typer.Option(
        "--constrain",
        metavar="NAME=VALUE+-ERROR",
        help="Gaussian knowledge of a parameter from elsewhere (n_ats by heat capacity); frees it (repeatable).",
        rich_help_panel=MODEL,
    ),
]
Nuisance = Annotated[
    list[str] | None,
    typer.Option(
        "--nuisance",
        metavar="NAME=WIDTH",
        help="What may be off, with the width of its prior: field_offset (Oe), moment_offset (emu) and "
        "temperature_scale (relative) of each run, mass_scale (relative) of each sample, holder_chi (emu/Oe) of all "
        "(repeatable).",
        rich_help_panel=MODEL,
    ),
]
Allowances = Annotated[
    bool,
    typer.Option(
        "--allowances/--no-allowances",
        help="Count an effect as established only if fields off by 20 Oe, thermometers by 0.5 % and masses by 2 % "
        "could not imitate it.",
        rich_help_panel=MODEL,
    ),
]
Loss = Annotated[
    str,
    typer.Option(
        "--loss",
        metavar="linear|huber",
        help="Least squares, or Huber's loss: points beyond 2.5 standard deviations weigh less.",
        rich_help_panel=MODEL,
    ),
]
Convention = Annotated[
    str,
    typer.Option(
        "--convention", metavar="paper|exact", help="Prefactor of the ATS term (10).", rich_help_panel=MODEL
    ),
]
Orientation = Annotated[
    str,
    typer.Option(
        "--orientation",
        metavar="isotropic|aligned|rms",
        help="Average over orientations.",
        rich_help_panel=MODEL,
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option(
        "--jobs",
        metavar="N",
        min=1,
        help="Processes that share files, fits, replicates; all cores by default. The results are the same for any N.",
    ),
]
Cluster = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="ADDRESS",
        help="Give the replicates to the workers of a Dask scheduler, tcp://HOST:PORT.",
        rich_help_panel=REPLICATES,
    ),
]
Seed = Annotated[
    int,
    typer.Option("--seed", min=0, help="Seed of the replicates' random numbers.", rich_help_panel=REPLICATES),
]


def _folder(text: str) -> Path:
    """An empty name is a variable of the shell that was not set, not the folder that one is in."""
    if not text:
        raise UsageError("--out: the name of the folder is empty", remedy="Write --out . for this one")
    return Path(text)


Out = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="DIR",
        parser=_folder,
        help="Write JSON, CSV and PNG files into DIR.",
        rich_help_panel=OUTPUT,
    ),
]
Force = Annotated[
    bool, typer.Option("--force", help="Overwrite existing results in DIR.", rich_help_panel=OUTPUT)
]
JsonFlag = Annotated[
    bool,
    typer.Option("--json", help="One JSON document on stdout instead of tables.", rich_help_panel=OUTPUT),
]
Plots = Annotated[
    bool, typer.Option("--plots/--no-plots", help="With --out: write PNG figures.", rich_help_panel=OUTPUT)
]
Quiet = Annotated[
    bool,
    typer.Option("--quiet", "-q", help="No tables and no warnings; errors only.", rich_help_panel=OUTPUT),
]


def names(texts: list[str] | None) -> tuple[str, ...]:
    """Names of a repeatable option, each also "NAME,NAME"."""
    return tuple(name.strip() for text in texts or [] for name in text.split(",") if name.strip())


def pairs(texts: list[str] | None, option: str) -> tuple[tuple[str, str], ...]:
    """ "NAME,NAME" of a repeatable option.

    Raises
    ------
    UsageError
    """
    found = []
    for text in texts or []:
        parts = names([text])
        if len(parts) != 2:
            raise UsageError(f"{option}: {text!r} is not NAME,NAME")
        found.append((parts[0], parts[1]))
    return tuple(found)


def number(text: str, option: str) -> float:
    """A finite number.

    Raises
    ------
    UsageError
    """
    try:
        value = float(text)
    except ValueError:
        raise UsageError(f"{option}: {text!r} is not a number") from None
    if not isfinite(value):
        raise UsageError(f"{option}: {text!r} is not finite")
    return value


def interval(text: str, option: str) -> tuple[float | None, float | None]:
    """ "LO:HI", either side may be left out.

    Raises
    ------
    UsageError
    """
    low, colon, high = text.partition(":")
    if not colon or not (low.strip() or high.strip()):
        raise UsageError(f"{option}: {text!r} is not LO:HI", remedy="Leave one side out for an open interval")
    ends = tuple(number(side, option) if side.strip() else None for side in (low, high))
    if ends[0] is not None and ends[1] is not None and not ends[0] < ends[1]:
        raise UsageError(f"{option}: in {text!r} the lower end is not below the upper")
    return ends[0], ends[1]


def assignments(texts: list[str] | None, option: str) -> dict[str, str | None]:
    """ "NAME=VALUE" or "NAME", by name.

    Raises
    ------
    UsageError
        For a name given twice.
    """
    found: dict[str, str | None] = {}
    for text in texts or []:
        name, equals, value = text.partition("=")
        name = name.strip()
        if name in found:
            raise UsageError(f"{option}: {name} is given twice")
        found[name] = value if equals else None
    return found


def measured(texts: list[str] | None, option: str) -> dict[str, tuple[float, float]]:
    """ "NAME=VALUE+-ERROR", by name, with ± or +/- as well.

    Raises
    ------
    UsageError
    """
    result = {}
    for name, text in assignments(texts, option).items():
        value, error = with_error(text, f"{option} {name}") if text else (0.0, None)
        if error is None:
            raise UsageError(f"{option} {name}: no error", remedy=f"Write {option} {name}=VALUE+-ERROR")
        result[name] = value, error
    return result


def with_error(text: str, option: str) -> tuple[float, float | None]:
    """ "VALUE" or "VALUE+-ERROR", with ± or +/- as well; None without an error.

    Raises
    ------
    UsageError
    """
    sign = next((sign for sign in ("±", "+/-", "+-") if sign in text), "")
    value, _, error = text.partition(sign) if sign else (text, "", "")
    return number(value, option), number(error, option) if sign else None


def larmor(text: str) -> tuple[float, float | None]:
    """Value and error of ``--chi-larmor``.

    Raises
    ------
    UsageError
    """
    value, error = with_error(text, "--chi-larmor")
    if value < 0.0:
        raise UsageError(
            f"--chi-larmor: {value:g} is negative, and chi_larmor is positive for a diamagnet",
            remedy="Leave out the minus; what a paramagnetic holder adds goes with --holder-chi",
        )
    if error is not None and not 0.0 < error < inf:
        raise UsageError("--chi-larmor: the error must be positive")
    return value, error


def values(texts: list[str] | None, option: str) -> dict[str, float]:
    """ "NAME=NUMBER", by name.

    Raises
    ------
    UsageError
    """
    result = {}
    for name, text in assignments(texts, option).items():
        if text is None:
            raise UsageError(f"{option} {name}: no value", remedy=f"Write {option} {name}=VALUE")
        result[name] = number(text, f"{option} {name}")
    return result
