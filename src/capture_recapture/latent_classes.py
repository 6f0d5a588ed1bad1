"""The estimated total where persons differ: latent classes of persons, as many as a Dirichlet process needs.

Within a class lists are independent; between classes they are not, so that dependence between lists is a mixture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bounded import result_plots
from bounded.arguments import checked, each, number, pair, positive, whole
from bounded.notebook_result import NotebookResult
from bounded.refusal import Refusal
from capture_recapture.chains import bulk_ess, quantile_error, split_rhat, tail_ess
from capture_recapture.histories import CaptureTable, NotIdentifiable, capture_table, require_overlap, stratum_table
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
# Alpha of the concentration, Beta of the chances of being on a list: Manrique-Vallier's.
CONCENTRATION = (0.25, 0.25)
INCLUSION = (1.0, 1.0)
OTHER_CONCENTRATIONS = ((1.0, 1.0), (1.0, 0.1), (0.1, 0.1))
OTHER_INCLUSIONS = ((0.5, 0.5), (1.0, 3.0))


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
    concentration, inclusion : the priors.
    strata : one row a stratum: the column that says it, n, estimate, low, high (persons) and not_covered (names of
        lists); empty where no strata were given. The estimates do not add up to the total: the draws do.
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
    concentration: tuple[float, float]
    inclusion: tuple[float, float]
    strata: pd.DataFrame = field(repr=False)
    note: str = ""

    @property
    def interval(self) -> tuple[float, float]:
        """The limits of the total (persons)."""
        return self.low, self.high

    def plot(self, *, title: str = "") -> Figure:
        """The posterior of the total, with its median and limits."""
        totals, times = np.unique(self.draws, return_counts=True)
        return result_plots.distribution(
            totals,
            np.append(totals[1:] - 1, totals[-1]),
            times / self.draws.size,
            title=title or f"Persons on {len(self.lists)} lists or on none, by latent classes",
            xlabel="persons, on a list or on none",
            ylabel="posterior probability, %",
            middle=("median", self.estimate),
            limits=(f"{100 * self.confidence:g}% interval", self.low, self.high),
            observed=self.n,
        )


@checked(
    draws=whole(8),
    chains=whole(2),
    thin=whole(1),
    classes=whole(1),
    concentration=pair(positive, positive),
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
    concentration: tuple[float, float] = CONCENTRATION,
    inclusion: tuple[float, float] = INCLUSION,
    seed: int = SEED,
    confidence: float = 0.95,
    *,
    by: str | None = None,
    not_covered: Mapping[str, Sequence[object]] | None = None,
    most_rhat: float = MOST_RHAT,
) -> LatentClasses:
    """Estimate a population from overlapping lists under latent classes of persons (LCMCR, Manrique-Vallier).

    A person belongs to class k with probability π_k and is on list j with probability λ_jk, independently of the other
    lists. The shares π are broken from a stick, π_k = V_k Π_{l<k} (1 - V_l) with V_k ~ Beta(1, α) and the last V 1;
    α ~ Gamma, λ_jk ~ Beta, and p(N) ∝ 1/N. So few classes are used as the data ask for.

    The posterior is drawn in two ways in turn. Shares and chances move along trajectories of Hamiltonian Monte Carlo,
    the classes of persons integrated out: N can go far in one. Then persons are divided among classes, and shares and
    chances drawn from the division (Gibbs sampling). A posterior may have explanations that lie far apart, as when the
    persons of one list are a class of their own or not, between which a chain alone stays for thousands of iterations.
    So each chain has four companions, whose likelihood is taken to powers below 1 and with whom it changes places
    (parallel tempering). The length of steps is set in the burn-in.

    **Lists that do not cover a stratum.** A list that does not work in an area cannot know its persons: that they are
    not on it says nothing. Say which column `by` is the stratum, and by `not_covered` which lists do not cover which
    strata. Their entries are then missing, and the likelihood leaves them out: persons on no list are drawn for each
    stratum from the lists that cover it, N is the sum over strata, and p(N_s) ∝ 1/N_s for each stratum. Classes have
    the same shares and the same chances of being listed in all strata, so that strata borrow from one another. Where
    persons of the strata differ in more than who looked for them, estimate each stratum by itself (`stratified`).

    Parameters
    ----------
    histories : one 0/1 column a list and `count` (persons), a row a pattern; three lists or more. With `by`, that
        column too; a list that does not cover a stratum has 0 there.
    draws : that are kept, a chain; up to four times as many if the chains do not agree before (see `most_rhat`).
    chains : that are run side by side, from one stream of random numbers: another number of them changes all.
    burn_in : iterations before the first draw, a chain; the length of steps is set in them.
    thin : iterations a draw.
    classes : the most classes there can be, up to 2**lists - 1; by default that, or ten if it is less.
    concentration : shape and rate of the Gamma prior of α.
    inclusion : both parameters of the Beta prior of each chance of being on a list.
    seed : of all chains.
    confidence : posterior probability between the limits.
    by : a column that says the stratum.
    not_covered : name of a list -> the strata it does not cover.
    most_rhat : the largest split R-hat that is accepted; a larger one than the default is for quick looks.

    Returns
    -------
    LatentClasses : estimate (posterior median), low, high, mean (persons); Monte Carlo errors, effective sample sizes,
        split R-hat; the draws by chain.

    Raises
    ------
    NotIdentifiable : fewer than three lists, nobody observed, nobody on two lists, chains that do not agree, a stratum
        that no list covers.
    ValueError : the histories or an argument are malformed, or somebody is on a list that does not cover the stratum.

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
    data, table, strata = _data(histories, by, not_covered)
    most = 2 ** len(table.lists) - 1
    classes = min(MOST_CLASSES, most) if classes is None else classes
    if classes > most:
        raise Refusal(
            "out_of_range", f"{len(table.lists)} lists can tell {most} classes apart at most; `classes` is {classes}."
        )
    sampler = Sampler(data, classes, concentration, inclusion, chains, seed)
    by_stratum, occupied = sampler.run(draws, burn_in, thin)
    while (rhat := split_rhat(by_stratum.sum(axis=2))) > most_rhat and by_stratum.shape[1] < MOST_TIMES * draws:
        more = sampler.run(draws, 0, thin)
        by_stratum, occupied = (np.concatenate(both, axis=1) for both in zip((by_stratum, occupied), more, strict=True))
    totals = by_stratum.sum(axis=2)
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
        concentration=concentration,
        inclusion=inclusion,
        strata=_of_strata(strata, data, by_stratum, tail),
        note=_note(table, classes, occupied),
        **found,
    )


