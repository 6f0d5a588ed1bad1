"""The invented study of Türkiye: children at work in nine provinces, most of them Syrian."""

from __future__ import annotations

import datetime

from tools.synthetic.case_records.calibration import syrians_by_province, working_children
from tools.synthetic.case_records.design import Capture, Corridor, Design, Form, Trend, with_direct_ways

PLACES = {
    "TR-01": "Adana",
    "TR-02": "Adıyaman",
    "TR-16": "Bursa",
    "TR-21": "Diyarbakır",
    "TR-27": "Gaziantep",
    "TR-31": "Hatay",
    "TR-33": "Mersin",
    "TR-34": "İstanbul",
    "TR-35": "İzmir",
    "TR-42": "Konya",
    "TR-47": "Mardin",
    "TR-63": "Şanlıurfa",
    "TR-65": "Van",
    "TR-79": "Kilis",
    "SYR": "Suriye",
    "TUR": "Türkiye",
    "AFG": "Afganistan",
    "IRQ": "Irak",
    "IRN": "İran",
    "NAM": "Namibya",
}

# No joinpoint in four provinces, one in four, two in one.
TRENDS = {
    "TR-34": Trend((18.0, -4.0), (2019,)),
    "TR-31": Trend((9.0,)),
    "TR-27": Trend((25.0, -6.0, 8.0), (2017, 2020)),
    "TR-63": Trend((14.0, -8.0), (2018,)),
    "TR-79": Trend((6.0,)),
    "TR-01": Trend((12.0, 0.0), (2018,)),
    "TR-35": Trend((-2.0,)),
    "TR-42": Trend((4.0, 16.0), (2019,)),
    "TR-16": Trend((7.0,)),
}

_PLANTED = (
    Corridor("SYR", "SYR", ("TR-79",), "TR-27", 0.55),
    Corridor("SYR", "SYR", ("TR-31",), "TR-27", 0.15),
    Corridor("SYR", "SYR", ("TR-63",), "TR-01", 0.50),  # seasonal agriculture
    Corridor("SYR", "SYR", ("TR-31",), "TR-01", 0.20),
    Corridor("SYR", "SYR", ("TR-27",), "TR-34", 0.45),
    Corridor("SYR", "SYR", ("TR-31", "TR-33"), "TR-34", 0.20),
    Corridor("SYR", "SYR", ("TR-63",), "TR-42", 0.50),
    Corridor("SYR", "SYR", ("TR-79", "TR-27"), "TR-16", 0.40),
    Corridor("SYR", "SYR", ("TR-31",), "TR-35", 0.40),
    Corridor("TUR", "TR-63", (), "TR-01", 0.50),  # seasonal agriculture
    Corridor("TUR", "TR-63", ("TR-33",), "TR-01", 0.10),
    Corridor("TUR", "TR-47", ("TR-63",), "TR-42", 0.35),
    Corridor("TUR", "TR-21", (), "TR-34", 0.30),
    Corridor("TUR", "TR-02", (), "TR-27", 0.20),
    Corridor("AFG", "AFG", ("IRN", "TR-65"), "TR-34", 0.80),
    Corridor("IRQ", "IRQ", ("TR-47",), "TR-34", 0.50),
)


def design() -> Design:
    """The study as it is invented; shares of sectors, ages and boys are those of a survey (see ``calibration``)."""
    children = working_children()
    weights = syrians_by_province()
    work = "ChildLabour;ForcedLabour"
    forms = (
        Form("field work", "agriculture", 1.0, work, "ForcedLabour", children.male, "A"),
        Form("manufacturing", "industry", 0.85, work, "ForcedLabour", children.male, "C"),
        Form("construction", "industry", 0.15, work, "ForcedLabour", children.male, "F"),
        Form("trade", "services", 0.30, work, "ForcedLabour", children.male, "G"),
        Form("food service", "services", 0.30, work, "ForcedLabour", children.male, "I"),
        Form("street work", "services", 0.22, work, "ForcedLabour", children.male, "S"),
        # The survey counts work on the street among services; begging is no industry, so that its sector stays blank.
        Form("begging", "services", 0.18, "ForcedBegging", "ForcedBegging", children.male),
    )
    nationalities = {
        "": {"SYR": 0.62, "TUR": 0.34, "IRQ": 0.04},
        "TR-34": {"SYR": 0.52, "TUR": 0.34, "AFG": 0.10, "IRQ": 0.04},
        "TR-79": {"SYR": 0.80, "TUR": 0.20},
        "TR-35": {"SYR": 0.50, "TUR": 0.50},
    }
    return Design(
        study="turkiye",
        language="tr",
        first_year=2014,
        last_year=2023,
        export=datetime.date(2023, 12, 31),
        persons=2500,
        weights=weights,
        trends=TRENDS,
        forms=forms,
        groups=children.sectors,
        tilt={
            ("TR-01", "agriculture"): 3.0,
            ("TR-63", "agriculture"): 2.0,
            ("TR-42", "agriculture"): 2.0,
            ("TR-34", "industry"): 1.8,
            ("TR-16", "industry"): 1.8,
            ("TR-27", "industry"): 1.4,
            ("TR-35", "services"): 1.4,
        },
        ages=children.ages,
        adults=0.04,
        nationalities=nationalities,
        pools={"SYR": "syria", "IRQ": "syria", "AFG": "syria", "TUR": "turkiye"},
        means={
            "DebtBondage": 0.22,
            "ExcessiveWorkingHours": 0.45,
            "FalsePromises": 0.18,
            "PhysicalAbuse": 0.12,
            "PhysicalThreats": 0.15,
            "PsychologicalAbuse": 0.20,
            "TakesEarnings": 0.40,
            "WithholdsDocuments": 0.08,
        },
        recruitment={
            "ThroughFamilyOrFamilyEvents": 0.50,
            "ThroughFriendsOrSocialEvents": 0.25,
            "AtWork": 0.18,
            "ThroughOnlineSocialNetworks": 0.07,
        },
        recruiter={"Familial": 0.45, "Acquainted": 0.40, "Unaquainted": 0.15},
        corridors=with_direct_ways(_PLANTED, list(weights), nationalities, home="TUR"),
        lists=(
            Capture(
                "police", -2.30, {("nationality", "SYR"): 0.25, ("sex", "male"): 0.20, ("group", "services"): 0.40},
                {}, 0.5, 12, 0.9, twice=0.03,
            ),
            Capture(
                "protection", -2.95, {("sex", "female"): 0.50, ("group", "services"): 0.30},
                {"police": 1.60}, 0.5, 25, 0.9, twice=0.04,
                not_stated={"phone": 0.45, "document": 0.30, "birth": 0.05, "age": 0.25},
            ),
            Capture(
                "hotline", -2.25, {("nationality", "TUR"): 0.40, ("sex", "female"): 0.20},
                {}, 0.4, 2, 0.7, not_stated={"phone": 0.15, "birth": 0.10, "age": 0.20, "nationality": 0.10},
            ),
            Capture(
                "labour", -2.30, {("group", "industry"): 0.90, ("group", "agriculture"): 0.30, ("sex", "male"): 0.15},
                {"hotline": -1.20}, 0.3, 35, 0.8, not_stated={"document": 0.35, "birth": 0.04, "age": 0.30},
            ),
            Capture(
                "ngo", -2.35, {("nationality", "SYR"): 0.60, ("group", "services"): 0.30},
                {"protection": 0.50}, 0.5, 45, 1.0, twice=0.04, not_stated={"phone": 0.25},
            ),
        ),
        referral=("police", "protection"),
        places=PLACES,
    )  # fmt: skip
