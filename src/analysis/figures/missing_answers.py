"""Which questions were answered least: the share of answers that are not known, by question and group."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from analysis.figures import share_marks, style
from analysis.figures.share_panels import share_panels

MOST = 20  # questions in one figure


@style.styled
def missing_answers(
    table: pd.DataFrame,
    *,
    title: str,
    footer: style.Footer,
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

    Raises
    ------
    ValueError : a column is missing, a share lies outside 0 to 1 or outside its interval, a row stands twice, or there
        are more than seven groups.
    """
    if table.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    rows = share_marks.checked(table, (("share", "low", "high"),), ("label", "group"), ("n", "flag"))
    groups = {group: place for place, group in enumerate(dict.fromkeys(rows["group"]))}
    rows = rows.assign(
        panel="", largest=rows.groupby("label")["share"].transform("max"), order=rows["group"].map(groups)
    ).sort_values(["largest", "label", "order"], ascending=[False, True, True], na_position="last", ignore_index=True)
    drawn = list(dict.fromkeys(rows["label"]))[:MOST]
    left_out = rows[~rows["label"].isin(drawn)]
    return share_panels(
        rows[rows["label"].isin(drawn)], title=title, footer=footer, subtitle=subtitle, xlabel=xlabel,
        interval_label=interval_label, count_label="asked", remark=_remark(left_out),
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
