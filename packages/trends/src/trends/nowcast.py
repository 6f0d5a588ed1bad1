"""Nowcast from the delay of reports: cases of the last periods that there will be once all have been reported."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import special

from bounded import intervals, result_plots
from bounded.arguments import checked, figures, pair, positive
from bounded.notebook_result import NotebookResult
from bounded.refusal import Caution, Said, require_choice
from trends import reporting_delay
from trends import reporting_delay as calendar
from trends.reporting_delay import COMPLETE, DelayCounts, Reports, Whole
from trends.series import Floats, TooFewPoints

if TYPE_CHECKING:
    from matplotlib.figure import Figure

METHODS = ("lawless", "bayes.trunc", "bayes.notrunc")
SEED = 20140
DRAWS = 4000
# Of the Dirichlet prior of the delays: each delay weighs as a tenth of a case.
CONCENTRATION = 0.1
# Below this share a nowcast says more of the model than of the reports.
MOSTLY_MODEL = 0.25
FEW_SEEN = 20


@dataclass(frozen=True, eq=False)
class Nowcast(NotebookResult):
    """Cases that have occurred, reported or not, by the period of their event.

    Parameters
    ----------
    n : reports used.
    unit, delay_unit : of the periods and of the delays: D, W, M, Q or Y.
    last : the last period that was over, as `table` names it.
    max_delay : the longest delay considered, in delay units: what takes longer is not part of the estimate.
    method, confidence : as asked for.
    table : period, observed (cases reported), estimate (median of all cases), low, high (limits of all cases),
        share_reported (0 to 1), complete (whether that is 95 % or more), warnings.
    delays : delay (delay units), probability, cumulative (share reported by then), low, high (limits of `cumulative`).
    warnings : what a reader must know of the reports, one sentence each.
    """

    n: int
    unit: str
    delay_unit: str
    last: object
    max_delay: int
    method: str
    confidence: float
    table: pd.DataFrame = field(repr=False)
    delays: pd.DataFrame = field(repr=False)
    warnings: tuple[Caution, ...]

    def plot(self, *, title: str = "") -> Figure:
        """The cases reported, and the estimate of all cases with its limits."""
        word = calendar.UNITS[self.unit]
        table, x = self.table, np.arange(len(self.table))
        return result_plots.over_time(
            x,
            table["observed"],
            table["observed"],
            observed="reported",
            title=title or f"Cases by {word} of the event, and those not yet reported",
            ylabel=f"cases a {word}",
            xlabel=f"{word} of the event",
            lines={"all cases (median)": (x, table["estimate"])},
            bands={f"{intervals.percent(self.confidence)} interval": (x, table["low"], table["high"])},
            named=table["period"].tolist(),
        )


@checked(reports=figures("delay", "count"), prior=pair(positive, positive))
def nowcast(
    reports: pd.DataFrame,
    *,
    when: object = None,
    unit: str = "M",
    delay_unit: str | None = None,
    max_delay: int | None = None,
    window: int | None = None,
    method: str = "bayes.trunc",
    confidence: float = 0.95,
    prior: tuple[float, float] | None = None,
    seed: int = SEED,
) -> Nowcast:
    """Estimate how many cases have occurred that are not reported yet.

    How long reports take is learnt from those that have arrived, with right truncation: of a recent case only a short
    delay can have been seen. The delays are taken to stay as they were; a new form, a new office or a campaign breaks
    that, and nothing here can show it. Only periods that are over at the end of `when` are estimated.

    ``bayes.trunc`` gives all cases a Poisson-gamma prior and the delays a generalised Dirichlet distribution; its
    limits hold both uncertainties. ``bayes.notrunc`` takes the delays seen as if none had been cut off, and is too low
    wherever recent cases are many: only for comparison. ``lawless`` divides the cases reported by the share s that is
    reported by their age. Its limits are those of a normal approximation with variance N (1 - s) / s, cut at the cases
    reported as R's surveillance does it: the normal distribution function is divided by its part above them. They hold
    no uncertainty of the delays, are too low where that part is well below 1, and without a report the estimate is 0,
    which is no finding. Of 200 synthetic lists with 5 cases a month its 95 % limits held 90 % of the true numbers, and
    45 % of those of the last month; those of ``bayes.trunc`` 99 %.

    Parameters
    ----------
    reports : one row a case: event and reported (dates), or event_low, event_high, reported_low, reported_high where
        dates are intervals, each within one period; or counts: event (date, pandas period or year), delay (delay
        units), count (cases).
    when : the day from which we look; later reports are set aside. By default the day of the last report.
    unit : of the periods: D, W, M, Q or Y.
    delay_unit : in which delays are learnt, by default `unit`; a shorter one, as M for years, uses reports that came
        after the last period that was over, and shorter delays within it.
    max_delay : the longest delay considered, D, in delay units; by default the longest seen.
    window : learn the delays from events of the last `window` delay units and the last; by default from all.
    method : ``lawless``, ``bayes.trunc`` or ``bayes.notrunc``.
    confidence : level of the limits, between 0 and 1.
    prior : mean and variance of the gamma prior of the expected cases a delay unit, for the Bayesian methods; by
        default an exponential with the mean of the cases reported in units older than D.
    seed : of the draws of the delays, for the Bayesian methods.

    Returns
    -------
    Nowcast : `table` (one row a period: observed cases, estimate, low, high, share_reported, complete), `delays` (one
        row a delay: probability, cumulative, low, high), and warnings.

    Raises
    ------
    TooFewPoints : fewer than 20 reports, or fewer than 5 cases old enough to have been seen with the longest delay.
    NotEstimable : the history or the window is shorter than the longest delay, or a date does not decide its period.
    ValueError : a column is missing, no date, a report before its event (the row is named), a malformed argument.

    References
    ----------
    Lawless, J. F. (1994). Adjustments for reporting delays and the prediction of occurred but not reported events.
        Canadian Journal of Statistics 22, 15-31.
    Höhle, M. and an der Heiden, M. (2014). Bayesian nowcasting during the STEC O104:H4 outbreak in Germany, 2011.
        Biometrics 70, 993-1002.
    """
    require_choice("method", method, METHODS)
    fine = calendar.check_unit(unit) if delay_unit is None else calendar.check_within(delay_unit, unit)
    read = reporting_delay.read(reports, when, fine, max_delay)
    tails = ((1 - confidence) / 2, (1 + confidence) / 2)
    counts, drawn = learn(read, window, method, seed)
    share = drawn.mean(axis=0)
    if method == "lawless":
        share_low, share_high = reporting_delay.limits(counts, share, confidence)
    else:
        share_low, share_high = np.quantile(drawn, tails, axis=0)
    found = quantiles(read, drawn, unit, (0.5, *tails), method=method, prior=prior, seed=seed)
    table = pd.DataFrame({"period": calendar.named(found.periods, unit)})
    table["observed"] = found.observed
    table[["estimate", "low", "high"]] = found.all_cases
    table["share_reported"] = found.share_reported
    table["complete"] = table["share_reported"] >= COMPLETE
    table["warnings"] = [
        _said(int(cases), part, method) for cases, part in zip(table["observed"], table["share_reported"], strict=True)
    ]
    return Nowcast(
        n=int(read.event.size),
        unit=unit,
        delay_unit=fine,
        last=table["period"].iloc[-1],
        max_delay=read.max_delay,
        method=method,
        confidence=confidence,
        table=table,
        delays=pd.DataFrame(
            {
                "delay": np.arange(read.max_delay + 1),
                "probability": np.diff(share, prepend=0.0),
                "cumulative": share,
                "low": share_low,
                "high": share_high,
            }
        ),
        warnings=_warnings(read, counts, table, method),
    )


@dataclass(frozen=True, eq=False)
class Quantiles:
    """Quantiles of the cases in each period that is over, reported or not.

    Parameters
    ----------
    periods : numbers of the periods, ascending; shape (n,).
    observed : cases reported; shape (n,).
    share_reported : 0 to 1; shape (n,).
    all_cases : quantiles, one column a level; shape (n, levels).
    """

    periods: Whole
    observed: Whole
    share_reported: Floats
    all_cases: Floats


def learn(read: Reports, window: int | None, method: str, seed: int) -> tuple[DelayCounts, Floats]:
    """Cases by delay, and the shares reported by delay 0 to D: one row a draw, for ``lawless`` the estimate alone.

    Raises
    ------
    TooFewPoints, NotEstimable : as in `nowcast`.
    """
    counts = reporting_delay.count(read, window)
    if method == "lawless":
        return counts, reporting_delay.cumulative(reporting_delay.reversed_hazard(counts))[np.newaxis]
    return counts, _delays_drawn(counts, truncated=method == "bayes.trunc", seed=seed)


def quantiles(
    read: Reports,
    drawn: Floats,
    unit: str,
    levels: tuple[float, ...],
    *,
    method: str,
    prior: tuple[float, float] | None,
    seed: int,
) -> Quantiles:
    """Quantiles of all cases of each period of `unit`, given the shares reported by each delay.

    Parameters
    ----------
    drawn : shares, from `learn`.
    levels : of the quantiles, between 0 and 1.
    """
    numbers = np.arange(read.event.min(), read.last + 1)
    periods, place = _periods_over(numbers, read.unit, unit)
    numbers = numbers[: len(place)]
    observed = np.bincount(read.event - numbers[0], minlength=read.last + 1 - numbers[0])[: len(place)].astype(float)
    age = np.minimum(read.last - numbers, read.max_delay)
    share = drawn.mean(axis=0)
    if method == "lawless":
        found = _lawless(observed, share[age], place, levels)
    else:
        gamma = _gamma(prior, observed, age, read.max_delay)
        if read.unit == unit:
            found = _bayes(observed, drawn, age, gamma, levels)
        else:
            found = _bayes_together(observed, drawn, age, gamma, place, levels, seed)
    return Quantiles(
        periods=periods,
        observed=np.bincount(place, observed).astype(np.int64),
        share_reported=np.bincount(place, share[age]) / np.bincount(place),
        all_cases=found,
    )


def _periods_over(numbers: Whole, fine: str, unit: str) -> tuple[Whole, Whole]:
    """The periods of `unit` that are over, and for each delay unit the place of its period among them."""
    if fine == unit:
        return numbers, np.arange(len(numbers))
    held = pd.PeriodIndex.from_ordinals(numbers, freq=fine)
    within = calendar.ordinals(pd.Series(held.end_time), unit)
    last = calendar.last_ended(held[-1].end_time.normalize(), unit)
    if last < within[0]:
        raise TooFewPoints(
            "no_complete_period", f"No {calendar.UNITS[unit]} of the reports was over: a shorter unit would help."
        )
    kept = within[within <= last]
    return np.arange(kept[0], kept[-1] + 1), kept - kept[0]


def _lawless(observed: Floats, share: Floats, place: Whole, levels: tuple[float, ...]) -> Floats:
    """Quantiles of all cases, one row a period: the least whole number at which the distribution is reached."""
    from scipy import stats

    with np.errstate(divide="ignore", invalid="ignore"):
        # Nothing reported of what can be reported counts as nothing; of what cannot, as not known.
        mean = np.where(share > 0, observed / share, np.nan)
        mean, variance = np.bincount(place, mean), np.bincount(place, mean * (1 - share) / share)
        observed, spread = np.bincount(place, observed).astype(float), np.sqrt(variance)
        above = stats.norm.sf((observed - mean) / spread)
        reached = mean[:, None] + spread[:, None] * stats.norm.ppf(np.array(levels) * above[:, None])
    # Rounding must not carry a whole number over to the next.
    whole = np.maximum(np.ceil(reached - 1e-9), observed[:, None])
    whole[spread == 0] = observed[spread == 0, None]
    return whole


def _delays_drawn(counts: DelayCounts, *, truncated: bool, seed: int) -> Floats:
    """Shares reported by delay 0 to D from their posterior, one row a draw."""
    rng = np.random.default_rng(seed)
    d = len(counts.exactly) - 1
    if not truncated:
        drawn = np.cumsum(rng.dirichlet(counts.exactly + CONCENTRATION, size=DRAWS), axis=1)
    else:
        # A Dirichlet distribution has independent beta reversed hazards, and so has what truncated delays leave of it.
        hazard = np.ones((DRAWS, d + 1))
        rest = CONCENTRATION * np.arange(1, d + 1) + (counts.upto - counts.exactly)[1:]
        hazard[:, 1:] = rng.beta(counts.exactly[1:] + CONCENTRATION, rest, size=(DRAWS, d))
        drawn = reporting_delay.cumulative(hazard)
    drawn[:, d] = 1.0
    return drawn


def _gamma(prior: tuple[float, float] | None, observed: Floats, age: Whole, max_delay: int) -> tuple[float, float]:
    """Shape and rate of the prior of the expected cases a period."""
    if prior is None:
        old = observed[age >= max_delay]
        return 1.0, 1 / max(float((old if old.size else observed).mean()), 1.0)
    mean, variance = prior
    return mean**2 / variance, mean / variance


def _bayes(
    observed: Floats, drawn: Floats, age: Whole, gamma: tuple[float, float], levels: tuple[float, ...]
) -> Floats:
    """Quantiles of all cases, one row a period: those of a mixture of negative binomials, by bisection."""
    shape, rate = gamma
    found = np.repeat(observed[:, None], len(levels), axis=1)
    for place in np.flatnonzero(age < drawn.shape[1] - 1):
        # Given the share, cases not reported are negative binomial; their distribution function is an incomplete beta.
        size, chance = shape + observed[place], (rate + drawn[:, age[place]]) / (rate + 1)
        for column, level in enumerate(levels):
            below, above = -1, 1
            while special.betainc(size, above + 1, chance).mean() < level:
                below, above = above, 2 * above
            while above - below > 1:
                middle = (below + above) // 2
                reached = special.betainc(size, middle + 1, chance).mean() >= level
                below, above = (below, middle) if reached else (middle, above)
            found[place, column] = observed[place] + above
    return found


def _bayes_together(
    observed: Floats,
    drawn: Floats,
    age: Whole,
    gamma: tuple[float, float],
    place: Whole,
    levels: tuple[float, ...],
    seed: int,
) -> Floats:
    """The same for periods of several delay units, whose cases are drawn together as they share the delays."""
    shape, rate = gamma
    chance = (rate + drawn[:, age]) / (rate + 1)
    more = np.random.default_rng(seed + 1).negative_binomial(shape + observed, chance)
    totals = np.zeros((len(drawn), place[-1] + 1))
    np.add.at(totals.T, place, (observed + more).T)
    return np.quantile(totals, levels, axis=0, method="inverted_cdf").T


def _said(observed: int, share: float, method: str) -> Said:
    if method == "lawless" and share == 0:
        return Caution(
            "delay_not_seen", "No delay so short has been seen: nothing can be said of the cases not reported."
        )
    if method == "lawless" and observed == 0 and share < 1:
        return Caution(
            "no_cases_yet", "No case reported yet: this method has no estimate above 0, which is no finding of none."
        )
    if share < MOSTLY_MODEL:
        return Caution(
            "mostly_model",
            f"About {100 * share:.0f} % reported: the estimate says more of the delays than of the cases.",
        )
    if share < COMPLETE:
        return Caution("incomplete_period", f"Not complete: about {100 * share:.0f} % reported.")
    return ""


def _warnings(read: Reports, counts: DelayCounts, table: pd.DataFrame, method: str) -> tuple[Caution, ...]:
    few = int(counts.upto[-1])
    open_ = table.loc[~table["complete"], "period"]
    return Caution.kept(
        *read.warnings,
        Caution.when(
            few < FEW_SEEN,
            "few_long_delays",
            f"Only {few} cases are old enough to have been seen with the longest delay: long delays are known roughly.",
        ),
        Caution(
            "incomplete_period",
            f"Not complete at {intervals.percent(COMPLETE)}: {open_.iloc[0]} and after ({len(open_)} of the periods).",
        )
        if len(open_)
        else "",
        Caution.when(
            method == "bayes.notrunc",
            "truncation_ignored",
            "The delays were taken as if none had been cut off: estimates of the last periods are too low.",
        ),
        Caution(
            "delays_assumed_stable",
            "Delays are taken to be what they were: a change in how cases are reported would look like a change in "
            "cases.",
        ),
    )
