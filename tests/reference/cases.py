"""What rows of values.csv call by name: data ("@NAME" among the arguments), and cases that need more than one call."""

from __future__ import annotations

from pathlib import Path

import captures
import counted_areas
import numpy as np
import pandas as pd
import stops
from scipy import special, stats

from analysis.methods import clustering, rates
from capture_recapture import (
    chapman,
    heterogeneity,
    latent_classes,
    model_average,
    multiple_systems,
    network_scale_up,
    rds_ii,
)
from capture_recapture.histories import capture_table
from capture_recapture.model_averaging import log_evidence
from capture_recapture.resampling import lognormal_limits
from capture_recapture.successive_sampling import inclusion
from disclosure.perturbation import noise_of, perturbation_table
from study_design import Estimates, Expected, agreement, many_lists, recruited_shares, scaled_up
from survey_stats import LogisticRegression, SurveyDesign, post_stratify, rake, replicate_weights, separation

FOLDER = Path(__file__).parent

# Data


def file(name: str, where: dict[str, object] | None = None, columns: list[str] | None = None) -> pd.DataFrame:
    """Rows of a file of this folder in which columns have the given values, and some of its columns."""
    read = pd.read_csv(FOLDER / name, comment="#")
    for column, value in (where or {}).items():
        read = read[read[column] == value]
    return read[columns or list(read)].reset_index(drop=True)


def table(columns: dict[str, list]) -> pd.DataFrame:
    """A table written by columns."""
    return pd.DataFrame(columns)


def series(values: list, index: list | None = None) -> pd.Series:
    """Values with an index."""
    return pd.Series(values, index=index)


def array(values: list) -> np.ndarray:
    """Numbers as an array."""
    return np.array(values, dtype=float)


def whole_array(values: list) -> np.ndarray:
    """Whole numbers as an array."""
    return np.array(values)


def as_tuple(values: list) -> tuple:
    """The same values as a tuple."""
    return tuple(values)


def published(name: str) -> pd.DataFrame:
    """Capture histories of a table of capture_tables.csv."""
    return captures.published(name)


def histories(persons: dict[str, int], lists: list[str] | None = None) -> pd.DataFrame:
    """Capture histories from persons by pattern, a digit a list; lists are named A, B, C where no names are given."""
    return captures.histories(persons, lists or "ABCDEFGHIJ")


def strata(persons: dict[str, dict[str, int] | str], column: str = "area_id") -> pd.DataFrame:
    """Capture histories of lists a, b, c ... by stratum, from persons by pattern or the name of a published table."""
    parts = []
    for name, counts in persons.items():
        counts = captures.published_counts(counts) if isinstance(counts, str) else counts
        parts.append(captures.histories(counts, "abcdef").assign(**{column: name}))
    return pd.concat(parts, ignore_index=True)


def remembering_chains(chains: int, draws: int) -> np.ndarray:
    """Chains of draws that remember half of their last value."""
    return captures.remembering_chains(chains, draws)


def spread(mean: float, variance: float, m: int) -> np.ndarray:
    """Numbers with exactly this mean and variance."""
    return captures.spread(mean, variance, m)


def whole_numbers(last: int) -> np.ndarray:
    """1, 2, 3 ... as an array."""
    return np.arange(1, last + 1.0)


# Capture and recapture


def averaged_on_numbers_tried(histories: pd.DataFrame, most_missing: int, numbers: int, delta: float) -> dict:
    """Mean, median and 95 % limits of the total on evenly spaced numbers missing, and models from the most probable."""
    missing = np.round(np.linspace(1, most_missing, numbers))
    counts = capture_table(histories)
    totals = counts.n + missing
    posterior = special.softmax(log_evidence(counts, missing, delta) - np.log(totals))
    below = posterior.sum(axis=0).cumsum()
    limits = [totals[np.searchsorted(below, part)] for part in (0.5, 0.025, 0.975)]
    probabilities = pd.Series(posterior.sum(axis=1)).sort_values(ascending=False)
    return {"totals": [posterior.sum(axis=0) @ totals, *limits], "probabilities": probabilities}


def known_numbers(estimator: str) -> dict[str, float]:
    """How far estimates of the persons on a list, made from the other lists, are off: log(estimate / known)."""
    estimates = {
        "stepwise": lambda seen: multiple_systems(seen, replicates=0).estimate,
        "averaged": lambda seen: model_average(seen).median,
        "latent classes": lambda seen: latent_classes(seen, draws=800, burn_in=300, most_rhat=np.inf).estimate,
    }
    known = captures.lists_with_a_known_size()
    logs = np.log([estimates[estimator](seen) / number for number, seen in known])
    spread_of = {"mean": logs.mean(), "sd": logs.std(ddof=1), "rms": np.sqrt((logs**2).mean())}
    return spread_of | {"median": np.median(logs), "lists": len(logs)}


