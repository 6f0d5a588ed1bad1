"""Sections on the sample: who was asked, who the children are, what makes them vulnerable, what is not known."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from analysis import areas, plots, texts
from analysis.areas import Area
from analysis.sections.attempt import NoResult
from analysis.sections.risk_survey import (
    EVERYBODY,
    NATIONALITIES,
    SUPPRESSED,
    asked,
    number,
    of_survey,
    percent,
    survey_of,
)
from analysis.sections.section import INTERNAL, Section
from analysis.survey.counts import NATIONALITY
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
# Questions in the figure of answers that are not known; all are in the table.
MOST_DRAWN = 20


def sample(place: Area, rows: pd.DataFrame | NoResult) -> Section:
    """How the children were drawn: sampling units, and what unequal weights cost, stratum by stratum."""
    return of_survey(place, "survey_sample", TEXT["how_the_children_were_drawn"], TEXT["sample_limits"], rows)


def strata(place: Area, design: SurveyDesign, fewest: int = FEW) -> pd.DataFrame:
    """Sampling units, and the cost of unequal weights, of each stratum with so many children asked.

    Raises
    ------
    NotEstimable : the sample was not drawn by chance.
    """
    design.require_probability("weight")
    # A frame is not a nationality: how many were asked of each, beside how many of each nationality, would tell of few.
    here = design.data.groupby("stratum", sort=True).filter(lambda stratum: len(stratum) >= max(fewest, FEW))
    groups = here.groupby("stratum", sort=True)
    weights = groups["weight"]
    columns = {
        "Sampling units drawn": groups["psu_id"].nunique(),
        "Sampling units in all": groups["psus_in_stratum"].first().astype(float),
        "Cost of unequal weights": (1 + weights.var(ddof=0) / weights.mean() ** 2).round(2),
    }
    rows = pd.DataFrame(columns).reset_index(names="Province and frame")
    rows["Province and frame"] = [_frame(place, stratum) for stratum in rows["Province and frame"]]
    return rows


def strata_rows(strata: pd.DataFrame | NoResult) -> pd.DataFrame:
    """The same as people read it."""
    return pd.DataFrame() if isinstance(strata, NoResult) else strata


def _frame(place: Area, stratum: str) -> str:
    """A stratum in words: "TR-27 SY" is the Syrian frame of Gaziantep."""
    area_id, _, frame = stratum.partition(" ")
    if area_id not in areas.ids(place.study):
        return stratum
    frames = {"SY": ", Syrian frame", "TR": ", Turkish frame"}
    return areas.get(area_id).name + frames.get(frame, f" {frame}".rstrip())


# What came of a visit, in the words of the intake's account.
VISITS = texts.table(__name__, "visits")


def visits(place: Area) -> pd.DataFrame:
    """What came of every visit of the whole survey; what waits in quarantine is counted, and in no estimate."""
    account = survey_of(place).account
    rows = account[account["question"].isna() | account["question"].eq("")].set_index("outcome")["rows"]
    rows = rows.reindex(list(VISITS)).fillna(0).astype(int)
    return pd.DataFrame(
        {
            "outcome": list(VISITS),
            "What came of it": list(VISITS.values()),
            "Visits": rows.to_numpy(),
            "Of all, %": (100 * rows / max(rows.sum(), 1)).round(1).to_numpy(),
        }
    )


def visits_section(study: Area, table: pd.DataFrame) -> Section:
    """What surrounds the visits of a survey: how many of the households that were met refused."""
    counts = table.set_index("outcome")["Visits"]
    refused = counts["no_consent"] + counts["no_assent"]
    met = counts["interview"] + refused
    limits = TEXT["visits_limits"].format(met=met, refused_percent=100 * refused / max(met, 1))
    return of_survey(study, "survey_visits", TEXT["what_came_of_the_visits"], limits, release_class=INTERNAL)


def children(place: Area, rows: pd.DataFrame | NoResult) -> Section:
    """Characteristics of Turkish and Syrian children, weighted."""
    return of_survey(place, "survey_children", TEXT["who_the_children"], WEIGHTED, rows)


def children_rows(place: Area, shares: pd.DataFrame | NoResult, means: pd.DataFrame | NoResult) -> pd.DataFrame:
    """One row a characteristic and value, one column a nationality; suppressed where few would be told.

    Parameters
    ----------
    shares : of `CHARACTERISTICS`, as `risk_survey.protected_shares` gives them. means : of `NUMBERS`.
    """
    if isinstance(shares, NoResult) or isinstance(means, NoResult):
        return pd.DataFrame()
    parts = []
    for column, (name, codes) in CHARACTERISTICS.items():
        labels = {True: "yes"} if codes is None else codes
        found = shares[shares["variable"].eq(column) & shares["category"].isin(list(labels))]
        order = list(labels).index
        found = found.sort_values("category", key=lambda each, order=order: each.map(order), kind="stable")
        parts.append(_wide(found, f"{name}, %", found["category"].map(labels), percent(found)))
    counts = {code: number(place, EVERYBODY, **{NATIONALITY: code}) for code in NATIONALITIES}
    for column, name in NUMBERS.items():
        found = reliable(means[means["variable"].eq(column)])
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
    return pd.concat(parts, ignore_index=True).rename(columns=heads)


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


def named_vulnerabilities(shares: pd.DataFrame) -> pd.DataFrame:
    """Shares of vulnerabilities with their names, of the children to whom each question was put."""
    put = ~(shares["variable"].isin(OF_SYRIANS) & shares["nationality"].ne("SY"))
    found = shares[put].reset_index(drop=True)
    return found.assign(
        Vulnerability=found["variable"].map(VULNERABILITIES), Children=found["nationality"].map(NATIONALITIES)
    )


def vulnerabilities(place: Area, shares: pd.DataFrame | NoResult) -> Section:
    """Shares of children to whom each vulnerability applies, side by side for both nationalities."""
    limits = TEXT["vulnerabilities_limits"].format(weighted=WEIGHTED)
    return of_survey(place, "survey_vulnerabilities", TEXT["what_makes_children_vulnerable"], limits, shares)


def unknown_shares(table: pd.DataFrame, sampling: str, fewest: int = FEW) -> pd.DataFrame:
    """How often an answer is not known, the questions with most of them first, of those put to so many children.

    Parameters
    ----------
    table : as `unknown_answers` gives it by nationality.
    sampling : of children who were not drawn by chance no interval holds.
    fewest : a few who do not know, among few who were asked, would be told apart.
    """
    table = table[table["asked"] >= max(fewest, FEW)]
    table = table.assign(share=table["unknown"] / table["asked"], group=table["nationality"].map(NATIONALITIES))
    table = table.sort_values("share", ascending=False, kind="stable").reset_index(drop=True)
    limited = pd.DataFrame(intervals.wilson(table["unknown"], table["unknown"], table["asked"]), ["low", "high"]).T
    if sampling != "probability":
        limited = limited.mask(limited.notna())
    return table.assign(low=limited["low"], high=limited["high"], n=table["asked"], flag="")


def missing(place: Area) -> Section:
    """What surrounds the answers that are not known; how many do not know is a count of few at most questions."""
    return of_survey(place, "survey_missing", TEXT["missing_title"], TEXT["missing_limits"], release_class=INTERNAL)


def missing_figure(table: pd.DataFrame, section: Section) -> Figure:
    """The questions with most answers that are not known, both nationalities beside one another."""
    names = list(dict.fromkeys(table["label"]))
    drawn, rest = table["label"].isin(names[:MOST_DRAWN]), names[MOST_DRAWN:]
    most = table.loc[~drawn, "share"].max()
    left_out = TEXT["missing_left_out"].format(questions=len(rest), most=f"{100 * most:.1f}") if rest else ""
    return plots.dots(
        table[drawn].assign(asked_in_words=[f"{n:,}" for n in table.loc[drawn, "asked"]]),
        estimate="share",
        series="group",
        order=list(NATIONALITIES.values()),
        text="asked_in_words",
        text_label=TEXT["missing_asked"],
        percent=True,
        xlabel=TEXT["missing_xlabel"],
        subtitle=left_out,
        **section.frame,
    )


def missing_rows(table: pd.DataFrame) -> pd.DataFrame:
    """The same as people read it."""
    return pd.DataFrame(
        {
            "Question": table["label"],
            "Children": table["group"],
            "Asked": table["asked"],
            "Not known": table["unknown"],
            "Not known, %": (100 * table["share"]).round(1),
        }
    )
