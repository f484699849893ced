"""The errors that glasspara raises for its input's sake, and the exit status that goes with each."""

from __future__ import annotations

from collections.abc import Iterable

_FEW, _ALIKE = 6, 0.6
# Names that a message has room for; how alike two must be, by difflib.


class GlassparaError(Exception):
    """Base of every error that the user can mend.

    Parameters
    ----------
    what : str
        What is wrong, one sentence without a final full stop.
    where : str
        File, and line where there is one ("run.dat, line 31"). May be empty.
    remedy : str
        What to do about it. May be empty.
    """

    exit_status = 1

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        super().__init__(what)

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text}. {self.remedy}" if self.remedy else text


def names_near(name: str, known: Iterable[str], *, listed: str = "") -> str:
    """The remedy for a wrong ``name``: the one of ``known`` nearest to it, or all if they are few, and where they are
    ``listed``, a sentence.
    """
    from difflib import get_close_matches

    names = list(dict.fromkeys(known))
    close = get_close_matches(name.lower(), names, 1, _ALIKE)
    if close and len(names) > _FEW:
        said = f"Did you mean {close[0]}?"
    elif not listed or len(names) <= _FEW:
        return f"Known: {', '.join(names)}"
    else:
        said = ""
    return " ".join(filter(None, (said, listed)))


class UsageError(GlassparaError):
    """An option or a combination of options makes no sense."""

    exit_status = 2


class InputError(GlassparaError):
    """A file cannot be read, or does not hold what the command needs."""

    exit_status = 3


class UnsuitableError(InputError):
    """A file holds no DC magnetometry that could be analysed: it is of another kind, or nothing was measured."""


class SampleDataError(GlassparaError):
    """Something about the sample (its mass, say) is missing and must not be guessed."""

    exit_status = 4


class DomainError(UsageError):
    """The model cannot be computed with these parameters at these points."""
