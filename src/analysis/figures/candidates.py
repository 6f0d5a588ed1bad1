"""A figure of how many joinpoints there are: what each criterion says of each number, side by side."""

from __future__ import annotations

import math

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from analysis.figures import key, style
from analysis.figures.canvas import Canvas
from bounded.refusal import Refusal

# Column -> its name in sentences and in chosen_by, and its head.
CRITERIA = {
    "p_value": ("permutation tests", "Permutation tests: p of no further joinpoint"),
    "bic": ("BIC", "BIC, above its least"),
    "bic3": ("BIC3", "BIC3, above its least"),
    "wbic": ("weighted BIC", "Weighted BIC, above its least"),
}
Criteria = dict[str, tuple[str, str]]
_TEXT = 11.5  # points
_ROW = 0.37  # inches
_FIRST = 1.1
_WORD = 0.82  # inches of a number in its cell; the rest is its bar


@style.seen_as(
    "A table with a line for each number of turns and a column for each criterion; a dot marks what each chooses."
)
@style.styled
def candidates(
    table: pd.DataFrame,
    *,
    title: str,
    footer: style.Footer,
    subtitle: str = "",
    tests: str = CRITERIA["p_value"][0],
) -> Figure:
    """One line a number of joinpoints, one column a criterion; what each chooses is marked, and said in a sentence.

    Parameters
    ----------
    table : k, and one or more of p_value (permutation test of k against more joinpoints; missing where not tested),
        bic, bic3, wbic (the less the better). Optional: chosen_by, the names of the criteria that choose `k`, with ", "
        between them: permutation tests, BIC, BIC3, weighted BIC. Without it an information criterion chooses its least.
    tests : what the tests behind p_value are called, here and in chosen_by.

    Raises
    ------
    ValueError : the column k is missing, a number of joinpoints stands twice, or there is no criterion.
    """
    if table.empty:
        return style.nothing(
            title=title, footer=footer, subtitle=subtitle, text="no figure found: nothing was compared"
        )
    style.require(table, ("k",))
    shown = [column for column in CRITERIA if column in table]
    if not shown:
        raise Refusal(
            "missing_column", f"The table to draw has no criterion: it needs one or more of {', '.join(CRITERIA)}."
        )
    if table["k"].duplicated().any():
        raise Refusal(
            "duplicate_row", f"{table['k'][table['k'].duplicated()].iloc[0]} joinpoints stand in the table twice."
        )
    table = table.sort_values("k", ignore_index=True)
    criteria = CRITERIA | {"p_value": (tests, f"{tests[:1].upper()}{tests[1:]}: p of no further joinpoint")}
    chosen = _chosen(table, shown, criteria)
    # What permutation tests choose follows from their sequence, and is not read off their p.
    able = [column for column in shown if column != "p_value" or "chosen_by" in table]
    width = style.WIDTH - 2 * style.MARGIN
    wide = (width - _FIRST) / len(shown)
    heads = [style.wrap(head, room, 10) for head, room in [("Joinpoints", _FIRST - 0.1)]]
    heads += [style.wrap(criteria[column][1], wide - 0.3, 10) for column in shown]
    sentence = style.wrap(_sentence(chosen, len(able), criteria), width, 11.5, bold=True)
    listed = [key.dot("chosen by the criterion", style.BLUE)]
    if set(shown) - {"p_value"}:
        listed.append(key.patch("above the least; short is good", style.SKY, style.SKY))
    above = 0.22 * len(sentence) + 0.14 + 0.17 * max(map(len, heads)) + 0.1
    body = _ROW * len(table)
    below = key.height(listed, width) + 0.12
    page = style.sheet(above + body + below, title=title, footer=footer, subtitle=subtitle)
    paper = page.canvas(0, below, width, body + above)
    paper.text(0, body + above, "\n".join(sentence), size=11.5, weight="bold", va="top", linespacing=1.2, gid="said")
    for place, head in enumerate(heads):
        x = 0 if not place else _FIRST + (place - 1) * wide + 0.22
        paper.text(x, body + 0.07, "\n".join(head), size=10, color=style.MUTED, va="bottom", linespacing=1.15)
    for place, k in enumerate(table["k"].astype(int)):
        y = body - _ROW * (place + 0.5)
        paper.plot([0, width], [y + _ROW / 2] * 2, color=style.FAINT, lw=0.8)
        paper.text(0.08, y, f"{k}", size=_TEXT, weight="bold", va="center_baseline")
    above_least = {column: table[column] - _finite(table[column]).min() for column in shown if column != "p_value"}
    longest = max([_finite(column).max() for column in above_least.values()], default=0.0)
    for number, column in enumerate(shown):
        values = table["p_value"] if column == "p_value" else above_least[column]
        for place, (k, value) in enumerate(zip(table["k"].astype(int), values, strict=True)):
            x, y = _FIRST + number * wide, body - _ROW * (place + 0.5)
            words = _p(value) if column == "p_value" else _difference(value)
            _cell(paper, x, y, words, chosen.get(column) == k)
            if column != "p_value" and 0 < value < math.inf:
                room = wide - 0.22 - _WORD - 0.12
                paper.add(Rectangle((x + 0.22 + _WORD, y - 0.06), room * value / longest, 0.12, color=style.SKY))
    key.draw(page, listed, x=0, top=key.height(listed, width), width=width)
    return page.figure


