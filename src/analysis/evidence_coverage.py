"""Coverage of the evidence: what was made of each report, and on how few publishers each table rests.

Of each report a figure was coded, or it says that it gives none, or the part of it that would was not read.
"""

from __future__ import annotations

import pandas as pd

from analysis import catalog, coded_rows, evidence
from analysis.data_read import question, remembered
from analysis.referral.attrition import NONE_GIVEN, NOT_READ

CODED = "coded"
STATES = (CODED, NONE_GIVEN, NOT_READ)
# Reports, and the years of publication that are asked for.
REPORTS = {"TIP": "Trafficking in Persons report", "DOL": "Findings on the Worst Forms of Child Labor"}
YEARS = range(2010, 2027)
INDICATORS = evidence.STAGES
# Tables of the evidence whose rows have a source, and what their rows are.
TABLES = {
    "official_counts": "counts of victims, justice and inspection",
    "unodc_detected_victims": "detected victims by sex and age",
    "unodc_citizenship_flows": "detected victims by citizenship",
    "route_mentions": "routes named",
    "referral_indicators": "answers on referral",
    "treaties": "treaties",
    "agreements": "agreements",
    "tiers": "tiers",
    "turkiye_facts": "facts on Türkiye",
    "cabo_verde_facts": "facts on Cabo Verde",
    "prevalence_estimates": "published prevalence",
}
_KEYS = ["area_id", "report", "report_year", "indicator"]


def states(area_ids: list[str]) -> pd.DataFrame:
    """The state of every country, report, year and indicator of victims and justice.

    Parameters
    ----------
    area_ids : ISO 3166 alpha-3 codes of the countries.

    Returns
    -------
    DataFrame: area_id, report (``TIP``, ``DOL``), report_year, indicator, state (one of STATES), opened (whether
    anything at all of that report was read), source_ids (``;`` between them, "" where nothing was read). A report of
    which one part was read, and not the part with the figure, is not read for that indicator.
    """
    return _states(tuple(area_ids))


@question
def _states(area_ids: tuple[str, ...]) -> pd.DataFrame:
    grid = pd.MultiIndex.from_product([list(area_ids), list(REPORTS), list(YEARS), list(INDICATORS)], names=_KEYS)
    table = grid.to_frame(index=False)
    table = table.merge(_figures(), on=_KEYS, how="left").merge(_opened(), on=_KEYS[:3], how="left")
    table["state"] = table["state"].fillna(NOT_READ)
    table["opened"] = table["opened"].notna()
    table["source_ids"] = table["source_ids"].fillna("")
    return table[[*_KEYS, "state", "opened", "source_ids"]]


def matrix(area_ids: list[str]) -> pd.DataFrame:
    """Return in how many words the reports of each country and year can be summed up: one row a pair.

    Returns
    -------
    DataFrame: area_id, report_year, state: ``figures coded``, ``report gives none``, ``figures not read`` (another part
    of a report was), ``not read``; n (indicators with a figure, of both reports).
    """
    table = states(area_ids)
    rows = []
    for (area_id, year), here in table.groupby(["area_id", "report_year"], sort=False):
        found = set(here["state"])
        state = "figures coded" if CODED in found else NONE_GIVEN if NONE_GIVEN in found else NOT_READ
        if state == NOT_READ and here["opened"].any():
            state = "figures not read"
        coded = here.loc[here["state"] == CODED, "indicator"].nunique()
        rows.append({"area_id": area_id, "report_year": year, "state": state, "n": coded})
    return pd.DataFrame(rows)


@question
def concentration() -> pd.DataFrame:
    """Return how few publishers each table rests on.

    Returns
    -------
    DataFrame: table, what, rows, publishers (makers of the figures), largest (the maker of most rows), share (percent
    of the rows that it made), copies (percent of the rows read in a copy or quoted by another, such as a newspaper),
    looked_up (rows that were looked up again by who knew the value), looked_up_right (those of them that were right, or
    are since they were corrected and looked up once more), second_coded (rows that a second coder coded blind).
    """
    sources = catalog.load("sources").set_index("source_id")
    made_by = sources["original_publisher"].where(sources["original_publisher"].ne(""), sources["publisher"])
    # Two departments of one government are one voice.
    made_by = made_by.mask(made_by.str.startswith("US Department"), "Government of the United States")
    reviewed, rows = coded_rows.reviewed(), []
    for name, what in TABLES.items():
        ids = catalog.load(name)["source_id"]
        makers = ids.map(made_by).value_counts()
        copied = ids.map(sources["read_as"]).isin(["copy", "quotation"])
        share, copies = 100 * makers.iloc[0] / len(ids), 100 * copied.mean()
        again = reviewed[reviewed["data_set"].eq(name)]
        checks = again["recheck"].ne("").sum(), again["recheck"].eq("right").sum(), again["second"].ne("").sum()
        rows.append((name, what, len(ids), len(makers), str(makers.index[0]), share, copies, *map(int, checks)))
    columns = ["table", "what", "rows", "publishers", "largest", "share", "copies"]
    return pd.DataFrame(rows, columns=[*columns, "looked_up", "looked_up_right", "second_coded"])


@remembered
def _reports() -> pd.DataFrame:
    """The country and year of each report of the bibliography; a summary of the State Department's counts as it."""
    sources = catalog.load("sources")
    sources = sources[sources["report"].ne("")]
    report = sources["report"].replace("summary", "TIP")
    return sources.assign(report=report, report_year=sources["report_year"].astype(int))[[*_KEYS[:3], "source_id"]]


@remembered
def _figures() -> pd.DataFrame:
    """The indicators of which a report has a figure, or says that it has none."""
    counts = catalog.load("official_counts")[["source_id", "indicator"]].drop_duplicates()
    coded = counts.merge(_reports(), on="source_id").assign(state=CODED)
    none = catalog.load("figures_not_given").assign(state=NONE_GIVEN)
    columns = [*_KEYS, "state", "source_id"]
    # A figure found in one copy of a report goes before what another copy does not show.
    table = pd.concat([coded[columns], none[columns]], ignore_index=True)
    found = table.groupby([*_KEYS, "state"], sort=False)["source_id"].agg(lambda ids: ";".join(dict.fromkeys(ids)))
    return found.rename("source_ids").reset_index().drop_duplicates(_KEYS)


@remembered
def _opened() -> pd.DataFrame:
    """The reports of which anything was read: a count, a route, an answer on referral, or that a figure is missing."""
    names = ("official_counts", "route_mentions", "referral_indicators", "figures_not_given")
    used = {source_id for name in names for source_id in catalog.load(name)["source_id"]}
    reports = _reports()
    return reports.loc[reports["source_id"].isin(used), _KEYS[:3]].drop_duplicates().assign(opened=True)
