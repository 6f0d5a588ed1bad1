"""Persons who differ in how easily they are found: models Mh and Mth; and Mb, where a first record changes the next.

A Poisson log-linear model in which a pattern of lists depends on how many lists it has, beside how large each list is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import optimize, special

from bounded.arguments import checked, each, text
from bounded.notebook_result import NotebookResult
from bounded.refusal import Refusal, require_choice
from capture_recapture.histories import (
    CaptureTable,
    NotIdentifiable,
    capture_table,
    require_lists,
    require_overlap,
    require_pairs,
    require_persons,
)
from capture_recapture.loglinear import LONGEST_STEP, Floats, log_likelihood
from capture_recapture.resampling import persons_plot

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.figure import Figure

FORMS = ("Chao", "Poisson", "Darroch", "gamma")
# The assumption of each model on persons and lists.
MEANING = {
    "M0": "persons and lists are all alike",
    "Mt": "lists differ in size, persons are all alike",
    **{f"Mh {form}": f"persons differ ({form}), lists are all alike" for form in FORMS},
    **{f"Mth {form}": f"persons differ ({form}), lists differ in size" for form in FORMS},
    "Mb": "a first record changes the chance of the next",
}
# Lists of a study are seldom of one size: of the models these are for them.
USUAL = tuple(f"Mth {form}" for form in FORMS)
# Of the gamma form, as in Rcapture.
GAMMA = 3.5
MOST_STEPS = 60
# No log mean moves by more at the end; the error left is of the order of its square.
TOLERANCE = 1e-9
# An estimate or a limit so many times the number observed is none.
MOST_TIMES = 1e6


@dataclass(frozen=True)
class Heterogeneity(NotebookResult):
    """Estimates by models of persons who differ, of the same lists: a range, never one number.

    Parameters
    ----------
    lists, n : names of the lists on which there is anybody; persons on at least one of them.
    table : one row a model: method, estimate, standard_error, low, high (persons; limits of the profile likelihood,
        the upper one infinite where it is beyond a million times the persons seen), coefficient (of the form of
        difference; missing where there is none, or several), deviance, df, aic, note, and `refused`, the code where
        there is no estimate (else empty).
    confidence : level of low and high.
    """

    lists: tuple[str, ...]
    n: int
    table: pd.DataFrame = field(repr=False)
    confidence: float

    def plot(self, *, title: str = "", truth: float | None = None) -> Figure:
        """Draw one line a model, with its limits. `truth` is the number of persons, where it is known."""
        return persons_plot(
            self.table["method"].tolist(),
            self.table,
            title=title or "How many persons there are, by how persons are taken to differ",
            confidence=self.confidence,
            observed=self.n,
            truth=truth,
        )


@checked(models=each(text, least=0), order=each(text))
def heterogeneity(
    histories: pd.DataFrame,
    models: Sequence[str] | None = None,
    *,
    order: Sequence[str] | None = None,
    confidence: float = 0.95,
) -> Heterogeneity:
    """Estimate the number of persons when some are easier to find than others.

    The log of the persons expected on s lists has, beside the coefficients of the lists, a term that is convex in s:
    Chao's lower bound gives every s from 3 a coefficient of its own, set to 0 where it is negative; Poisson has
    2**s - 1, Darroch s**2 / 2, gamma log(3.5) - log(3.5 + s), each with one coefficient. These forms are
    assumed. Three lists fit all of them equally well, and more lists seldom tell them apart; the totals can differ by
    a factor of ten, and the gap between them is the finding.

    M0 has lists of one size and persons who are alike, Mt lists that differ, Mh persons who differ, Mth both. Mb is for
    lists ordered in time: a person's first record changes the chance of all later ones, and the total follows from how
    fast first records become rare.

    Parameters
    ----------
    histories : one 0/1 column a list and `count` (persons), as `capture_table` reads them. A list with nobody is left
        out.
    models : which of "M0", "Mt", "Mh Chao", "Mh Poisson", "Mh Darroch", "Mh gamma", the same four with "Mth", and "Mb";
        by default all, "Mb" where `order` is given.
    order : names of all lists with persons, the earliest first.
    confidence : level of the profile-likelihood limits, between 0 and 1.

    Returns
    -------
    Heterogeneity : n, and `table`, one row a model (method, estimate, standard_error, low, high in persons;
        coefficient, deviance, df, aic, note; `refused`, a code).

    Raises
    ------
    NotIdentifiable : fewer than two lists with persons, nobody on two lists, or no model that gives an estimate.
    ValueError : the histories or an argument are malformed.

    References
    ----------
    Baillargeon, S. and Rivest, L.-P. (2007). Rcapture: Loglinear models for capture-recapture in R. Journal of
        Statistical Software 19(5).
    Rivest, L.-P. and Baillargeon, S. (2007). Applications and extensions of Chao's moment estimator for the size of a
        closed population. Biometrics 63, 999-1006.
    Darroch, J. N., Fienberg, S. E., Glonek, G. F. V. and Junker, B. W. (1993). A three-sample multiple-recapture
        approach to census population estimation with heterogeneous catchability. JASA 88, 1137-1148.
    Otis, D. L., Burnham, K. P., White, G. C. and Anderson, D. R. (1978). Statistical inference from capture data on
        closed animal populations. Wildlife Monographs 62.
    Cormack, R. M. (1992). Interval estimation for mark-recapture studies of closed populations. Biometrics 48, 567-576.
    """
    table = _table_of(histories)
    chosen = [name for name in MEANING if name != "Mb" or order is not None] if models is None else list(models)
    for name in chosen:
        require_choice("models", name, MEANING)
    if "Mb" in chosen:
        table = _in_order(table, order)
    rows = [{"method": name} | _row(name, table, confidence) for name in chosen]
    found = pd.DataFrame(rows)
    if not rows or found["estimate"].isna().all():
        why = found["note"].iloc[0].removeprefix("refused: ") if rows else "No model was asked for."
        raise NotIdentifiable("no_method_estimable", why)
    return Heterogeneity(table.lists, table.n, found, confidence)


@checked(models=each(text))
def heterogeneity_rows(
    histories: pd.DataFrame, models: Sequence[str] = USUAL, *, confidence: float = 0.95
) -> pd.DataFrame:
    """Return the models of persons who differ as rows beside those of other methods.

    Parameters
    ----------
    histories, models, confidence : as in `heterogeneity`; by default the four models Mth.

    Returns
    -------
    One row a model, in the columns of `Robustness.table`: method, estimate, low, high (persons), interval, model,
        deviance, df, fit (p-value of the deviance), note, refused (a code). A model whose coefficient is negative is
        refused: it says that persons are more alike than alike.

    Raises
    ------
    NotIdentifiable : as in `heterogeneity`.

    References
    ----------
    Baillargeon, S. and Rivest, L.-P. (2007). Rcapture: Loglinear models for capture-recapture in R. Journal of
        Statistical Software 19(5).
    """
    found = heterogeneity(histories, models, confidence=confidence).table
    # What such a model estimates is no number of persons who differ: it is no row of a range.
    against = found["coefficient"] < 0
    found.loc[against, ["estimate", "low", "high"]] = np.nan
    has = found["estimate"].notna()
    return found[["method", "estimate", "low", "high"]].assign(
        interval=np.where(has, "profile likelihood", ""),
        model=np.where(has, found["method"].map(MEANING), ""),
        deviance=found["deviance"].where(has),
        df=found["df"].where(has),
        fit=special.chdtrc(found["df"], found["deviance"]).where(has & found["df"].gt(0)),
        note=found["note"].mask(against, "refused: " + found["note"]),
        refused=found["refused"].mask(against, "negative_coefficient"),
    )


def _table_of(histories: pd.DataFrame) -> CaptureTable:
    """The lists with persons: with two of them at least, and somebody on both."""
    whole = capture_table(histories)
    empty = [name for bit, name in enumerate(whole.lists) if not whole.on_all_of(1 << bit)]
    table = capture_table(whole.histories.drop(columns=empty)) if 0 < len(empty) < len(whole.lists) else whole
    require_persons(table.n)
    require_overlap(table)
    return table


def _in_order(table: CaptureTable, order: Sequence[str] | None) -> CaptureTable:
    if order is None:
        raise Refusal(
            "no_order", "Mb is for lists ordered in time: name them in `order`, the earliest first, or leave Mb out."
        )
    names = list(order)
    if sorted(names) != sorted(table.lists):
        raise Refusal(
            "unknown_list",
            f"`order` names every list with persons once; they are {', '.join(table.lists)}, and given are "
            f"{', '.join(map(str, names))}.",
        )
    return capture_table(table.histories[[*names, "count"]])


def _row(name: str, table: CaptureTable, confidence: float) -> dict[str, Any]:
    """Return the row of a model; where it refuses, its reason."""
    try:
        if name == "Mb":
            return _removal(table, confidence)
        return _differing(name, table, confidence)
    except NotIdentifiable as refusal:
        columns = ("estimate", "standard_error", "low", "high", "coefficient", "deviance", "df", "aic")
        return {column: np.nan for column in columns} | {"note": f"refused: {refusal}", "refused": refusal.code}


def _differing(name: str, table: CaptureTable, confidence: float) -> dict[str, Any]:
    """M0, Mt, and the models of persons who differ."""
    model, _, form = name.partition(" ")
    lists, counts = len(table.lists), table.counts[1:]
    sizes = np.array([place.bit_count() for place in range(1, len(table.counts))])
    if form:
        require_lists(table.lists, 3)
    on = np.arange(1, len(table.counts))[:, None] >> np.arange(lists) & 1
    same = np.column_stack([np.ones(sizes.size), on if model in ("Mt", "Mth") else sizes]).astype(float)
    shapes = {"Poisson": 2.0**sizes - 1, "Darroch": sizes**2 / 2, "gamma": np.log(GAMMA) - np.log(GAMMA + sizes)}
    zeros = 0
    if form == "Chao":
        require_pairs(counts[sizes == 2].sum())
        design, zeros = convex(same, sizes, counts)
    else:
        design = np.column_stack([same, shapes[form]]) if form else same
    theta, information = _fitted(design, counts)
    mean = np.exp(design @ theta)
    hidden = float(np.exp(theta[0]))
    variance = hidden + hidden**2 * float(np.linalg.inv(information)[0, 0])
    profile = partial(_profile, design, counts, theta)
    coefficient = float(theta[-1]) if form and form != "Chao" else np.nan
    return _result(table, hidden, variance, mean, design.shape[1], profile, confidence) | {
        "coefficient": coefficient,
        "note": "; ".join(part for part in _notes(form, lists, coefficient, zeros) if part),
    }


def _notes(form: str, lists: int, coefficient: float, zeros: int) -> tuple[str, ...]:
    return (
        "a bound, not an estimate" if form == "Chao" else "",
        f"negative coefficients set to 0: {zeros}" if zeros else "",
        "the coefficient is negative: no difference between persons does this, lists avoid each other"
        if coefficient < 0
        else "",
        "three lists fit every form equally well: what sets the forms apart is assumed"
        if form and lists == 3 and not zeros
        else "",
    )


def convex(same: Floats, sizes: NDArray[np.int64], counts: Floats) -> tuple[Floats, int]:
    """Return the design of Chao's bound, without columns whose coefficient is negative, and how many those are.

    Parameters
    ----------
    same : (patterns, terms) the intercept, and what lists have in common or each for itself.
    sizes : (patterns,) on how many lists each pattern is.
    counts : (patterns,) persons.
    """
    most = int(sizes.max())
    columns = {size: np.maximum(sizes - size, 0.0) for size in range(2, most)}
    # Where nobody is on more lists the coefficient falls without end.
    kept = [size for size in columns if counts[sizes > size].any()]
    while kept:
        theta, _, _ = newton(np.column_stack([same, *(columns[size] for size in kept)]), counts)
        raised = theta[same.shape[1] :]
        if (raised >= 0).all():
            break
        kept = [size for size, value in zip(kept, raised, strict=True) if value >= 0]
    return np.column_stack([same, *(columns[size] for size in kept)]), len(columns) - len(kept)


def _removal(table: CaptureTable, confidence: float) -> dict[str, Any]:
    """Mb: the log of a pattern's mean has the lists before the first record, and the records after it."""
    lists, counts = len(table.lists), table.counts[1:]
    places = range(1, len(table.counts))
    before = np.array([(place & -place).bit_length() - 1 for place in places])
    after = np.array([place.bit_count() - 1 for place in places])
    design = np.column_stack([np.ones(before.size), before, after]).astype(float)
    theta, information = _fitted(design, counts)
    # Among k later lists a person is on any of them: (1 + exp(theta[2]))**k patterns in all.
    log_missed = float(theta[1] - np.log1p(np.exp(theta[2])))
    if log_missed >= -TOLERANCE:
        raise NotIdentifiable(
            "no_decline",
            "First records do not become rarer from list to list, so that nothing says how many persons are left. "
            "Mb is for lists of one kind, ordered in time, with equal effort.",
        )
    missed, again = np.exp(log_missed), float(special.expit(theta[2]))
    first = theta[0] + (lists - 1) * np.log1p(np.exp(theta[2]))
    hidden = float(np.exp(first + lists * log_missed) / (1 - missed))
    by_missed = lists + missed / (1 - missed)
    slope = np.array([1.0, by_missed, (lists - 1) * again - again * by_missed])
    variance = hidden + hidden**2 * float(slope @ np.linalg.solve(information, slope))
    failures = float(before @ counts)

    def profile(unseen: float) -> float:
        tries = table.n + failures + lists * unseen
        total = special.gammaln(table.n + unseen + 1) - special.gammaln(unseen + 1)
        chance = table.n / tries
        return float(total + table.n * np.log(chance) + special.xlog1py(tries - table.n, -chance))

    return _result(table, hidden, variance, np.exp(design @ theta), 3, profile, confidence) | {
        "coefficient": np.nan,
        "note": f"lists in the order {', '.join(table.lists)}",
    }


