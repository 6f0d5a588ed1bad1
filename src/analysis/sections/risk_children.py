"""Exhibits on the sample: who was asked, who the children are, what makes them vulnerable, what is not known."""

from __future__ import annotations

import pandas as pd

from analysis import areas, plots, texts
from analysis.areas import Area
from analysis.sections.risk_shares import EVERYBODY, number, require_some, shares
from analysis.sections.risk_survey import (
    NATIONALITIES,
    SUPPRESSED,
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
from analysis.sections.section import INTERNAL, Section
from analysis.survey.counts import NATIONALITY
from analysis.survey.item_non_response import unknown_answers
from bounded import intervals
from survey_stats import FEW, SurveyDesign, reliable

TEXT = texts.of(__name__)

WEIGHTED = TEXT["weighted"]
# Column -> what it is called, and the words for its codes; None: yes or no.
CHARACTERISTICS: dict[str, tuple[str, dict[str, str] | None]] = {
    "age_group": ("Age", {"5-11": "5–11 years", "12-14": "12–14 years", "15-17": "15–17 years"}),
    "sex": ("Sex", {"female": "girl", "male": "boy"}),
    "urban": (TEXT["characteristics_urban"], None),
    "lives_with_parents": ("Lives with", {"both": "both parents", "one": "one parent", "neither": "neither parent"}),
    "parents_alive": (
        "Parents alive",
        {"both": "both", "mother": "mother only", "father": "father only", "none": "neither"},
    ),
    "head_sex": (TEXT["characteristics_head_sex"], {"female": "a woman", "male": "a man"}),
    "head_education": (
        TEXT["characteristics_head_education"],
        {"none": "none", "primary": "primary", "secondary": "secondary", "higher": "higher"},
    ),
    "attends_school": ("Attends school", None),
    "social_transfer": (TEXT["characteristics_social_transfer"], None),
}
NUMBERS = texts.table(__name__, "numbers")
# What a child may be made vulnerable by; some are asked of Syrian children only.
VULNERABILITIES = texts.table(__name__, "vulnerabilities")
# Asked of Syrian children only.
OF_SYRIANS = ("registered_elsewhere", "no_turkish")


def exhibits(place: Area) -> list[Section]:
    """Who the children are, and what makes them vulnerable."""
    return [
        or_refused(children, place, "survey_children", TEXT["who_the_children"]),
        or_refused(vulnerabilities, place, "survey_vulnerabilities", TEXT["what_makes_children_vulnerable"]),
    ]


def sample(place: Area) -> Section:
    """How the children were drawn: sampling units, and what unequal weights cost, stratum by stratum."""
    return or_refused(_sample, place, "survey_sample", TEXT["how_the_children_were_drawn"])


def _sample(place: Area) -> Section:
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
    limits = TEXT["sample_limits"]
    rows = pd.DataFrame(columns).reset_index(names="Province and frame")
    rows["Province and frame"] = [_frame(place, stratum) for stratum in rows["Province and frame"]]
    return of_survey(place, "survey_sample", TEXT["how_the_children_were_drawn"], rows, limits)


def _frame(place: Area, stratum: str) -> str:
    """A stratum in words: "TR-27 SY" is the Syrian frame of Gaziantep."""
    area_id, _, frame = stratum.partition(" ")
    if area_id not in areas.ids(place.study):
        return stratum
    frames = {"SY": ", Syrian frame", "TR": ", Turkish frame"}
    return areas.get(area_id).name + frames.get(frame, f" {frame}".rstrip())


# What came of a visit, in the words of the intake's account.
VISITS = texts.table(__name__, "visits")


def visits(place: Area) -> Section:
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
    limits = TEXT["visits_limits"].format(met=met, refused_percent=100 * refused / max(met, 1))
    study = areas.get(place.study)
    return of_survey(study, "survey_visits", TEXT["what_came_of_the_visits"], table, limits, release_class=INTERNAL)


def children(place: Area) -> Section:
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
            SUPPRESSED if flag == "suppressed" or unsaid else f"{value:.1f} ({low:.1f}–{high:.1f})"
            for unsaid, (value, low, high, flag) in zip(
                few, found[["estimate", "low", "high", "flag"]].itertuples(index=False), strict=True
            )
        ]
        parts.append(_wide(found, name, pd.Series("mean", found.index), words))
    told = asked(pd.DataFrame({"n": pd.array(list(counts.values()), dtype="Int64")}))
    heads = {code: f"{name} (n = {n})" for (code, name), n in zip(NATIONALITIES.items(), told, strict=True)}
    rows = pd.concat(parts, ignore_index=True).rename(columns=heads)
    return of_survey(place, "survey_children", TEXT["who_the_children"], rows, WEIGHTED)


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


def vulnerabilities(place: Area) -> Section:
    """Shares of children to whom each vulnerability applies, side by side for both nationalities."""
    found = shares_of_vulnerabilities(place)
    found["what"] = found["variable"].map(VULNERABILITIES)
    require_some(place, found)
    found["group"] = found["nationality"].map(NATIONALITIES)
    limits = TEXT["vulnerabilities_limits"].format(weighted=WEIGHTED)
    points = drawn(found, panel="", label=found["what"], group=found["group"])
    figure = panels(place, TEXT["what_makes_children_vulnerable"], points, limits)
    rows = pd.DataFrame(
        {
            "Vulnerability": found["what"],
            "Children": found["group"],
            "Share, % (95 % limits)": percent(found),
            "Design effect": effects(found),
            "Asked (n)": asked(found),
        }
    )
    return of_survey(place, "survey_vulnerabilities", TEXT["what_makes_children_vulnerable"], rows, limits, figure)


def with_vulnerabilities(design: SurveyDesign) -> SurveyDesign:
    """The design with what follows from several codes as yes or no."""
    turkish = design.data["turkish"]
    no_turkish = turkish.eq("none").astype("boolean").mask(turkish.isna())
    # Who owes nothing owes no employer.
    owed = design.data["debt_to_employer"].astype("boolean").mask(design.data["debt"].eq(False), False)
    return design.with_columns(no_turkish=no_turkish, debt_to_employer=owed)


def missing(place: Area) -> Section:
    """How often an answer is not known, of those to whom the question was put: the questions with most of them."""
    here = respondents_of(place)
    here = here[here["nationality"].isin(list(NATIONALITIES))]
    table = unknown_answers(here, by="nationality")
    # A few who do not know, among few who were asked, would be told apart.
    table = table[table["asked"] >= FEW]
    table["share"] = table["unknown"] / table["asked"]
    table = table.sort_values("share", ascending=False, kind="stable").reset_index(drop=True)
    table["group"] = table["nationality"].map(NATIONALITIES)
    what = TEXT["missing_title"]
    limits = TEXT["missing_limits"]
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
    return of_survey(place, "survey_missing", what, rows, limits, figure, release_class=INTERNAL)
