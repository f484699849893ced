"""How the texts of options are read. Every function raises :class:`UsageError` that names the option."""

from __future__ import annotations

from math import isfinite

from glasspara.errors import GlassparaError, UsageError
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
            f"{option}: {text} is out of range", remedy=f"Give 0, or a size from {SMALLEST:g} to {LARGEST:g}"
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
            remedy="Leave out the minus; what a paramagnetic holder adds goes with --holder-chi",
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
