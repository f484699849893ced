"""The errors that glasspara raises for its input's sake, and the exit status that goes with each."""

from __future__ import annotations


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
