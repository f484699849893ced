"""The page of a result: one HTML file with everything in it, for a mail, a telephone, a printer.

It says what the terminal says, in the same words, then shows the figures, and names the input files with their hashes,
the settings, the command and the versions. It needs no network, and has no script. Text is data: :func:`tag` escapes
whatever is not :class:`Html`.

:class:`Picture` is a figure as it is kept: its files, and what it shows in words, for those who cannot see it.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from glasspara.report.terminal import NO_BREAK, Column, PrintedTable, Recorder, Sentence, words_of
from glasspara.wording import inert, raised

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWN = 40
"""Figures within a page; those of a larger batch are named, and lie beside it."""

_CSS = Path(__file__).with_name("page.css")
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_MANY = 7
"""Columns above which a table is set small."""

_NUMBER = partial(Column, holds="number")
_OPTION = re.compile(r"^(?=.{1,24}$).*(--|\+-)[a-zA-Z]")
_LEVELS = {"bold green": "info", "bold yellow": "warning", "bold red": "error"}


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


def tag(name: str, /, *children: str, **attributes: str) -> Html:
    """An element. Children and values are text, control characters shown inert, unless they are :class:`Html`.

    ``class_`` stands for the attribute "class", ``data_title`` for "data-title".
    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_safe(value)}"' for key, value in attributes.items()
    )
    if name in ("img", "meta"):
        return Html(f"<{name}{given}>")
    return Html(f"<{name}{given}>{''.join(map(_safe, children))}</{name}>")


def _safe(text: str) -> str:
    return text if isinstance(text, Html) else escape(inert(text))


def page(
    document: Mapping[str, Any],
    shown: Recorder,
    pictures: Mapping[str, Picture],
    *,
    files: Sequence[str],
    command: str,
) -> str:
    """The page of one result.

    Parameters
    ----------
    document : mapping
        The JSON report.
    shown : Recorder
        What the terminal shows of the result.
    pictures : mapping
        Figures by name, each with a PNG.
    files : sequence of str
        Names of the other files of the result.
    command : str
        The command that gives the same numbers. Not the command line as it was: the page, whose hash is in the report,
        must not depend on where results go and on how many processes work.
    """
    title = f"glasspara {document['command']}"
    of = _samples(document["inputs"])
    body = [
        tag("h1", title, *([tag("small", of)] if of else [])),
        *_shown(_verdict_first(shown.items)),
        *_figures(pictures),
        *(item for block in _ordinary_blocks(document) for item in _ordinary(block)),
        *_warnings(document["warnings"]),
        *_inputs(document["inputs"], shown.inputs),
        tag("h2", "Settings"),
        *_settings(document["settings"], document["settings_taken"]),
        tag("h2", "How it was made"),
        tag("pre", command),
        tag("p", _versions(document)),
        tag("p", f"Files of this result: {', '.join(sorted(files))}."),
    ]
    head = [
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'),
        tag("title", f"{title}: {of}" if of else title),
        tag("style", Html(_CSS.read_text(encoding="utf-8"))),
    ]
    whole = tag(
        "html", tag("head", *head), tag("body", tag("main", *(Html(f"{item}\n") for item in body))), lang="en"
    )
    return f"<!DOCTYPE html>\n{whole}\n"


def _samples(inputs: Sequence[Mapping[str, Any]]) -> str:
    """What the result is of: the samples by name, or else the first file."""
    names = list(dict.fromkeys(str(item["sample"]) for item in inputs if item.get("sample")))
    if names:
        return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    if not inputs:
        return ""
    more = f" and {len(inputs) - 1} more" if len(inputs) > 1 else ""
    return PurePath(str(inputs[0]["path"])).name + more


# --- what the terminal shows ---------------------------------------------------------------------------------


def _verdict_first(items: Sequence[Sentence | PrintedTable]) -> list[Sentence | PrintedTable]:
    """``items`` with the verdict and its reasons before the tables; where there are several each stays with its own."""
    verdicts = [i for i, item in enumerate(items) if isinstance(item, Sentence) and item.style in _LEVELS]
    if len(verdicts) != 1:
        return list(items)
    first = end = verdicts[0]
    while end + 1 < len(items) and isinstance(following := items[end + 1], Sentence) and following.bullet:
        end += 1
    return [*items[first : end + 1], *items[:first], *items[end + 1 :]]


