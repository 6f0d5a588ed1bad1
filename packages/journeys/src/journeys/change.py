"""Changes of routes between periods: shares that rose or fell more than chance allows, and how far all did."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from bounded import arguments, intervals, result_plots
from bounded.arguments import checked
from bounded.notebook_result import NotebookResult
from bounded.refusal import Caution, Refusal, shown
from journeys.legs import observed_legs
from journeys.periods import BY_DATES, OUTSIDE, UNDATED, Categories, Periods, categories, in_periods
from journeys.shares import (
    REPLICATES,
    SEED,
    TwoPeriods,
    clustered_shares,
    correlations,
    difference_limits,
    divergence,
    exact_p,
    one_each,
    persons_of_either,
    smallest_p,
    two_periods,
)
from journeys.stops import FEWEST_PERSONS, Journeys, TooFewJourneys, journeys

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Categories of fewer persons, in both periods together, are not tested.
FEWEST_TESTED = 5
LEVEL = 0.05
# Fewer persons than these show great changes only.
FEW = 30
EMERGING, VANISHING, RISES, FALLS, CHANCE = STATUSES = (
    "emerging",
    "vanishing",
    "rises",
    "falls",
    "not distinguishable",
)
_DETECTED = Caution(
    "detected_persons_only",
    "Journeys are those of detected persons: a change of who is found and where looks like a change of routes.",
)
_EXACT = "Fisher's exact test, each person counting once"
_ROBUST = (
    "Fisher's exact test on effective numbers of persons (design effect with persons as clusters, Rao and Scott 1992)"
)


@dataclass(frozen=True, eq=False)
class RouteChange(NotebookResult):
    """Changes from period to period.

    Parameters
    ----------
    table : one row a category and pair of periods that follow each other, smallest p first: before, after (the
        periods); what is counted (origin, destination; from_place, to_place; path; or the trait); persons_before,
        persons_after (distinct); share_before, share_after; difference (after less before), low, high (persons as
        clusters); p_value, q_value (missing where not tested); status: "emerging" (none before, and q below the
        level), "vanishing" (none after), "rises", "falls" or "not distinguishable"; observed_share_before and
        observed_share_after (of the legs of these journeys or, of legs, of those between the two places).
    summary : one row a pair of periods: before, after; n_before, n_after (persons); jensen_shannon (divergence of the
        shares as seen: 0 if they are the same, 1 if nothing is in both), by_chance (its mean if persons' periods are
        exchanged: what chance alone makes of it), beyond_chance (the one less the other, not below 0), low, high (of
        the divergence without chance; missing where samples do not vary), p_value (of persons exchanged);
        n_tested, n_not_tested; known_before, known_after (share of journeys, or legs, whose category is known),
        observed_before, observed_after (share of legs that are observed).
    periods : one row a period: period, persons, journeys.
    n_undated : journeys whose dates do not say in which period they lie; they are in no number.
    n_outside : journeys that lie in none of the periods.
    of : what is counted.
    test : which test gives the p-values.
    level : of the q-values.
    confidence : level of all limits.
    replicates : how often persons were drawn again, and their periods exchanged.
    warnings : sentences that a reader of the numbers must know.
    """

    table: pd.DataFrame = field(repr=False)
    summary: pd.DataFrame
    periods: pd.DataFrame = field(repr=False)
    n_undated: int
    n_outside: int
    of: str
    test: str
    level: float
    confidence: float
    replicates: int
    warnings: tuple[Caution, ...]

    def plot(self, *, title: str = "", rows: int = 15) -> Figure:
        """Differences of the shares of the last two periods, most changed first.

        Parameters
        ----------
        rows : how many categories are drawn; changes come first, then what was tested.
        """
        pair = self.summary.iloc[-1]
        drawn = self.most_changed(rows)
        ends = 100 * drawn[["difference", "difference", "low", "high"]].to_numpy(dtype=float).T
        categories = [" → ".join(category) for category in drawn["category"]]
        return result_plots.rows(
            [f"{category} ({status})" for category, status in zip(categories, drawn["status"], strict=True)],
            {f"difference and {intervals.percent(self.confidence)} interval": tuple(ends)},
            title=title or f"Change of {self.of} from {pair['before']} to {pair['after']}",
            xlabel="difference of the shares, percentage points",
            at={"no change": 0.0},
        )

    def most_changed(self, rows: int) -> pd.DataFrame:
        """The first so many rows of the last two periods: changes first, then what was tested, by size.

        Returns
        -------
        DataFrame: `table`, with category (tuple of texts: what is counted).
        """
        table = self.table[self.table["after"] == self.summary["after"].iloc[-1]]
        order = np.lexsort((-table["difference"].abs(), table["p_value"].isna(), table["status"] == CHANCE))
        drawn = table.iloc[order[:rows]]
        counted = drawn.columns[2 : drawn.columns.get_loc("persons_before")]
        return drawn.assign(category=[tuple(map(str, row)) for row in drawn[counted].itertuples(index=False)])


def _periods(name: str, value: Any) -> Any:
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise Refusal("wrong_type", f"`{name}` lists the periods, or their first and last years; it is {shown(value)}.")
    return value


@checked(periods=_periods, level=arguments.number(above=0, below=1, example="0.05"))
def change(
    stops: pd.DataFrame | Journeys,
    by: str = BY_DATES,
    *,
    periods: Periods | None = None,
    of: str = "flows",
    level: float = LEVEL,
    confidence: float = 0.95,
    replicates: int = REPLICATES,
    seed: int = SEED,
) -> RouteChange:
    """Routes that emerged, rose, fell or vanished between periods, at a controlled rate of false discoveries.

    A journey lies in a period if all of its dates do; one whose dates leave a doubt is counted apart and never guessed.
    Each period is compared with the one before it. Shares are those of ``flows`` and ``journey_paths``, and of observed
    legs: an end that is not known is a category, which is neither emerging nor vanishing.

    Parameters
    ----------
    stops : as ``journeys`` reads them.
    by : what tells the period: "period", the dates of the journeys (date_low, date_high) or, if no journey has any,
        their trait year; or the name of another trait, of years or of names of periods.
    periods : two or more ranges that follow each other, of years or dates, both ends included: [(2014, 2018), (2019,
        2024)], or with names {"before the law": ("2014-01-01", "2017-03-14"), ...}. For a trait of names: its values,
        in order. None: the first and the second half of the years there are; of names, all.
    of : what is counted: "flows" (origin and destination), "legs" (observed ones), "paths" (known from end to end), or
        a trait of the journeys, such as "scope" or "form". A person counts for one, shared out over several journeys
        and over several values of a trait; of legs, each counts for one.
    level : q-value below which a change is told from chance.
    confidence : level of the limits of differences and of the divergence.
    replicates : how often persons are drawn again, and their periods exchanged.
    seed : of both.

    Returns
    -------
    RouteChange.

    Raises
    ------
    TooFewJourneys : a period has fewer than 10 persons, or journeys have no dates.
    ValueError : as ``journeys`` does; `by` or `of` names no trait; the periods overlap or are not in order.

    Notes
    -----
    q-values are those of Benjamini and Hochberg (1995), over all categories and pairs of periods that are tested.
    Categories with fewer than 5 persons in both periods together are not tested, nor those with so few that even the
    greatest change could not reach the level (Gilbert 2005, after Tarone): neither depends on what changed, and what
    cannot be found does not hide what can. In simulations where nothing changed, with 10 to 200 persons a period, one
    or several journeys each, at most 2.1 % of 1,000 data sets showed a change at a level of 5 %. The divergence that is
    seen is above 0 by chance alone, the more so the fewer the persons and the more the categories; its limits are those
    of the divergence less what chance adds.

    References
    ----------
    Benjamini, Y., & Hochberg, Y. (1995). Controlling the false discovery rate. Journal of the Royal Statistical Society
    B 57, 289-300.
    Gilbert, P. B. (2005). A modified false discovery rate multiple-comparisons procedure for discrete data, applied to
    human immunodeficiency virus genetics. Applied Statistics 54, 143-158.
    Lin, J. (1991). Divergence measures based on the Shannon entropy. IEEE Transactions on Information Theory 37,
    145-151.
    Newcombe, R. G. (1998). Interval estimation for the difference between independent proportions. Statistics in
    Medicine 17, 873-890.
    """
    from statsmodels.stats.multitest import multipletests

    if replicates < 99:
        raise Refusal(
            "too_few_replicates", f"{replicates} replicates cannot give a p-value below 0.01: ask for 999 or more."
        )
    every = journeys(stops)
    period, names = in_periods(every, by, periods)
    read, period_of = every.chosen(period >= 0), period[period >= 0]
    kinds = categories(read, of)
    person, when = read.person[kinds.journey], period_of[kinds.journey]
    weight = one_each(person, when) if kinds.each_person_once else np.ones(len(person))
    n_undated, n_outside = int((period == UNDATED).sum()), int((period == OUTSIDE).sum())
    n = np.bincount(pd.DataFrame({"when": when, "person": person}).drop_duplicates()["when"], minlength=len(names))
    _check_enough(names, n, of, n_undated)
    cells = len(kinds.names)
    shares = clustered_shares(kinds.cell, person, weight, when, cells, confidence)
    observed = kinds.observed_share(period_of, len(names))

    tables, rows, exact = [], [], []
    for earlier, later in zip(range(len(names) - 1), range(1, len(names)), strict=True):
        chosen = (when == earlier) | (when == later)
        two = two_periods(kinds.cell[chosen], person[chosen], weight[chosen], when[chosen] == later, cells)
        table = _compared(two, kinds, shares, earlier, later, level)
        for label, number in (("before", earlier), ("after", later)):
            table[f"observed_share_{label}"] = observed[number]
        table.insert(0, "after", names[later])
        table.insert(0, "before", names[earlier])
        tables.append(table[(table["persons_before"] > 0) | (table["persons_after"] > 0)])
        exact.append(two.single)
        row = {"before": names[earlier], "after": names[later], "n_before": n[earlier], "n_after": n[later]}
        tested = int(tables[-1]["p_value"].notna().sum())
        row |= divergence(two, replicates, seed, confidence)
        row |= {"n_tested": tested, "n_not_tested": len(tables[-1]) - tested}
        row |= _seen(read, kinds, period_of, earlier, later)
        rows.append(row)
    table = pd.concat(tables, ignore_index=True)
    tested = table["p_value"].notna()
    if tested.any():
        table.loc[tested, "q_value"] = multipletests(table.loc[tested, "p_value"], method="fdr_bh")[1]
    table["status"] = _status(table, level)
    known = table.pop("known")
    table.loc[~known & (table["status"] == EMERGING), "status"] = RISES
    table.loc[~known & (table["status"] == VANISHING), "status"] = FALLS
    size = table["difference"].abs()
    table = table.assign(size=-size).sort_values(["p_value", "size", *kinds.names], kind="stable", ignore_index=True)
    summary = pd.DataFrame(rows)
    differs = [summary.pop(name).tolist() for name in ("observed_differs", "known_differs")]
    return RouteChange(
        table=table.drop(columns="size"),
        summary=summary,
        periods=pd.DataFrame({"period": names, "persons": n, "journeys": np.bincount(period_of, minlength=len(names))}),
        n_undated=n_undated,
        n_outside=n_outside,
        of=of,
        test=_EXACT if all(exact) else _ROBUST,
        level=level,
        confidence=confidence,
        replicates=replicates,
        warnings=_warnings(summary, differs, of, len(every), n_undated, n_outside),
    )


def _check_enough(names: list[str], n: NDArray[np.int64], of: str, n_undated: int) -> None:
    few = np.flatnonzero(n < FEWEST_PERSONS)
    if len(few):
        lost = f", or find dates for the {n_undated:,} journeys that lie in no one period" if n_undated else ""
        raise TooFewJourneys(
            "too_few_journeys",
            f"The period {names[few[0]]} has {n[few[0]]} {'person' if n[few[0]] == 1 else 'persons'} with "
            f"{of if of in ('legs', 'paths') else 'journeys'} to compare, and shares of fewer than {FEWEST_PERSONS} "
            f"persons say nothing of a change. Choose wider periods by `periods`{lost}.",
        )


def _compared(
    two: TwoPeriods, kinds: Categories, shares: pd.DataFrame, earlier: int, later: int, level: float
) -> pd.DataFrame:
    """One row a category: persons, shares, their difference, its limits and p."""
    cells = len(kinds.names)
    before, after = (shares.iloc[number * cells : (number + 1) * cells] for number in (earlier, later))
    limits = [part[["share", "share_low", "share_high"]].to_numpy().T for part in (before, after)]
    low, high = difference_limits(limits[0], limits[1], correlations(two))
    tested = (persons_of_either(two) >= FEWEST_TESTED) & (smallest_p(two) < level)
    return kinds.names.assign(
        persons_before=before["persons"].to_numpy(),
        persons_after=after["persons"].to_numpy(),
        share_before=before["share"].to_numpy(),
        share_after=after["share"].to_numpy(),
        difference=after["share"].to_numpy() - before["share"].to_numpy(),
        low=low,
        high=high,
        p_value=np.where(tested, exact_p(two), np.nan),
        q_value=np.nan,
        status="",
        known=kinds.known,
    )


def _status(table: pd.DataFrame, level: float) -> NDArray:
    found = (table["q_value"] < level).to_numpy()
    up = (table["difference"] > 0).to_numpy()
    none = [(table[f"persons_{label}"] == 0).to_numpy() for label in ("before", "after")]
    return np.select(
        [found & none[0], found & none[1], found & up, found], [EMERGING, VANISHING, RISES, FALLS], CHANCE
    ).astype(object)


def _seen(
    read: Journeys, kinds: Categories, period: NDArray[np.int64], earlier: int, later: int
) -> dict[str, float | bool]:
    """Shares of units whose category is known and of legs observed, in both periods; and whether they differ."""
    observed, legs = observed_legs(read)
    sides = [period == earlier, period == later]
    found: dict[str, float | bool] = {}
    for name, seen, every in (("known", kinds.units - kinds.lost, kinds.units), ("observed", observed, legs)):
        whole = [every[side].sum() for side in sides]
        shares = [seen[side].sum() / total if total else np.nan for side, total in zip(sides, whole, strict=True)]
        pooled = sum(seen[side].sum() for side in sides) / max(sum(whole), 1)
        residual = seen - pooled * every
        # A score test with persons as clusters; whoever is in both periods is one.
        change = np.zeros(read.persons)
        for side, sign, total in zip(sides, (-1, 1), whole, strict=True):
            change += np.bincount(read.person[side], sign * residual[side] / max(total, 1), minlength=read.persons)
        found |= {f"{name}_before": shares[0], f"{name}_after": shares[1]}
        found[f"{name}_differs"] = bool(change.sum() ** 2 > special.chdtri(1, 0.05) * (change @ change))
    return found


def _warnings(
    summary: pd.DataFrame, differs: list[list[bool]], of: str, total: int, n_undated: int, n_outside: int
) -> tuple[Caution, ...]:
    said = [
        Caution.when(
            n_undated,
            "undated_left_out",
            f"{n_undated:,} of {total:,} journeys are in no number: their dates do not say in which period they lie.",
        ),
        Caution.when(n_outside, "outside_periods", f"{n_outside:,} of {total:,} journeys lie outside the periods."),
    ]
    # Of legs, what is known is what is observed.
    what = {"observed": "legs that are observed", "known": f"journeys whose {of.removesuffix('s')} is known"}
    for row, *differ in zip(summary.to_dict("records"), *differs, strict=True):
        between = f"between {row['before']} and {row['after']}"
        least = min(row["n_before"], row["n_after"])
        said += [
            *(
                Caution.when(
                    more and (name, of) != ("known", "legs"),
                    "recording_changed",
                    f"The share of {words} went from {row[f'{name}_before']:.0%} to {row[f'{name}_after']:.0%} "
                    f"{between}, more than chance allows: a change in what is recorded can look like one of routes.",
                )
                for (name, words), more in zip(what.items(), differ, strict=True)
            ),
            Caution.when(
                least < FEW,
                "few_persons",
                f"Only {least} persons in one period {between}: only great changes can be told from chance.",
            ),
            Caution.when(
                row["n_not_tested"],
                "not_tested",
                f"{row['n_not_tested']} of {row['n_tested'] + row['n_not_tested']} categories are not tested "
                f"{between}: with so few persons, or all of them, no change could be told from chance.",
            ),
            Caution(
                "divergence_by_chance",
                f"The divergence {between} is {row['jensen_shannon']:.2g}; chance alone makes {row['by_chance']:.2g} "
                "on average, with so many persons and categories.",
            ),
        ]
    return Caution.kept(*said, _DETECTED)
