"""Lists that lie within one another, copy one another, or depend on each other in a way that has no estimate."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import pandas as pd
from scipy import stats

from bounded.arguments import checked, each, text
from bounded.refusal import Caution, Refusal, Said
from capture_recapture.histories import CaptureTable, capture_table
from capture_recapture.loglinear import closure
from capture_recapture.selection import estimate_status

COPY, WITHIN, NEARLY, NO_ESTIMATE = "copy", "within", "nearly within", "no estimate"
COLUMNS = ["list", "of", "on_list", "on_of", "on_both", "share", "expected_share", "kind"]
# A list of which so much stands on another one is nearly within it ...
NEARLY_ALL = 0.9
# ... where so many by chance would be rarer than this: nearly everybody may be on a list that is nearly complete.
BY_CHANCE = 0.001


@checked()
def nested_lists(histories: pd.DataFrame) -> pd.DataFrame:
    """Find the pairs of lists that no model can take for two, and those whose dependence has no estimate.

    A list that was drawn from another one, or copied, knows nobody that the other does not. The agreement of the two
    then looks as if both knew nearly everybody. Their dependence has no maximum-likelihood estimate, so that no
    selection takes it in. The lists without the smaller one, or with the two as one (`joined`), can be analysed.

    A list lies nearly within another one where nine in ten of its persons stand on it, and so many would be there by
    chance in less than one of a thousand cases, if they were as likely to be on it as persons of the further lists.

    Parameters
    ----------
    histories : one 0/1 column a list and `count` (persons), a row a pattern.

    Returns
    -------
    One row a pair: list (the smaller), of (the larger), on_list, on_of, on_both (persons), share (of the smaller on the
    larger), expected_share (of persons on further lists and not on the smaller; missing where there are none), kind:
    "copy", "within", "nearly within", or "no estimate". No rows where no pair is so.

    Raises
    ------
    ValueError : the histories are malformed.

    References
    ----------
    Fienberg, S. E. and Rinaldo, A. (2012). Maximum likelihood estimation in log-linear models. Ann. Stat. 40, 996-1023.
    Jones, H. E. and others (2014). Recapture or precapture? Fallibility of standard capture-recapture methods in the
        presence of referrals between sources. American Journal of Epidemiology 179, 1383-1393.
    """
    return nested(capture_table(histories))


def nested(table: CaptureTable) -> pd.DataFrame:
    """Return `nested_lists` of histories that were checked."""
    found = [_pair(table, *pair) for pair in combinations(table.lists, 2)]
    return pd.DataFrame([row for row in found if row["kind"]], columns=COLUMNS)


@checked(lists=each(text))
def joined(histories: pd.DataFrame, lists: Sequence[str], name: str = "") -> pd.DataFrame:
    """Take some lists as one: a person is on it who is on any of them.

    Parameters
    ----------
    histories : one 0/1 column a list and `count` (persons), a row a pattern.
    lists : names of two lists or more.
    name : of the list that they become; by default their names with "and" between them.

    Returns
    -------
    Capture histories with the joined list as the last one.

    Raises
    ------
    ValueError : the histories are malformed, a list is not among them, or there are fewer than two.
    """
    table = capture_table(histories)
    members = list(dict.fromkeys(lists))
    table.place(members)
    if len(members) < 2:
        raise Refusal("too_few_lists", "Name two lists or more that are to be taken as one.")
    called = name or " and ".join(members)
    whole = table.histories
    if called in table.lists and called not in members:
        raise Refusal("duplicate_name", f"There is a list '{called}' already: give the joined one another name.")
    left = whole.drop(columns=members).assign(**{called: whole[members].max(axis=1)})
    return left.groupby([each for each in left if each != "count"], as_index=False, sort=False)["count"].sum()


def caution_of(pairs: pd.DataFrame) -> Said:
    """Return the sentence that warns of the worst pair of lists and says what would help; empty where there is none."""
    if pairs.empty:
        return ""
    row = pairs.sort_values(
        "kind", key=lambda kinds: kinds.map([COPY, WITHIN, NEARLY, NO_ESTIMATE].index), kind="stable"
    ).iloc[0]
    helps = (
        f"Estimate without '{row['list']}', or with the two as one list: "
        f"`joined(histories, ['{row['of']}', '{row['list']}'])`."
    )
    if row["kind"] == NO_ESTIMATE:
        return Caution(
            "no_pair_estimate",
            f"The dependence of '{row['list']}' and '{row['of']}' has no estimate, so that no model has it: {helps}",
        )
    how = {
        COPY: f"'{row['list']}' and '{row['of']}' have the same {row['on_list']:,} persons",
        WITHIN: f"All {row['on_list']:,} persons of '{row['list']}' are on '{row['of']}'",
        NEARLY: f"{row['on_both']:,} of the {row['on_list']:,} persons of '{row['list']}' are on '{row['of']}'",
    }[row["kind"]]
    return Caution(
        "nested_lists",
        f"{how}, as if one had been drawn from the other, or copied: methods take their agreement for a count of "
        f"nearly everybody. {helps}",
    )


def _pair(table: CaptureTable, one: str, other: str) -> dict[str, object]:
    small, large = sorted((one, other), key=lambda name: (table.on_all_of(table.place([name])), -table.place([name])))
    on_small, on_large = (table.on_all_of(table.place([name])) for name in (small, large))
    pair = table.place([small, large])
    both = table.on_all_of(pair)
    # Persons on further lists, and not on the smaller one.
    further = sum(1 << bit for bit, name in enumerate(table.lists) if name not in (small, large))
    others = [place for place in range(len(table.counts)) if place & further and not place & table.place([small])]
    known = float(table.counts[others].sum())
    on_it = float(table.counts[[place for place in others if place & table.place([large])]].sum())
    expected = on_it / known if known else float("nan")
    row = dict(zip(COLUMNS, (small, large, on_small, on_large, both, both / max(on_small, 1), expected), strict=False))
    return row | {"kind": _kind(table, pair, on_small, on_large, both, (on_it + 1) / (known + 2))}


def _kind(table: CaptureTable, pair: int, on_small: int, on_large: int, both: int, chance: float) -> str:
    if not both:
        return ""
    if both == on_small:
        return COPY if on_small == on_large else WITHIN
    if both >= NEARLY_ALL * on_small and stats.binom.sf(both - 1, on_small, chance) < BY_CHANCE:
        return NEARLY
    # Two lists have no model with their dependence.
    if len(table.lists) > 2 and estimate_status(table.counts, closure([pair], len(table.lists))):
        return NO_ESTIMATE
    return ""
