"""Review of uncertain pairs in tables and sentences: what became of each answer, and what it changed."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from analysis import texts
from analysis.cases.linkage_accuracy import fewest_errors
from analysis.cases.pair_decisions import ANSWERS, APPLIED, OUT, OUTCOMES, SAME, UNDECIDED, pair_of, second_answers
from analysis.cases.record_linkage import THRESHOLD, Linkage

TEXT = texts.of(__name__)
COLUMNS = [
    *("day", "initials", "answer", "outcome", "record_id_l", "record_id_r", "match_weight"),
    *("links_made", "links_undone"),
]
# Decisions of whose records so many are named; the table has them all.
_SHOWN = 5


def table(decisions: pd.DataFrame, linkage: Linkage | None) -> pd.DataFrame:
    """Return one row an answer, in the order in which they were given, without its reason.

    Parameters
    ----------
    decisions : as `pair_decisions.found` gives them. linkage : with what was decided; None where nothing is linked.

    Returns
    -------
    DataFrame of day, initials, answer, outcome, record_id_l, record_id_r ("" where a record is gone), match_weight (as
    it is now; missing for pairs below a probability of 0.01), and in each row links_made and links_undone: pairs of
    records that are in one person, or are so no more, because of all decisions together.
    """
    if linkage is None:
        outcome = decisions["outcome"].where(decisions["outcome"] != APPLIED, OUT)
        return decisions.assign(outcome=outcome, match_weight=float("nan"), links_made=0, links_undone=0)[COLUMNS]
    weights = {
        pair_of(row.record_id_l, row.record_id_r): row.match_weight
        for row in linkage.pairs[["record_id_l", "record_id_r", "match_weight"]].itertuples()
    }
    pairs = zip(decisions["record_id_l"], decisions["record_id_r"], strict=True)
    now = [weights.get(pair_of(*pair), float("nan")) for pair in pairs]
    changed = {"links_made": linkage.links_made, "links_undone": linkage.links_undone}
    return decisions.assign(match_weight=now, **changed)[COLUMNS].reset_index(drop=True)


def with_decisions(pairs: pd.DataFrame, decided: pd.DataFrame | None) -> pd.DataFrame:
    """Return pairs with the probability that a decision leaves, 1 or 0, for whoever draws linkages; weights stay."""
    if decided is None or decided.empty:
        return pairs
    answers = {(row.record_id_l, row.record_id_r): float(row.same) for row in decided.itertuples()}
    ends = zip(pairs["record_id_l"], pairs["record_id_r"], strict=True)
    said = pd.Series([answers.get(pair_of(*pair)) for pair in ends], pairs.index, dtype=float)
    return pairs.assign(match_probability=said.fillna(pairs["match_probability"]))


def answered(review: pd.DataFrame) -> pd.DataFrame:
    """Return each pair that somebody reviewed and whose records are there, once: record_id_l, record_id_r, same.

    `same` is 1 or 0, and missing where no reviewer could say, or two disagree.
    """
    there = review[review["outcome"].isin([APPLIED, UNDECIDED]) | review["outcome"].str.contains("disagree|joins")]
    rows: dict[tuple[str, str], float] = {}
    for row in there.itertuples():
        pair = pair_of(row.record_id_l, row.record_id_r)
        if row.outcome == APPLIED:
            rows[pair] = float(row.answer == SAME)
        rows.setdefault(pair, float("nan"))
    return pd.DataFrame([(*pair, same) for pair, same in rows.items()], columns=["record_id_l", "record_id_r", "same"])


def sentences(review: pd.DataFrame, agreement: Callable[..., pd.DataFrame] | None = None) -> list[str]:
    """Return what the review came to, for whoever keeps the data: numbers, and the records of what is not applied.

    Parameters
    ----------
    review : as `table` gives it; empty where nobody reviewed. agreement : gives AC1 of two reviewers with its limits.
    """
    if review.empty:
        return [TEXT["none"]]
    pairs = answered(review)
    reviewers = review["initials"].nunique()
    found = [
        TEXT["reviewed"].format(
            pairs=f"{len(pairs):,}",
            reviewers=reviewers,
            same=int((pairs["same"] == 1).sum()),
            apart=int((pairs["same"] == 0).sum()),
            open=int(pairs["same"].isna().sum()),
        ),
        TEXT["changed"].format(made=review["links_made"].iloc[0], undone=review["links_undone"].iloc[0]),
        in_words(agreed(review, agreement)),
    ]
    for outcome in OUTCOMES:
        lines = review[review["outcome"] == outcome]
        if outcome in (APPLIED, UNDECIDED) or lines.empty:
            continue
        names = [f"{one or '?'} and {other or '?'}" for one, other in lines[["record_id_l", "record_id_r"]].to_numpy()]
        names = list(dict.fromkeys(names))
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        shown = "; ".join(names[:_SHOWN])
        found.append(TEXT["outcome"].format(number=len(lines), outcome=outcome, pairs=f"{shown}{more}"))
    return found


def agreed(review: pd.DataFrame, agreement: Callable[..., pd.DataFrame] | None) -> dict[str, float]:
    """Return the agreement of two reviewers: pairs that both answered, and of two or more AC1 with its limits."""
    both = second_answers(review)
    if len(both) < 2 or agreement is None:
        return {"n": len(both)}
    rows = agreement(both, categories=list(ANSWERS)).set_index("coefficient")
    ac1 = rows.loc["Gwet's AC1"]
    return {"n": len(both), "same": float(rows.loc["percent agreement", "estimate"])} | {
        name: float(ac1[name]) for name in ("estimate", "low", "high")
    }


def in_words(agreement: dict[str, float]) -> str:
    """The sentence on the agreement of two reviewers."""
    if "estimate" not in agreement:
        return TEXT["not_twice"].format(n=agreement["n"])
    return TEXT["twice"].format(
        n=agreement["n"],
        share=f"{agreement['same']:.0%}",
        estimate=f"{agreement['estimate']:.2f}",
        low=f"{agreement['low']:.2f}",
        high=f"{agreement['high']:.2f}",
    )


def accuracy_in_words(table: pd.DataFrame) -> str:
    """The accuracy of the linkage as lines of a terminal: see `linkage_accuracy.accuracy`."""
    lines = ["threshold  pairs  reviewed  precision            recall"]
    for row in table.itertuples():
        shares = [
            "not known" if pd.isna(share) else f"{share:.3f} ({low:.3f}-{high:.3f})"
            for share, low, high in (
                (row.precision, row.precision_low, row.precision_high),
                (row.recall, row.recall_low, row.recall_high),
            )
        ]
        note = f"  {row.note}" if row.note else ""
        lines.append(f"{row.threshold:9.2f}  {row.pairs:5,}  {row.reviewed:8,}  {shares[0]:19}  {shares[1]}{note}")
    return "\n".join([*lines, TEXT["accuracy_of"], threshold_in_words(table)]).strip()


def threshold_in_words(table: pd.DataFrame) -> str:
    """The thresholds at which errors are fewest, and the one that is in use; "" where errors cannot be told."""
    best = [f"{threshold:.2f}" for threshold in fewest_errors(table)]
    if not best:
        return ""
    shown = " or ".join(filter(None, [", ".join(best[:-1]), best[-1]]))
    return TEXT["fewest"].format(thresholds=shown, used=f"{THRESHOLD:.2f}")
