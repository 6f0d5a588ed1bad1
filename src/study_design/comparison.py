"""Designs compared under one population: error, width, cost, and whether they hold where an assumption is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib import resources
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np
import pandas as pd
from scipy import special

from bounded.arguments import checked, whole
from bounded.intervals import percent
from bounded.notebook_result import NotebookResult
from bounded.refusal import Refusal, require_columns
from study_design import plots
from study_design.combined import Combined, joint, log_error
from study_design.designs import LEVEL, POWER, Design, Draws
from study_design.population import Population, misspecified

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = (
    *("design", "budget", "sample", "cost_low", "cost", "cost_high", "truth", "median", "bias", "width", "coverage"),
    *("refused", "least_prevalence", "least_change", "n"),
)
WRONG_COLUMNS = ("design", "misspecification", "bias", "width", "coverage", "refused", "holds")
# Factors of the middle budget at which a width is looked for that is half.
FACTORS = (2, 4, 8)
# A design whose studies are refused more often is not recommended.
MOST_REFUSED = 0.5


def _table(name: str) -> pd.DataFrame:
    with resources.files("study_design").joinpath(name).open(encoding="utf-8") as file:
        return pd.read_csv(file, keep_default_na=False)


# Unit costs: item, unit, low, value, high, source; examples, and not prices of any country.
EXAMPLE_COSTS = _table("example_costs.csv")
# What each design needs: design, topic, note, source.
ETHICS = _table("ethics.csv")


@dataclass(frozen=True, eq=False)
class Plan(NotebookResult):
    """Designs of a study compared under assumptions.

    Parameters
    ----------
    table : one row a design and budget: design, budget, sample (households, respondents or records; 0: the budget does
        not begin it), cost_low, cost, cost_high, truth and median (persons), bias (of the median, share of the truth),
        width (median of high - low, share of the truth; infinite where most have no upper limit), coverage (share of
        limits that hold the truth, of those not refused), refused (share), least_prevalence (share of the population
        told from zero with a power of 80 %; missing for designs that begin with cases), least_change (relative change
        between two such studies that is told with that power), n (simulated studies).
    wrong : one row a design and misspecification at the middle budget: design, misspecification, bias, width, coverage,
        refused, holds.
    population : assumed. confidence : level of limits. middle : the middle budget.
    most_bias, least_coverage : a design holds where its bias is no larger and its coverage no smaller.
    """

    table: pd.DataFrame
    wrong: pd.DataFrame
    population: Population = field(repr=False)
    designs: tuple[Design | Combined, ...] = field(repr=False)
    costs: pd.DataFrame = field(repr=False)
    confidence: float
    middle: float
    replicates: int
    seed: int
    most_bias: float
    least_coverage: float

    @cached_property
    def _choice(self) -> tuple[str, str]:
        table = self.table[self.table["budget"].eq(self.middle)].set_index("design")
        ok = table["refused"].lt(MOST_REFUSED) & np.isfinite(table["width"])
        held = self._holds(table["bias"], table["coverage"]) & ok
        robust = self.wrong.groupby("design")["holds"].all().reindex(table.index, fill_value=True)
        best = table.loc[held & robust, "width"]
        narrowest = table.loc[ok, "width"]
        rule = f"a bias of at most {self.most_bias:.0%} and limits that hold the truth in at least {self.least_coverage:.0%}"
        if best.empty:
            why = "No design keeps to " + rule + " under every assumption that may be wrong for it."
            if len(narrowest):
                why += f" The narrowest, {narrowest.idxmin()}, does so only if its assumptions hold."
            return "", why.replace("  ", " ")
        name = str(best.idxmin())
        why = f"Of the designs that keep to {rule}, also where an assumption is wrong, {name} is the narrowest."
        if narrowest.idxmin() != name:
            why += f" {_first_upper(str(narrowest.idxmin()))} is narrower only if its assumptions hold."
        return name, why

    @property
    def recommended(self) -> str:
        """Return the design that is narrowest at the middle budget among those that hold; empty if none does."""
        return self._choice[0]

    @property
    def reason(self) -> str:
        """Return why, in a sentence or two."""
        return self._choice[1]

    def _holds(self, bias: pd.Series, coverage: pd.Series) -> pd.Series:
        return bias.abs().le(self.most_bias) & coverage.ge(self.least_coverage)

    def halves(self) -> pd.DataFrame:
        """Return what halves the width of each design at the middle budget.

        Returns
        -------
        DataFrame: design, factor (of the middle budget, interpolated on the log scale; missing where none up to the
        largest tried does), width (at the middle budget), why (a sentence).
        """
        rows = []
        for design in self.designs:
            row = self.table[self.table["design"].eq(design.name) & self.table["budget"].eq(self.middle)].iloc[0]
            widths = {1.0: float(row["width"])}
            factor, why = np.nan, ""
            if not np.isfinite(row["width"]) or row["refused"] >= MOST_REFUSED:
                why = "At this budget most studies have no estimate with two limits."
            for more in FACTORS if not why else ():
                new = _summary(design, self.population, self.middle * more, self.costs, self.replicates,
                               self.seed, self.confidence)  # fmt: skip
                widths[float(more)] = float(new["width"])
                if widths[float(more)] <= widths[1.0] / 2:
                    factor = _crossing(widths, widths[1.0] / 2)
                    why = f"About {factor:.1f} times the budget halves the interval."
                    break
            rows.append((design.name, factor, widths[1.0], why or f"Up to {FACTORS[-1]} times the budget, none does."))
        return pd.DataFrame(rows, columns=["design", "factor", "width", "why"])

    def plot(self, *, title: str = "") -> Figure:
        """Draw the frontier: width against cost, one line a design; hollow where limits fail or studies are refused."""
        return plots.frontier(self.table, self.least_coverage, MOST_REFUSED,
                              title or f"Width of the {percent(self.confidence)} interval against cost")  # fmt: skip

    def plot_wrong(self, *, title: str = "") -> Figure:
        """Draw bias and coverage of each design where an assumption is wrong."""
        return plots.wrong(self.wrong, self.most_bias, self.least_coverage, title or "Where an assumption is wrong")


def _population(name: str, value: object) -> Population:
    if not isinstance(value, Population):
        raise Refusal("wrong_type", f"`{name}` is a Population; it is of the type {type(value).__name__}.")
    return value


@checked(population=_population, replicates=whole(2))
def compare(
    population: Population,
    designs: Sequence[Design | Combined],
    *,
    budgets: Sequence[float] = (1_000, 2_000, 4_000),
    unit_costs: pd.DataFrame = EXAMPLE_COSTS,
    replicates: int = 200,
    seed: int = 2026,
    confidence: float = 0.95,
    most_bias: float = 0.2,
    least_coverage: float = 0.8,
) -> Plan:
    """Compare designs under a population, and where each of its assumptions is wrong.

    Parameters
    ----------
    population : assumed.
    designs : to compare, with names of their own.
    budgets : in the unit of `unit_costs`; the middle one is that of a recommendation.
    unit_costs : item, low, value, high, as `EXAMPLE_COSTS` has them.
    replicates : simulated studies of each design, budget and misspecification.
    seed : of the simulation; what a design draws does not depend on the others.
    confidence : level of limits.
    most_bias, least_coverage : the rule by which a design holds.

    Returns
    -------
    Plan.

    Raises
    ------
    ValueError : no designs, two of one name, no budgets, or a unit cost is missing.
    """
    names = [each.name for each in designs]
    if not names or len({*names}) < len(names):
        raise Refusal("designs", "Give designs with names of their own, at least one.")
    require_columns(unit_costs, ["item", "low", "value", "high"], "unit costs")
    money = sorted(float(each) for each in budgets)
    if not money:
        raise Refusal("budgets", "Give at least one budget.")
    middle = money[len(money) // 2]
    rows = [
        {"design": each.name, "budget": budget}
        | _summary(each, population, budget, unit_costs, replicates, seed, confidence)
        for each in designs
        for budget in money
    ]
    wrong = [
        {"design": each.name, "misspecification": name}
        | _summary(each, changed, middle, unit_costs, replicates, seed, confidence, planned=population)
        for name, changed in misspecified(population).items()
        for each in designs
        if name in each.concerns
    ]
    failed = pd.DataFrame(wrong, columns=[name for name in WRONG_COLUMNS if name != "holds"])
    bounds = failed["bias"].abs().le(most_bias) & failed["coverage"].ge(least_coverage)
    failed["holds"] = bounds & failed["refused"].lt(MOST_REFUSED)
    return Plan(
        table=pd.DataFrame(rows, columns=list(COLUMNS)), wrong=failed, population=population, designs=tuple(designs),
        costs=unit_costs, confidence=confidence, middle=middle, replicates=replicates, seed=seed,
        most_bias=most_bias, least_coverage=least_coverage,
    )  # fmt: skip


def _summary(
    design: Design | Combined, population: Population, budget: float, unit_costs: pd.DataFrame,
    replicates: int, seed: int, confidence: float, planned: Population | None = None,
) -> dict[str, float]:  # fmt: skip
    """What many studies of a design come to; their samples are planned by the population that was assumed."""
    # By name, so that a design draws the same whatever stands beside it.
    rng = np.random.default_rng([seed, crc32(design.name.encode()), round(budget)])
    costs = {side: dict(zip(unit_costs["item"], unit_costs[side], strict=True)) for side in ("low", "value", "high")}
    parts = [design.first, design.second] if isinstance(design, Combined) else [design]
    shares = [design.share, 1 - design.share] if isinstance(design, Combined) else [1.0]
    samples = [
        part.sample_for(planned or population, budget * share, costs["value"])
        for part, share in zip(parts, shares, strict=True)
    ]
    drawn = [
        part.draws(population, sample, replicates, rng, confidence) if sample else _none(replicates)
        for part, sample in zip(parts, samples, strict=True)
    ]
    found = joint(*drawn, confidence) if len(drawn) == 2 else drawn[0]
    paid = {
        side: sum(
            part.cost(population, sample, each) if sample else 0.0 for part, sample in zip(parts, samples, strict=True)
        )
        for side, each in costs.items()
    }
    told = [part.told_from_zero(population, sample) for part, sample in zip(parts, samples, strict=True) if sample]
    told = [each for each in told if np.isfinite(each)]
    return {
        "sample": sum(samples), "cost_low": paid["low"], "cost": paid["value"], "cost_high": paid["high"],
        "truth": population.truth, "least_prevalence": min(told, default=np.nan), "n": replicates,
    } | quality(found, population.truth, confidence)  # fmt: skip


def quality(draws: Draws, truth: float, confidence: float) -> dict[str, float]:
    """Return median, bias, width, coverage, refused and least_change of many studies, as in `Plan.table`."""
    known = np.isfinite(draws.estimate)
    if not known.any():
        return dict.fromkeys(("median", "bias", "width", "coverage", "least_change"), np.nan) | {"refused": 1.0}
    estimate, low, high = (each[known] for each in draws)
    error = float(np.median(log_error(Draws(estimate, low, high), confidence)))
    z = special.ndtri(1 - LEVEL / 2) + special.ndtri(POWER)
    median = float(np.median(estimate))
    return {
        "median": median,
        "bias": median / truth - 1,
        "width": float(np.median(high - low)) / truth,
        "coverage": float(((low <= truth) & (truth <= high)).mean()),
        "refused": float(1 - known.mean()),
        "least_change": float(np.exp(z * np.sqrt(2) * error) - 1) if np.isfinite(error) else np.inf,
    }


def _none(replicates: int) -> Draws:
    return Draws(*(np.full(replicates, np.nan) for _ in range(3)))


def _crossing(widths: dict[float, float], half: float) -> float:
    """The factor at which the width is half, between the last two that were tried, on log scales."""
    (before, wide), (after, narrow) = list(widths.items())[-2:]
    if wide <= narrow:
        return after
    share = np.log(wide / half) / np.log(wide / narrow)
    return float(before * (after / before) ** share)


def _first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]
