"""Exhibits on the sample: who was asked, who the children are, what makes them vulnerable, what is not known."""

from __future__ import annotations

import pandas as pd

from analysis import areas, plots
from analysis.areas import Area
from analysis.sections.risk_shares import EVERYBODY, number, require_some, shares
from analysis.sections.risk_survey import (
    NATIONALITIES,
    WITHHELD,
    asked,
    design_of,
    drawn,
    effects,
    of_nationalities,
    of_survey,
    or_refused,
    panels,
    percent,
    respondents_of,
    survey_footer,
    survey_of,
    titled,
)
from analysis.sections.section import IN_HOUSE, Exhibit
from analysis.survey.counts import NATIONALITY
from analysis.survey.item_non_response import unknown_answers
from bounded import intervals
from survey_stats import FEW, SurveyDesign, reliable

WEIGHTED = "Weighted shares of children of each nationality, with 95 % limits by the sample's design."
# Column -> what it is called, and the words for its codes; None: yes or no.
CHARACTERISTICS: dict[str, tuple[str, dict[str, str] | None]] = {
    "age_group": ("Age", {"5-11": "5–11 years", "12-14": "12–14 years", "15-17": "15–17 years"}),
    "sex": ("Sex", {"female": "girl", "male": "boy"}),
    "urban": ("Lives in a town", None),
    "lives_with_parents": ("Lives with", {"both": "both parents", "one": "one parent", "neither": "neither parent"}),
    "parents_alive": (
        "Parents alive",
        {"both": "both", "mother": "mother only", "father": "father only", "none": "neither"},
    ),
    "head_sex": ("Head of household", {"female": "a woman", "male": "a man"}),
    "head_education": (
        "Schooling of the head",
        {"none": "none", "primary": "primary", "secondary": "secondary", "higher": "higher"},
    ),
    "attends_school": ("Attends school", None),
    "social_transfer": ("Household has a social transfer", None),
}
NUMBERS = {"household_size": "Persons in the household", "assets": "Assets of the household (of 10)"}
# What a child may be made vulnerable by; some are asked of Syrian children only.
VULNERABILITIES = {
    "registered_elsewhere": "Registered in another province",
    "out_of_school": "Out of school",
    "no_turkish": "Speaks no Turkish",
    "separated": "Separated from both parents",
    "debt": "Household in debt",
    "debt_to_employer": "In debt to an employer or intermediary",
    "food_insecure": "Household short of food",
    "missing_documents": "Without documents",
    "informal_settlement": "Informal settlement or tents",
    "labour_intermediary": "Labour intermediary at work nearby",
    "displaced_before": "Had to leave home before: war, disaster",
    "experienced_violence": "Experienced violence",
    "recruited_online": "Approached online with an offer",
    "married_early": "Married or engaged",
}
# Asked of Syrian children only.
OF_SYRIANS = ("registered_elsewhere", "no_turkish")


def exhibits(place: Area) -> list[Exhibit]:
    """Who the children are, and what makes them vulnerable."""
    return [
        or_refused(children, place, "survey_children", "who the children are"),
        or_refused(vulnerabilities, place, "survey_vulnerabilities", "what makes children vulnerable"),
    ]


def sample(place: Area) -> Exhibit:
    """How the children were drawn: sampling units, and what unequal weights cost, stratum by stratum."""
    return or_refused(_sample, place, "survey_sample", "how the children were drawn")


def _sample(place: Area) -> Exhibit:
    design = design_of(place)
    design.require_probability("weight")
    # A frame is not a nationality: how many were asked of each, beside how many of each nationality, would tell of few.
    here = design.data.groupby("stratum", sort=True).filter(lambda stratum: len(stratum) >= FEW)
    groups = here.groupby("stratum", sort=True)
    weights = groups["weight"]
    columns = {
        "Sampling units drawn": groups["psu_id"].nunique(),
        "Sampling units in all": groups["psus_in_stratum"].first().astype(float),
        "Cost of unequal weights": (1 + weights.var(ddof=0) / weights.mean() ** 2).round(2),
    }
    limits = (
        "The cost of unequal weights (Kish) is the multiple of the variance that they alone make: 1.25 is a quarter "
        "more. Errors take sampling units to be drawn with replacement, which makes them a little too large where many "
        "of all were."
    )
    rows = pd.DataFrame(columns).reset_index(names="Province and frame")
    rows["Province and frame"] = [_frame(place, stratum) for stratum in rows["Province and frame"]]
    return of_survey(place, "survey_sample", "how the children were drawn", rows, limits)