def chapman_normal_limits(histories: pd.DataFrame) -> np.ndarray:
    """Limits of Chapman's estimate by the normal distribution, at 95 %."""
    found = chapman(histories)
    return found.estimate + np.array([-1, 1]) * stats.norm.ppf(0.975) * found.standard_error


def chapman_lognormal_limits(histories: pd.DataFrame) -> tuple[float, float]:
    """Limits of Chapman's estimate by the log-normal distribution of the unseen, at 95 %."""
    found = chapman(histories)
    return lognormal_limits(found.n, found.estimate, found.standard_error**2, 0.95)


def smallest_aic(histories: pd.DataFrame) -> pd.Series:
    """The model of persons who differ that has the smallest AIC."""
    models = heterogeneity(histories).table
    return models.loc[models["aic"].idxmin()]


def convergence(category: str, **arguments) -> pd.DataFrame:
    """Shares of one category by wave of recruitment."""
    found = rds_ii(**arguments).convergence
    return found[found["outcome"] == category]


# Surveys


def schools(name: str) -> pd.DataFrame:
    """Schools of California by name of the sample (risk/api_*.csv), with sch.wide as yes or no in `wide`."""
    read = file(f"risk/api_{name}.csv")
    return read.assign(wide=read["sch.wide"] == "Yes")


def design(data: pd.DataFrame, inside: dict[str, object] | None = None, **columns) -> SurveyDesign:
    """A sample by its columns, and the domain in which columns have the given values, or one of them."""
    drawn = SurveyDesign(data, **columns)
    if inside is None:
        return drawn
    return drawn.domain(np.all([data[name].isin(np.atleast_1d(value)) for name, value in inside.items()], axis=0))


def counted(
    counts: list[list[int]], names: tuple[str, str] = ("row", "column"), values: list[list] | None = None
) -> pd.DataFrame:
    """One row a respondent from the counts of a table; categories are r0, r1 ... and c0, c1 ..., weights 2."""
    rows, columns = values or [[f"r{i}" for i in range(len(counts))], [f"c{j}" for j in range(len(counts[0]))]]
    cells = [(rows[i], columns[j]) for i, row in enumerate(counts) for j, n in enumerate(row) for _ in range(n)]
    return pd.DataFrame(cells, columns=list(names)).assign(w=2.0)


def logistic(sample: SurveyDesign, formula: str) -> LogisticRegression:
    """A logistic regression of a sample."""
    return sample.logistic(formula)


def standardised(times: float) -> SurveyDesign:
    """A hundred respondents by a (p, q) and z (u, v) of whom some have y; those of v weigh so many times as much."""
    parts = {"u": [[30, 10], [10, 10]], "v": [[5, 5], [6, 24]]}
    data = pd.concat(
        counted(counts, ("a", "y"), [["p", "q"], [0, 1]]).assign(z=z, w=2.0 * (times if z == "v" else 1))
        for z, counts in parts.items()
    )
    return SurveyDesign(data.reset_index(drop=True), "w")


def raked(sample: SurveyDesign, margins: list[pd.DataFrame]) -> SurveyDesign:
    """A sample whose weights are fitted to margins."""
    return rake(sample, *margins)


def post_stratified(sample: SurveyDesign, totals: pd.DataFrame) -> SurveyDesign:
    """A sample whose weights are fitted to totals."""
    return post_stratify(sample, totals)


def schools_by_type(name: str) -> SurveyDesign:
    """Districts with weights fitted to the types of schools, and the domain of those with few free meals."""
    drawn = SurveyDesign(schools(name), "pw", psu="dnum", fpc="fpc")
    known = pd.DataFrame({"stype": ["E", "H", "M"], "population": [4421, 755, 1018]})
    return post_stratify(drawn, known).domain(drawn.data["meals"] < 60)


def lonely_district(number: int) -> SurveyDesign:
    """Schools with districts as strata, of which one has no other school."""
    data = schools("clus1").assign(schools=lambda table: np.where(table["dnum"] == number, 1, 1000))
    return SurveyDesign(data, "pw", stratum="dnum", fpc="schools")


def jackknifed_mean(design: SurveyDesign, columns: list[str]) -> pd.DataFrame:
    """Means with errors of the jackknife."""
    return replicate_weights(design).estimate(lambda data, weights: weights @ data[columns] / weights.sum(), columns)


def jackknifed_total(design: SurveyDesign, column: str) -> pd.Series:
    """A total with its error of the jackknife."""
    return replicate_weights(design).estimate(lambda data, weights: weights @ data[column], column).iloc[0]


