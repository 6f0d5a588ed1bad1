"""Odds ratios of a survey's outcomes that are releasable: factors as the models take them, and which are suppressed."""

from __future__ import annotations

import numpy as np
import pandas as pd

import disclosure
import survey_stats
from analysis import texts
from analysis.areas import Area
from analysis.sections.attempt import NoResult, attempt
from analysis.sections.risk_survey import asked_of
from analysis.survey.counts import K
from survey_stats import FirthLogistic, NotEstimable, SurveyDesign
from survey_stats.model_matrix import describe

TEXT = texts.of(__name__)

# What may go with child labour, and what it is called; yes or no unless codes are listed.
FACTORS = texts.table(__name__, "factors")
LEVELS = {
    "nationality": {"TR": "Turkish", "SY": "Syrian"},
    "sex": {"female": "girls", "male": "boys"},
    "age_group": {"5-11": "5–11", "12-14": "12–14", "15-17": "15–17"},
    "turkish": {"fluent": "fluent or native", "some": "some", "none": "none"},
}
SECTOR_GROUPS = ("services", "agriculture", "industry")
RARE = ("nationality", "sex", "age_group", "separated", "missing_documents", "labour_intermediary")
RARE_NAMES = FACTORS | {
    "missing_documents": "Without documents",
    "debt_to_employer": TEXT["rare_names_debt_to_employer"],
}
# Below this many children with the outcome not even Firth's method says anything of six factors.
RAREST = 10
# Why a level has no odds ratio: a ratio beside few children would tell how many they are. It is said without a number:
# that they are fewer than 25, less those of one nationality who may be told, are fewer than 11 of the other.
FEW_CONCERNED = TEXT["few_concerned"]
RATIOS = [f"{kind}{end}" for kind in ("crude", "adjusted") for end in ("", "_low", "_high")]


def with_factors(design: SurveyDesign) -> SurveyDesign:
    """The design with factors as the models take them: reference first; what does not apply has the reference.

    Turkish children speak Turkish and are registered nowhere else; that is why they are not asked.
    """
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


def odds_ratios(place: Area, outcome: str) -> pd.DataFrame | NoResult:
    """Odds ratios of all factors that may be released, as the notebook computes them: see `releasable`."""
    model = attempt(with_factors, asked_of(place))
    table = attempt(survey_stats.crude_and_adjusted, model, outcome, list(FACTORS), errors="jackknife")
    return attempt(releasable, model, outcome, table)


def odds_ratios_of_trafficking(place: Area) -> pd.DataFrame | NoResult:
    """Odds ratios of trafficking by Firth's method that may be released, as the notebook computes them."""
    model = attempt(with_factors, asked_of(place))
    enough = attempt(trafficked_enough, place, model)
    fit = attempt(survey_stats.firth_logistic, enough, "trafficked", list(RARE))
    return attempt(releasable_firth, model, fit)


def none_shown(place: Area, what: str) -> NoResult:
    """That no number of a kind may be shown of an area."""
    more = "" if place.is_study else TEXT["none_shown_more"]
    return NoResult(TEXT["no_can_be_shown"].format(what=what, why=TEXT["none_shown_why"], more=more), "all_withheld")


def released(table: pd.DataFrame | NoResult, *, place: Area) -> pd.DataFrame | NoResult:
    """Odds ratios as a page shows them: refused where none of them may be released."""
    if isinstance(table, NoResult) or table[["crude", "adjusted"]].notna().any(axis=None):
        return table
    return none_shown(place, "odds ratio")


