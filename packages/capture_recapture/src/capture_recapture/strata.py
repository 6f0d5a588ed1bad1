"""Estimated totals by stratum: each stratum by itself, or all by one model.

In the one model lists may differ between strata, and dependences do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bounded.arguments import checked
from bounded.notebook_result import NotebookResult
from bounded.refusal import Refusal
from capture_recapture.histories import (
    NotIdentifiable,
    StratumTable,
    capture_table,
    in_words,
    require_lists,
    require_persons,
    stratum_table,
)
from capture_recapture.joint_loglinear import (
    Flags,
    JointTerms,
    joint_status,
    joint_terms,
    select,
)
from capture_recapture.loglinear import Floats, pairs
from capture_recapture.multiple_systems import SEED, MultipleSystems, multiple_systems
from capture_recapture.resampling import (
    bca,
    labels_with_seen,
    one_person_less,
    persons_plot,
    resamples,
)
from capture_recapture.selection import MEANING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Stratified(NotebookResult):
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
    selection, threshold : how the model of each stratum was chosen, as in `multiple_systems`.
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
    selection: str
    threshold: float
    strata: pd.DataFrame = field(repr=False)
    totals: pd.DataFrame = field(repr=False)
    fits: dict[str, MultipleSystems] = field(repr=False)
    replicates: Floats = field(repr=False)

    def plot(self, *, title: str = "") -> Figure:
        """Draw one line a stratum, then the sum and the pooled estimates; a refused stratum has no estimate."""
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


@checked()
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
    require_persons(len(table.strata))
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
        selection=selection,
        threshold=threshold,
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


def _without_list(absent: Sequence[str]) -> str:
    """Return the lists on which nobody of a stratum is, in words."""
    return f"Nobody of this stratum is on {' or '.join(absent)}." if absent else ""


def _note(table: StratumTable, number: int) -> str:
    """Return the cautions on a stratum that has an estimate."""
    absent = table.without_persons(number)
    left = len(table.lists) - len(absent)
    notes = [
        _without_list(absent),
        "The estimate rests on the independence of the two lists left." if absent and left == 2 else "",
        capture_table(table.histories([number])).caution,
    ]
    return " ".join(note for note in notes if note)


def _jackknife(table: StratumTable, fits: dict[int, MultipleSystems], chosen: dict) -> tuple[Floats, Floats]:
    """Return how far the total moves without one person of a pattern and stratum, and how many persons that stands for.

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


@dataclass(frozen=True)
class Joint(NotebookResult):
    """An estimate of how many persons there are in each stratum and in all, by one model.

    Parameters
    ----------
    by, lists : names of the columns that say the stratum, and of the lists.
    n : persons observed.
    estimate : persons in all, on a list or on none.
    interval : (low, high) persons, BCa, from resamples in each of which the dependences were selected again; NaN
        without any.
    confidence : level of all intervals.
    threshold : p-value below which a pair was taken in.
    terms : the pairs of lists whose dependence is in the model, in the order they came in.
    strata : one row a stratum: the columns `by`, n (persons observed), hidden, estimate, low, high (persons), note.
        NaN where nobody was observed: that is not to say that nobody is there.
    replicates : (strata, replicates) estimates, strata as in `strata`; NaN where a resample had none.
    """

    by: tuple[str, ...]
    lists: tuple[str, ...]
    n: int
    estimate: float
    interval: tuple[float, float]
    confidence: float
    threshold: float
    terms: tuple[tuple[str, ...], ...]
    strata: pd.DataFrame = field(repr=False)
    replicates: Floats = field(repr=False)

    def plot(self, *, title: str = "") -> Figure:
        """Draw one line a stratum and one for all, with the limits from resamples."""
        low, high = self.interval
        whole = pd.DataFrame([dict(label="all strata", n=self.n, estimate=self.estimate, low=low, high=high)])
        table = pd.concat(
            [self.strata.assign(label=in_words(self.strata[list(self.by)]))[list(whole)], whole], ignore_index=True
        )
        return persons_plot(
            labels_with_seen(table),
            table,
            title=title or "Persons by stratum, by one model of all",
            confidence=self.confidence,
        )


