"""Estimates by every method on every drawn linkage, combined: precision where the linkage is not sure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from bounded import arguments, intervals, result_plots
from bounded.arguments import checked, each, text
from bounded.notebook_result import NotebookResult
from bounded.refusal import Caution, Refusal, require_columns
from capture_recapture.combining import combine_estimates
from capture_recapture.histories import CaptureTable, NotIdentifiable, capture_table
from capture_recapture.method_table import THRESHOLDS, method_table
from capture_recapture.multiple_systems import SEED

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ENDS = ["estimate", "low", "high"]
COMBINED = [*ENDS, "linkages", "without", "share_due_to_linkage", "degrees_of_freedom"]


@dataclass(frozen=True, eq=False)
class RobustnessOverLinkages(NotebookResult):
    """The estimates of all methods over drawn linkages, beside those of one linkage.

    Parameters
    ----------
    lists : names of the lists.
    draws : linkages.
    n : persons observed, the mean of the linkages.
    n_low, n_high : persons observed, the fewest and the most of a linkage.
    table : one row a method: method, estimate, low, high (persons, combined over linkages; missing where a method has
        no estimate for two linkages), linkages (combined), without (linkages for which the method has no estimate),
        share_due_to_linkage (0 to 1), degrees_of_freedom, one_estimate, one_low, one_high (persons, by the one linkage;
        missing where none was given), note.
    low, high : persons, from the lowest lower to the highest upper limit of all methods.
    confidence : level of the limits.
    thresholds : p-values of the stepwise selections.
    replicates : resamples of each method for each linkage.
    each : one row a linkage and method: draw, method, n, estimate, low, high (persons), note.
    cautions : what a reader must know of the combination, one sentence each.
    """

    lists: tuple[str, ...]
    draws: int
    n: float
    n_low: int
    n_high: int
    table: pd.DataFrame
    low: float
    high: float
    confidence: float
    thresholds: tuple[float, ...]
    replicates: int
    each: pd.DataFrame = field(repr=False)
    cautions: tuple[Caution, ...] = ()

    def plot(self, *, title: str = "", truth: float | None = None) -> Figure:
        """Draw every method over all linkages, and by the one linkage. `truth`: the number of persons, where known."""
        sets = {f"{self.draws} linkages combined": ENDS}
        if self.table["one_estimate"].notna().any():
            sets["one linkage"] = [f"one_{name}" for name in ENDS]
        numbers = {name: tuple(self.table[[ends[0], *ends]].to_numpy(dtype=float).T) for name, ends in sets.items()}
        places = {"observed": self.n, "true number": truth}
        return result_plots.rows(
            self.table["method"].tolist(),
            numbers,
            title=title or f"How many persons there are, with linkages drawn {self.draws} times",
            xlabel=f"persons, on a list or on none: estimate and {intervals.percent(self.confidence)} interval",
            at={f"{name}: {place:,.0f}": float(place) for name, place in places.items() if place is not None},
        )


@checked(draws=arguments.table, methods=each(text))
def robustness_over_linkages(
    draws: pd.DataFrame,
    one: pd.DataFrame | None = None,
    *,
    methods: Sequence[str] | None = None,
    thresholds: Sequence[float] = THRESHOLDS,
    replicates: int = 100,
    seed: int = SEED,
    confidence: float = 0.95,
) -> RobustnessOverLinkages:
    """Estimate the number of persons by every method on every drawn linkage, and combine what each method says.

    An interval of one linkage holds the chance that persons come onto lists, and takes who is who for known. Over drawn
    linkages it also holds the doubt about who is who; `share_due_to_linkage` says how much of the variance that is.
    See `combine_estimates` for the rules, and for linkages without an estimate, which are counted.

    Time is that of `method_table` on one linkage, times the linkages; those with the same histories are estimated once.
    Of the resamples only limits are read, so that there are fewer than for one linkage.

    Parameters
    ----------
    draws : draw, one 0/1 column a list, and count (persons), a row a linkage and pattern, as `linkage_histories` gives
        them. Two linkages or more; twenty are worth it.
    one : capture histories of the linkage that would be used by itself, with the same lists.
    methods : which are asked, by their names in `Robustness.table`; by default all.
    thresholds : p-values of the stepwise selections.
    replicates : resamples of each method for each linkage; of the one linkage as well.
    seed : of the resamples.
    confidence : level of every interval, between 0 and 1.

    Returns
    -------
    RobustnessOverLinkages : `table`, one row a method (estimate, low, high in persons, share_due_to_linkage, and
        one_estimate, one_low, one_high), low and high of all methods, `each` (a row a linkage and method).

    Raises
    ------
    NotIdentifiable : no method has an estimate for two linkages.
    ValueError : the histories are malformed, there are fewer than two linkages, or a method has another name.

    References
    ----------
    Rubin, D. B. (1987). Multiple Imputation for Nonresponse in Surveys. Wiley.
    Binette, O. and Steorts, R. C. (2022). On the reliability of multiple systems estimation for the quantification of
        modern slavery. JRSS A 185, 640-676.
    """
    require_columns(draws, ["draw"], "histories of drawn linkages")
    tables = {number: capture_table(part.drop(columns="draw")) for number, part in draws.groupby("draw")}
    if len(tables) < 2:
        raise Refusal(
            "too_few_linkages", f"There are {len(tables)} linkages: two are the least, and twenty worth the time."
        )
    first = next(iter(tables.values()))
    others = {"one": _same_lists(one, first)} if one is not None else {}
    said = _estimates({**tables, **others}, methods, thresholds, replicates, seed, confidence)
    chosen = said["method"].drop_duplicates().tolist()
    beside = said[said["draw"] == "one"].set_index("method")
    each = said[said["draw"] != "one"].reset_index(drop=True)
    rows: list[dict[str, Any]] = []
    cautions: list[Caution] = []
    for name in chosen:
        of_method = each[each["method"] == name]
        row, found = _combined(of_method, confidence)
        cautions += found
        ends = beside.loc[name] if len(beside) else pd.Series(np.nan, index=ENDS)
        rows.append({"method": name, **row, **{f"one_{end}": ends[end] for end in ENDS}, "note": row["note"]})
    table = pd.DataFrame(rows)[["method", *COMBINED, *(f"one_{end}" for end in ENDS), "note"]]
    if table["estimate"].isna().all():
        raise NotIdentifiable("no_method_estimable", str(table["note"].iloc[0]).removeprefix("refused: "))
    observed = [each_table.n for each_table in tables.values()]
    return RobustnessOverLinkages(
        lists=first.lists,
        draws=len(tables),
        n=float(np.mean(observed)),
        n_low=min(observed),
        n_high=max(observed),
        table=table,
        low=float(table["low"].min()),
        high=float(table["high"].max()),
        confidence=confidence,
        thresholds=tuple(thresholds),
        replicates=replicates,
        each=each[["draw", "method", "n", *ENDS, "note"]],
        cautions=Caution.kept(*cautions),
    )


def _estimates(
    tables: Mapping[Any, CaptureTable],
    methods: Sequence[str] | None,
    thresholds: Sequence[float],
    replicates: int,
    seed: int,
    confidence: float,
) -> pd.DataFrame:
    """Return the estimates of every method of each table: draw, method, n, estimate, low, high, note."""
    # Linkages with the same persons are estimated once.
    known: dict[bytes, pd.DataFrame] = {}
    parts = []
    for number, table in tables.items():
        key = table.counts.tobytes()
        if key not in known:
            known[key] = method_table(table.histories, methods, thresholds, replicates, seed, confidence)
        parts.append(known[key][["method", *ENDS, "note"]].assign(draw=number, n=table.n))
    return pd.concat(parts, ignore_index=True)


def _same_lists(one: pd.DataFrame, first: CaptureTable) -> CaptureTable:
    """The histories of one linkage, with their lists in the order of the drawn ones."""
    require_columns(one, [*first.lists, "count"], "capture histories of the one linkage")
    return capture_table(one[[*first.lists, "count"]])


def _combined(of_method: pd.DataFrame, confidence: float) -> tuple[dict[str, Any], tuple[Caution, ...]]:
    """One method over all linkages; where it cannot be combined, the reason."""
    try:
        found = combine_estimates(of_method.reset_index(drop=True), confidence=confidence)
    except NotIdentifiable as refusal:
        # Why the method itself says nothing, where that is the reason.
        refused = of_method["note"][of_method["estimate"].isna()]
        why = refused.iloc[0] if len(refused) else f"refused: {refusal}"
        return {**dict.fromkeys(COMBINED, np.nan), "linkages": 0, "without": len(of_method), "note": why}, ()
    row = {name: getattr(found, name) for name in COMBINED if name != "linkages"}
    return {**row, "linkages": found.m, "note": " ".join(found.cautions)}, found.cautions
