"""Shares of children by several traits at once: small multiples on one scale, with intervals and what was withheld."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure

from analysis.figures import share_marks, style
from analysis.figures.share_panels import share_panels


@style.seen_as(
    "Panels with a line for each row, and on it a dot with its interval for each group; hatched where withheld."
)
@style.styled
def prevalence_panels(
    table: pd.DataFrame,
    *,
    title: str,
    footer: style.Footer,
    xlabel: str,
    groups: Sequence[str] | None = None,
    subtitle: str = "",
    interval_label: str = "95% interval",
    count_label: str = "n",
) -> Figure:
    """Dots with intervals: a panel for each of one trait, a row for each of another, groups beside one another in it.

    Parameters
    ----------
    table : one row a panel ("girls"), label ("5–11") and group ("Syrian"); share, low, high (0 to 1; missing where
        unknown); n (unweighted children); flag (missing or empty where all is well). A share with a flag is an open
        mark, and the key says the flag; a row without a share is hatched, and says its flag where there is room: one
        that begins with "withheld" or "not asked" has a hatching of its own, and of it nothing but n is shown.
        A panel or group may be empty where there is only one. All stand in the order of the table.
    xlabel : what the shares are shares of.
    groups : in the order of their colours, present or not, so that these are the same from one figure to the next; by
        default the order of appearance.
    count_label : head of the numbers of children.

    Raises
    ------
    ValueError : a column is missing, a share lies outside 0 to 1 or outside its interval, a row stands twice, or there
        are more than seven groups, or one that `groups` does not list.
    """
    if table.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    rows = share_marks.checked(table, (("share", "low", "high"),), ("panel", "label", "group"), ("n", "flag"))
    return share_panels(
        rows, title=title, footer=footer, subtitle=subtitle, xlabel=xlabel, interval_label=interval_label,
        groups=groups, count_label=count_label,
    )  # fmt: skip
