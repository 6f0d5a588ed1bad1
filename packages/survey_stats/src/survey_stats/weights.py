"""Calibration: weights that add up to known totals of the population, by post-stratification and raking."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pandas as pd

from bounded.arguments import as_numbers, checked, positive, whole
from bounded.refusal import Refusal, columns_there, require_columns, require_values
from survey_stats.design import A_DESIGN, RESPONDENTS, Codes, Floats, NotEstimable

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
    only = f"Leave in the totals the columns that make categories and '{POPULATION}' only."
    require_columns(data, columns, RESPONDENTS, only)
    for column in columns:
        why = ": it belongs to no known total. Impute it, or leave the margin out"
        require_values(data[column], data[column].notna().to_numpy(), "missing_category", why)
        require_values(totals[column], totals[column].notna().to_numpy(), "missing_value", ": of which category is it?")
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
