"""Hidden populations by the networks of respondents: the network scale-up method, and respondent-driven sampling.

The size of a population from how many of its members respondents know; shares of a population from respondents who
recruited each other (RDS-II).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bounded import intervals, result_plots
from bounded.arguments import as_numbers, by_name, checked, positive, whole
from bounded.notebook_result import NotebookResult
from bounded.refusal import Caution, Refusal, require_columns, require_values
from capture_recapture.histories import NotIdentifiable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ASSUMPTIONS = (
    "Transmission: respondents know it of everybody in their network who belongs to the hidden population. Trafficking "
    "is concealed, so the estimate is likely to be too low.",
    "Barriers: everybody is as likely to know members of the hidden population as of the known ones. Those who live "
    "apart are met by few, and by the same few.",
    "Popularity: members of the hidden population are known by as many persons as others are. Those who are held or "
    "moved are known by fewer, so the estimate is likely to be too low.",
    "Recall: respondents count rightly whom they know, in the known populations and in the hidden one.",
)

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ScaleUp(NotebookResult):
    """The size of a hidden population by the network scale-up method.

    Parameters
    ----------
    estimate : persons.
    low, high : limits of the chance of who was asked, persons; the assumptions are not in them.
    confidence : level of the limits.
    replicates : samples of respondents drawn for the limits.
    prevalence : estimate / total population, a share.
    n : respondents in the estimate.
    mean_degree : persons a respondent knows, on average.
    degrees : one row a respondent in the estimate, by its label in the data: persons known.
    left_out : row (label in the data), reason.
    check : each known population as if it were hidden: known, size, estimate (persons), low, high (limits), ratio
        (estimate / size; far from 1 shows that the assumptions fail). Empty if there is one known population only.
    method : the estimator and its limits in words.
    assumptions : what the estimate rests on and the answers cannot test, one sentence each.
    warnings : what a reader must know of these answers, one sentence each.
    """

    estimate: float
    low: float
    high: float
    confidence: float
    replicates: int
    prevalence: float
    n: int
    mean_degree: float
    degrees: pd.Series = field(repr=False)
    left_out: pd.DataFrame = field(repr=False)
    check: pd.DataFrame
    method: str
    assumptions: tuple[str, ...]
    warnings: tuple[Caution, ...]

    def _shown(self) -> dict[str, object]:
        # Rows of `left_out` are respondents: they are counted.
        return super()._shown() | {"left_out": len(self.left_out)}

    def plot(self, *, title: str = "") -> Figure:
        """Draw each known population as estimated from the others, as a ratio to its size: all should be at 1."""
        ratios = self.check[["estimate", "estimate", "low", "high"]].div(self.check["size"], axis=0)
        return result_plots.rows(
            self.check["known"].tolist(),
            {f"estimate and {intervals.percent(self.confidence)} interval": tuple(ratios.to_numpy().T)},
            title=title or "Known populations as if they were hidden",
            xlabel="estimate divided by the known size",
            at={"estimate equals the size": 1.0},
        )


@checked(total_population=positive, known=by_name(positive), replicates=whole(1))
def network_scale_up(
    respondents: pd.DataFrame,
    total_population: float,
    known: Mapping[str, float],
    *,
    hidden: str = "hidden",
    confidence: float = 0.95,
    replicates: int = 2000,
    seed: int = 1,
) -> ScaleUp:
    """Estimate the size of a hidden population from how many of its members respondents know.

    A respondent's degree is the members of known populations they know, scaled up to the total population; the hidden
    population's share is the hidden persons known, divided by all degrees. Limits are percentiles of a bootstrap of
    respondents, each of whom counts the same; where nobody knows a hidden person, the upper limit is that of a Poisson
    count of 0.

    Parameters
    ----------
    respondents : one row a respondent: a column for each known population, and `hidden`: how many of its members the
        respondent knows (whole numbers). A row with a missing answer is left out and reported.
    total_population : persons.
    known : size of each known population (persons), by the name of its column.
    hidden : column of the hidden population.
    confidence : level of the limits, between 0 and 1.
    replicates, seed : of the bootstrap.

    Returns
    -------
    ScaleUp : estimate, low, high (persons), prevalence (share), mean_degree (persons), n (respondents), `check` (each
        known population estimated from the others), left_out, assumptions and warnings.

    Raises
    ------
    NotIdentifiable : there is no known population, fewer than two respondents answered all, or nobody knows anybody of
        a known population.
    ValueError : a column is missing, an answer is negative or no whole number (the row is named), or a size is not
        above 0 or above the total population.

    References
    ----------
    Killworth, P. D., McCarty, C., Bernard, H. R., Shelley, G. A. and Johnsen, E. C. (1998). Estimation of
        seroprevalence, rape, and homelessness in the United States using a social network approach. Evaluation Review
        22, 289-308.
    """
    sizes = _sizes(known, total_population)
    answers, complete = _answers(respondents, [*sizes.index, hidden])
    if complete.sum() < 2:
        raise NotIdentifiable(
            "too_few_rows",
            f"{complete.sum()} respondents answered for all populations; at least two are needed, and some hundreds "
            "for an interval of use.",
        )
    met, reported = answers[complete, :-1], answers[complete, -1]
    if not met.any():
        raise NotIdentifiable(
            "no_known_contacts",
            "No respondent knows anybody of the known populations, so that nothing shows how many persons respondents "
            "know. Ask of larger populations.",
        )
    # Of each sample drawn only the sums of answers are kept; row 0 is the sample itself.
    rng, equal = np.random.default_rng(seed), np.full(len(met), 1 / len(met))
    drawn = [rng.multinomial(len(met), equal) @ answers[complete] for _ in range(replicates)]
    sums = np.array([answers[complete].sum(axis=0), *drawn])
    estimate, low, high = _scaled(sums[:, -1], sums[:, :-1].sum(axis=1), sizes.sum(), confidence)
    degrees = total_population * met.sum(axis=1) / sizes.sum()
    check = []
    for place, name in enumerate(sizes.index if len(sizes) > 1 else ()):
        others = sums[:, :-1].sum(axis=1) - sums[:, place]
        limits = _scaled(sums[:, place], others, sizes.drop(name).sum(), confidence)
        check.append((name, sizes[name], *limits, limits[0] / sizes[name]))
    return ScaleUp(
        estimate=estimate,
        low=low,
        high=high,
        confidence=confidence,
        replicates=replicates,
        prevalence=estimate / total_population,
        n=int(complete.sum()),
        mean_degree=float(degrees.mean()),
        degrees=pd.Series(degrees, index=respondents.index[complete], name="degree"),
        left_out=pd.DataFrame({"row": respondents.index[~complete], "reason": "an answer is missing"}),
        check=pd.DataFrame(check, columns=["known", "size", "estimate", "low", "high", "ratio"]),
        method=f"Scale-up (Killworth et al. 1998); bootstrap of respondents, {replicates:,} replicates, seed {seed}.",
        assumptions=ASSUMPTIONS,
        warnings=_scale_up_warnings(complete, reported, len(sizes)),
    )


def _scaled(persons: Floats, known: Floats, size: float, confidence: float) -> tuple[float, float, float]:
    """The number of persons and its limits, from the persons met, and those met of known populations of size `size`.

    The first of each is of the sample itself, the others of samples drawn from it.
    """
    if not known[0]:
        return np.nan, np.nan, np.nan
    met = known[1:] > 0  # a sample of nobody but respondents who know none of these has no estimate
    low, high = np.quantile(size * persons[1:][met] / known[1:][met], [(1 - confidence) / 2, (1 + confidence) / 2])
    if not persons[0]:
        high = intervals.poisson_interval(0, confidence)[1] * size / known[0]
    return float(size * persons[0] / known[0]), float(low), float(high)


def _sizes(known: Mapping[str, float], total_population: float) -> pd.Series:
    if not len(known):
        raise NotIdentifiable(
            "no_known_populations",
            "There is no population of known size, so that nothing shows how many persons respondents know. Ask how "
            "many they know of several groups with official figures, as teachers, births of last year or a first name.",
        )
    sizes = pd.Series(dict(known), dtype=float)
    bad = sizes > total_population
    if bad.any():
        raise Refusal(
            "out_of_range",
            f"The known population '{sizes.index[bad.argmax()]}' has the size {sizes[bad].iloc[0]:g}: it is no "
            f"more than the total population of {total_population:,.0f}.",
        )
    return sizes


def _answers(respondents: pd.DataFrame, columns: list[str]) -> tuple[Floats, NDArray[np.bool_]]:
    """The answers (respondents, columns), and which respondents answered all."""
    require_columns(respondents, columns, "respondents")
    for column in columns:
        answer = respondents[column]
        number = as_numbers(answer).to_numpy(dtype=float, na_value=np.nan)
        require_values(
            answer,
            answer.isna().to_numpy() | ((number >= 0) & (number == np.floor(number)) & np.isfinite(number)),
            "not_whole_number",
            "; a number of persons known is a whole number from 0 up. Leave an answer as 'many' empty, and the "
            "respondent is left out and reported",
        )
    table = respondents[columns].apply(pd.to_numeric).to_numpy(dtype=float, na_value=np.nan)
    return table, ~np.isnan(table).any(axis=1)


def _scale_up_warnings(complete: NDArray[np.bool_], reported: Floats, known: int) -> tuple[Caution, ...]:
    return Caution.kept(
        Caution.when(
            not complete.all(),
            "unknown_left_out",
            f"{(~complete).sum()} of {len(complete)} respondents are left out: an answer is missing.",
        ),
        Caution.when(
            known == 1,
            "one_known_population",
            "There is one known population only: the method cannot be tried on a population of known size.",
        ),
        Caution.when(
            not reported.any(),
            "no_members_known",
            "No respondent knows a member of the hidden population: it may be small, or hidden from them.",
        ),
    )


# Shorter chains have hardly forgotten whom they started from (Heckathorn 1997 expects four to six waves).
FEWEST_WAVES = 4
ASSUMPTION = (
    "Respondents know each other both ways, recruit at random among those they know, and report truly how many these "
    "are; the network is connected, and the chains are long enough to forget their seeds. The sample cannot show it."
)

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class RespondentDriven(NotebookResult):
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
    replicates : samples along the trees for the limits; 0 where there are none.
    interval : how low and high were made, or why there are none.
    assumption : what the estimate rests on and the sample cannot test.
    warnings : what a reader must know of this sample, one sentence each.
    """

    table: pd.DataFrame
    convergence: pd.DataFrame
    n: int
    seeds: int
    waves: int
    left_out: pd.DataFrame = field(repr=False)
    confidence: float
    replicates: int
    interval: str
    assumption: str
    warnings: tuple[Caution, ...]

    def _shown(self) -> dict[str, object]:
        # Rows of `left_out` are respondents: they are counted.
        return super()._shown() | {"left_out": len(self.left_out)}

    def plot(self, *, title: str = "") -> Figure:
        """Draw the share of each category in percent, with its limits where there are any."""
        percent = 100 * self.table[["estimate", "estimate", "low", "high"]].to_numpy().T
        return result_plots.rows(
            self.table["outcome"].tolist(),
            {f"estimate and {intervals.percent(self.confidence)} interval": tuple(percent)},
            title=title or f"Shares by RDS-II, {self.n:,} respondents",
            xlabel="percent of the population",
        )


