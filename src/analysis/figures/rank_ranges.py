"""Which ranks areas may have: over everything that is open, with equal weights, and over weights alone."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter

from analysis.figures import key, style
from analysis.figures.levels import TEXT, column_sizes, row_label, row_names, text_columns
from bounded.refusal import Refusal

_RANKS = ("best_rank", "worst_rank", "equal_best", "equal_worst")
_OVER_WEIGHTS = ("p5", "median", "p95")
_SIZE = 9.5
_HEADS = ("all ranks", "equal weights")


def footer_of(areas: int, dimensions: int) -> style.Footer:
    """The footer of a figure whose maker did not say where the scores are from."""
    scored = f"{areas} area{'s' * (areas != 1)} scored in {dimensions} dimension{'s' * (dimensions != 1)}"
    return style.Footer("scores as given", "not stated", scored, "Ranks of what is known of areas, not of their worth.")


@style.styled
def rank_ranges(table: pd.DataFrame, *, title: str, footer: style.Footer, subtitle: str = "") -> Figure:
    """One row an area: a thin line over all ranks, a thick one for equal weights, and a diamond for weights alone.

    The thick line is hatched where equal weights leave every rank open: what is known says nothing of that area's rank.

    Parameters
    ----------
    table : one row an area, in the order of drawing: label; best_rank, worst_rank (whatever is unknown, and whatever
        the weights); equal_best, equal_worst (whatever is unknown, with equal weights; within the former); and, if
        they are there, p5, median, p95 (over weights, what is unknown taken at its middle). Ranks from 1, the highest.
    subtitle : the sentence that says how many pairs of areas are decided.

    Raises
    ------
    ValueError : a column is missing, or a range has its ends the wrong way round or outside 1 to the number of rows.
    """
    if table.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle, text="no area is scored")
    weighed = "median" in table
    style.require(table, ("label", *_RANKS, *(_OVER_WEIGHTS if weighed else ())))
    rows = table.reset_index(drop=True)
    _check(rows if weighed else rows.assign(**dict.fromkeys(_OVER_WEIGHTS, rows["best_rank"])))
    width = style.WIDTH - 2 * style.MARGIN
    names, left = row_names(rows["label"])
    columns = {
        head: [_range(row[first], row[last]) for row in rows.to_dict("records")]
        for head, first, last in zip(_HEADS, _RANKS[::2], _RANKS[1::2], strict=True)
    }
    widths, headroom = column_sizes(columns, [False] * len(rows), size=_SIZE)
    listed = _key((rows["equal_worst"] - rows["equal_best"] + 1 == len(rows)) & (len(rows) > 1), weighed)
    inches = width - left - sum(widths.values()) - 0.1
    lines = max(name.count("\n") + 1 for name in names)
    row_height = max(0.38 if len(rows) <= 20 else 0.32, 0.18 * lines + 0.06)
    body = row_height * len(rows)
    below = 0.55 + key.height(listed, width) + 0.06
    page = style.sheet(headroom + body + below, title=title, footer=footer, subtitle=subtitle)
    axes = page.axes(left, below, inches, body)
    _scale(axes, len(rows), inches)
    for place, (row, name) in enumerate(zip(rows.to_dict("records"), names, strict=True)):
        row_label(axes, place, name, False, style.INK)
        _row(axes, place, row, len(rows))
    text_columns(page, columns, widths, x=left + inches + 0.1, bottom=below, height=body, chosen=[False] * len(rows),
                 size=_SIZE)  # fmt: skip
    key.draw(page, listed, x=0, top=key.height(listed, width), width=width)
    return page.figure


def _check(rows: pd.DataFrame) -> None:
    ranks = rows[[*_RANKS, *_OVER_WEIGHTS]].to_numpy(dtype=float)
    best, worst, equal_best, equal_worst, p5, median, p95 = ranks.T
    bad = ~((ranks >= 1).all(axis=1) & (ranks <= len(rows)).all(axis=1) & (p5 <= median) & (median <= p95)
            & (best <= equal_best) & (equal_best <= equal_worst) & (equal_worst <= worst))  # fmt: skip
    if bad.any():
        raise Refusal(
            "contradictory_ranks",
            f"The ranks of {rows.loc[bad, 'label'].iloc[0]} contradict one another: each range runs from its better to "
            f"its worse rank, that with equal weights lies within that of all, and all lie from 1 to {len(rows)}.",
        )


def _scale(axes: Axes, count: int, inches: float) -> None:
    """Ranks from 1 at the left to the number of areas; a pale band on every second row leads the eye."""
    edge = max(0.5, 0.1 * count / inches)  # a marker at either end is not cut
    axes.set(xlim=(1 - edge, count + edge), ylim=(count - 0.5, -0.5), yticks=[])
    room = style.text_width(str(count), 10) + 0.08
    step = next((step for step in (1, 2, 5, 10, 20, 50) if inches * step >= room * count), 100)
    axes.xaxis.set_major_locator(FixedLocator([1, *range(step, count + 1, step)] if step > 2 else
                                              list(range(1, count + 1, step))))  # fmt: skip
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.tick_params(axis="x", length=0, labelsize=10)
    axes.grid(axis="x")
    axes.spines[["top", "right", "left", "bottom"]].set_visible(False)
    axes.set_xlabel("rank (1 = highest score)", size=TEXT, loc="left")
    for place in range(1, count, 2):
        axes.axhspan(place - 0.5, place + 0.5, color=style.LAND, lw=0, zorder=0)


def _row(axes: Axes, place: int, row: dict, count: int) -> None:
    upper, lower = place - 0.13, place + 0.22
    axes.plot([row["best_rank"], row["worst_rank"]], [upper, upper], "|-", color=style.INK, lw=1.2, ms=7, mew=1.2)
    if row["equal_best"] == row["equal_worst"]:
        axes.plot([row["equal_best"]], [upper], "s", color=style.BLUE, ms=7, zorder=3)
    elif row["equal_worst"] - row["equal_best"] + 1 == count:
        axes.barh(upper, count - 1, 0.24, left=1, facecolor="white", edgecolor=style.BLUE, hatch=style.UNKNOWN, lw=0.8,
                  zorder=3)  # fmt: skip
    else:
        axes.plot([row["equal_best"], row["equal_worst"]], [upper, upper], color=style.BLUE, lw=6, zorder=3)
    if "median" not in row:
        return
    axes.plot([row["p5"], row["p95"]], [lower, lower], color=style.VERMILLION, lw=1.4, ls=(0, (3, 1.5)), zorder=3)
    axes.plot([row["median"]], [lower], "D", mfc="white", mec=style.VERMILLION, mew=1.5, ms=5, zorder=4)


def _range(first: float, last: float) -> str:
    return f"{first:g}" if first == last else f"{first:g}–{last:g}"


def _key(wholly_open: pd.Series, weighed: bool) -> list[key.Entry]:
    listed = [key.line("all ranks: any weights, any answer where unknown", style.INK, 1.2)]
    if not wholly_open.all():
        listed.append(key.line("equal weights, any answer where unknown", style.BLUE, 6))
    if wholly_open.any():
        listed.append(key.patch("even equal weights leave every rank open", "white", style.BLUE, style.UNKNOWN))
    if not weighed:
        return listed
    return [
        *listed,
        key.dot("median over random weights, were the unknown at its middle", style.VERMILLION, "D", filled=False),
        key.line("90% of these ranks", style.VERMILLION, 1.4, dashes="--"),
    ]
