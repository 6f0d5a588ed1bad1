"""Small pictures for the cards: of a study its own outline, drawn from its boundaries.

The cards of the first page: a study each, and what says how to go on.

A person's own copies of the notebooks that the first page opens: made once, and theirs as soon as they save them.

The released pages and the documentation, shown by the same server as JupyterLab and cut off from it.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Awaitable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import nbformat
from jupyter_server.base.handlers import JupyterHandler
from tornado import web

from analysis import areas, catalog
from analysis.batch.execute import TAG, checked
from analysis.batch.products import LAB, digest, is_sealed, seal, write_whole
from analysis.catalog import ROOT, shown
from analysis.jobs import INDEX, released

HERE = Path(__file__).with_name("icons")
# Pixels: as wide as a card shows it.
WIDTH = 96


def drawn(name: str) -> str:
    """A picture of this folder as SVG."""
    return (HERE / f"{name}.svg").read_text(encoding="utf-8")


def study_icon(name: str) -> str:
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
    from analysis.report.index import area_map

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


STUDIES, PROJECT = "Studies", "This project"


@dataclass(frozen=True)
class Card:
    """One card of the launcher.

    Parameters
    ----------
    section : the heading it stands under; sections stand in the order of their first cards.
    label, caption : what it is called, and what is said of it when it is pointed at.
    icon : an SVG.
    path : the notebook that it opens, below the project's folder; or
    page : the page that it opens, below this server's address.
    """

    section: str
    label: str
    caption: str
    icon: str
    path: str = ""
    page: str = ""


def cards() -> list[Card]:
    """A card for each study there is now, and for what has been made: report and documentation."""
    found = []
    for study in areas.STUDIES:
        name, path = areas.get(study).name, shown(explorer_of(study))
        found.append(Card(STUDIES, name, f"Explore {name}: map, years and routes", study_icon(study), path))
    said = "What is here, how to explore and to run, and what may leave"
    found.append(Card(PROJECT, "Welcome", said, drawn("welcome"), shown(welcome())))
    for label, caption, icon, index in (
        ("Report", "What has been released: a map that leads to every page", "report", released(INDEX)),
        ("Documentation", "Tutorial, guides, reference and explanations", "documentation", DOCUMENTATION),
    ):
        if index.exists():
            found.append(Card(PROJECT, label, caption, drawn(icon), page=address(index)))
    return found


def add_to_page(_: Any, page_config: dict[str, Any], start: str) -> dict[str, Any]:
    """What JupyterLab calls for each page that it makes: tells its front end what the first page shows.

    Parameters
    ----------
    start : stands for this start of the server; the first time that it is opened the cards are in front.
    """
    shown_first = {
        "analysisCards": json.dumps([asdict(card) for card in cards()]),
        "analysisStart": start,
        # Who has made it their own knows what it says.
        "analysisWelcome": shown(welcome()) if is_new(welcome()) else "",
    }
    return {**page_config, **shown_first}


COPIES = ROOT / "data" / "processed" / "lab"
TEMPLATES = ROOT / "notebooks"
# Templates without outputs stay as they are in version control; what is explored is saved in a copy.
EXPLORE, WELCOME = TEMPLATES / "explore.ipynb", TEMPLATES / "welcome.ipynb"


def explorer_of(study: str) -> Path:
    """The notebook in which a study is explored: the person's own, or a new copy of the template that is set to it."""
    notebook = nbformat.read(EXPLORE, as_version=4)
    for name, value in checked({"area": study}, notebook).items():
        cell = next(cell for cell in notebook.cells if TAG in cell.metadata.get("tags", []))
        cell.source = re.sub(rf"^{name} = .*$", f'{name} = "{value}"', cell.source, flags=re.MULTILINE)
    return _kept(COPIES / f"{study}.ipynb", nbformat.writes(notebook).encode() + b"\n")


def welcome() -> Path:
    """The notebook that says what is here: the person's own, or a new copy of the template."""
    return _kept(COPIES / "Welcome.ipynb", WELCOME.read_bytes())


def is_new(copy: Path) -> bool:
    """Whether nobody has saved a copy since it was made."""
    return is_sealed(copy, copy.read_bytes())


def _kept(path: Path, made: bytes) -> Path:
    """Write a copy where there is none, or one that nobody has saved since it was made; returns its path."""
    if not path.exists() or (is_new(path) and path.read_bytes() != made):
        COPIES.mkdir(mode=0o700, parents=True, exist_ok=True)
        # The seal comes first: a copy without one would be taken for a person's own.
        write_whole(*seal(path, made), private=True)
        write_whole(path, made, private=True)
    return path


DOCUMENTATION = ROOT / "docs" / "site" / "index.html"
# Folders that are shown: what may leave the building, and what says how all this is used.
FOLDERS = ("reports", "docs/site")
PREFIX = "pages/"
# A page may draw, run its own programs and offer its downloads. It may ask nothing of JupyterLab, send it no form, open
# no other window and hold no frame, so that no page can do there what the person who looks at it could.
POLICY = "; ".join(
    (
        "default-src 'self' 'unsafe-inline' data:",
        "connect-src 'none'",
        "frame-src 'none'",
        "child-src 'none'",
        "worker-src 'none'",
        "object-src 'none'",
        f"form-action localhost:*/{PREFIX} 127.0.0.1:*/{PREFIX}",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "sandbox allow-scripts allow-same-origin allow-downloads allow-forms",
    )
)


class Page(JupyterHandler, web.StaticFileHandler):
    """A file of a folder that is shown, for whoever has given the token."""

    @property
    def content_security_policy(self) -> str:
        """What the page may do."""
        return POLICY

    @web.authenticated
    def head(self, path: str) -> Awaitable[None]:  # type: ignore[override]
        """Headers of a file."""
        return web.StaticFileHandler.head(self, path)

    @web.authenticated
    def get(self, path: str, include_body: bool = True) -> Awaitable[None]:  # type: ignore[override]
        """A file."""
        return web.StaticFileHandler.get(self, path, include_body)

    def set_extra_headers(self, path: str) -> None:
        """A page that was made again is shown as it is now."""
        self.set_header("Cache-Control", "no-cache")


def handlers(base_url: str) -> list[tuple[str, type[Page], dict[str, str]]]:
    """What Tornado is told: one handler a folder."""
    return [
        (rf"{base_url}{PREFIX}{folder}/(.*)", Page, {"path": str(ROOT / folder), "default_filename": "index.html"})
        for folder in FOLDERS
    ]


def address(page: Path) -> str:
    """Where a page of these folders stands below the server's address."""
    return PREFIX + shown(page)