@checked(replicates=whole(1))
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
    degrees, usable, named = outcomes_by_degree(data, outcome, degree)
    weight = np.where(usable, 1 / np.where(usable, degrees, 1), 0)
    kind, categories = pd.factorize(named, sort=True)
    parent = _parents(data, person, recruiter)
    wave = _waves(parent, data.index)
    recruited = parent >= 0
    estimate = shares(kind, weight, len(categories))
    low = high = np.full(len(categories), np.nan)
    interval = no_interval = _no_interval(parent)
    if not no_interval:
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
                "without_seeds": shares(kind, np.where(recruited, weight, 0), len(categories)),
                "homophily": _homophily(kind[parent[recruited]], kind[recruited], estimate),
            }
        ),
        convergence=pd.concat(
            [
                pd.DataFrame(
                    {
                        "outcome": categories,
                        "wave": last,
                        "estimate": shares(kind, np.where(wave <= last, weight, 0), len(categories)),
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
        replicates=0 if no_interval else replicates,
        interval=interval,
        assumption=ASSUMPTION,
        warnings=_recruitment_warnings(usable, recruited, int(wave.max()), degree),
    )


def outcomes_by_degree(data: pd.DataFrame, outcome: str, degree: str) -> tuple[Floats, NDArray[np.bool_], pd.Series]:
    """Return degrees, which of them are above 0, and outcomes as text ("unknown" where missing), of each respondent.

    Parameters
    ----------
    data, outcome, degree : as of `rds_ii`.

    Raises
    ------
    NotIdentifiable : nobody has a degree above 0.
    ValueError : a column is missing.
    """
    require_columns(data, [outcome, degree], "respondents")
    degrees = as_numbers(data[degree]).to_numpy(dtype=float, na_value=np.nan)
    usable = np.isfinite(degrees) & (degrees > 0)
    if not usable.any():
        raise NotIdentifiable(
            "no_positive_degree",
            f"No respondent has a degree above 0 in '{degree}', and without it nobody's chance to be recruited is "
            "known. Ask each respondent how many persons of the population they know.",
        )
    return degrees, usable, data[outcome].astype(object).where(data[outcome].notna(), "unknown").astype(str)


def shares(kind: Ints, weight: Floats, categories: int) -> Floats:
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
    """Return how many recruitments each respondent is away from the seed."""
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
    """Return the reason why the trees give no interval; empty where they do."""
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


def _recruitment_warnings(
    usable: NDArray[np.bool_], recruited: NDArray[np.bool_], waves: int, degree: str
) -> tuple[Caution, ...]:
    left_out = f"{(~usable).sum()} of {len(usable)} respondents are left out"
    some = recruited.any()
    return Caution.kept(
        Caution.when(not usable.all(), "unknown_left_out", f"{left_out}: their '{degree}' is missing or not above 0."),
        Caution.when(
            some and (~recruited).sum() == 1,
            "one_seed",
            "All respondents come from one seed: a part of the population without links to it is not reached.",
        ),
        Caution.when(
            some and waves < FEWEST_WAVES,
            "few_waves",
            f"The longest chain has {waves} waves; below {FEWEST_WAVES} the choice of seeds still shows.",
        ),
    )
