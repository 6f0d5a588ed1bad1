"""How many persons no list knows in each stratum by itself, and in all strata together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bounded import intervals
from capture_recapture.histories import NotIdentifiable, StratumTable, capture_table, in_words, stratum_table
from capture_recapture.loglinear import Floats
from capture_recapture.multiple_systems import SEED, MultipleSystems, multiple_systems
from capture_recapture.resampling import bca, labels_with_seen, one_person_less, persons_plot

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Stratified:
    """Estimates of strata, each by itself, and their sum.

    Parameters
    ----------
    by, lists : names of the columns that say the stratum, and of the lists.
    n : persons observed in all strata.
    n_refused : of these, the persons in strata without an estimate. They are there, and `estimate` has none of them.
    estimate : persons in all strata that have an estimate, on a list or on none.
    interval : (low, high) of `estimate`, persons: BCa, from the sums of the strata's independent resamples; NaN
        without any.
    total_low : persons there are at least in all strata, refused ones too: the lower limit and `n_refused`. There is
        no upper limit for what was refused.
    pooled : persons in the same strata, estimated from one table of all their persons.
    confidence : level of the intervals.
    strata : one row a stratum: the columns `by`, n (persons observed), estimate, low, high (persons; NaN where it was
        refused), terms (dependences in the model), note (why it was refused, or what a reader must know).
    totals : the sum, and the pooled estimate of the same strata and of all: total, strata (how many), n, estimate,
        low, high, note. Where chances of being seen differ between strata and not between lists the pooled estimate
        is too low.
    fits : the result of each stratum that has one, by its label.
    replicates : (replicates,) sums of the strata's resamples; NaN where one had no estimate.
    """

    by: tuple[str, ...]
    lists: tuple[str, ...]
    n: int
    n_refused: int
    estimate: float
    interval: tuple[float, float]
    total_low: float
    pooled: float
    confidence: float
    strata: pd.DataFrame = field(repr=False)
    totals: pd.DataFrame = field(repr=False)
    fits: dict[str, MultipleSystems] = field(repr=False)
    replicates: Floats = field(repr=False)

    def plot(self, *, title: str = "") -> Figure:
        """One line a stratum, then the sum and the pooled estimates; a refused stratum has no estimate."""
        rows = [
            self.strata.assign(label=in_words(self.strata[list(self.by)])),
            self.totals.rename(columns={"total": "label"}),
        ]
        columns = ["label", "n", "estimate", "low", "high"]
        table = pd.concat([part[columns] for part in rows], ignore_index=True)
        return persons_plot(
            labels_with_seen(table),
            table,
            title=title or "Persons by stratum, each by itself",
            confidence=self.confidence,
        )


def stratified(
    histories: pd.DataFrame,
    by: str | Sequence[str],
    selection: str = "stepwise",
    threshold: float = 0.02,
    replicates: int = 1000,
    seed: int = SEED,
    confidence: float = 0.95,
) -> Stratified:
    """Estimate each stratum by itself, with a model of its own, and add the strata up.

    Persons of different areas, years or sexes differ in how likely each list is to know them. Where those more likely
    to be on one list are also more likely to be on another, lists seem to depend on each other, and one estimate of
    all persons is too low; strata take away what lies between them, and leave what lies within. The price is fewer
    persons a model: a stratum that cannot carry one is refused by itself, stays in the table with the reason, and its
    persons are counted in `n_refused` and `total_low`. `joint` borrows strength between strata instead.

    Parameters
    ----------
    histories : one 0/1 column a list, `count` (persons, whole numbers), and the columns `by`.
    by : columns that say the stratum, as area_id, year, sex. Missing and "" are a stratum of their own, "unknown".
    selection, threshold : how the model of each stratum is chosen, as in `multiple_systems`.
    replicates : multinomial resamples of each stratum; 0 gives the estimates alone.
    seed : of the resamples. A stratum's own follow from the seed and its name, so other strata do not change them.
    confidence : level of the intervals, between 0 and 1.

    Returns
    -------
    Stratified : n, estimate, interval (persons), n_refused, total_low, pooled, and tables: `strata` (one row a stratum,
        with the reason where it was refused) and `totals`.

    Raises
    ------
    NotIdentifiable : no stratum has an estimate.
    ValueError : the histories, the columns or an argument are malformed.

    References
    ----------
    Sekar, C. C. and Deming, W. E. (1949). On a method of estimating birth and death rates and the extent of
        registration. JASA 44, 101-115.
    International Working Group for Disease Monitoring and Forecasting (1995). Capture-recapture and multiple-record
        systems estimation I: history and theoretical development. Am. J. Epidemiol. 142, 1047-1058.
    Davison, A. C. and Hinkley, D. V. (1997). Bootstrap Methods and their Application. Cambridge, section 5.3.2
        (acceleration of a sum over independent samples).
    """
    table = stratum_table(histories, by)
    if table.strata.empty:
        raise NotIdentifiable("no_persons", "No person is on any list: there is nothing to estimate from.")
    intervals.check_confidence(confidence)
    chosen: dict = {"selection": selection, "threshold": threshold, "confidence": confidence}
    fits: dict[int, MultipleSystems] = {}
    notes = [""] * len(table.strata)
    for number, label in enumerate(table.labels):
        own_seed = int(np.random.SeedSequence([seed, *label.encode()]).generate_state(1, np.uint64)[0])
        try:
            fits[number] = multiple_systems(
                table.histories([number]), replicates=replicates, seed=own_seed, **chosen
            )  # fmt: skip
            notes[number] = _note(table, number)
        except NotIdentifiable as refusal:
            notes[number] = str(refusal)
    if not fits:
        raise NotIdentifiable(
            "no_stratum_estimable",
            f"None of the {len(notes)} strata has an estimate; of '{table.labels[0]}' it was said: {notes[0]} Wider "
            "strata, or `joint`, in which strata have the dependences of lists in common, would help.",
        )
    estimate = sum(fit.estimate for fit in fits.values())
    sums = np.sum([fit.replicates for fit in fits.values()], axis=0)
    interval = (np.nan, np.nan)
    if replicates:
        jackknife, weights = _jackknife(table, fits, chosen)
        tail = (1 - confidence) / 2
        low, high = bca(estimate, sums, jackknife, weights, [tail, 1 - tail]).limits
        interval = (float(low), float(high))
    refused = [number for number in range(len(notes)) if number not in fits]
    n_refused = int(table.n[refused].sum())
    rows = [_total("sum of strata", table, list(fits), estimate, *interval, note=_left_out(len(refused), n_refused))]
    rows.append(_pooled("pooled", table, list(fits), replicates=replicates, seed=seed, **chosen))
    if refused:
        every = range(len(notes))
        rows.append(_pooled("pooled, with the refused", table, every, replicates=replicates, seed=seed, **chosen))
    return Stratified(
        by=table.by,
        lists=table.lists,
        n=int(table.n.sum()),
        n_refused=n_refused,
        estimate=estimate,
        interval=interval,
        total_low=interval[0] + n_refused,
        pooled=rows[1]["estimate"],
        confidence=confidence,
        strata=_rows(table, fits, notes),
        totals=pd.DataFrame(rows),
        fits={table.labels[number]: fit for number, fit in fits.items()},
        replicates=sums,
    )


def _rows(table: StratumTable, fits: dict[int, MultipleSystems], notes: list[str]) -> pd.DataFrame:
    known = [fits.get(number) for number in range(len(notes))]
    return table.strata.assign(
        n=table.n,
        estimate=[np.nan if fit is None else fit.estimate for fit in known],
        low=[np.nan if fit is None else fit.interval[0] for fit in known],
        high=[np.nan if fit is None else fit.interval[1] for fit in known],
        terms=["" if fit is None else "; ".join(" and ".join(term) for term in fit.terms) for fit in known],
        note=notes,
    )


def _note(table: StratumTable, number: int) -> str:
    """What a reader must know of a stratum that has an estimate."""
    absent = table.without_persons(number)
    left = len(table.lists) - len(absent)
    notes = [
        f"Nobody of this stratum is on {' or '.join(absent)}." if absent else "",
        "The estimate rests on the independence of the two lists left." if absent and left == 2 else "",
        capture_table(table.histories([number])).caution,
    ]
    return " ".join(note for note in notes if note)


def _jackknife(table: StratumTable, fits: dict[int, MultipleSystems], chosen: dict) -> tuple[Floats, Floats]:
    """How far the total moves if one person of a pattern and stratum is left out, and how many persons that stands for.

    In each stratum the moves are taken from their own mean: strata are samples of their own.
    """
    moves, persons = [], []
    for number in fits:
        less, weights = one_person_less(table.counts[:, number])
        found = multiple_systems(table.histories([number]), resamples=less[1:].T, **chosen).replicates
        known = np.isfinite(found)
        middle = np.average(found[known], weights=weights[known]) if known.any() else np.nan
        n = weights.sum()
        moves.append((found - middle) * (n - 1) / n)
        persons.append(weights)
    return np.concatenate(moves), np.concatenate(persons)


def _total(
    name: str, table: StratumTable, which: Sequence[int], estimate: float, low: float, high: float, note: str
) -> dict:
    n = int(table.n[list(which)].sum())
    return dict(total=name, strata=len(which), n=n, estimate=estimate, low=low, high=high, note=note)


def _pooled(name: str, table: StratumTable, which: Sequence[int], **chosen) -> dict:
    try:
        fit = multiple_systems(table.histories(which), **chosen)
    except NotIdentifiable as refusal:
        return _total(name, table, which, np.nan, np.nan, np.nan, str(refusal))
    terms = "; ".join(" and ".join(term) for term in fit.terms)
    return _total(name, table, which, fit.estimate, *fit.interval, f"Dependences: {terms or 'none'}.")


def _left_out(strata: int, persons: int) -> str:
    if not strata:
        return ""
    return f"Strata that were refused: {strata}. The {persons:,} persons observed there are not in the sum."
