"""Exhibits on risk factors: odds ratios, crude and adjusted; nationality and sector together; what is rare."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

import numpy as np
import pandas as pd

from analysis import disclosure, figures, risk
from analysis.areas import Area
from analysis.exhibits.exhibit import ESTIMATE, Exhibit
from analysis.exhibits.risk_children import with_vulnerabilities
from analysis.exhibits.risk_outcomes import at_work
from analysis.exhibits.risk_shares import Withheld
from analysis.exhibits.risk_survey import (
    WITHHELD,
    design_of,
    in_words,
    of_nationalities,
    of_survey,
    or_refused,
    survey_footer,
    titled,
)
from analysis.risk import SurveyDesign
from analysis.risk.logistic import LogisticRegression
from analysis.risk.reliability import FEW
from analysis.risk.terms import describe
from analysis.survey.counts import K

# What may go with child labour, and what it is called; yes or no unless codes are listed.
FACTORS = {
    "nationality": "Nationality",
    "sex": "Sex",
    "age_group": "Age",
    "out_of_school": "Out of school",
    "separated": "Separated from both parents",
    "debt": "Household in debt",
    "labour_intermediary": "Labour intermediary nearby",
    "registered_elsewhere": "Registered in another province",
    "turkish": "Turkish spoken",
}
LEVELS = {
    "nationality": {"TR": "Turkish", "SY": "Syrian"},
    "sex": {"female": "girls", "male": "boys"},
    "age_group": {"5-11": "5–11", "12-14": "12–14", "15-17": "15–17"},
    "turkish": {"fluent": "fluent or native", "some": "some", "none": "none"},
}
SECTOR_GROUPS = ("services", "agriculture", "industry")
# Beside nationality and sector, in the models of children at work.
AT_WORK = ("debt_to_employer", "labour_intermediary", "separated")
RARE = ("nationality", "sex", "age_group", "separated", "missing_documents", "labour_intermediary")
RARE_NAMES = FACTORS | {"missing_documents": "Without documents", "debt_to_employer": "In debt to an employer"}
# Below this many children with the outcome not even Firth's method says anything of six factors.
RAREST = 10
ASSOCIATION = (
    "An association and no cause: a child is asked once, and school may be left for work as well as work begun after "
    "school."
)
HARMS = {"forced_labour": "forced labour", "hazardous_work": "hazardous work"}
# Why a level has no odds ratio: a ratio beside few children would tell how many they are. It is said without a number:
# that they are fewer than 25, less those of one nationality who may be told, are fewer than 11 of the other.
FEW_CONCERNED = "withheld: few children with or without it"
LEAVES = (
    f"Estimates of a model, which may leave: of no level with fewer than {K} children with or without the outcome, and "
    "without numbers of children, which stand in the tables of shares."
)


def exhibits(place: Area) -> list[Exhibit]:
    """Odds ratios of child labour and of working, changes in percentage points, nationality by sector, what is rare."""
    return [
        or_refused(child_labour, place, "risk_factors_child_labour", "what goes with child labour"),
        or_refused(working, place, "risk_factors_working", "what goes with working"),
        or_refused(changes, place, "risk_factors_changes", "what goes with child labour, in percentage points"),
        or_refused(sectors, place, "risk_factors_sectors", "nationality and sector together"),
        or_refused(trafficking, place, "risk_factors_trafficking", "what goes with trafficking"),
    ]


def with_factors(design: SurveyDesign) -> SurveyDesign:
    """The design with factors as the models take them: reference first; what does not apply has the reference.

    Turkish children speak Turkish and are registered nowhere else; that is why they are not asked.
    """
    design = with_vulnerabilities(design)
    data = design.data
    columns = {
        "turkish": data["turkish"].mask(data["nationality"].eq("TR"), "fluent"),
        "registered_elsewhere": data["registered_elsewhere"]
        .astype("boolean")
        .mask(data["nationality"].ne("SY"), False),
        "sector_group": pd.Series(pd.Categorical(data["sector_group"], SECTOR_GROUPS), data.index),
    }
    for name, labels in LEVELS.items():
        codes = columns.get(name, data[name]).astype(object).map(labels)
        columns[name] = pd.Series(pd.Categorical(codes, list(labels.values())), data.index)
    return design.with_columns(**columns)


@cache
def modelled(design: SurveyDesign) -> SurveyDesign:
    """The sample of an area as its models take it: Turkish and Syrian children, with their factors."""
    return with_factors(of_nationalities(design))


@cache
def crude_and_adjusted(design: SurveyDesign, outcome: str) -> pd.DataFrame:
    """Odds ratios of all factors with jackknifed errors, fitted once for all that a page says of them."""
    return risk.crude_and_adjusted(modelled(design), outcome, list(FACTORS), errors="jackknife")


def child_labour(place: Area) -> Exhibit:
    """Crude and adjusted odds ratios of child labour, as a forest plot."""
    return _odds_ratios(place, "child_labour", "what goes with child labour")


def working(place: Area) -> Exhibit:
    """The same of working at all."""
    return _odds_ratios(place, "working", "what goes with working")


def _odds_ratios(place: Area, outcome: str, what: str) -> Exhibit:
    table = releasable(modelled(design_of(place)), outcome, crude_and_adjusted(design_of(place), outcome))
    require_some(place, table)
    adjusted = "Adjusted for all factors shown; who does not know one of them is left out of that model."
    cautions = cautious(filter(None, table["cautions"].unique()))
    limits = " ".join(dict.fromkeys([ASSOCIATION, adjusted, LEAVES, *cautions]))
    figure = figures.odds_ratios(table, title=titled(place, what), footer=survey_footer(place, limits))
    return of_survey(place, f"risk_factors_{outcome}", what, _printed(table), limits, figure, gate=ESTIMATE)


def releasable(design: SurveyDesign, outcome: str, table: pd.DataFrame) -> pd.DataFrame:
    """Odds ratios that may leave: none of few children, no number of children, and reasons without what they answered.

    Parameters
    ----------
    design : the sample that the models were fitted to.
    table : as `risk.crude_and_adjusted` gives it for the factors of the page.

    Returns
    -------
    The rows with factors in words, `n` and `events` missing, and `text` in words: "withheld: ..." where a level or its
    reference has fewer than 11 children with or without the outcome, in its own model or in that with all factors.
    """
    factors = list(dict.fromkeys(table["factor"]))
    allowed = _told_apart(design, outcome, factors)
    size = int((_known(design, outcome) & design.data[factors].notna().all(axis=1)).sum())
    may_leave = disclosure.estimate_may_leave(size, len(table) + 1, K)
    text, hidden = [], []
    for row in table.to_dict("records"):
        enough = all((row["factor"], row[level]) in allowed for level in ("level", "reference"))
        said = str(row["text"] or "")
        hidden.append(not (enough and may_leave) or said.startswith("withheld"))
        # A reason of the method can tell how many the few are, and what they answered.
        text.append(FEW_CONCERNED if hidden[-1] else "not estimable" if said else "")
    told = table.assign(group=table["factor"].map(RARE_NAMES), text=text)
    told[_RATIOS] = told[_RATIOS].astype(float).mask(pd.Series(hidden, told.index), axis=0)
    return told.assign(n=np.nan, events=np.nan)


def _known(design: SurveyDesign, outcome: str) -> pd.Series:
    return pd.Series(design.inside, design.data.index) & design.data[outcome].notna()


def _told_apart(design: SurveyDesign, outcome: str, factors: list[str]) -> set[tuple[str, str]]:
    """Levels of factors with enough children with the outcome, and without it, in either of their models."""
    data, known = design.data, _known(design, outcome)
    everything = known & data[factors].notna().all(axis=1)
    found = set()
    for factor in factors:
        levels = data[factor].astype(object).map(lambda value: {True: "yes", False: "no"}.get(value, value))
        for level in levels.dropna().unique():
            answers = [data.loc[here & levels.eq(level), outcome].astype(bool) for here in (known, everything)]
            if all(min(said.sum(), (~said).sum()) >= K for said in answers):
                found.add((factor, str(level)))
    return found


def require_some(place: Area, table: pd.DataFrame) -> None:
    """Raise Withheld where no odds ratio of a table may be shown."""
    if table[["crude", "adjusted"]].isna().all(axis=None):
        raise Withheld(
            "No odds ratio can be shown: every level has few children with or without the outcome, or no estimate."
            + ("" if place.is_study else " The study as a whole may show some.")
        )


def cautious(sentences: Iterable[str]) -> list[str]:
    """Cautions of a method in words, without the numbers of children in them."""
    found = []
    for sentence in sentences:
        text = re.sub(r"[\d,]+ respondents are (with|without) ('[^']*') for", r"Few children are \1 \2 for", sentence)
        text = re.sub(r"\d+% of the population in question \(weighted\) are", "Part of the children are", text)
        found.append(in_words(text))
    return found


def _printed(table: pd.DataFrame) -> pd.DataFrame:
    rows = pd.DataFrame(
        {
            "Factor": table["group"],
            "Level": table["label"],
            "Compared with": table["reference"],
            "Crude odds ratio": ratios(table, "crude"),
            "Adjusted odds ratio": ratios(table, "adjusted"),
            "To be said": table["text"].fillna(""),
        }
    )
    return rows if rows["To be said"].ne("").any() else rows.drop(columns="To be said")


def ratios(table: pd.DataFrame, name: str) -> list[str]:
    """Odds ratios in words: "2.10 (1.40–3.15)"; one without limits is not shown."""
    return [
        f"{value:.2f} ({low:.2f}–{high:.2f})" if value == value and low == low else "not shown"
        for value, low, high in table[[name, f"{name}_low", f"{name}_high"]].astype(float).itertuples(index=False)
    ]


def changes(place: Area) -> Exhibit:
    """By how many percentage points child labour differs between levels of a factor, the others as they are."""
    what = "what goes with child labour, in percentage points"
    model = modelled(design_of(place)).logistic("child_labour", list(FACTORS))
    table = model.marginal_effects()
    limits = (
        f"{ASSOCIATION} Averaged over all children of the model, as if only this factor were changed; errors are "
        f"linearised, and a little shorter than those of the odds ratios where few are concerned. {LEAVES}"
    )
    # What cannot be shown as an odds ratio cannot be shown in percentage points.
    design = design_of(place)
    ratio = releasable(modelled(design), "child_labour", crude_and_adjusted(design, "child_labour"))
    reason = ratio.set_index(["factor", "level"])["text"]
    reasons = reason.reindex(pd.MultiIndex.from_frame(table[["factor", "level"]])).fillna("").to_numpy()
    few_asked = (table["n"] < FEW).to_numpy() | np.array([each.startswith("withheld") for each in reasons])
    kept = pd.Series(~few_asked & (reasons == "") & table["low"].notna().to_numpy(), table.index)
    if not kept.any():
        raise Withheld(
            "No change can be shown: every level has few children with or without the outcome, or no estimate."
            + ("" if place.is_study else " The study as a whole may show some.")
        )
    points = (100 * table[["effect", "low", "high"]]).where(kept, axis=0)
    shown = [f"{effect:+.1f} ({low:+.1f} to {high:+.1f})" for effect, low, high in points.itertuples(index=False)]
    text = np.select([few_asked, ~kept], [WITHHELD, "not estimable"], shown).tolist()
    label = table["level"].where(table["level"] != "yes", "yes rather than no")
    figure = figures.forest(
        pd.DataFrame(
            {
                "group": table["factor"].map(FACTORS),
                "label": label,
                "estimate_low": points["effect"],
                "estimate_high": points["effect"],
                "low": points["low"],
                "high": points["high"],
                "text": text,
            }
        ),
        title=titled(place, what),
        footer=survey_footer(place, limits),
        xlabel="percentage points of child labour",
    )
    rows = pd.DataFrame(
        {
            "Factor": table["factor"].map(FACTORS),
            "Level": table["level"],
            "Compared with": table["reference"],
            "Percentage points (95 % limits)": text,
        }
    )
    limits = " ".join([limits, *cautious(model.warnings)])
    return of_survey(place, "risk_factors_changes", what, rows, limits, figure, gate=ESTIMATE)


def sectors(place: Area) -> Exhibit:
    """Of children at work: whether being Syrian goes with harm in one sector more than in another."""
    what = "nationality and sector together"
    design = with_factors(at_work(of_nationalities(design_of(place))))
    _require_sectors(place, design)
    parts, said = [], []
    both = "nationality*sector_group"
    for outcome, name in HARMS.items():
        crude = design.logistic(f"{outcome} ~ {both}", errors="jackknife")
        adjusted = design.logistic(f"{outcome} ~ {' + '.join((both, *AT_WORK))}", errors="jackknife")
        test = adjusted.wald("nationality:sector_group").iloc[0]
        said.append(
            f"{name.capitalize()}: that the odds ratio is the same in all sectors has p = {test['p_value']:.2f} (Wald)."
        )
        parts.append(_by_sector(design, outcome, name, crude, adjusted))
    table = pd.concat(parts, ignore_index=True)
    require_some(place, table)
    limits = " ".join(
        [
            *said,
            "Of children who worked in the last week. Adjusted for debt to an employer, a labour intermediary nearby "
            "and separation from parents.",
            LEAVES,
            *cautious(dict.fromkeys(adjusted.warnings)),
        ]
    )
    figure = figures.odds_ratios(table, title=titled(place, what), footer=survey_footer(place, limits))
    rows = _printed(table).rename(columns={"Factor": "Outcome", "Level": "Sector"})
    return of_survey(place, "risk_factors_sectors", what, rows, limits, figure, gate=ESTIMATE)


def _require_sectors(place: Area, design: SurveyDesign) -> None:
    """Raise NotEstimable where in no sector enough children of both nationalities work, before a model is fitted."""
    design.require_probability("odds ratio")
    at = design.data[design.inside]
    sizes = at.groupby(["sector_group", "nationality"], observed=False).size().unstack()
    if not (sizes >= FEW).all(axis=1).any():
        raise Withheld(
            f"In no sector were {FEW} Turkish and {FEW} Syrian children at work asked: how they compare is withheld."
            + ("" if place.is_study else " The study as a whole may show it.")
        )


def _by_sector(
    design: SurveyDesign, outcome: str, name: str, crude: LogisticRegression, adjusted: LogisticRegression
) -> pd.DataFrame:
    """The odds ratio of Syrian against Turkish children in each sector, from the main effect and the interaction."""
    data = design.data
    rows = []
    for sector in SECTOR_GROUPS:
        here = design.inside & data["sector_group"].eq(sector).to_numpy() & data[outcome].notna().to_numpy()
        groups = [data.loc[here & data["nationality"].eq(level), outcome] for level in LEVELS["nationality"].values()]
        few_asked = min(map(len, groups)) < FEW
        few_concerned = any(min(said.sum(), (~said.astype(bool)).sum()) < K for said in groups)
        may_leave = disclosure.estimate_may_leave(adjusted.n, len(adjusted.coefficients), K)
        row = {"group": name, "label": sector, "reference": "Turkish", "n": np.nan, "events": np.nan}
        for kind, model in (("crude", crude), ("adjusted", adjusted)):
            chosen = ["nationality[Syrian]"] + (
                [] if sector == SECTOR_GROUPS[0] else [f"nationality[Syrian]:sector_group[{sector}]"]
            )
            value = model.contrast(dict.fromkeys(chosen, 1.0))
            row |= {kind: np.exp(value["estimate"]), f"{kind}_low": np.exp(value["low"])}
            row[f"{kind}_high"] = np.exp(value["high"])
        hidden = few_asked or few_concerned or not may_leave
        if hidden:
            row |= dict.fromkeys(_RATIOS, np.nan)
        row["text"] = FEW_CONCERNED if hidden else ""
        rows.append(row)
    return pd.DataFrame(rows)


_RATIOS = [f"{kind}{end}" for kind in ("crude", "adjusted") for end in ("", "_low", "_high")]


def trafficking(place: Area) -> Exhibit:
    """What goes with trafficking among those asked: too rare for the design's method, so by Firth's."""
    what = "what goes with trafficking"
    design = modelled(design_of(place))
    design.require_probability("odds ratio")
    respondents = design.data[design.inside]
    events = int(respondents["trafficked"].sum())
    if events < RAREST:
        raise Withheld(
            "Too few of the children asked were trafficked by act and purpose to say what goes with it. "
            f"{'A' if place.is_study else 'The study as a whole, or a'} larger sample would help; the case records "
            "show who is detected."
        )
    model = risk.firth_logistic(respondents, "trafficked", list(RARE))
    coefficients = model.coefficients[1:]
    table = coefficients.merge(describe(coefficients["term"], respondents), on="term")
    allowed = _told_apart(design, "trafficked", list(RARE))
    may_leave = disclosure.estimate_may_leave(model.n, len(model.coefficients), K)
    kept = [
        may_leave and {(factor, level), (factor, reference)} <= allowed
        for factor, level, reference in table[["factor", "level", "reference"]].itertuples(index=False)
    ]
    ends = ["odds_ratio", "odds_ratio_low", "odds_ratio_high"]
    table[ends] = table[ends].where(pd.Series(kept, table.index), axis=0)
    limits = (
        "Of those asked, unweighted, by Firth's penalised likelihood; who does not know a factor is left out. "
        "Children of one sampling unit count as independent, so that the limits are too narrow if they are alike. "
        f"{ASSOCIATION} {LEAVES}"
    )
    drawn_rows = pd.DataFrame(
        {
            "group": table["factor"].map(RARE_NAMES),
            "label": table["level"],
            "reference": table["reference"],
            "crude": np.nan,
            "crude_low": np.nan,
            "crude_high": np.nan,
            "adjusted": table["odds_ratio"],
            "adjusted_low": table["odds_ratio_low"],
            "adjusted_high": table["odds_ratio_high"],
            "n": np.nan,
            "events": np.nan,
            "text": np.where(kept, "", FEW_CONCERNED),
        }
    )
    require_some(place, drawn_rows)
    figure = figures.odds_ratios(drawn_rows, title=titled(place, what), footer=survey_footer(place, limits))
    rows = _printed(drawn_rows).drop(columns="Crude odds ratio")
    return of_survey(place, "risk_factors_trafficking", what, rows, limits, figure, gate=ESTIMATE)
