"""Options that mean the same in every command: flags, metavar, help and the panel of the help that lists them.

:func:`option` declares one; it goes into ``Annotated`` beside the type. What one command alone has stands in its
signature, by :func:`own_option`. :mod:`glasspara.cli.values` reads their texts,
:mod:`glasspara.cli.groups` holds them in groups with their defaults. Imports nothing heavy.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from glasspara.model import MODELS

DATA, MODEL, INTERVALS, OUTPUT = "Data", "Model", "Intervals", "Output"
CORRECTIONS = "Holder and field"
REPLICATES = "Replicates"

MOST_REPLICATES = 1_000_000
"""More are weeks of work, and their results do not fit into memory."""


def option(
    flags: str,
    help: str,
    metavar: str | None = None,
    *,
    panel: str = "",
    common: bool = False,
    names_files: bool = False,
    default: Any = ...,
    **more: Any,
) -> Any:
    """One option for the command line.

    Parameters
    ----------
    flags : str
        "--quiet -q": the long name first. "--plots/--no-plots" is a switch with two sides.
    help, metavar : str
        What it does, and what its value looks like; no metavar for a switch.
    panel : str
        Heading of the help that it stands under, "Options" without one.
    common : bool
        Whether ``-h`` shows it; ``--help-all`` shows all options. A command whose options are all uncommon shows all.
    names_files : bool
        Whether its value can be the name of a file that the result depends on: reports record the file's hash.
    default
        Its default where the option itself stands in for that in a signature, see :func:`own_option`.
    more
        Of ``typer.Option``: ``min``, for instance.
    """
    words = flags.split() if default is ... else [default, *flags.split()]
    made: Any = typer.Option(*words, metavar=metavar, help=help, rich_help_panel=panel or None, **more)
    made.common, made.names_files = common, names_files
    return made


def own_option(
    flags: str,
    help: str,
    metavar: str | None = None,
    *,
    default: Any = None,
    common: bool = True,
    **more: Any,
) -> Any:
    """An option that one command alone has: it stands in the signature, as the default of its parameter.

    Parameters are those of :func:`option`.
    """
    return option(flags, help, metavar, default=default, common=common, **more)


Files = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE...",
        help="Quantum Design files. A folder means all magnetometer files in it, a quoted pattern ('data/*.dat') all "
        "files that match, @LIST the paths in a file, - standard input.",
    ),
]


# Options of one panel of the help.
_data = partial(option, panel=DATA)
_correction = partial(option, panel=CORRECTIONS)
_model = partial(option, panel=MODEL)
_replicates = partial(option, panel=REPLICATES)
_output = partial(option, panel=OUTPUT)

# --- data --------------------------------------------------------------------------------------------------
Mass = Annotated[
    str | None,
    _data("--mass", 'Sample mass in mg, or with its unit ("35,7 mg", "0.0357 g").', "MG", common=True),
]
SampleOption = Annotated[
    str | None,
    _data(
        "--sample",
        "Sample data: mass, iron content, holder. glasspara init writes such a file.",
        "FILE.toml|PRESET",
        names_files=True,
        common=True,
    ),
]
GeometryFactorOption = Annotated[
    list[str] | None,
    _data(
        "--geometry-factor",
        "Measured moment divided by true moment, from shape and position of the sample; the moments are divided by "
        "it. One for all runs, or by run type: dc=1.01,vsm=0.98 (dc, rso, vsm, acms; all for the others; "
        "repeatable).",
        "[TYPE=]F[+-ERROR]",
    ),
]
Moment = Annotated[str, _data("--moment", "Which moment column to read.", "auto|free|fixed|vsm")]
Errors = Annotated[
    str,
    _data(
        "--errors",
        "Errors of the points. auto: the instrument's if they are standard deviations, else the scatter of the points; "
        "instrument and scatter: always these.",
        "auto|instrument|scatter",
    ),
]
TRange = Annotated[
    list[str] | None,
    _data("--t-range", "Temperatures to keep, K (repeatable).", "LO:HI[,LO:HI...]", common=True),
]
HRange = Annotated[
    list[str] | None,
    _data("--h-range", "Fields |H| to keep, Oe (repeatable).", "LO:HI[,LO:HI...]", common=True),
]
NotTRange = Annotated[
    list[str] | None, _data("--not-t-range", "Temperatures to leave out, K (repeatable).", "LO:HI[,LO:HI...]")
]
NotHRange = Annotated[
    list[str] | None, _data("--not-h-range", "Fields |H| to leave out, Oe (repeatable).", "LO:HI[,LO:HI...]")
]
Exclude = Annotated[
    list[str] | None,
    _data(
        "--exclude",
        "Points to leave out: lines of the file (12-20,43), T=40:65, a branch (cooling), amplitude=1 (mm), or "
        "flux-jumps (repeatable).",
        "[FILE:]ITEMS",
        common=True,
    ),
]
MinFit = Annotated[
    float | None,
    _data(
        "--min-fit",
        "Leave out rows whose scan fit is worse than Q (0 to 1). Default 0.8, applied only if fewer than half of the "
        "rows are below it.",
        "Q",
    ),
]
Average = Annotated[bool, _data("--average", "Average repeated measurements; their scatter gives the error.")]
BackgroundOption = Annotated[
    list[str] | None,
    _correction(
        "--background",
        "Run of the holder alone, which is subtracted: at the same field for M(T), at the same temperature for M(H) "
        "(repeatable).",
        "FILE",
        names_files=True,
        common=True,
    ),
]
BackgroundScale = Annotated[
    str,
    _correction(
        "--background-scale", "Ratio of the sample's holder to the measured holder, in mass or length.", "K"
    ),
]
HolderChi = Annotated[
    str | None,
    _correction(
        "--holder-chi",
        "Moment of the holder divided by the field, emu/Oe, negative for a diamagnet; it is subtracted.",
        "VALUE[+-ERROR]",
    ),
]
FieldStandardOption = Annotated[
    str | None,
    _correction(
        "--field-standard",
        "M(H) run of palladium or another paramagnet with the field sequence of the sample; it gives the true field "
        "of M(H) runs.",
        "FILE",
        names_files=True,
    ),
]
StandardChi = Annotated[
    str | None,
    _correction(
        "--standard-chi",
        "Susceptibility of the field standard, emu g^-1 Oe^-1 (palladium at 298 K: 5.25e-6); fit: the value for "
        "which large reported fields are right.",
        "VALUE|fit",
    ),
]
StandardMass = Annotated[
    str | None, _correction("--standard-mass", "Mass of the field standard, as --mass.", "MG")
]
SameGlass = Annotated[
    bool, _data("--same-glass", "The files are of one glass, although they have different sample names.")
]

SkipUnsuitable = Annotated[
    bool,
    _data(
        "--skip-unsuitable",
        "Leave out files without DC magnetometry (AC, raw scans, logs) instead of refusing them; exit status 6 if "
        "one of them was named.",
    ),
]

# --- model -------------------------------------------------------------------------------------------------
NFe = Annotated[
    str | None,
    _model(
        "--n-fe",
        "Iron by mass spectrometry: g^-1, ppm, ug/g, wt% Fe, FeO or Fe2O3. Fixed if it has no error, else a Gaussian "
        "constraint.",
        "VALUE[+-ERROR]",
        common=True,
    ),
]
ModelName = Annotated[
    str,
    _model(
        "--model",
        f"{'; '.join(f'{name}: {text}' for name, text in MODELS.items())}.",
        "etm|ll|...",
        common=True,
    ),
]
TraceIons = Annotated[
    str | None,
    _model(
        "--trace-ions",
        "Other ions of the iron group, as ratios to iron: those of the source's glasses, or from a TOML file.",
        "BK7|Duran|BAS|FILE",
        names_files=True,
    ),
]
Ions = Annotated[str, _model("--ions", "Iron ions in the model.", "both|fe2|fe3")]
Fix = Annotated[
    list[str] | None,
    _model(
        "--fix", "Fix a parameter, by default at its start value (repeatable).", "NAME[=VALUE]", common=True
    ),
]
Free = Annotated[
    list[str] | None,
    _model("--free", "Free a parameter that is fixed or has a prior by default (repeatable).", "NAME"),
]
Set = Annotated[list[str] | None, _model("--set", "Start value of a parameter (repeatable).", "NAME=START")]
Limit = Annotated[list[str] | None, _model("--limit", "Limits of a parameter (repeatable).", "NAME=LO:HI")]
Constrain = Annotated[
    list[str] | None,
    _model(
        "--constrain",
        "Gaussian constraint on a parameter or derived quantity that is known from elsewhere (d_min or ats_strength "
        "from heat capacity, d0_ratio); the parameter is free (repeatable).",
        "NAME=VALUE+-ERROR",
    ),
]
NuisanceOption = Annotated[
    list[str] | None,
    _model(
        "--nuisance",
        "Fit an error of the instrument, with a Gaussian prior of this width: field_offset (Oe), moment_offset "
        "(emu), drift (emu/g from first to last point) and temperature_scale (relative) of each run, mass_scale "
        "(relative) of each sample, holder_chi (emu/Oe) of all (repeatable).",
        "NAME=WIDTH",
    ),
]
Allowances = Annotated[
    bool,
    _model(
        "--allowances/--no-allowances",
        "Count an effect as established only if errors of the instrument could not imitate it: fields off by 20 Oe, "
        "thermometers by 0.5 %, masses by 2 %.",
    ),
]
Instrument = Annotated[
    list[str] | None,
    _model(
        "--instrument",
        "Width of an instrument error that is allowed for both the model and ordinary magnetism: field_offset (20 Oe), "
        "thermometer and thermometer_run (0.005 and 0.001, relative), gain_run (0.001), mass (0.02), moment_offset and "
        "drift (0, emu/g); 0 switches an error off (repeatable).",
        "NAME=WIDTH",
    ),
]
NoOtherIons = Annotated[
    bool,
    _model(
        "--no-other-ions",
        "The sample has no magnetic ions except iron and --trace-ions, by mass spectrometry. Then known iron "
        "(--n-fe) alone can establish the ATS term.",
    ),
]
Loss = Annotated[
    str,
    _model(
        "--loss",
        "Least squares, or Huber's loss: points beyond 2.5 standard deviations have less weight.",
        "linear|huber",
    ),
]
Staged = Annotated[
    bool,
    _model(
        "--staged/--joint",
        "Fit all free parameters together (joint); or repeat the subtraction stages until no parameter changes, "
        "which gives the same result, and report the values of the first pass.",
    ),
]
StagedOnce = Annotated[
    bool,
    _model(
        "--staged-once",
        "One pass of the stages, Larmor and then Langevin, each fixed before the next. It is biased if there is an "
        "ATS term; the report gives the bias.",
    ),
]
Convention = Annotated[
    str,
    _model(
        "--convention",
        "Prefactor of the term of the anomalous tunnelling systems (ATS): paper is equation (10) as printed, "
        "exact half of it.",
        "paper|exact",
    ),
]
Orientation = Annotated[
    str, _model("--orientation", "Orientations of the tunnelling systems.", "isotropic|aligned|rms")
]

# --- replicates --------------------------------------------------------------------------------------------
Jobs = Annotated[
    int | None,
    option(
        "--jobs",
        "Processes that share files, fits, replicates; all cores by default, and never more. The results are the same "
        "for any N.",
        "N",
        min=1,
    ),
]
Cluster = Annotated[
    str | None,
    _replicates(
        "--cluster",
        "Compute the replicates on the workers of a Dask scheduler, tcp://HOST:PORT. It can run code on this "
        "machine, and everybody who can reach it can run code on its workers.",
        "ADDRESS",
    ),
]
SeedOption = Annotated[int, _replicates("--seed", "Seed of the replicates' random numbers.", "N", min=0)]

# --- output ------------------------------------------------------------------------------------------------
Out = Annotated[
    Path | None,
    _output(
        "--out",
        "Write JSON, CSV, HTML and figures into DIR. Default (without --json): glasspara-results/COMMAND-FILE in the "
        "working folder, where a result of the same files is replaced.",
        "DIR",
        common=True,
    ),
]
Force = Annotated[bool, _output("--force", "Overwrite existing results in DIR.", common=True)]
NoFiles = Annotated[bool, _output("--no-files", "Write no files.", common=True)]
JsonFlag = Annotated[bool, _output("--json", "One JSON document on stdout instead of tables.", common=True)]
ColumnsOption = Annotated[
    list[str] | None,
    _output(
        "--columns",
        "More columns in the CSV of the points: si (T, A/m, A m^2/kg, m^3/kg), chi = M/H, chit = chi T without the "
        "Larmor term, mueff = effective moment of an iron ion (repeatable, or NAME,NAME).",
        "si|chi|chit|mueff",
    ),
]
Quiet = Annotated[bool, _output("--quiet -q", "No tables and no warnings; errors only.")]
