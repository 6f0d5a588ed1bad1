"""The estimated total where persons differ: latent classes of persons, as many as a Dirichlet process needs.

Within a class lists are independent; between classes they are not, so that dependence between lists is a mixture.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bounded import intervals, result_plots
from bounded.arguments import checked, number, pair, positive, whole
from bounded.notebook_result import NotebookResult
from bounded.refusal import Refusal
from capture_recapture.chains import bulk_ess, quantile_error, split_rhat, tail_ess
from capture_recapture.histories import CaptureTable, NotIdentifiable, capture_table, require_overlap
from capture_recapture.latent_class_sampler import Sampler
from capture_recapture.latent_class_trajectories import Patterns, Whole
from capture_recapture.multiple_systems import SEED

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_CLASSES = 10
FEWEST_LISTS = 3
# Chains whose split R-hat is above do not agree on one distribution (Vehtari and others 2021).
MOST_RHAT = 1.01
# They go on then, up to so many times the draws asked for.
MOST_TIMES = 4
# Beta of the chances of being on a list: Manrique-Vallier's.
INCLUSION = (1.0, 1.0)


@dataclass(frozen=True)
class LatentClasses(NotebookResult):
    """Posterior of the number of persons, seen and unseen, under latent classes.

    Parameters
    ----------
    lists, n : names of the lists; persons on at least one of them.
    estimate, mean : posterior median and mean of the total (persons). The mean follows the long upper tail.
    low, high : limits of the total (persons), equal-tailed.
    confidence : posterior probability between the limits.
    errors : Monte Carlo standard errors (persons) of estimate, low and high, by these names.
    rhat : rank-normalised split R-hat of the total; above 1.01 the result is refused.
    bulk_ess, tail_ess : effective sample sizes of the middle and of the tails of the total (draws).
    draws : (chains, draws) totals (persons).
    occupied : (chains, draws) classes with at least one person, seen or unseen.
    classes : the most classes that there can be.
    inclusion : both parameters of the Beta prior of each chance of being on a list.
    note : sentences on what else the numbers rest on; empty if nothing needs saying.
    """

    lists: tuple[str, ...]
    n: int
    estimate: float
    mean: float
    low: float
    high: float
    confidence: float
    errors: dict[str, float]
    rhat: float
    bulk_ess: float
    tail_ess: float
    draws: Whole = field(repr=False)
    occupied: Whole = field(repr=False)
    classes: int
    inclusion: tuple[float, float]
    note: str = ""

    @property
    def interval(self) -> tuple[float, float]:
        """Return the limits of the total (persons)."""
        return self.low, self.high

    def plot(self, *, title: str = "") -> Figure:
        """Draw the posterior of the total, with its median and limits."""
        totals, times = np.unique(self.draws, return_counts=True)
        return result_plots.distribution(
            totals,
            np.append(totals[1:] - 1, totals[-1]),
            times / self.draws.size,
            title=title or f"Persons on {len(self.lists)} lists or on none, by latent classes",
            xlabel="persons, on a list or on none",
            ylabel="posterior probability, %",
            middle=("median", self.estimate),
            limits=(f"{intervals.percent(self.confidence)} interval", self.low, self.high),
            observed=self.n,
        )


@checked(
    draws=whole(8),
    chains=whole(2),
    thin=whole(1),
    classes=whole(1),
    inclusion=pair(positive, positive),
    most_rhat=number(above=1, infinite=True),
)
def latent_classes(
    histories: pd.DataFrame,
    draws: int = 2_500,
    chains: int = 4,
    burn_in: int = 300,
    thin: int = 1,
    classes: int | None = None,
    inclusion: tuple[float, float] = INCLUSION,
    seed: int = SEED,
    confidence: float = 0.95,
    *,
    most_rhat: float = MOST_RHAT,
) -> LatentClasses:
    """Estimate a population from overlapping lists under latent classes of persons (LCMCR, Manrique-Vallier).

    A person belongs to class k with probability π_k and is on list j with probability λ_jk, independently of the other
    lists. The shares π are broken from a stick, π_k = V_k Π_{l<k} (1 - V_l) with V_k ~ Beta(1, α) and the last V 1;
    α ~ Gamma(0.25, 0.25), λ_jk ~ Beta, and p(N) ∝ 1/N. So few classes are used as the data ask for.

    The posterior is drawn in two ways in turn. Shares and chances move along trajectories of Hamiltonian Monte Carlo,
    the classes of persons integrated out: N can go far in one. Then persons are divided among classes, and shares and
    chances drawn from the division (Gibbs sampling). A posterior may have explanations that lie far apart, as when the
    persons of one list are a class of their own or not, between which a chain alone stays for thousands of iterations.
    So each chain has four companions, whose likelihood is taken to powers below 1 and with whom it changes places
    (parallel tempering). The length of steps is set in the burn-in.

    Parameters
    ----------
    histories : one 0/1 column a list and `count` (persons), a row a pattern; three lists or more.
    draws : that are kept, a chain; up to four times as many if the chains do not agree before (see `most_rhat`).
    chains : that are run side by side, from one stream of random numbers: another number of them changes all.
    burn_in : iterations before the first draw, a chain; the length of steps is set in them.
    thin : iterations a draw.
    classes : the most classes there can be, up to 2**lists - 1; by default that, or ten if it is less.
    inclusion : both parameters of the Beta prior of each chance of being on a list.
    seed : of all chains.
    confidence : posterior probability between the limits.
    most_rhat : the largest split R-hat that is accepted; a larger one than the default is for quick looks.

    Returns
    -------
    LatentClasses : estimate (posterior median), low, high, mean (persons); Monte Carlo errors, effective sample sizes,
        split R-hat; the draws by chain.

    Raises
    ------
    NotIdentifiable : fewer than three lists, nobody observed, nobody on two lists, chains that do not agree.
    ValueError : the histories or an argument are malformed.

    References
    ----------
    Manrique-Vallier, D. (2016). Bayesian population size estimation using Dirichlet process mixtures. Biometrics 72,
        1246-1254.
    Geyer, C. J. (1991). Markov chain Monte Carlo maximum likelihood. Computing Science and Statistics 23, 156-163.
    Ishwaran, H. and James, L. F. (2001). Gibbs sampling methods for stick-breaking priors. JASA 96, 161-173.
    Neal, R. M. (2011). MCMC using Hamiltonian dynamics. Handbook of Markov Chain Monte Carlo, 113-162.
    Vehtari, A., Gelman, A., Simpson, D., Carpenter, B. and Bürkner, P.-C. (2021). Rank-normalization, folding, and
        localization: an improved R-hat for assessing convergence of MCMC. Bayesian Analysis 16, 667-718.
    """
    tail = (1 - confidence) / 2
    table = capture_table(histories)
    _check(table)
    most = 2 ** len(table.lists) - 1
    classes = min(MOST_CLASSES, most) if classes is None else classes
    if classes > most:
        raise Refusal(
            "out_of_range", f"{len(table.lists)} lists can tell {most} classes apart at most; `classes` is {classes}."
        )
    sampler = Sampler(_patterns(table), classes, inclusion, chains, seed)
    totals, occupied = sampler.run(draws, burn_in, thin)
    while (rhat := split_rhat(totals)) > most_rhat and totals.shape[1] < MOST_TIMES * draws:
        more = sampler.run(draws, 0, thin)
        totals, occupied = (np.concatenate(both, axis=1) for both in zip((totals, occupied), more, strict=True))
    if rhat > most_rhat:
        medians = np.median(totals, axis=1)
        raise NotIdentifiable(
            "chains_disagree",
            f"The chains do not agree on one posterior: split R-hat is {rhat:.3f}, above {most_rhat:g}, with medians "
            f"from {medians.min():,.0f} to {medians.max():,.0f} persons. More draws or a longer burn-in would help, "
            "fewer `classes`, or lists that overlap more.",
        )
    parts = {"estimate": 0.5, "low": tail, "high": 1 - tail}
    found = {name: float(np.quantile(totals, part)) for name, part in parts.items()}
    return LatentClasses(
        lists=table.lists,
        n=table.n,
        mean=float(totals.mean()),
        confidence=confidence,
        errors={name: quantile_error(totals, part) for name, part in parts.items()},
        rhat=rhat,
        bulk_ess=bulk_ess(totals),
        tail_ess=tail_ess(totals),
        draws=totals,
        occupied=occupied,
        classes=classes,
        inclusion=inclusion,
        note=_note(table, classes, occupied),
        **found,
    )


def _patterns(table: CaptureTable) -> Patterns:
    """Return the patterns that are not empty; lists are in the order of their names, whatever that of the columns."""
    lists = np.array(sorted(range(len(table.lists)), key=lambda place: table.lists[place]))
    places = np.flatnonzero(table.counts)
    on = places[:, None] >> lists & 1
    order = np.lexsort(on.T)
    return Patterns(on[order], table.counts[places].astype(np.int64)[order])


def _check(table: CaptureTable) -> None:
    """Refuse what no number of draws would make an estimate of."""
    if len(table.lists) < FEWEST_LISTS:
        raise NotIdentifiable(
            "too_few_lists",
            f"Latent classes take three lists or more; there are {len(table.lists)}. With two, `chapman` says what "
            "independence gives and how dependence would change it.",
        )
    require_overlap(table)


def _note(table: CaptureTable, classes: int, occupied: Whole) -> str:
    """Return the sentences on what the numbers rest on besides the data."""
    notes = [str(table.caution)] if table.caution else []
    full = float((occupied == classes).mean())
    if full > 0.5 and classes < 2 ** len(table.lists) - 1:
        notes.append(
            f"In {full:.0%} of the draws all {classes} classes hold persons: with more `classes` the result may differ."
        )
    return " ".join(notes)
