"""US Department of Labor, Findings on the Worst Forms of Child Labor: the country files of the "Sweat & Toil" data.

What the tags of the files mean, how what stands in them is read, and what became of every figure and answer.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd

from analysis.official_releases import ACCOUNT, REFUSED, Release, ReleaseError, existing, iso3

PUBLISHER = "US Department of Labor, Bureau of International Labor Affairs"

# Words of tags as some reports print them -> as they are meant. The tag as printed stays in the table.
MISSPELT = {"Estabslished": "Established", "Premitted": "Permitted", "Minumum": "Minimum"}

# Shares are printed as percent in some reports, as parts of one in others: what a printed share is multiplied by.
TO_PERCENT = dict.fromkeys(range(2013, 2016), 1) | dict.fromkeys(range(2016, 2023), 100)


@dataclass(frozen=True)
class Field:
    """One field of a country: its name, unit, and what may stand in it.

    `kind` is answer (yes or no), count, either, age, money, share (of a whole), rate (a gross rate, which can exceed
    100 %), level, or country (no, or the name of one).
    """

    indicator: str
    kind: str
    unit: str = ""


_CONVENTIONS = (
    *("C_138_Ratified", "C_182_Ratified", "Convention_on_the_Rights_of_the_Child_Ratified", "Palermo_Ratified"),
    *("CRC_Commercial_Sexual_Exploitation_of_Children_Ratified", "CRC_Armed_Conflict_Ratified"),
)
_ESTABLISHED = (
    *("Minimum_Age_for_Work_Established", "Minimum_Age_for_Hazardous_Work_Established"),
    *("Compulsory_Education_Age_Established", "Free_Public_Education_Established"),
)
_AGES = ("Minimum_Age_for_Work", "Minimum_Age_for_Hazardous_Work", "Minimum_Age_for_Compulsory_Education")
_STANDARDS = (
    *("Minimum_Work", "Minimum_Hazardous_Work", "Types_Hazardous_Work", "Compulsory_Education"),
    *("Free_Public_Education", "Prohibition_Forced_Labor", "Prohibition_Child_Trafficking", "Prohibition_CSEC"),
    *("Prohibition_Illicit_Activities", "Minimum_Compulsory_Military", "Minimum_Voluntary_Military"),
    "Minimum_Non_State_Military",
)
_ANSWERS = (
    *("Authorized_Access_Penalties", "Labor_New_Employee_Training", "Labor_New_Law_Training"),
    *("Labor_Refresher_Courses", "Labor_Routine_Inspections_Conducted", "Labor_Routine_Inspections_Targeted"),
    *("Labor_Unannounced_Inspections_Permitted", "Labor_Unannounced_Inspections_Conducted"),
    *("Labor_Complaint_Mechanism", "Labor_Referral_Mechanism", "Labor_Inspectors_Intl_Standards"),
    *("Criminal_New_Employee_Training", "Criminal_New_Law_Training", "Criminal_Refresher_Courses"),
    "Criminal_Referral_Mechanism",
)
_COUNTS = {
    **dict.fromkeys(("Labor_Inspectors", "Dedicated_Labor_Inspectors"), "inspectors"),
    **dict.fromkeys(
        ("Labor_Inspections", "Labor_Worksite_Inspections", "Labor_Desk_Review_Inspections"), "inspections"
    ),
    **dict.fromkeys(("Labor_Violations", "Criminal_Violations"), "violations"),
    **dict.fromkeys(("Labor_Penalties_Imposed", "Labor_Penalties_Collected"), "penalties"),
    "Criminal_Investigations": "investigations",
    "Criminal_Prosecutions": "prosecutions",
    "Criminal_Convictions": "convictions",
}
_WORK = "Country_Statistics/Children_Work_Statistics/"
_GOODS = ("Child_Labor", "Forced_Labor", "Forced_Child_Labor", "Derived_Labor_Exploitation")

# Path of a tag below its country, spelt as it is meant -> the field.
FIELDS: dict[str, Field] = {
    "Advancement_Level": Field("advancement_level", "level"),
    "Automatic_Downgrade": Field("automatic_downgrade", "level"),
    _WORK + "Total_Percentage_of_Working_Children": Field("working_children_share", "share", "percent"),
    _WORK + "Total_Working_Population": Field("working_children", "count", "children"),
    _WORK + "Agriculture": Field("working_in_agriculture", "share", "percent of working children"),
    _WORK + "Industry": Field("working_in_industry", "share", "percent of working children"),
    _WORK + "Services": Field("working_in_services", "share", "percent of working children"),
    "Country_Statistics/Education_Statistics_Attendance_Statistics/Percentage": Field(
        "attending_school", "share", "percent"
    ),
    "Country_Statistics/Children_Working_and_Studying_7-14_yrs_old/Total": Field(
        "working_and_attending_school", "share", "percent"
    ),
    "Country_Statistics/UNESCO_Primary_Completion_Rate/Rate": Field("primary_completion_rate", "rate", "percent"),
    **{
        f"{section}/{tag}": Field(tag.lower(), "answer")
        for section in ("Master_Data", "Conventions")
        for tag in _CONVENTIONS
    },
    **{f"Master_Data/{tag}": Field(tag.lower(), "answer") for tag in _ESTABLISHED},
    **{f"Master_Data/{tag}": Field(tag.lower(), "age", "years") for tag in _AGES},
    "Master_Data/Country_has_Mechanism_to_Coordinate_its_Efforts_in_Combatting_the_WFCL": Field(
        "coordination", "answer"
    ),
    "Master_Data/National_Policy_on_WFCL_Established": Field("policy", "answer"),
    **{f"Mechanisms/{tag}": Field(tag.lower(), "answer") for tag in ("Coordination", "Policy", "Program")},
    **{f"Legal_Standards/{tag}/Standard": Field(tag.lower(), "answer") for tag in _STANDARDS},
    **{f"Legal_Standards/{tag}/Age": Field(f"{tag.lower()}_age", "age", "years") for tag in _STANDARDS},
    **{
        f"Legal_Standards/{tag}/Conforms_To_Intl_Standard": Field(
            f"{tag.lower()}_meets_international_standard", "answer"
        )
        for tag in _STANDARDS
    },
    "Enforcements/Labor_Funding": Field("labor_funding", "money", "money, the currency as printed"),
    "Enforcements/Criminal_Penalties_for_WFCL": Field("criminal_penalties_for_wfcl", "either", "penalties"),
    **{f"Enforcements/{tag}": Field(tag.lower(), "answer") for tag in _ANSWERS},
    **{f"Enforcements/{tag}": Field(tag.lower(), "count", unit) for tag, unit in _COUNTS.items()},
    **{f"Goods/Good/{tag}": Field(tag.lower(), "answer") for tag in _GOODS},
    "Goods/Good/Derived_Country": Field("derived_country", "country"),
}

# Words that stand for an answer, without marks and in small letters. "N/A" is kept as it is: the reports use it both
# for what does not apply and for what is not available.
_WORDS = {
    "": "not stated",
    "yes": "yes",
    "no": "no",
    "unknown": "unknown",
    "unavailable": "not available",
    "n/a": "N/A",
    "na": "N/A",
    "not applicable": "not applicable",
    "none": "none",
}
_LEVELS = ("significant advancement", "moderate advancement", "minimal advancement", "no advancement", "no assessment")
_MARKS = re.compile(r"^(.*?)([*†‡§]*)$", re.DOTALL)
_GROUPED = r"\d{1,3}(?:,\s?\d{3})+|\d+"
_FIGURE = re.compile(rf"\$?({_GROUPED})(\.\d+)?( million| billion)?", re.IGNORECASE)
_TWO_AGES = re.compile(r"(\d{1,2})/(\d{1,2})")


@dataclass(frozen=True)
class Reading:
    """Reading of a printed value: an answer, a figure between two bounds, or nothing that could be read."""

    answer: str = ""
    low: float = float("nan")
    high: float = float("nan")
    qualifier: str = ""
    mark: str = ""
    reason: str = ""


def read(text: str, kind: str, factor: int = 1) -> Reading:
    """Read one printed value.

    Parameters
    ----------
    text : as printed. Marks that refer to footnotes may follow it.
    kind : as in `Field`.
    factor : what a share is to be multiplied by to be percent.
    """
    body, mark = (part.strip() for part in _MARKS.fullmatch(text.strip()).groups())  # type: ignore[union-attr]
    word = _WORDS.get(body.casefold())
    if word in ("yes", "no") and kind not in ("answer", "either", "country"):
        return Reading(reason="An answer stands where a figure is expected.")
    if word == "none" and kind not in ("age", "money"):
        return Reading(reason="What stands there is neither an answer nor a figure.")
    if word is not None:
        return Reading(answer=word, mark=mark)
    if kind == "level":
        level = next((level for level in _LEVELS if body.casefold().startswith(level)), "")
        return Reading(answer=level, mark=mark, reason="" if level else "The level is none that is known.")
    if kind == "country":
        known = iso3(body) != ""
        return Reading(
            answer="country" if known else "", mark=mark, reason="" if known else "The country is not known."
        )
    ages = _TWO_AGES.fullmatch(body)
    if ages and kind == "age":
        low, high = sorted(float(age) for age in ages.groups())
        return Reading("figure", low, high, "range", mark)
    figure = _FIGURE.fullmatch(body)
    if figure is None:
        return Reading(reason="What stands there is neither an answer nor a figure.")
    if kind == "answer":
        return Reading(reason="A figure stands where an answer is expected.")
    # Decimal, as 0.045 times 100 is to be 4.5.
    exact = Decimal(figure[1].replace(",", "").replace(" ", "") + (figure[2] or ""))
    exact *= {"": 1, " million": 10**6, " billion": 10**9}[(figure[3] or "").casefold()]
    number = float(exact * factor if kind in ("share", "rate") else exact)
    if kind == "share" and number > 100:
        return Reading(reason="A share is above 100 percent.")
    if kind == "rate" and number > 200:
        return Reading(reason="A completion rate is above 200 percent.")
    return Reading("figure", number, number, "approx" if figure[3] else "exact", mark)


# Parts that are texts, or describe the country itself; they are no rows.
_TEXTS = {"Description", "Suggested_Actions", "ILAB_Projects", "Webpage"}
_ABOUT = {"Name", "ISO2", "ISO3", "Region", "Multiple_Territories"}
# Tags that say something about the figure beside them.
_BESIDE = {"Age_Range", "Year", "Good_Name", "Territory_Name", "Territory_Display_Name", "Calculated_Age"}
_RAW = ["report_year", "country", "tag", "territory", "good", "part", "age_range", "survey", "calculated", "value"]
_ORDER = [
    *("report_year", "iso3", "country", "territory", "good", "indicator", "value", "answer", "low", "high"),
    *("value_qualifier", "mark", "unit", "part", "age_range", "survey", "calculated", "tag"),
]
_CAUTIONS = (
    "Statistics of working children are reprinted until a new survey lands: no trend can be drawn from them.",
    "Shares are percent in all years: the reports print percent up to 2015 and parts of one from 2016.",
    "'N/A' stands both for what does not apply and for what is not available; 'Unknown' is not no.",
    "Marks (*, †, ‡) refer to footnotes of the printed reports, which the files do not carry.",
    "A standard of the reports up to 2014 (established) is not the standard of later ones.",
    "Which countries are assessed changes between reports; goods are listed for others too.",
)


def load(path: str | Path) -> Release:
    """The country file of one report as a long table.

    Parameters
    ----------
    path : the file ``countries_report<year>.xml``.

    Returns
    -------
    Release whose table has one row a figure or answer: report_year, iso3 (ISO 3166-1 alpha-3; "" where there is none),
    country (as printed), territory, good, indicator, value (as printed), answer (yes|no|unknown|not available|not
    applicable|N/A|none|not stated|figure|country, or a level of advancement), low, high (in `unit`; shares in percent,
    0 to 100), value_qualifier (exact|approx|range), mark (of a footnote), unit; for statistics part (which of several
    figures, from 1), age_range and survey (its year, in reports up to 2014), as printed; calculated ("Yes": an age is
    calculated, not written in the law), tag (as printed).

    Raises
    ------
    ReleaseError : the file is missing, damaged, no country file, or of a year whose scale of shares is not known.

    References
    ----------
    US Department of Labor, Bureau of International Labor Affairs (2014-2023). Findings on the Worst Forms of Child
    Labor.
    """
    path = existing(path)
    year = report_year(path)
    if year not in TO_PERCENT:
        raise ReleaseError(
            "unknown_share_unit",
            f"{path.name}: whether the report of {year} prints shares as percent or as parts of one is not known. "
            f"Look, and add the year to TO_PERCENT; known are {min(TO_PERCENT)} to {max(TO_PERCENT)}.",
        )
    raw = _raw(year, path)
    repeated = raw.duplicated(_RAW)
    rows = _read(raw[~repeated].reset_index(drop=True))
    good = rows["reason"] == ""
    table, bad = rows.loc[good, _ORDER].reset_index(drop=True), rows[~good].reset_index(drop=True)
    refused = bad.assign(file=path.name, row=pd.NA, place=bad["country"] + f", report {year}", column=bad["tag"])
    counts = [path.name, len(raw), len(table), int(repeated.sum()), len(bad)]
    return Release(
        title=f"Findings on the Worst Forms of Child Labor, report of {year}",
        publisher=PUBLISHER,
        date="",
        kind="public",
        table=table,
        refused=refused[REFUSED].astype({"row": "Int64"}),
        duplicates=raw[repeated].reset_index(drop=True),
        account=pd.DataFrame([counts], columns=ACCOUNT),
        cautions=_CAUTIONS,
    )


def report_year(path: Path) -> int:
    """The report year that the name of a file says. Raises ReleaseError if it says none."""
    years = re.findall(r"(?<!\d)20\d{2}(?!\d)", path.name)
    if len(years) != 1:
        raise ReleaseError(
            "missing_report_year",
            f"{path.name} does not say of which report year it is: name it countries_report<year>.xml.",
        )
    return int(years[0])


def countries_in(year: int, path: Path) -> list[tuple[str, ElementTree.Element]]:
    """The countries of one file, each with its name as printed.

    Raises
    ------
    ReleaseError : the file is damaged, no country file, or speaks of another year.
    """
    try:
        root = ElementTree.parse(path).getroot()
    except ElementTree.ParseError as error:
        raise ReleaseError(
            "unreadable_xml", f"{path.name} is no whole XML file (line {error.position[0]}): download it again."
        ) from None
    if root.tag != "Countries" or not len(root) or any(country.find("Name") is None for country in root):
        raise ReleaseError(
            "wrong_kind", f"{path.name} is not a country file of the report: it must hold Countries, each with a Name."
        )
    said = Counter(re.findall(r"\bIn (20\d{2}), ", " ".join(country.findtext("Description") or "" for country in root)))
    if said and said.most_common(1)[0][0] != str(year):
        raise ReleaseError(
            "wrong_report_year",
            f"{path.name} speaks of {said.most_common(1)[0][0]}, not of {year}: name it by its report year.",
        )
    return [((country.findtext("Name") or "").strip(), country) for country in root]


def _raw(year: int, path: Path) -> pd.DataFrame:
    """Every figure and answer of one file as it is printed."""
    rows = [
        {"report_year": year, "country": name, **row}
        for name, country in countries_in(year, path)
        for section in country
        if section.tag not in _TEXTS | _ABOUT
        for row in _leaves(section, section.tag, {})
    ]
    nothing = dict.fromkeys(_RAW, "") | {"part": "1"}
    return pd.DataFrame([nothing | row for row in rows], columns=_RAW).astype({"part": int})


def _leaves(element: ElementTree.Element, tag: str, about: dict[str, str]) -> Iterator[dict[str, str]]:
    """The figures below one element, each with what stands beside it; an empty section has none."""
    if not len(element):
        if "/" in tag or tag in FIELDS or (element.text or "").strip():
            yield {"tag": tag, "value": (element.text or "").strip(), **about}
        return
    about = dict(about)
    for name, label in (("territory", "Territory_Name"), ("good", "Good_Name"), ("calculated", "Calculated_Age")):
        if element.find(label) is not None:
            about[name] = (element.findtext(label) or "").strip()
    seen: Counter[str] = Counter()
    for child in element:
        text = (child.text or "").strip()
        if child.tag in ("Age_Range", "Year"):
            # They stand before the figures they belong to.
            about["age_range" if child.tag == "Age_Range" else "survey"] = text
        elif child.tag == "Territory":
            yield from _leaves(child, tag, about)
        elif child.tag not in _BESIDE:
            seen[child.tag] += 1
            # A territory's answer stands under its own tag where the country's stands under the field's.
            path = tag if child.tag == "Enforcement" else f"{tag}/{child.tag}"
            # Statistics of several parts of a country are printed one after the other, without saying of which part.
            beside = about | {"part": str(seen[child.tag])} if tag.startswith("Country_Statistics/") else about
            yield from _leaves(child, path, beside)


def _read(raw: pd.DataFrame) -> pd.DataFrame:
    """Fields by their names, and values by what they say; a value that cannot be read has a reason."""
    unknown = Reading(reason="This tag is not known: see whether it is a new field or a misspelling of one.")
    fields = [FIELDS.get(tag, Field("", "")) for tag in raw["tag"].replace(MISSPELT, regex=True)]
    cells = zip(raw["value"], fields, raw["report_year"].map(TO_PERCENT), strict=True)
    found = [read(text, field.kind, factor) if field.kind else unknown for text, field, factor in cells]
    rows = raw.assign(indicator=[field.indicator for field in fields], unit=[field.unit for field in fields])
    for name in ("answer", "low", "high", "mark", "reason"):
        rows[name] = [getattr(reading, name) for reading in found]
    rows["value_qualifier"] = [reading.qualifier for reading in found]
    return rows.assign(iso3=raw["country"].map(iso3))
