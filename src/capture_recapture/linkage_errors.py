"""Two lists that were linked with errors at known rates: the estimate that a faultless linkage would have given."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from bounded.arguments import checked, number
from bounded.refusal import require_choice
from capture_recapture.histories import NotIdentifiable, capture_table
from capture_recapture.resampling import PopulationSize, lognormal_limits


@dataclass(frozen=True, eq=False)
class CorrectedForLinkage(PopulationSize):
    """An estimate from two lists, corrected for links that are missed or false.

    Parameters
    ----------
    method, n, estimate, low, high, standard_error, confidence, assumption : as in `PopulationSize`. `n` is the number
        of persons observed as counted by the linkage, `low` is never below `seen`.
    lists : names of the lists.
    linked : persons whom the linkage has on both lists.
    on_both : persons on both lists, corrected.
    seen : persons on a list, corrected.
    uncorrected : persons in all, as the lists say without a correction (Petersen).
    share_due_to_linkage : part of the variance that is there because links are missed or false by chance.
    """

    lists: tuple[str, str]
    linked: int
    on_both: float
    seen: float
    uncorrected: float
    share_due_to_linkage: float


@checked(missed=number(least=0, below=1), false_links=number(least=0, below=1))
def corrected_for_linkage(
    histories: pd.DataFrame, missed: float, false_links: float, *, of: str | None = None, confidence: float = 0.95
) -> CorrectedForLinkage:
    """Estimate the number of persons from two lists whose linkage has errors at known rates.

    Of the persons on both lists a share `missed` was not linked; of the persons on list `of` alone a share
    `false_links` was linked with a record of somebody else. The persons linked are then expected to be

        linked = (1 - missed) on_both + false_links (on_of - on_both),

    which gives the persons on both, and, as the size of a list does not depend on the linkage, the total of Petersen,
    on_first on_second / on_both. Missed links make an uncorrected estimate too high, false links too low. With both
    rates 0 it is Petersen's estimate.

    The variance is that of Petersen's estimate with the persons on both as corrected, and that of the links which are
    missed or false by chance; the rates themselves are taken to be known.

    Parameters
    ----------
    histories : two 0/1 columns, one a list, and `count` (persons), as counted by the linkage.
    missed : share of the persons on both lists who were not linked, from 0 to below 1.
    false_links : share of the persons on list `of` and not on the other who were linked, from 0 to below 1.
    of : the list whose records are looked for in the other one, as a survey's in a census; by default the second.
    confidence : level of the log-normal limits, between 0 and 1.

    Returns
    -------
    CorrectedForLinkage : as PopulationSize (n, estimate, low, high, standard_error, in persons), with linked, on_both,
        uncorrected, and share_due_to_linkage.

    Raises
    ------
    NotIdentifiable : there are not two lists, nobody is linked, or links are at these rates as likely for persons on
        one list as for persons on both, or fewer than false links alone, or more than the smaller list could have.
    ValueError : the histories are malformed, or a rate is none.

    References
    ----------
    Ding, Y. and Fienberg, S. E. (1994). Dual system estimation of census undercount in the presence of matching error.
        Survey Methodology 20, 149-158.
    Di Consiglio, L. and Tuoto, T. (2015). Coverage evaluation on probabilistically linked data. Journal of Official
        Statistics 31, 415-429 (rates in both directions); and (2018). Population size estimation and linkage errors:
        the multiple lists case. Journal of Official Statistics 34, 889-908.
    de Wolf, P.-P., van der Laan, J. and Zult, D. (2019). Connecting correction methods for linkage error in
        capture-recapture. Journal of Official Statistics 35, 577-597.
    """
    table = capture_table(histories)
    if len(table.lists) != 2:
        raise NotIdentifiable(
            "not_two_lists",
            f"The correction is for two lists, and there are {len(table.lists)}. For more lists draw linkages "
            "(`drawn_linkages`) and combine what each of them says.",
        )
    searched = table.lists[1] if of is None else of
    require_choice("of", searched, table.lists)
    _, only_first, only_second, linked = (float(count) for count in table.counts)
    first, second = only_first + linked, only_second + linked
    if not linked:
        raise NotIdentifiable(
            "no_overlap", f"No person of '{table.lists[0]}' is linked with one of '{table.lists[1]}'."
        )
    size = second if searched == table.lists[1] else first
    both = _on_both(linked, size, missed, false_links, searched)
    if both > min(first, second):
        raise NotIdentifiable(
            "more_than_a_list",
            f"At these rates {both:,.1f} persons would be on both lists, and a list has {min(first, second):,.0f}: "
            f"fewer links can be missed than {100 * missed:g} %.",
        )
    total = first * second / both
    # Chance of who is on which list, were the linkage known; and of which links are missed or false.
    of_lists = first * second * (first - both) * (second - both) / both**3
    links = both * missed * (1 - missed) + (size - both) * false_links * (1 - false_links)
    of_links = (total / (both * (1 - missed - false_links))) ** 2 * links
    variance = of_lists + of_links
    seen = first + second - both
    low, high = lognormal_limits(seen, total, variance, confidence)
    return CorrectedForLinkage(
        method="Petersen, corrected for linkage errors (Ding and Fienberg 1994)",
        n=table.n,
        estimate=total,
        low=low,
        high=high,
        standard_error=float(np.sqrt(variance)),
        confidence=confidence,
        assumption=(
            "The rates are known and the same for all persons, a false link is with a person on one list alone, lists "
            "do not depend on each other, and the population is closed."
        ),
        lists=(table.lists[0], table.lists[1]),
        linked=int(linked),
        on_both=both,
        seen=seen,
        uncorrected=first * second / linked,
        share_due_to_linkage=of_links / variance if variance else 0.0,
    )


def _on_both(linked: float, size: float, missed: float, false_links: float, searched: str) -> float:
    """The persons on both lists of which the linkage shows `linked`."""
    apart = 1 - missed - false_links
    if apart <= 0:
        raise NotIdentifiable(
            "links_say_nothing",
            f"With {100 * missed:g} % of links missed and {100 * false_links:g} % of others linked, a link is no "
            "likelier for one person than for two: such a linkage says nothing of the persons on both lists.",
        )
    both = (linked - false_links * size) / apart
    if both <= 0:
        raise NotIdentifiable(
            "fewer_than_false_links",
            f"Of the {size:,.0f} persons on '{searched}' {false_links * size:,.0f} would be linked falsely, and only "
            f"{linked:,.0f} are linked: the rate of false links is too high for these lists.",
        )
    return both
