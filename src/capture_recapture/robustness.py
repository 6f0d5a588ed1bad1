"""How much an estimate of the total depends on the method, on single lists, and on what is known already."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from bounded.notebook_result import NotebookResult
from bounded.refusal import require_choice
from capture_recapture.few_lists import chao_lower_bound, chapman
from capture_recapture.heterogeneity import heterogeneity_rows
from capture_recapture.histories import CaptureTable, NotIdentifiable, capture_table
from capture_recapture.latent_classes import latent_classes
from capture_recapture.loglinear import MOST_LISTS
from capture_recapture.model_averaging import model_average
from capture_recapture.multiple_systems import SEED, MultipleSystems, by_order, by_threshold, multiple_systems
from capture_recapture.resampling import persons_plot

if TYPE_CHECKING:
    from matplotlib.figure import Figure

THRESHOLDS = (0.001, 0.005, 0.01, 0.02, 0.05, 0.1)
# The method whose number is given where methods agree: R's default.
USUAL_THRESHOLD = 0.02
USUAL = f"stepwise, p < {USUAL_THRESHOLD:g}"
LOWER_BOUND = "Chao's lower bound"
INDEPENDENT, AVERAGED = "all lists independent", "averaged over decomposable models"
BIC_PAIRS, BIC_ALL = "BIC, pairs of lists", "BIC, all hierarchical models"
# Persons differ: the fourth form, Chao's, is the lower bound.
DIFFERING = ("Mth Poisson", "Mth Darroch", "Mth gamma")
LATENT = "latent classes"
# Of being on one of two lists for those on the other.
ODDS_RATIOS = (0.5, 1.0, 2.0, 4.0)
# Estimates that differ by more are not one number.
MOST_APART = 2.0
# The checks beside the methods have fewer resamples: there are many, and only their drift is read.
FEWER = 5
CHECKED = ("n", "estimate", "low", "high", "note")


@dataclass(frozen=True)
class Robustness(NotebookResult):
    """The estimates of all methods, and what happens to them when a list is left out.

    Parameters
    ----------
    lists, n : names of the lists; persons on at least one of them.
    table : one row a method: method, estimate, low, high (persons), interval (how it was made), model, note. A method
        that refuses has no estimate, and its sentence in `note`.
    low, high : persons, from the lowest lower to the highest upper limit of all methods: the result. The upper one is
        infinite where a method sets no limit.
    apart : the largest estimate divided by the smallest, of those that are no bounds.
    estimate : persons, by `USUAL`, where no two methods are more than `MOST_APART` apart; else None, and always for two
        lists, whose dependence no method can see: their table has one row an odds ratio.
    left_out : one row a list: what the others say without it: left_out, n, estimate, low, high, note.
    merged : one row a pair of lists taken as one: merged, n, estimate, low, high, note.
    known : one row a list: its persons are known, and estimated from what the other lists know of them: list, known,
        seen, estimate, low, high, note, contained (None where there is no estimate).
    selected : one row a pair of lists: list_a, list_b, on_both, expected_if_independent, in_model, selected_in (share
        of resamples, by `USUAL`).
    confidence : level of every interval.
    caution : a sentence where the persons on several lists are too few for any method; else empty.
    """

    lists: tuple[str, ...]
    n: int
    table: pd.DataFrame
    low: float
    high: float
    apart: float
    estimate: float | None
    left_out: pd.DataFrame = field(repr=False)
    merged: pd.DataFrame = field(repr=False)
    known: pd.DataFrame = field(repr=False)
    selected: pd.DataFrame = field(repr=False)
    confidence: float = 0.95
    caution: str = ""

    @property
    def sentence(self) -> str:
        """The result in words."""
        return f"{self._range} {self.caution}".rstrip()

    @property
    def _range(self) -> str:
        if np.isfinite(self.high):
            between = f"Between {self.low:,.0f} and {self.high:,.0f} persons"
        else:
            between = f"{self.low:,.0f} persons or more, without an upper limit"
        if len(self.lists) == 2:
            return f"{between}: two lists cannot show whether they depend on each other, so no single number is given."
        if self.apart > MOST_APART:
            return f"{between}: methods differ by a factor of {self.apart:.1f}, so no single number is given."
        if self.estimate is None:
            return f"{between}; {USUAL}, the usual method, says nothing here, so no single number is given."
        return f"{between}; {self.estimate:,.0f} by {USUAL}, and no two methods differ by more than a factor of two."

    def plot(self, *, title: str = "", truth: float | None = None) -> Figure:
        """Every method with its limits. `truth` is the number of persons, where it is known."""
        return persons_plot(
            self.table["method"].tolist(),
            self.table,
            title=title or f"How many persons there are, by {len(self.table)} methods",
            confidence=self.confidence,
            observed=self.n,
            truth=truth,
        )

    def plot_checks(self, *, title: str = "") -> Figure:
        """The usual method without each list, and with pairs of lists as one."""
        labels = [*("without " + self.left_out["left_out"]), *(self.merged["merged"] + " as one")]
        return persons_plot(
            labels,
            pd.concat([part for part in (self.left_out, self.merged) if len(part)] or [self.left_out]),
            title=title or f"The estimate without a list, or with two lists as one, by {USUAL}",
            confidence=self.confidence,
            observed=self.n,
        )

    def plot_known(self, *, title: str = "") -> Figure:
        """Each list's persons, whose number is known, as the other lists would have estimated them."""
        return persons_plot(
            [f"{row.list} (known: {row.known:,})" for row in self.known.itertuples()],
            self.known,
            title=title or f"Persons on one list, as estimated from the others by {USUAL}",
            confidence=self.confidence,
        )


