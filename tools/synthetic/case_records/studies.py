"""The two synthetic studies as designed: children at work in provinces; sexual exploitation and more on islands."""

from __future__ import annotations

import datetime

from tools.synthetic.case_records.design import Capture, Corridor, Design, Form, Trend, with_direct_ways
from tools.synthetic.declaration import DISPLACED, INHABITANTS, names, parts
from tools.synthetic.public_figures import working_children

# No joinpoint in four provinces, one in four, two in one.
_TRENDS_OF_PROVINCES = {
    "XDP-LINDEN": Trend((18.0, -4.0), (2019,)),
    "XDP-HAZEL": Trend((9.0,)),
    "XDP-FIG": Trend((25.0, -6.0, 8.0), (2017, 2020)),
    "XDP-PINE": Trend((14.0, -8.0), (2018,)),
    "XDP-WILLOW": Trend((6.0,)),
    "XDP-ALDER": Trend((12.0, 0.0), (2018,)),
    "XDP-MAPLE": Trend((-2.0,)),
    "XDP-OAK": Trend((4.0, 16.0), (2019,)),
    "XDP-CEDAR": Trend((7.0,)),
}

_CORRIDORS_OF_PROVINCES = (
    Corridor("XDM", "XDM", ("XDP-WILLOW",), "XDP-FIG", 0.55),
    Corridor("XDM", "XDM", ("XDP-HAZEL",), "XDP-FIG", 0.15),
    Corridor("XDM", "XDM", ("XDP-PINE",), "XDP-ALDER", 0.50),  # seasonal agriculture
    Corridor("XDM", "XDM", ("XDP-HAZEL",), "XDP-ALDER", 0.20),
    Corridor("XDM", "XDM", ("XDP-FIG",), "XDP-LINDEN", 0.45),
    Corridor("XDM", "XDM", ("XDP-HAZEL", "XDP-JUNIPER"), "XDP-LINDEN", 0.20),
    Corridor("XDM", "XDM", ("XDP-PINE",), "XDP-OAK", 0.50),
    Corridor("XDM", "XDM", ("XDP-WILLOW", "XDP-FIG"), "XDP-CEDAR", 0.40),
    Corridor("XDM", "XDM", ("XDP-HAZEL",), "XDP-MAPLE", 0.40),
    Corridor("XDP", "XDP-PINE", (), "XDP-ALDER", 0.50),  # seasonal agriculture
    Corridor("XDP", "XDP-PINE", ("XDP-JUNIPER",), "XDP-ALDER", 0.10),
    Corridor("XDP", "XDP-OLIVE", ("XDP-PINE",), "XDP-OAK", 0.35),
    Corridor("XDP", "XDP-ELM", (), "XDP-LINDEN", 0.30),
    Corridor("XDP", "XDP-BIRCH", (), "XDP-FIG", 0.20),
    Corridor("XDC", "XDC", ("XDJ", "XDP-POPLAR"), "XDP-LINDEN", 0.80),
    Corridor("XDK", "XDK", ("XDP-OLIVE",), "XDP-LINDEN", 0.50),
)


