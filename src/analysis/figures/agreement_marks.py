"""How maps and tables of agreements look: one colour, line and sign for each kind of cover between two countries."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.figures import key, style
from analysis.figures.canvas import Canvas
from bounded.refusal import Refusal

WIDTHS = (1.6, 2.8, 4.4, 6.2)  # points
_HOLLOW = 1.9  # points of the two edges of a hollow line, together


@dataclass(frozen=True)
class Look:
    """Colour, dashes and sign of a cover; a hollow line is white with coloured edges. Each differs without colour."""

    colour: str
    dashes: str | tuple[float, tuple[float, ...]]
    sign: str
    words: str
    hollow: bool = False


# The covers as `referral.agreements` calls them, from the strongest.
LOOKS = {
    "agreement of the two or of few states": Look(
        style.BLUE, "-", "●", "agreement on trafficking of the two, or of few states"
    ),
    "regional accord only": Look(style.MUTED, "-", "○", "regional accord only", hollow=True),
    "other or local cooperation only": Look(style.BLACK, (0, (0.6, 1.0)), "▫", "other or local cooperation only"),
    "none found": Look(style.VERMILLION, (0, (2.2, 1.1)), "–", "none found"),
}


def checked(corridors: pd.DataFrame) -> pd.DataFrame:
    """The corridors, once it is sure that they can be drawn.

    Raises
    ------
    ValueError : a column is missing, a cover has no look, a corridor stands twice, or a count is missing.
    """
    style.require(corridors, ("origin", "destination", "low", "high", "cover"))
    strange = sorted(set(corridors["cover"]) - set(LOOKS))
    if strange:
        raise Refusal("unknown_choice", f"No line stands for the cover '{strange[0]}': use one of {', '.join(LOOKS)}.")
    twice = corridors[corridors.duplicated(["origin", "destination"])]
    if len(twice):
        row = twice.iloc[0]
        raise Refusal(
            "duplicate_row",
            f"The corridor {row['origin']} to {row['destination']} stands twice. Add its rows up first.",
        )
    missing = corridors[corridors[["low", "high"]].isna().any(axis=1)]
    if len(missing):
        row = missing.iloc[0]
        raise Refusal(
            "missing_value", f"The corridor {row['origin']} to {row['destination']} has no count. Give its bounds."
        )
    return corridors


def pairs_of(corridors: pd.DataFrame) -> pd.DataFrame:
    """Both directions of each pair added: origin, destination (in the order of the alphabet), low, high, cover,
    may_be (whether it may be under an agreement that names not all its parties), text; most evidence first.

    Raises
    ------
    ValueError : the two directions of a pair have different covers.
    """
    ends = np.sort(corridors[["origin", "destination"]].to_numpy(dtype=str), axis=1).reshape(-1, 2)
    may_be = corridors["may_be_ids"].fillna("").ne("") if "may_be_ids" in corridors else False
    table = corridors.assign(origin=ends[:, 0], destination=ends[:, 1], may_be=may_be)
    pair = table.groupby(["origin", "destination"], as_index=False)
    if (pair["cover"].nunique()["cover"] > 1).any():
        row = pair["cover"].nunique().query("cover > 1").iloc[0]
        raise Refusal(
            "contradictory_rows",
            f"{row['origin']} and {row['destination']} are under different covers by direction, but an agreement "
            "covers both. Join the corridors to the pairs again.",
        )
    summed = pair.agg(low=("low", "sum"), high=("high", "sum"), cover=("cover", "first"), may_be=("may_be", "any"))
    summed["text"] = [text_of(*row) for row in zip(summed["low"], summed["high"], strict=True)]
    # Only where nothing was found does it matter on a figure what may be.
    asked = summed["may_be"] & (summed["cover"] == "none found")
    summed["text"] += np.where(asked, " ?", "")
    order = ["high", "low", "origin", "destination"]
    return summed.sort_values(order, ascending=[False, False, True, True], ignore_index=True)


def text_of(low: float, high: float) -> str:
    """A count as it is written at a line: "12", "42–74", "≥5"."""
    if np.isinf(high):
        return f"≥{low:,.0f}"
    return f"{high:,.0f}" if low == high else f"{low:,.0f}–{high:,.0f}"


def line(paper: Canvas, x, y, look: Look, width: float, zorder: float = 8, rim: bool = True) -> None:
    """A line in the look of its cover; the white rim shows which of two crossing lines lies above."""
    rules = {"solid_capstyle": "butt", "dash_capstyle": "butt"}
    if rim:
        paper.plot(x, y, color="white", lw=width + 1.6, zorder=zorder, **rules)
    if look.hollow:
        width = max(width, 3.0)
        paper.plot(x, y, color=look.colour, lw=width, zorder=zorder, **rules)
        paper.plot(x, y, color="white", lw=width - _HOLLOW, zorder=zorder, **rules)
    else:
        paper.plot(x, y, color=look.colour, lw=width, ls=look.dashes, zorder=zorder, **rules)


def key_of(covers: Collection[str]) -> list[key.Entry]:
    """Entries of the covers that are drawn, the strongest first."""
    return [_entry(look) for cover, look in LOOKS.items() if cover in covers]


def _entry(look: Look) -> key.Entry:
    def draw(paper: Canvas, x: float, y: float) -> None:
        line(paper, [x, x + 0.36], [y, y], look, 3.4, rim=False)

    return key.Entry(look.words, draw, 0.36)