def jackknife_weights(design: SurveyDesign) -> list[np.ndarray]:
    """Weights of the jackknife, replicate after replicate."""
    replicates = replicate_weights(design)
    return [replicates.weights(number) for number in range(len(replicates.scales))]


def milk(areas: int) -> pd.DataFrame:
    """The first areas of the milk data."""
    return pd.read_csv(FOLDER / "small_areas" / "milk.csv", comment="#", dtype={"major": "str"})[:areas]


def with_intercept(columns: list[list]) -> np.ndarray:
    """A matrix of terms, the first of them the intercept."""
    return np.column_stack([np.ones(len(columns[0])), *columns]).astype(float)


def separated(name: str, outcome: str, without: str | None = None) -> tuple:
    """Terms along which data of risk/ separate, all columns but the outcome and perhaps one being covariates."""
    data = file(f"risk/{name}.csv")
    covariates = data.drop(columns=[outcome, *([without] if without else [])])
    x = with_intercept(list(covariates.to_numpy().T))
    return separation(x, data[outcome], ["intercept", *covariates])


def kalton_weights(fitted_to: str) -> np.ndarray:
    """Weights by a (rows) and b of the sample of Kalton and Flores-Cervantes (2003), fitted to cells or to margins."""
    sampled = [[20, 50, 100, 30], [40, 140, 50, 100], [40, 310, 50, 70]]
    people = np.array([[80, 60, 170, 55], [40, 150, 60, 165], [55, 340, 200, 125]])
    cells = pd.DataFrame([(a, b) for b in (1, 2, 3) for a in (1, 2, 3, 4)], columns=["a", "b"])
    sample = cells.loc[cells.index.repeat(np.ravel(sampled))].reset_index(drop=True).assign(weight=1.0)
    known = cells.assign(population=people.ravel())
    drawn = SurveyDesign(sample, "weight")
    if fitted_to == "cells":
        fitted = post_stratify(drawn, known)
    else:
        fitted = rake(drawn, *(known.groupby(name, as_index=False)["population"].sum() for name in ("a", "b")))
    return sample.assign(weight=fitted.weights).groupby(["a", "b"])["weight"].mean().unstack().to_numpy()


def births_by_age() -> dict[str, pd.Series]:
    """Shares of 923 women by age and kind of birth: errors of totals, and limits."""
    women = counted([[56, 239, 192], [79, 193, 37], [105, 18, 4]])
    shares = SurveyDesign(women.assign(cell=women["row"] + women["column"]), "w").proportion("cell")
    return {"total_errors": 923 * shares["standard_error"], "low": shares["low"], "high": shares["high"]}


# Planned studies


def expected(values: list[float]) -> Expected:
    """What a design would see: variance, cases, noise, dispersion."""
    return Expected(*values)


def mean_of_ratios(respondents: pd.DataFrame, total_population: float, known: dict[str, float], hidden: str) -> float:
    """The plug-in estimate of scale-up: the mean of each respondent's share of those known, of those who know any."""
    degrees = network_scale_up(respondents, total_population, known, hidden=hidden, replicates=1).degrees
    share = respondents[hidden] / degrees
    return total_population * share[degrees > 0].mean()


def scaled_up_at_once(
    respondents: pd.DataFrame, total_population: float, known: dict[str, float], hidden: str
) -> Estimates:
    """The sample twice, estimated together."""
    met, ties = respondents[hidden].to_numpy(), respondents[list(known)].sum(axis=1).to_numpy()
    return scaled_up(np.stack([met, met]), np.stack([ties, ties]), sum(known.values()))


def gile_weights_apart(draws: int) -> float:
    """Mean difference from the weights of Gile's successive sampling in rds_gile_weights.csv, over respondents."""
    degree = file("rds_faux.csv")["degree"]
    printed = file("rds_gile_weights.csv").set_index("degree")["weight"].loc[degree].to_numpy()
    weight = 1 / inclusion(degree, 1000, draws)
    return float(np.abs(1000 * weight / weight.sum() - printed).mean())


def recruited_at_once(people: float) -> Estimates:
    """The share of blue ones in the faux respondent-driven sample, twice, estimated together."""
    sample = file("rds_faux.csv")
    by = pd.Index(sample["id"]).get_indexer(sample["recruiter"])
    # Recruiters come before their recruits.
    wave = np.zeros(len(by), dtype=int)
    for _ in by:
        wave = np.where(by < 0, 0, wave[by] + 1)
    order = np.argsort(wave, kind="stable")
    place = np.empty(len(order), dtype=int)
    place[order] = np.arange(len(order))
    parent = np.where(by[order] < 0, -1, place[by[order]])
    answer, degree = (column.to_numpy(float)[order] for column in (sample["X"] == "blue", sample["degree"]))
    return recruited_shares(np.stack([answer, answer]), np.stack([degree, degree]), parent, people)


