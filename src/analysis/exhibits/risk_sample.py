"""Exhibits of the sample and of other figures beside it: who was asked, who the children are, what makes them
vulnerable, item non-response; public denominators, official figures, and the simulated truth of a synthetic survey.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from analysis import areas, bibliography, catalog, evidence, plots, texts
from analysis.areas import Area
from analysis.exhibits.any_place import take_names
from analysis.exhibits.attempt import NoResult, attempt
from analysis.exhibits.exhibit import ESTIMATE, INTERNAL, Exhibit, absent, only
from analysis.exhibits.plot import Plot
from analysis.exhibits.risk_factors import FACTORS, LEVELS, RATIOS, ratio_text
from analysis.exhibits.risk_survey import (
    AT_WORK,
    EVERYBODY,
    OUTCOMES,
    SUPPRESSED,
    Cells,
    NamedShares,
    asked_of,
    having,
    missed,
    number,
    of_shares,
    of_survey,
    percent,
    reason_of,
    survey_of,
    surveyed,
)
from analysis.exhibits.wording import SYNTHETIC, periods, sentences, spell
from analysis.survey.counts import AGE, NATIONALITIES, NATIONALITY, OUTCOME, REST, SECTORS, SEX, K
from bounded import intervals
from survey_stats import FEW, SurveyDesign, reliable
from survey_stats.contingency import releasable

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
NUMBERS = texts.table(__name__, "numbers")
# What a child may be made vulnerable by; some are asked of Syrian children only.
VULNERABILITIES = texts.table(__name__, "vulnerabilities")
# Asked of Syrian children only.
OF_SYRIANS = ("registered_elsewhere", "no_turkish")
# Questions in the figure of answers that are not known; all are in the table.
MOST_DRAWN = 20


def sample(place: Area, strata: pd.DataFrame | NoResult) -> Exhibit:
    """Return how the children were drawn: sampling units, and the cost of unequal weights, stratum by stratum.

    Parameters
    ----------
    strata : as `strata` gives them.
    """

    def limits(found: pd.DataFrame) -> str:
        return (
            "The cost of unequal weights (Kish) is the multiple of the variance that they alone make: 1.25 is a "
            "quarter more. Errors take sampling units to be drawn with replacement, which makes them a little too "
            f"large where many of all were. Shown are strata of {max([FEW, *found['fewest']])} children asked and more."
        )

    def rows(found: pd.DataFrame) -> pd.DataFrame:
        return found.drop(columns="fewest")

    return of_survey(place, "survey_sample", "how the children were sampled", limits, strata, rows=rows)


def strata(place: Area, design: SurveyDesign, fewest: int = FEW) -> pd.DataFrame:
    """Sampling units, and the cost of unequal weights, of each stratum with so many children asked; and that number.

    Raises
    ------
    NotEstimable : the sample was not drawn by chance.
    """
    design.require_probability("weight")
    # A frame is not a nationality: how many were asked of each, beside how many of each nationality, would show few.
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
    return rows.assign(fewest=max(fewest, FEW))


def _frame(place: Area, stratum: str) -> str:
    """A stratum in words: "TR-27 SY" is the Syrian frame of Gaziantep."""
    area_id, _, frame = stratum.partition(" ")
    if area_id not in areas.ids(place.study):
        return stratum
    frames = {"SY": ", Syrian frame", "TR": ", Turkish frame"}
    return areas.get(area_id).name + frames.get(frame, f" {frame}".rstrip())


# Outcomes of a visit, in the words of the intake's account.
VISITS = texts.table(__name__, "visits")


@only("whole", "what came of the visits")
def visits(place: Area) -> Exhibit:
    """Return the outcomes of all visits of the survey; those in quarantine are counted, and in no estimate."""
    account = survey_of(place).account
    counts = account[account["question"].isna() | account["question"].eq("")].set_index("outcome")["rows"]
    counts = counts.reindex(list(VISITS)).fillna(0).astype(int)
    refused = counts["no_consent"] + counts["no_assent"]
    met = counts["interview"] + refused
    limits = (
        f"Of the whole survey. Of {met:,} households met with a child of 5–17 years, {100 * refused / max(met, 1):.0f} "
        "% refused. The weights of others of the same province and frame represent them, which is right as far as "
        "those who refuse are like them."
    )
    rows = pd.DataFrame(
        {
            "What came of it": list(VISITS.values()),
            "Visits": counts.to_numpy(),
            "Of all, %": (100 * counts / max(counts.sum(), 1)).round(1).to_numpy(),
        }
    )
    return of_survey(place, "survey_visits", "what came of the visits", limits, rows=rows, release_class=INTERNAL)


def _weighted(table: pd.DataFrame, more: str = "") -> str:
    level = intervals.confidence_level(table)
    return sentences(
        f"Weighted shares of children of each nationality, with {level} limits by the sample's design.", more
    )


def children(place: Area, shares: pd.DataFrame | NoResult, means: pd.DataFrame | NoResult) -> Exhibit:
    """Return characteristics of Turkish and Syrian children, weighted.

    Parameters
    ----------
    shares : of `CHARACTERISTICS`, as `risk_survey.protected_shares` gives them. means : of `NUMBERS`.
    """
    result = means if isinstance(means, NoResult) else shares
    rows = partial(_children_rows, place, means=means)
    return of_survey(place, "survey_children", "who the children are", _weighted, result, rows=rows)


def _children_rows(place: Area, shares: pd.DataFrame, means: pd.DataFrame) -> pd.DataFrame:
    """One row a characteristic and value, one column a nationality; suppressed where few would be known."""
    parts = []
    for column, (name, codes) in CHARACTERISTICS.items():
        labels = {True: "yes"} if codes is None else codes
        found = shares[shares["variable"].eq(column) & shares["category"].isin(list(labels))]
        order = list(labels).index
        found = found.sort_values("category", key=lambda names, order=order: names.map(order), kind="stable")
        parts.append(_wide(found, f"{name}, %", found["category"].map(labels), percent(found)))
    counts = {code: number(place, EVERYBODY, **{NATIONALITY: code}) for code in NATIONALITIES}
    for column, name in NUMBERS.items():
        found = reliable(means[means["variable"].eq(column)])
        few = [counts.get(str(code)) is None for code in found["nationality"]]
        words = [
            SUPPRESSED if flag == "suppressed" or hidden else f"{value:.1f} ({low:.1f}–{high:.1f})"
            for hidden, (value, low, high, flag) in zip(
                few, found[["estimate", "low", "high", "flag"]].itertuples(index=False), strict=True
            )
        ]
        parts.append(_wide(found, name, pd.Series("mean", found.index), words))
    numbers = [SUPPRESSED if n is None else f"<{FEW}" if n < FEW else f"{n:,}" for n in counts.values()]
    heads = {code: f"{name} (n = {n})" for (code, name), n in zip(NATIONALITIES.items(), numbers, strict=True)}
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


def _with_names(shares: pd.DataFrame) -> pd.DataFrame:
    """Shares of vulnerabilities with their names, of the children to whom each question was put."""
    put = ~(shares["variable"].isin(OF_SYRIANS) & shares["nationality"].ne("SY"))
    found = shares[put].reset_index(drop=True)
    return found.assign(
        Vulnerability=found["variable"].map(VULNERABILITIES), Children=found["nationality"].map(NATIONALITIES)
    )


VULNERABLE = NamedShares("survey_vulnerabilities", ("Vulnerability", "Children"), _with_names)


def vulnerabilities(place: Area, shares: pd.DataFrame | NoResult) -> Exhibit:
    """Return the shares of children to whom each vulnerability applies, side by side for both nationalities.

    Parameters
    ----------
    shares : of `VULNERABILITIES`, as `risk_survey.protected_shares` gives them.
    """
    asked = "Registration and language are asked of Syrian children only; who does not know is left out."
    limits = partial(_weighted, more=asked)
    what = "what makes children vulnerable"
    return of_shares(place, VULNERABLE, what, limits, shares, counted=False, label="Vulnerability")


def unknown_shares(table: pd.DataFrame, sampling: str, fewest: int = FEW, confidence: float = 0.95) -> pd.DataFrame:
    """Shares of answers that are not known, the questions with most of them first, of those put to enough children.

    Parameters
    ----------
    table : as `unknown_answers` gives it by nationality.
    sampling : of children who were not drawn by chance no interval holds.
    fewest : a few who do not know, among few who were asked, could be recognised.
    confidence : level of the limits.
    """
    table = table[table["asked"] >= max(fewest, FEW)]
    table = table.assign(share=table["unknown"] / table["asked"], group=table["nationality"].map(NATIONALITIES))
    table = table.sort_values("share", ascending=False, kind="stable").reset_index(drop=True)
    limited = pd.DataFrame(
        intervals.wilson(table["unknown"], table["unknown"], table["asked"], confidence), ["low", "high"]
    ).T
    if sampling != "probability":
        limited = limited.mask(limited.notna())
    named = {"confidence": confidence, "n": table["asked"], "flag": "", "fewest": max(fewest, FEW)}
    return table.assign(low=limited["low"], high=limited["high"], **named)


def missing(place: Area, unknown: pd.DataFrame) -> Exhibit:
    """Return the answers that are not known; the number who do not know is a count of few at most questions.

    The figure has the questions with most of them, both nationalities beside one another.

    Parameters
    ----------
    unknown : as `unknown_shares` gives them.
    """
    names = list(dict.fromkeys(unknown["label"]))
    drawn, rest = unknown["label"].isin(names[:MOST_DRAWN]), names[MOST_DRAWN:]
    most = 100 * unknown.loc[~drawn, "share"].max()
    plot = Plot(
        plots.dots,
        unknown[drawn].assign(asked_in_words=[f"{n:,}" for n in unknown.loc[drawn, "asked"]]),
        estimate="share",
        series="group",
        order=list(NATIONALITIES.values()),
        text="asked_in_words",
        text_label="asked",
        percent=True,
        xlabel="share of those asked whose answer is not known",
        subtitle=f"The {len(rest)} other questions are not drawn: at most {most:.1f} % of their answers are not known."
        if rest
        else "",
    )
    rows = pd.DataFrame(
        {
            "Question": unknown["label"],
            "Children": unknown["group"],
            "Asked": unknown["asked"],
            "Not known": unknown["unknown"],
            "Not known, %": (100 * unknown["share"]).round(1),
        }
    )
    limits = (
        "Unweighted, of children to whom the question was put. Estimates leave out children who do not know; a model "
        f"leaves out children who do not know one of its factors. Shown are questions put to "
        f"{max([FEW, *unknown['fewest']])} children and more."
    )
    what = "what is not known"
    return of_survey(place, "survey_missing", what, limits, rows=rows, plot=lambda _: plot, release_class=INTERNAL)


# Indicators of denominators, by name.
COUNTED = texts.table(__name__, "counted")
SYNTHETIC_PART = "only the figures of the survey are synthetic; the others are public."
DENOMINATORS = ("syrians_temporary_protection", "population_total")
# Measure of the official survey of 2019 -> the survey's column, among whom, and of which nationality.
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
    """Return published figures on working children in Türkiye, for its survey; none for another study."""
    if place.iso3 != "TUR":
        return pd.DataFrame()
    table = catalog.load("child_labour_benchmarks")
    return table[table["measure"].isin(list(COMPARED))].reset_index(drop=True)


def official(place: Area, table: pd.DataFrame) -> Exhibit:
    """Return published figures on working children beside those of the survey, for the same ages and sexes.

    Parameters
    ----------
    table : as `published` gives it.
    """
    what = "published figures and the survey"
    if table.empty or not place.is_study:
        return absent(place, what, "There are published figures of Türkiye alone, beside its survey as a whole.")
    refused: object = attempt(SurveyDesign.require_probability, asked_of(place), "prevalence")
    design = attempt(_with_comparable, asked_of(place))
    rows = pd.DataFrame(
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
    return of_survey(
        place,
        "official_figures",
        what,
        "The published figures are of the whole of Türkiye, or of Syrians in it, by other questions and in other "
        "years. They are shown with the survey, and neither proves the other. Those of the survey are of Turkish "
        "children, and for paid work of Syrian children.",
        rows=rows,
        more=reason_of(place, refused) if isinstance(refused, NoResult) else "",
        source_ids=tuple(dict.fromkeys(table["source_id"])),
        synthetic_part=SYNTHETIC_PART,
    )


def _with_comparable(design: SurveyDesign) -> SurveyDesign:
    data = design.data
    nobody = data["paid_to"].eq("nobody").astype("boolean").mask(data["paid_to"].isna())
    working = data["working"].astype("boolean")
    sectors = {
        f"sector_group={sector}": data["sector_group"].eq(sector).astype("boolean").mask(data["sector_group"].isna())
        for sector in SECTORS
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
        with_it, whole = number(place, AT_WORK, **{NATIONALITY: nationality, **group}), {}
    else:
        domain &= (ages & sexes).fillna(False).astype(bool)
        with_it, whole = _having(place, column, {NATIONALITY: nationality, **group}), group
    n = number(place, AT_WORK if among else EVERYBODY, **{NATIONALITY: nationality, **whole})
    estimate = attempt(SurveyDesign.proportion, design.domain(domain), column, method="kish")
    if isinstance(estimate, NoResult):
        return "no estimate"
    found = reliable(estimate)
    counts = pd.DataFrame({"with_it": [with_it], "asked": [n]}, found.index, dtype="Int64")
    return percent(releasable(found, counts["with_it"], counts["asked"], K))[0]


def _having(place: Area, column: str, group: dict[str, str]) -> int | None:
    """Number of children of whom an official figure is true, by the protected tables; the paid are in none of them."""
    _, _, sector = column.partition("=")
    if column == "paid":
        return None
    cells: Cells = having("working", sector=sector)
    if column == "attends_school":
        cells = "school of the working", {"out_of_school": REST, OUTCOME: "working"}
    return number(place, cells, **group)


def registered(place: Area) -> pd.DataFrame:
    """Return the inhabitants of the area by public registers: the latest preferred figure of each."""
    ids = [areas.STUDIES[place.study].iso3] if place.is_study else [place.area_id]
    table = evidence.facts(ids, DENOMINATORS)
    table = table[table["preferred"] & table["date_low"].notna()].sort_values("date_low", kind="stable")
    return table.groupby("indicator", as_index=False).tail(1)


def denominators(place: Area, registers: pd.DataFrame, totals: pd.DataFrame | NoResult) -> Exhibit:
    """Return how many live in the area by public registers, and how many children the survey represents.

    Parameters
    ----------
    registers : as `registered` gives them.
    totals : of ``one``, which is 1 of every child, by nationality, as `SurveyDesign.total` gives them.
    """
    return of_survey(
        place,
        "denominators",
        "who lives here",
        "Registers count persons of all ages who are registered there, whether they live there or not; the survey "
        "children in households. Neither is a number of children at risk.",
        rows=_denominator_rows(place, registers, totals),
        more=reason_of(place, totals) if isinstance(totals, NoResult) else "",
        source_ids=tuple(dict.fromkeys(registers["source_id"])),
        synthetic_part=SYNTHETIC_PART if registers["kind"].eq("public").any() else "",
    )


def _denominator_rows(place: Area, table: pd.DataFrame, totals: pd.DataFrame | NoResult) -> pd.DataFrame:
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
            "What": [
                f"{LEVELS[NATIONALITY][str(code)]} children of 5–17 years represented by the sample"
                for code in own[NATIONALITY]
            ],
            "Where": surveyed(place),
            "Persons": [f"{value:,.0f} ({low:,.0f}–{high:,.0f})" for value, low, high in numbers.to_numpy()],
            "When": periods(day, day)[0],
            "Kind": found.kind.upper() if found.is_synthetic else found.kind,
        }
    )
    return pd.concat([public, rows], ignore_index=True)


def truth(place: Area) -> pd.DataFrame:
    """Return the simulated truth of the children from whom a synthetic sample was drawn; empty of a real survey."""
    name = f"synthetic_{place.study}_truth_survey_truth"
    known = survey_of(place).is_synthetic and name in catalog.datasets()
    return catalog.load(name) if known else pd.DataFrame()


def simulated_prevalences(place: Area, truth: pd.DataFrame, shares: pd.DataFrame | NoResult) -> Exhibit:
    """Return true prevalences beside those found: of an area for all children, of the study by nationality too.

    Parameters
    ----------
    truth : as `truth` gives it.
    shares : of `SIMULATED`, of all children and by nationality, as `risk_survey.protected_shares` gives them.
    """
    limits = (
        "The truth of the children from whom the synthetic sample was drawn; of a real survey nobody knows it. All "
        "children are estimated from the Turkish and Syrian ones: the few of other nationalities are in no number."
    )
    if truth.empty:
        return absent(place, "true values beside the estimates", "They are known of a simulated survey alone.")
    rows = partial(_prevalence_rows, place, truth)
    return of_survey(place, "planted_prevalences", "simulated truth and estimates", limits, shares, rows=rows)


def _prevalence_rows(place: Area, truth: pd.DataFrame, shares: pd.DataFrame) -> pd.DataFrame:
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
                        f"Found, % ({intervals.confidence_level(shares)} limits)": percent(found.loc[[outcome]])[0],
                        "Simulated truth within limits": _within(value, row["low"], row["high"]),
                    }
                )
    return pd.DataFrame(rows)


def simulated_odds_ratios(place: Area, truth: pd.DataFrame, ratios: pd.DataFrame | NoResult) -> Exhibit:
    """Return true odds ratios of working beside those that were found; of a study alone.

    Parameters
    ----------
    truth : as `truth` gives it. ratios : as `risk_factors.releasable` gives them.
    """
    if truth.empty or not place.is_study:
        return absent(place, "true odds ratios", "They are of simulated surveys, and of the study as a whole.")
    return of_survey(
        place,
        "planted_odds_ratios",
        "simulated odds ratios and estimates",
        lambda found: (
            "Of working in the last week, in the model in which the odds ratios were simulated. "
            f"{missed(found['confidence'].iloc[0]).capitalize()} intervals misses the truth."
        ),
        ratios,
        rows=lambda found: _odds_ratio_rows(truth, found),
        release_class=ESTIMATE,
    )


def _odds_ratio_rows(truth: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
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
            f"Found, adjusted ({intervals.confidence_level(found)} limits)": ratio_text(
                *(both[name] for name in RATIOS[3:])
            ),
            "Simulated truth within limits": [_within(value, low, high) for value, low, high in limits],
        }
    )


def _within(value: float, low: float, high: float) -> str:
    return "not known" if np.isnan(low) or np.isnan(high) else "yes" if low <= value <= high else "no"


take_names(__name__)