def releasable(design: SurveyDesign, outcome: str, table: pd.DataFrame, k: int = K) -> pd.DataFrame:
    """Odds ratios that may be released: none of few children, no number of children, no reason that tells an answer.

    Parameters
    ----------
    design : the sample that the models were fitted to.
    table : as `survey_stats.crude_and_adjusted` gives it for the factors of the page.
    k : the smallest group of children that may be told; never fewer than in the protected tables.

    Returns
    -------
    The rows with factors in words, `n` and `events` missing, and `text`: "suppressed: ..." where a level or its
    reference has fewer than `k` children with or without the outcome, in its own model or in that with all factors.
    """
    factors = list(dict.fromkeys(table["factor"]))
    allowed = _told_apart(design, outcome, factors, max(k, K))
    size = int((_known(design, outcome) & design.data[factors].notna().all(axis=1)).sum())
    may_leave = disclosure.estimate_may_leave(size, len(table) + 1, max(k, K))
    text, hidden = [], []
    for row in table.to_dict("records"):
        enough = all((row["factor"], row[level]) in allowed for level in ("level", "reference"))
        said = str(row["text"] or "")
        hidden.append(not (enough and may_leave) or said.startswith("suppressed"))
        # A reason of the method can tell how many the few are, and what they answered.
        text.append(FEW_CONCERNED if hidden[-1] else "not estimable" if said else "")
    told = table.assign(group=table["factor"].map(RARE_NAMES), text=text)
    told[RATIOS] = told[RATIOS].astype(float).mask(pd.Series(hidden, told.index), axis=0)
    return told.assign(n=np.nan, events=np.nan)


def _known(design: SurveyDesign, outcome: str) -> pd.Series:
    return pd.Series(design.inside, design.data.index) & design.data[outcome].notna()


def _told_apart(design: SurveyDesign, outcome: str, factors: list[str], k: int) -> set[tuple[str, str]]:
    """Levels of factors with enough children with the outcome, and without it, in either of their models."""
    data, known = design.data, _known(design, outcome)
    everything = known & data[factors].notna().all(axis=1)
    found = set()
    for factor in factors:
        levels = data[factor].astype(object).map(lambda value: {True: "yes", False: "no"}.get(value, value))
        for level in levels.dropna().unique():
            answers = [data.loc[here & levels.eq(level), outcome].astype(bool) for here in (known, everything)]
            if all(min(said.sum(), (~said).sum()) >= k for said in answers):
                found.add((factor, str(level)))
    return found


def trafficked_enough(place: Area, design: SurveyDesign, fewest: int = RAREST) -> pd.DataFrame:
    """The children asked, where so many of them were trafficked by act and purpose that a model says something.

    Raises
    ------
    NotEstimable : fewer were, or the sample was not drawn by chance.
    """
    design.require_probability("odds ratio")
    respondents = design.data[design.inside]
    if int(respondents["trafficked"].sum()) < max(fewest, RAREST):
        larger = "A" if place.is_study else TEXT["few_trafficked_larger"]
        raise NotEstimable("few_trafficked", TEXT["few_trafficked"].format(larger=larger))
    return respondents


def releasable_firth(design: SurveyDesign, model: FirthLogistic, k: int = K) -> pd.DataFrame:
    """Odds ratios by Firth's method that may be released, in the columns of `releasable`; none is crude.

    Parameters
    ----------
    design : the sample whose domain the model was fitted to.
    k : as for `releasable`.
    """
    coefficients = model.coefficients[1:]
    table = coefficients.merge(describe(coefficients["term"], design.data[design.inside]), on="term")
    allowed = _told_apart(design, model.outcome, list(dict.fromkeys(table["factor"])), max(k, K))
    may_leave = disclosure.estimate_may_leave(model.n, len(model.coefficients), max(k, K))
    kept = [
        may_leave and {(factor, level), (factor, reference)} <= allowed
        for factor, level, reference in table[["factor", "level", "reference"]].itertuples(index=False)
    ]
    ends = ["odds_ratio", "odds_ratio_low", "odds_ratio_high"]
    table[ends] = table[ends].where(pd.Series(kept, table.index), axis=0)
    columns = ["factor", "level", "reference", *ends]
    return (
        table[columns]
        .assign(
            group=table["factor"].map(RARE_NAMES),
            label=table["level"],
            text=np.where(kept, "", FEW_CONCERNED),
            cautions="",
            **dict.fromkeys(("crude", "crude_low", "crude_high", "n", "events"), np.nan),
        )
        .rename(columns=dict(zip(ends, RATIOS[3:], strict=True)))
    )