@checked()
def joint(
    histories: pd.DataFrame,
    by: str | Sequence[str],
    threshold: float = 0.02,
    replicates: int = 200,
    seed: int = SEED,
    confidence: float = 0.95,
    *,
    terms: Iterable[Sequence[str]] | None = None,
) -> Joint:
    """Estimate all strata by one log-linear model in which the stratum is a covariate.

    Each stratum has its own number of persons, and each list its own coefficient in each stratum; the dependences
    between lists are common to all strata, so that small strata borrow them from large ones. Dependences are selected
    stepwise, by the Poisson p-value of a pair's overlap summed over strata. Persons whose stratum is not known are a
    stratum of their own; van der Heijden et al. show how they might be dealt to the others instead.

    Parameters
    ----------
    histories : one 0/1 column a list (two or more), `count` (persons, whole numbers), and the columns `by`.
    by : columns that say the stratum, as area_id, year, sex. Missing and "" are a stratum of their own, "unknown".
    threshold : p-value below which a pair is taken in; 0 for independent lists.
    replicates : multinomial resamples of all persons, in each of which the dependences are selected again; 0 gives the
        estimates alone. A resample without an estimate counts as infinite.
    seed : of the resamples.
    confidence : level of the intervals, between 0 and 1.
    terms : pairs of lists, as tuples of names, that are in the model instead of a selection.

    Returns
    -------
    Joint : n, estimate, interval (persons, all strata), terms, and `strata`, one row a stratum.

    Raises
    ------
    NotIdentifiable : fewer than two lists, nobody observed, or a model that has no maximum-likelihood estimate or whose
        parameters cannot be told apart: so it is as soon as in one stratum nobody is on two lists.
    ValueError : the histories, the columns or an argument are malformed.

    References
    ----------
    International Working Group for Disease Monitoring and Forecasting (1995). Capture-recapture and multiple-record
        systems estimation I: history and theoretical development. Am. J. Epidemiol. 142, 1047-1058.
    Tilling, K. and Sterne, J. A. C. (1999). Capture-recapture models including covariate effects. Am. J. Epidemiol.
        149, 392-400.
    van der Heijden, P. G. M., Whittaker, J., Cruyff, M., Bakker, B. and van der Vliet, R. (2012). People born in the
        Middle East but residing in the Netherlands: invariant population size estimates and the role of active and
        passive covariates. Ann. Appl. Stat. 6, 831-852.
    """
    table = stratum_table(histories, by)
    require_lists(table.lists)
    require_persons(table.n.sum())
    given = None if terms is None else _given(table, terms)
    design = joint_terms(len(table.lists))
    selected = select(table.counts[..., None], design, threshold, given)
    hidden, rank = selected.hidden[:, 0], selected.rank[:, 0]
    if np.isnan(hidden).any():
        raise _refusal(table, design, rank > 0)
    found, limits = _resampled(table, design, threshold, given, hidden, replicates, seed, confidence)
    places = pairs(len(table.lists)).tolist()
    order = np.argsort(rank, kind="stable")[(rank == 0).sum() :]
    return Joint(
        by=table.by,
        lists=table.lists,
        n=int(table.n.sum()),
        estimate=float(table.n.sum() + hidden.sum()),
        interval=(float(limits[-1, 0]), float(limits[-1, 1])),
        confidence=confidence,
        threshold=threshold,
        terms=tuple(table.pooled.names(places[number]) for number in order),
        strata=_strata(table, hidden, limits[:-1]),
        replicates=found,
    )


def _given(table: StratumTable, terms: Iterable[Sequence[str]]) -> np.ndarray:
    """(pairs,) 1, 2, ... for the pairs that were given, in their order."""
    places = pairs(len(table.lists)).tolist()
    rank = np.zeros(len(places), dtype=np.int64)
    for number, term in enumerate(terms):
        members = set(term)
        if isinstance(term, str) or len(members) != 2 or not members <= set(table.lists):
            raise Refusal("unknown_list_pair", f"{term!r} is no pair of lists; the lists are {', '.join(table.lists)}.")
        rank[places.index(table.pooled.place(members))] = number + 1
    return rank


def _refusal(table: StratumTable, design: JointTerms, chosen: Flags) -> NotIdentifiable:
    status = joint_status(table.counts, design, chosen)
    if not status:
        return NotIdentifiable(
            "not_found", "The joint model has an estimate, but it was not found: give its pairs as `terms`."
        )
    several = [int(place).bit_count() > 1 for place in range(len(table.counts))]
    alone = [
        label
        for label, n, overlap in zip(table.labels, table.n, table.counts[several].sum(axis=0), strict=True)
        if n and not overlap
    ]
    where = f" Nobody is on two lists in: {'; '.join(alone)}." if alone else ""
    return NotIdentifiable(
        "not_identifiable",
        f"The joint model of {len(table.strata)} strata cannot be fitted to these {table.n.sum():,} persons (status "
        f"{status}: {MEANING[status]}).{where} Wider strata, fewer dependences, or `stratified`, which refuses single "
        "strata only, would help.",
    )


def _resampled(
    table: StratumTable,
    design: JointTerms,
    threshold: float,
    given: np.ndarray | None,
    hidden: Floats,
    replicates: int,
    seed: int,
    confidence: float,
) -> tuple[Floats, Floats]:
    """Return the estimates of the resamples, and BCa limits of the strata and (last) of all."""
    strata = len(table.strata)
    limits = np.full((strata + 1, 2), np.nan)
    if not replicates:
        return np.empty((strata, 0)), limits
    less, weights = one_person_less(table.counts.ravel())
    drawn = np.concatenate([resamples(table.counts.ravel(), replicates, seed), less], axis=1)
    drawn = drawn.reshape(*table.counts.shape, -1)
    # One pass for resamples and jackknife.
    found = drawn.sum(axis=0) + select(drawn, design, threshold, given).hidden
    tail = (1 - confidence) / 2
    for row in range(strata + 1):
        rows = slice(None) if row == strata else slice(row, row + 1)
        estimate, values = float((table.n + hidden)[rows].sum()), found[rows].sum(axis=0)
        if estimate:
            corrected = bca(estimate, values[:replicates], values[replicates:], weights, [tail, 1 - tail])
            # A resample can have fewer persons of a stratum than were seen, who are there.
            limits[row] = np.maximum(corrected.limits, table.n[rows].sum())
    return found[:, :replicates], limits


def _strata(table: StratumTable, hidden: Floats, limits: Floats) -> pd.DataFrame:
    there = table.n > 0
    nobody = "Nobody was observed here, which is not to say that nobody is there."
    notes = [_without_list(table.without_persons(number)) if seen else nobody for number, seen in enumerate(there)]
    return table.strata.assign(
        n=table.n,
        hidden=np.where(there, hidden, np.nan),
        estimate=np.where(there, table.n + hidden, np.nan),
        low=limits[:, 0],
        high=limits[:, 1],
        note=notes,
    )
