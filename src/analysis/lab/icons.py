"""Small pictures for the cards: of a study its own outline, drawn from its boundaries."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

from analysis import areas, catalog
from analysis.batch.products import digest, write_whole
from analysis.batch.seals import LAB

HERE = Path(__file__).with_name("icons")
# Pixels: as wide as a card shows it.
WIDTH = 96


def drawn(name: str) -> str:
    """A picture of this folder as SVG."""
    return (HERE / f"{name}.svg").read_text(encoding="utf-8")


def study(name: str) -> str:
    """The outline of a study as SVG; a pin on a map until it is drawn."""
    try:
        return _place(name).read_text(encoding="utf-8")
    except OSError:
        return drawn("study")


def draw_missing() -> None:
    """Draw the outlines that have not been drawn of the boundaries as they are now: it takes a second or two."""
    missing = [name for name in areas.STUDIES if not _place(name).exists()]
    if not missing:
        return
    # Loaded only where there is something to draw.
    from analysis.report.area_map import area_map

    for name in missing:
        with contextlib.suppress(Exception):  # a card without its outline is a card all the same
            write_whole(_place(name), _as_icon(str(area_map(name, {}, "", width=WIDTH, beside_list=True))).encode())


def _place(name: str) -> Path:
    """Where an outline is kept, by what it is drawn from: the boundaries, and how this module draws."""
    boundaries = catalog.datasets()[areas.STUDIES[name].boundaries].sha256
    drawn_from = digest(boundaries.encode() + Path(__file__).read_bytes())
    return LAB / "icons" / f"{name}-{drawn_from[:12]}.svg"


def _as_icon(drawing: str) -> str:
    """A map in JupyterLab's colours, light or dark: the areas on what lies around them, and no names to point at."""
    drawing = re.sub("<title>.*?</title>", "", drawing)
    drawing = drawing.replace('class="around"', 'class="jp-icon3" fill="#616161" fill-opacity="0.25"')
    # A class colours only what has a colour of its own.
    area = 'class="jp-icon-brand0" fill="#0072b2" stroke="var(--jp-layout-color0)" stroke-width="0.5"'
    drawing = drawing.replace('<path d="', f'<path {area} d="')
    return drawing.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
