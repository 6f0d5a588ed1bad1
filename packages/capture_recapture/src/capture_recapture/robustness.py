"""Sensitivity of an estimated total to the method, to single lists, and to numbers that are known already."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from bounded.arguments import checked
from bounded.notebook_result import NotebookResult
from bounded.refusal import Said
from capture_recapture.hard_to_reach import CHANCES, HardToReach, hard_to_reach
from capture_recapture.histories import CaptureTable, NotIdentifiable, capture_table
from capture_recapture.method_table import (
    FAMILIES,
    LOWER_BOUND,
    THRESHOLDS,
    USUAL_THRESHOLD,
    log_linear,
    methods_of,
    row_of,
    stepwise_of,
    table_of,
)
from capture_recapture.multiple_systems import POOR_FIT, SEED, MultipleSystems
from capture_recapture.nested_lists import NO_ESTIMATE, caution_of, joined, nested
from capture_recapture.resampling import persons_plot

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Estimates that differ by more are not one number.
MOST_APART = 2.0
# Lists know a total from above where they exclude a group as large as all others of whom so many are on any list.
HARDEST = 0.1
# Digits that are printed: upper limits move by three in a hundred between seeds of four thousand resamples.
DIGITS = 2
# The checks beside the methods have fewer resamples: there are many, and only their drift is read.
FEWER = 5
CHECKED = ("n", "estimate", "low", "high", "note")
# Why lists do not know a total from above, the most serious first. No sentence has a number.
SIGNS = {
    "two_lists": "two lists cannot show whether they depend on each other",
    "nested_lists": "one list lies within another, or nearly",
    "no_pair_estimate": "the dependence of two lists has no estimate",
    "no_method_fits": "no method fits the patterns of these lists",
    "below_lower_bound": "every method says less than the lower bound of persons who differ, beyond chance",
    "no_upper_limit": "a method sets no upper limit",
    "posterior_at_bound": "large totals are not less likely than small ones, averaged over models",
    "hard_to_reach": "they do not exclude a further group as large as all others, of whom lists find one in ten",
}


@dataclass(frozen=True)
class Robustness(NotebookResult):
    """Estimates of all methods, the range they state together, and checks in which lists are left out or merged.

    Parameters
    ----------
    lists, n : names of the lists; persons on at least one of them.
    table : one row a method: method, estimate, low, high (persons), interval (how it was made), model, deviance, df,
        fit (p-value of the deviance), note, refused. A method that refuses has no estimate, its sentence in `note`, and
        its code in `refused`.
    low, high : persons, what is stated. From the lowest lower limit of all methods to the highest upper one, or to the
        total with the largest group of persons who are hard to reach (of whom one in ten is on any list), where that
        is more. Infinite above where `diagnosis` has a sign.
    apart : the largest estimate divided by the smallest, of those that are no bounds.
    estimate : persons: the middle of the methods in `middle`. None without an upper limit, or where estimates are more
        than `MOST_APART` apart.
    middle : the methods that fit the lists and say no less than Chao's lower bound, one of each family.
    diagnosis : one row a sign that these lists do not know the total from above: sign, found, what (in words).
    reach : the largest groups of persons who are hard to reach, on top of the usual model; None where it says nothing.
    nested : pairs of lists within one another, as `nested_lists` finds them.
    left_out : one row a list: what the others say without it: left_out, n, estimate, low, high, note.
    merged : one row a pair of lists taken as one: merged, n, estimate, low, high, note.
    known : one row a list: its persons are known, and estimated from what the other lists know of them: list, known,
        seen, estimate, low, high, note, contained (None where there is no estimate).
    selected : one row a pair of lists: list_a, list_b, on_both, expected_if_independent, in_model, selected_in (share
        of resamples, by `USUAL`).
    confidence : level of every interval.
    thresholds : p-values of the stepwise selections.
    replicates : resamples of each method; a fifth of them for the checks.
    latent_draws : draws a chain of latent classes; 0 where they were left out.
    caution : a sentence on lists within one another, or on too few persons on several lists; else empty.
    """

    lists: tuple[str, ...]
    n: int
    table: pd.DataFrame
    low: float
    high: float
    apart: float
    estimate: float | None
    middle: tuple[str, ...]
    diagnosis: pd.DataFrame = field(repr=False)
    reach: HardToReach | None = field(repr=False)
    nested: pd.DataFrame = field(repr=False)
    left_out: pd.DataFrame = field(repr=False)
    merged: pd.DataFrame = field(repr=False)
    known: pd.DataFrame = field(repr=False)
    selected: pd.DataFrame = field(repr=False)
    confidence: float
    thresholds: tuple[float, ...]
    replicates: int
    latent_draws: int
    caution: Said = ""

    @property
    def upper_bound_known(self) -> bool:
        """Return True where these lists know the total from above: no sign of `diagnosis` was found."""
        return not self.diagnosis["found"].any()

    @property
    def why_no_upper_limit(self) -> str:
        """Return the most serious sign of `diagnosis` that was found, in words; empty where there is none."""
        return str(next(iter(self.diagnosis.loc[self.diagnosis["found"], "what"]), ""))

    @property
    def sentence(self) -> str:
        """Return the result in words, to as many digits as other seeds of the resamples give again."""
        return f"{self._range} {self.caution}".rstrip()

    @property
    def _range(self) -> str:
        if not self.upper_bound_known:
            why = self.why_no_upper_limit
            return f"At least {self._low:,.0f} persons; how many more, these lists cannot tell: {why}."
        between = f"Between {self._low:,.0f} and {_outward(self.high, np.ceil):,.0f} persons"
        if self.apart > MOST_APART:
            return f"{between}: methods differ by a factor of {self.apart:.1f}, so no single number is given."
        if self.estimate is None:
            return f"{between}: no method that fits says as much as their lower bound, so no single number is given."
        return f"{between}; {_outward(self.estimate, np.round):,.0f} is the middle of {len(self.middle)} methods."

    @property
    def _low(self) -> float:
        """The lower limit as it is printed: never below the persons seen."""
        return max(_outward(self.low, np.floor), min(self.n, self.low))

    def plot(self, *, title: str = "", truth: float | None = None) -> Figure:
        """Draw every method with its limits. `truth` is the number of persons, where it is known."""
        return persons_plot(
            self.table["method"].tolist(),
            self.table,
            title=title or f"How many persons there are, by {len(self.table)} methods",
            confidence=self.confidence,
            observed=self.n,
            truth=truth,
        )


@checked()
def robustness(
    histories: pd.DataFrame,
    thresholds: Sequence[float] = THRESHOLDS,
    replicates: int = 1000,
    seed: int = SEED,
    confidence: float = 0.95,
    *,
    latent_draws: int = 0,
) -> Robustness:
    """Estimate the number of persons by every method, and by every method's critics.

    No data can say which dependences between lists are real and which are not there for want of persons. What a reader
    needs is how far the answer moves: with the model, when a list is left out, when two lists are one, and where the
    answer is known.

    Parameters
    ----------
    histories : one 0/1 column a list and `count` (persons), a row a pattern; three lists or more are worth it.
    thresholds : p-values of the stepwise selections.
    replicates : resamples of each method; a fifth of them for the checks.
    seed : of the resamples.
    confidence : level of every interval, between 0 and 1.
    latent_draws : draws a chain of `latent_classes`, which is then a row of its own; 2,500 take seven seconds, and
        0 leaves it out.

    Returns
    -------
    Robustness : `table` (one row a method: estimate, low, high in persons); low and high, which are stated, and
        estimate, the middle of the methods, where these lists know the total from above; `diagnosis`, why they do not;
        and the checks: nested, left_out, merged, known, selected.

    Raises
    ------
    NotIdentifiable : no method can estimate anything; the message is that of the first.
    ValueError : the histories are malformed.

    References
    ----------
    Binette, O. and Steorts, R. C. (2022). On the reliability of multiple systems estimation for the quantification of
        modern slavery. JRSS A 185, 640-676.
    Hook, E. B. and Regal, R. R. (2000). Accuracy of alternative approaches to capture-recapture estimates of disease
        frequency: internal validity analysis of data from five sources. Am. J. Epidemiol. 152, 771-779.
    """
    found = capture_table(histories)
    resampled = {"replicates": replicates, "seed": seed, "confidence": confidence}
    stepwise = stepwise_of(found, [*thresholds, USUAL_THRESHOLD], resampled)
    table = table_of(methods_of(found, stepwise, thresholds, resampled, latent_draws))
    estimates = table.loc[table["method"] != LOWER_BOUND].set_index("method")["estimate"].dropna()
    if estimates.empty:
        raise NotIdentifiable("no_method_estimable", table["note"].iloc[0].removeprefix("refused: "))
    apart = float(estimates.max() / estimates.min())
    middle = _middle(table)
    reach, pairs = _reach(found, stepwise[USUAL_THRESHOLD], confidence), nested(found)
    total = float(estimates[list(middle)].median()) if middle else np.nan
    diagnosis = _diagnosis(found, table, total, reach, pairs)
    known = not diagnosis["found"].any()
    fewer = {**resampled, "replicates": -(-replicates // FEWER)}
    return Robustness(
        lists=found.lists,
        n=found.n,
        table=table,
        low=float(table["low"].min()),
        high=max(float(table["high"].max()), reach.most(HARDEST)) if known and reach else np.inf,
        apart=apart,
        estimate=total if known and middle and apart <= MOST_APART else None,
        middle=middle,
        diagnosis=diagnosis,
        reach=reach,
        nested=pairs,
        left_out=_left_out(found, fewer),
        merged=_merged(found, fewer),
        known=_known(found, fewer),
        selected=_selected(stepwise[USUAL_THRESHOLD]),
        confidence=confidence,
        thresholds=tuple(thresholds),
        replicates=replicates,
        latent_draws=latent_draws,
        caution=caution_of(pairs) or found.caution,
    )


def _outward(persons: float, rounded: Callable[[float], float]) -> float:
    """A number with the digits that are printed."""
    step = 10.0 ** (np.floor(np.log10(persons)) - DIGITS + 1)
    return float(step * rounded(persons / step))


def _middle(table: pd.DataFrame) -> tuple[str, ...]:
    """Return, of each family of methods, the one that fits the lists and says no less than their lower bound."""
    rows = table.set_index("method")
    bound = rows["estimate"].get(LOWER_BOUND, np.nan)
    fits = ~(rows["fit"] < POOR_FIT) & rows["estimate"].notna() & ~(rows["estimate"] < bound)
    return tuple(name for name in FAMILIES if fits.get(name, False))


def _reach(found: CaptureTable, usual: MultipleSystems | NotIdentifiable, confidence: float) -> HardToReach | None:
    """The groups that the lists do not exclude on top of the usual model; None where it says nothing."""
    if isinstance(usual, NotIdentifiable) or len(found.lists) < 3:
        return None
    try:
        return hard_to_reach(found.histories, usual.terms, CHANCES, confidence)
    except NotIdentifiable:
        return None


def _diagnosis(
    found: CaptureTable, table: pd.DataFrame, middle: float, reach: HardToReach | None, pairs: pd.DataFrame
) -> pd.DataFrame:
    """Return the signs that these lists do not know the total from above."""
    rows = table.set_index("method")
    asked = rows[rows.index.isin(FAMILIES)]
    most, usual = (np.inf, np.nan) if reach is None else (reach.most(HARDEST), reach.estimate)
    total = usual if np.isnan(middle) else middle
    signs = {
        "two_lists": len(found.lists) == 2,
        "nested_lists": bool((pairs["kind"] != NO_ESTIMATE).any()),
        "no_pair_estimate": bool((pairs["kind"] == NO_ESTIMATE).any()),
        "no_method_fits": bool((asked["fit"].dropna() < POOR_FIT).all() and asked["fit"].notna().any()),
        "below_lower_bound": bool(asked["estimate"].max() < rows["low"].get(LOWER_BOUND, np.nan)),
        "no_upper_limit": bool(np.isinf(table["high"]).any()),
        "posterior_at_bound": bool((rows["refused"] == "posterior_at_bound").any()),
        # Where nothing is known of them, they are not excluded.
        "hard_to_reach": not most <= MOST_APART * total,
    }
    return pd.DataFrame({"sign": SIGNS.keys(), "found": [signs[name] for name in SIGNS], "what": SIGNS.values()})


def _checked(found: CaptureTable, choice: dict[str, Any]) -> dict[str, Any]:
    row = row_of(partial(log_linear, found, **choice))
    return {"n": found.n} | {name: row[name] for name in CHECKED[1:]}


def _selected(usual: MultipleSystems | NotIdentifiable) -> pd.DataFrame:
    """Return the pairs of lists that the usual method selects, here and in resamples."""
    columns = ["list_a", "list_b", "on_both", "expected_if_independent", "in_model", "selected_in"]
    return pd.DataFrame(columns=columns) if isinstance(usual, NotIdentifiable) else usual.overlaps[columns]


def _left_out(found: CaptureTable, choice: dict[str, Any]) -> pd.DataFrame:
    names = found.lists if len(found.lists) > 2 else ()
    rows = [{"left_out": name, **_checked(_table_of(found.histories.drop(columns=name)), choice)} for name in names]
    return pd.DataFrame(rows, columns=["left_out", *CHECKED])


def _merged(found: CaptureTable, choice: dict[str, Any]) -> pd.DataFrame:
    rows = []
    for one, other in combinations(found.lists, 2) if len(found.lists) > 3 else ():
        name = f"{one} and {other}"
        rows.append({"merged": name, **_checked(capture_table(joined(found.histories, (one, other))), choice)})
    return pd.DataFrame(rows, columns=["merged", *CHECKED])


def _known(found: CaptureTable, choice: dict[str, Any]) -> pd.DataFrame:
    rows = []
    for name in found.lists if len(found.lists) > 2 else ():
        on_it = found.histories[found.histories[name] == 1].drop(columns=name)
        known = int(on_it["count"].sum())
        row = _checked(_table_of(on_it), choice)
        contained = None if np.isnan(row["estimate"]) else bool(row["low"] <= known <= row["high"])
        rows.append({"list": name, "known": known, "seen": row["n"], **row, "contained": contained})
    return pd.DataFrame(rows, columns=["list", "known", "seen", *CHECKED[1:], "contained"])


def _table_of(histories: pd.DataFrame) -> CaptureTable:
    """Capture histories of fewer lists: who is on none of them any more is not seen any more."""
    lists = histories.columns.drop("count")
    return capture_table(histories[histories[lists].any(axis=1)])
