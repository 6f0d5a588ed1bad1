"""Where several figures stand for one thing: which of them is drawn, and why. Tables in, tables out.

A rule is the name of a rank and what the better figure is, in words. Rules are applied in their order.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

# How figures for one area, measure and period are told apart, first rule first: (rank, what the better figure is).
FIGURE_RULES = (
    ("status_rank", "more final (restated, definitive, preliminary, estimate)"),
    ("read_rank", "read, and not derived or remembered"),
    ("dated_rank", "from a dated page"),
    ("printed_rank", "printed by more sources"),
    ("year_rank", "published later"),
    ("decimals_rank", "printed to more decimals"),
)
REPORT_RULES = (
    ("year_rank", "of the later report, which restates the earlier"),
    ("exact_rank", "exact"),
    ("printed_rank", "printed by more sources"),
)
# Of the same period in several countries: what one series says of all of them.
SERIES_RULE = ("series_rank", "of the US reports, which are read alike for every country")
WORLD_BANK_RULE = ("world_bank_rank", "of the World Bank's mid-year series, which measures all countries alike")
_STATUS_RANK = {"estimate": 0, "preliminary": 1, "": 2, "definitive": 3, "restated": 4}
_READ_RANK = {"remembered": 0, "derived": 1, "read": 2}
_EXACT_RANK = {"at_least": 0, "approx": 1, "exact": 2}


def ranked(table: pd.DataFrame, years: pd.Series) -> pd.DataFrame:
    """`table` with the ranks that the rules compare: the higher, the better. `years` is when each source appeared."""
    ranks = {
        "year_rank": table["source_id"].map(years),
        "exact_rank": table["value_qualifier"].map(_EXACT_RANK),
        "decimals_rank": table["value"].str.extract(r"\.(\d+)$")[0].fillna("").str.len(),
    }
    if "provenance" in table:
        ranks["status_rank"] = table["figure_status"].map(_STATUS_RANK)
        ranks["read_rank"] = table["provenance"].map(_READ_RANK)
        ranks["dated_rank"] = ~table["date_inferred"].astype(bool)
    return table.assign(**ranks)


def with_drawn(table: pd.DataFrame, keys: list[str], rules: Sequence[tuple[str, str]]) -> pd.DataFrame:
    """`table` with drawn, reason and conflict: of the rows that share `keys`, the rules leave exactly one drawn."""
    table = table.reset_index(drop=True)
    reasons = ["drawn: the only figure found"] * len(table)
    conflict = [False] * len(table)
    rivals = table[table.duplicated(keys, keep=False)]
    same = rivals.groupby([*keys, "low", "high"], dropna=False)
    rivals = rivals.assign(printed_rank=same["low"].transform("size"), figure=same.ngroup())
    # Plain lists from here on: there are hundreds of groups, of two or three rows each.
    ranks = rivals[[rank for rank, _ in rules]].to_numpy(dtype=float).tolist()
    figures = rivals["figure"].tolist()
    places = rivals.index.tolist()
    better = [words for _, words in rules]
    for group in rivals.reset_index().groupby(keys, dropna=False, sort=False).indices.values():
        differ = len({figures[row] for row in group}) > 1
        words = _reasons([ranks[row] for row in group], better) if differ else _alike(len(group))
        for row, reason in zip(group, words, strict=True):
            reasons[places[row]] = reason
            conflict[places[row]] = differ
    drawn = [reason.startswith("drawn") for reason in reasons]
    table = table.assign(drawn=drawn, reason=pd.Series(reasons, table.index, dtype="str"), conflict=conflict)
    return table.drop(columns=[column for column in table if str(column).endswith("_rank")])


def _alike(count: int) -> list[str]:
    return [f"drawn: {count} sources print it"] + ["not drawn: the drawn figure is the same"] * (count - 1)


def _reasons(ranks: list[list[float]], better: list[str]) -> list[str]:
    """Why each row is drawn or not: rule by rule, the rows that rank below the best of those left are dropped."""
    reasons = ["not drawn: it has an equal claim and stands later in the table"] * len(ranks)
    left, decisive = list(range(len(ranks))), []
    for rule, words in enumerate(better):
        # A row without a rank (NaN) is not below any.
        known = [ranks[row][rule] for row in left if ranks[row][rule] == ranks[row][rule]]
        below = [row for row in left if known and ranks[row][rule] < max(known)]
        if below:
            decisive.append(words)
            left = [row for row in left if row not in below]
        for row in below:
            reasons[row] = f"not drawn: the drawn figure is {words}"
    reasons[left[0]] = f"drawn: {'; '.join(decisive) or 'of equal claims it stands first in the table'}"
    return reasons