def _result(
    table: CaptureTable,
    hidden: float,
    variance: float,
    mean: Floats,
    parameters: int,
    profile: Callable[[float], float],
    confidence: float,
) -> dict[str, Any]:
    if hidden > MOST_TIMES * table.n:
        raise NotIdentifiable(
            "no_estimate",
            f"The estimate is beyond a million times the {table.n:,} persons seen: these lists do not carry the model. "
            "More persons on several lists would help.",
        )
    counts = table.counts[1:]
    with_empty = np.concatenate([[0.0], mean])[:, None]
    low, high = _limits(profile, hidden, table.n, confidence)
    return {
        "estimate": table.n + hidden,
        "standard_error": float(np.sqrt(variance)),
        "low": table.n + low,
        "high": table.n + high,
        "coefficient": np.nan,
        "deviance": float(2 * (special.xlogy(counts, counts) - special.xlogy(counts, mean) - counts + mean).sum()),
        "df": counts.size - parameters,
        "aic": float(2 * parameters - 2 * log_likelihood(table.counts[:, None], with_empty)[0]),
        "note": "",
        "refused": "",
    }


def _fitted(design: Floats, counts: Floats) -> tuple[Floats, Floats]:
    """Coefficients of a Poisson log-linear model, and the information; refused where there is no maximum."""
    theta, information, converged = newton(design, counts)
    if not converged:
        raise NotIdentifiable(
            "no_estimate",
            "The model has no estimate on these persons: its likelihood has no maximum, or parameters cannot be told "
            "apart. More persons on several lists would help.",
        )
    return theta, information


