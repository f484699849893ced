"""How the values of options are read.

Texts of the command line come first; every function raises :class:`UsageError` that names the option. Then the options
by name: Python's keywords and the keys of a settings file become what the command line would have given. The name of an
option is its long flag, "t_range" for ``--t-range``. Its value may be the text of the command line, or a number, a
pair, a list or a mapping that says the same; :meth:`Option.read` spells it as text, so that there is one reader of
texts.
"""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from math import isfinite
from numbers import Real
from pathlib import Path
from typing import Any, get_args, get_origin

from glasspara.cli.options import OUTPUT
from glasspara.errors import GlassparaError, UsageError, names_near
from glasspara.units import LARGEST, SMALLEST, in_use


def names(texts: list[str] | None) -> tuple[str, ...]:
    """Names of a repeatable option, each also "NAME,NAME"."""
    return tuple(name.strip() for text in texts or [] for name in text.split(",") if name.strip())


def pairs(texts: list[str] | None, option: str) -> tuple[tuple[str, str], ...]:
    """ "NAME,NAME" of a repeatable option."""
    found = []
    for text in texts or []:
        parts = names([text])
        if len(parts) != 2:
            raise UsageError(f"{option}: {text!r} is not NAME,NAME")
        found.append((parts[0], parts[1]))
    return tuple(found)


def number(text: str, option: str) -> float:
    """A finite number, and none so large or small that nobody could mean it."""
    try:
        value = float(text)
    except ValueError:
        raise UsageError(f"{option}: {text!r} is not a number") from None
    return in_range(value, option, repr(text))


def in_range(value: float, option: str, text: str) -> float:
    """``value``, written as ``text``, where somebody could mean it."""
    if not isfinite(value):
        raise UsageError(f"{option}: {text} is not finite")
    if not in_use(value):
        raise UsageError(
            f"{option}: {text} is out of range",
            remedy=f"Give 0, or an absolute value from {SMALLEST:g} to {LARGEST:g}",
        )
    return value


def interval(text: str, option: str) -> tuple[float | None, float | None]:
    """ "LO:HI", either side may be left out."""
    low, colon, high = text.partition(":")
    if not colon or not (low.strip() or high.strip()):
        raise UsageError(f"{option}: {text!r} is not LO:HI", remedy="Leave one side out for an open interval")
    ends = tuple(number(side, option) if side.strip() else None for side in (low, high))
    if ends[0] is not None and ends[1] is not None and not ends[0] < ends[1]:
        raise UsageError(f"{option}: in {text!r} the lower end is not below the upper")
    return ends[0], ends[1]


def intervals(texts: list[str] | None, option: str) -> tuple[tuple[float | None, float | None], ...]:
    """ "LO:HI" of a repeatable option, each also "LO:HI,LO:HI"."""
    return tuple(interval(part, option) for text in texts or [] for part in text.split(","))


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
    """ "NAME=VALUE+-ERROR", by name, with ± or +/- as well."""
    result = {}
    for name, text in assignments(texts, option).items():
        value, error = with_error(text, f"{option} {name}") if text else (0.0, None)
        if error is None:
            raise UsageError(f"{option} {name}: no error", remedy=f"Write {option} {name}=VALUE+-ERROR")
        result[name] = value, error
    return result


def with_error(text: str, option: str) -> tuple[float, float | None]:
    """ "VALUE" or "VALUE+-ERROR", with ± or +/- as well; None without an error."""
    sign = next((sign for sign in ("±", "+/-", "+-") if sign in text), "")
    value, _, error = text.partition(sign) if sign else (text, "", "")
    return number(value, option), number(error, option) if sign else None


def larmor(text: str) -> tuple[float, float | None]:
    """Value and error of ``--chi-larmor``."""
    value, error = with_error(text, "--chi-larmor")
    if value < 0.0:
        raise UsageError(
            f"--chi-larmor: {value:g} is negative, and chi_larmor is positive for a diamagnet",
            remedy="Leave out the minus sign; use --holder-chi for a paramagnetic holder",
        )
    if error is not None and not error > 0.0:
        raise UsageError("--chi-larmor: the error must be positive")
    return value, error


