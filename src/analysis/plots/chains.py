"""A path through places as text with arrows: Syria → Kilis → Gaziantep, broken before an arrow."""

from __future__ import annotations

from collections.abc import Mapping

from analysis.plots import style


def chain(places: str, names: Mapping[str, str]) -> list[str]:
    """Names of the places of a path.

    Parameters
    ----------
    places : ids joined by ">": "SYR>TR-79>TR-27"; an empty one, or "unknown", is a place that is not known.
    names : id -> name; an id without one is written as it is.
    """
    ids = [place.strip() for place in places.split(">")]
    return ["not known" if place in ("", "unknown") else str(names.get(place, place)) for place in ids]


def wrapped(steps: list[str], width: float, size: float, bold: bool = False) -> str:
    """The steps joined by arrows, in lines of at most `width` inches; a further line begins with its arrow."""
    lines: list[str] = []
    for place, step in enumerate(steps):
        part = f"→ {step}" if place else step
        if lines and style.text_width(f"{lines[-1]} {part}", size, bold) <= width:
            lines[-1] = f"{lines[-1]} {part}"
        else:
            # A name that is too long by itself is broken between its words.
            lines += style.wrap(part, width, size, bold)
    return "\n".join(lines)
