"""What the tags of the US Department of Labor's country files mean, and how what stands in them is read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from analysis.official_releases import countries

# Tags as some reports print them -> as they are meant. The tag as printed stays in the table.
MISSPELT = {
    "Compulsory_Education_Age_Estabslished": "Compulsory_Education_Age_Established",
    "Free_Public_Education_Estabslished": "Free_Public_Education_Established",
    "Labor_Unannounced_Inspections_Premitted": "Labor_Unannounced_Inspections_Permitted",
    "Minimum_Age_for_Hazardous_Work_Estabslished": "Minimum_Age_for_Hazardous_Work_Established",
    "Minimum_Age_for_Work_Estabslished": "Minimum_Age_for_Work_Established",
    "Minumum_Non_State_Military": "Minimum_Non_State_Military",
    "Minumum_Voluntary_Military": "Minimum_Voluntary_Military",
    "National_Policy_on_WFCL_Estabslished": "National_Policy_on_WFCL_Established",
}

# Shares are printed as percent in some reports, as parts of one in others: what a printed share is multiplied by.
TO_PERCENT = dict.fromkeys(range(2013, 2016), 1) | dict.fromkeys(range(2016, 2023), 100)


@dataclass(frozen=True)
class Field:
    """One field of a country: its topic, name, unit, and what may stand in it.

    `kind` is answer (yes or no), count, either, age, money, share (of a whole), rate (a gross rate, which can exceed
    100 %), level, or country (no, or the name of one).
    """

    topic: str
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
    "Advancement_Level": Field("assessment", "advancement_level", "level"),
    "Automatic_Downgrade": Field("assessment", "automatic_downgrade", "level"),
    _WORK + "Total_Percentage_of_Working_Children": Field("statistics", "working_children_share", "share", "percent"),
    _WORK + "Total_Working_Population": Field("statistics", "working_children", "count", "children"),
    _WORK + "Agriculture": Field("statistics", "working_in_agriculture", "share", "percent of working children"),
    _WORK + "Industry": Field("statistics", "working_in_industry", "share", "percent of working children"),
    _WORK + "Services": Field("statistics", "working_in_services", "share", "percent of working children"),
    "Country_Statistics/Education_Statistics_Attendance_Statistics/Percentage": Field(
        "statistics", "attending_school", "share", "percent"
    ),
    "Country_Statistics/Children_Working_and_Studying_7-14_yrs_old/Total": Field(
        "statistics", "working_and_attending_school", "share", "percent"
    ),
    "Country_Statistics/UNESCO_Primary_Completion_Rate/Rate": Field(
        "statistics", "primary_completion_rate", "rate", "percent"
    ),
    **{
        f"{section}/{tag}": Field("conventions", tag.lower(), "answer")
        for section in ("Master_Data", "Conventions")
        for tag in _CONVENTIONS
    },
    **{f"Master_Data/{tag}": Field("legal_standards", tag.lower(), "answer") for tag in _ESTABLISHED},
    **{f"Master_Data/{tag}": Field("legal_standards", tag.lower(), "age", "years") for tag in _AGES},
    "Master_Data/Country_has_Mechanism_to_Coordinate_its_Efforts_in_Combatting_the_WFCL": Field(
        "mechanisms", "coordination", "answer"
    ),
    "Master_Data/National_Policy_on_WFCL_Established": Field("mechanisms", "policy", "answer"),
    **{
        f"Mechanisms/{tag}": Field("mechanisms", tag.lower(), "answer") for tag in ("Coordination", "Policy", "Program")
    },
    **{f"Legal_Standards/{tag}/Standard": Field("legal_standards", tag.lower(), "answer") for tag in _STANDARDS},
    **{
        f"Legal_Standards/{tag}/Age": Field("legal_standards", f"{tag.lower()}_age", "age", "years")
        for tag in _STANDARDS
    },
    **{
        f"Legal_Standards/{tag}/Conforms_To_Intl_Standard": Field(
            "legal_standards", f"{tag.lower()}_meets_international_standard", "answer"
        )
        for tag in _STANDARDS
    },
    "Enforcements/Labor_Funding": Field("enforcement", "labor_funding", "money", "money, the currency as printed"),
    "Enforcements/Criminal_Penalties_for_WFCL": Field(
        "enforcement", "criminal_penalties_for_wfcl", "either", "penalties"
    ),
    **{f"Enforcements/{tag}": Field("enforcement", tag.lower(), "answer") for tag in _ANSWERS},
    **{f"Enforcements/{tag}": Field("enforcement", tag.lower(), "count", unit) for tag, unit in _COUNTS.items()},
    **{f"Goods/Good/{tag}": Field("goods", tag.lower(), "answer") for tag in _GOODS},
    "Goods/Good/Derived_Country": Field("goods", "derived_country", "country"),
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
    """What a printed value says: an answer, a figure between two bounds, or nothing that could be read."""

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
        known = countries.iso3(body) != ""
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