@checked(
    concentrations=each(pair(positive, positive), least=0),
    classes=each(whole(1), least=0),
    inclusions=each(pair(positive, positive), least=0),
)
def prior_sensitivity(
    histories: pd.DataFrame,
    concentrations: Sequence[tuple[float, float]] = OTHER_CONCENTRATIONS,
    classes: Sequence[int] = (2, 5),
    inclusions: Sequence[tuple[float, float]] = OTHER_INCLUSIONS,
    **choice: object,
) -> pd.DataFrame:
    """Estimate again under other priors, one changed at a time: what moves with them the data do not say.

    Parameters
    ----------
    histories : as `latent_classes` takes them.
    concentrations : other shapes and rates of the Gamma prior of α.
    classes : other largest numbers of classes.
    inclusions : other Beta priors of the chances of being on a list.
    **choice : all else that `latent_classes` takes, for every row.

    Returns
    -------
    Table, the first row with the priors of `latent_classes`: prior (what was changed), concentration, classes,
        inclusion, estimate, low, high, error (persons; Monte Carlo, of the estimate), rhat, note (why there is none).

    Raises
    ------
    NotIdentifiable : the lists cannot carry an estimate, whatever the prior.

    References
    ----------
    Manrique-Vallier, D. (2016). Bayesian population size estimation using Dirichlet process mixtures. Biometrics 72,
        1246-1254.
    """
    changes: list[tuple[str, dict[str, object]]] = [("as `latent_classes`", {})]
    changes += [(f"α ~ Gamma({shape:g}, {rate:g})", {"concentration": (shape, rate)}) for shape, rate in concentrations]
    changes += [(f"{number} classes at most", {"classes": number}) for number in classes]
    changes += [(f"λ ~ Beta({one:g}, {other:g})", {"inclusion": (one, other)}) for one, other in inclusions]
    rows = []
    for name, change in changes:
        row: dict[str, object] = {"prior": name}
        try:
            result = latent_classes(histories, **{**choice, **change})  # type: ignore[arg-type]
        except NotIdentifiable as refusal:
            if refusal.code != "chains_disagree":
                raise
            row |= {"concentration": change.get("concentration"), "inclusion": change.get("inclusion")}
            row |= {"classes": change.get("classes"), "note": f"refused: {refusal}"}
        else:
            row |= {part: getattr(result, part) for part in ("concentration", "classes", "inclusion")}
            row |= {part: getattr(result, part) for part in ("estimate", "low", "high", "rhat", "note")}
            row["error"] = result.errors["estimate"]
        rows.append(row)
    columns = ["prior", "concentration", "classes", "inclusion", "estimate", "low", "high", "error", "rhat", "note"]
    return pd.DataFrame(rows, columns=columns)


