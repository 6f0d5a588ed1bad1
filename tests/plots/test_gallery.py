"""Every form has an example that can be read, that says what it is of, and whose categories are told apart by anybody.

The eyes are those of Machado, Oliveira and Fernandes (2009), "A physiologically-based model for simulation of color
vision deficiency", IEEE Transactions on Visualization and Computer Graphics 15: their matrices of severity 1.0, for
linear RGB; and those of a grey print.
"""

from __future__ import annotations

import itertools
import runpy
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from figure_texts import smallest, texts
from matplotlib.artist import Artist
from matplotlib.collections import Collection
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text

from analysis import plots
from analysis.plots import style

EXAMPLES = sorted((Path(__file__).parents[2] / "docs/gallery").glob("*.py"))
each_example = pytest.mark.parametrize("example", EXAMPLES, ids=[path.stem for path in EXAMPLES])

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
EYES = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "grey print": [LUMINANCE] * 3,
}
APART = 6  # of 100 degrees of lightness (L* of CIE 1976), about three times what is just noticed


def _run(example: Path) -> Figure:
    return runpy.run_path(str(example))["figure"]


drawn = cache(_run)


def lightness(colour: np.ndarray, eye: str) -> float:
    """L* of a colour (RGB, 0 to 1) as such eyes see it."""
    linear = np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)
    seen = float(LUMINANCE @ np.clip(np.array(EYES[eye]) @ linear, 0, 1))
    return 116 * np.cbrt(seen) - 16 if seen > 0.008856 else 903.3 * seen


def _on_white(colour: object, alpha: float | None) -> np.ndarray:
    red, green, blue, own = to_rgba(colour)  # type: ignore[arg-type]
    opaque = own if alpha is None else alpha
    return opaque * np.array([red, green, blue]) + (1 - opaque)


def look(mark: Artist) -> tuple[tuple, np.ndarray]:
    """What tells a mark of a key from others without its colour, and its colour."""
    if isinstance(mark, Line2D):
        marker = str(mark.get_marker())
        filled = marker not in ("None", "", " ")
        without = ("line", marker, str(mark.get_linestyle()), round(mark.get_linewidth()), round(mark.get_markersize()))
        colour = mark.get_markerfacecolor() if filled else mark.get_color()
        return without, _on_white("white" if str(colour) == "none" else colour, mark.get_alpha())
    if isinstance(mark, Patch):
        return ("patch", mark.get_hatch() or "", str(mark.get_linestyle()), type(mark).__name__), _on_white(
            mark.get_facecolor(), None
        )
    assert isinstance(mark, Collection), f"{type(mark).__name__} of a key: say here how it is told from others."
    paths, sizes = mark.get_paths(), np.asarray(getattr(mark, "get_sizes", lambda: [])())
    shape = tuple(np.round(path.vertices, 2).tobytes() for path in paths)
    faces = mark.get_facecolor() if len(mark.get_facecolor()) else mark.get_edgecolor()  # type: ignore[arg-type]
    return ("collection", shape, mark.hatch or "", tuple(np.round(sizes))), _on_white(faces[0], None)


def confused(figure: Figure) -> list[tuple[str, str, str]]:
    """Pairs of entries of a key that look alike to some eyes, and to which."""
    found = []
    for key in figure.findobj(Legend):
        named = [(text.get_text(), *look(mark)) for text, mark in zip(key.get_texts(), key.legend_handles, strict=True)]  # type: ignore[arg-type]
        for (one, shape, colour), (two, other, another) in itertools.combinations(named, 2):
            alike = [eye for eye in EYES if abs(lightness(colour, eye) - lightness(another, eye)) < APART]
            found += [(one, two, eye) for eye in alike if shape == other]
    return found


def test_every_form_has_an_example_and_every_example_is_of_a_form():
    forms = {name for name in plots.__all__ if hasattr(getattr(plots, name), "__wrapped__")}
    assert {path.stem for path in EXAMPLES} == forms


@each_example
def test_an_example_is_a_sentence_and_a_few_lines(example):
    lines = example.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 21 and lines[-1] == "figure"  # which a notebook shows
    assert lines[0].startswith('"""') and lines[0].endswith('."""')
    assert f"figure = plots.{example.stem}(" in "\n".join(lines)


@each_example
def test_an_example_is_drawn_the_same_whenever_it_is_run(example):
    assert plots.png(drawn(example)) == plots.png(_run(example))


@each_example
def test_an_example_can_be_read(example):
    figure = drawn(example)
    assert smallest(figure) >= 9
    width, height = figure.bbox.width, figure.bbox.height
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    boxes = {text.get_text(): Text.get_window_extent(text, renderer) for text in texts(figure)}
    assert [text for text, a in boxes.items() if a.x0 < -1 or a.y0 < -1 or a.x1 > width + 1 or a.y1 > height + 1] == []
    (footer,) = texts(figure, "footer")
    assert all(f"{part}" in footer.get_text() for part in ("Source: ", "Period: ", "n = "))
    assert figure.get_label().endswith(".")  # what is seen, for those who cannot see it


@each_example
def test_categories_of_an_example_are_told_apart_by_anybody(example):
    assert confused(drawn(example)) == []


def test_categories_that_differ_by_hue_alone_are_noticed():
    def keyed(*handles: Artist) -> Figure:
        figure = Figure()
        figure.legend(handles=handles, loc="center")
        return figure

    red, green = "#c8503c", "#5f8f3c"
    assert {eye for _, _, eye in confused(keyed(*(Patch(color=c, label=c) for c in (red, green))))} >= {"deuteranopia"}
    hatched = keyed(Patch(facecolor=red, label="a"), Patch(facecolor=green, hatch=style.UNKNOWN, label="b"))
    assert confused(hatched) == []
    lines = [Line2D([], [], color=colour, label=colour) for colour in (red, green)]
    assert confused(keyed(*lines)) != []
    lines[1].set_linestyle("--")
    assert confused(keyed(*lines)) == []


def test_to_these_eyes_greys_are_as_they_are_and_red_is_darker():
    for eye in EYES:
        assert lightness(np.full(3, 0.5), eye) == pytest.approx(lightness(np.full(3, 0.5), "grey print"), abs=0.1)
    red = np.array([1.0, 0, 0])
    assert lightness(red, "protanopia") < lightness(red, "grey print") - 10


@pytest.mark.parametrize("classes", range(2, 8))
def test_shades_of_amounts_are_told_apart_by_anybody(classes):
    for eye in EYES:
        shades = [lightness(np.array(to_rgba(shade)[:3]), eye) for shade in style.amounts(classes)]
        assert min(-np.diff(shades)) > APART


def test_each_category_has_a_marker_of_its_own():
    assert len(set(style.MARKERS)) == len(style.MARKERS) == len(style.CATEGORIES)