def many_lists_of(name: str) -> Estimates:
    """The estimate by stepwise selection of a published table, with Wald limits, as of many tables."""
    return many_lists(capture_table(captures.published(name)).counts[:, None], limits="wald")


def joint(first: list[float], second: list[float]) -> list[float]:
    """The joint estimate and limits of two studies, and how far apart they are."""
    both, apart = agreement(*(Estimates(*(np.array([value], dtype=float) for value in one)) for one in (first, second)))
    return [float(part[0]) for part in (*both, apart)]


# Routes


def ways(persons: dict[str, int], shared: bool = False) -> pd.DataFrame:
    """Stops of one journey a person ("A>?>B": by an unknown place); shared: who went one way went the others too."""
    went = [(way, f"p{number}") for way, times in persons.items() for number in range(times)]
    return stops.on(*(went if shared else [way for way, _ in went]))


def two_periods(before: dict[str, int], after: dict[str, int]) -> pd.DataFrame:
    """Stops of persons with one journey each, from a place to X, in 2014 and in 2019."""
    found = ways({f"{place}>X": times for place, times in before.items()}).assign(year=2014)
    later = ways({f"{place}>X": times for place, times in after.items()}).assign(year=2019)
    later[["journey_id", "person_id"]] = "later" + later[["journey_id", "person_id"]]
    return pd.concat([found, later], ignore_index=True)


def mentions(times: list[list]) -> pd.DataFrame:
    """Mentions of routes: each row is number, year and country of the report, origin, destination."""
    rows = [(year, country, *ends) for number, year, country, *ends in times for _ in range(number)]
    found = pd.DataFrame(rows, columns=["report_year", "reporting_country", "origin", "destination"])
    rest = {"origin_place": "", "transit": "", "destination_place": "", "victims": "children", "form": "sex"}
    return found.assign(mention_id=range(len(found)), cross_border="yes", source_id="S", note="", **rest)


def noise_of_keys(persons: int) -> tuple[float, int]:
    """Summed key and noise of a cell of persons with the first record keys in the vignette of R's cellKey 1.0.2."""
    keys = [0.6705526, 0.0357946, 0.1339016, 0.9849310, 0.2941448, 0.7070011]
    summed = np.array([sum(keys[:persons]) % 1.0])
    noise = noise_of(np.array([persons]), summed, perturbation_table(2, 1.05, 1, (True, True, False, True)))
    return summed[0], noise[0]


# Areas


def rows_of_areas(counts: list[float], population: float | list[float] = 1000) -> pd.DataFrame:
    """Areas A, B ... with a count and inhabitants each."""
    return counted_areas.counted(*counts, population=population)


def bounded_areas(rows: list[list], population: float | list[float] = 1000) -> pd.DataFrame:
    """Areas A, B ... with low, high and qualifier of a count, and inhabitants each."""
    return counted_areas.between(*rows, population=population)


def chessboard(rows: int, columns: int) -> pd.DataFrame:
    """Neighbours on a board that share a side."""
    return counted_areas.chessboard(rows, columns)


def persons(low: float, high: float) -> rates.Persons:
    """Victims within 2020 in one country."""
    return rates.Persons(
        low=low, high=high, area="XXX", concept="trafficking", group="everybody", first=2020, last=2020,
        counts=rates.WITHIN_A_YEAR,
    )  # fmt: skip


def columbus(permutations: int) -> clustering.SpatialClustering:
    """Clusters of crime in the neighbourhoods of Columbus."""
    read = pd.read_csv(FOLDER / "columbus.csv", comment="#", dtype={"area_id": str})
    meet = read.assign(neighbour_id=read["meets"].str.split()).explode("neighbour_id").assign(how="contiguous")
    neighbours = meet[["area_id", "neighbour_id", "how"]]
    return clustering.spatial_clustering(read[["area_id", "value"]], neighbours, permutations=permutations)


def standardised_rates(name: str, area: str | None = None, per: float = 100_000) -> pd.DataFrame:
    """Rates of the areas of a file by the standard population that stands in it."""
    read = file(name)
    read = read if area is None else read[read["area_id"].astype(str) == area]
    age = "age_group" if "age_group" in read else "age"
    standard = read[[age, "standard"]].drop_duplicates().rename(columns={"standard": "population"})
    return rates.standardised_rate(read.drop(columns="standard"), standard, per=per)
