"""The two synthetic studies as designed: children at work in Türkiye; sexual exploitation and more in Cabo Verde."""

from __future__ import annotations

import datetime

from tools.synthetic.case_records.design import Capture, Corridor, Design, Form, Trend, with_direct_ways
from tools.synthetic.public_figures import inhabitants_by_island, syrians_by_province, working_children

_PLACES_OF_TURKIYE = {
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
_TRENDS_OF_TURKIYE = {
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

_CORRIDORS_OF_TURKIYE = (
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


def turkiye() -> Design:
    """The study as it is designed; shares of sectors, ages and boys are those of a survey (see ``calibration``)."""
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
        trends=_TRENDS_OF_TURKIYE,
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
        corridors=with_direct_ways(_CORRIDORS_OF_TURKIYE, list(weights), nationalities, home="TUR"),
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
        places=_PLACES_OF_TURKIYE,
    )  # fmt: skip


_PLACES_OF_CABO_VERDE = {
    "CPV-SANTOANTAO": "Santo Antão",
    "CPV-SAOVICENTE": "São Vicente",
    "CPV-SANTALUZIA": "Santa Luzia",
    "CPV-SAONICOLAU": "São Nicolau",
    "CPV-SAL": "Sal",
    "CPV-BOAVISTA": "Boa Vista",
    "CPV-MAIO": "Maio",
    "CPV-SANTIAGO": "Santiago",
    "CPV-FOGO": "Fogo",
    "CPV-BRAVA": "Brava",
    "CPV": "Cabo Verde",
    "SEN": "Senegal",
    "GNB": "Guiné-Bissau",
    "NGA": "Nigéria",
    "NAM": "Namíbia",
}
# Concelhos that one list writes in place of islands; those whose names need no thought.
_CONCELHOS = {
    "CPV-SANTIAGO": (("CV-PR", "Praia"), ("CV-CR", "Santa Cruz"), ("CV-SM", "São Miguel")),
    "CPV-SANTOANTAO": (("CV-PN", "Porto Novo"), ("CV-PA", "Paul")),
    "CPV-FOGO": (("CV-SF", "São Filipe"), ("CV-MO", "Mosteiros")),
    "CPV-SAONICOLAU": (("CV-RB", "Ribeira Brava"),),
    "CPV-SAL": (("CV-SL", "Sal"),),
    "CPV-SAOVICENTE": (("CV-SV", "São Vicente"),),
}

# No joinpoint on five islands, one on three, two on one. Nobody lives on Santa Luzia.
_TRENDS_OF_CABO_VERDE = {
    "CPV-SANTOANTAO": Trend((-3.0,)),
    "CPV-SAOVICENTE": Trend((6.0, -5.0), (2018,)),
    "CPV-SANTALUZIA": Trend((0.0,)),
    "CPV-SAONICOLAU": Trend((0.0,)),
    "CPV-SAL": Trend((16.0, -30.0, 25.0), (2018, 2020)),
    "CPV-BOAVISTA": Trend((20.0, -6.0), (2018,)),
    "CPV-MAIO": Trend((2.0,)),
    "CPV-SANTIAGO": Trend((8.0, -2.0), (2019,)),
    "CPV-FOGO": Trend((3.0,)),
    "CPV-BRAVA": Trend((0.0,)),
}

_CORRIDORS_OF_CABO_VERDE = (
    Corridor("CPV", "CPV-SANTIAGO", (), "CPV-SAL", 0.45),
    Corridor("CPV", "CPV-SAONICOLAU", ("CPV-SAOVICENTE",), "CPV-SAL", 0.10),
    Corridor("CPV", "CPV-SANTIAGO", (), "CPV-BOAVISTA", 0.50),
    Corridor("CPV", "CPV-SANTOANTAO", (), "CPV-SAOVICENTE", 0.30),
    Corridor("CPV", "CPV-FOGO", (), "CPV-SANTIAGO", 0.10),
    Corridor("CPV", "CPV-MAIO", (), "CPV-SANTIAGO", 0.05),
    Corridor("GNB", "GNB", ("CPV-SANTIAGO",), "CPV-SAL", 0.55),
    Corridor("GNB", "GNB", ("SEN",), "CPV-SANTIAGO", 0.40),
    Corridor("SEN", "SEN", ("CPV-SANTIAGO",), "CPV-BOAVISTA", 0.50),
    Corridor("NGA", "NGA", ("SEN",), "CPV-SAL", 0.70),
)


def cabo_verde() -> Design:
    """The study as it is designed. Islands weigh as their inhabitants; all other shares are invented."""
    weights = inhabitants_by_island()
    nationalities = {
        "": {"CPV": 0.93, "GNB": 0.07},
        "CPV-SANTIAGO": {"CPV": 0.82, "GNB": 0.12, "SEN": 0.06},
        "CPV-SAL": {"CPV": 0.70, "GNB": 0.12, "SEN": 0.10, "NGA": 0.08},
        "CPV-BOAVISTA": {"CPV": 0.75, "GNB": 0.10, "SEN": 0.15},
        "CPV-BRAVA": {"CPV": 1.0},
    }
    return Design(
        study="cabo_verde",
        language="pt",
        first_year=2014,
        last_year=2023,
        export=datetime.date(2023, 12, 31),
        persons=2500,
        weights=weights,
        trends=_TRENDS_OF_CABO_VERDE,
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
            ("CPV-SAL", "sexual"): 2.0,
            ("CPV-BOAVISTA", "sexual"): 1.8,
            ("CPV-FOGO", "labour"): 1.8,
            ("CPV-SANTIAGO", "begging"): 1.5,
        },
        ages={(5, 11): 0.14, (12, 14): 0.31, (15, 17): 0.55},
        adults=0.07,
        nationalities=nationalities,
        pools={"CPV": "cabo_verde", "SEN": "west_africa", "GNB": "west_africa", "NGA": "west_africa"},
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
        corridors=with_direct_ways(_CORRIDORS_OF_CABO_VERDE, list(weights), nationalities, home="CPV"),
        lists=(
            Capture(
                "policia", -2.30, {("sex", "female"): 0.20, ("group", "sexual"): 0.40}, {}, 0.5, 15, 0.9, twice=0.03,
            ),
            Capture(
                "icca", -2.75, {("sex", "female"): 0.30, ("nationality", "CPV"): 0.40},
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
                "ong", -2.35, {("nationality", "GNB"): 0.50, ("group", "begging"): 0.60},
                {"icca": 0.50}, 0.5, 50, 1.0, twice=0.04, not_stated={"phone": 0.25},
            ),
        ),
        referral=("policia", "icca"),
        places=_PLACES_OF_CABO_VERDE,
        local=_CONCELHOS,
    )  # fmt: skip
