"""The invented study of Cabo Verde: sexual exploitation, domestic work, begging of children on nine of ten islands."""

from __future__ import annotations

import datetime

from tools.synthetic.case_records.calibration import inhabitants_by_island
from tools.synthetic.case_records.design import Capture, Corridor, Design, Form, Trend, with_direct_ways

PLACES = {
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
TRENDS = {
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

_PLANTED = (
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


def design() -> Design:
    """The study as it is invented. Islands weigh as their inhabitants; all other shares are invented."""
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
        trends=TRENDS,
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
        corridors=with_direct_ways(_PLANTED, list(weights), nationalities, home="CPV"),
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
        places=PLACES,
        local=_CONCELHOS,
    )  # fmt: skip