def _data(
    histories: pd.DataFrame, by: str | None, not_covered: Mapping[str, Sequence[object]] | None
) -> tuple[Patterns, CaptureTable, pd.DataFrame]:
    """The rows, the table of all strata together, and the strata with the lists that do not cover them."""
    if by is None:
        if not_covered:
            raise Refusal("no_strata", "`not_covered` names strata: say by `by` which column holds them.")
        table = capture_table(histories)
        counts, strata = table.counts[:, None], pd.DataFrame({"not_covered": [()]})
    else:
        in_strata = stratum_table(histories, by)
        table, counts = in_strata.pooled, in_strata.counts
        strata = in_strata.strata.assign(not_covered=_uncovered(in_strata.labels, table, by, not_covered or {}))
    # In the order of their names, so that the order of columns changes no number.
    lists = sorted(range(len(table.lists)), key=lambda place: table.lists[place])
    away = [[table.lists[bit] in names for bit in lists] for names in strata["not_covered"]]
    covered = ~np.array(away, dtype=bool)
    _check(table, covered, strata, by)
    places, at = np.nonzero(counts)
    on = places[:, None] >> np.array(lists) & 1
    wrong = on.astype(bool) & ~covered[at]
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise Refusal(
            "listed_where_not_covered",
            f"Persons of stratum '{strata[by].iloc[at[row]]}' are on the list {table.lists[lists[column]]}, which is "
            "said not to cover it.",
        )
    order = np.lexsort((*on.T, at))
    entries = np.concatenate([np.where(covered[at], on, 2)[order], np.where(covered, 0, 2)])
    return Patterns(entries, counts[places, at].astype(np.int64)[order], at[order], covered), table, strata


def _uncovered(
    labels: list[str], table: CaptureTable, by: str, not_covered: Mapping[str, Sequence[object]]
) -> list[tuple[str, ...]]:
    """For each stratum the lists that do not cover it."""
    for name, strata in not_covered.items():
        table.place([name])
        for stratum in _each(strata):
            if str(stratum) not in labels:
                raise Refusal(
                    "unknown_stratum", f"'{by}' has no '{stratum}', which {name} is said not to cover: it has {labels}."
                )
    away = {
        name: [strata] if isinstance(strata, str) else list(map(str, strata)) for name, strata in not_covered.items()
    }
    return [tuple(name for name in table.lists if label in away.get(name, ())) for label in labels]


def _each(strata: Sequence[object]) -> Sequence[object]:
    return [strata] if isinstance(strata, str) else strata


def _check(table: CaptureTable, covered: NDArray[np.bool_], strata: pd.DataFrame, by: str | None) -> None:
    """Refuse what no number of draws would make an estimate of."""
    if len(table.lists) < FEWEST_LISTS:
        raise NotIdentifiable(
            "too_few_lists",
            f"Latent classes take three lists or more; there are {len(table.lists)}. With two, `chapman` says what "
            "independence gives and how dependence would change it.",
        )
    require_overlap(table)
    if not covered.any(axis=1).all():
        stratum = strata[by].iloc[int(covered.any(axis=1).argmin())]
        raise NotIdentifiable("stratum_not_covered", f"No list covers the stratum '{stratum}': leave it out.")


def _of_strata(strata: pd.DataFrame, data: Patterns, draws: Whole, tail: float) -> pd.DataFrame:
    """One row a stratum, if strata were given."""
    columns = [name for name in strata.columns if name != "not_covered"]
    limits = np.quantile(draws, [0.5, tail, 1 - tail], axis=(0, 1))
    seen = np.bincount(data.strata, data.counts, len(data.covered)).astype(np.int64)
    table = strata[columns].assign(n=seen, estimate=limits[0], low=limits[1], high=limits[2])
    table["not_covered"] = [", ".join(names) for names in strata["not_covered"]]
    return table if columns else table.iloc[:0]


def _note(table: CaptureTable, classes: int, occupied: Whole) -> str:
    """What the numbers rest on besides the data."""
    notes = [str(table.caution)] if table.caution else []
    full = float((occupied == classes).mean())
    if full > 0.5 and classes < 2 ** len(table.lists) - 1:
        notes.append(
            f"In {full:.0%} of the draws all {classes} classes hold persons: with more `classes` the result may differ."
        )
    return " ".join(notes)
