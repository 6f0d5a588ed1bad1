"""What synthetic children and their households answer beside the outcomes that are simulated; all shares are invented.

An answer that does not apply is missing, as one that is not known: a column that comes before it says which.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from analysis.survey import questionnaire
from tools.synthetic.declaration import INHABITANTS
from tools.synthetic.survey import population, simulated_truth
from tools.synthetic.survey.population import Cells, Floats, looked_up

HAZARDS = (
    "heavy_loads", "dangerous_tools", "hazard_dust", "hazard_temperature", "hazard_noise", "hazard_heights",
    "hazard_chemicals", "hazard_other",
)  # fmt: skip
NEEDS = ("documents", "shelter", "psychosocial", "education", "legal_aid", "health", "cash", "family_tracing")
# How often an answer is not known, whatever it would have been.
UNKNOWN = {
    "working": 0.004, "hours": 0.01, "hazards": 0.006, "forced_labour": 0.006, "trafficked": 0.01,
    "out_of_school": 0.003, "debt": 0.015, "income": 0.06, "separated": 0.004, "registered": 0.01, "turkish": 0.004,
    "sector": 0.01, "exposure": 0.012, "need": 0.004, "other": 0.004,
}  # fmt: skip
_SECTIONS = {
    "agriculture": (("A",), (1.0,)),
    "industry": (("C", "F"), (0.85, 0.15)),
    "services": (("G", "I", "N", "S", "T"), (0.36, 0.34, 0.06, 0.17, 0.07)),
}
_WORKPLACES = {
    "A": ("field",), "C": ("workshop", "workshop", "factory"), "F": ("other",), "G": ("shop", "shop", "street"),
    "I": ("shop",), "N": ("other", "street"), "S": ("workshop", "street", "shop"), "T": ("home",),
}  # fmt: skip
_NEEDED = {
    "documents": {"TR": 0.02, "SY": 0.12, "other": 0.25}, "shelter": {"TR": 0.03, "SY": 0.13, "other": 0.15},
    "psychosocial": {"TR": 0.07, "SY": 0.20, "other": 0.20}, "education": {"TR": 0.08, "SY": 0.24, "other": 0.25},
    "legal_aid": {"TR": 0.03, "SY": 0.11, "other": 0.18}, "health": {"TR": 0.08, "SY": 0.18, "other": 0.20},
    "cash": {"TR": 0.16, "SY": 0.42, "other": 0.40}, "family_tracing": {"TR": 0.005, "SY": 0.03, "other": 0.04},
}  # fmt: skip
_RECEIVED = (0.42, 0.18, 0.15, 0.38, 0.15, 0.55, 0.45, 0.10)


class Draw:
    """Draws for n respondents: chances (n,), choices, and which answers are known."""

    def __init__(self, random: np.random.Generator, n: int) -> None:
        self.random, self.n = random, n

    def chance(self, share: Floats | float) -> Bools:
        return self.random.random(self.n) < share

    def known(self, what: str) -> Bools:
        return self.random.random(self.n) >= UNKNOWN[what]

    def between(self, low: NDArray | int, high: NDArray | int) -> NDArray[np.int64]:
        """Whole numbers, both ends included; where the ends are exchanged, the low one."""
        width = np.maximum(np.asarray(high) - low, 0) + 1
        return (low + np.floor(self.random.random(self.n) * width)).astype(np.int64)

    def one_of(self, shares: Sequence[float]) -> NDArray[np.intp]:
        """The place of a choice, by shares that add up to 1."""
        return np.searchsorted(np.cumsum(shares)[:-1], self.random.random(self.n), side="right")


Columns = dict[str, object]


def child(draw: Draw, cells: Cells, age: NDArray[np.int64]) -> Columns:
    """The child, its displacement and its school."""
    separated, nation, group = cells["separated"], cells["nationality"], cells["age_group"]
    foreign, syrian = nation != "TR", nation == "SY"
    near = draw.one_of((0.90, 0.07, 0.02, 0.01))
    far = draw.one_of((0.25, 0.20, 0.35, 0.20))
    spouse = (group == "15-17") & (cells["sex"] == "female") & separated & draw.chance(0.25)
    head = (group == "15-17") & separated & ~spouse & draw.chance(0.08)
    relations = ("child", "grandchild", "other_relative", "not_related", "sibling", "head", "spouse")
    relation = np.where(separated, np.array([1, 4, 2, 3])[far], np.array([0, 1, 2, 0])[near])
    relation = np.select([spouse, head], [6, 5], relation)
    one_parent = ~separated & draw.chance(0.07)
    alive = np.where(separated, draw.one_of((0.45, 0.22, 0.08, 0.25)), np.where(one_parent & draw.chance(0.4), 1, 0))
    arrival = np.clip(age - draw.between(np.full(draw.n, 1), 10), 0, age)
    registered = np.isin(cells["registration"], ["here", "elsewhere"])
    knows, knows_registered, knows_turkish = (draw.known(what) for what in ("separated", "registered", "turkish"))
    knows_arrival = foreign & draw.known("other")
    area, elsewhere = cells["area_id"], cells["registration"] == "elsewhere"
    places = np.array(list(INHABITANTS["demo_provinces"]))
    # Another of the nine provinces, or one that is none of them.
    other = np.append(places, "other")[draw.between(0, len(places))]
    other = np.where(other == area, "other", other)
    has_area = registered & knows_registered & draw.known("other")
    registration_area = np.where(elsewhere, other, area)
    # Where registration is not known to be here or elsewhere, neither is the answer derived from it.
    out = cells["out_of_school"]
    ever = ~(out & draw.chance(np.where(foreign, 0.25, 0.08)))
    knows_ever, knows_attends = draw.known("out_of_school"), draw.known("out_of_school")
    in_school = knows_ever & ever & knows_attends & ~out
    not_in_school = (knows_ever & ~ever) | (knows_ever & ever & knows_attends & out)
    reasons = ("work", "cost", "distance", "language", "documents", "discrimination", "marriage", "illness", "other")
    reason = np.where(
        foreign,
        draw.one_of((0.25, 0.22, 0.05, 0.16, 0.12, 0.10, 0.02, 0.03, 0.05)),
        draw.one_of((0.30, 0.22, 0.10, 0.01, 0.02, 0.05, 0.05, 0.10, 0.15)),
    )
    return {
        "relationship_to_head": chosen(relations, relation, draw.known("other")),
        "parents_alive": chosen(("both", "mother", "father", "none"), alive, draw.known("other")),
        "lives_with_parents": chosen(("both", "one", "neither"), np.select([separated, one_parent], [2, 1], 0), knows),
        "separated": yes_no(separated, knows),
        "age_at_arrival": whole(arrival, knows_arrival),
        "years_in_turkiye": whole(age - arrival, knows_arrival),
        "turkish": codes(cells["turkish"], foreign & knows_turkish),
        "registered": yes_no(registered, syrian & knows_registered),
        "registration_area_id": codes(registration_area, has_area),
        "registered_elsewhere": yes_no(elsewhere, syrian & knows_registered & (has_area | ~registered)),
        "ever_attended": yes_no(ever, knows_ever),
        # A child that never attended school does not attend it.
        "attends_school": yes_no(~out, in_school | not_in_school),
        "grade": whole(np.clip(age - 5 - draw.between(0, 1), 0, 12), in_school & draw.known("other")),
        "absence_days": whole(np.minimum(draw.between(0, 8), draw.between(0, 8)), in_school & draw.known("other")),
        "reason_not_attending": chosen(reasons, reason, not_in_school & draw.known("other")),
        "out_of_school": yes_no(out, in_school | not_in_school),
    }


def household(draw: Draw, cells: Cells, eligible: NDArray[np.int64]) -> Columns:
    """The household and what surrounds it."""
    nation, debt = cells["nationality"], cells["debt"]
    foreign = nation != "TR"
    children = eligible + draw.between(0, np.where(foreign, 2, 1))
    head_male = draw.chance(np.where(foreign, 0.83, 0.89))
    unemployed = np.where(draw.chance(np.where(foreign, 0.45, 0.25)), draw.between(1, 2), 0)
    income = np.exp(draw.random.normal(np.where(foreign, 9.1, 9.6) - 0.15 * debt, 0.5))
    education = np.where(foreign, draw.one_of((0.20, 0.47, 0.26, 0.07)), draw.one_of((0.07, 0.43, 0.36, 0.14)))
    food = special.expit(np.where(foreign, -0.6, -1.9) + 0.9 * debt)
    assets = draw.random.binomial(10, np.where(foreign, 0.48, 0.68) - 0.06 * debt)
    knows_debt = draw.known("debt")
    informal = draw.chance(np.where(foreign, 0.14, 0.02) + 0.06 * cells["labour_intermediary"])
    return {
        "household_size": whole(children + draw.between(1, 4), draw.known("other")),
        "children_in_household": whole(children, draw.known("other")),
        "head_sex": chosen(("male", "female"), ~head_male, draw.known("other")),
        "head_age": whole(draw.between(28, 62), draw.known("other")),
        "head_education": chosen(("none", "primary", "secondary", "higher"), education, draw.known("other")),
        "adults_unemployed": whole(unemployed, draw.known("other")),
        "household_income": whole(np.round(income, -2), draw.known("income")),
        "debt": yes_no(debt, knows_debt),
        "debt_to_employer": yes_no(cells["debt_to_employer"], debt & knows_debt & draw.known("debt")),
        "remittances": yes_no(draw.chance(np.where(foreign, 0.08, 0.05)), draw.known("other")),
        "food_insecure": yes_no(draw.chance(food), draw.known("other")),
        "social_transfer": yes_no(draw.chance(np.where(foreign, 0.38, 0.15)), draw.known("other")),
        "assets": whole(assets, draw.known("other")),
        "school_minutes": whole(draw.between(3, np.where(cells["urban"], 30, 55)), draw.known("other")),
        "near_industrial_zone": yes_no(draw.chance(np.where(cells["urban"], 0.22, 0.06)), draw.known("other")),
        "informal_settlement": yes_no(informal, draw.known("other")),
        "labour_intermediary": yes_no(cells["labour_intermediary"], draw.known("other")),
    }


def work(draw: Draw, cells: Cells, age: NDArray[np.int64], working: Bools) -> Columns:
    """Work and chores of the last week, on both sides of the hours that make them child labour."""
    group, sector = cells["age_group"], cells["sector_group"]
    known = draw.known("working")
    at_work = working & known
    farm = working & (sector == "agriculture")
    family = working & ~farm & draw.chance(0.2)
    goods = working & draw.chance(0.03)
    other = working & ~(farm | family | goods)
    beyond = draw.chance(looked_up(cells, ("nationality", "age_group"), simulated_truth.BEYOND_HOURS))
    limit = looked_up(cells, ("age_group",), {("5-11",): 1, ("12-14",): 14, ("15-17",): 43})
    hours = np.where(beyond, draw.between(limit, limit + np.where(group == "5-11", 14, 26)), draw.between(1, limit - 1))
    hazard = draw.chance(looked_up(cells, ("sector_group",), simulated_truth.ANY_HAZARD))
    which = draw.between(0, len(HAZARDS) - 1)
    knows_hazards = at_work & draw.known("hazards")
    hazards = {
        name: yes_no(hazard & ((which == place) | draw.chance(0.15)), knows_hazards)
        for place, name in enumerate(HAZARDS)
    }
    section = np.full(draw.n, "A")
    for name, (letters, shares) in _SECTIONS.items():
        section = np.where(sector == name, np.array(letters)[draw.one_of(shares)], section)
    place = np.full(draw.n, "field", dtype="<U8")
    for letter, places in _WORKPLACES.items():
        here = section == letter
        place[here] = np.array(places)[draw.between(0, len(places) - 1)][here]
    knows_sector = at_work & draw.known("sector")
    paid = draw.chance(looked_up(cells, ("nationality",), simulated_truth.PAID))
    intermediary = cells["labour_intermediary"] & (sector == "agriculture")
    to = np.where(intermediary & draw.chance(0.6), 2, np.where(draw.chance((age - 3.0) / 20), 0, 1))
    to = np.where(paid, to, 3)
    knows_paid = at_work & draw.known("other")
    pay = np.round(np.exp(draw.random.normal(7.6 + 0.12 * (age - 14), 0.45)), -1)
    return {
        "work_farm": yes_no(farm, known),
        "work_family_business": yes_no(family, known),
        "work_goods": yes_no(goods, known),
        "work_other": yes_no(other, known),
        "working": yes_no(working, known),
        # Hours are asked of who works; of who does not they are 0.
        "work_hours": whole(np.where(working, hours, 0), known & (~working | draw.known("hours"))),
        **hazards,
        **_chores(draw, cells),
        "sector": codes(section, knows_sector),
        "sector_group": codes(sector, knows_sector),
        "workplace": codes(place, at_work & draw.known("other")),
        "seasonal_migration": yes_no(draw.chance(np.where(farm, 0.35, 0.02)), draw.known("other")),
        "start_age": whole(np.clip(age - draw.between(0, 4), 3, age), at_work & draw.known("other")),
        "paid_to": chosen(("self", "parents", "intermediary", "nobody"), to, knows_paid),
        "monthly_pay": whole(pay, at_work & paid & draw.known("income")),
        "months_a_year": whole(
            draw.between(np.where(sector == "agriculture", 1, 2), np.where(sector == "agriculture", 7, 12)),
            at_work & draw.known("other"),
        ),
    }  # fmt: skip


def _chores(draw: Draw, cells: Cells) -> Columns:
    oldest = cells["age_group"] == "15-17"
    beyond = draw.chance(looked_up(cells, ("sex", "age_group", "nationality"), simulated_truth.CHORES_BEYOND_HOURS))
    girl = cells["sex"] == "female"
    does = beyond | draw.chance(np.where(girl, 0.62, 0.45))
    water, wood = draw.chance(np.where(cells["urban"], 0.02, 0.12)), draw.chance(np.where(cells["urban"], 0.02, 0.15))
    # Below the threshold of 21 hours the three add up to 20 at most; at 15 to 17 years there is none.
    hours = np.where(beyond, draw.between(21, 34), draw.between(1, np.where(oldest, 26, 14)))
    found: Columns = {}
    for asked, column, yes, spent in (
        ("fetches_water", "fetch_water_hours", water, draw.between(1, 3)),
        ("collects_firewood", "firewood_hours", wood, draw.between(1, 3)),
        ("household_chores", "household_chores_hours", does, hours),
    ):
        known = draw.known("other")
        found[asked] = yes_no(yes, known)
        found[column] = whole(spent, yes & known & draw.known("other"))
    return found


def coercion(
    draw: Draw, cells: Cells, age: NDArray[np.int64], working: Bools, forced: Bools, trafficked: Bools
) -> Columns:
    """Forced labour by its three items, and trafficking by acts, means and purposes."""
    known = draw.known("forced_labour")
    main = draw.one_of((0.55, 0.25, 0.20))
    items = ("coerced_by_employer", "with_parents_in_forced_labour", "coerced_by_parents")
    found: Columns = {
        name: yes_no(forced & ((main == place) | draw.chance(0.12)), known) for place, name in enumerate(items)
    }
    known = draw.known("trafficked")
    # Acts without a purpose of exploitation, and a purpose without an act, are no trafficking.
    acts_alone = ~trafficked & draw.chance(0.01)
    purpose_alone = ~trafficked & ~acts_alone & working & draw.chance(0.02)
    acts = _several(
        draw,
        _offered("acts", age),
        {"recruited": 0.7, "transported": 0.45, "transferred": 0.2, "harboured": 0.35, "received": 0.25},
        trafficked | acts_alone,
    )
    girl, older = cells["sex"] == "female", cells["age_group"] == "15-17"
    purposes = _several(
        draw,
        _offered("purposes", age),
        {
            "ForcedLabour": np.where(working, 0.7, 0.15), "SexualExploitation": np.where(girl, 0.25, 0.05),
            "ChildLabour": np.where(working, 0.5, 0.1), "ForcedMarriage": np.where(girl & older, 0.35, 0.01),
            "Servitude": 0.1, "OrganRemoval": 0.01, "ForcedBegging": np.where(working, 0.15, 0.3), "Other": 0.04,
        },
        trafficked | purpose_alone,
    )  # fmt: skip
    means = _several(
        draw,
        _offered("means", age),
        {
            "PhysicalThreats": 0.15, "ThreatsLawEnforcement": 0.08, "DebtBondage": 0.2, "FalsePromises": 0.25,
            "PhysicalAbuse": 0.12, "TakesEarnings": 0.3, "PsychologicalAbuse": 0.2, "ExcessiveWorkingHours": 0.3,
            "WithholdsDocuments": 0.08,
        },
        # Under 18 means are not required, so that some name none.
        (trafficked & draw.chance(0.85)) | (forced & draw.chance(0.5)),
    )  # fmt: skip
    asked = known & (trafficked | acts_alone)
    recruiter = draw.one_of((0.08, 0.34, 0.33, 0.25))
    method = np.where(draw.chance(0.12), 3, draw.one_of((0.48, 0.20, 0.10, 0.05, 0.07, 0.10)))
    return found | {
        "acts": codes(acts, known),
        "means": codes(means, known),
        "purposes": codes(purposes, known),
        "recruiter": chosen(
            ("intimate_partner", "friend", "family", "other"), recruiter, asked & draw.known("exposure")
        ),
        "recruitment_method": chosen(
            ("promise", "debt", "threat", "online", "marriage_offer", "other"), method, asked & draw.known("exposure")
        ),
    }


def _offered(question: str, age: NDArray[np.int64]) -> dict[str, Bools]:
    """Code -> whether the form offers it to a child of this age."""
    asked = questionnaire.questions().set_index("name").loc[question]
    return {code: age >= lowest for code, lowest in zip(asked["codes"], asked["from_age"], strict=True)}


def _several(draw: Draw, offered: Mapping[str, Bools], shares: Mapping[str, Floats | float], any_of: Bools) -> NDArray:
    """Codes separated by blanks in the order of the form, at least one where `any_of`, "none" elsewhere.

    The first of the codes must be offered to everybody: it stands for one that is not.
    """
    may = np.array([offered[code] for code in shares])
    yes = np.array([draw.chance(share) for share in shares.values()]) & may
    first = draw.between(0, 2)
    first = np.where(may[first, np.arange(draw.n)], first, 0)
    yes[first, np.arange(draw.n)] |= ~yes.any(axis=0)
    texts = np.full(draw.n, "none", dtype=object)
    for row in np.flatnonzero(any_of).tolist():
        texts[row] = " ".join(code for code, said in zip(shares, yes[:, row].tolist(), strict=True) if said)
    return texts


def exposure_and_protection(draw: Draw, cells: Cells, forced: Bools, trafficked: Bools) -> Columns:
    """What the child went through, and what it needs, got and knows."""
    nation, hurt = cells["nationality"], forced | trafficked
    foreign = nation != "TR"
    married = (cells["age_group"] == "15-17") & draw.chance(np.where(cells["sex"] == "female", 0.06, 0.005))
    found: Columns = {
        "displaced_before": yes_no(draw.chance(np.where(foreign, 0.7, 0.03)), draw.known("exposure")),
        "married_early": yes_no(married, draw.known("exposure")),
        "experienced_violence": yes_no(draw.chance(np.where(hurt, 0.55, 0.12)), draw.known("exposure")),
        "missing_documents": yes_no(cells["missing_documents"], draw.known("other")),
        "recruited_online": yes_no(draw.chance(np.where(trafficked, 0.2, 0.01)), draw.known("exposure")),
        "police_contact": yes_no(draw.chance(np.where(hurt, 0.12, 0.03)), draw.known("exposure")),
    }
    any_need = np.zeros(draw.n, dtype=bool)
    for place, need in enumerate(NEEDS):
        share = looked_up(cells, ("nationality",), {(key,): value for key, value in _NEEDED[need].items()})
        needs = draw.chance(np.minimum(share + 0.15 * hurt, 1)) | (cells["missing_documents"] & (need == "documents"))
        known = draw.known("need")
        found[f"need_{need}"] = yes_no(needs, known)
        found[f"received_{need}"] = yes_no(draw.chance(_RECEIVED[place]), needs & known & draw.known("need"))
        any_need |= needs & known
    providers = ("state", "municipality", "un", "ngo", "family", "other", "none")
    provider = draw.one_of((0.27, 0.13, 0.10, 0.15, 0.10, 0.03, 0.22))
    return found | {
        "received_from": chosen(providers, provider, any_need & draw.known("need")),
        "knows_157": yes_no(draw.chance(np.where(foreign, 0.22, 0.06)), draw.known("other")),
        "knows_183": yes_no(draw.chance(np.where(foreign, 0.12, 0.36)), draw.known("other")),
    }


def ages(draw: Draw, cells: Cells) -> NDArray[np.int64]:
    """Age in years: each year of a group has as many children."""
    low = looked_up(cells, ("age_group",), {(group,): population.AGES[group][0] for group in population.AGE_GROUPS})
    high = looked_up(cells, ("age_group",), {(group,): population.AGES[group][1] for group in population.AGE_GROUPS})
    return draw.between(low.astype(np.int64), high.astype(np.int64))


# --- Kept in the table of respondents --------------------------------------------------------------------------------

Bools = NDArray[np.bool_]


def yes_no(values: NDArray, where: Bools | bool = True) -> pd.arrays.BooleanArray:
    """Answers that are known `where`."""
    values = np.asarray(values, dtype=bool)
    return pd.arrays.BooleanArray(values.copy(), ~np.broadcast_to(where, values.shape))


def whole(values: NDArray, where: Bools | bool = True) -> pd.arrays.IntegerArray:
    """Whole numbers that are known `where`."""
    values = np.asarray(values).astype(np.int64)
    return pd.arrays.IntegerArray(values, ~np.broadcast_to(where, values.shape))


def codes(values: NDArray, where: Bools | bool = True) -> pd.api.extensions.ExtensionArray:
    """Texts that are known `where`; few are distinct, so that each is kept once on the way."""
    distinct, place = np.unique(values, return_inverse=True)
    return chosen(distinct.tolist(), place, where)


def chosen(texts: Sequence[str], place: NDArray, where: Bools | bool = True) -> pd.api.extensions.ExtensionArray:
    """Texts by their place in a list, known `where`."""
    taken = np.where(where, place, -1)
    return pd.array(list(texts), dtype="str").take(taken, allow_fill=True)
