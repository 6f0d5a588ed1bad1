"""Two-way tables under a design with Rao and Scott's test, and which estimates may be printed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from scipy import linalg, special

from bounded.arguments import checked
from bounded.notebook_result import NotebookResult
from bounded.refusal import Caution, Refusal, require_choice, require_columns
from survey_stats.design import A_DESIGN, RESPONDENTS, Codes, Design, Floats, NotEstimable
from survey_stats.estimates import Estimates, proportion_limits
from survey_stats.model_matrix import NO, YES, is_boolean

STATISTICS = ("F", "Chisq", "Wald", "adjWald")
_CATEGORIES = 50
_ROW, _COLUMN = "row of the table", "column of the table"


@dataclass(frozen=True, eq=False)
class ContingencyTable(NotebookResult):
    """Shares of two categories crossed, and the test that they are independent.

    Parameters
    ----------
    rows, columns : the two columns.
    cells : one row a cell: row, column, n (unweighted), share (of all; standard_error, low, high), of_row (share of the
        row; of_row_standard_error, of_row_low, of_row_high), of_column. Limits are logit limits.
    n, unknown : respondents in the table, and those of whom one of the two is not known. share_unknown : their weighted
        share. psus : with a respondent in the table.
    pearson : X-squared of the weighted shares with n respondents; what the corrections correct.
    statistic : which test the next four are of. value, degrees_of_freedom, denominator, p_value : of it; denominator is
        the second degrees of freedom of F, infinite for a chi-squared.
    tests : all of `STATISTICS`: statistic, value, degrees_of_freedom, denominator, p_value.
    design_effects : (k,) generalised design effects, the largest first: what the design makes of the variance along
        each direction of dependence. Their mean corrects to the first order; `variation` is their coefficient of
        variation, for which the second order corrects.
    confidence : level of the limits.
    warnings : what to be careful about, in sentences.
    """

    rows: str
    columns: str
    cells: pd.DataFrame = field(repr=False)
    n: int
    unknown: int
    share_unknown: float
    psus: int
    pearson: float
    statistic: str
    value: float
    degrees_of_freedom: float
    denominator: float
    p_value: float
    tests: pd.DataFrame = field(repr=False)
    design_effects: Floats
    confidence: float
    warnings: tuple[Caution, ...]

    @property
    def variation(self) -> float:
        """The coefficient of variation of the design effects."""
        return float(self.design_effects.std() / self.design_effects.mean())


@checked(design=A_DESIGN)
def contingency_table(
    design: Estimates, rows: str, columns: str, *, statistic: str = "F", confidence: float = 0.95
) -> ContingencyTable:
    """Cross two categories, and test their independence.

    Parameters
    ----------
    design : a probability sample; a domain of it for those alone.
    rows, columns : columns of texts, categories, booleans or few different numbers; missing where not known.
    statistic : ``F`` (Rao and Scott's second-order correction, as an F), ``Chisq`` (their first-order correction),
        ``Wald`` (of totals less those under independence) or ``adjWald`` (the same, adjusted for few PSUs). All are in
        `tests`.
    confidence : level of the limits of shares.

    Returns
    -------
    ContingencyTable : `cells` (one row a cell: n, shares of all, of the row and of the column, with errors and limits),
        `tests` (one row a statistic), the one asked for (value, degrees_of_freedom, denominator, p_value), and
        warnings.

    Raises
    ------
    NotEstimable : the sample is none of a population, a category has nobody, there is only one, or too few PSUs.
    ValueError : a column is not there, or the statistic is none of these.

    References
    ----------
    Rao, J. N. K. and Scott, A. J. (1984). On chi-squared tests for multiway contingency tables with cell proportions
        estimated from survey data. Annals of Statistics 12, 46-60.
    Thomas, D. R. and Rao, J. N. K. (1987). Small-sample comparisons of level and power for simple goodness-of-fit
        statistics under cluster sampling. JASA 82, 630-636.
    Koch, G. G., Freeman, D. H. and Freeman, J. L. (1975). Strategies in the multivariate analysis of data from complex
        surveys. International Statistical Review 43, 59-78.
    """
    require_choice("statistic", statistic, STATISTICS)
    design.require_probability("table")
    if rows == columns:
        raise Refusal("same_column_twice", f"'{rows}' cannot be crossed with itself.")
    (row, row_names), (column, column_names) = (_codes(design, name) for name in (rows, columns))
    here = design.inside & (row >= 0) & (column >= 0)
    for name, codes, names in ((rows, row, row_names), (columns, column, column_names)):
        _require_filled(name, np.bincount(codes[here], minlength=len(names)), names, len(here))
    degrees = design.structure.degrees_of_freedom(here)
    if degrees < 1:
        raise NotEstimable(
            "too_few_units", "Every stratum has one PSU, so that nothing shows how far one PSU is from another."
        )
    r, c = len(row_names), len(column_names)
    n = int(here.sum())
    cell = np.where(here, row * c + column, 0)
    share_of = np.where(here, design.weights, 0.0)
    share_of /= share_of.sum()
    p = np.bincount(cell[here], weights=share_of[here], minlength=r * c).astype(float)
    # Of totals, as parts of the whole; and of shares, whose sum does not vary.
    totals = design.covariance(share_of[:, None] * (cell[:, None] == np.arange(r * c)))
    sharing = np.eye(r * c) - p[:, None]
    covariance = sharing @ totals @ sharing.T
    counts = np.bincount(cell[here], minlength=r * c)
    shares: Floats = p.reshape(r, c)
    pearson, effects, tests = _tests(shares, totals, covariance, n, degrees)
    chosen = tests.set_index("statistic").loc[statistic]
    whole = design.weights[design.inside].sum()
    error = np.sqrt(np.maximum(np.diag(covariance), 0))
    low, high = proportion_limits(p, error, n, degrees, confidence)
    cells = pd.DataFrame({"row": np.repeat(row_names, c), "column": np.tile(column_names, r), "n": counts, "share": p})
    cells = cells.assign(standard_error=np.where(counts > 0, error, np.nan), low=low, high=high)
    # Apart from the respondents' columns: one of the two may be the stratum, or be called as a column of estimates is.
    named = {
        _ROW: pd.Categorical.from_codes(row, row_names),
        _COLUMN: pd.Categorical.from_codes(column, column_names),
    }
    within = replace(design, data=design.data.assign(**named), domain_of=here)
    cells = cells.join(_of_row(within, confidence), on=["row", "column"])
    cells["of_column"] = (shares / shares.sum(axis=0)).ravel()
    return ContingencyTable(
        rows=rows,
        columns=columns,
        cells=cells,
        n=n,
        unknown=int((design.inside & ~here).sum()),
        share_unknown=float(design.weights[design.inside & ~here].sum() / whole),
        psus=int((np.bincount(design.structure.stages[0].unit[here]) > 0).sum()),
        pearson=pearson,
        statistic=statistic,
        value=float(chosen["value"]),
        degrees_of_freedom=float(chosen["degrees_of_freedom"]),
        denominator=float(chosen["denominator"]),
        p_value=float(chosen["p_value"]),
        tests=tests,
        design_effects=effects,
        confidence=confidence,
        warnings=_warnings(shares, n, counts, degrees),
    )


def _codes(design: Design, name: str) -> tuple[Codes, list[str]]:
    """The category of each respondent, numbered from 0, -1 where not known; and their names."""
    require_columns(design.data, [name], RESPONDENTS)
    values = design.data[name]
    if is_boolean(values):
        codes = np.where(values.isna(), -1, values.fillna(False).to_numpy(dtype=bool))
        return codes.astype(np.int64), [NO, YES]
    if isinstance(values.dtype, pd.CategoricalDtype):
        codes, names = values.cat.codes.to_numpy(dtype=np.int64), list(values.cat.categories)
    else:
        # Of a text only what somebody in the domain says is a category.
        codes, names = pd.factorize(values.where(pd.Series(design.inside, index=values.index)), sort=True)
    if len(names) > _CATEGORIES:
        raise NotEstimable(
            "too_many_categories", f"'{name}' has {len(names)} different values, too many for a table. Group them."
        )
    return codes.astype(np.int64), [str(each) for each in names]


def _require_filled(name: str, counts: Codes, names: list[str], asked: int) -> None:
    if not counts.sum():
        raise NotEstimable(
            "no_complete_rows", f"Of none of {asked} respondents are both categories known, so that there is no table."
        )
    if len(names) < 2:
        raise NotEstimable("no_variation", f"'{name}' is '{names[0]}' for all, so that nothing can depend on it.")
    if (counts == 0).any():
        empty = ", ".join(f"'{names[place]}'" for place in np.flatnonzero(counts == 0))
        raise NotEstimable(
            "empty_category",
            f"Nobody in the table has '{name}' = {empty}. Join it with another category, or take it out of the "
            "column's categories (`.cat.remove_unused_categories()`).",
        )


def _tests(p: Floats, totals: Floats, covariance: Floats, n: int, degrees: int) -> tuple[float, Floats, pd.DataFrame]:
    """X-squared, the generalised design effects, and all tests with their p values.

    p : (rows, columns) shares. totals, covariance : of the cells' totals, as parts of the whole, and of their shares.
    """
    r, c = p.shape
    k = (r - 1) * (c - 1)
    expected = np.outer(p.sum(axis=1), p.sum(axis=0))
    apart = p - expected
    pearson = float(n * (apart**2 / expected).sum())
    # Log-linear contrasts of dependence: what is in no row or column effect. An empty cell has no logarithm.
    contrasts = np.kron(_deviations(r), _deviations(c)).T
    with np.errstate(divide="ignore"):
        weighed = np.where(p.ravel() > 0, 1 / p.ravel(), 0.0)[:, None] * contrasts
    effects = linalg.eigvals(linalg.solve(contrasts.T @ weighed / n, weighed.T @ covariance @ weighed)).real
    effects = np.sort(effects)[::-1]
    total, squares = effects.sum(), (effects**2).sum()
    second = total**2 / squares
    rows = [
        ("F", pearson / total, second, second * degrees),
        ("Chisq", pearson * k / total, float(k), np.inf),
    ]
    # How the differences of totals from independence move with the cells, but for the last row and column.
    of_row, of_column = np.kron(np.eye(r), np.ones((1, c))), np.kron(np.ones((1, r)), np.eye(c))
    move = np.eye(r * c) + expected.reshape(-1, 1)
    move -= np.tile(p.sum(axis=0), r)[:, None] * np.repeat(of_row, c, axis=0)
    move -= np.repeat(p.sum(axis=1), c)[:, None] * np.tile(of_column, (r, 1))
    kept = np.arange(r * c).reshape(r, c)[:-1, :-1].ravel()
    spread = move[kept] @ totals @ move[kept].T
    size = np.sqrt(np.diag(spread))
    if (size > 0).all() and np.linalg.matrix_rank(spread / np.outer(size, size), tol=1e-9, hermitian=True) == k:
        y = apart.ravel()[kept]
        distance = float(y @ linalg.solve(spread, y, assume_a="sym"))
        rows.append(("Wald", distance / k, float(k), float(degrees)))
        left = degrees - k + 1
        if left > 0:
            rows.append(("adjWald", distance * left / (k * degrees), float(k), float(left)))
    found = pd.DataFrame(rows, columns=["statistic", "value", "degrees_of_freedom", "denominator"])
    value, df, denominator = (found[name].to_numpy() for name in ("value", "degrees_of_freedom", "denominator"))
    tail = special.fdtrc(df, np.where(np.isfinite(denominator), denominator, 1), value)
    found["p_value"] = np.where(np.isfinite(denominator), tail, special.chdtrc(df, value))
    return pearson, effects, found.set_index("statistic").reindex(STATISTICS).reset_index()


def _deviations(levels: int) -> Floats:
    """(levels - 1, levels) contrasts of each level but the last with the mean of all."""
    return np.eye(levels)[:-1] - 1 / levels


def _of_row(within: Estimates, confidence: float) -> pd.DataFrame:
    """Shares of each row with their errors and limits, by row and column."""
    found = within.proportion(_COLUMN, by=_ROW, confidence=confidence)
    found = found.rename(columns={_ROW: "row", "category": "column"}).astype({"row": "str", "column": "str"})
    found = found.set_index(["row", "column"])[["estimate", "standard_error", "low", "high"]]
    return found.add_prefix("of_row_").rename(columns={"of_row_estimate": "of_row"})


def _warnings(p: Floats, n: int, counts: Codes, degrees: int) -> tuple[Caution, ...]:
    few = int((n * np.outer(p.sum(axis=1), p.sum(axis=0)) < 5).sum())
    none = int((counts == 0).sum())
    return Caution.kept(
        Caution.when(
            few,
            "low_expected_counts",
            f"{few} of {p.size} cells would hold fewer than 5 respondents if the two were independent: the test's "
            "p value is rough. Join categories.",
        ),
        Caution.when(none, "empty_cells", f"{none} of {p.size} cells have no respondent; that does not make them 0."),
        Caution.when(
            degrees < (p.shape[0] - 1) * (p.shape[1] - 1),
            "no_wald_test",
            f"{degrees} degrees of freedom are fewer than the test has directions: there is no Wald test.",
        ),
    )


# Respondents below which nothing is printed, as in the Multiple Indicator Cluster Surveys.
FEW = 25
# Coefficient of variation, in parts of the estimate, above which an estimate is printed with a caution only.
IMPRECISE = 0.30
# What is taken away from a row that is suppressed: all that would say what the few answered.
_TOLD = ("estimate", "standard_error", "low", "high", "cv", "design_effect", "cases")


def reliable(table: pd.DataFrame) -> pd.DataFrame:
    """Suppress estimates that rest on few respondents, and mark those that are imprecise.

    Parameters
    ----------
    table : one row an estimate: n (respondents, unweighted), cv, and what `SurveyDesign` gives with them.

    Returns
    -------
    The rows in their order, with `flag`: "" (may be printed), "suppressed" (n < 25: the estimate and all that goes with
    it are missing) or "imprecise" (cv > 30 %, or nobody has it: to be read with its interval).

    Raises
    ------
    ValueError : n or cv is not there.

    References
    ----------
    UNICEF, Multiple Indicator Cluster Surveys, round 6: reports show no figure on fewer than 25 unweighted cases.
    """
    require_columns(table, ["n", "cv"], "estimates")
    few = table["n"].to_numpy() < FEW
    cv = table["cv"].to_numpy(dtype=float)
    # What nobody of those asked has may be there all the same: its error is no part of 0.
    nobody = np.isnan(cv) & (table["estimate"].to_numpy(dtype=float) == 0 if "estimate" in table else False)
    imprecise = (cv > IMPRECISE) | nobody
    told = table.copy()
    if "method" in told:
        # Limits of their own would say that nobody, or everybody, answered yes.
        told["method"] = told["method"].astype(object).mask(few)
    for column in _TOLD:
        if column in told:
            told[column] = told[column].astype(float).mask(few)
    return told.assign(flag=np.select([few, imprecise], ["suppressed", "imprecise"], ""))


def releasable(table: pd.DataFrame, with_it: pd.Series, asked: pd.Series, k: int = 11) -> pd.DataFrame:
    """Suppress shares that would identify few: whose numerator, or its complement, is suppressed in protected tables.

    Parameters
    ----------
    table : one row a share, as `reliable` gives it.
    with_it, asked : on the rows of `table`: who has it, and all of whom it is a share, unweighted, as protected tables
        tell; missing where they suppress it.
    k : the smallest group of persons that may be told.

    Returns
    -------
    The rows with ``n`` and ``cases`` as the tables tell them, ``flag`` "suppressed" where one of them is missing, or
    fewer than 25 were asked, or fewer than `k` have it or do not; of these rows no estimate is left. That nobody has it
    is told.

    References
    ----------
    Brandt, M. et al. (2010). Guidelines for the checking of output based on microdata research. ESSnet SDC: a share may
    leave where the frequencies behind it may.
    """
    with_it, asked = with_it.astype("Int64"), asked.astype("Int64")
    rest = asked - with_it
    few = (with_it.gt(0) & with_it.lt(k)) | (rest.gt(0) & rest.lt(k)) | rest.lt(0) | asked.lt(FEW)
    hidden = (few.fillna(True) | table["flag"].eq("suppressed")).to_numpy(dtype=bool)
    told = table.assign(n=asked, flag=table["flag"].mask(hidden, "suppressed"))
    for column in _TOLD:
        if column in told:
            told[column] = told[column].astype(float).mask(hidden)
    if "method" in told:
        told["method"] = told["method"].astype(object).mask(hidden)
    if "cases" in told:
        told["cases"] = with_it.mask(hidden)
    # How many do not know an answer may be few.
    return told.drop(columns=["unknown", "share_unknown"], errors="ignore")