def newton(design: Floats, counts: Floats, start: Floats | None = None) -> tuple[Floats, Floats, bool]:
    """Newton's method: coefficients, information, and whether a maximum was reached."""
    scale = np.abs(design).max(axis=0)
    columns = design / scale
    if start is None:
        root = np.sqrt(counts + 0.1)
        theta = np.linalg.lstsq(columns * root[:, None], np.log(counts + 0.1) * root, rcond=None)[0]
    else:
        theta = start * scale
    information, converged = np.full((len(scale), len(scale)), np.nan), False
    for _ in range(MOST_STEPS):
        mean = np.exp(columns @ theta)
        information = (columns * mean[:, None]).T @ columns
        # What is left of a diagonal that others explain is rounding error.
        size = np.sqrt(np.diag(information))
        if not np.isfinite(information).all() or not size.all():
            break
        values, vectors = np.linalg.eigh(information / np.outer(size, size))
        if values[0] < 1e-11:
            break
        step = vectors @ (vectors.T @ (columns.T @ (counts - mean) / size) / values) / size
        # The log mean of the empty pattern is the estimate: it must stand still too.
        moved = max(float(np.abs(columns @ step).max()), abs(float(step[0])))
        theta = theta + step * min(1.0, LONGEST_STEP / moved if moved else 1.0)
        if moved < TOLERANCE:
            converged = True
            break
    return theta / scale, information * np.outer(scale, scale), converged


