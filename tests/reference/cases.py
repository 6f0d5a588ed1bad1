"""What rows of values.csv call by name: data ("@NAME" among the arguments), and cases that need more than one call."""

from __future__ import annotations

from pathlib import Path

import captures
import numpy as np
import pandas as pd
from scipy import special, stats

from capture_recapture import chapman, heterogeneity, latent_classes, model_average, multiple_systems, rds_ii
from capture_recapture.histories import capture_table
from capture_recapture.model_averaging import log_evidence
from capture_recapture.resampling import lognormal_limits

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


def whole_numbers(last: int) -> np.ndarray:
    """1, 2, 3 ... as an array."""
    return np.arange(1, last + 1.0)


def spread(mean: float, variance: float, m: int) -> np.ndarray:
    """Numbers with exactly this mean, and this variance (m - 1 in the denominator)."""
    values = np.arange(m, dtype=float)
    return mean + (values - values.mean()) * np.sqrt(variance / values.var(ddof=1))


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