def _shown(items: Sequence[Sentence | PrintedTable]) -> Iterator[Html]:
    """Headings, the verdict, sentences, lists and tables, in their order."""
    bullets: list[Html] = []
    for item in items:
        if isinstance(item, Sentence) and item.bullet:
            bullets.append(tag("li", _sentence(item.text)))
            continue
        if bullets:
            yield tag("ul", *bullets)
            bullets = []
        if isinstance(item, PrintedTable):
            yield _table(item.columns, item.rows, item.bold)
        elif item.style in _LEVELS:
            yield tag("p", _prose(item.text), class_=f"verdict {_LEVELS[item.style]}")
        elif "bold" in item.style:
            yield tag("h2", _prose(item.text))
        else:
            yield tag("p", _sentence(item.text))
    if bullets:
        yield tag("ul", *bullets)


def _table(columns: Sequence[Column], rows: Iterable[Sequence[str]], bold: Iterable[int] = ()) -> Html:
    """A table whose cells know their titles: where the screen is narrow each row becomes a block."""
    titles = [" ".join(column.title.split("\n")) for column in columns]
    classes = [column.holds for column in columns]
    strong = set(bold)
    head = tag(
        "tr",
        *(tag("th", title, class_=kind, scope="col") for title, kind in zip(titles, classes, strict=True)),
    )
    body = [
        tag(
            "tr",
            *(
                tag("td", cell if kind == "path" else _prose(cell), class_=kind, data_title=title)
                for cell, kind, title in zip(row, classes, titles, strict=True)
            ),
            **({"class_": "bold"} if number in strong else {}),
        )
        for number, row in enumerate(rows)
    ]
    wide = {"class_": "wide"} if len(columns) > _MANY else {}
    return tag("table", tag("thead", head), tag("tbody", *body), **wide)


def _prose(text: str) -> str:
    """Numbers stay with their units; powers as a printed page has them."""
    return " ".join(word.replace(" ", NO_BREAK) for word in words_of(raised(text)))


def _sentence(text: str) -> Html:
    """As :func:`_prose`, with options and their values whole."""
    words = (
        tag("span", word, class_="option") if _OPTION.search(word) else _safe(word)
        for word in _prose(text).split(" ")
    )
    return Html(" ".join(words))


def _terms(pairs: Iterable[tuple[str, str]]) -> Html:
    """Names and values."""
    return tag("dl", *(tag("div", tag("dt", name), tag("dd", _prose(value))) for name, value in pairs))


def _settings(settings: Mapping[str, Any], taken: Mapping[str, Any]) -> Iterator[Html]:
    yield tag("p", "All choices that the result depends on, defaults included.")
    known = {name: _word(value) for name, value in settings.items() if value is not None}
    known |= {name: f"{_word(value)} (not given)" for name, value in taken.items()}
    yield _terms(sorted(known.items()))
    if left := sorted(settings.keys() - known.keys()):
        yield tag("p", f"Not given: {', '.join(left)}.")