def numbers(texts: list[str] | None, option: str) -> dict[str, float]:
    """ "NAME=NUMBER", by name."""
    result = {}
    for name, text in assignments(texts, option).items():
        if text is None:
            raise UsageError(f"{option} {name}: no value", remedy=f"Write {option} {name}=VALUE")
        result[name] = number(text, f"{option} {name}")
    return result


def mass_mg(text: str | None, option: str = "--mass") -> float | None:
    """The mass of ``--mass``, mg; None where the option is not given."""
    if text is None:
        return None
    from glasspara.sample.mass import parse_mass

    try:
        return parse_mass(text)
    except GlassparaError as error:
        raise UsageError(f"{option}: {error.what}", remedy=error.remedy) from None


_JOINED = r"\+-|:(?=HI|TO|\w+\])|,(?=NAME|\.\.\.)"
"""In a metavar, what stands between the parts of one value: "VALUE[+-ERROR]", "LO:HI", "NAME,NAME", "X,..."."""


_NO_CHOICES = {"files", "skip_unsuitable", "jobs", "cluster"}


@dataclass(frozen=True)
class Option:
    """One option of a command, as reports, settings files and Python know it.

    ``name`` is its long flag, ``field`` the parameter of the command or the field of a group that it fills. ``kind`` is
    the type of its value, or of each value where it is ``repeatable``; ``least`` and ``most`` its limits, if any;
    ``panel`` its heading in the help, ``off`` the other side of a switch. A report may stand in for the files of one
    that is ``or_report``.
    """

    name: str
    field: str
    kind: type
    repeatable: bool
    default: Any
    metavar: str
    help: str
    least: float | None
    most: float | None
    panel: str
    names_files: bool
    or_report: bool
    off: str = ""

    @classmethod
    def of(cls, parameter: inspect.Parameter) -> Option:
        """The option that a parameter of a command declares."""
        declared = declaration(parameter)
        default = declared.default if parameter.default is declared else parameter.default
        kind, repeatable = _kind(parameter.annotation)
        return cls(
            _flags(parameter.name, declared)[0].removeprefix("--").replace("-", "_"),
            parameter.name,
            kind,
            repeatable,
            None if default is inspect.Parameter.empty else default,
            declared.metavar or "",
            declared.help or "",
            declared.min,
            declared.max,
            declared.rich_help_panel or "",
            getattr(declared, "names_files", False),
            getattr(declared, "or_report", False),
            _flags(parameter.name, declared)[-1] if kind is bool else "",
        )

    def words(self, value: Any) -> list[str]:
        """What the command line has for ``value``, as :meth:`read` gives it; nothing for the default."""
        flag = f"--{self.name.replace('_', '-')}"
        if value is None or value == self.default:
            return []
        if self.kind is bool:
            return [flag if value else self.off]
        return [word for item in (value if self.repeatable else [value]) for word in (flag, str(item))]

    @property
    def is_choice(self) -> bool:
        """Whether a result depends on it: not on where it goes, nor on who computes it. Files are inputs."""
        return self.field not in _NO_CHOICES and self.panel != OUTPUT

    @property
    def between(self) -> str:
        """What stands between the parts of one value, "+-" or ":" or ","; "" where a value has no parts."""
        found = re.search(_JOINED, self.metavar)
        return found[0] if found else ""

    def read(self, value: Any) -> Any:
        """``value`` as the command line would have given it.

        A tuple or list joins the parts of one value, (value, error) or (low, high), where the option has such; None
        leaves an end open. A repeatable option takes a list of values, or a mapping from names where it takes
        NAME=VALUE.

        Raises
        ------
        UsageError
            The option takes no such value.
        """
        value = _plain(value)
        if self.kind is bool:
            return self._checked(value, isinstance(value, bool), "true or false")
        if not self.repeatable:
            return self._one(value)
        if isinstance(value, Mapping):
            self._checked(value, "=" in self.metavar, self._expected)
            pairs = ((str(name), item) for name, item in value.items())
            return [name if item is None else f"{name}={self._one(item)}" for name, item in pairs]
        several = isinstance(value, Iterable) and not (isinstance(value, str | Path) or self._joins(value))
        return [self._one(item) for item in (value if several else [value])]

    def _joins(self, value: Any) -> bool:
        """Whether ``value`` is the parts of one value: a tuple, or numbers that are no list of values."""
        if not self.between or not isinstance(value, tuple | list):
            return False
        numbers = all(item is None or isinstance(item, Real) for item in value)
        if isinstance(value, tuple):
            return numbers or all(isinstance(item, Real | str) for item in value)
        return numbers and self.between != ","

    def _one(self, value: Any) -> Any:
        """One value, as text unless the option is a number."""
        value = _plain(value)
        if self.kind in (int, float):
            try:
                number = self.kind(value)
                fits = not isinstance(value, bool) and (isinstance(value, str) or number == value)
            except (TypeError, ValueError, OverflowError):
                fits = False
            self._checked(value, fits, "a whole number" if self.kind is int else "a number")
            if self.least is not None:
                self._checked(value, number >= self.least, f"a number from {self.least:g}")
            if self.most is not None:
                self._checked(value, number <= self.most, f"a number up to {self.most:g}")
            return number
        if self._joins(value):
            text = self.between.join("" if item is None else self._text(item) for item in value)
        else:
            text = self._text(value)
        if not text.strip(" \t\r\n,"):
            raise UsageError(f"{self.name}: the value is empty", remedy="Give a value, or leave it out")
        return self.kind(text)

    def _text(self, value: Any) -> str:
        value = _plain(value)
        if isinstance(value, float):
            short = f"{value:g}"
            return short if float(short) == value else repr(value)
        fits = isinstance(value, str | int | os.PathLike) and not isinstance(value, bool)
        self._checked(value, fits, self._expected)
        return os.fspath(value) if isinstance(value, os.PathLike) else str(value)

    @property
    def _expected(self) -> str:
        return self.metavar or self.kind.__name__

    def _checked(self, value: Any, fits: bool, expected: str) -> Any:
        if not fits:
            raise UsageError(f"{self.name}: {value!r:.100} is not {expected}")
        return value


