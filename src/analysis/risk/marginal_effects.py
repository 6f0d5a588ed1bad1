"""What a factor changes in the expected outcome of the population, in its own units: margins and marginal effects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import special

from analysis.refusal import Refusal
from analysis.risk.estimates import NAMES, listed
from analysis.risk.formula import columns_of
from analysis.risk.linearisation import Codes, Floats
from analysis.risk.model_matrix import INTERCEPT
from analysis.risk.proportion_limits import quantile_of_t
from analysis.risk.pseudo_likelihood import FAMILIES
from analysis.risk.terms import NO, YES, is_boolean

if TYPE_CHECKING:
    from analysis.risk.regression import Regression

# A derivative is taken over such a part of a number's standard deviation, to both sides.
_STEP = 1e-4


def predictive_margins(model: Regression, factor: str) -> pd.DataFrame:
    """The expected outcome if everybody in the population had one level, and stayed what they are otherwise.

    Means over those in the model by their weights. The errors hold that the coefficients are estimated, and that the
    persons who are averaged over were sampled: both are linearised together under the design, whatever the errors of
    the model's coefficients are. They are missing where one PSU alone determines the level.

    Parameters
    ----------
    model : of any family.
    factor : a column of the model's covariates that has levels.

    Returns
    -------
    DataFrame, one row a level: factor, level, margin, standard_error, low, high (t limits of the linear predictor's
    scale, so that a probability stays one), n (respondents in the model who have it).

    Raises
    ------
    ValueError : there is no such column in the model, or it is a number; or the formula has a term that cannot be
        computed for other values than those of the sample.

    References
    ----------
    Graubard, B. I. and Korn, E. L. (1999). Predictive margins with survey data. Biometrics 55, 652-659.
    """
    values, levels = _levels(model, factor)
    if not levels:
        raise Refusal(
            "not_categorical",
            f"'{factor}' is a number: everybody cannot be set to each of its values. Ask for its effect.",
        )
    averaged = _average(model, [{factor: level} for level in levels])
    family = FAMILIES[model.family]
    error = np.sqrt(np.diag(model.design.covariance(averaged.scores)))
    lost = _hanging(model, factor)
    error[[_name(level) in lost for level in levels]] = np.nan
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = np.array([family.link(margin) for margin in averaged.margins])
        reach = _t(model) * error / family.variance(averaged.margins)
    return pd.DataFrame(
        {
            "factor": factor,
            "level": [_name(level) for level in levels],
            "margin": averaged.margins,
            "standard_error": error,
            "low": family.mean(middle - reach),
            "high": family.mean(middle + reach),
            "n": [int((values == level).sum()) for level in levels],
        }
    )


def marginal_effects(model: Regression, factors: NAMES | None = None) -> pd.DataFrame:
    """Average marginal effects: what a level, or one more of a number, changes in the expected outcome.

    For a level the difference of two predictive margins: everybody with it less everybody with the reference. For a
    number the mean of each person's derivative. Errors as for `predictive_margins`. For yes or no outcomes, effects
    are differences of probabilities (percentage points over 100), which, other than odds ratios, can be compared
    between models with different covariates.

    Parameters
    ----------
    model : of any family.
    factors : columns of the model's covariates; left out: all.

    Returns
    -------
    DataFrame, one row a level but the reference, or a number: factor, level, reference (both missing for numbers),
    effect, standard_error, low, high (t limits), p_value, n (respondents in the model with the level; all for numbers).

    Raises
    ------
    ValueError : as `predictive_margins`.

    References
    ----------
    Graubard, B. I. and Korn, E. L. (1999). Predictive margins with survey data. Biometrics 55, 652-659.
    Norton, E. C. and Dowd, B. E. (2018). Log odds and the interpretation of logit models. Health Services Research 53,
        859-878.
    """
    asked = list(columns_of(model.design.data, model.covariates)) if factors is None else listed(factors)
    parts = []
    for factor in asked:
        values, levels = _levels(model, factor)
        if levels:
            reference = _reference(model, factor, levels)
            others = [level for level in levels if _name(level) != _name(reference)]
            averaged = _average(model, [{factor: level} for level in [reference, *others]])
            effect = averaged.margins[1:] - averaged.margins[0]
            scores = averaged.scores[:, 1:] - averaged.scores[:, :1]
            names: list[str | None] = [_name(level) for level in others]
            against: str | None = _name(reference)
            counts = [int((values == level).sum()) for level in others]
        else:
            effect, scores = _slope(model, factor, values)
            names, against, counts = [None], None, [model.n]
        error = np.sqrt(np.diag(model.design.covariance(scores)))
        lost = _hanging(model, factor)
        error[[name in lost or against in lost for name in names]] = np.nan
        reach = _t(model) * error
        with np.errstate(divide="ignore", invalid="ignore"):
            p_values = 2 * special.stdtr(model.degrees_of_freedom, -np.abs(effect / error))
        parts.append(
            pd.DataFrame(
                {
                    "factor": factor,
                    "level": pd.array(names, dtype="str"),
                    "reference": pd.array([against] * len(names), dtype="str"),
                    "effect": effect,
                    "standard_error": error,
                    "low": effect - reach,
                    "high": effect + reach,
                    "p_value": p_values,
                    "n": counts,
                }
            )
        )
    if not parts:
        raise Refusal("no_covariates", "The model has no covariate whose effect could be asked for.")
    return pd.concat(parts, ignore_index=True)


@dataclass(frozen=True, eq=False)
class _Averages:
    """`margins` (settings,) and their linearised `scores` (respondents of the design, settings)."""

    margins: Floats
    scores: Floats


def _average(model: Regression, settings: list[dict[str, object]]) -> _Averages:
    """The weighted mean of the expected outcome under each setting of columns for everybody."""
    own = model.design.data.loc[model.known, list(columns_of(model.design.data, model.covariates))]
    group, first = _patterns(own)
    # Everybody is set, persons who are the same but for what is set as well: computed once a pattern.
    distinct = own.iloc[first]
    tables = [distinct.assign(**{name: _filled(own[name], value, len(distinct)) for name, value in setting.items()})
              for setting in settings]  # fmt: skip
    family, beta = FAMILIES[model.family], model.fit.coefficients
    w = model.design.weights[model.known]
    share = w / w.sum()
    margins, scores = np.empty(len(tables)), np.zeros((len(model.known), len(tables)))
    of_pattern = np.bincount(group, weights=share, minlength=len(first))
    for number, x in enumerate(model.rows_of(tables)):
        mean = family.mean(x @ beta)
        margins[number] = of_pattern @ mean
        slope = (of_pattern * family.variance(mean)) @ x
        scores[model.known, number] = share * (mean[group] - margins[number]) + model.fit.influence @ slope
    return _Averages(margins, scores)


def _slope(model: Regression, column: str, values: pd.Series) -> tuple[Floats, Floats]:
    """The weighted mean of the derivative by a number, by central differences, and its scores."""
    own = model.design.data.loc[model.known, list(columns_of(model.design.data, model.covariates))]
    group, first = _patterns(own)
    distinct = own.iloc[first]
    step = _STEP * float(np.std(values.to_numpy(dtype=float))) or _STEP
    tables = [distinct.assign(**{column: distinct[column].astype(float) + side * step}) for side in (-1, 1)]
    family, beta = FAMILIES[model.family], model.fit.coefficients
    w = model.design.weights[model.known]
    share = w / w.sum()
    below, above = model.rows_of(tables)
    low, high = family.mean(below @ beta), family.mean(above @ beta)
    derivative = (high - low) / (2 * step)
    of_pattern = np.bincount(group, weights=share, minlength=len(first))
    effect = float(of_pattern @ derivative)
    slope = (of_pattern * family.variance(high) @ above - of_pattern * family.variance(low) @ below) / (2 * step)
    scores = np.zeros(len(model.known))
    scores[model.known] = share * (derivative[group] - effect) + model.fit.influence @ slope
    return np.array([effect]), scores[:, None]


def _patterns(own: pd.DataFrame) -> tuple[Codes, Codes]:
    """Which of the different rows each row is, and where each of those is met first."""
    group = own.groupby(list(own), sort=False, observed=True, dropna=False).ngroup().to_numpy()
    _, first = np.unique(group, return_index=True)
    return group, first


def _levels(model: Regression, factor: str) -> tuple[pd.Series, list[object]]:
    """The values of a column in the model, and its levels; none for a number that the model has as one."""
    columns = columns_of(model.design.data, model.covariates)
    if factor not in columns:
        raise Refusal("unknown_covariate", f"'{factor}' is not in the model; its covariates are {', '.join(columns)}.")
    values = model.design.data.loc[model.known, factor]
    if is_boolean(values):
        return values, [False, True]
    if isinstance(values.dtype, pd.CategoricalDtype):
        return values, list(values.cat.remove_unused_categories().cat.categories)
    number = pd.api.types.is_numeric_dtype(values.dtype)
    if number and not model.coefficients.loc[model.coefficients["factor"] == factor, "level"].notna().any():
        return values, []
    return values, sorted(values.unique().tolist())


def _reference(model: Regression, factor: str, levels: list[object]) -> object:
    """The model's own reference; the first level where the factor stands in products only."""
    table = model.coefficients
    named = table.loc[table["factor"] == factor, "reference"].dropna()
    matching = [level for level in levels if len(named) and _name(level) == named.iloc[0]]
    return matching[0] if matching else levels[0]


def _hanging(model: Regression, factor: str) -> set[str | None]:
    """Levels of a factor whose coefficient has no error, as one sampling unit alone determines it; None: a number."""
    table = model.coefficients
    lost = table[table["standard_error"].isna()]
    own = lost[lost["factor"] == factor]
    # Where the intercept has none, nor has the reference.
    with_reference = INTERCEPT in set(lost["term"])
    return {level if isinstance(level, str) else None for level in own["level"]} | (
        set(own["reference"].dropna()) if with_reference else set()
    )


def _filled(own: pd.Series, value: object, rows: int) -> object:
    """One value for all rows, of the type of the column."""
    return pd.array([value] * rows, dtype=own.dtype)


def _name(level: object) -> str:
    if isinstance(level, bool | np.bool_):
        return YES if level else NO
    return str(int(level)) if isinstance(level, float) and level.is_integer() else str(level)


def _t(model: Regression) -> float:
    return float(quantile_of_t(model.degrees_of_freedom, (1 + model.confidence) / 2))
