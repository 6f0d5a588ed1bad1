"""Result of a joinpoint regression as tables: joinpoints, the change of each segment, and criteria of their number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import special

from bounded import intervals, result_plots
from bounded.notebook_result import NotebookResult
from bounded.refusal import Caution, Said
from trends import caution
from trends.caution import imprecise
from trends.joinpoint_search import Segments
from trends.series import Floats

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CRITERIA = {"permutation": "permutation tests", "bic": "BIC", "bic3": "BIC3", "wbic": "weighted BIC"}
LEVEL = 0.05
# How limits of the average change are made: the first is the default, the second the parametric ones of Joinpoint.
LIMITS = {
    "delta": "by the delta method",
    "t": "with segments taken as independent",
    "empirical_quantile": "by quantiles of resamples",
}


@dataclass(frozen=True, eq=False)
class Slopes:
    """Slopes of logarithms a year with limits and two-sided p; `least` and `most` differ where counts are intervals."""

    least: Floats
    most: Floats
    low: Floats
    high: Floats
    p_value: Floats


@dataclass(frozen=True, eq=False)
class JoinpointTrend(NotebookResult):
    """A log-linear trend that may bend. Its tables are made when they are first asked for.

    Tables: `joinpoints`, `segments`, `average`, `candidates`, `tests`, `terms`, `fitted`, and `warnings`, sentences.

    Parameters
    ----------
    k : number of joinpoints.
    selection : how it was chosen: permutation, bic, bic3 or wbic.
    confidence : level of all limits.
    method : the model in words.
    period : observed periods, ascending; shape (n,).
    observed : what was observed (rates, or counts): low, high, and its own limits; shape (n, 4).
    incomplete : periods left out, as records of them are still on their way, with the same; shape (m, 5).
    tau : joinpoints, each with its limits; shape (k, 3).
    slopes : of the k + 1 segments.
    average_slope : over the whole range, with limits as `limits` says.
    delta_slope : the same, with the error that allows for the joinpoints' having been estimated.
    limits : how limits of the average change are made: delta, t or empirical_quantile (then those of slopes and
        joinpoints too).
    fit : least, most, low and high of the fit, in the unit of `observed`; shape (n, 4).
    piece : the unbroken piece of the line to which a period belongs, from 0; shape (n,).
    weighed : k, sse, bic, bic3, wbic; one number each a number of joinpoints.
    run_tests : gives the permutation tests; run when they are first asked for.
    coefficients : term, coefficient (of the logarithm), low, high, p_value: of jumps and effort.
    cautions : warnings that do not need the tests.
    tests_are : the tests of `run_tests` in words: for counts they are no permutation tests.
    permutations : of each test; for counts the replicates of each bootstrap test.
    drawn : draw, k, share: how interval counts were drawn; empty for known counts.
    """

    k: int
    selection: str
    confidence: float
    method: str
    period: Floats = field(repr=False)
    observed: Floats = field(repr=False)
    incomplete: Floats = field(repr=False)
    tau: Floats
    slopes: Slopes = field(repr=False)
    average_slope: Slopes = field(repr=False)
    delta_slope: Slopes = field(repr=False)
    limits: str
    fit: Floats = field(repr=False)
    piece: Floats = field(repr=False)
    weighed: dict[str, Floats] = field(repr=False)
    run_tests: Callable[[], pd.DataFrame] = field(repr=False)
    coefficients: dict[str, object] = field(repr=False)
    cautions: tuple[Caution, ...] = field(repr=False)
    drawn: pd.DataFrame = field(repr=False, default_factory=pd.DataFrame)
    tests_are: str = field(repr=False, default=CRITERIA["permutation"])
    permutations: int = field(repr=False, default=0)

    def _shown(self) -> dict[str, object]:
        # Tables in the place of arrays; what the criteria disagree on needs tests, which only permutation has run.
        warnings = self.warnings if self.selection == "permutation" else self.cautions
        chosen = {"joinpoints": self.k, "selection": self.selection, "confidence": self.confidence, "periods": self.n}
        tables = {"joinpoints_and_limits": self.joinpoints, "segments": self.segments}
        return {**chosen, "method": self.method, "warnings": warnings, **tables}

    @property
    def n(self) -> int:
        """Observed periods."""
        return len(self.period)

    @cached_property
    def joinpoints(self) -> pd.DataFrame:
        """One row a joinpoint: period, low, high (periods), warnings."""
        at = [
            " ".join(Caution.kept(self._at_the_edge(turn), caution.covid([turn]))) for turn in self.tau[:, 0].tolist()
        ]
        return pd.DataFrame({**dict(zip(("period", "low", "high"), self.tau.T, strict=True)), "warnings": at})

    @cached_property
    def segments(self) -> pd.DataFrame:
        """One row a segment: segment, start, end (periods), n (observations, joinpoints included), apc, low, high
        (percent a year; apc is NaN where interval counts leave it between apc_low and apc_high), p_value, significant,
        warnings.
        """
        edges = np.concatenate([self.period[:1], self.tau[:, 0], self.period[-1:]])
        within = [(self.period >= a) & (self.period <= b) for a, b in pairwise(edges)]
        slopes = _percent(self.slopes, "apc", self.confidence)
        return pd.DataFrame(
            {
                "segment": np.arange(1, self.k + 2),
                "start": edges[:-1],
                "end": edges[1:],
                "n": [int(rows.sum()) for rows in within],
                **slopes,
                "warnings": [caution.covid(self.period[rows]) for rows in within],
            }
        )

    @cached_property
    def average(self) -> pd.DataFrame:
        """One row: start, end, aapc, low, high (percent a year), p_value, significant, delta_low, delta_high, warnings.

        `low` and `high` are as `limits_are` says: by the delta method (Muggeo, 2010), unless others were asked for.
        Those with segments taken as independent, the parametric ones of the National Cancer Institute's Joinpoint, are
        too wide where there are joinpoints.
        """
        ends = {"start": self.period[:1], "end": self.period[-1:]}
        delta = _percent(self.delta_slope, "aapc", self.confidence)
        limits = {"delta_low": delta["low"], "delta_high": delta["high"]}
        return pd.DataFrame(
            {**ends, **_percent(self.average_slope, "aapc", self.confidence), **limits, "warnings": [self._said]}
        )

    @property
    def limits_are(self) -> str:
        """Method of the limits of the average change, in words."""
        return LIMITS[self.limits]

    @cached_property
    def tests(self) -> pd.DataFrame:
        """Permutation tests in sequence: null, alternative, p_value, level, selected, permutations."""
        return self.run_tests()

    @cached_property
    def chosen(self) -> dict[str, int]:
        """The number of joinpoints that each criterion chooses; without permutation where no test could be run."""
        found = {name: int(self.weighed["k"][np.argmin(self.weighed[name])]) for name in ("bic", "bic3", "wbic")}
        if self.selection == "permutation":
            return {"permutation": self.k, **found}
        tests = self.tests
        return {"permutation": int(tests["selected"].iloc[-1]), **found} if len(tests) else found

    @cached_property
    def candidates(self) -> pd.DataFrame:
        """One row a number of joinpoints: k, sse, bic, bic3, wbic, p_value (last test against more), chosen_by."""
        table = pd.DataFrame(self.weighed)
        last = self.tests.groupby("null")["p_value"].last()
        table["p_value"] = table["k"].map(last).astype(float)
        table["chosen_by"] = [
            ", ".join(self._named(name) for name, chosen in self.chosen.items() if chosen == k) for k in table["k"]
        ]
        return table

    @cached_property
    def terms(self) -> pd.DataFrame:
        """One row a jump, or effort: term, coefficient (of the logarithm), low, high, p_value."""
        return pd.DataFrame(self.coefficients)

    @cached_property
    def fitted(self) -> pd.DataFrame:
        """One row a period: period, fit (NaN where left open), fit_low, fit_high, low, high, piece."""
        table = pd.DataFrame(self.fit, columns=["fit_low", "fit_high", "low", "high"])
        fit = table["fit_low"].where(np.isclose(table["fit_low"], table["fit_high"], rtol=1e-12))
        table.insert(0, "fit", fit)
        table.insert(0, "period", self.period)
        return table.assign(piece=self.piece)

    @cached_property
    def warnings(self) -> tuple[Caution, ...]:
        """Weaknesses of the result, one sentence each."""
        edges = [self._at_the_edge(turn) for turn in self.tau[:, 0].tolist()]
        return Caution.kept(*self.cautions, *edges, self._disagreement)

    @property
    def _said(self) -> str:
        return " ".join(self.warnings)

    def _at_the_edge(self, turn: float) -> Said:
        """A joinpoint as near to an end as is admissible rests on the last observations alone."""
        before, after = np.count_nonzero(self.period < turn), np.count_nonzero(self.period > turn)
        return Caution.when(
            min(before, after) <= 2,
            "joinpoint_at_edge",
            f"The joinpoint {turn:g} lies as near to an end of the series as is looked for: two observations decide.",
        )

    @property
    def _disagreement(self) -> Said:
        differ = len(set(self.chosen.values())) != 1
        said = ", ".join(f"{self._named(name)} {k}" for name, k in self.chosen.items())
        return Caution.when(differ, "criteria_disagree", f"The criteria disagree on the number of joinpoints: {said}.")

    def _named(self, criterion: str) -> str:
        return self.tests_are if criterion == "permutation" else CRITERIA[criterion]

    def plot(self, *, title: str = "", ylabel: str = "rate") -> Figure:
        """Draw observed values, the fitted line, and its joinpoints, each with its limits.

        Parameters
        ----------
        ylabel : what is observed, with its unit.
        """
        observed = np.vstack([np.column_stack([self.period, self.observed]), self.incomplete])
        fit = self.fitted
        x, line, low, high = result_plots.broken(self.piece, self.period, fit["fit"], fit["low"], fit["high"])
        within = intervals.percent(self.confidence)
        return result_plots.over_time(
            *observed.T[:3],
            title=title or f"Joinpoint regression of {self.n} periods",
            ylabel=ylabel,
            lines={"fit": (x, line)},
            bands={f"{within} band of the fit": (x, low, high)},
            turns={f"joinpoint, {within} interval": self.tau.tolist()},
        )

    def drawing(self) -> dict[str, pd.DataFrame]:
        """`fitted`, `segments` and `joinpoints` as figures draw them: at decimal years, in the middle of each.

        Segments have `refused`, 1 where the change is too badly known to be printed.
        """
        middle = self.middle
        segments = self.segments
        refused = [imprecise(low, high) is not None for low, high in segments[["low", "high"]].to_numpy()]
        places = {end: self.joinpoints[end] + middle for end in ("low", "high")}
        return {
            "fitted": self.fitted.assign(x=self.period + middle),
            "segments": segments.assign(
                start=segments["start"] + middle, end=segments["end"] + middle, refused=np.array(refused, dtype=float)
            ),
            "joinpoints": self.joinpoints.assign(x=self.joinpoints["period"] + middle, **places),
        }

    @property
    def middle(self) -> float:
        """Return the middle of a period, in years, from its number; decimal years stand where they are."""
        return 0.5 if (self.period == np.floor(self.period)).all() else 0.0


def chosen_number(
    weighed: dict[str, Floats], run_tests: Callable[[], pd.DataFrame], selection: str, most: int
) -> tuple[int, Callable[[], pd.DataFrame]]:
    """The number of joinpoints that `selection` chooses, and what gives the tests: run once, where they choose."""
    if selection != "permutation":
        return int(weighed["k"][np.argmin(weighed[selection])]), run_tests
    tests = run_tests()
    return int(tests["selected"].iloc[-1]) if len(tests) else most, partial(_given, tests)


def _given(tests: pd.DataFrame) -> pd.DataFrame:
    return tests


def trend_of(
    found: Segments,
    limits: tuple[Floats, Floats],
    further: tuple[tuple[str, ...], tuple[float, ...]],
    period: Floats,
    confidence: float,
    by: str = "delta",
    **shown: Any,
) -> JoinpointTrend:
    """The trend that a fit of one placement of joinpoints says.

    Parameters
    ----------
    limits : of the joinpoints, low and high.
    further : names of the further columns; first periods measured in a new way.
    by : how the limits of the average are made: "delta" or "t".
    shown : what else a `JoinpointTrend` holds.
    """
    names, jumps = further
    quantile = special.stdtrit(found.df, (1 + confidence) / 2)
    band, extra_band = quantile * found.fit_error, quantile * found.extra_error
    delta = slopes_of(found.average, found.delta_error, found.df, confidence)
    independent = slopes_of(found.average, found.average_error, found.average_df, confidence)
    return JoinpointTrend(
        k=len(found.tau),
        confidence=confidence,
        period=period,
        tau=np.column_stack([found.tau, *limits]),
        slopes=slopes_of(found.slope, found.slope_error, found.slope_df, confidence),
        average_slope=independent if by == "t" else delta,
        delta_slope=delta,
        limits=by,
        fit=np.exp(np.column_stack([found.fit, found.fit, found.fit - band, found.fit + band])),
        piece=np.searchsorted(sorted(jumps), period, side="right").astype(float),
        coefficients={
            "term": list(names),
            "coefficient": found.extra,
            "low": found.extra - extra_band,
            "high": found.extra + extra_band,
            "p_value": two_sided(found.extra, found.extra_error, found.df),
        },
        **shown,
    )


def slopes_of(estimate: Floats | float, error: Floats | float, df: float, confidence: float) -> Slopes:
    """Slopes with their limits and p-values by t; NaN where no degree of freedom is left."""
    slope, error = np.atleast_1d(estimate), np.atleast_1d(error)
    band = special.stdtrit(df, (1 + confidence) / 2) * error if df > 0 else np.full(len(slope), np.nan)
    return Slopes(slope, slope, slope - band, slope + band, two_sided(slope, error, df))


def two_sided(estimate: Floats, error: Floats, df: float) -> Floats:
    """The p-value of no effect, by t."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return 2 * special.stdtr(df, -np.abs(estimate) / error)


def _percent(slopes: Slopes, name: str, confidence: float) -> dict[str, Floats]:
    """Columns of yearly changes in percent; significant where the limits at this confidence do not hold 0."""
    known = np.isclose(slopes.least, slopes.most, rtol=1e-12, atol=1e-15)
    least, most = 100 * np.expm1(slopes.least), 100 * np.expm1(slopes.most)
    return {
        name: np.where(known, least, np.nan),
        "low": 100 * np.expm1(slopes.low),
        "high": 100 * np.expm1(slopes.high),
        "p_value": slopes.p_value,
        "significant": slopes.p_value < 1 - confidence,
        f"{name}_low": least,
        f"{name}_high": most,
    }
