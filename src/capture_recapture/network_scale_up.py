"""The size of a hidden population from how many of its members respondents know: the network scale-up method."""

from __future__ import annotations

from collections.abc import Mapping
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
class ScaleUp:
    """The size of a hidden population by the network scale-up method.

    Parameters
    ----------
    estimate : persons.
    low, high : limits of the chance of who was asked, persons; the assumptions are not in them.
    confidence : level of the limits.
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
    prevalence: float
    n: int
    mean_degree: float
    degrees: pd.Series
    left_out: pd.DataFrame
    check: pd.DataFrame
    method: str
    assumptions: tuple[str, ...]
    warnings: tuple[Caution, ...]

    def plot(self, *, title: str = "") -> Figure:
        """Each known population as estimated from the others, as a ratio to its size: all should be at 1."""
        ratios = self.check[["estimate", "estimate", "low", "high"]].div(self.check["size"], axis=0)
        return result_plots.rows(
            self.check["known"].tolist(),
            {f"estimate and {100 * self.confidence:g}% interval": tuple(ratios.to_numpy().T)},
            title=title or "Known populations as if they were hidden",
            xlabel="estimate divided by the known size",
            at={"estimate equals the size": 1.0},
        )


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
    intervals.check_confidence(confidence)
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
        prevalence=estimate / total_population,
        n=int(complete.sum()),
        mean_degree=float(degrees.mean()),
        degrees=pd.Series(degrees, index=respondents.index[complete], name="degree"),
        left_out=pd.DataFrame({"row": respondents.index[~complete], "reason": "an answer is missing"}),
        check=pd.DataFrame(check, columns=["known", "size", "estimate", "low", "high", "ratio"]),
        method=f"Scale-up (Killworth et al. 1998); bootstrap of respondents, {replicates:,} replicates, seed {seed}.",
        assumptions=ASSUMPTIONS,
        warnings=tuple(_warnings(complete, reported, len(sizes))),
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
    if not (np.isfinite(total_population) and total_population > 0):
        raise Refusal("not_positive", f"The total population is a number of persons above 0; it is {total_population}.")
    if not len(known):
        raise NotIdentifiable(
            "no_known_populations",
            "There is no population of known size, so that nothing shows how many persons respondents know. Ask how "
            "many they know of several groups with official figures, as teachers, births of last year or a first name.",
        )
    sizes = pd.Series(dict(known), dtype=float)
    bad = ~(np.isfinite(sizes) & (sizes > 0) & (sizes <= total_population))
    if bad.any():
        raise Refusal(
            "out_of_range",
            f"The known population '{sizes.index[bad.argmax()]}' has the size {sizes[bad].iloc[0]:g}: it must be "
            f"above 0 and no more than the total population of {total_population:,.0f}.",
        )
    return sizes


def _answers(respondents: pd.DataFrame, columns: list[str]) -> tuple[Floats, NDArray[np.bool_]]:
    """The answers (respondents, columns), and which respondents answered all."""
    for column in columns:
        if column not in respondents:
            raise Refusal(
                "missing_column",
                f"The respondents have no column '{column}': how many of these persons each of them knows.",
            )
        answer = respondents[column]
        number = pd.to_numeric(answer, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        bad = answer.notna().to_numpy() & ~((number >= 0) & (number % 1 == 0) & np.isfinite(number))
        if bad.any():
            raise Refusal(
                "not_whole_number",
                f"Row {respondents.index[bad.argmax()]}: '{column}' is '{answer[bad].iloc[0]}'; a number of persons "
                "known is a whole number from 0 up. Leave an answer as 'many' empty, and the respondent is left out "
                "and reported.",
            )
    table = respondents[columns].apply(pd.to_numeric).to_numpy(dtype=float, na_value=np.nan)
    return table, ~np.isnan(table).any(axis=1)


def _warnings(complete: NDArray[np.bool_], reported: Floats, known: int) -> list[Caution]:
    found = []
    if not complete.all():
        found.append(
            Caution(
                "unknown_left_out",
                f"{(~complete).sum()} of {len(complete)} respondents are left out: an answer is missing.",
            )
        )
    if known == 1:
        found.append(
            Caution(
                "one_known_population",
                "There is one known population only: the method cannot be tried on a population of known size.",
            )
        )
    if not reported.any():
        found.append(
            Caution(
                "no_members_known",
                "No respondent knows a member of the hidden population: it may be small, or hidden from them.",
            )
        )
    return found