def demo_provinces() -> Design:
    """The study as it is designed; shares of sectors, ages and boys are those of a survey (see ``calibration``)."""
    children = working_children()
    weights = dict(DISPLACED)
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
        "": {"XDM": 0.62, "XDP": 0.34, "XDK": 0.04},
        "XDP-LINDEN": {"XDM": 0.52, "XDP": 0.34, "XDC": 0.10, "XDK": 0.04},
        "XDP-WILLOW": {"XDM": 0.80, "XDP": 0.20},
        "XDP-MAPLE": {"XDM": 0.50, "XDP": 0.50},
    }
    return Design(
        study="demo_provinces",
        language="tr",
        first_year=2014,
        last_year=2023,
        export=datetime.date(2023, 12, 31),
        persons=2500,
        weights=weights,
        trends=_TRENDS_OF_PROVINCES,
        forms=forms,
        groups=children.sectors,
        tilt={
            ("XDP-ALDER", "agriculture"): 3.0,
            ("XDP-PINE", "agriculture"): 2.0,
            ("XDP-OAK", "agriculture"): 2.0,
            ("XDP-LINDEN", "industry"): 1.8,
            ("XDP-CEDAR", "industry"): 1.8,
            ("XDP-FIG", "industry"): 1.4,
            ("XDP-MAPLE", "services"): 1.4,
        },
        ages=children.ages,
        adults=0.04,
        nationalities=nationalities,
        pools={"XDM": "arabic", "XDK": "arabic", "XDC": "arabic", "XDP": "turkish"},
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
        corridors=with_direct_ways(_CORRIDORS_OF_PROVINCES, list(weights), nationalities, home="XDP"),
        lists=(
            Capture(
                "police", -2.30, {("nationality", "XDM"): 0.25, ("sex", "male"): 0.20, ("group", "services"): 0.40},
                {}, 0.5, 12, 0.9, twice=0.03,
            ),
            Capture(
                "protection", -2.95, {("sex", "female"): 0.50, ("group", "services"): 0.30},
                {"police": 1.60}, 0.5, 25, 0.9, twice=0.04,
                not_stated={"phone": 0.45, "document": 0.30, "birth": 0.05, "age": 0.25},
            ),
            Capture(
                "hotline", -2.25, {("nationality", "XDP"): 0.40, ("sex", "female"): 0.20},
                {}, 0.4, 2, 0.7, not_stated={"phone": 0.15, "birth": 0.10, "age": 0.20, "nationality": 0.10},
            ),
            Capture(
                "labour", -2.30, {("group", "industry"): 0.90, ("group", "agriculture"): 0.30, ("sex", "male"): 0.15},
                {"hotline": -1.20}, 0.3, 35, 0.8, not_stated={"document": 0.35, "birth": 0.04, "age": 0.30},
            ),
            Capture(
                "ngo", -2.35, {("nationality", "XDM"): 0.60, ("group", "services"): 0.30},
                {"protection": 0.50}, 0.5, 45, 1.0, twice=0.04, not_stated={"phone": 0.25},
            ),
        ),
        referral=("police", "protection"),
        places=names("demo_provinces"),
    )  # fmt: skip


# No joinpoint on five islands, one on three, two on one. Nobody lives on Onyx.
_TRENDS_OF_ISLANDS = {
    "XIC-PEARL": Trend((-3.0,)),
    "XIC-TOPAZ": Trend((6.0, -5.0), (2018,)),
    "XIC-ONYX": Trend((0.0,)),
    "XIC-RUBY": Trend((0.0,)),
    "XIC-JADE": Trend((16.0, -30.0, 25.0), (2018, 2020)),
    "XIC-AGATE": Trend((20.0, -6.0), (2018,)),
    "XIC-CORAL": Trend((2.0,)),
    "XIC-OPAL": Trend((8.0, -2.0), (2019,)),
    "XIC-BERYL": Trend((3.0,)),
    "XIC-AMBER": Trend((0.0,)),
}

_CORRIDORS_OF_ISLANDS = (
    Corridor("XIC", "XIC-OPAL", (), "XIC-JADE", 0.45),
    Corridor("XIC", "XIC-RUBY", ("XIC-TOPAZ",), "XIC-JADE", 0.10),
    Corridor("XIC", "XIC-OPAL", (), "XIC-AGATE", 0.50),
    Corridor("XIC", "XIC-PEARL", (), "XIC-TOPAZ", 0.30),
    Corridor("XIC", "XIC-BERYL", (), "XIC-OPAL", 0.10),
    Corridor("XIC", "XIC-CORAL", (), "XIC-OPAL", 0.05),
    Corridor("XIG", "XIG", ("XIC-OPAL",), "XIC-JADE", 0.55),
    Corridor("XIG", "XIG", ("XIS",), "XIC-OPAL", 0.40),
    Corridor("XIS", "XIS", ("XIC-OPAL",), "XIC-AGATE", 0.50),
    Corridor("XIN", "XIN", ("XIS",), "XIC-JADE", 0.70),
)


