"""Sections on risk factors: odds ratios, crude and adjusted; nationality and sector together; what is rare.

Factors are as the models take them. An odds ratio beside few children, which would tell how many they are, is
suppressed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

import disclosure
import survey_stats
from analysis import plots, texts
from analysis.areas import Area
from analysis.exhibits.any_place import take_names
from analysis.exhibits.attempt import NoResult, attempt
from analysis.exhibits.exhibit import ESTIMATE, Exhibit, unless_refused
from analysis.exhibits.risk_survey import SUPPRESSED, asked_of, in_words, of_survey
from analysis.exhibits.wording import sentences
from analysis.survey.counts import K
from survey_stats import FEW, FirthLogistic, LogisticRegression, NotEstimable, SurveyDesign
from survey_stats.model_matrix import describe

TEXT = texts.of(__name__)

ASSOCIATION = TEXT["association"]
OF_THE_RARE = TEXT["of_the_rare"]
GOES_WITH = texts.table(__name__, "goes_with")
HARMS = {"forced_labour": "forced labour", "hazardous_work": "hazardous work"}
KINDS = {"adjusted": TEXT["ratios_adjusted"], "crude": TEXT["ratios_crude"]}
LEAVES = TEXT["leaves"].format(k=K)


def odds_ratios(place: Area, outcome: str, table: pd.DataFrame | NoResult) -> Exhibit:
    """Crude and adjusted odds ratios of an outcome; of trafficking, by Firth's method, there are adjusted ones alone.

    Parameters
    ----------
    table : as `released` gives it.
    """
    if outcome == "trafficked":
        name, limits = "risk_factors_trafficking", f"{OF_THE_RARE} {ASSOCIATION} {LEAVES}"
    else:
        cautions = [] if isinstance(table, NoResult) else cautious(filter(None, table["cautions"].unique()))
        name = f"risk_factors_{outcome}"
        limits = " ".join(dict.fromkeys([ASSOCIATION, TEXT["odds_ratios_adjusted"], LEAVES, *cautions]))
    return of_survey(place, name, GOES_WITH[outcome], limits, table, release_class=ESTIMATE)


@unless_refused
def ratios_figure(table: pd.DataFrame, section: Exhibit) -> Figure:
    """Odds ratios with their limits, adjusted above crude."""
    headed = table["group"] + table["reference"].map(lambda name: TEXT["ratios_reference"].format(name=name))
    careful = table.get("cautions", pd.Series("", table.index)).fillna("").ne("")
    kinds = ["adjusted", "crude"] if table["crude"].notna().any() else ["adjusted"]
    parts = []
    for kind in kinds:
        ends = {"ratio": table[kind], "low": table[f"{kind}_low"], "high": table[f"{kind}_high"]}
        hidden = table["text"].str.startswith(SUPPRESSED) | table[kind].isna()
        # A model of too few children for its terms leads astray: its ratios are hollow.
        part = table[["label"]].assign(group=headed, careful=careful & (kind == "adjusted"), kind=KINDS[kind], **ends)
        parts.append(part.assign(reason=table["text"].where(hidden, ""), row=range(len(table))))
    rows = pd.concat(parts).sort_values("row", kind="stable")
    return plots.forest(
        rows,
        estimate="ratio",
        series="kind",
        order=[KINDS[kind] for kind in kinds],
        group="group",
        reason="reason",
        hollow="careful",
        hollow_label=TEXT["ratios_careful"],
        ratio=True,
        xlabel=TEXT["ratios_xlabel"],
        **section.frame,
    )


def elsewhere_said(place: Area, table: pd.DataFrame | NoResult) -> str:
    """Of how many levels of factors the children of one area alone have an odds ratio, in a sentence."""
    if isinstance(table, NoResult):
        return TEXT["elsewhere_none"].format(place=place.name)
    shown = int(table["adjusted"].notna().sum())
    return TEXT["elsewhere_some"].format(place=place.name, shown=shown, of=len(table))


def cautious(sentences: Iterable[str]) -> list[str]:
    """Cautions of a method in words, without the numbers of children in them."""
    found = []
    for sentence in sentences:
        text = re.sub(r"[\d,]+ respondents are (with|without) ('[^']*') for", r"Few children are \1 \2 for", sentence)
        text = re.sub(r"\d+% of the population in question \(weighted\) are", "Part of the children are", text)
        found.append(in_words(text))
    return found


@unless_refused
def rows(table: pd.DataFrame, **renamed: str) -> pd.DataFrame:
    """Odds ratios as people read them, with the reason where one is not shown."""
    found = pd.DataFrame(
        {
            "Factor": table["group"],
            "Level": table["label"],
            "Compared with": table["reference"],
            "Crude odds ratio": ratios(table, "crude"),
            "Adjusted odds ratio": ratios(table, "adjusted"),
            "Caution": table["text"].fillna(""),
        }
    )
    # Firth's model has no crude ratios, and where all is well there is nothing to say.
    empty = [name for name, said in (("Crude odds ratio", "not shown"), ("Caution", "")) if found[name].eq(said).all()]
    return found.drop(columns=empty).rename(columns=renamed)


def ratios(table: pd.DataFrame, name: str) -> list[str]:
    """Odds ratios in words: "2.10 (1.40–3.15)"; one without limits is not shown."""
    return [
        f"{value:.2f} ({low:.2f}–{high:.2f})" if value == value and low == low else "not shown"
        for value, low, high in table[[name, f"{name}_low", f"{name}_high"]].astype(float).itertuples(index=False)
    ]


def percentage_points(effects: pd.DataFrame, ratios: pd.DataFrame) -> pd.DataFrame:
    """Average marginal effects in percentage points, of the levels whose odds ratio may be released.

    Parameters
    ----------
    effects : as `LogisticRegression.marginal_effects` gives them.
    ratios : of the same outcome and factors, as `releasable` gives them: what cannot be shown as an
        odds ratio cannot be shown in percentage points.
    """
    reason = ratios.set_index(["factor", "level"])["text"]
    reasons = reason.reindex(pd.MultiIndex.from_frame(effects[["factor", "level"]])).fillna("").to_numpy()
    few_asked = (effects["n"] < FEW).to_numpy() | np.array([each.startswith("suppressed") for each in reasons])
    kept = pd.Series(~few_asked & (reasons == "") & effects["low"].notna().to_numpy(), effects.index)
    points = (100 * effects[["effect", "low", "high"]]).where(kept, axis=0)
    shown = [f"{effect:+.1f} ({low:+.1f} to {high:+.1f})" for effect, low, high in points.itertuples(index=False)]
    return points.assign(
        group=effects["factor"].map(FACTORS),
        level=effects["level"],
        reference=effects["reference"],
        text=np.select([few_asked, ~kept], [SUPPRESSED, "not estimable"], shown).tolist(),
    )


def released_points(points: pd.DataFrame | NoResult, *, place: Area) -> pd.DataFrame | NoResult:
    """Percentage points as a page shows them: refused where none of them may be released."""
    return points if isinstance(points, NoResult) or points["effect"].notna().any() else none_shown(place, "change")


def changes(place: Area, fit: LogisticRegression | NoResult, points: pd.DataFrame | NoResult) -> Exhibit:
    """By how many percentage points child labour differs between levels of a factor, the others as they are."""
    limits = TEXT["changes_limits"].format(association=ASSOCIATION, leaves=LEAVES)
    more = "" if isinstance(fit, NoResult) else " ".join(cautious(fit.warnings))
    what = TEXT["what_goes_with_child_labour_2"]
    return of_survey(place, "risk_factors_changes", what, limits, points, more, release_class=ESTIMATE)


@unless_refused
def changes_figure(points: pd.DataFrame, section: Exhibit) -> Figure:
    """Percentage points with their limits, as a forest plot."""
    table = points.assign(
        label=points["level"].where(points["level"] != "yes", TEXT["yes_rather_than_no"]),
        reason=points["text"].where(points["effect"].isna(), ""),
    )
    return plots.forest(
        table, estimate="effect", group="group", reason="reason", xlabel=TEXT["changes_xlabel"], **section.frame
    )


@unless_refused
def changes_rows(points: pd.DataFrame) -> pd.DataFrame:
    """The same as people read it."""
    columns = {"group": "Factor", "level": "Level", "reference": "Compared with"}
    return points[[*columns, "text"]].rename(columns=columns | {"text": "Percentage points (95 % limits)"})


def enough_in_a_sector(place: Area, design: SurveyDesign, fewest: int = FEW) -> SurveyDesign:
    """Children at work, where in one sector enough of both nationalities do, before a model is fitted.

    Raises
    ------
    NotEstimable : in no sector so many Turkish and so many Syrian children work, or the sample was not drawn by chance.
    """
    design.require_probability("odds ratio")
    at = design.data[design.inside]
    sizes = at.groupby(["sector_group", "nationality"], observed=False).size().unstack()
    if not (sizes >= max(fewest, FEW)).all(axis=1).any():
        more = "" if place.is_study else TEXT["few_at_work_more"]
        raise NotEstimable("few_at_work", TEXT["few_at_work"].format(few=max(fewest, FEW), more=more))
    return design


Fits = Mapping[str, tuple[LogisticRegression | NoResult, LogisticRegression | NoResult]]


def by_sector(design: SurveyDesign | NoResult, fits: Fits, k: int = K) -> pd.DataFrame | NoResult:
    """The odds ratio of Syrian against Turkish children in each sector, from the main effect and the interaction.

    Parameters
    ----------
    fits : outcome -> the crude and the adjusted model of nationality crossed with sector.
    k : the smallest group of children that may be told; never fewer than in the protected tables.
    """
    if isinstance(design, NoResult):
        return design
    parts = []
    for outcome, (crude, adjusted) in fits.items():
        if isinstance(crude, NoResult) or isinstance(adjusted, NoResult):
            return crude if isinstance(crude, NoResult) else adjusted
        parts.append(_by_sector(design, outcome, (crude, adjusted), max(k, K)))
    return pd.concat(parts, ignore_index=True)


def _by_sector(
    design: SurveyDesign, outcome: str, models: tuple[LogisticRegression, LogisticRegression], k: int
) -> pd.DataFrame:
    data = design.data
    adjusted = models[1]
    rows = []
    for sector in SECTOR_GROUPS:
        here = design.inside & data["sector_group"].eq(sector).to_numpy() & data[outcome].notna().to_numpy()
        groups = [data.loc[here & data["nationality"].eq(level), outcome] for level in LEVELS["nationality"].values()]
        few_asked = min(map(len, groups)) < FEW
        few_concerned = any(min(said.sum(), (~said.astype(bool)).sum()) < k for said in groups)
        may_leave = disclosure.estimate_is_releasable(adjusted.n, len(adjusted.coefficients), k)
        row = {"group": HARMS[outcome], "label": sector, "reference": "Turkish", "n": np.nan, "events": np.nan}
        for kind, model in zip(("crude", "adjusted"), models, strict=True):
            chosen = ["nationality[Syrian]"] + (
                [] if sector == SECTOR_GROUPS[0] else [f"nationality[Syrian]:sector_group[{sector}]"]
            )
            value = model.contrast(dict.fromkeys(chosen, 1.0))
            row |= {kind: np.exp(value["estimate"]), f"{kind}_low": np.exp(value["low"])}
            row[f"{kind}_high"] = np.exp(value["high"])
        hidden = few_asked or few_concerned or not may_leave
        if hidden:
            row |= dict.fromkeys(RATIOS, np.nan)
        row |= {"text": FEW_CONCERNED if hidden else "", "cautions": " ".join(adjusted.warnings)}
        rows.append(row)
    return pd.DataFrame(rows)


def sectors(place: Area, fits: Fits, table: pd.DataFrame | NoResult) -> Exhibit:
    """Of children at work: whether being Syrian goes with harm in one sector more than in another."""
    what, name = TEXT["nationality_and_sector_together"], "risk_factors_sectors"
    if isinstance(table, NoResult):
        return of_survey(place, name, what, "", table, release_class=ESTIMATE)
    tested = []
    for outcome, (_, adjusted) in fits.items():
        assert isinstance(adjusted, LogisticRegression)
        p_value = adjusted.wald("nationality:sector_group").iloc[0]["p_value"]
        tested.append(TEXT["that_the_odds_ratio"].format(name=HARMS[outcome].capitalize(), p_value=p_value))
        warned = cautious(dict.fromkeys(adjusted.warnings))
    limits = sentences(*tested, TEXT["of_children_who_worked"], LEAVES, *warned)
    return of_survey(place, name, what, limits, table, release_class=ESTIMATE)


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


def releasable_odds_ratios(place: Area, outcome: str) -> pd.DataFrame | NoResult:
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
    may_leave = disclosure.estimate_is_releasable(size, len(table) + 1, max(k, K))
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
    may_leave = disclosure.estimate_is_releasable(model.n, len(model.coefficients), max(k, K))
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


take_names(__name__)
