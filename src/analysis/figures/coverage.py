"""How often intervals hold what was planted, beside how often they should."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis.figures import share_marks, style
from analysis.figures.share_panels import share_panels
from analysis.refusal import Refusal


@style.styled
def coverage(
    table: pd.DataFrame,
    *,
    title: str,
    footer: style.Footer,
    nominal: float = 0.95,
    subtitle: str = "",
    xlabel: str = "share of drawn surveys whose interval holds what was planted",
    interval_label: str = "95% interval of the share, for the number of surveys drawn",
) -> Figure:
    """Dots around an upright line at the nominal share; the scale ends at 100 % and begins near the lowest share.

    Parameters
    ----------
    table : one row a quantity and group (such as a method): label, group (may be empty), share, low, high (0 to 1; how
        many of the surveys drawn hold the truth, with interval), n (surveys drawn), flag (may be missing as a column).
    nominal : the level of the intervals that are judged.

    Raises
    ------
    ValueError : a column is missing, a share lies outside 0 to 1 or outside its interval, a row stands twice, `nominal`
        is not between 0 and 1, or there are more than seven groups.
    """
    if not 0 < nominal < 1:
        raise Refusal(
            "out_of_range", f"The nominal coverage lies between 0 and 1, and {nominal:g} does not: write 0.95 for 95 %."
        )
    if table.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    table = table.assign(panel="", flag=table["flag"] if "flag" in table.columns else "")
    rows = share_marks.checked(table, (("share", "low", "high"),), ("panel", "label", "group"), ("n", "flag"))
    shown = np.append(rows[["share", "low"]].to_numpy().ravel(), nominal)
    # From the ten per cent below the lowest: a scale from zero would make one dot of all of them.
    first = max(0.0, np.floor(10 * float(np.nanmin(shown)) - 0.2) / 10)
    return share_panels(
        rows, title=title, footer=footer, subtitle=subtitle, xlabel=xlabel, interval_label=interval_label,
        count_label="drawn", first=first, nominal=nominal,
    )  # fmt: skip
