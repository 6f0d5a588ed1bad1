"""How sure a finding is: high, moderate, low or very low, with reasons that follow from its evidence.

The rules stand in ``confidence.csv``: a domain, a condition on the facts of a finding, how many steps it lowers the
grade, and words in four languages. A finding begins at high, and the domain
that lowers most decides; a second serious one lowers by a step more. A grade hides no number, and is no probability.

References
----------
Guyatt, G. H. and others (2008). GRADE: an emerging consensus on rating quality of evidence and strength of
    recommendations. BMJ 336, 924-926 (domains, and steps down from high). Mastrandrea, M. D. and others (2010).
    Guidance note for lead authors of the IPCC Fifth Assessment Report on consistent treatment of uncertainties
    (confidence by evidence and agreement).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import pandas as pd

from analysis import areas, bibliography, catalog, coded_rows
from analysis.findings import measures

HIGH, MODERATE, LOW, VERY_LOW = "high", "moderate", "low", "very low"
# From the lowest to the highest: the place of a grade is how many steps it stands above the lowest.
GRADES = (VERY_LOW, LOW, MODERATE, HIGH)
# Steps of a domain that is serious.
SERIOUS = -2
# Columns that `graded` adds to a table of findings.
COLUMNS = ("grade", "grade_reasons")
DOMAINS = ("directness", "precision", "consistency", "completeness", "age", "independence", "method", "recheck")

# Measures by what their statement is; conditions name them with @.
GROUPS: dict[str, list[str]] = {
    "TRENDS": ["annual_change", "trend_direction", "trend_estimates", "rank_trend", "turns", "change_after_turn",
               "common_change", "change_per_effort"],
    "DIRECTIONS": ["trend_direction", "trend_estimates"],
    "ANSWERS": ["state", "gap"],
    "MENTIONS": ["partner_mentions", "route_mentions", "corridors_covered"],
    "LISTED": ["forms_named", "citizens_detected_abroad", "foreign_citizens_detected", "official_reports"],
    "OF_READING": ["indicators_in_state", "indicators_unknown", "areas_with_detected_victims"],
    "MODELLED": ["modelled_prevalence", "modelled_persons"],
    "SURVEYED": ["published_prevalence", "published_share"],
    "SHARES": ["share_of_children", "share_of_a_form"],
    "CODED_WORDS": ["partner_mentions", "route_mentions", "corridors_covered", "forms_named", "children_of_a_form",
                    "share_of_a_form"],
    "REPORTED": ["official_reports", "headline"],
    "PLANS": ["plan_width", "plan_halves", "plan_recommended"],
}  # fmt: skip
# Schemas of the data sets that are read here.
READ = ("contradictions", "nrm_second_readings", "nrm_crosswalk", "sources", "recheck", "second_coding")
# Words of the ids of sources that are texts of law.
_LAWS = ("LAW", "LOI", "ACT", "CODE")


@cache
def rules() -> pd.DataFrame:
    """Return the rules: rule, domain, condition, step (below 0), and their words in each language."""
    with resources.files("analysis.findings").joinpath("confidence.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, keep_default_na=False)


def graded(findings: pd.DataFrame) -> pd.DataFrame:
    """Return findings with a grade and its reasons; both empty where nothing is known.

    Parameters
    ----------
    findings : columns as `analysis.findings.finding.COLUMNS`.

    Returns
    -------
    The same rows, with grade (one of GRADES) and grade_reasons (names of rules with ; between them, in the order of
    the domains: each is the one of its domain that lowers the grade most).
    """
    known = findings["status"].eq("known").to_numpy()
    there = facts(findings)
    table = rules()
    holds = np.column_stack([_holds(there, condition) for condition in table["condition"]]) & known[:, None]
    steps = np.where(holds, table["step"].to_numpy(), 0)
    by_domain = np.zeros((len(findings), len(DOMAINS)), dtype=int)
    reasons: list[list[str]] = [[] for _ in range(len(findings))]
    for place, domain in enumerate(DOMAINS):
        of_domain = np.flatnonzero(table["domain"].eq(domain))
        lowest = of_domain[steps[:, of_domain].argmin(axis=1)]
        by_domain[:, place] = steps[np.arange(len(findings)), lowest]
        for row in np.flatnonzero(by_domain[:, place]):
            reasons[row].append(table["rule"].iat[lowest[row]])
    # Two domains that are serious by themselves are one step worse than either.
    total = by_domain.min(axis=1) - ((by_domain <= SERIOUS).sum(axis=1) > 1)
    grade = np.array(GRADES, dtype=object)[np.clip(len(GRADES) - 1 + total, 0, None)]
    return findings.assign(grade=np.where(known, grade, ""), grade_reasons=[";".join(names) for names in reasons])


def version(study: str) -> str:
    """Return the digest of all that grades of a study follow from besides its findings: rules, sources, readings."""
    read = [
        entry.sha256 for entry in catalog.datasets().values() if entry.schema in READ and entry.study in (None, study)
    ]
    code = [
        resources.files("analysis.findings").joinpath(name).read_bytes() for name in ("confidence.csv", "confidence.py")
    ]
    return hashlib.sha256(b"".join([*code, *(each.encode() for each in read)])).hexdigest()


def grade_word(grade: str, language: str = "en") -> str:
    """Return a grade in a word, as ``low``; empty where there is none."""
    return measures.words()[f"grade_{grade.replace(' ', '_')}"][language] if grade else ""


def grade_words(grade: str, language: str = "en") -> str:
    """Return a grade in words, as ``low confidence``; empty where there is none."""
    return measures.words()["graded"][language].format(grade=grade_word(grade, language)) if grade else ""


@cache
def reason_words(language: str) -> dict[str, str]:
    """Return the words of each rule by its name."""
    return dict(zip(rules()["rule"], rules()[language], strict=True))


def graded_words(row: Mapping[str, Any], language: str = "en") -> str:
    """Return how sure a finding is, with reasons, as ``low confidence: limits are wide``; empty where none is known."""
    why = "; ".join(reason_words(language)[name] for name in filter(None, str(row["grade_reasons"]).split(";")))
    return ": ".join(filter(None, [grade_words(str(row["grade"]), language), why]))


def in_words(findings: pd.DataFrame) -> dict[str, str]:
    """Return how sure each finding is, with reasons, by its id; those of which nothing is known are left out."""
    known = findings.loc[findings["grade"].ne(""), ["finding_id", "grade", "grade_reasons"]]
    return {str(row["finding_id"]): graded_words(row) for row in known.to_dict("records")}


def weakest(grades: Iterable[str]) -> str:
    """Return the lowest of some grades; empty where there is none."""
    return min(filter(None, grades), key=GRADES.index, default="")


def middle(grades: Iterable[str]) -> str:
    """Return the grade that at least half of some reach; empty where there is none."""
    found = sorted(filter(None, grades), key=GRADES.index, reverse=True)
    return found[(len(found) - 1) // 2] if found else ""


def counted(grades: Iterable[str], language: str = "en") -> str:
    """Return how many findings have each grade, the highest first: ``high confidence 12, low confidence 3``."""
    found = [*grades]
    there = [(name, found.count(name)) for name in reversed(GRADES) if name in found]
    return ", ".join(f"{grade_words(name, language)} {number}" for name, number in there)


def facts(findings: pd.DataFrame) -> pd.DataFrame:
    """Return what conditions read of each finding.

    Returns
    -------
    DataFrame: measure, item, unit, interval, n, value, low, high; ratio (high to low; infinite where low is 0), width
    (high less low: of a score as it is, of what else relative to the middle); open (no upper bound), part (of no
    total); age (years from the end of its period to the newest data); publishers (how many made its sources), quoted
    (all read in quotations), remembered (one read in no publication), law (all are texts of law), data_set (all are
    data sets); second_reading (a second coder gave the same answer); recheck (what was found when its row was looked
    up again: right, corrected, not found again, or ""), second (a second coder of its row says the ``same``, or
    ``differs``), rechecked (found right, or the same); contradicted (the list of contradictions has its
    place, year and subject); apart (another publisher has a number of the same victims and year that is off by more
    than a half); an_end (the lowest or highest of several years); of_survey, preliminary, register, derived (its method
    or its limits say so).
    """
    table = findings[["measure", "item", "unit", "interval", "n", "value", "low", "high"]].copy()
    for name in ("n", "value", "low", "high"):
        table[name] = pd.to_numeric(table[name]).astype("float64")
    low, high = table["low"], table["high"]
    with np.errstate(divide="ignore", invalid="ignore"):
        table["ratio"] = np.where(low > 0, high / low, np.where(high > 0, np.inf, 1.0))
        middle = (low + high) / 2
        table["width"] = np.where(table["unit"].eq("score"), high - low, (high - low) / middle.where(middle != 0))
    table["open"] = np.isinf(high)
    table["part"] = table["interval"].str.startswith(("part_", "minimum_"))
    end = findings["period"].str.extract(r"(\d{4})(?!.*\d{4})")[0].astype("float64")
    table["age"] = _newest() - end
    sources = {each: _of_sources(each) for each in findings["source_ids"].unique()}
    for name in ("publishers", "quoted", "remembered", "law", "data_set"):
        table[name] = [sources[each][name] for each in findings["source_ids"]]
    second = _second_readings()
    table["second_reading"] = [key in second for key in zip(findings["area_id"], findings["item"], strict=True)]
    review = [_review(row) for row in findings[[*_OF_REVIEW]].itertuples(index=False)]
    table["recheck"], table["second"] = ([each[part] for each in review] for part in (0, 1))
    table["rechecked"] = table["recheck"].eq("right") | table["second"].eq("same")
    against = _contradictions()
    table["contradicted"] = [
        _is_contradicted(against.get(_country(row.area_id), ()), _subject(row.measure, row.item), row.period)
        for row in findings[["area_id", "measure", "item", "period"]].itertuples()
    ]
    table["apart"] = _apart(findings)
    table["an_end"] = findings["item"].str.endswith((".lowest", ".highest"))
    said = findings["method"] + " " + findings["limits"]
    table["of_survey"] = said.str.contains(r"[Ss]urvey's estimate|sample survey", regex=True)
    table["preliminary"] = said.str.contains("preliminary", regex=False)
    table["contradicted"] &= ~table["open"].to_numpy()
    table["register"] = said.str.contains("[Rr]egister", regex=True)
    derived = said.str.contains(r"[Dd]erived|transcrib", regex=True) | findings["item"].str.contains("out_of_")
    table["derived"] = derived & ~table["register"]
    return table.reset_index(drop=True)


def _holds(there: pd.DataFrame, condition: str) -> np.ndarray:
    found = there.eval(condition, local_dict=GROUPS, engine="python")
    return np.broadcast_to(np.asarray(found, dtype=bool), len(there))


@cache
def _newest() -> int:
    """The year of the newest data of the catalogue, from which ages count."""
    return max(int(str(entry.date)[:4]) for entry in catalog.datasets().values())


@cache
def _of_sources(source_ids: str) -> dict[str, object]:
    # What no bibliography has is found where it is cited.
    named = [each for each in source_ids.split(";") if each in bibliography.source_ids()]
    rows = [bibliography.source(each) for each in named]
    read = {str(row.read_as) for row in rows}
    return {
        "publishers": len(bibliography.makers(named)) if named else 0,
        "quoted": bool(rows) and read == {"quotation"},
        "remembered": "remembered" in read,
        "data_set": bool(rows) and all("data set" in str(row.title) for row in rows),
        "law": bool(rows) and all(set(_LAWS) & set(each.split("_")) for each in named),
    }


@cache
def _second_readings() -> set[tuple[str, str]]:
    """Place and indicator of the answers that a second coder gave alike."""
    table = catalog.load("nrm_second_readings")
    same = table["first_low"].eq(table["second_low"]) & table["first_high"].eq(table["second_high"])
    table = table[table["status"].eq("coded") & same]
    return set(zip(table["area_id"].astype(str), table["indicator_id"].astype(str), strict=True))


_OF_REVIEW = ("area_id", "measure", "item", "period", "value", "source_ids")


def _review(finding: Any) -> tuple[str, str]:
    """What was found when the row behind a finding was looked up again, and what a second coder says of it."""
    rows = _reviewed().get((_country(finding.area_id), _subject(finding.measure, finding.item).split(".")[0]), ())
    answers = finding.measure in GROUPS["ANSWERS"]
    for row in rows if finding.value == finding.value else ():
        same = answers or (_years(row.period) == _years(finding.period) and float(row.value) == float(finding.value))
        if same and row.source_id in str(finding.source_ids).split(";"):
            return row.recheck, row.second
    return "", ""


@cache
def _reviewed() -> dict[tuple[str, str], list[Any]]:
    """The rows that were looked up or coded again, by place and by what a finding calls their indicator."""
    crosswalk = catalog.load("nrm_crosswalk")
    asked: dict[str, list[str]] = {}
    for row in crosswalk.itertuples():
        asked.setdefault(str(row.coded_indicator), []).append(str(row.indicator_id))
    found: dict[tuple[str, str], list[Any]] = {}
    for row in coded_rows.reviewed().itertuples():
        of_answers = row.data_set == "referral_indicators"
        if not of_answers and not str(row.value).replace(".", "", 1).isdigit():
            continue  # A sentence on a route is one of many that a finding counts.
        for place in row.places:
            for name in dict.fromkeys(asked.get(row.indicator, ())) if of_answers else (_named(row.indicator),):
                found.setdefault((place, name), []).append(row)
    return found


@cache
def _contradictions() -> dict[str, list[tuple[str, set[int]]]]:
    """Return the subjects and years of each place of which figures contradict one another."""
    found: dict[str, list[tuple[str, set[int]]]] = {}
    for row in catalog.load("contradictions").itertuples():
        found.setdefault(str(row.area_id), []).append((_named(str(row.indicator)), _years(str(row.period))))
    return found


def _is_contradicted(against: Iterable[tuple[str, set[int]]], subject: str, period: str) -> bool:
    """Return True if a year, or a reporting year, is contradicted on a subject, or on one that its name begins with."""
    asked = _years(period)
    return len(asked) < 3 and any(f"{subject}_".startswith(f"{name}_") and years & asked for name, years in against)


@cache
def _country(area_id: str) -> str:
    """The id under which the evidence has figures of a place: of a study of one country that of the country."""
    place = areas.get(area_id)
    return place.iso3 or area_id if place.is_study else area_id


def _apart(findings: pd.DataFrame) -> list[bool]:
    """Return for each finding whether another publisher's count of that place and year is off by more than a half."""
    counts = findings[findings["measure"].isin(["detected_victims", "detected_child_victims"])].dropna(subset="value")
    keys = ["area_id", "measure", counts["period"].str[:4]]
    ends = counts.groupby(keys)["value"].agg(["min", "max"])
    far = set(ends.index[ends["max"] > 1.5 * ends["min"]])
    asked = zip(findings["area_id"], findings["measure"], findings["period"].str[:4], strict=True)
    return [key in far for key in asked]


def _subject(measure: str, item: str) -> str:
    """Return what a finding counts, as the list of contradictions names it."""
    if measure in ("detected_child_victims", "share_of_children"):
        return "child_victims"
    return "victims" if measure == "detected_victims" else _named(item.removesuffix(".lowest").removesuffix(".highest"))


def _named(indicator: str) -> str:
    names = {"victims_identified": "victims", "trafficking_victims_identified": "victims",
             "child_victims_identified": "child_victims", "trafficking_convictions": "convictions"}  # fmt: skip
    return names.get(indicator, indicator)


def _years(period: str) -> set[int]:
    found = [int(year) for year in pd.Series([period]).str.findall(r"\d{4}").iat[0]]
    return set(range(min(found), max(found) + 1)) if found else set()
