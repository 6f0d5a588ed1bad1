"""Parts that all designs share: estimates of many replicates on one scale, and closed forms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import optimize, special

from bounded.arguments import checked, number
from bounded.notebook_result import NotebookResult
from bounded.refusal import Refusal
from study_design.costs import Range, costs
from study_design.population import Floats, Population

# Budgets beyond so many times the first are not looked at.
MOST_TIMES = 1e4
# Units of samples that are drawn at once: some ten megabytes an array.
_MOST_DRAWN = 4_000_000


class Estimates(NamedTuple):
    """Estimates of all replicates, in persons in the condition; missing where the method refused. Each (replicates,).

    Parameters
    ----------
    estimate, low, high : persons.
    """

    estimate: Floats
    low: Floats
    high: Floats

    @property
    def refused(self) -> NDArray[np.bool_]:
        """(replicates,) where no estimate and limits were given."""
        return ~(np.isfinite(self.estimate) & np.isfinite(self.low) & np.isfinite(self.high))

    def kept(self, where: NDArray[np.bool_]) -> Estimates:
        """The same estimates, missing elsewhere."""
        return Estimates(*(np.where(where, part, np.nan) for part in self))


class Expected(NamedTuple):
    """Numbers that a design would see, in closed form, where its assumptions hold.

    Parameters
    ----------
    variance : of the estimate divided by its square: the squared relative standard error.
    cases : observations of persons in the condition that are expected (for lists: persons on two lists or more).
    noise : observations that are counted as such and are none.
    dispersion : variance of the observations, divided by that of a Poisson variable with their mean.
    """

    variance: float
    cases: float
    noise: float
    dispersion: float


NOTHING = Expected(np.inf, 0.0, 0.0, 1.0)


@dataclass(frozen=True)
class Design(NotebookResult):
    """A design: what is fixed of it before the budget is known.

    Parameters
    ----------
    name : of the design, once in a plan.
    allowance : the least and most by which the truth may exceed what the design would say, as factors; (1, 1.5) allows
        for a third who lie. The estimate moves to the geometric middle, the limits to both ends.
    """

    name: str = ""
    allowance: tuple[float, float] = (1.0, 1.0)

    _READS: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        least, most = self.allowance
        if not 0 < least <= most < np.inf:
            raise Refusal("out_of_range", f"`allowance` is a pair of factors that rise; it is {self.allowance!r}.")

    @property
    def reads(self) -> tuple[str, ...]:
        """The assumptions that touch this design: fields of `Population`."""
        return self._READS

    def items(self, sample: int, population: Population) -> dict[str, float]:
        """Return how many of each item of unit costs a sample takes."""
        raise NotImplementedError

    def most_sample(self, population: Population) -> float:
        """Return the largest sample that there can be."""
        return np.inf

    def cost(self, sample: int, unit_costs: pd.DataFrame, population: Population) -> Range:
        """Return what a sample costs: low, value, high, in the unit of the costs.

        Parameters
        ----------
        sample : units of the design.
        unit_costs : as `EXAMPLE_COSTS`.
        population : that is sampled.
        """
        return costs(unit_costs, self.items(sample, population))

    def sample_for(self, budget: float, unit_costs: pd.DataFrame, population: Population) -> int:
        """Return the largest sample that a budget pays for by the middle of the unit costs; 0 where it pays for none.

        Parameters
        ----------
        budget : in the unit of the costs.
        unit_costs : as `EXAMPLE_COSTS`.
        population : that is sampled.
        """
        fixed = self.cost(0, unit_costs, population)[1]
        each = (self.cost(1_000_000, unit_costs, population)[1] - fixed) / 1_000_000
        most = self.most_sample(population)
        paid = (budget - fixed) / each if each else most
        # A budget that the costs of a sample add up to pays for it, whatever rounding says.
        return int(max(min(paid + 1e-9, most), 0))

    def draw_and_estimate(
        self, population: Population, sample: int, replicates: int, rng: np.random.Generator, confidence: float = 0.95
    ) -> Estimates:
        """Return estimates from so many samples of a population, with the allowance in them.

        Parameters
        ----------
        population : that is sampled.
        sample : units.
        replicates : samples drawn.
        rng : their random numbers.
        confidence : level of the limits.
        """
        if not sample:
            return Estimates(*np.full((3, replicates), np.nan))
        at_once = max(_MOST_DRAWN // sample, 1)
        sizes = [min(at_once, replicates - begun) for begun in range(0, replicates, at_once)]
        parts = [self._estimates(population, sample, size, rng, confidence) for size in sizes]
        found = Estimates(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))
        allowed = self._allowed(found)
        return allowed.kept(~allowed.refused)

    def _allowed(self, found: Estimates) -> Estimates:
        """The estimates with the allowance in them."""
        least, most = self.allowance
        return Estimates(found.estimate * np.sqrt(least * most), found.low * least, found.high * most)

    def _estimates(
        self, population: Population, sample: int, replicates: int, rng: np.random.Generator, confidence: float
    ) -> Estimates:
        raise NotImplementedError

    def expected(self, population: Population, sample: int) -> Expected:
        """Return what a sample would see, in closed form.

        Parameters
        ----------
        population : that is sampled.
        sample : units.
        """
        raise NotImplementedError

    # What `compare` asks, of one design and of two alike: samples are a tuple.

    def samples_for(self, budget: float, unit_costs: pd.DataFrame, population: Population) -> tuple[int, ...]:
        """Return `sample_for` as a tuple."""
        return (self.sample_for(budget, unit_costs, population),)

    def cost_of(self, samples: tuple[int, ...], unit_costs: pd.DataFrame, population: Population) -> Range:
        """Return `cost` of the sample in a tuple."""
        return self.cost(samples[0], unit_costs, population)

    def estimates_of(
        self, population: Population, samples: tuple[int, ...], replicates: int, rng: np.random.Generator,
        confidence: float = 0.95,
    ) -> tuple[Estimates, float]:  # fmt: skip
        """Return `draw_and_estimate`, and a missing share of replicates in which two studies disagree."""
        return self.draw_and_estimate(population, samples[0], replicates, rng, confidence), float("nan")

    def expected_of(self, population: Population, samples: tuple[int, ...]) -> Expected:
        """Return `expected` of the sample in a tuple."""
        return self.expected(population, samples[0])


@checked(
    intraclass=number(least=0, most=1),
    size=number(least=1),
    proportion=number(above=0, below=1),
    clusters=number(above=0),
)
def clustered_variance(proportion: float, clusters: float, size: float, intraclass: float) -> float:
    """Return the variance of a proportion from clusters of one size.

    Parameters
    ----------
    proportion : share of persons who have it.
    clusters : drawn, with replacement.
    size : persons asked in each.
    intraclass : correlation of two persons of one cluster.

    Returns
    -------
    p (1 - p) / (clusters size) times the design effect 1 + (size - 1) intraclass.

    References
    ----------
    Kish, L. (1965). Survey Sampling. Wiley, section 5.4.
    """
    return proportion * (1 - proportion) / (clusters * size) * (1 + (size - 1) * intraclass)


@checked(power=number(above=0, below=1), prevalence=number(above=0, below=1))
def least_prevalence(expected: Expected, prevalence: float, power: float = 0.8, alpha: float = 0.05) -> float:
    """Return the least prevalence that can be told from zero.

    Without false observations one true one is enough, and the observations are zero with the chance of a negative
    binomial variable of their dispersion. With false ones, their number has to exceed what would be seen of nobody,
    by a normal test of one side. The larger of both counts.

    Parameters
    ----------
    expected : what the design sees at `prevalence`.
    prevalence : share of all persons.
    power : chance to tell it.
    alpha : chance to say so of nobody.

    Returns
    -------
    A share; infinite where the design sees nobody.

    References
    ----------
    Hanley, J. A. and Lippman-Hand, A. (1983). If nothing goes wrong, is everything all right? JAMA 249, 1743-1745.
    Lwanga, S. K. and Lemeshow, S. (1991). Sample Size Determination in Health Studies. World Health Organization.
    """
    if not expected.cases > 0:
        return float("inf")
    spread, noise = max(expected.dispersion, 1.0), expected.noise
    times = np.log(spread) / (spread - 1) if spread > 1 + 1e-9 else 1.0
    needed = -np.log(1 - power) / times
    if noise > 0:
        beyond, within = special.ndtri(1 - alpha) * np.sqrt(spread * noise), special.ndtri(power) * np.sqrt(spread)
        root = (within + np.sqrt(within**2 + 4 * (noise + beyond))) / 2
        needed = max(needed, root**2 - noise)
    return float(prevalence * needed / expected.cases)


@checked(power=number(above=0, below=1), variance=number(least=0, infinite=True))
def least_change(variance: float, power: float = 0.8, alpha: float = 0.05) -> float:
    """Return the least fall between two rounds of one design that can be told from none.

    The logarithms of two independent estimates are compared. The variance rises as the persons become fewer.

    Parameters
    ----------
    variance : squared relative standard error of the first round.
    power : chance to tell it.
    alpha : chance to say so where nothing changed (two sides).

    Returns
    -------
    The fall as a share of the first round, from 0 to 1; 1 where only an end of it could be told.

    References
    ----------
    Lwanga, S. K. and Lemeshow, S. (1991). Sample Size Determination in Health Studies. World Health Organization.
    """
    if not np.isfinite(variance):
        return 1.0
    z = float(special.ndtri(1 - alpha / 2) + special.ndtri(power))

    def lacking(fall: float) -> float:
        return z * np.sqrt(variance * (1 + 1 / (1 - fall))) + np.log1p(-fall)

    large = [fall for fall in np.linspace(0.001, 0.999, 999).tolist() if lacking(fall) <= 0]
    return float(optimize.brentq(lacking, 0.0, large[0])) if large else 1.0


def lognormal_limits(estimate: Floats, error: Floats, none: Floats, confidence: float) -> Estimates:
    """Return estimates with log-normal limits; of those that are 0 the limits are 0 and what is given.

    Parameters
    ----------
    estimate, error : (replicates,) and their relative standard errors, which are not looked at where nobody is found.
    none : (replicates,) upper limits where nobody is found.
    confidence : level of the limits.
    """
    reach = special.ndtri((1 + confidence) / 2) * error
    some = estimate > 0
    low, high = (np.where(some, estimate * np.exp(side * reach), end) for side, end in ((-1, 0.0), (1, none)))
    return Estimates(estimate, low, high)


def exact_ends(low: Floats, high: Floats, cases: Floats, asked: float, units: float, confidence: float) -> list[Floats]:
    """Return limits of shares, exact where nobody or everybody has it (Clopper and Pearson 1934).

    Parameters
    ----------
    low, high : (replicates,) limits elsewhere.
    cases, asked : (replicates,) persons who have it, and how many were asked.
    units : persons who were asked independently of each other.
    confidence : level of the limits.
    """
    reach = 1 - ((1 - confidence) / 2) ** (1 / units)
    none, every_one = cases == 0, cases == asked
    low = np.where(none, 0.0, np.where(every_one, 1 - reach, low))
    return [low, np.where(none, reach, np.where(every_one, 1.0, high))]


def agreement(first: Estimates, second: Estimates, confidence: float = 0.95) -> tuple[Estimates, Floats]:
    """Return the joint estimates of two studies, and how far they differ.

    Weights are the inverse variances of the logarithms, which follow from the limits. Where one study refuses or finds
    nobody, the other stands alone.

    Parameters
    ----------
    first, second : estimates of the same persons, by studies that are independent of each other.
    confidence : level of all limits.

    Returns
    -------
    The joint estimates, and (replicates,) the difference of the logarithms in its standard errors: missing where one
    study stands alone.

    References
    ----------
    Cochran, W. G. (1954). The combination of estimates from different experiments. Biometrics 10, 101-129.
    """
    z = float(special.ndtri((1 + confidence) / 2))
    logs: list[Floats] = []
    variances: list[Floats] = []
    for study in (first, second):
        with np.errstate(divide="ignore", invalid="ignore"):
            middle, low, high = (np.log(part) for part in study)
            # A lower limit of 0 says nothing of the spread on this scale: the upper one does.
            arm = np.where(np.isfinite(low), (high - low) / 2, high - middle)
        usable = np.isfinite(middle) & np.isfinite(arm)
        logs.append(np.where(usable, middle, 0.0))
        variances.append(np.where(usable, np.maximum(arm / z, 1e-9) ** 2, np.inf))
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = 1 / variances[0] + 1 / variances[1]
        middle = (logs[0] / variances[0] + logs[1] / variances[1]) / precision
        reach = z / np.sqrt(precision)
        apart = np.abs(logs[0] - logs[1]) / np.sqrt(variances[0] + variances[1])
        joint = Estimates(*(np.where(precision > 0, np.exp(middle + side * reach), np.nan) for side in (0, -1, 1)))
    return joint, np.where(np.isfinite(variances[0] + variances[1]), apart, np.nan)