def _frame(place: Area, stratum: str) -> str:
    """A stratum in words: "TR-27 SY" is the Syrian frame of Gaziantep."""
    area_id, _, frame = stratum.partition(" ")
    if area_id not in areas.ids(place.study):
        return stratum
    frames = {"SY": ", Syrian frame", "TR": ", Turkish frame"}
    return areas.get(area_id).name + frames.get(frame, f" {frame}".rstrip())


# What came of a visit, in the words of the intake's account.
VISITS = {
    "interview": "Child asked",
    "no_consent": "Guardian did not consent",
    "no_assent": "Child did not agree, or was not there",
    "nobody_home": "Nobody at home after three calls",
    "no_child": "No child of 5–17 years lives there",
    "no_household": "No household there",
    "quarantine": "In quarantine: waits for a correction",
}


def visits(place: Area) -> Exhibit:
    """What came of every visit of the whole survey; what waits in quarantine is counted, and in no estimate."""
    account = survey_of(place).account
    rows = account[account["question"].isna() | account["question"].eq("")].set_index("outcome")["rows"]
    rows = rows.reindex(list(VISITS)).fillna(0).astype(int)
    refused = rows["no_consent"] + rows["no_assent"]
    met = rows["interview"] + refused
    table = pd.DataFrame(
        {
            "What came of it": list(VISITS.values()),
            "Visits": rows.to_numpy(),
            "Of all, %": (100 * rows / max(rows.sum(), 1)).round(1).to_numpy(),
        }
    )
    limits = (
        f"Of the whole survey. Of {met:,} households met with a child of 5–17 years, {100 * refused / max(met, 1):.0f} "
        "% refused: the weights of others of the same province and frame stand for them, which is right as far as "
        "those who refuse are like them."
    )
    study = areas.get(place.study)
    return of_survey(study, "survey_visits", "what came of the visits", table, limits, gate=IN_HOUSE)


def children(place: Area) -> Exhibit:
    """Characteristics of Turkish and Syrian children, weighted."""
    design = of_nationalities(design_of(place))
    parts = []
    for column, (name, codes) in CHARACTERISTICS.items():
        found = shares(place, design, column, by="nationality")
        labels = {True: "yes"} if codes is None else codes
        found = found[found["category"].isin(list(labels))]
        found = found.sort_values(
            "category", key=lambda column, labels=labels: column.map(list(labels).index), kind="stable"
        )
        parts.append(_wide(found, f"{name}, %", found["category"].map(labels), percent(found)))
    counts = {code: number(place, EVERYBODY, **{NATIONALITY: code}) for code in NATIONALITIES}
    for column, name in NUMBERS.items():
        found = reliable(design.mean(column, by="nationality"))
        few = [counts.get(str(code)) is None for code in found["nationality"]]
        words = [
            WITHHELD if flag == "withheld" or unsaid else f"{value:.1f} ({low:.1f}–{high:.1f})"
            for unsaid, (value, low, high, flag) in zip(
                few, found[["estimate", "low", "high", "flag"]].itertuples(index=False), strict=True
            )
        ]
        parts.append(_wide(found, name, pd.Series("mean", found.index), words))
    told = asked(pd.DataFrame({"n": pd.array(list(counts.values()), dtype="Int64")}))
    heads = {code: f"{name} (n = {n})" for (code, name), n in zip(NATIONALITIES.items(), told, strict=True)}
    rows = pd.concat(parts, ignore_index=True).rename(columns=heads)
    return of_survey(place, "survey_children", "who the children are", rows, WEIGHTED)