def _chosen(table: pd.DataFrame, shown: list[str], criteria: Criteria) -> dict[str, int]:
    """Criterion -> the number of joinpoints it chooses, where that is known."""
    if "chosen_by" in table:
        names = {
            name: int(k)
            for k, said in zip(table["k"], table["chosen_by"], strict=True)
            for name in str(said).split(", ")
        }
        return {column: names[criteria[column][0]] for column in shown if criteria[column][0] in names}
    least = {column: _finite(table[column]) for column in shown if column != "p_value"}
    return {column: int(table["k"][values.idxmin()]) for column, values in least.items() if len(values)}


def _sentence(chosen: dict[str, int], able: int, criteria: Criteria) -> str:
    """What the criteria choose, and whether they agree."""
    if not chosen:
        return "No criterion chooses a number of joinpoints."
    by: dict[int, list[str]] = {}
    for column, k in chosen.items():
        by.setdefault(k, []).append(criteria[column][0])
    many = {k: f"{k or 'no'} joinpoint{'' if k < 2 else 's'}" for k in by}
    if len(by) > 1:
        parts = "; ".join(f"{many[k]} by {_and(names)}" for k, names in sorted(by.items()))
        return f"The criteria disagree: {parts}."
    ((k, names),) = by.items()
    if len(names) == able > 1:
        return f"All criteria choose {many[k]}."
    others = "" if len(names) == able else "; no other criterion could be used"
    return f"{many[k].capitalize()} by {_and(names)}{others}."


def _and(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _finite(values: pd.Series) -> pd.Series:
    return values[values.abs() < math.inf]


def _p(value: float) -> str:
    return "not tested" if math.isnan(value) else "<0.001" if value < 0.001 else f"{value:.3f}"


def _difference(value: float) -> str:
    if not math.isfinite(value):
        return "exact fit" if value < 0 else "–"
    return "least" if value == 0 else f"+{value:.2f}" if value >= 0.005 else "+<0.01"


def _cell(paper: Canvas, x: float, y: float, words: str, chosen: bool) -> None:
    if chosen:
        paper.plot([x + 0.09], [y], marker="o", ms=8, color=style.BLUE, ls="none")
    weight, colour = ("bold", style.INK) if chosen else ("normal", style.MUTED if words == "not tested" else style.INK)
    paper.text(x + 0.22, y, words, size=_TEXT, weight=weight, color=colour, va="center_baseline")
