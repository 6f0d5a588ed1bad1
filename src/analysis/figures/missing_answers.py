"""Which questions were answered least: the share of answers that are not known, by question and group."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure

from analysis.figures import share_marks, style
from analysis.figures.share_panels import share_panels

MOST = 20  # questions in one figure


@style.seen_as("A line for each question, the least answered first, with a dot and its interval for each group.")
@style.styled
def missing_answers(
    table: pd.DataFrame,
    *,
    title: str,
    footer: style.Footer,
    groups: Sequence[str] | None = None,
    subtitle: str = "",
    xlabel: str = "share of those asked whose answer is not known",
    interval_label: str = "95% interval",
) -> Figure:
    """The questions with the largest share of unknown answers in any group, at most twenty; a line says of the others.

    Parameters
    ----------
    table : one row a question and group: label (the question), group (may be empty); share (0 to 1, of those asked),
        low, high (interval; may be missing); n (unweighted children asked); flag (missing or empty where all is well;
        "not asked" where the question was not put to the group).
    groups : in the order of their colours, present or not, so that these are the same from one figure to the next; by
        default the order of appearance.

    Raises
    ------
    ValueError : a column is missing, a share lies outside 0 to 1 or outside its interval, a row stands twice, or there
        are more than seven groups, or one that `groups` does not list.
    """
    if table.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    rows = share_marks.checked(table, (("share", "low", "high"),), ("label", "group"), ("n", "flag"))
    groups = share_marks.in_order(rows, groups)  # of the whole table, whatever question comes first
    rows = rows.assign(panel="", largest=rows.groupby("label")["share"].transform("max"))
    rows = rows.sort_values(["largest", "label"], ascending=[False, True], na_position="last", kind="stable")
    drawn = list(dict.fromkeys(rows["label"]))[:MOST]
    left_out = rows[~rows["label"].isin(drawn)]
    return share_panels(
        rows[rows["label"].isin(drawn)], title=title, footer=footer, subtitle=subtitle, xlabel=xlabel,
        interval_label=interval_label, groups=groups, count_label="asked", remark=_remark(left_out),
    )  # fmt: skip


def _remark(left_out: pd.DataFrame) -> str:
    questions = left_out["label"].nunique()
    if not questions:
        return ""
    most = left_out["share"].max()
    more = f"Not drawn: {questions:,} more question{'' if questions == 1 else 's'}"
    if pd.isna(most):
        return f"{more}."
    return f"{more}, {'each ' if questions > 1 else ''}with {share_marks.percent(most)} unknown at most."