def demo_islands() -> Design:
    """The study as it is designed. Islands weigh as their inhabitants; all other shares are synthetic."""
    weights = dict(INHABITANTS["demo_islands"])
    nationalities = {
        "": {"XIC": 0.93, "XIG": 0.07},
        "XIC-OPAL": {"XIC": 0.82, "XIG": 0.12, "XIS": 0.06},
        "XIC-JADE": {"XIC": 0.70, "XIG": 0.12, "XIS": 0.10, "XIN": 0.08},
        "XIC-AGATE": {"XIC": 0.75, "XIG": 0.10, "XIS": 0.15},
        "XIC-AMBER": {"XIC": 1.0},
    }
    return Design(
        study="demo_islands",
        language="pt",
        first_year=2014,
        last_year=2023,
        export=datetime.date(2023, 12, 31),
        persons=2500,
        weights=weights,
        trends=_TRENDS_OF_ISLANDS,
        forms=(
            Form("prostitution", "sexual", 0.8, "SexualExploitation", "SexualExploitation", 0.15, "", "Prostitution"),
            Form(
                "images", "sexual", 0.2, "SexualExploitation", "SexualExploitation", 0.2, "", "Pornography;Prostitution"
            ),
            Form("domestic work", "domestic", 1.0, "ChildLabour;Servitude", "Servitude", 0.20, "T"),
            Form("begging", "begging", 1.0, "ForcedBegging", "ForcedBegging", 0.70),
            Form("field work", "labour", 1.0, "ChildLabour;ForcedLabour", "ForcedLabour", 0.75, "A"),
        ),
        groups={"sexual": 0.45, "domestic": 0.28, "begging": 0.15, "labour": 0.12},
        tilt={
            ("XIC-JADE", "sexual"): 2.0,
            ("XIC-AGATE", "sexual"): 1.8,
            ("XIC-BERYL", "labour"): 1.8,
            ("XIC-OPAL", "begging"): 1.5,
        },
        ages={(5, 11): 0.14, (12, 14): 0.31, (15, 17): 0.55},
        adults=0.07,
        nationalities=nationalities,
        pools={"XIC": "portuguese", "XIS": "west_african", "XIG": "west_african", "XIN": "west_african"},
        means={
            "DebtBondage": 0.15,
            "FalsePromises": 0.35,
            "PhysicalAbuse": 0.18,
            "PhysicalThreats": 0.22,
            "PsychologicalAbuse": 0.28,
            "SexualAbuse": 0.25,
            "TakesEarnings": 0.25,
            "WithholdsDocuments": 0.06,
        },
        recruitment={
            "ThroughFamilyOrFamilyEvents": 0.40,
            "ThroughFriendsOrSocialEvents": 0.30,
            "ThroughOnlineSocialNetworks": 0.20,
            "AtWork": 0.10,
        },
        recruiter={"Familial": 0.35, "Acquainted": 0.45, "Unaquainted": 0.20},
        corridors=with_direct_ways(_CORRIDORS_OF_ISLANDS, list(weights), nationalities, home="XIC"),
        lists=(
            Capture(
                "policia", -2.30, {("sex", "female"): 0.20, ("group", "sexual"): 0.40}, {}, 0.5, 15, 0.9, twice=0.03,
            ),
            Capture(
                "icca", -2.75, {("sex", "female"): 0.30, ("nationality", "XIC"): 0.40},
                {"policia": 1.70}, 0.5, 20, 0.9, twice=0.04,
                not_stated={"phone": 0.45, "document": 0.30, "birth": 0.05, "age": 0.25},
            ),
            Capture(
                "linha", -2.30, {("group", "domestic"): 0.40, ("sex", "female"): 0.20},
                {}, 0.4, 3, 0.7, not_stated={"phone": 0.15, "birth": 0.10, "age": 0.20, "nationality": 0.10},
            ),
            Capture(
                "inspecao", -2.65, {("group", "labour"): 1.20, ("group", "domestic"): 0.60, ("group", "sexual"): -0.60},
                {"linha": -1.10}, 0.3, 40, 0.8, not_stated={"document": 0.35, "birth": 0.04, "age": 0.30},
            ),
            Capture(
                "ong", -2.35, {("nationality", "XIG"): 0.50, ("group", "begging"): 0.60},
                {"icca": 0.50}, 0.5, 50, 1.0, twice=0.04, not_stated={"phone": 0.25},
            ),
        ),
        referral=("policia", "icca"),
        places=names("demo_islands"),
        local=parts("demo_islands"),
    )  # fmt: skip
