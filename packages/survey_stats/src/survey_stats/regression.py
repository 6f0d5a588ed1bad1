"""Regression under a design: coefficients with their errors, predictive margins and marginal effects."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import special

from bounded.arguments import checked
from bounded.notebook_result import NotebookResult
from bounded.refusal import Caution, Refusal, require_choice, require_columns
from survey_stats.design import A_DESIGN, RESPONDENTS, Design, Floats, Mask, Names, listed, numbers
from survey_stats.estimates import quantile_of_t
from survey_stats.jackknife import jackknife_covariance
from survey_stats.model_matrix import (
    INTERCEPT,
    NO,
    YES,
    Covariates,
    columns_of,
    describe,
    distinct_rows,
    is_boolean,
    sides,
    terms_of,
)
from survey_stats.pseudo_likelihood import FAMILIES, PseudoLikelihood, WaldTest, maximise, wald_test
from survey_stats.separation import cautions, hanging_on_a_unit, require_estimable, require_finite

ERRORS = ("linearised", "jackknife")


@dataclass(frozen=True, eq=False)
class Regression(NotebookResult):
    """A regression fitted to a sample, with its design's errors.

    Parameters
    ----------
    outcome, covariates : column of the outcome; the formula's right side, or the columns.
    family : ``gaussian`` (differences of means), ``poisson`` (logarithms of ratios) or ``binomial`` (of odds ratios).
    coefficients : one row a term: term, factor, level, reference (as `terms.describe`), coefficient, standard_error,
        degrees_of_freedom (of its own), low, high, statistic (t), p_value, design_effect (variance as a multiple of a
        simple random sample's of this size); for counts ratio, ratio_low, ratio_high as well.
        Missing are the error and all that rests on it where one PSU alone determines the term.
    covariance : of the coefficients, by term.
    n : respondents in the model.
    unknown : left out as a value is missing.
    share_unknown : their weighted share.
    psus : PSUs with a respondent in the model.
    degrees_of_freedom : those PSUs less their strata, plus 1 less the number of terms; of limits and p values.
    confidence : level of the limits.
    errors : ``linearised`` or ``jackknife``.
    warnings : what to be careful about, in sentences.
    design : the survey's design.
    known : (respondents of the design,) bool, who is in the model.
    x, y : (n, terms) terms and (n,) outcomes of those.
    fit : the fit to them.
    """

    outcome: str
    covariates: Covariates
    family: str
    coefficients: pd.DataFrame
    covariance: pd.DataFrame = field(repr=False)
    n: int
    unknown: int
    share_unknown: float
    psus: int
    degrees_of_freedom: int
    confidence: float
    errors: str
    warnings: tuple[Caution, ...]
    design: Design = field(repr=False)
    known: Mask = field(repr=False)
    x: Floats = field(repr=False)
    y: Floats = field(repr=False)
    fit: PseudoLikelihood = field(repr=False)

    @property
    def terms(self) -> tuple[str, ...]:
        """Names of the terms, the intercept first."""
        return tuple(self.covariance.columns)

    @property
    def design_effects(self) -> pd.Series:
        """The variance of each coefficient as a multiple of a simple random sample's of this size, by term."""
        return self.coefficients.set_index("term")["design_effect"]

    def wald(self, terms: Names | None = None) -> pd.DataFrame:
        """Test whether the coefficients of a factor, or of several together, are all 0 (`wald_test`).

        Parameters
        ----------
        terms : factors or terms, tested together; left out: each factor of the model by itself.

        Returns
        -------
        DataFrame, one row a test: tested, and the columns of `WaldTest`.
        """
        table = self.coefficients
        asked = [[factor] for factor in table["factor"].unique()[1:]] if terms is None else [listed(terms)]
        rows = []
        for names in asked:
            absent = [name for name in names if name not in {*table["factor"], *table["term"]}]
            if absent or not names:
                raise Refusal(
                    "unknown_term",
                    f"The model has no term or factor '{', '.join(absent)}'; it has {', '.join(self.terms[1:])}.",
                )
            chosen = (table["factor"].isin(names) | table["term"].isin(names)).to_numpy()
            test = wald_test(
                table.loc[chosen, "coefficient"],
                self.covariance.to_numpy()[np.ix_(chosen, chosen)],
                self.degrees_of_freedom,
                self.degrees_of_freedom + len(table) - 1,
            )
            rows.append({"tested": " + ".join(names), **vars(test)})
        return pd.DataFrame(rows, columns=["tested", *WaldTest.__dataclass_fields__])

    def contrast(self, multiples: Mapping[str, float]) -> dict[str, float]:
        """A sum of multiples of coefficients, as of a main effect and an interaction.

        Parameters
        ----------
        multiples : term -> by how much its coefficient is multiplied; what is not named is left out.

        Returns
        -------
        estimate, standard_error, low, high, p_value; of logarithms for odds ratios, whose ratio is `exp(estimate)`.
        """
        absent = [term for term in multiples if term not in self.terms]
        if absent or not multiples:
            raise Refusal(
                "unknown_term", f"The model has no term '{', '.join(absent)}'; it has {', '.join(self.terms)}."
            )
        by = np.array([multiples.get(term, 0.0) for term in self.terms])
        estimate = float(by @ self.coefficients["coefficient"])
        error = float(self._errors(by[None])[0])
        # Of the terms that count, the fewest.
        degrees = float(self.coefficients["degrees_of_freedom"][by != 0].min())
        reach = float(quantile_of_t(degrees, (1 + self.confidence) / 2)) * error
        p_value = float(2 * special.stdtr(degrees, -abs(estimate) / error)) if error else np.nan
        found = (estimate, error, estimate - reach, estimate + reach, p_value)
        return dict(zip(("estimate", "standard_error", "low", "high", "p_value"), found, strict=True))

    def predictive_margins(self, factor: str) -> pd.DataFrame:
        """The expected outcome if everybody in the population had one level, and stayed what they are otherwise.

        Means over those in the model by their weights. The errors hold that the coefficients are estimated, and that
        the persons who are averaged over were sampled: both are linearised together under the design, whatever the
        errors of the model's coefficients are. They are missing where one PSU alone determines the level.

        Parameters
        ----------
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
        values, levels = _levels(self, factor)
        if not levels:
            raise Refusal(
                "not_categorical",
                f"'{factor}' is a number: everybody cannot be set to each of its values. Ask for its effect.",
            )
        margins, scores = _average(self, factor, [_everybody(level) for level in levels])
        family = FAMILIES[self.family]
        error = np.sqrt(np.diag(self.design.covariance(scores)))
        lost = _hanging(self, factor)
        error[[_name(level) in lost for level in levels]] = np.nan
        with np.errstate(divide="ignore", invalid="ignore"):
            middle = family.link(margins)
            reach = _t(self) * error / family.variance(margins)
        return pd.DataFrame(
            {
                "factor": factor,
                "level": [_name(level) for level in levels],
                "margin": margins,
                "standard_error": error,
                "low": family.mean(middle - reach),
                "high": family.mean(middle + reach),
                "n": [int((values == level).sum()) for level in levels],
            }
        )

    def marginal_effects(self, factors: Names | None = None) -> pd.DataFrame:
        """Average marginal effects: what a level, or one more of a number, changes in the expected outcome.

        For a level the difference of two predictive margins: everybody with it less everybody with the reference. For a
        number the mean of each person's derivative. Errors as for `predictive_margins`. For yes or no outcomes, effects
        are differences of probabilities (percentage points over 100), which, other than odds ratios, can be compared
        between models with different covariates.

        Parameters
        ----------
        factors : columns of the model's covariates; left out: all.

        Returns
        -------
        DataFrame, one row a level but the reference, or a number: factor, level, reference (both missing for numbers),
        effect, standard_error, low, high (t limits), confidence (their level), p_value, n (respondents in the model
        with the level; all for numbers).

        Raises
        ------
        ValueError : as `predictive_margins`.

        References
        ----------
        Graubard, B. I. and Korn, E. L. (1999). Predictive margins with survey data. Biometrics 55, 652-659.
        Norton, E. C. and Dowd, B. E. (2018). Log odds and the interpretation of logit models. Health Services Research
            53, 859-878.
        """
        asked = list(columns_of(self.design.data, self.covariates)) if factors is None else listed(factors)
        parts = []
        for factor in asked:
            values, levels = _levels(self, factor)
            if levels:
                reference = _reference(self, factor, levels)
                others = [level for level in levels if _name(level) != _name(reference)]
                margins, scores = _average(self, factor, [_everybody(level) for level in [reference, *others]])
                effect, scores = margins[1:] - margins[0], scores[:, 1:] - scores[:, :1]
                names: list[str | None] = [_name(level) for level in others]
                against: str | None = _name(reference)
                counts = [int((values == level).sum()) for level in others]
            else:
                # The mean of derivatives, by central differences.
                step = _STEP * float(np.std(values.to_numpy(dtype=float))) or _STEP
                margins, scores = _average(self, factor, [_shifted(-step), _shifted(step)])
                effect, scores = np.diff(margins) / (2 * step), np.diff(scores) / (2 * step)
                names, against, counts = [None], None, [self.n]
            error = np.sqrt(np.diag(self.design.covariance(scores)))
            lost = _hanging(self, factor)
            error[[name in lost or against in lost for name in names]] = np.nan
            reach = _t(self) * error
            with np.errstate(divide="ignore", invalid="ignore"):
                p_values = 2 * special.stdtr(self.degrees_of_freedom, -np.abs(effect / error))
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
                        "confidence": self.confidence,
                        "p_value": p_values,
                        "n": counts,
                    }
                )
            )
        if not parts:
            raise Refusal("no_covariates", "The model has no covariate whose effect could be asked for.")
        return pd.concat(parts, ignore_index=True)

    def _errors(self, multiples: Floats) -> Floats:
        """(m,) standard errors of m sums of multiples (m, terms) of coefficients; missing where one has none."""
        covariance = self.covariance.to_numpy()
        lost = np.isnan(np.diag(covariance))
        variance = np.einsum("ij,jk,ik->i", multiples, np.where(np.isnan(covariance), 0, covariance), multiples)
        return np.where((multiples[:, lost] != 0).any(axis=1), np.nan, np.sqrt(variance))

    def rows_of(self, tables: Sequence[pd.DataFrame]) -> list[Floats]:
        """The terms, (rows, terms), of other persons than those of the model, an array a table."""
        columns = list(columns_of(self.design.data, self.covariates))
        own = self.design.data.loc[self.known, columns].reset_index(drop=True)
        # Read together with those of the model, so that the categories are the same.
        first = ~own.duplicated().to_numpy()
        stacked = pd.concat([own[first], *(table[columns] for table in tables)], ignore_index=True)
        for column in columns:
            if isinstance(own[column].dtype, pd.CategoricalDtype):
                stacked[column] = stacked[column].astype(own[column].dtype)
        made = terms_of(stacked, pd.Series(0.0, index=stacked.index, name=self.outcome), self.covariates)
        start = int(first.sum())
        if made.terms != self.terms or not np.allclose(made.x[:start], self.x[first], rtol=1e-9, atol=1e-12):
            raise Refusal(
                "sample_dependent_term",
                "The formula has a term that changes with who else is in the data (as `poly`, `bs` or `center` do), or "
                "a number made a category of which the model has no such value, so that it cannot be computed for "
                "others. Write powers out (`{age**2}`), or make the column first.",
            )
        return np.split(made.x[start:], np.cumsum([len(table) for table in tables])[:-1])


@checked(design=A_DESIGN)
def regression(
    design: Design,
    outcome: str,
    covariates: Names | None = None,
    *,
    family: str = "gaussian",
    confidence: float = 0.95,
    errors: str = "linearised",
) -> Regression:
    """Fit a regression by weighted (pseudo) maximum likelihood, with linearised errors under the design.

    Parameters
    ----------
    design : a probability sample; a domain of it for those alone. Who is outside, or of whom a value is missing, leaves
        the model and stays in the design.
    outcome : column, or a formula ``outcome ~ age + C(grade) * sex`` (backticks around names with blanks).
    covariates : columns, where `outcome` is one. Numbers and booleans are a term each; of texts and categories each
        level but the first (in the order of the categories; of the alphabet for texts) is a term.
    family : ``gaussian`` (linear), ``poisson`` (counts, log link; of 0/1 outcomes the coefficients are then logarithms
        of ratios of shares) or ``binomial`` (logistic, as `logistic_regression`). Whatever the family, errors hold
        without its variance: they are those of the design.
    confidence : level of the limits.
    errors : ``linearised``, or ``jackknife`` (`jackknife_covariance`): larger, and the better choice where the outcome
        is rare or weights are very unequal; each coefficient then has degrees of freedom of its own.

    Returns
    -------
    Regression : `coefficients`, one row a term: coefficient, standard_error, low, high, p_value, design_effect among
        its columns; covariance, n, unknown, psus, warnings; `wald`, `contrast`, `marginal_effects`.

    Raises
    ------
    NotEstimable : the sample is none of a population, the outcome is the same for all, terms are collinear or run to
        infinity (they are named), or the PSUs are no more than the terms.
    ValueError : a column is missing or holds what it may not; the row is named.

    References
    ----------
    Binder, D. A. (1983). On the variances of asymptotically normal estimators from complex surveys. International
        Statistical Review 51, 279-292.
    Zou, G. (2004). A modified Poisson regression approach to prospective studies with binary data. American Journal of
        Epidemiology 159, 702-706.
    """
    require_choice("family", family, FAMILIES)
    require_choice("errors", errors, ERRORS)
    design.require_probability("model")
    name, right = sides(outcome, covariates)
    require_columns(design.data, [name], RESPONDENTS)
    inside = np.flatnonzero(design.inside)
    here = design.data.iloc[inside]
    # What is not yes or no is read as a number, and for the terms it matters only whether it is known.
    made = terms_of(
        here,
        here[name] if family == "binomial" else here[name].isna().map({True: np.nan, False: 0.0}).rename(name),
        right,
    )
    known = np.zeros(len(design.data), dtype=bool)
    known[inside[made.known]] = True
    y = made.y if family == "binomial" else numbers(design.data, name)[known]
    if family == "poisson" and (y < 0).any():
        raise Refusal(
            "negative",
            f"Row {design.data.index[known][(y < 0).argmax()]}: '{name}' is below 0, which is no count. For what is "
            "measured, use `family='gaussian'`.",
        )
    columns = {column: here[column][made.known] for column in columns_of(design.data, right)}
    degrees = design.structure.degrees_of_freedom(known)
    pattern, first = distinct_rows(made.x)
    require_estimable(made, made.x[first], y, columns, degrees)
    left = degrees + 1 - len(made.terms)
    weights = design.weights[known]
    fit = maximise(made.x[first], pattern, y, weights, FAMILIES[family])
    require_finite(fit, made, y, family)
    first_stage = design.structure.stages[0]
    hanging = {
        unit: terms
        for unit, terms in hanging_on_a_unit(made.x, first_stage.unit[known]).items()
        if first_stage.fraction[first_stage.stratum[unit]] < 1
    }
    lost = np.any([np.zeros(len(made.terms), dtype=bool), *hanging.values()], axis=0)
    if errors == "jackknife":
        rows = np.flatnonzero(known)
        covariance, of_terms = jackknife_covariance(
            design, rows, made.x[first], pattern, y, FAMILIES[family], fit, hanging
        )
        of_terms = np.minimum(of_terms, left)
    else:
        influence = np.zeros((len(known), len(made.terms)))
        influence[known] = fit.influence
        covariance, of_terms = design.covariance(influence), np.full(len(made.terms), float(left))
    covariance[lost] = covariance[:, lost] = np.nan
    table = describe(made.terms, columns)
    table["coefficient"] = fit.coefficients
    table["standard_error"] = error = np.sqrt(np.diag(covariance))
    table["degrees_of_freedom"] = of_terms
    reach = quantile_of_t(of_terms, (1 + confidence) / 2) * error
    table["low"], table["high"] = fit.coefficients - reach, fit.coefficients + reach
    with np.errstate(divide="ignore", invalid="ignore"):
        table["statistic"] = fit.coefficients / error
        table["p_value"] = 2 * special.stdtr(of_terms, -np.abs(table["statistic"]))
        table["design_effect"] = error**2 / _simple(fit.influence, weights)
    if family != "gaussian":
        ratio = "odds_ratio" if family == "binomial" else "ratio"
        for ending, source in (("", "coefficient"), ("_low", "low"), ("_high", "high")):
            with np.errstate(over="ignore"):
                table[ratio + ending] = np.exp(table[source])
    whole = design.weights[inside].sum()
    unknown = len(inside) - int(known.sum())
    share = float(design.weights[inside[~made.known]].sum() / whole) if len(inside) else np.nan
    return Regression(
        outcome=name,
        covariates=right,
        family=family,
        coefficients=table,
        covariance=pd.DataFrame(covariance, index=list(made.terms), columns=list(made.terms)),
        n=int(known.sum()),
        unknown=unknown,
        share_unknown=share,
        psus=int((np.bincount(first_stage.unit[known]) > 0).sum()),
        degrees_of_freedom=left,
        confidence=confidence,
        errors=errors,
        warnings=cautions(made, y, columns, here, left, share, family, lost),
        design=design,
        known=known,
        x=made.x,
        y=y,
        fit=fit,
    )


def _simple(influence: Floats, weights: Floats) -> Floats:
    """Variances of coefficients if the respondents were a simple random sample of all that their weights stand for."""
    n, whole = len(weights), weights.sum()
    finite = 1 - n / whole if whole > n else 1.0
    return (influence**2 / weights[:, None]).sum(axis=0) * whole / (n - 1) * finite


# A derivative is taken over such a part of a number's standard deviation, to both sides.
_STEP = 1e-4


def _average(
    model: Regression, factor: str, settings: Sequence[Callable[[pd.Series], object]]
) -> tuple[Floats, Floats]:
    """The weighted mean of the expected outcome if a column were set for everybody, and its linearised scores.

    Parameters
    ----------
    settings : from the column as it is to what it is set to.

    Returns
    -------
    (settings,) margins and (respondents of the design, settings) scores.
    """
    own = model.design.data.loc[model.known, list(columns_of(model.design.data, model.covariates))]
    # Everybody is set, persons who are the same but for what is set as well: computed once a pattern.
    group = own.groupby(list(own), sort=False, observed=True, dropna=False).ngroup().to_numpy()
    distinct = own.iloc[np.unique(group, return_index=True)[1]]
    tables = [distinct.assign(**{factor: setting(distinct[factor])}) for setting in settings]
    family, weights = FAMILIES[model.family], model.design.weights[model.known]
    share = weights / weights.sum()
    of_pattern = np.bincount(group, weights=share, minlength=len(distinct))
    margins, scores = np.empty(len(tables)), np.zeros((len(model.known), len(tables)))
    for number, x in enumerate(model.rows_of(tables)):
        mean = family.mean(x @ model.fit.coefficients)
        margins[number] = of_pattern @ mean
        slope = (of_pattern * family.variance(mean)) @ x
        scores[model.known, number] = share * (mean[group] - margins[number]) + model.fit.influence @ slope
    return margins, scores


def _everybody(level: object) -> Callable[[pd.Series], object]:
    """One level for all rows, of the type of the column."""
    return lambda column: pd.array([level] * len(column), dtype=column.dtype)


def _shifted(by: float) -> Callable[[pd.Series], object]:
    """Every number by as much higher."""
    return lambda column: column.astype(float) + by


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


def _name(level: object) -> str:
    if isinstance(level, bool | np.bool_):
        return YES if level else NO
    return str(int(level)) if isinstance(level, float) and level.is_integer() else str(level)


def _t(model: Regression) -> float:
    return float(quantile_of_t(model.degrees_of_freedom, (1 + model.confidence) / 2))
