"""A figure of flows beside what a model expects of them: persons, and the range that model and chance allow."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from analysis.figures import key, style
from analysis.figures.levels import TEXT
from analysis.methods.gravity import AS_EXPECTED, Gravity

_ROW = 0.33  # inches
_LINE = 0.17  # inches of each further line of a name
LOOKS = {
    "more than expected": (style.VERMILLION, "o"),
    "fewer than expected": (style.BLUE, "s"),
    "as expected": (style.MUTED, "D"),
}


@style.seen_as(
    "A mark for each of the least likely pairs, beside a bar of what is expected and one of what chance allows."
)
@style.styled
def flow_residuals(
    table: pd.DataFrame, *, title: str, footer: style.Footer, subtitle: str = "", unit: str = "persons"
) -> Figure:
    """Flows in the order given: a marker for what was found, a grey bar for what model and chance allow.

    Parameters
    ----------
    table : label; low, high (what was found; equal if exact); expected_low, expected_high; chance_low, chance_high (in
        the same unit); status ("more than expected", "fewer than expected", "as expected").
    unit : what is counted.
    """
    if table.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    numeric = ["low", "high", "expected_low", "expected_high", "chance_low", "chance_high"]
    style.require(table, ("label", *numeric, "status"))
    rows = table.reset_index(drop=True).astype({column: float for column in numeric})
    width = style.WIDTH - 2 * style.MARGIN
    names = ["\n".join(style.wrap(label, 2.4, TEXT)) for label in rows["label"].astype(str)]
    texts = [_text(row) for row in rows.to_dict("records")]
    left = max(style.text_width(name, TEXT) for name in names) + 0.15
    right = max(style.text_width(text, 9.5) for text in texts) + 0.2
    heights = [_ROW + _LINE * name.count("\n") for name in names]
    ends = np.cumsum(heights)
    listed = _key(rows)
    below = 0.55 + key.height(listed, width)
    page = style.sheet(ends[-1] + below + 0.05, title=title, footer=footer, subtitle=subtitle)
    axes = page.axes(left, below, width - left - right, ends[-1])
    _scale(axes, float(rows[numeric].to_numpy().max()), width - left - right, ends[-1], unit)
    for row, name, text, end, tall in zip(rows.to_dict("records"), names, texts, ends, heights, strict=True):
        place = end - tall / 2
        across: dict = {"transform": axes.get_yaxis_transform(), "linespacing": 1.1}
        axes.text(-0.03, place, name, size=TEXT, ha="right", va="center", **across)
        axes.text(1.03, place, text, size=9.5, color=style.MUTED, ha="left", va="center", **across)
        _flow(axes, place, row)
    key.draw(page, listed, x=0, top=key.height(listed, width), width=width)
    return page.figure


def _scale(axes: Axes, top: float, width: float, height: float, unit: str) -> None:
    """Numbers from 0: even up to 1, and beyond so that equal ratios are equally long."""
    axes.set_xscale("symlog", linthresh=1, linscale=0.5)
    axes.set(xlim=(0, max(top, 2) * 1.15), ylim=(height, 0), yticks=[])
    end = axes.get_xlim()[1]
    powers = [10**power for power in range(9) if 10**power <= end]
    # Not so many that their numbers, each with a gap, are wider than the axis.
    for steps in ([step * power for power in powers for step in (1, 3) if step * power <= end], powers, powers[::2]):
        ticks = [0, *steps]
        if sum(style.text_width(style.number(tick), 10) + 0.2 for tick in ticks) < width:
            break
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: style.number(value)))
    axes.tick_params(axis="x", length=0, labelsize=10)
    axes.grid(axis="x")
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    axes.set_xlabel(f"{unit} (equal ratios are equally long)", size=TEXT, loc="left")


def _flow(axes: Axes, place: float, row: dict) -> None:
    axes.plot([row["chance_low"], row["chance_high"]], [place, place], color=style.STONE, lw=9, zorder=2)
    expected = [row["expected_low"], row["expected_high"]]
    if expected[0] == expected[1]:
        axes.plot(expected[:1], [place], marker="|", ms=11, mew=2, color=style.INK, ls="none", zorder=3)
    else:
        axes.plot(expected, [place, place], color=style.CONTEXT, lw=9, zorder=3)
    colour, marker = LOOKS[row["status"]]
    if row["high"] > row["low"]:
        axes.plot([row["low"], row["high"]], [place, place], color=colour, lw=3.4, zorder=4, clip_on=False)
    ends = sorted({row["low"], row["high"]})
    axes.plot(ends, [place] * len(ends), marker, ms=6.5, color=colour, mec="white", mew=0.8, zorder=5, clip_on=False)


def _text(row: dict) -> str:
    return f"{_between(row['low'], row['high'])} seen, {_between(row['expected_low'], row['expected_high'])} expected"


def _between(low: float, high: float) -> str:
    texts = [style.number(float(f"{bound:.2g}") if bound < 100 and bound % 1 else bound) for bound in (low, high)]
    return texts[0] if texts[0] == texts[1] else "–".join(texts)


def _key(rows: pd.DataFrame) -> list[key.Entry]:
    listed = [key.dot(f"seen: {status}", *look) for status, look in LOOKS.items() if (rows["status"] == status).any()]
    if (rows["high"] > rows["low"]).any():
        listed.append(key.line("seen, between two bounds", style.MUTED, 3.4))
    if (rows["expected_high"] > rows["expected_low"]).any():
        listed.append(key.line("expected, of both fits", style.CONTEXT, 8))
    if (rows["expected_high"] == rows["expected_low"]).any():
        listed.append(key.line("expected", style.INK, 2, upright=True))
    return [*listed, key.line("95% of flows, by model and chance", style.STONE, 8)]


def of_gravity(
    result: Gravity, *, title: str, footer: style.Footer, names: pd.Series | None = None, top: int = 15
) -> Figure:
    """The flows furthest from what is expected: persons, and the range that model and chance allow.

    Parameters
    ----------
    names : names of the places by id; by default the ids.
    top : how many flows are drawn.
    """
    rows = result.least_likely(top, names)
    found = (rows["status"] != AS_EXPECTED).any()
    rule = "Coloured: told from chance" if found else "None can be told from chance"
    return flow_residuals(
        rows,
        title=title,
        footer=footer,
        subtitle=f"The {len(rows)} of {result.n_pairs} pairs that are least likely. {rule} (q up to {result.alpha:g}).",
    )