def robustness(
    histories: pd.DataFrame,
    thresholds: Sequence[float] = THRESHOLDS,
    replicates: int = 1000,
    seed: int = SEED,
    confidence: float = 0.95,
    *,
    order: Sequence[str] | None = None,
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
    order : names of all lists, the earliest first, where they are ordered in time: Mb is then a row, too.
    latent_draws : draws a chain of `latent_classes`, which is then a row of its own; 2,500 take seven seconds, and
        0 leaves it out.

    Returns
    -------
    Robustness : `table` (one row a method: estimate, low, high in persons), low and high of all of them, estimate where
        they agree, and the checks: left_out, merged, known, selected.

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
    stepwise = _stepwise(found, [*thresholds, USUAL_THRESHOLD], resampled)
    table = _table(_methods(found, stepwise, thresholds, order, resampled, latent_draws))
    estimates = table.loc[table["method"] != LOWER_BOUND].set_index("method")["estimate"].dropna()
    if estimates.empty:
        raise NotIdentifiable("no_method_estimable", table["note"].iloc[0].removeprefix("refused: "))
    apart = float(estimates.max() / estimates.min())
    fewer = {**resampled, "replicates": -(-replicates // FEWER)}
    return Robustness(
        lists=found.lists,
        n=found.n,
        table=table,
        low=float(table["low"].min()),
        high=float(table["high"].max()),
        apart=apart,
        estimate=estimates.get(USUAL) if apart <= MOST_APART else None,
        left_out=_left_out(found, fewer),
        merged=_merged(found, fewer),
        known=_known(found, fewer),
        selected=_selected(stepwise[USUAL_THRESHOLD]),
        confidence=confidence,
        caution=found.caution,
    )


def method_table(
    histories: pd.DataFrame,
    methods: Sequence[str] | None = None,
    thresholds: Sequence[float] = THRESHOLDS,
    replicates: int = 1000,
    seed: int = SEED,
    confidence: float = 0.95,
    latent_draws: int = 0,
) -> pd.DataFrame:
    """Estimate the number of persons by some methods, or all, without the checks of `robustness`.

    Parameters
    ----------
    methods : by their names in the table; by default all that there are for so many lists.
    histories, thresholds, replicates, seed, confidence, latent_draws : as in `robustness`.

    Returns
    -------
    One row a method: method, estimate, low, high (persons), interval (how it was made), model, note.

    Raises
    ------
    ValueError : the histories are malformed, or a method has another name.

    References
    ----------
    Binette, O. and Steorts, R. C. (2022). On the reliability of multiple systems estimation for the quantification of
        modern slavery. JRSS A 185, 640-676.
    """
    found = capture_table(histories)
    names = _names(found, thresholds, None, latent_draws)
    for name in methods or ():
        require_choice("methods", name, names)
    resampled = {"replicates": replicates, "seed": seed, "confidence": confidence}
    asked = [p for p in thresholds if methods is None or stepwise_name(p) in methods]
    stepwise = _stepwise(found, asked, resampled)
    wanted = names if methods is None else methods
    return _table(_methods(found, stepwise, asked, None, resampled, latent_draws, wanted))


Estimator = Callable[[], dict[str, Any]]
Resampled = Mapping[str, Any]


def stepwise_name(threshold: float) -> str:
    """How the stepwise method is called that selects by a p-value."""
    return f"stepwise, p < {threshold:g}"


def _names(
    found: CaptureTable, thresholds: Sequence[float], order: Sequence[str] | None, latent_draws: int
) -> list[str]:
    """The methods that there are for so many lists."""
    lists = len(found.lists)
    if lists == 2:
        return [f"Chapman, odds ratio {ratio:g}" for ratio in ODDS_RATIOS]
    by_bic = [BIC_PAIRS, *([BIC_ALL] if lists > 3 else [])] if lists <= MOST_LISTS else []
    by_time = [] if order is None else ["Mb"]
    differing = [*DIFFERING, *([LATENT] if latent_draws else []), *by_time]
    return [INDEPENDENT, *map(stepwise_name, thresholds), *by_bic, AVERAGED, *differing, LOWER_BOUND]


def _stepwise(
    found: CaptureTable, thresholds: Sequence[float], resampled: Resampled
) -> dict[float, MultipleSystems | NotIdentifiable]:
    """Of each threshold, and of 0, what the stepwise method says; two lists have no other."""
    asked = tuple(dict.fromkeys(thresholds if len(found.lists) == 2 else [0.0, *thresholds]))
    return dict(zip(asked, by_threshold(found.histories, asked, **resampled), strict=True))


def _methods(
    found: CaptureTable,
    stepwise: Mapping[float, MultipleSystems | NotIdentifiable],
    thresholds: Sequence[float],
    order: Sequence[str] | None,
    resampled: Resampled,
    latent_draws: int,
    asked: Collection[str] | None = None,
) -> dict[str, Estimator]:
    """Names of methods, and what carries each out; all, or those `asked`."""
    names = [name for name in _names(found, thresholds, order, latent_draws) if asked is None or name in asked]
    level = resampled["confidence"]
    ratios = {f"Chapman, odds ratio {ratio:g}": ratio for ratio in ODDS_RATIOS}
    known = {INDEPENDENT: 0.0, **{stepwise_name(threshold): threshold for threshold in thresholds}}
    orders = {name: highest for name, highest in ((BIC_PAIRS, 2), (BIC_ALL, len(found.lists))) if name in names}
    by_bic = dict(zip(orders, by_order(found.histories, list(orders.values()), **resampled), strict=True))
    carried: dict[str, Estimator] = {
        **{name: partial(_chapman, found, ratio, level) for name, ratio in ratios.items()},
        **{name: partial(_told, stepwise[p]) for name, p in known.items() if p in stepwise},
        **{name: partial(_told, result) for name, result in by_bic.items()},
        AVERAGED: partial(_averaged, found, level),
        **{name: partial(_differing, found, name, order, level) for name in (*DIFFERING, "Mb")},
        LATENT: partial(_latent, found, latent_draws, resampled["seed"], level),
        LOWER_BOUND: partial(_bound, found, level),
    }
    return {name: carried[name] for name in names}


def _table(methods: Mapping[str, Estimator]) -> pd.DataFrame:
    return pd.DataFrame([{"method": name, **_row(method)} for name, method in methods.items()])


def _row(method: Estimator) -> dict[str, Any]:
    """What a method says; where it refuses, its reason."""
    try:
        return method()
    except NotIdentifiable as refusal:
        nothing = {"estimate": np.nan, "low": np.nan, "high": np.nan}
        return {**nothing, "interval": "", "model": "", "note": f"refused: {refusal}"}


def _estimated(found: CaptureTable, choice: dict[str, Any]) -> dict[str, Any]:
    return _told(multiple_systems(found.histories, **choice))


def _told(result: MultipleSystems | NotIdentifiable) -> dict[str, Any]:
    if isinstance(result, NotIdentifiable):
        raise result
    low, high = result.interval
    failed = int(np.isnan(result.replicates).sum())
    return {
        "estimate": result.estimate,
        "low": low,
        "high": high,
        "interval": f"BCa, {len(result.replicates):,} resamples",
        "model": ", ".join("-".join(term) for term in result.terms) or "no dependence",
        "note": f"{failed:,} resamples had no estimate and count as infinite" if failed else "",
    }


def _chapman(found: CaptureTable, ratio: float, confidence: float) -> dict[str, Any]:
    row = chapman(found.histories, confidence, (ratio,)).sensitivity.iloc[0]
    return {
        "estimate": row["estimate"],
        "low": row["low"],
        "high": row["high"],
        "interval": "transformed logit",
        "model": row["meaning"],
        "note": "the odds ratio is assumed",
    }


def _averaged(found: CaptureTable, confidence: float) -> dict[str, Any]:
    result = model_average(found.histories, confidence=confidence)
    best = result.models.iloc[0]
    cliques = ", ".join("-".join(clique) for clique in best["cliques"])
    return {
        "estimate": result.estimate,
        "low": result.low,
        "high": result.high,
        "interval": "posterior quantiles",
        "model": f"{cliques} (probability {best['probability']:.2f})",
        "note": result.note,
    }


def _differing(found: CaptureTable, name: str, order: Sequence[str] | None, confidence: float) -> dict[str, Any]:
    row = heterogeneity_rows(found.histories, [name], order=order, confidence=confidence).iloc[0]
    return row.drop("method").to_dict()


def _latent(found: CaptureTable, draws: int, seed: int, confidence: float) -> dict[str, Any]:
    result = latent_classes(found.histories, draws, seed=seed, confidence=confidence)
    return {
        "estimate": result.estimate,
        "low": result.low,
        "high": result.high,
        "interval": f"posterior quantiles, {result.draws.size:,} draws",
        "model": f"persons differ, {result.classes} classes at most",
        "note": result.note,
    }


def _bound(found: CaptureTable, confidence: float) -> dict[str, Any]:
    result = chao_lower_bound(found.histories, confidence)
    return {
        "estimate": result.estimate,
        "low": result.low,
        "high": result.high,
        "interval": "log-normal",
        "model": "persons differ, lists do not depend on each other",
        "note": "a bound, not an estimate",
    }


def _checked(found: CaptureTable, choice: dict[str, Any]) -> dict[str, Any]:
    row = _row(partial(_estimated, found, choice))
    return {"n": found.n} | {name: row[name] for name in CHECKED[1:]}


def _selected(usual: MultipleSystems | NotIdentifiable) -> pd.DataFrame:
    """Which pairs of lists the usual method selects, here and in resamples."""
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
        table = found.histories.assign(**{name: found.histories[[one, other]].max(axis=1)})
        rows.append({"merged": name, **_checked(capture_table(table.drop(columns=[one, other])), choice)})
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