def _plain(value: Any) -> Any:
    """A scalar of NumPy as a number of Python."""
    return value.item() if getattr(value, "shape", None) == () else value


def read_options(
    options: Mapping[str, Option], given: Mapping[str, Any], *, command: str, elsewhere: Collection[str] = ()
) -> dict[str, Any]:
    """The value of every option of a command by its ``field``, the default where ``given`` has None or nothing.

    ``elsewhere`` are the options of files, where these are loaded already.

    Raises
    ------
    UsageError
        A name is no option of the command, or its value does not fit.
    """
    values = {option.field: option.default for option in options.values()}
    for name, value in given.items():
        if name not in options:
            if name in elsewhere:
                raise UsageError(f"{name} is about the files, which are loaded", remedy="Give it to load")
            suggested = names_near(name, sorted(options), listed=f"help(glasspara.{command}) has all")
            raise UsageError(f"{command} has no option {name!r}", remedy=suggested)
        if value is not None:
            values[options[name].field] = options[name].read(value)
    return values


def declaration(parameter: inspect.Parameter) -> Any:
    """What annotation or default say of the command line: an option or an argument of Typer."""
    marks = (*get_args(parameter.annotation)[1:], parameter.default)
    return next((mark for mark in marks if hasattr(mark, "param_decls")), None)


def _flags(field: str, declared: Any) -> list[str]:
    """The long flag of an option, and for a switch with two sides the other one."""
    # In an annotation, Typer holds the first flag as the default until it makes the command.
    flags = () if declared is None else (declared.default, *(declared.param_decls or ()))
    long = next((flag for flag in flags if isinstance(flag, str) and flag.startswith("--")), field)
    return long.split("/")


def _kind(annotation: Any) -> tuple[type, bool]:
    """Type of a value, and whether there may be several: of "list[str] | None", str and True."""
    if get_origin(annotation) is list:
        return get_args(annotation)[0], True
    inner = [
        item for item in get_args(annotation) if item is not type(None) and not hasattr(item, "param_decls")
    ]
    return _kind(inner[0]) if inner else (annotation, False)
