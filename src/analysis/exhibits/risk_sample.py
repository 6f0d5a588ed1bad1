"""Sections on the sample and on what stands beside it: who was asked, who the children are, what makes them vulnerable,
what is not known; public denominators, official figures, and the simulated truth of a synthetic survey.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis import areas, bibliography, catalog, evidence, plots, texts
from analysis.areas import Area
from analysis.exhibits.any_place import take_names
from analysis.exhibits.attempt import NoResult, attempt
from analysis.exhibits.exhibit import ESTIMATE, INTERNAL, Exhibit, unless_refused
from analysis.exhibits.risk_factors import FACTORS, LEVELS, ratios
from analysis.exhibits.risk_survey import (
    AT_WORK,
    EVERYBODY,
    NATIONALITIES,
    OUTCOMES,
    SUPPRESSED,
    Cells,
    asked,
    asked_of,
    having,
    number,
    of_survey,
    percent,
    reason_of,
    survey_of,
    surveyed,
)
from analysis.exhibits.wording import SYNTHETIC, periods, spell
from analysis.survey.counts import AGE, NATIONALITY, OUTCOME, REST, SEX, K
from bounded import intervals
from survey_stats import FEW, SurveyDesign, reliable
from survey_stats.contingency import releasable as may_leave

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


def sample(place: Area, rows: pd.DataFrame | NoResult) -> Exhibit:
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


def visits_section(study: Area, table: pd.DataFrame) -> Exhibit:
    """What surrounds the visits of a survey: how many of the households that were met refused."""
    counts = table.set_index("outcome")["Visits"]
    refused = counts["no_consent"] + counts["no_assent"]
    met = counts["interview"] + refused
    limits = TEXT["visits_limits"].format(met=met, refused_percent=100 * refused / max(met, 1))
    return of_survey(study, "survey_visits", TEXT["what_came_of_the_visits"], limits, release_class=INTERNAL)


def children(place: Area, rows: pd.DataFrame | NoResult) -> Exhibit:
    """Characteristics of Turkish and Syrian children, weighted."""
    return of_survey(place, "survey_children", TEXT["who_the_children"], WEIGHTED, rows)


@unless_refused
def children_rows(place: Area, shares: pd.DataFrame, means: pd.DataFrame) -> pd.DataFrame:
    """One row a characteristic and value, one column a nationality; suppressed where few would be told.

    Parameters
    ----------
    shares : of `CHARACTERISTICS`, as `risk_survey.protected_shares` gives them. means : of `NUMBERS`.
    """
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


def vulnerabilities(place: Area, shares: pd.DataFrame | NoResult) -> Exhibit:
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


def missing(place: Area) -> Exhibit:
    """What surrounds the answers that are not known; how many do not know is a count of few at most questions."""
    return of_survey(place, "survey_missing", TEXT["missing_title"], TEXT["missing_limits"], release_class=INTERNAL)


def missing_figure(table: pd.DataFrame, section: Exhibit) -> Figure:
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


# What a denominator counts.
COUNTED = texts.table(__name__, "counted")
INVENTED = TEXT["invented"]
DENOMINATORS = ("syrians_temporary_protection", "population_total")
# What the official survey of 2019 measured -> the survey's column, among whom, and of which nationality.
COMPARED = {
    "employment_rate": ("working", None, "TR"),
    "share_of_working_children": (None, "working", "TR"),
    "attending_education": ("attends_school", "working", "TR"),
    "sector_agriculture": ("sector_group=agriculture", "working", "TR"),
    "sector_industry": ("sector_group=industry", "working", "TR"),
    "sector_services": ("sector_group=services", "working", "TR"),
    "paid_work": ("paid", None, "SY"),
}
# Outcomes whose true prevalence is set beside the estimate.
SIMULATED = ("working", "child_labour", "hazardous_work", "forced_labour", "trafficked")


def published(place: Area) -> pd.DataFrame:
    """Published figures on working children in Türkiye that its survey is shown with; none for another study."""
    if place.iso3 != "TUR":
        return pd.DataFrame()
    table = catalog.load("child_labour_benchmarks")
    return table[table["measure"].isin(list(COMPARED))].reset_index(drop=True)


def official(place: Area, table: pd.DataFrame) -> Exhibit:
    """Published figures on working children beside those of the survey, for the same ages and sexes."""
    refused: object = attempt(SurveyDesign.require_probability, asked_of(place), "prevalence")
    return of_survey(
        place,
        "official_figures",
        TEXT["published_figures_beside_the_survey"],
        TEXT["official_limits"],
        more=reason_of(place, refused) if isinstance(refused, NoResult) else "",
        source_ids=tuple(dict.fromkeys(table["source_id"])),
        invented=INVENTED,
    )


def official_rows(place: Area, table: pd.DataFrame) -> pd.DataFrame:
    """Published figures as people read them, with what the survey of an area finds of the same children.

    Parameters
    ----------
    table : as `published` gives it.
    """
    design = attempt(_with_comparable, asked_of(place))
    return pd.DataFrame(
        {
            "Measure": table["measure"].map(spell),
            "Of": table["population"],
            "Sex": table["sex"],
            "Age": [f"{low}–{high}" for low, high in zip(table["age_low"], table["age_high"], strict=True)],
            "Published, %": table["low"].round(1),
            "When": periods(table["date_low"], table["date_high"]),
            "Source": [bibliography.short_source([source]) for source in table["source_id"]],
            f"This survey, {surveyed(place)}, %": [_same(place, design, row) for row in table.itertuples()],
        }
    )


def _with_comparable(design: SurveyDesign) -> SurveyDesign:
    data = design.data
    nobody = data["paid_to"].eq("nobody").astype("boolean").mask(data["paid_to"].isna())
    working = data["working"].astype("boolean")
    sectors = {
        f"sector_group={sector}": data["sector_group"].eq(sector).astype("boolean").mask(data["sector_group"].isna())
        for sector in ("agriculture", "industry", "services")
    }
    return design.with_columns(paid=working & ~nobody, **sectors)


def _same(place: Area, design: SurveyDesign | NoResult, row) -> str:
    """The survey's estimate of the same measure, in words."""
    if isinstance(design, NoResult):
        return "no estimate"
    column, among, nationality = COMPARED[row.measure]
    data = design.data
    ages = data["age"].between(row.age_low, row.age_high)
    sexes = pd.Series(True, data.index) if row.sex == "all" else data["sex"].eq(row.sex)
    domain = data["nationality"].eq(nationality)
    group = {SEX: row.sex} if row.sex != "all" else {}
    if (row.age_low, row.age_high) != (5, 17):
        group[AGE] = f"{row.age_low}-{row.age_high}"
    if among:
        domain &= data[among].eq(True).fillna(False).astype(bool)
    if column is None:
        # A share of the working: who of them has this age and sex.
        design, column = design.with_columns(_these=(ages & sexes).astype("boolean")), "_these"
        with_it, of = number(place, AT_WORK, **{NATIONALITY: nationality, **group}), {}
    else:
        domain &= (ages & sexes).fillna(False).astype(bool)
        with_it, of = _having(place, column, {NATIONALITY: nationality, **group}), group
    asked = number(place, AT_WORK if among else EVERYBODY, **{NATIONALITY: nationality, **of})
    estimate = attempt(SurveyDesign.proportion, design.domain(domain), column, method="kish")
    if isinstance(estimate, NoResult):
        return "no estimate"
    found = reliable(estimate)
    told = pd.DataFrame({"with_it": [with_it], "asked": [asked]}, found.index, dtype="Int64")
    return percent(may_leave(found, told["with_it"], told["asked"], K))[0]


