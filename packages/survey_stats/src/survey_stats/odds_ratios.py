"""Odds ratios: logistic regression under a design, and many factors crude and adjusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bounded import intervals, result_plots
from bounded.arguments import NAMES, checked
from bounded.refusal import Refusal, require_columns
from survey_stats.contingency import FEW
from survey_stats.design import A_DESIGN, RESPONDENTS, Design, Floats, Mask, Names, NotEstimable, listed, numbers
from survey_stats.model_matrix import NO, YES, is_boolean, levels_of
from survey_stats.regression import Regression, regression

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class LogisticRegression(Regression):
    """A `Regression` of yes or no; `coefficients` has odds_ratio, odds_ratio_low, odds_ratio_high as well.

    Parameters
    ----------
    events : respondents in the model with the outcome, unweighted.
    """

    events: int = 0

    def plot(self, *, title: str = "") -> Figure:
        """The odds ratios with their limits; one of a level that lies in one sampling unit has none."""
        table = self.coefficients[1:]
        ends = table[["odds_ratio", "odds_ratio", "odds_ratio_low", "odds_ratio_high"]].to_numpy(dtype=float)
        ends[table["standard_error"].isna().to_numpy()] = np.nan
        labels = [
            f"{factor}: {level}"
            for factor, level in zip(table["factor"], table["level"].fillna("each 1 more"), strict=True)
        ]
        key = f"odds ratio and {intervals.percent(self.confidence)} interval"
        return ratio_plot(labels, key, ends, title or f"What goes with '{self.outcome}', {self.n:,} respondents")


def ratio_plot(labels: Sequence[str], key: str, ends: Floats, title: str) -> Figure:
    """Odds ratios with their limits on a logarithmic scale, a row a term.

    Parameters
    ----------
    labels : of the terms. key : what point and line are. ends : a row a term: ratio, ratio, lower and upper limit.
    """
    return result_plots.rows(
        list(labels),
        {key: tuple(ends.T)},
        title=title,
        xlabel="odds ratio (logarithmic scale)",
        at={"no association": 1.0},
        log=True,
    )


@checked(design=A_DESIGN)
def logistic_regression(
    design: Design,
    outcome: str,
    covariates: Names | None = None,
    *,
    confidence: float = 0.95,
    errors: str = "linearised",
) -> LogisticRegression:
    """Fit a logistic regression by weighted (pseudo) maximum likelihood, with linearised errors under the design.

    Parameters
    ----------
    design : a probability sample; a domain of it for those alone. Who is outside, or of whom a value is missing, leaves
        the model and stays in the design.
    outcome : column of 0/1 or booleans, or a formula ``outcome ~ age + C(grade) * sex`` (backticks around names with
        blanks; ``C(nationality, contr.treatment("SY"))`` names another reference).
    covariates : columns, where `outcome` is one. Numbers and booleans are a term each; of texts and categories each
        level but the first (in the order of the categories; of the alphabet for texts) is a term.
    confidence : level of the limits.
    errors : ``linearised`` or ``jackknife``, as for `regression`.

    Returns
    -------
    LogisticRegression : `coefficients`, one row a term: odds_ratio, odds_ratio_low, odds_ratio_high, standard_error,
        p_value and design_effect among its columns; n, events, unknown, warnings; `wald`, `contrast`,
        `marginal_effects`.

    Raises
    ------
    NotEstimable : the sample is none of a population, the outcome is the same for all, terms are collinear or separate
        those with the outcome from those without (they are named), or the PSUs are no more than the terms.
    ValueError : a column is missing or holds what it may not; the row is named.

    References
    ----------
    Binder, D. A. (1983). On the variances of asymptotically normal estimators from complex surveys. International
        Statistical Review 51, 279-292.
    Peduzzi, P., Concato, J., Kemper, E., Holford, T. R. and Feinstein, A. R. (1996). A simulation study of the number
        of events per variable in logistic regression analysis. Journal of Clinical Epidemiology 49, 1373-1379.
    """
    found = regression(design, outcome, covariates, family="binomial", confidence=confidence, errors=errors)
    events = int(found.y.sum())
    return LogisticRegression(**vars(found), events=events)


# With fewer respondents with the outcome, or without it, a level's odds ratio says next to nothing.
EVENTS = 5
_KINDS = ("", "_low", "_high")
_ONE_UNIT = "without one sampling unit nothing would be known of it, so that its error is not known"


@checked(design=A_DESIGN, factors=NAMES)
def crude_and_adjusted(
    design: Design,
    outcome: str,
    factors: Sequence[str],
    *,
    confidence: float = 0.95,
    errors: str = "linearised",
) -> pd.DataFrame:
    """Crude and adjusted odds ratios of each level of each factor.

    A crude odds ratio is of a model with the one factor, of all whose answers to both are known; an adjusted one of the
    model with all factors, of those of whom all are known (`n_adjusted`). What cannot be estimated keeps its row, with
    the reason. A level in which nobody or everybody has the outcome would be 0 or infinite in the model, and the
    likelihood then highest where the others' coefficients are those without its respondents: they are left out of the
    model. All other levels stay in it, whether their own row is suppressed or not.

    Parameters
    ----------
    design : a probability sample; a domain of it for those alone.
    outcome : column of 0/1 or booleans, missing where not known.
    factors : columns. Texts, categories and booleans have levels, of which the first is the reference (in the order of
        the categories; of the alphabet for texts; "no"); a number is one row, for each 1 more.
    confidence : level of the limits.
    errors : ``linearised`` or ``jackknife``, as for `regression`.

    Returns
    -------
    DataFrame, one row a level but the reference: factor, level, reference (both missing for numbers), n and events
    (unweighted respondents with the level, and those of them with the outcome), reference_n, reference_events, crude,
    crude_low, crude_high, crude_p, adjusted, adjusted_low, adjusted_high, p_value, confidence (level of the limits),
    p_factor (all levels of the factor together: `Regression.wald`, adjusted for few PSUs), n_adjusted and
    events_adjusted (in the model with all), text (why there is none: "suppressed: ..." below 25 respondents, or "not
    estimable: ..." below 5 with or without the outcome, or where the model has no estimate), cautions (of the model
    with all, on each row), group and label (factor and level once more).

    Raises
    ------
    NotEstimable : the sample is none of a population.
    ValueError : a column is missing, stands twice, or holds what it may not; the row is named.

    References
    ----------
    Binder, D. A. (1983). On the variances of asymptotically normal estimators from complex surveys. International
        Statistical Review 51, 279-292.
    UNICEF, Multiple Indicator Cluster Surveys, round 6: reports show no figure on fewer than 25 unweighted cases.
    """
    design.require_probability("odds ratio")
    names = listed(factors)
    require_columns(design.data, [outcome, *names], RESPONDENTS)
    if len({outcome, *names}) <= len(names) or not names:
        raise Refusal("same_column_twice", "Give the outcome and at least one factor, each once.")
    y = numbers(design.data, outcome)
    known = design.inside & ~np.isnan(y)
    levels = {name: _levels(design.data[name]) for name in names}
    everything = known & design.data[names].notna().all(axis=1).to_numpy()
    model, refused = _fit(design, outcome, names, levels, y, everything, confidence, errors)
    rows = []
    for name in names:
        here = known & design.data[name].notna().to_numpy()
        crude, refused_crude = _fit(design, outcome, [name], levels, y, here, confidence, errors)
        reference = next(iter(levels[name]), None)
        against = None if reference is None else levels[name][reference]
        together = _together(model, name)
        rest: Sequence[str | None] = [*levels[name]][1:] or (None,)
        for level in rest:
            mask = here if level is None else levels[name][level]
            row: dict[str, object] = {"factor": name, "level": level, "reference": reference}
            row |= {"n": int((mask & here).sum()), "events": float(y[mask & here].sum())}
            row |= {"reference_n": np.nan, "reference_events": np.nan}
            if against is not None:
                row |= {"reference_n": int((against & here).sum()), "reference_events": float(y[against & here].sum())}
            row |= _estimates(crude, name, level, reference, "crude", "crude_p")
            row |= _estimates(model, name, level, reference, "adjusted", "p_value")
            row |= {"confidence": confidence, "p_factor": together, "n_adjusted": int((mask & everything).sum())}
            row["events_adjusted"] = float(y[mask & everything].sum())
            reason = _reason(y, here, mask, against, reference)
            if reason:
                _erase(row, ("crude", "adjusted"))
            elif np.isnan(row["crude"]):  # type: ignore[call-overload]
                reason = f"not estimable: {refused_crude or _ONE_UNIT}"
            else:
                reason = _reason(y, everything, mask, against, reference, " with all answers known")
                if reason:
                    _erase(row, ("adjusted",))
                elif np.isnan(row["adjusted"]):  # type: ignore[call-overload]
                    reason = f"not estimable: {refused or _ONE_UNIT}"
            if reason.startswith("suppressed"):
                # With the events of the reference, those of the level follow from the sum.
                row |= dict.fromkeys(("events", "events_adjusted", "reference_events"), np.nan)
            row |= {"text": reason, "cautions": " ".join(model.warnings) if model else refused}
            rows.append({**row, "group": name, "label": level if level is not None else "each 1 more"})
    return pd.DataFrame(rows).astype({"level": "str", "reference": "str"})


def _levels(values: pd.Series) -> dict[str, Mask]:
    """Level -> (n,) who has it, the reference first; none for numbers."""
    if is_boolean(values):
        true = values.fillna(False).to_numpy(dtype=bool)
        return {NO: ~true & values.notna().to_numpy(), YES: true}
    if pd.api.types.is_numeric_dtype(values.dtype):
        return {}
    text = values.astype("str")
    return {level: (text == level).to_numpy(dtype=bool) & values.notna().to_numpy() for level in levels_of(values)}


def _fit(
    design: Design,
    outcome: str,
    names: list[str],
    levels: dict[str, dict[str, Mask]],
    y: Floats,
    here: Mask,
    confidence: float,
    errors: str,
) -> tuple[LogisticRegression | None, str]:
    """The model of these factors without the levels that would run to infinity; or None, and why."""
    kept, settled = here.copy(), False
    # Leaving a level out may leave another without one of the outcomes.
    while not settled:
        settled = True
        for name in names:
            for mask in levels[name].values():
                inside = mask & kept
                if inside.any() and y[inside].min() == y[inside].max():
                    kept &= ~mask
                    settled = False
    used = [name for name in names if not levels[name] or sum((m & kept).any() for m in levels[name].values()) > 1]
    if not used:
        return None, "nobody in it, or in its reference, differs in the outcome."
    try:
        # Who is left out for an unknown answer is counted by the model itself.
        return logistic_regression(design.domain(kept | ~here), outcome, used, confidence=confidence, errors=errors), ""
    except NotEstimable as why:
        return None, str(why)


def _estimates(
    model: LogisticRegression | None, name: str, level: str | None, reference: str | None, kind: str, p: str
) -> dict[str, object]:
    """The odds ratio of a level and its limits; missing where the model has none against this reference."""
    empty: dict[str, object] = {**{kind + ending: np.nan for ending in _KINDS}, p: np.nan}
    if model is None:
        return empty
    table = model.coefficients
    hit = table[(table["factor"] == name) & (table["level"].isna() if level is None else table["level"] == level)]
    if hit.empty or (reference is not None and hit["reference"].iloc[0] != reference):
        return empty
    found = hit.iloc[0]
    if np.isnan(found["standard_error"]):
        return empty
    return {**{kind + ending: float(found["odds_ratio" + ending]) for ending in _KINDS}, p: float(found["p_value"])}


def _together(model: LogisticRegression | None, name: str) -> float:
    if model is None or name not in set(model.coefficients["factor"]):
        return np.nan
    try:
        return float(model.wald(name)["adjusted_p_value"].iloc[0])
    except NotEstimable:
        return np.nan


def _reason(y: Floats, here: Mask, level: Mask, against: Mask | None, reference: str | None, which: str = "") -> str:
    """The reason why a level's odds ratio may not be shown; empty where it may."""
    for mask, where in ((level, ""), (against, f" in the reference '{reference}'")):
        if mask is None:
            continue
        n, events = int((mask & here).sum()), int(y[mask & here].sum())
        if n < FEW:
            return f"suppressed: fewer than {FEW} respondents{where}{which}"
        for count, word in ((events, "with"), (n - events, "without")):
            if count < EVENTS:
                return f"not estimable: fewer than {EVENTS} respondents{where}{which} are {word} the outcome"
    return ""


def _erase(row: dict[str, object], kinds: Sequence[str]) -> None:
    for kind in kinds:
        row |= {kind + ending: np.nan for ending in _KINDS}
        row["crude_p" if kind == "crude" else "p_value"] = np.nan