def _wide(found: pd.DataFrame, name: str, values: pd.Series, words: list[str]) -> pd.DataFrame:
    """One row a value, one column a nationality."""
    long = pd.DataFrame({"What": name, "Value": values, "nationality": found["nationality"], "words": words})
    wide = long.pivot_table(index=["What", "Value"], columns="nationality", values="words", aggfunc="first", sort=False)
    return (
        wide.reindex(columns=list(NATIONALITIES))
        .astype(object)
        .fillna("none asked")
        .reset_index()
        .rename_axis(columns=None)
    )


def shares_of_vulnerabilities(place: Area) -> pd.DataFrame:
    """Shares of children to whom each vulnerability applies, by nationality, as far as they are asked: as `shares`."""
    design = of_nationalities(with_vulnerabilities(design_of(place)))
    found = shares(place, design, list(VULNERABILITIES), by="nationality")
    put = ~(found["variable"].isin(OF_SYRIANS) & found["nationality"].ne("SY"))
    return found[put].reset_index(drop=True)


def vulnerabilities(place: Area) -> Exhibit:
    """Shares of children to whom each vulnerability applies, side by side for both nationalities."""
    found = shares_of_vulnerabilities(place)
    found["what"] = found["variable"].map(VULNERABILITIES)
    require_some(place, found)
    found["group"] = found["nationality"].map(NATIONALITIES)
    limits = f"{WEIGHTED} Registration and language are asked of Syrian children only; who does not know is left out."
    points = drawn(found, panel="", label=found["what"], group=found["group"])
    figure = panels(place, "what makes children vulnerable", points, limits)
    rows = pd.DataFrame(
        {
            "Vulnerability": found["what"],
            "Children": found["group"],
            "Share, % (95 % limits)": percent(found),
            "Design effect": effects(found),
            "Asked (n)": asked(found),
        }
    )
    return of_survey(place, "survey_vulnerabilities", "what makes children vulnerable", rows, limits, figure)


def with_vulnerabilities(design: SurveyDesign) -> SurveyDesign:
    """The design with what follows from several codes as yes or no."""
    turkish = design.data["turkish"]
    no_turkish = turkish.eq("none").astype("boolean").mask(turkish.isna())
    # Who owes nothing owes no employer.
    owed = design.data["debt_to_employer"].astype("boolean").mask(design.data["debt"].eq(False), False)
    return design.with_columns(no_turkish=no_turkish, debt_to_employer=owed)


def missing(place: Area) -> Exhibit:
    """How often an answer is not known, of those to whom the question was put: the questions with most of them."""
    here = respondents_of(place)
    here = here[here["nationality"].isin(list(NATIONALITIES))]
    table = unknown_answers(here, by="nationality")
    # A few who do not know, among few who were asked, would be told apart.
    table = table[table["asked"] >= FEW]
    table["share"] = table["unknown"] / table["asked"]
    table = table.sort_values("share", ascending=False, kind="stable").reset_index(drop=True)
    table["group"] = table["nationality"].map(NATIONALITIES)
    what = "what is not known"
    limits = (
        "Unweighted, of children to whom the question was put. Estimates leave out who does not know; a model leaves "
        "out who does not know one of its factors."
    )
    limited = pd.DataFrame(intervals.wilson(table["unknown"], table["unknown"], table["asked"]), ["low", "high"]).T
    if survey_of(place).sampling != "probability":
        # Of children who were not drawn by chance no interval holds.
        limited = limited.mask(limited.notna())
    points = table.assign(low=limited["low"], high=limited["high"], n=table["asked"], flag="")
    figure = plots.missing_answers(
        points,
        title=titled(place, what),
        footer=survey_footer(place, limits),
        groups=list(NATIONALITIES.values()),
    )
    rows = pd.DataFrame(
        {
            "Question": table["label"],
            "Children": table["group"],
            "Asked": table["asked"],
            "Not known": table["unknown"],
            "Not known, %": (100 * table["share"]).round(1),
        }
    )
    # How many do not know is a count of few at most questions.
    return of_survey(place, "survey_missing", what, rows, limits, figure, gate=IN_HOUSE)
