"""Figures of notebooks for those who read the report: as notebooks show them, or drawn again for a page.

A notebook keeps what a figure was drawn from. Of a page it is known how high a figure may be on it, and in which
language it is: the figure is drawn for both, with letters that are legible when it is as wide as a line of print.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis import areas
from analysis.batch.kept_results import kept
from analysis.batch.products import digest
from analysis.jobs import SYNTHETIC, Job

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.report.writer import Shown

_DPI = 200  # of print
# Of a map that is low: more arrows than these hide one another.
_LOW_MM, _MOST_ARROWS = 100, 12


def shown_by_notebook(analysis: str, area_id: str, name: str, language: str = "en", highest: int = 0) -> Shown | None:
    """Return a figure that an executed notebook shows and that may leave; None where there is no such figure.

    Parameters
    ----------
    language : in which it is drawn again, where the notebook kept what it was drawn from; else it stays in English.
    highest : millimetres that it may be high on paper, where it is as wide as a line; 0 for the notebook's own.

    Raises
    ------
    Refusal : a word of it has no translation.
    """
    from analysis.report.writer import Shown

    place = areas.get(area_id)
    executed = Job(analysis, place.study, place.area_id).executed
    if not executed.exists():
        return None
    asked = (analysis, place.area_id, name, language, highest)
    # The notebook is opened only where it has changed: it takes as long as to typeset a page.
    found = kept(("shown", _digest(executed), *asked), partial(_shown, executed, *asked))
    head, _, content = found.partition(b"\n")
    said = json.loads(head)
    return Shown(content, said["alt"], said["synthetic"], said["language"]) if said else None


def _shown(executed: Path, analysis: str, area_id: str, name: str, language: str, highest: int) -> bytes:
    """A figure of a notebook as it is kept: a line of JSON, empty where there is none, and its PNG."""
    figures = _figures(executed)
    found = figures.get(name) or figures.get(f"{name}{SYNTHETIC}")
    if found is None:
        return b"null\n"
    content, alt, synthetic, plot = found
    drawn_in = "en"
    if plot and highest:
        named = f"{analysis}/{area_id}/{name}"
        again = kept(("redrawn", plot, language, highest), partial(_redrawn, plot, named, language, highest))
        said, _, content = again.partition(b"\n")
        alt, drawn_in = json.loads(said) or alt, language
    return json.dumps({"alt": alt, "synthetic": synthetic, "language": drawn_in}).encode() + b"\n" + content


def _redrawn(data: Mapping[str, Any], named: str, language: str, highest: int) -> bytes:
    """A figure that was drawn for a page as it is kept: its description as a line of JSON, and its PNG."""
    _, content, said = redrawn(data, named, language, highest)
    return json.dumps(said).encode() + b"\n" + content


def redrawn(data: Mapping[str, Any], named: str, language: str, highest: int) -> tuple[Figure, bytes, str]:
    """Return a figure drawn for a page, as PNG too, and its description; of an English one that is the notebook's.

    Parameters
    ----------
    data : of `exhibits.plot_as_data`. named : analysis, area and name. language, highest : of `shown_by_notebook`.

    Raises
    ------
    Refusal : a word of it has no translation.
    """
    from analysis import plots
    from analysis.exhibits.plot import Plot
    from analysis.exhibits.plot_as_data import from_data
    from analysis.plots.printing import drawn_for
    from analysis.plots.style import WIDTH, drawn_texts
    from analysis.report.figure_words import FigureWords
    from analysis.report.writer import WIDE_MM

    plot, title, footer = from_data(data)
    if plot.chart is plots.flow_map and highest < _LOW_MM:
        plot = plot.change(top=min(_MOST_ARROWS, plot.arguments["top"]))
    inches = WIDTH * highest / WIDE_MM
    if language == "en":
        with drawn_for(None, inches):
            figure = plot.draw(title, footer)
            figure.set_dpi(_DPI)
            return figure, plots.png(figure), ""
    words = FigureWords(language, named)
    title, footer = words.of(title), words.footer(footer)
    with drawn_for(words, inches):
        figure = Plot(plot.chart, words.table(plot.table), **words.arguments(plot.arguments)).draw(title, footer)
        figure.set_dpi(_DPI)
        content = plots.png(figure)  # ticks have their labels once they are drawn
        words.check(drawn_texts(figure))
    return figure, content, f"{title}. {figure.get_label()}"


def _digest(executed: Path) -> str:
    found = executed.stat()
    return _digest_then(executed, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=1024)
def _digest_then(executed: Path, changed: int, size: int) -> str:
    """The digest of an executed notebook as it was when it was changed last."""
    return digest(executed.read_bytes())


@lru_cache(maxsize=4)
def _figures(executed: Path) -> dict[str, tuple[bytes, str, bool, dict[str, Any]]]:
    import nbformat

    from analysis.report.pages import described_figures

    return described_figures(nbformat.read(executed, as_version=4)) if executed.exists() else {}