def _having(place: Area, column: str, group: dict[str, str]) -> int | None:
    """How many have what an official figure is of, as the protected tables tell; who is paid is in none of them."""
    _, _, sector = column.partition("=")
    if column == "paid":
        return None
    cells: Cells = having("working", sector=sector)
    if column == "attends_school":
        cells = "school of the working", {"out_of_school": REST, OUTCOME: "working"}
    return number(place, cells, **group)


def registered(place: Area) -> pd.DataFrame:
    """How many live in the area by public registers: the latest preferred figure of each."""
    ids = [areas.STUDIES[place.study].iso3] if place.is_study else [place.area_id]
    table = evidence.facts(ids, DENOMINATORS)
    table = table[table["preferred"] & table["date_low"].notna()].sort_values("date_low", kind="stable")
    return table.groupby("indicator", as_index=False).tail(1)


def denominators(place: Area, table: pd.DataFrame, totals: pd.DataFrame | NoResult) -> Exhibit:
    """How many live in the area by public registers, and how many children the survey represents."""
    return of_survey(
        place,
        "denominators",
        TEXT["who_lives_here"],
        TEXT["denominators_limits"],
        more=reason_of(place, totals) if isinstance(totals, NoResult) else "",
        source_ids=tuple(dict.fromkeys(table["source_id"])),
        **({"invented": INVENTED} if table["kind"].eq("public").any() else {}),
    )


