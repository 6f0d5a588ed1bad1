"""Designs compared on one population: what each would say for a budget, and where assumptions are wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bounded.arguments import checked, each, number, one_of, positive, whole
from bounded.notebook_result import NotebookResult
from bounded.refusal import Refusal
from study_design.costs import packaged
from study_design.design import MOST_TIMES, Design, Estimates, least_change, least_prevalence
from study_design.population import Population

if TYPE_CHECKING:
    from matplotlib.figure import Figure

AS_ASSUMED = "as assumed"
_STEPS = 60
Changes = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Rule(NotebookResult):
    """When a design holds.

    Parameters
    ----------
    bias : the most that its mean estimate may be off, as a share of the truth, either way.
    coverage : the least share of its limits that hold the truth.
    refused : the most replicates in which it may refuse, as a share.
    """

    bias: float = 0.20
    coverage: float = 0.80
    refused: float = 0.50


def misspecifications(population: Population) -> dict[str, dict[str, float]]:
    """Return what may be wrong: name -> fields of the population that change, and what they change to.

    Parameters
    ----------
    population : as assumed; a value that is worse than the usual one already stays.

    Returns
    -------
    Lists that depend on each other (odds ratio 3), a hidden class (30 % reached by nothing), a third who lie, clustered
    networks (homophily 0.5, barrier 1.5), clustered households (intra-cluster correlation 0.2).
    """
    return {
        "dependent lists": {"dependence": max(3.0, population.dependence)},
        "hidden class": {
            "hidden": max(0.3, population.hidden),
            "in_households": min(0.7, population.in_households),
        },
        "a third lie": {"admits": population.admits * 2 / 3},
        "clustered networks": {"homophily": max(0.5, population.homophily), "barrier": max(1.5, population.barrier)},
        "clustered households": {"cluster_correlation": max(0.2, population.cluster_correlation)},
    }


@dataclass(frozen=True, eq=False)
class Plan(NotebookResult):
    """Designs compared.

    Parameters
    ----------
    table : one row a design and budget: design, budget, sample (units of the design), cost_low, cost, cost_high, truth
        (persons), bias and median_bias (of the truth, as shares), width (of the limits, median, divided by the truth),
        width_persons, coverage, refused (shares), disagree (share of replicates in which two studies do; missing for
        one design), least_prevalence (told from zero), least_change (the fall between two rounds that is told), n.
    wrong : one row a design and misspecification at the middle budget: design, misspecification, concerns (whether the
        design is touched by it), bias, width, coverage, refused, holds.
    recommended : name of a design; empty where none holds.
    reason : why, in a sentence.
    confidence : level of the limits.
    rule : by which a design holds.
    population, designs, unit_costs : what was compared.
    """

    table: pd.DataFrame
    wrong: pd.DataFrame
    recommended: str
    reason: str
    confidence: float
    rule: Rule
    population: Population = field(repr=False)
    designs: tuple[Design, ...] = field(repr=False)
    unit_costs: pd.DataFrame = field(repr=False)

    @property
    def budget(self) -> float:
        """The middle budget."""
        return middle(sorted(self.table["budget"].unique()))

    def halves(self) -> pd.DataFrame:
        """Return what halves the interval of each design, from the middle budget.

        Returns
        -------
        One row a design: design, factor (of the budget; missing where no budget does), by_chance (the same, if all
        assumptions held), floor (the largest bias under what concerns the design, as a share of the truth), reason.
        """
        rows = []
        for design in self.designs:
            name = design.name
            times = _times(design, self.population, self.budget, self.unit_costs)
            own = self.wrong[(self.wrong["design"] == name) & self.wrong["concerns"]]
            floor = float(own["bias"].abs().max())
            now = self.table[(self.table["design"] == name) & (self.table["budget"] == self.budget)]
            half = float(now["width"].iloc[0]) / 4
            if not np.isfinite(half):
                factor, reason = np.nan, "It has no interval at this budget."
            elif np.isnan(times):
                factor, reason = np.nan, "No budget halves it: there is no more to sample."
            elif floor > half:
                worst = own.loc[own["bias"].abs().idxmax(), "misspecification"]
                factor = np.nan
                reason = (
                    f"No budget halves what is not known: with {worst} the estimate is off by {floor:.0%}, more than "
                    f"the {half:.0%} that half the interval reaches to each side."
                )
            else:
                factor, reason = times, f"{times:.1f} times the budget halves the interval."
            rows.append((name, factor, times, floor, reason))
        return pd.DataFrame(rows, columns=["design", "factor", "by_chance", "floor", "reason"])

    def plot(self, *, title: str = "") -> Figure:
        """Draw the frontier: width against cost, one line a design; hollow marks where it cannot be relied on."""
        from study_design.pictures import frontier

        return frontier(self, title)

    def plot_wrong(self, *, title: str = "") -> Figure:
        """Draw bias and coverage of each design under each misspecification."""
        from study_design.pictures import under_misspecifications

        return under_misspecifications(self, title)


def _design(name: str, value: object) -> Design:
    if not isinstance(value, Design):
        raise Refusal("wrong_type", f"`{name}` is a design, as HouseholdSurvey() is.")
    return value


@checked(
    population=one_of(Population, "a Population"),
    designs=each(_design),
    budgets=each(positive),
    replicates=whole(2),
    rule=one_of(Rule, "a Rule"),
    power=number(above=0, below=1),
)
def compare(
    population: Population,
    designs: Sequence[Design],
    *,
    budgets: Sequence[float],
    unit_costs: pd.DataFrame | None = None,
    replicates: int = 200,
    seed: int = 2026,
    confidence: float = 0.95,
    rule: Rule | None = None,
    wrong: Changes | None = None,
    power: float = 0.8,
    alpha: float = 0.05,
) -> Plan:
    """Compare designs on one population, budget by budget, and under wrong assumptions at the middle budget.

    A method that refuses is counted as refused; bias, width and coverage are of the replicates in which it did not. The
    random numbers follow from the seed and the names of design, budget and misspecification: the order of designs
    changes nothing.

    Parameters
    ----------
    population : as assumed.
    designs : five kinds, and combinations of two; each has a name of its own.
    budgets : in the unit of the costs.
    unit_costs : one row an item: item, unit, low, value, high, source; left out: `EXAMPLE_COSTS`, no country's prices.
    replicates : samples drawn of each.
    seed : of the random numbers.
    confidence : level of the limits.
    rule : by which a design holds.
    wrong : name -> fields of the population that change, and what they change to; left out: `misspecifications`.
    power : chance to tell what `least_prevalence` and `least_change` say.
    alpha : of their tests.

    Returns
    -------
    Plan : table, wrong, recommended, reason; `halves()`, `plot()` and `plot_wrong()`.

    Raises
    ------
    ValueError : two designs have one name, or an item of the costs, a list, a place or a group is not there.

    References
    ----------
    Blair, G., Cooper, J., Coppock, A. and Humphreys, M. (2019). Declaring and diagnosing research designs. American
        Political Science Review 113, 838-859.
    """
    costs = packaged("example_costs") if unit_costs is None else unit_costs
    names = [design.name for design in designs]
    if len(set(names)) < len(names):
        raise Refusal("duplicate_name", "Two designs have one name: give each a `name` of its own.")
    held, centre = rule or Rule(), middle(sorted(budgets))
    rows, assumed = [], dict[str, dict[str, float]]()
    for design in designs:
        for budget in sorted(budgets):
            samples = design.samples_for(budget, costs, population)
            paid = design.cost_of(samples, costs, population) if sum(samples) else (np.nan,) * 3
            random = _random(seed, design.name, f"{budget:.10g}", AS_ASSUMED)
            found, disagree = design.estimates_of(population, samples, replicates, random, confidence)
            measures = _measures(found, population.truth)
            if budget == centre:
                assumed[design.name] = measures
            seen = design.expected_of(population, samples)
            row: dict[str, object] = {"design": design.name, "budget": float(budget), "sample": sum(samples)}
            row |= dict(zip(("cost_low", "cost", "cost_high"), paid, strict=True))
            row |= {"truth": population.truth, **measures, "disagree": disagree}
            row["least_prevalence"] = least_prevalence(seen, population.prevalence, power, alpha)
            row["least_change"] = least_change(seen.variance, power, alpha)
            rows.append({**row, "n": replicates})
    table = pd.DataFrame(rows)
    under = _wrong(population, designs, centre, costs, replicates, seed, confidence, held, wrong, assumed)
    recommended, reason = _recommended(table[table["budget"] == centre], under, held)
    return Plan(
        table=table,
        wrong=under,
        recommended=recommended,
        reason=reason,
        confidence=confidence,
        rule=held,
        population=population,
        designs=tuple(designs),
        unit_costs=costs,
    )


def middle(budgets: Sequence[float]) -> float:
    """Return the middle of budgets that rise; of an even number the lower one."""
    return float(budgets[(len(budgets) - 1) // 2])


def _random(seed: int, *names: str) -> np.random.Generator:
    """Random numbers of their own for each seed and names."""
    digest = hashlib.sha256("\x1f".join(names).encode()).digest()
    return np.random.default_rng(np.random.SeedSequence([seed, *np.frombuffer(digest, dtype="<u4").tolist()]))


def _measures(found: Estimates, truth: float) -> dict[str, float]:
    """Bias, width, coverage and refusals of estimates; missing where all refused."""
    kept = ~found.refused
    measures: dict[str, float] = dict.fromkeys(("bias", "median_bias", "width", "width_persons", "coverage"), np.nan)
    if kept.any():
        estimate, low, high = (part[kept] for part in found)
        width = float(np.median(high - low))
        measures = {
            "bias": float(estimate.mean() / truth - 1),
            "median_bias": float(np.median(estimate) / truth - 1),
            "width": width / truth,
            "width_persons": width,
            "coverage": float(((low <= truth) & (truth <= high)).mean()),
        }
    return {**measures, "refused": float(1 - kept.mean())}


def _wrong(
    population: Population,
    designs: Sequence[Design],
    budget: float,
    costs: pd.DataFrame,
    replicates: int,
    seed: int,
    confidence: float,
    rule: Rule,
    wrong: Changes | None,
    assumed: Mapping[str, dict[str, float]],
) -> pd.DataFrame:
    """The table `Plan.wrong`. The sample is what was planned for: of the population as it is assumed."""
    changes = {AS_ASSUMED: {}, **(misspecifications(population) if wrong is None else wrong)}
    rows = []
    for design in designs:
        samples = design.samples_for(budget, costs, population)
        for name, changed in changes.items():
            touched = bool(set(changed) & set(design.reads))
            measures = assumed[design.name]
            if touched:
                random = _random(seed, design.name, f"{budget:.10g}", name)
                differs = replace(population, **changed)
                found, _ = design.estimates_of(differs, samples, replicates, random, confidence)
                measures = _measures(found, differs.truth)
            concerns = touched or name == AS_ASSUMED
            holds = (
                abs(measures["bias"]) <= rule.bias
                and measures["coverage"] >= rule.coverage
                and measures["refused"] <= rule.refused
            )
            kept = {key: measures[key] for key in ("bias", "width", "coverage", "refused")}
            rows.append({"design": design.name, "misspecification": name, "concerns": concerns, **kept, "holds": holds})
    return pd.DataFrame(rows)


def _recommended(table: pd.DataFrame, wrong: pd.DataFrame, rule: Rule) -> tuple[str, str]:
    """The narrowest design that holds under all that concerns it, and why."""
    concerned = wrong[wrong["concerns"]]
    # The few intervals of a design that mostly refuses are no width of it.
    width = table.set_index("design")["width"].where(table.set_index("design")["refused"] <= rule.refused)
    failed = concerned[~concerned["holds"]].groupby("design", sort=False)["misspecification"].agg(list)
    good = [name for name in width.index if name not in failed.index and np.isfinite(width[name])]
    # Names decide between designs of one width, so that their order does not.
    known = [name for name in width.index if np.isfinite(width[name])]
    first = min(known, key=lambda one: (width[one], one), default="")
    if not first:
        return "", "No design gives an estimate for this budget."
    falls = ""
    if first in failed.index:
        falls = f"The narrowest is {first}, which does not hold {_where(failed[first])}."
    if not good:
        return "", f"No design is recommended: none holds under every assumption that may be wrong. {falls}".strip()
    best = min(good, key=lambda one: (width[one], one))
    said = f"Recommended is {best}: the narrowest that holds under every assumption that may be wrong and concerns it."
    return best, f"{said} {falls}".strip()


def _where(ways: Sequence[str]) -> str:
    """The end of a sentence on when a design does not hold."""
    return "even as assumed" if AS_ASSUMED in ways else f"under {' and '.join(ways)}"


def _times(design: Design, population: Population, budget: float, costs: pd.DataFrame) -> float:
    """The factor of the budget that halves the closed-form error; missing where none up to `MOST_TIMES` does."""

    def error(times: float) -> float:
        return design.expected_of(population, design.samples_for(budget * times, costs, population)).variance

    wanted = error(1.0) / 4
    low, high = 1.0, MOST_TIMES
    if not np.isfinite(wanted) or error(high) > wanted:
        return float("nan")
    for _ in range(_STEPS):
        half = (low * high) ** 0.5
        low, high = (low, half) if error(half) <= wanted else (half, high)
        if high / low < 1 + 1e-4:
            break
    return float(high)