def _word(value: Any) -> str:
    """A setting as a person reads it."""
    if isinstance(value, list):
        return ", ".join(map(_word, value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


# --- what only the page has ----------------------------------------------------------------------------------


def _ordinary_blocks(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The blocks on ordinary magnetism as a whole, of each fit or of the question."""
    for item in [document.get(document["command"]), *document.get("fits", [])]:
        if isinstance(item, Mapping) and item.get("ordinary_magnetism"):
            yield item["ordinary_magnetism"]


def _ordinary(block: Mapping[str, Any]) -> Iterator[Html]:
    """Ordinary magnetism beside the ETM in numbers: the mixture that describes the data best, and what was allowed."""
    used = block["iron_used"]
    iron = "free" if used is None else f"{used['value']:.4g} ± {used['error']:.2g} g^-1, mass spectrometry"
    free = block["margin_iron_free"]
    allowed = ", with errors of the instrument" if block["directions"] else ""
    yield tag("h2", "Ordinary magnetism as a whole")
    yield _terms([
        (f"chi2 of ordinary magnetism{allowed}", f"{block['chi2']:.1f} for {block['n_points']} points"),
        (f"chi2 of the ETM{allowed}", f"{block['chi2_etm']:.1f}"),
        ("margin", f"{block['margin']:.4g}, {block['threshold']:g} establish the ATS term"),
        ("margin with the iron free", "not tested" if free is None else f"{free:.4g}"),
        ("margin without errors of the instrument", f"{block['margin_without_directions']:.4g}"),
        ("iron", iron),
        ("iron in the mixture", f"{block['iron_found']:.4g} g^-1"),
        ("ATS term established", "yes" if block["ats_established"] else "no"),
    ])  # fmt: skip
    if block["components"]:
        yield tag("h3", "The closest ordinary mixture")
        yield _table(
            (
                Column("component"),
                _NUMBER("amount"),
                Column("unit"),
                _NUMBER("share of the signal without Larmor"),
            ),
            [
                (
                    item["name"],
                    f"{item['weight']:.4g}",
                    item["unit"],
                    f"{100.0 * item['share_of_signal']:.1f} %",
                )
                for item in block["components"]
            ],
        )
    pulls: dict[tuple[str, str, str], list[float]] = {}
    for item in block["directions"]:
        pulls.setdefault((item["kind"], f"{item['width']:.3g}", item["unit"]), []).append(item["pull"])
    if pulls:
        yield tag("h3", "Errors of the instrument that were allowed for both")
        yield _table(
            (
                Column("error"), _NUMBER("width"), Column("unit"), _NUMBER("number"),
                _NUMBER("largest value in the mixture, in widths"),
            ),
            [(*key, str(len(found)), f"{max(map(abs, found)):.2f}") for key, found in pulls.items()],
        )  # fmt: skip


def _warnings(findings: Sequence[Mapping[str, Any]]) -> Iterator[Html]:
    if findings:
        yield tag("h2", "Warnings")
        yield tag("ul", *(tag("li", item["text"]) for item in findings))


def _figures(pictures: Mapping[str, Picture]) -> Iterator[Html]:
    if not pictures:
        return
    yield tag("h2", "Figures")
    for name, item in list(pictures.items())[:SHOWN]:
        source = Html(f"data:image/png;base64,{b64encode(item.files['png']).decode()}")
        yield tag("figure", tag("img", src=source, alt=item.words), tag("figcaption", name))
    if more := list(pictures)[SHOWN:]:
        yield tag("p", f"Further figures, in files beside this page: {', '.join(more)}.")


def _inputs(inputs: Sequence[Mapping[str, Any]], shown: Recorder) -> Iterator[Html]:
    """What was read: the terminal's table, and every file with its hash."""
    if not inputs:
        return
    yield tag("h2", "Input files")
    yield from _shown(
        [item for item in shown.items if isinstance(item, PrintedTable) or "bold" not in item.style]
    )
    yield tag("p", "SHA-256 of the files:")
    yield tag(
        "dl",
        *(
            tag("div", tag("dt", str(item["path"])), tag("dd", tag("code", str(item["sha256"]))))
            for item in inputs
        ),
        class_="long",
    )


def _versions(document: Mapping[str, Any]) -> str:
    own = f"glasspara {document['glasspara_version']}"
    others = ", ".join(
        f"{name} {version}" for name, version in sorted(document["versions"].items()) if name != "glasspara"
    )
    return f"{own}; {others}"


@dataclass(frozen=True)
class Picture:
    """A figure: the contents of its files by their endings, and its words: header, axes and legend."""

    files: Mapping[str, bytes]
    words: str


@dataclass(frozen=True)
class FigureFiles:
    """Which files are wanted of every figure, by their endings, and whether it keeps its header."""

    endings: tuple[str, ...] = ("png",)
    titles: bool = True

    def picture(self, figure: Figure) -> Picture:
        """The files of ``figure``; without titles it loses its header."""
        from glasspara.report.layout import without_header
        from glasspara.report.style import saved

        said = words(figure)
        if not self.titles:
            without_header(figure)
        return Picture({ending: saved(figure, ending) for ending in self.endings}, said)


class KeptFigures(FigureFiles):
    """No files: the figures themselves are kept."""

    def picture(self, figure: Figure) -> Any:
        return figure


def shown_in_notebooks(figure: Figure) -> Figure:
    """``figure``: a notebook shows it wherever it or one of its axes is the value of a cell, with or without pyplot."""
    from glasspara.report.style import save_png

    for item in (figure, *figure.axes):
        item._repr_png_ = partial(save_png, figure)  # type: ignore[attr-defined]
    return figure


def words(figure: Figure) -> str:
    """Header, axes and legends of ``figure`` as one line of plain text."""
    header = [item.get_text() for item in figure.texts]
    axes = []
    for panel in figure.axes:
        x, y = panel.get_xlabel(), panel.get_ylabel()
        if y:
            axes.append(f"{y} against {x}" if x else y)
    labels = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    parts = [*header, *axes, *([f"legend: {', '.join(labels)}"] if labels else [])]
    return ". ".join(plain(part) for part in parts if part.strip())


def plain(text: str) -> str:
    """``text`` without the marks of mathematical text, on one line."""
    inside = re.sub(r"\$([^$]*)\$", lambda match: _plain_math(match[1]), text)
    return " ".join(inside.split())


_SIGNS = {r"\chi": "χ", r"\sigma": "σ", r"\Delta": "Δ", r"\,": " ", r"\gg": "≫", r"\ll": "≪", r"\ln": "ln "}


def _plain_math(math: str) -> str:
    for sign, letter in _SIGNS.items():
        math = math.replace(sign, letter)
    return re.sub(r"\\math\w+|[{}]", "", math)