def _profile(design: Floats, counts: Floats, start: Floats, unseen: float) -> float:
    """The multinomial log-likelihood with so many persons on no list, but for a constant."""
    empty = np.zeros(design.shape[1])
    empty[0] = 1.0
    whole, persons = np.vstack([empty, design]), np.append(unseen, counts)
    theta, _, converged = newton(whole, persons, start)
    if not converged:
        return -np.inf
    total = persons.sum()
    share = (persons * (whole @ theta - np.log(total))).sum()
    return float(special.gammaln(total + 1) - special.gammaln(unseen + 1) + share)


def _limits(profile: Callable[[float], float], hidden: float, n: int, confidence: float) -> tuple[float, float]:
    """Persons on no list where the profile likelihood has fallen by half a quantile of chi-squared.

    The limits hold the estimate, whose likelihood is Poisson's and not quite the multinomial one.
    """

    def at(log_unseen: float) -> float:
        return profile(float(np.expm1(log_unseen)))

    middle, end = float(np.log1p(hidden)), float(np.log1p(MOST_TIMES * n))
    best = optimize.minimize_scalar(
        lambda x: -at(x), bounds=(max(middle - 3, 0.0), middle + 1), method="bounded", options={"xatol": 1e-7}
    )
    top = float(best.x)
    floor = -float(best.fun) - float(special.chdtri(1, 1 - confidence)) / 2

    def above(log_unseen: float) -> float:
        return at(log_unseen) - floor

    low, high = 0.0, np.inf
    if above(0.0) < 0:
        low = float(np.expm1(optimize.brentq(above, 0.0, top, xtol=1e-12)))
    reached, further = top, 0.25
    while reached < end:
        beyond = min(reached + further, end)
        if above(beyond) < 0:
            high = float(np.expm1(optimize.brentq(above, reached, beyond, xtol=1e-12)))
            break
        reached, further = beyond, 2 * further
    return min(low, hidden), max(high, hidden)
