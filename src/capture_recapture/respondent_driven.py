"""Shares of a hidden population from respondents who recruited each other: RDS-II, its interval and diagnostics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bounded import intervals, result_plots
from bounded.refusal import Caution, Refusal
from capture_recapture.histories import NotIdentifiable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Shorter chains have hardly forgotten whom they started from (Heckathorn 1997 expects four to six waves).
FEWEST_WAVES = 4
ASSUMPTION = (
    "Respondents know each other both ways, recruit at random among those they know, and report truly how many these "
    "are; the network is connected, and the chains are long enough to forget their seeds. The sample cannot show it."
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class RespondentDriven:
    """Shares of a population reached by respondent-driven sampling.

    Parameters
    ----------
    table : one row a category of the outcome: outcome (text), n (respondents), estimate, low, high (shares from 0 to
        1), without_seeds (the estimate without the seeds), homophily (1: recruits its own kind only, 0: as the shares
        have it, -1: others only; missing where it recruits nobody).
    convergence : outcome, wave, estimate: shares by the respondents up to that wave; it should settle.
    n : respondents in the estimate.
    seeds : respondents nobody recruited.
    waves : recruitments in the longest chain.
    left_out : row (label in the data), reason: those without a usable degree; they keep their place in the chains.
    confidence : level of low and high.
    interval : how low and high were made, or why there are none.
    assumption : what the estimate rests on and the sample cannot test.
    warnings : what a reader must know of this sample, one sentence each.
    """

    table: pd.DataFrame
    convergence: pd.DataFrame
    n: int
    seeds: int
    waves: int
    left_out: pd.DataFrame
    confidence: float
    interval: str
    assumption: str
    warnings: tuple[Caution, ...]

    def plot(self, *, title: str = "") -> Figure:
        """The share of each category in percent, with its limits where there are any."""
        percent = 100 * self.table[["estimate", "estimate", "low", "high"]].to_numpy().T
        return result_plots.rows(
            self.table["outcome"].tolist(),
            {f"estimate and {100 * self.confidence:g}% interval": tuple(percent)},
            title=title or f"Shares by RDS-II, {self.n:,} respondents",
            xlabel="percent of the population",
        )


def rds_ii(
    data: pd.DataFrame,
    outcome: str,
    degree: str,
    *,
    person: str = "id",
    recruiter: str = "recruiter",
    confidence: float = 0.95,
    replicates: int = 2000,
    seed: int = 1,
) -> RespondentDriven:
    """Estimate the share of each category of an outcome from a respondent-driven sample.

    Each respondent weighs 1 / degree, since who is known by many is recruited more often. Seeds are included, as in the
    estimator as published; `without_seeds` shows what they do. Limits are percentiles of a bootstrap along the
    recruitment trees: seeds are drawn with replacement, then for each person drawn as many of its recruits. They are
    wide rather than narrow. Without recruitment links there are no limits, as those of one chain are no independent
    draws.

    Parameters
    ----------
    data : one row a respondent, with the columns named below.
    outcome : column of categories; missing is the category "unknown".
    degree : column with the number of persons of the population whom the respondent knows.
    person, recruiter : columns with the respondent's id, and with the id of who recruited them, missing for seeds.
        Where there is no column `recruiter`, or nothing in it, there are no links.
    confidence : level of the limits, between 0 and 1.
    replicates, seed : of the bootstrap.

    Returns
    -------
    RespondentDriven : `table` (one row a category: n, estimate, low, high from 0 to 1, without_seeds, homophily),
        `convergence` by wave, seeds, waves, left_out and warnings.

    Raises
    ------
    NotIdentifiable : there are no respondents, or none with a degree above 0.
    ValueError : a column is missing, an id is missing or given twice, a recruiter is no respondent, or recruitment goes
        round in a circle; the row is named.

    References
    ----------
    Volz, E. and Heckathorn, D. D. (2008). Probability based estimation theory for respondent driven sampling. Journal
        of Official Statistics 24, 79-97.
    Baraff, A. J., McCormick, T. H. and Raftery, A. E. (2016). Estimating uncertainty in respondent-driven sampling
        using a tree bootstrap method. PNAS 113, 14668-14673.
    Heckathorn, D. D. (1997). Respondent-driven sampling: a new approach to the study of hidden populations. Social
        Problems 44, 174-199.
    Heckathorn, D. D. (2002). Respondent-driven sampling II: deriving valid population estimates from chain-referral
        samples of hidden populations. Social Problems 49, 11-34.
    """
    intervals.check_confidence(confidence)
    for column in (outcome, degree):
        if column not in data:
            raise Refusal("missing_column", f"The respondents have no column '{column}'.")
    degrees = pd.to_numeric(data[degree], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    usable = np.isfinite(degrees) & (degrees > 0)
    if not usable.any():
        raise NotIdentifiable(
            "no_positive_degree",
            f"No respondent has a degree above 0 in '{degree}', and without it nobody's chance to be recruited is "
            "known. Ask each respondent how many persons of the population they know.",
        )
    weight = np.where(usable, 1 / np.where(usable, degrees, 1), 0)
    named = data[outcome].astype(object).where(data[outcome].notna(), "unknown").astype(str)
    kind, categories = pd.factorize(named, sort=True)
    parent = _parents(data, person, recruiter)
    wave = _waves(parent, data.index)
    recruited = parent >= 0
    estimate = _shares(kind, weight, len(categories))
    low = high = np.full(len(categories), np.nan)
    interval = _no_interval(parent)
    if not interval:
        drawn = _tree_bootstrap(parent, kind, weight, len(categories), replicates, np.random.default_rng(seed))
        low, high = np.quantile(drawn, [(1 - confidence) / 2, (1 + confidence) / 2], axis=0)
        interval = f"Tree bootstrap (Baraff et al. 2016), {replicates:,} replicates, seed {seed}."
    return RespondentDriven(
        table=pd.DataFrame(
            {
                "outcome": categories,
                "n": np.bincount(kind[usable], minlength=len(categories)),
                "estimate": estimate,
                "low": low,
                "high": high,
                "without_seeds": _shares(kind, np.where(recruited, weight, 0), len(categories)),
                "homophily": _homophily(kind[parent[recruited]], kind[recruited], estimate),
            }
        ),
        convergence=pd.concat(
            [
                pd.DataFrame(
                    {
                        "outcome": categories,
                        "wave": last,
                        "estimate": _shares(kind, np.where(wave <= last, weight, 0), len(categories)),
                    }
                )
                for last in range(int(wave.max()) + 1)
            ],
            ignore_index=True,
        ),
        n=int(usable.sum()),
        seeds=int((~recruited).sum()),
        waves=int(wave.max()),
        left_out=pd.DataFrame({"row": data.index[~usable], "reason": f"'{degree}' is missing or not above 0"}),
        confidence=confidence,
        interval=interval,
        assumption=ASSUMPTION,
        warnings=tuple(_warnings(usable, recruited, int(wave.max()), degree)),
    )


def _shares(kind: Ints, weight: Floats, categories: int) -> Floats:
    """The share of each category by weight; missing if nobody has one."""
    sums = np.bincount(kind, weights=weight, minlength=categories)
    return sums / sums.sum() if sums.sum() else np.full(categories, np.nan)


def _parents(data: pd.DataFrame, person: str, recruiter: str) -> Ints:
    """The position of each respondent's recruiter; -1 for seeds."""
    if recruiter not in data or data[recruiter].isna().all():
        return np.full(len(data), -1)
    if person not in data:
        raise Refusal(
            "missing_person_ids",
            f"The respondents have recruiters in '{recruiter}', but no ids of their own in '{person}'.",
        )
    ids = pd.Index(data[person])
    bad = ids.isna() | ids.duplicated()
    if bad.any():
        raise Refusal(
            "invalid_id", f"Row {data.index[bad.argmax()]}: the id '{ids[bad.argmax()]}' is missing or given twice."
        )
    parent = ids.get_indexer(pd.Index(data[recruiter]))
    lost = (parent < 0) & data[recruiter].notna().to_numpy()
    if lost.any():
        row = int(lost.argmax())
        raise Refusal(
            "unknown_recruiter",
            f"Row {data.index[row]}: the recruiter '{data[recruiter].iloc[row]}' is no respondent. Leave it empty for "
            "a seed; where the recruiter's own row was lost, the chain is broken there, and that person is a seed too.",
        )
    return parent


