"""Weights that add up to what is known of the population, and replicate weights, for errors without an equation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from bounded.arguments import as_numbers, checked, positive, whole
from bounded.intervals import check_confidence
from bounded.notebook_result import NotebookResult
from bounded.refusal import Refusal, columns_there, require_choice
from survey_stats.design import A_DESIGN, Codes, Floats, Names, NotEstimable, Stage, listed, require_two_units
from survey_stats.estimates import quantile_of_t

if TYPE_CHECKING:
    from survey_stats.design import Calibrated, Design

POPULATION = "population"
# The design that is given comes back as what it was, with other weights.
D = TypeVar("D", bound="Design")


@dataclass(frozen=True, eq=False)
class Margin:
    """One set of known totals: `names` of its columns, `category` (cells,) of each cell, `labels` and `totals`."""

    names: str
    category: Codes
    labels: list[str]
    totals: Floats

    def sums(self, cells: Floats) -> Floats:
        """(categories,) sums of what cells hold."""
        return np.bincount(self.category, weights=cells, minlength=len(self.totals)).astype(float)


@dataclass(frozen=True, eq=False)
class CalibratedWeights:
    """Weights fitted to known totals.

    Parameters
    ----------
    starting : (n,) the weights before.
    cell : (n,) of each respondent: those of one cell share the categories of all margins.
    factor : (cells,) by which the weights of a cell were multiplied.
    totals : one a table of known totals.
    iterations : rounds through all margins; 1 for post-stratification.
    tolerance, limit : when fitting ended, and when it would have been given up.
    before : the calibration of the weights it started from, if they were calibrated.
    """

    starting: Floats
    cell: Codes
    factor: Floats
    totals: tuple[Margin, ...]
    iterations: int
    tolerance: float
    limit: int
    before: Calibrated | None = None

    @cached_property
    def weights(self) -> Floats:
        """(n,) persons that each respondent stands for."""
        return self.starting * self.factor[self.cell]

    @property
    def ratios(self) -> tuple[float, float]:
        """The lowest and the highest ratio of a new weight to the old one.

        Far from 1 they say that a few respondents stand for many: join small categories, or rake on fewer margins.
        """
        return float(self.factor.min()), float(self.factor.max())

    @property
    def margins(self) -> pd.DataFrame:
        """One row a margin and category: margin, category, n (respondents), wanted, before, after (persons)."""
        held = {"n": self._cells(None), "before": self._cells(self.starting), "after": self._cells(self.weights)}
        parts = [
            pd.DataFrame(
                {
                    "margin": margin.names,
                    "category": margin.labels,
                    "n": margin.sums(held["n"]).astype(int),
                    "wanted": margin.totals,
                    "before": margin.sums(held["before"]),
                    "after": margin.sums(held["after"]),
                }
            )
            for margin in self.totals
        ]
        return pd.concat(parts, ignore_index=True)

    def residuals(self, scores: Floats) -> Floats:
        """Scores less what the margins explain of them, which the known totals take out of the variance.

        Parameters
        ----------
        scores : (n, k) weight times linearised value.

        Returns
        -------
        (n, k) calibrated weight times the residual of the regression of the value on the margins' categories, weighted
        with the starting weights (Deville and Särndal's equation with g-weighted residuals).
        """
        scores = np.asarray(scores, dtype=float).reshape(len(self.cell), -1)
        held = np.stack([self._cells(column) for column in scores.T], axis=1) / self.factor[:, None]
        slopes = self._inverse @ np.concatenate(
            [np.stack([margin.sums(column) for column in held.T], axis=1) for margin in self.totals]
        )
        explained, first = np.zeros_like(held), 0
        for margin in self.totals:
            explained += slopes[first + margin.category]
            first += len(margin.totals)
        left = scores - self.weights[:, None] * explained[self.cell]
        return left if self.before is None else self.before.residuals(left)

    def recalibrate(self, weights: Floats) -> CalibratedWeights:
        """The same calibration of other weights (n,), such as those of a replicate, from the first step on.

        Raises
        ------
        NotEstimable : the weights of a whole category are 0, or raking does not come to an end.
        """
        before = None if self.before is None else self.before.recalibrate(weights)
        starting = weights if before is None else before.weights
        return _fitted(starting, self.cell, self.totals, self.tolerance, self.limit, before)

    def _cells(self, values: Floats | None) -> Floats:
        """(cells,) sums of the values of respondents; their number where there are none."""
        return np.bincount(self.cell, weights=values, minlength=len(self.factor)).astype(float)

    @cached_property
    def _inverse(self) -> Floats:
        """(categories, categories) pseudo-inverse of the weighted cross-products of all margins' dummies."""
        cells = self._cells(self.starting)
        sizes = np.concatenate([margin.sums(cells) for margin in self.totals])
        if len(self.totals) == 1:
            return np.diag(1 / sizes)
        blocks = [[_crossed(one, other, cells) for other in self.totals] for one in self.totals]
        # Scaled to ones on the diagonal, so that small categories are not taken for none.
        scale = 1 / np.sqrt(sizes)
        inverse = np.linalg.pinv(np.block(blocks) * np.outer(scale, scale), rcond=1e-11, hermitian=True)
        return inverse * np.outer(scale, scale)


@checked(design=A_DESIGN)
def post_stratify(design: D, totals: pd.DataFrame) -> D:
    """Make weights add up to the known population of each stratum that was found after the draw.

    Within a post-stratum all weights are multiplied by the same number. Post-strata should explain the answers or the
    non-response; each needs respondents, at least some 20 by rule of thumb.

    Parameters
    ----------
    design : a probability sample; of a calibrated one the new weights start from the calibrated weights, and the totals
        of the first calibration hold no longer (to keep both, `rake` on both).
    totals : one row a post-stratum: the columns that make it, named and written as in the data, and `population`
        (persons, above 0).

    Returns
    -------
    SurveyDesign with the new weights; `.calibration` holds `weights`, `ratios` (lowest and highest, new to old),
    `margins` (wanted, before, after) and `iterations`.

    Raises
    ------
    ValueError : a column is not there, a respondent's post-stratum is missing or has no total, or a total is not above
        0 or stands there twice.
    NotEstimable : a post-stratum has no respondents, or the sample stands for no population.

    References
    ----------
    Holt, D. and Smith, T. M. F. (1979). Post stratification. JRSS A 142, 33-46.
    Deville, J.-C. and Särndal, C.-E. (1992). Calibration estimators in survey sampling. JASA 87, 376-382.
    """
    return rake(design, totals)


@checked(design=A_DESIGN, tolerance=positive, iterations=whole(1))
def rake(design: D, *margins: pd.DataFrame, tolerance: float = 1e-4, iterations: int = 1000) -> D:
    """Make weights add up to the known totals of several margins, whose combinations need not be known.

    Weights are multiplied margin by margin until all totals hold (iterative proportional fitting); of all weights that
    hold them, these are nearest to the old ones in Kullback and Leibler's sense. What the margins explain of a value
    leaves its variance: by Deville and Särndal's equation, the regression weighted with the old weights and its
    residuals with the new ones. The new weights would serve in the regression too (D'Arrigo and Skinner): the two have
    one limit where all answer, and in simulations of small samples and of non-response the old ones gave the larger
    errors. A regression that is not weighted at all has another limit, and its errors are too large wherever unequal
    weights go with what is measured.

    Parameters
    ----------
    design : as for `post_stratify`.
    margins : each as the totals of `post_stratify`; of several columns it holds their combinations. All must add up to
        the same population.
    tolerance : largest difference between a total and the weights' sum, as a share of the total. The default is far
        below any sampling error.
    iterations : rounds through all margins before it is given up.

    Returns
    -------
    SurveyDesign as of `post_stratify`.

    Raises
    ------
    ValueError : as `post_stratify`; or margins add up to different populations.
    NotEstimable : as `post_stratify`; or there are no weights that hold all totals.

    References
    ----------
    Deming, W. E. and Stephan, F. F. (1940). On a least squares adjustment of a sampled frequency table when the
        expected marginal totals are known. Annals of Mathematical Statistics 11, 427-444.
    Deville, J.-C. and Särndal, C.-E. (1992). Calibration estimators in survey sampling. JASA 87, 376-382.
    Deville, J.-C., Särndal, C.-E. and Sautory, O. (1993). Generalized raking procedures in survey sampling. JASA 88,
        1013-1020.
    D'Arrigo, J. and Skinner, C. (2010). Linearization variance estimation for generalized raking estimators in the
        presence of nonresponse. Survey Methodology 36, 181-192.
    """
    design.require_probability("a weight")
    if not margins:
        raise Refusal(
            "missing_totals", "There are no totals to calibrate to: give at least one table with `population`."
        )
    if not design.inside.all():
        raise Refusal(
            "design_is_domain",
            "The design is that of a domain, and known totals are those of the population. Calibrate the whole sample "
            "first, and take the domain of that.",
        )
    read = [_margin(design.data, totals) for totals in margins]
    whole = [margin.totals.sum() for margin in read]
    for margin, population in zip(read, whole, strict=True):
        if abs(population - whole[0]) > 1e-6 * whole[0]:
            raise Refusal(
                "unequal_totals",
                f"The margin '{margin.names}' adds up to {population:,.10g} persons and '{read[0].names}' to "
                f"{whole[0]:,.10g}. They must be of one population: take both from one source and date, or scale one.",
            )
    # Respondents alike in all margins keep the same ratio: only their cells need be fitted. Margins that differ by the
    # rounding of their totals are given the first one's sum, or no weights would hold all.
    joint, names = pd.factorize(pd.MultiIndex.from_arrays([margin.category for margin in read]))
    cells = tuple(
        Margin(
            margin.names,
            names.get_level_values(number).to_numpy(dtype=np.int64),
            margin.labels,
            margin.totals * (whole[0] / population),
        )
        for number, (margin, population) in enumerate(zip(read, whole, strict=True))
    )
    fitted = _fitted(design.weights, joint.astype(np.int64), cells, tolerance, iterations, design.calibration)
    return replace(design, calibration=fitted)


def _fitted(
    starting: Floats,
    cell: Codes,
    margins: tuple[Margin, ...],
    tolerance: float,
    limit: int,
    before: Calibrated | None,
) -> CalibratedWeights:
    """Iterative proportional fitting of the sums of cells."""
    held = np.bincount(cell, weights=starting, minlength=len(margins[0].category)).astype(float)
    for margin in margins:
        empty = margin.sums(held) <= 0
        if empty.any():
            raise NotEstimable(
                "zero_weight",
                f"No respondent has a weight in '{margin.labels[int(empty.argmax())]}' of '{margin.names}', of which "
                f"there are {margin.totals[int(empty.argmax())]:,.10g} in the population. Join it with the category "
                "most like it, in the respondents and in the totals.",
            )
    factor = np.ones(len(held))
    for number in range(1, limit + 1):
        for margin in margins:
            factor = factor * (margin.totals / margin.sums(held * factor))[margin.category]
        # The last margin holds now by construction; the others say how far it is.
        apart = [np.abs(margin.sums(held * factor) / margin.totals - 1) for margin in margins]
        if max(margin.max() for margin in apart) <= tolerance:
            return CalibratedWeights(starting, cell, factor, margins, number, tolerance, limit, before)
    worst = int(np.argmax([margin.max() for margin in apart]))
    margin, category = margins[worst], int(apart[worst].argmax())
    raise NotEstimable(
        "not_converged",
        f"After {limit} rounds the weights of '{margin.labels[category]}' in '{margin.names}' add up to "
        f"{margin.sums(held * factor)[category]:,.10g} persons instead of {margin.totals[category]:,.10g}. "
        "Combinations without respondents may leave no weights that hold all totals: join categories, or leave a "
        "margin out.",
    )


def _margin(data: pd.DataFrame, totals: pd.DataFrame) -> Margin:
    """Read a table of totals, with the category of each respondent."""
    columns = [column for column in totals if column != POPULATION]
    named = " × ".join(map(str, columns))
    if POPULATION not in totals or not columns:
        raise Refusal(
            "missing_column",
            f"Totals need the columns of their categories and '{POPULATION}'. {columns_there(totals, [POPULATION])}",
        )
    for column in columns:
        if column not in data:
            raise Refusal(
                "unknown_column",
                f"The totals have a column '{column}' and the respondents have none. Leave in the totals the columns "
                f"that make categories and '{POPULATION}' only.",
            )
        missing = data[column].isna().to_numpy()
        if missing.any():
            raise Refusal(
                "missing_category",
                f"Row {data.index[int(missing.argmax())]} has no '{column}', one of {missing.sum()} rows without, so "
                "that it belongs to no known total. Impute it, or leave the margin out.",
            )
    if totals[columns].isna().any(axis=None):
        row = totals.index[int(totals[columns].isna().any(axis=1).to_numpy().argmax())]
        raise Refusal("missing_value", f"Row {row} of the totals of '{named}' does not say of which category it is.")
    categories, respondents = _keys(totals, columns), _keys(data, columns)
    if categories.has_duplicates:
        row = int(categories.duplicated().argmax())
        raise Refusal("duplicate_key", f"The totals of '{named}' have two rows of '{_label(categories[row])}'.")
    persons = as_numbers(totals[POPULATION]).to_numpy(dtype=float, na_value=np.nan)
    bad = ~(np.isfinite(persons) & (persons > 0))
    if bad.any():
        row = int(bad.argmax())
        raise Refusal(
            "not_positive",
            f"The total of '{_label(categories[row])}' in '{named}' is '{totals[POPULATION].iloc[row]}'. A total is a "
            "number of persons above 0; leave out a category that nobody has.",
        )
    code = categories.get_indexer(respondents)
    if (code < 0).any():
        row = int((code < 0).argmax())
        raise Refusal(
            "missing_category_total",
            f"Row {data.index[row]} is of '{_label(respondents[row])}' in '{named}', of which there is no total, as of "
            f"{(code < 0).sum()} rows in all. Add the total, or join the category with one that has it.",
        )
    return Margin(named, code.astype(np.int64), [_label(category) for category in categories], persons)


def _keys(table: pd.DataFrame, columns: list[str]) -> pd.MultiIndex:
    """The categories of each row, compared by value whatever the types of their columns."""
    return pd.MultiIndex.from_arrays([table[column].to_numpy(dtype=object) for column in columns])


def _label(category: tuple[object, ...]) -> str:
    return ", ".join(map(str, category))


def _crossed(one: Margin, other: Margin, cells: Floats) -> Floats:
    """The sums of cells by the categories of two margins."""
    shape = (len(one.totals), len(other.totals))
    place = np.ravel_multi_index((one.category, other.category), shape)
    return np.bincount(place, weights=cells, minlength=shape[0] * shape[1]).reshape(shape).astype(float)


METHODS = ("jackknife", "bootstrap")
SEED = 19880

Statistic = Callable[[pd.DataFrame, Floats], ArrayLike]


@dataclass(frozen=True, eq=False)
class Replicates(NotebookResult):
    """The design with other weights, many times.

    Weights are made when they are asked for: what is kept does not grow with their number.

    Parameters
    ----------
    design : whose weights are replicated; where they are calibrated, each replicate is calibrated again.
    method : ``jackknife`` or ``bootstrap``.
    scales : (replicates,) by which squared differences from the middle of the replicates are multiplied.
    degrees_of_freedom : PSUs less strata, of the domain.
    seed : of the bootstrap.
    dropped : (replicates,) the PSU left out of each; empty for the bootstrap.
    fraction : (strata,) share of the PSUs that were drawn and count as drawn without replacement.
    """

    design: Design
    method: str
    scales: Floats
    degrees_of_freedom: int
    seed: int
    dropped: Codes
    fraction: Floats

    def multipliers(self, replicate: int) -> Floats:
        """(PSUs,) by which the weights of each PSU are multiplied in a replicate, numbered from 0."""
        stage = self.design.structure.stages[0]
        sampled = stage.sampled
        if self.method == "jackknife":
            gone = self.dropped[replicate]
            mine = stage.stratum[gone]
            found = np.where(stage.stratum == mine, sampled[mine] / (sampled[mine] - 1), 1.0)
            found[gone] = 0.0
            return found
        # n - 1 of the n PSUs of each stratum with replacement; one that is certain to be drawn keeps its weight.
        rng = np.random.default_rng([self.seed, replicate])
        draws = np.maximum(sampled - 1, 0)
        start = np.concatenate([[0], np.cumsum(sampled)[:-1]])
        place = np.repeat(start, draws) + (rng.random(draws.sum()) * np.repeat(sampled, draws)).astype(np.int64)
        drawn = np.bincount(np.argsort(stage.stratum, kind="stable")[place], minlength=len(stage.stratum))
        rescaled = np.sqrt(1 - self.fraction)[stage.stratum]
        n = sampled[stage.stratum]
        return 1 - rescaled + rescaled * drawn * n / np.maximum(n - 1, 1)

    def weights(self, replicate: int) -> Floats:
        """(n,) the weights of a replicate, numbered from 0."""
        structure = self.design.structure
        calibration = self.design.calibration
        weights = structure.weights * self.multipliers(replicate)[structure.stages[0].unit]
        if calibration is None:
            return weights
        try:
            return calibration.recalibrate(weights).weights
        except NotEstimable as error:
            raise NotEstimable(
                "replicate_not_calibrated", f"{self._name(replicate)} cannot be calibrated as the sample was. {error}"
            ) from error

    def statistics(self, statistic: Statistic) -> tuple[Floats, Floats]:
        """A statistic of the sample and of each replicate, for what needs more than a variance, such as percentiles.

        Parameters
        ----------
        statistic : function of the respondents (one row each, those of the domain) and their weights, giving a number
            or a vector of one length.

        Returns
        -------
        (k,) of the sample, (replicates, k) of the replicates.

        Raises
        ------
        NotEstimable : there is no statistic of a replicate; the PSU that is left out is named.
        """
        inside = self.design.inside
        data = self.design.data[inside]
        whole = np.atleast_1d(np.asarray(statistic(data, self.design.weights[inside]), dtype=float))
        found = np.empty((len(self.scales), len(whole)))
        for replicate in range(len(found)):
            found[replicate] = statistic(data, self.weights(replicate)[inside])
            if not np.isfinite(found[replicate]).all() and np.isfinite(whole).all():
                raise NotEstimable(
                    "replicate_not_estimable",
                    f"{self._name(replicate)} has no number for this statistic, so that its error is not known. Ask "
                    "for a larger domain, or for linearisation where it is offered.",
                )
        return whole, found

    def covariance(self, statistic: Statistic, around: str = "replicates") -> Floats:
        """(k, k) covariance of a statistic, as `statistics` takes it.

        Parameters
        ----------
        statistic : function of respondents and weights.
        around : differences are taken from the mean of all ``replicates``, or from the ``estimate`` of the sample,
            which as a rule is the more cautious.

        References
        ----------
        Wolter, K. M. (2007). Introduction to Variance Estimation. 2nd ed. Springer, ch. 4-5.
        """
        whole, found = self.statistics(statistic)
        return self._spread(whole, found, around)

    def estimate(
        self, statistic: Statistic, names: Names | None = None, confidence: float = 0.95, around: str = "replicates"
    ) -> pd.DataFrame:
        """A statistic with its error and t limits.

        Parameters
        ----------
        statistic, around : as for `covariance`.
        names : what its numbers are called; left out: numbered from 0.
        confidence : level of the limits.

        Returns
        -------
        DataFrame, one row a number: variable, estimate, standard_error, low, high, cv, n (respondents in the domain),
        replicates, degrees_of_freedom, method.
        """
        check_confidence(confidence)
        whole, found = self.statistics(statistic)
        called: Sequence[object] = list(range(len(whole))) if names is None else listed(names)
        if len(called) != len(whole):
            raise Refusal(
                "unequal_lengths",
                f"The statistic has {len(whole)} numbers, and there are {len(called)} names for them.",
            )
        error = np.sqrt(np.diag(self._spread(whole, found, around)))
        reach = float(quantile_of_t(self.degrees_of_freedom, (1 + confidence) / 2)) * error
        with np.errstate(divide="ignore", invalid="ignore"):
            cv = np.where(whole == 0, np.nan, error / np.abs(whole))
        return pd.DataFrame(
            {
                "variable": called,
                "estimate": whole,
                "standard_error": error,
                "low": whole - reach,
                "high": whole + reach,
                "cv": cv,
                "n": int(self.design.inside.sum()),
                "replicates": len(self.scales),
                "degrees_of_freedom": self.degrees_of_freedom,
                "method": self.method,
            }
        )

    def _spread(self, whole: Floats, found: Floats, around: str) -> Floats:
        require_choice("around", around, ("replicates", "estimate"))
        middle = found.mean(axis=0) if around == "replicates" and len(found) else whole
        apart = found - middle
        return (apart * self.scales[:, None]).T @ apart

    def _name(self, replicate: int) -> str:
        if self.method == "bootstrap":
            return f"Replicate {replicate} of the bootstrap"
        row = int((self.design.structure.stages[0].unit == self.dropped[replicate]).argmax())
        return f"The sample without the primary sampling unit of row {self.design.data.index[row]}"


@checked(design=A_DESIGN, replicates=whole(2))
def replicate_weights(
    design: Design, method: str = "jackknife", replicates: int | None = None, seed: int = SEED
) -> Replicates:
    """Replicate the weights of a probability sample, for statistics whose error no equation gives.

    The jackknife leaves out one PSU after the other and gives its weight to the others of its stratum; it is not for
    quantiles, which do not change smoothly. The bootstrap draws n - 1 of the n PSUs of each stratum with replacement
    and rescales. Both resample the first stage alone: where units were sampled within PSUs too, PSUs count as drawn
    with replacement, which overstates errors a little, while the share of PSUs drawn would understate them.

    Parameters
    ----------
    design : a probability sample; calibrated as often as there are replicates where it is calibrated.
    method : ``jackknife`` (JKn; JK1 where there is one stratum) or ``bootstrap`` (Rao and Wu's).
    replicates : of the bootstrap, 500 if left out; the jackknife has one a PSU.
    seed : of the bootstrap's random numbers (numpy's PCG64).

    Returns
    -------
    Replicates, with `estimate` and `covariance` of any statistic, and `statistics`.

    Raises
    ------
    ValueError : there is no such method, or replicates are none.
    NotEstimable : the sample stands for no population, or a stratum has one PSU, drawn from more.

    References
    ----------
    Rao, J. N. K. and Wu, C. F. J. (1988). Resampling inference with complex survey data. JASA 83, 231-241.
    Rao, J. N. K., Wu, C. F. J. and Yue, K. (1992). Some recent work on resampling methods for complex surveys. Survey
        Methodology 18, 209-217.
    Rust, K. F. and Rao, J. N. K. (1996). Variance estimation for complex surveys using replication techniques.
        Statistical Methods in Medical Research 5, 283-310.
    """
    design.require_probability("a standard error")
    require_choice("method", method, METHODS)
    stages = design.structure.stages
    first = stages[0]
    fraction = first.fraction
    if any(_sampled(stage) for stage in stages[1:]):
        fraction = np.zeros_like(fraction)
        first = Stage(first.unit, first.stratum, None, first.names)
    require_two_units(first)
    # A stratum of which all PSUs were drawn has no error.
    uncertain = np.flatnonzero(fraction[first.stratum] < 1)
    if method == "jackknife":
        if replicates is not None:
            raise Refusal(
                "replicates_not_applicable",
                "The jackknife has one replicate a primary sampling unit: leave `replicates` out.",
            )
        n = first.sampled
        factor = (1 - fraction) * (n - 1) / n
        scales, dropped = factor[first.stratum[uncertain]], uncertain
    else:
        count = 500 if replicates is None else replicates
        scales, dropped = np.full(count, 1 / (count - 1)), np.empty(0, dtype=np.int64)
    return Replicates(design, method, scales, design.degrees_of_freedom, seed, dropped, fraction)


def _sampled(stage: Stage) -> bool:
    """Whether not all units of a stage are in the sample."""
    return bool((stage.fraction < 1).any())
