"""The sentences of findings: a table in every room that has something to say, ``findings.toml``.

An entry has a ``level`` and a ``text`` with the finding's values in braces, as ``str.format`` takes them, and with the
formats of :class:`_Words` beside the usual ones:

=================  ==============================================================================================
``{p:p}``          a p-value, "p = 0.21"
``{x:percent}``    a relative error, "0.62 %"
``{x:pm}``         value and error, [value, error]: "0.319 ± 0.067"
``{names:list}``   "a, b, c"; at most ``most`` of them: "a, b and 3 more"
``{names:and}``    "a, b and c"
``{names:option}``  "a,b,c", as an option takes it
``{unit:unit}``    "K Å²" for "K A^2"
``{n:point|points}``  "1 point", "3 points"
``{lines:ranges}``  pairs [first, last]: "32-60, 71"; at most ``most`` of them
``{items:each}``   every item (a mapping) by the entry's ``each.items``, joined by commas; at most ``most`` of them
``{side:choice}``  by the entry's ``choice.side``: the text for the value (true, false, none, a word), or for "else"
=================  ==============================================================================================

``about``, where there is one, says for the documentation what the finding means and what to do about it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

from glasspara.wording import p_value, percent, shown_unit, value_with_error

_PACKAGE = Path(__file__).parent.parent
_TABLE = "findings.toml"


@cache
def _table(room: str) -> dict[str, dict[str, Any]]:
    for folder in (_PACKAGE / room, _PACKAGE / "analysis" / room):
        path = folder / _TABLE
        if path.is_file():
            return tomllib.loads(path.read_text(encoding="utf-8"))
    raise KeyError(f"no room {room!r} with a {_TABLE}")


def entry_of(code: str) -> dict[str, Any]:
    """The entry of "room.name".

    Raises
    ------
    KeyError
        If there is none.
    """
    room, _, name = code.partition(".")
    try:
        return _table(room)[name]
    except KeyError:
        raise KeyError(f"no sentence for the finding {code!r}") from None


def sentence(code: str, values: Mapping[str, Any]) -> str:
    """The sentence of the finding ``code`` with its ``values``, one line without a final full stop."""
    return " ".join(_Words(entry_of(code), values).of(entry_of(code)["text"]).split())


def every_entry() -> Iterator[tuple[str, dict[str, Any]]]:
    """Code and entry of all findings, sorted."""
    for path in sorted(_PACKAGE.rglob(_TABLE)):
        for name, entry in sorted(_table(path.parent.name).items()):
            yield f"{path.parent.name}.{name}", entry


class _Words(Formatter):
    """Puts one sentence together."""

    def __init__(self, entry: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        self._entry, self._values = entry, values

    def of(self, template: str) -> str:
        return self.vformat(template, (), self._values)

    def get_field(self, field_name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[Any, str]:  # noqa: ARG002
        """The value and its name: formats by the entry need to know it. Attributes are not looked up."""
        return (field_name, kwargs[field_name]), field_name

    def convert_field(self, value: Any, conversion: str | None) -> Any:
        name, inner = value
        return name, (repr(inner) if conversion == "r" else inner)

    def format_field(self, value: Any, format_spec: str) -> str:  # noqa: PLR0911
        name, value = value
        match format_spec:
            case "p":
                return p_value(value)
            case "percent":
                return percent(value)
            case "pm":
                return value_with_error(*value)
            case "list":
                return self._joined([str(item) for item in value])
            case "and":
                return _and(list(map(str, value)))
            case "option":
                return ",".join(map(str, value))
            case "unit":
                return shown_unit(value)
            case "ranges":
                return self._joined([str(a) if a == b else f"{a}-{b}" for a, b in value])
            case "each":
                template = self._entry["each"][name]
                return self._joined([_Words(self._entry, item).of(template) for item in value])
            case "choice":
                options = self._entry["choice"][name]
                return self.of(options.get(str(value).lower(), options.get("else", "")))
        if "|" in format_spec:
            one, many = format_spec.split("|")
            return f"{value} {one if value == 1 else many}"
        return format(value, format_spec)

    def _joined(self, items: Sequence[str]) -> str:
        """The first ``most`` items, all without that, and how many more there are."""
        most = self._entry.get("most", len(items))
        more = len(items) - most
        return ", ".join(items[:most]) + (f" and {more} more" if more > 0 else "")


def _and(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