def denominator_rows(place: Area, table: pd.DataFrame, totals: pd.DataFrame | NoResult) -> pd.DataFrame:
    """The same as people read it.

    Parameters
    ----------
    table : as `registered` gives it.
    totals : of ``one``, which is 1 of every child, by nationality, as `SurveyDesign.total` gives them.
    """
    public = pd.DataFrame(
        {
            "What": table["indicator"].map(COUNTED),
            "Where": areas.get(place.study).name if place.is_study else place.name,
            "Persons": intervals.text(table["low"], table["high"], table["value_qualifier"]),
            "When": periods(table["date_low"], table["date_high"]),
            "Kind": table["kind"].replace("synthetic", SYNTHETIC),
        }
    )
    if isinstance(totals, NoResult):
        return public
    found = survey_of(place)
    day = pd.Series([pd.Timestamp(found.date)])
    own = totals[[(number(place, EVERYBODY, **{NATIONALITY: str(code)}) or 0) >= FEW for code in totals[NATIONALITY]]]
    numbers = own[["estimate", "low", "high"]].astype(float).round(-3)
    rows = pd.DataFrame(
        {
            "What": [TEXT["stands_for_what"].format(name=LEVELS[NATIONALITY][str(code)]) for code in own[NATIONALITY]],
            "Where": surveyed(place),
            "Persons": [f"{value:,.0f} ({low:,.0f}–{high:,.0f})" for value, low, high in numbers.to_numpy()],
            "When": periods(day, day)[0],
            "Kind": found.kind.upper() if found.is_synthetic else found.kind,
        }
    )
    return pd.concat([public, rows], ignore_index=True)


def is_simulated(place: Area) -> bool:
    """Whether it is known what was simulated in the survey."""
    return survey_of(place).is_synthetic and _truth_name(place) in catalog.datasets()


def _truth_name(place: Area) -> str:
    return f"synthetic_{place.study}_truth_survey_truth"


def truth(place: Area) -> pd.DataFrame:
    """What was simulated of the children from whom a synthetic sample was drawn; empty of a real survey."""
    return catalog.load(_truth_name(place)) if is_simulated(place) else pd.DataFrame()


def simulated_prevalences(place: Area, shares: pd.DataFrame | NoResult) -> Exhibit:
    """What surrounds true prevalences beside what was found."""
    return of_survey(
        place, "planted_prevalences", TEXT["what_was_planted_and_what"], TEXT["planted_prevalences_limits"], shares
    )


@unless_refused
def prevalence_rows(place: Area, truth: pd.DataFrame, shares: pd.DataFrame) -> pd.DataFrame:
    """True prevalences beside those that were found: of an area for all children, of the study by nationality too.

    Parameters
    ----------
    shares : of `SIMULATED`, of all children and by nationality, as `risk_survey.protected_shares` gives them.
    """
    table = truth[(truth["quantity"] == "prevalence") & (truth["among"] == "") & truth["outcome"].isin(SIMULATED)]
    here = "all" if place.is_study else f"area_id={place.area_id}"
    parts = {here: ("all children", shares[shares[NATIONALITY].isna()])}
    for code, name in NATIONALITIES.items() if place.is_study else ():
        parts[f"nationality={code}"] = (name, shares[shares[NATIONALITY].eq(code)])
    rows = []
    for domain, (who, found) in parts.items():
        found = found.set_index("variable")
        true = table[table["domain"] == domain].set_index("outcome")["value"]
        for outcome, value in true.items():
            if outcome in found.index:
                row = found.loc[outcome]
                rows.append(
                    {
                        "Outcome": OUTCOMES[outcome],
                        "Of": who,
                        "Simulated, %": round(100 * value, 2),
                        "Found, % (95 % limits)": percent(found.loc[[outcome]])[0],
                        "Simulated truth within limits": _within(value, row["low"], row["high"]),
                    }
                )
    return pd.DataFrame(rows)


def simulated_odds_ratios(place: Area, table: pd.DataFrame | NoResult) -> Exhibit:
    """What surrounds true odds ratios of working beside those that were found."""
    return of_survey(
        place,
        "planted_odds_ratios",
        TEXT["planted_title"],
        TEXT["planted_odds_ratios_limits"],
        table,
        release_class=ESTIMATE,
    )


@unless_refused
def odds_ratio_rows(truth: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """True odds ratios of working beside those that were found.

    Parameters
    ----------
    found : as `risk_factors.releasable` gives them.
    """
    table = truth[(truth["quantity"] == "odds_ratio") & (truth["outcome"] == "working") & (truth["among"] == "")]
    names = {(factor, code): label for factor, labels in LEVELS.items() for code, label in labels.items()}
    pairs = table["term"].str.split("=", n=1, expand=True)
    table = table.assign(factor=pairs[0], code=pairs[1])
    table["level"] = [
        names.get((factor, code), "yes" if code == "True" else code)
        for factor, code in zip(table["factor"], table["code"], strict=True)
    ]
    both = table.merge(found, on=["factor", "level"], suffixes=("", "_found"))
    limits = both[["value", "adjusted_low", "adjusted_high"]].itertuples(index=False)
    return pd.DataFrame(
        {
            "Factor": both["factor"].map(FACTORS),
            "Level": both["level"],
            "Simulated odds ratio": both["value"].round(2),
            "Found, adjusted (95 % limits)": ratios(both, "adjusted"),
            "Simulated truth within limits": [_within(value, low, high) for value, low, high in limits],
        }
    )


def _within(value: float, low: float, high: float) -> str:
    return "not known" if np.isnan(low) or np.isnan(high) else "yes" if low <= value <= high else "no"


take_names(__name__)
