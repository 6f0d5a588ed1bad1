"""The GATHER checklist of a study's estimates: each of its 18 items answered from findings and catalogue, or not met.

The items are those of Stevens GA, Alkema L, Black RE, et al. (2016), Guidelines for Accurate and Transparent Health
Estimates Reporting: the GATHER statement, PLoS Medicine 13(6): e1002056, https://doi.org/10.1371/journal.pmed.1002056
(also Lancet 388: e19-e23), in short. The statement is on estimates of health; where it asks for health, trafficking in
persons stands here. A state follows from what is counted; where the project cannot answer, the row says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.catalog import Dataset

NAME, TITLE = "gather", "GATHER checklist (Stevens et al., 2016): what is reported of the estimates, and where"
MET, PARTLY, NOT_MET = "met", "partly met", "not met"
# Number -> part of the checklist, and what the item asks for, in short.
ITEMS = {
    1: ("Objectives and funding", "Indicators, populations and periods of the estimates"),
    2: ("Objectives and funding", "Who paid for the work"),
    3: ("Data inputs", "How data were identified and accessed"),
    4: ("Data inputs", "What is included and what is not; all exclusions made by hand"),
    5: ("Data inputs", "All data sources and their main characteristics"),
    6: ("Data inputs", "Categories of data with biases that may matter"),
    7: ("Data inputs", "Other data inputs, with their sources"),
    8: (
        "Data inputs",
        "All data inputs as files to extract data from; whom to ask for those that are not shared",
    ),
    9: ("Data analysis", "Overview of the method"),
    10: ("Data analysis", "All steps of the analysis, with formulae"),
    11: ("Data analysis", "How models were compared and chosen"),
    12: ("Data analysis", "How well models perform, and analyses of sensitivity"),
    13: ("Data analysis", "How uncertainty is computed; which sources of it are and are not accounted for"),
    14: ("Data analysis", "Where the source code can be had"),
    15: ("Results and discussion", "The estimates as files from which they can be extracted"),
    16: ("Results and discussion", "A measure of the uncertainty of the estimates"),
    17: (
        "Results and discussion",
        "Results in the light of other evidence; reasons for changes since earlier estimates",
    ),
    18: ("Results and discussion", "Limitations"),
}
# Schemas of data sets that counts are divided by, drawn on or named with, and not synthesised.
BESIDES = ("areas", "studies", "indicators", "places", "population", "country_regions", "sources")
# What the words of a method name where models are compared and one is chosen.
CHOSEN = r"joinpoint|selection|stepwise|averag|information criteri"

Answer = tuple[str, str, str]


def checklist(
    findings: pd.DataFrame,
    datasets: Sequence[Dataset],
    citation: Mapping[str, Any],
    *,
    published: str,
    tables: int,
    baselines: Sequence[str],
) -> pd.DataFrame:
    """The checklist of one study.

    Parameters
    ----------
    findings : the study's statements, as `findings.collected.read` gives them.
    datasets : the entries of the catalogue that its notebooks have read.
    citation : CITATION.cff as it is read.
    published : where the findings are released, "" where they are not.
    tables : how many CSV files of the study are released.
    baselines : names of the baselines that were frozen.

    Returns
    -------
    DataFrame: gather_item (1 to 18), part, asks, answered (``met``, ``partly met``, ``not met``), answer, where.
    """
    known = findings[findings["value"].notna() | findings["low"].notna()]
    answers = {
        **_objectives(findings, citation),
        **_inputs(findings, datasets),
        **_analysis(findings, known, citation),
        **_results(findings, known, published, tables, baselines),
    }
    rows = [(number, *ITEMS[number], *answers[number]) for number in ITEMS]
    return pd.DataFrame(rows, columns=["gather_item", "part", "asks", "answered", "answer", "where"])


def _objectives(findings: pd.DataFrame, citation: Mapping[str, Any]) -> dict[int, Answer]:
    measures, places = sorted(findings["measure"].unique()), findings["area_id"].nunique()
    years = findings["period"].str.findall(r"\d{4}").explode().dropna()
    span = f", for periods from {years.min()} to {years.max()}" if len(years) else ""
    named = f"{len(measures)} measures ({', '.join(measures)}) of {places} areas{span}."
    what = f"{named} Each statement names area and period."
    funder = str(citation.get("funding", ""))
    unpaid = "No file of the project says who paid for the work."
    return {
        1: (
            MET,
            what,
            "findings: measure, item, area_id, period; docs/reference/glossary.md",
        ),
        2: (MET, funder, "CITATION.cff") if funder else (NOT_MET, unpaid, ""),
    }


def _inputs(findings: pd.DataFrame, datasets: Sequence[Dataset]) -> dict[int, Answer]:
    shared = [each for each in datasets if each.kind != "confidential"]
    held = len(datasets) - len(shared)
    accessed = sum(bool(each.source and each.date) for each in shared)
    cautions = sum(len(each.cautions) for each in shared)
    cited = findings["source_ids"].str.split(";").explode()
    sources = cited[cited.ne("")].nunique()
    besides = sorted(each.title for each in shared if each.schema in (None, *BESIDES))
    extracted = sum(each.file.endswith((".csv", ".json", ".geojson", ".gpkg")) for each in shared)
    kept = f" {held} confidential data sets stay with those who keep them, and are not named." if held else ""
    return {
        3: (
            PARTLY,
            f"{accessed} of {len(shared)} data sets say where and when they were had. How they were searched for "
            "is not described for each.",
            "data/raw/catalog.yml: source, date; data/raw/evidence/README.md",
        ),
        4: (
            MET,
            "Every figure found is kept. Of several for one area, measure and period one is preferred by rules, and "
            "each row says why or why not; figures that conflict are listed.",
            "src/analysis/preferred_values.py; tables incidence_conflicts: preferred, reason",
        ),
        5: (
            PARTLY,
            f"{sources} sources are cited by title, publisher, year and address. Sample size, method, sex and age "
            "are given for published prevalence alone.",
            "data/raw/evidence/sources.csv; source_ids of findings; tables incidence_published_measured: n, method",
        ),
        6: (
            MET if cautions else NOT_MET,
            f"The catalogue has {cautions} cautions on these data sets; pages print them. Detection is not incidence.",
            "data/raw/catalog.yml: cautions",
        ),
        7: (MET, f"{len(besides)} data sets: {'; '.join(besides)}.", "data/raw/catalog.yml"),
        8: (
            PARTLY if held else MET,
            f"{extracted} of {len(shared)} data sets are CSV or JSON, each with schema and licence.{kept}",
            "data/raw; src/analysis/schemas.csv",
        ),
    }


def _analysis(findings: pd.DataFrame, known: pd.DataFrame, citation: Mapping[str, Any]) -> dict[int, Answer]:
    methods = set(findings["method"]) - {""}
    chosen = int(findings["method"].str.contains(CHOSEN, case=False).sum())
    of = known["interval"].value_counts()
    counts = ", ".join(f"{of[name]} {name}" for name in of.index)
    address = str(citation.get("repository-code", citation.get("url", "")))
    terms = f"The code is part of the project, under {citation['license']}"
    selected = f"{chosen} statements follow from models that were chosen by tests or criteria; pages print these."
    return {
        9: (MET, "How data become a page is drawn in one diagram.", "ARCHITECTURE.md: Data flow"),
        10: (
            MET,
            f"Each statement names its method ({len(methods)} texts). Steps stand in notebooks, formulae in the docs.",
            "notebooks; docs/explanation/design_notes.md; README of each package in src",
        ),
        11: (MET, selected, "tables trends_turns_*_criteria; findings: method")
        if chosen
        else (
            PARTLY,
            "No statement of this study follows from a model that was chosen among several.",
            "findings: method",
        ),
        12: (
            PARTLY,
            "Methods are checked against simulated truth and against values of other programs; trends are computed in "
            "variants. Estimates of real areas cannot be held against a truth.",
            "tests/reference; the demonstration on synthetic data; tables trends_variants",
        ),
        13: (
            PARTLY,
            f"Kinds of interval of {len(known)} statements with a value: {counts or 'none'}. Bounds of what is known "
            "and limits of chance are kept apart. Changes in the effort of detection are not accounted for.",
            "findings: interval, method, limits",
        ),
        14: (MET, f"{terms}: {address}", "CITATION.cff")
        if address
        else (PARTLY, f"{terms}; CITATION.cff gives no address where it can be had.", "CITATION.cff; LICENSE"),
    }


def _results(
    findings: pd.DataFrame, known: pd.DataFrame, published: str, tables: int, baselines: Sequence[str]
) -> dict[int, Answer]:
    bounded = int((known["low"].notna() & known["high"].notna()).sum())
    exact = int(known["interval"].eq("exact").sum())
    limited = int(findings["limits"].ne("").sum())
    frozen = f"Baselines are frozen ({', '.join(baselines)}), and changes since are listed." if baselines else (
        "No earlier set of estimates has been frozen as a baseline, so that there is no change to explain."
    )  # fmt: skip
    return {
        15: (
            MET if published else PARTLY,
            f"{len(findings)} statements, {tables} tables as CSV with types.",
            "; ".join(filter(None, [published, "datapackage.json in the folder of the study"])),
        ),
        16: (
            MET if bounded == len(known) else PARTLY,
            f"{bounded} of {len(known)} statements with a value have a lower and an upper bound; of {exact} exact ones "
            "they are equal.",
            "findings: low, high, interval",
        ),
        17: (
            PARTLY,
            f"Pages show other sources beside each figure. {frozen}",
            "incidence pages: published prevalence; report on the pledge",
        ),
        18: (
            MET if limited == len(findings) else PARTLY,
            f"{limited} of {len(findings)} statements say what they do not show.",
            "findings: limits; every section of a page",
        ),
    }