def _waves(parent: Ints, labels: pd.Index) -> Ints:
    """How many recruitments each respondent is away from the seed."""
    wave = np.where(parent < 0, 0, -1)
    for last in range(len(parent)):
        after = (wave < 0) & (wave[parent] == last)
        if not after.any():
            break
        wave[after] = last + 1
    if (wave < 0).any():
        raise Refusal(
            "circular_chain",
            f"Row {labels[(wave < 0).argmax()]}: this respondent's chain has no seed, since it goes round in a circle. "
            "Correct who recruited whom.",
        )
    return wave


def _no_interval(parent: Ints) -> str:
    """Why the trees give no interval; empty where they do."""
    if (parent < 0).all():
        return "No interval: no recruitment links are given, and those of one chain are no independent draws."
    if (parent < 0).sum() == 1 and np.bincount(parent[parent >= 0]).max() == 1:
        return "No interval: one chain without a branch does not show how far another would be from it."
    return ""


def _tree_bootstrap(
    parent: Ints, kind: Ints, weight: Floats, categories: int, replicates: int, rng: np.random.Generator
) -> Floats:
    """Shares in samples drawn along the trees (replicates, categories); all replicates go down one wave at a time."""
    recruits = np.argsort(parent, kind="stable")
    seeds = recruits[: (parent < 0).sum()]
    recruits = recruits[len(seeds) :]
    many = np.bincount(parent[parent >= 0], minlength=len(parent))
    first = np.cumsum(many) - many
    sums = np.zeros(replicates * categories)
    replicate = np.repeat(np.arange(replicates), len(seeds))
    drawn = rng.choice(seeds, len(replicate))
    while len(drawn):
        sums += np.bincount(replicate * categories + kind[drawn], weights=weight[drawn], minlength=len(sums))
        replicate, whose = np.repeat(replicate, many[drawn]), np.repeat(drawn, many[drawn])
        drawn = recruits[first[whose] + rng.integers(many[whose])]
    table = sums.reshape(replicates, categories)
    # A sample of nobody but persons who are left out has no shares.
    return table[table.sum(axis=1) > 0] / table.sum(axis=1, keepdims=True)[table.sum(axis=1) > 0]


def _homophily(by: Ints, of: Ints, share: Floats) -> Floats:
    """Heckathorn's homophily: how far recruitment within a category departs from the category's share."""
    made = np.bincount(by, minlength=len(share))
    own = np.bincount(by[by == of], minlength=len(share))
    with np.errstate(invalid="ignore", divide="ignore"):
        within = own / made
        return np.where(within >= share, (within - share) / (1 - share), (within - share) / share)


def _warnings(usable: NDArray[np.bool_], recruited: NDArray[np.bool_], waves: int, degree: str) -> list[Caution]:
    found = []
    if not usable.all():
        left_out = f"{(~usable).sum()} of {len(usable)} respondents are left out"
        found.append(Caution("unknown_left_out", f"{left_out}: their '{degree}' is missing or not above 0."))
    if not recruited.any():
        return found
    if (~recruited).sum() == 1:
        found.append(
            Caution(
                "one_seed",
                "All respondents come from one seed: a part of the population without links to it is not reached.",
            )
        )
    if waves < FEWEST_WAVES:
        found.append(
            Caution(
                "few_waves",
                f"The longest chain has {waves} waves; below {FEWEST_WAVES} the choice of seeds still shows.",
            )
        )
    return found
