"""The cards of the first page: a study each, and what says how to go on."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from analysis import areas
from analysis.catalog import shown
from analysis.jobs import INDEX, released
from analysis.lab import copies, icons, pages

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
        name, path = areas.get(study).name, shown(copies.explorer_of(study))
        found.append(Card(STUDIES, name, f"Explore {name}: map, years and routes", icons.study(study), path))
    said = "What is here, how to explore and to run, and what may leave"
    found.append(Card(PROJECT, "Welcome", said, icons.drawn("welcome"), shown(copies.welcome())))
    for label, caption, icon, index in (
        ("Report", "What has been released: a map that leads to every page", "report", released(INDEX)),
        ("Documentation", "Tutorial, guides, reference and explanations", "documentation", pages.DOCUMENTATION),
    ):
        if index.exists():
            found.append(Card(PROJECT, label, caption, icons.drawn(icon), page=pages.address(index)))
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
        "analysisWelcome": shown(copies.welcome()) if copies.is_new(copies.welcome()) else "",
    }
    return {**page_config, **shown_first}
