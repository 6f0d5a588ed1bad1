"""Published estimates of prevalence: what each kind of figure is, and which of several prints of one figure is shown.

Nothing here is a count of detected persons, and no row is ever added to another: rows nest, and many repeat one figure.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from analysis import catalog, preferred_values

MEASURED, MODELLED, EXPERT, SCORE, CONTEXT = "measured", "modelled", "expert", "score", "context"
# What a figure is about: exploitation itself; children's work, a risk and no trafficking; what else surrounds it.
EXPLOITATION, CHILD_LABOUR, FURTHER = "exploitation", "child labour", "further context"
OF_EXPLOITATION = (
    *("modern_slavery", "forced_labour", "child_trafficking", "sex_trafficking", "forced_begging"),
    *("descent_based_slavery", "forced_marriage"),
)
OF_CHILD_LABOUR = (
    *("child_labour", "hazardous_child_labour", "worst_forms_child_labour", "children_in_employment"),
    *("children_combining_work_and_school", "children_attending_school", "share_of_working_children"),
    *("sector_share_of_working_children", "children_in_mining", "children_in_fishing", "children_in_cocoa_work"),
    *("child_domestic_work", "child_domestic_work_law_violation", "children_in_household_chores", "street_children"),
)
SCORES = ("vulnerability_score", "government_response_score")
_RULES = (
    ("original_rank", "read in the original"),
    ("limits_rank", "printed with its bounds"),
    ("year_rank", "published later"),
    ("decimals_rank", "printed to more decimals"),
)
_ONE_FIGURE = [
    *("area_id", "place", "concept", "population_group", "age_low", "age_high", "sex", "measure"),
    *("period_start", "period_end"),
]
_COLUMNS = [
    *("estimate_id", "study", "area_id", "place", "population_group", "age_low", "age_high", "sex", "concept"),
    *("definition", "measure", "value", "low", "high", "value_qualifier", "n", "method", "period_start", "period_end"),
    *("modelled", "peer_reviewed", "source_id", "read_from", "locator", "note", "subject", "kind_of_evidence"),
    *("preferred", "shown", "reason"),
]


def kind_of_evidence(concept: str, method: str, modelled: bool) -> str:
    """What kind of evidence a figure is, by rule; the first that applies.

    A score is no share of people (SCORE). What a model made is MODELLED, whatever it is about. What is not about
    exploitation itself is CONTEXT: child labour, child marriage, violence, proxies, and shares of working children or
    of victims. What an expert, an organisation or a register states is EXPERT; the rest, surveys and mappings, is
    MEASURED.

    Parameters
    ----------
    concept, method : as in the table. modelled : whether the figure is a model's.
    """
    if concept in SCORES:
        return SCORE
    if modelled:
        return MODELLED
    if concept not in OF_EXPLOITATION:
        return CONTEXT
    return EXPERT if method in ("expert", "register", "modelled", "index") else MEASURED


def subject(concept: str) -> str:
    """Whether a concept is exploitation itself, children's work, or further context."""
    return EXPLOITATION if concept in OF_EXPLOITATION else CHILD_LABOUR if concept in OF_CHILD_LABOUR else FURTHER


def with_preferred(table: pd.DataFrame) -> pd.DataFrame:
    """`table` with preferred and reason: of several prints of one figure, one.

    Two rows print one figure if area, place, concept, group, ages, sex, measure and period agree, and the definition or
    the value as well. The original goes before a copy, then bounds before none, then the later publication.

    Parameters
    ----------
    table : columns as in the evidence, and published (year of the source; 0 where unknown).
    """
    ranked = table.assign(
        original_rank=table["read_from"].eq("original"),
        limits_rank=table["value_qualifier"].eq("range"),
        year_rank=table["published"],
        decimals_rank=table["value"].str.extract(r"\.(\d+)$")[0].fillna("").str.len(),
    )
    # Where prints are alike the first is preferred, and so the best stands first.
    best_first = ranked.sort_values([rank for rank, _ in _RULES], ascending=False, kind="stable")
    found = _chosen(best_first, [*_ONE_FIGURE, "definition"])
    again = _chosen(best_first[found["preferred"]], [*_ONE_FIGURE, "low", "high"])
    same = again.index[~again["preferred"]]
    found.loc[same, ["preferred", "reason"]] = [False, "not preferred: the preferred figure is the same"]
    return table.assign(preferred=found["preferred"], reason=found["reason"])


def _chosen(table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """preferred and reason of each row, by the rules of this module, on the rows' own index."""
    return preferred_values.with_preferred(table, keys, _RULES)[["preferred", "reason"]].set_index(table.index)


@cache
def estimates() -> pd.DataFrame:
    """All published estimates, in the columns of `evidence.prevalence`; whoever changes them takes a copy."""
    sources = catalog.load("sources").set_index("source_id")
    table = catalog.load("prevalence_estimates")
    years = sources["year"].str.extract(r"(\d{4})")[0].astype(float).fillna(0)
    homeless = table["source_id"].map(sources["url"]).eq("")
    chosen = with_preferred(table.assign(published=table["source_id"].map(years))[~homeless])
    table = table.assign(preferred=chosen["preferred"].reindex(table.index, fill_value=False), reason=chosen["reason"])
    kinds = [
        kind_of_evidence(concept, method, modelled == "yes")
        for concept, method, modelled in zip(table["concept"], table["method"], table["modelled"], strict=True)
    ]
    table = table.assign(
        high=table["high"].fillna(np.inf), kind_of_evidence=kinds, subject=table["concept"].map(subject)
    )
    implausible = table["measure"].eq("persons") & table["note"].str.contains("implausible")
    reason = table["reason"].mask(implausible, "not shown: implausible, as the note says")
    reason = reason.mask(homeless, "not shown: its source has no full address")
    return table.assign(shown=table["preferred"] & ~implausible, reason=reason)[_COLUMNS]
