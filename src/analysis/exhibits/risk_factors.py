"""Exhibits of risk factors: odds ratios, crude and adjusted; nationality and sector together; what is rare.

Factors are as the models take them. An odds ratio beside few children, which would show how many they are, is
suppressed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial

import numpy as np
import pandas as pd

import disclosure
from analysis import plots, texts
from analysis.areas import Area
from analysis.exhibits.any_place import take_names
from analysis.exhibits.attempt import NoResult
from analysis.exhibits.exhibit import ESTIMATE, Exhibit, absent, elsewhere, instead, only
from analysis.exhibits.plot import Plot
from analysis.exhibits.risk_survey import SUPPRESSED, in_words, of_survey, rounded
from analysis.exhibits.table import Table, Words
from analysis.exhibits.wording import sentences
from analysis.survey.counts import K
from bounded import intervals
from survey_stats import FEW, FirthLogistic, LogisticRegression, NotEstimable, SurveyDesign
from survey_stats.model_matrix import describe

ASSOCIATION = (
    "An association and no cause: a child is asked once, and school may be left for work as well as work begun after "
    "school."
)
OF_THE_RARE = (
    "Of those asked, unweighted, by Firth's penalised likelihood; who does not know a factor is left out. Children of "
    "one sampling unit count as independent, so that the limits are too narrow if they are alike."
)
GOES_WITH = {
    "child_labour": "what goes with child labour",
    "working": "what goes with working",
    "trafficked": "what goes with trafficking",
}
EXHIBITS = {
    "child_labour": "risk_factors_child_labour",
    "working": "risk_factors_working",
    "trafficked": "risk_factors_trafficking",
}
HARMS = {"forced_labour": "forced labour", "hazardous_work": "hazardous work"}
KINDS = {"adjusted": "adjusted odds ratio", "crude": "crude odds ratio"}


def odds_ratios(place: Area, outcome: str, ratios: pd.DataFrame | NoResult) -> Exhibit:
    """Return crude and adjusted odds ratios of an outcome; of trafficking, by Firth's method, adjusted ones alone.

    They are of a study. A province has for child labour a sentence in their place.

    Parameters
    ----------
    outcome : ``child_labour``, ``working`` or ``trafficked``.
    ratios : as `releasable` gives them, of trafficking as `releasable_firth`.
    """
    if not place.is_study and outcome == "child_labour":
        return instead(elsewhere(_of_all_provinces(place, ratios), "risk_factors", ESTIMATE))
    if not place.is_study:
        return absent(place, GOES_WITH[outcome], "comparison")
    return _of_ratios(place, EXHIBITS[outcome], GOES_WITH[outcome], partial(_limits_of_ratios, outcome), ratios)


def _limits_of_ratios(outcome: str, table: pd.DataFrame) -> str:
    if outcome == "trafficked":
        return f"{OF_THE_RARE} {ASSOCIATION} {_leaves(table)}"
    adjusted = "Adjusted for all factors shown; who does not know one of them is left out of that model."
    cautions = cautious(filter(None, table["cautions"].unique()))
    return " ".join(dict.fromkeys([ASSOCIATION, adjusted, _leaves(table), *cautions]))


def _leaves(table: pd.DataFrame) -> str:
    """The rule by which estimates of a model are released, with the smallest number of children of a table."""
    return (
        f"Estimates of a model are released only without levels with fewer than {table['k'].iloc[0]} children with or "
        "without the outcome, and without numbers of children, which are in the tables of shares."
    )


def _of_ratios(
    place: Area,
    name: str,
    what: str,
    limits: str | Callable[[pd.DataFrame], str],
    table: pd.DataFrame | NoResult,
    **renamed: str,
) -> Exhibit:
    """An exhibit of odds ratios, refused where none of them may be released; `renamed` as for `ratio_numbers`."""
    if not isinstance(table, NoResult) and table[["crude", "adjusted"]].isna().all(axis=None):
        table = _none_shown(place, "odds ratio")

    rows = partial(ratio_table, **renamed)
    return of_survey(place, name, what, limits, table, rows=rows, plot=_ratio_plot, release_class=ESTIMATE)


def _ratio_plot(table: pd.DataFrame) -> Plot:
    """Odds ratios with their limits, adjusted above crude."""
    headed = table["group"] + " (reference: " + table["reference"] + ")"
    careful = table.get("cautions", pd.Series("", table.index)).fillna("").ne("")
    kinds = ["adjusted", "crude"] if table["crude"].notna().any() else ["adjusted"]
    parts = []
    for kind in kinds:
        ends = {"ratio": table[kind], "low": table[f"{kind}_low"], "high": table[f"{kind}_high"]}
        hidden = table["text"].str.startswith(SUPPRESSED) | table[kind].isna()
        # A model of too few children for its terms leads astray: its ratios are hollow.
        part = table[["label", "confidence"]].assign(group=headed, careful=careful & (kind == "adjusted"), **ends)
        parts.append(part.assign(kind=KINDS[kind], reason=table["text"].where(hidden, ""), row=range(len(table))))
    return Plot(
        plots.forest,
        pd.concat(parts).sort_values("row", kind="stable"),
        estimate="ratio",
        series="kind",
        order=[KINDS[kind] for kind in kinds],
        group="group",
        reason="reason",
        hollow="careful",
        hollow_label="adjusted, of a model with a caution: see below",
        ratio=True,
        xlabel="lower odds ← odds ratio, each step the same ratio → higher odds",
    )


def _of_all_provinces(place: Area, ratios: pd.DataFrame | NoResult) -> str:
    """Return a sentence on the number of levels of factors for which the children of one area have an odds ratio."""
    own = f"The children asked in {place.name} are too few for an odds ratio of their own."
    if not isinstance(ratios, NoResult):
        own = (
            f"The children asked in {place.name} alone are enough for an odds ratio of "
            f"{int(ratios['adjusted'].notna().sum())} of {len(ratios)} levels of the factors."
        )
    return (
        "What goes with child labour, and in which sectors and forms children work, is estimated from all provinces "
        f"together. {own}"
    )


def cautious(warnings: Iterable[str]) -> list[str]:
    """Cautions of a method in words, without the numbers of children in them."""
    found = []
    for warning in warnings:
        text = re.sub(r"[\d,]+ respondents are (with|without) ('[^']*') for", r"Few children are \1 \2 for", warning)
        text = re.sub(r"\d+% of the population in question \(weighted\) are", "Part of the children are", text)
        found.append(in_words(text))
    return found


def ratio_numbers(table: pd.DataFrame, **renamed: str) -> pd.DataFrame:
    """Return odds ratios as a page prints them and its file has them, on the same rows; those without limits missing.

    Parameters
    ----------
    table : as `releasable` gives it. renamed : other names of the columns ``factor`` and ``level``.

    Returns
    -------
    DataFrame: factor, level, compared_with, crude and adjusted with _low and _high (to two digits), caution,
    confidence.
    """
    ratios: dict[str, pd.Series] = {}
    for kind in ("crude", "adjusted"):
        none = table[[kind, f"{kind}_low"]].isna().any(axis=1) | table["text"].fillna("").str.startswith(SUPPRESSED)
        ratios |= {name: rounded(table[name].astype(float).mask(none), 2) for name in RATIOS if name.startswith(kind)}
    names = {"group": "factor", "label": "level", "reference": "compared_with"}
    found = table[[*names]].rename(columns=names).rename(columns=renamed)
    return found.assign(**ratios, caution=table["text"].fillna(""), confidence=table["confidence"])


def ratio_table(table: pd.DataFrame, **renamed: str) -> Table:
    """Return odds ratios, with the reason where one is not shown; arguments as for `ratio_numbers`."""
    numbers = ratio_numbers(table, **renamed)
    page: dict[str, str | Words] = {column_heading(name): name for name in numbers.columns[:3]}
    # Firth's model has no crude ratios, and where all is well there is nothing to say.
    for kind in ("crude", "adjusted"):
        if kind == "adjusted" or numbers[kind].notna().any():
            page[f"{kind.capitalize()} odds ratio"] = Words(ratio_text, kind, f"{kind}_low", f"{kind}_high")
    page |= {"Caution": "caution"} if numbers["caution"].any() else {}
    return Table(numbers, page, also=("confidence",))


def column_heading(name: str) -> str:
    """Return the heading of a page for a column of a file: "Compared with"."""
    return name.capitalize().replace("_", " ")


def ratio_text(ratio: pd.Series, low: pd.Series, high: pd.Series) -> list[str]:
    """Odds ratios in words: "2.10 (1.40–3.15)"; one without limits is not shown."""
    return [
        f"{value:.2f} ({least:.2f}–{most:.2f})" if value == value and least == least else "not shown"
        for value, least, most in zip(*(ends.astype(float) for ends in (ratio, low, high)), strict=True)
    ]


def percentage_points(effects: pd.DataFrame, ratios: pd.DataFrame) -> pd.DataFrame:
    """Average marginal effects in percentage points, of the levels whose odds ratio may be released.

    Parameters
    ----------
    effects : as `LogisticRegression.marginal_effects` gives them.
    ratios : of the same outcome and factors, as `releasable` gives them: a level that cannot be shown as an
        odds ratio cannot be shown in percentage points.
    """
    reason = ratios.set_index(["factor", "level"])["text"]
    reasons = reason.reindex(pd.MultiIndex.from_frame(effects[["factor", "level"]])).fillna("").to_numpy()
    few_asked = (effects["n"] < FEW).to_numpy() | np.array([why.startswith(SUPPRESSED) for why in reasons])
    kept = pd.Series(~few_asked & (reasons == "") & effects["low"].notna().to_numpy(), effects.index)
    points = (100 * effects[["effect", "low", "high"]]).where(kept, axis=0)
    shown = [f"{effect:+.1f} ({low:+.1f} to {high:+.1f})" for effect, low, high in points.itertuples(index=False)]
    return points.assign(
        group=effects["factor"].map(FACTORS),
        level=effects["level"],
        reference=effects["reference"],
        text=np.select([few_asked, ~kept], [SUPPRESSED, "not estimable"], shown).tolist(),
        confidence=effects["confidence"],
        k=ratios["k"].iloc[0],
    )


@only("comparison", "child labour, in percentage points")
def changes(place: Area, fit: LogisticRegression | NoResult, points: pd.DataFrame | NoResult) -> Exhibit:
    """Return by how many percentage points child labour differs between levels of a factor, the others as they are.

    Parameters
    ----------
    fit : the model. points : as `percentage_points` gives them.
    """
    if not isinstance(points, NoResult) and points["effect"].isna().all():
        points = _none_shown(place, "change")
    return of_survey(
        place,
        "risk_factors_changes",
        "what goes with child labour, in percentage points",
        lambda found: (
            f"{ASSOCIATION} Averaged over all children of the model, as if only this factor were changed; errors are "
            "linearised, and slightly smaller than those of the odds ratios where numbers are small. "
            f"{_leaves(found)}"
        ),
        points,
        rows=points_table,
        plot=_points_plot,
        more="" if isinstance(fit, NoResult) else " ".join(cautious(fit.warnings)),
        release_class=ESTIMATE,
    )


def _points_plot(points: pd.DataFrame) -> Plot:
    """Percentage points with their limits, as a forest plot."""
    table = points.assign(
        label=points["level"].where(points["level"] != "yes", "yes rather than no"),
        reason=points["text"].where(points["effect"].isna(), ""),
    )
    xlabel = "percentage points of child labour"
    return Plot(plots.forest, table, estimate="effect", group="group", reason="reason", xlabel=xlabel)


def points_table(points: pd.DataFrame) -> pd.DataFrame:
    """Percentage points in words, as `percentage_points` gives them."""
    columns = {"group": "Factor", "level": "Level", "reference": "Compared with"}
    heading = f"Percentage points ({intervals.confidence_level(points)} limits)"
    return points[[*columns, "text"]].rename(columns=columns | {"text": heading})


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
        few = max(fewest, FEW)
        reason = (
            f"In no sector were {few} Turkish and {few} Syrian children at work asked: how they compare is suppressed."
        )
        raise NotEstimable(
            "few_at_work", sentences(reason, "" if place.is_study else "The study as a whole may show it.")
        )
    return design


Fits = Mapping[str, tuple[LogisticRegression | NoResult, LogisticRegression | NoResult]]


def by_sector(design: SurveyDesign | NoResult, fits: Fits, k: int = K) -> pd.DataFrame | NoResult:
    """The odds ratio of Syrian against Turkish children in each sector, from the main effect and the interaction.

    Parameters
    ----------
    fits : outcome -> the crude and the adjusted model of nationality crossed with sector.
    k : the smallest number of children that is released; never fewer than in the protected tables.
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
        few_concerned = any(min(yes.sum(), (~yes.astype(bool)).sum()) < k for yes in groups)
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
        row |= {"confidence": adjusted.confidence, "k": k}
        rows.append(row)
    return pd.DataFrame(rows)


@only("comparison", "nationality and sector together")
def sectors(place: Area, fits: Fits, table: pd.DataFrame | NoResult) -> Exhibit:
    """Return, of children at work, whether being Syrian goes with harm in one sector more than in another.

    Parameters
    ----------
    fits : as for `by_sector`. table : as `by_sector` gives it.
    """
    what, limits = "nationality and sector together", partial(_limits_of_sectors, fits)
    return _of_ratios(place, "risk_factors_sectors", what, limits, table, factor="outcome", level="sector")


def _limits_of_sectors(fits: Fits, table: pd.DataFrame) -> str:
    """The tests of the interaction, and the cautions of the adjusted models."""
    tested, warned = [], []
    for outcome, (_, adjusted) in fits.items():
        assert isinstance(adjusted, LogisticRegression)
        p = adjusted.wald("nationality:sector_group").iloc[0]["p_value"]
        harm = HARMS[outcome].capitalize()
        tested.append(f"{harm}: that the odds ratio is the same in all sectors has p = {p:.2f} (Wald).")
        warned = cautious(dict.fromkeys(adjusted.warnings))
    of_whom = (
        "Of children who worked in the last week. Adjusted for debt to an employer, a labour intermediary nearby and "
        "separation from parents."
    )
    return sentences(*tested, of_whom, _leaves(table), *warned)


# Factor -> its name; yes or no unless codes are listed.
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
    "debt_to_employer": "In debt to an employer",
}
# Below this many children with the outcome not even Firth's method says anything of six factors.
RAREST = 10
# Why a level has no odds ratio: a ratio beside few children would show how many they are. It stands without a number:
# that they are fewer than 25, less those of one nationality that are released, are fewer than 11 of the other.
FEW_CONCERNED = "suppressed: few children with or without it"
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


def _none_shown(place: Area, what: str) -> NoResult:
    """The reason where no number of a kind may be shown of an area."""
    reason = f"No {what} can be shown: every level has few children with or without the outcome, or no estimate."
    return NoResult(sentences(reason, "" if place.is_study else "The study as a whole may show some."), "all_withheld")


def releasable(design: SurveyDesign, outcome: str, table: pd.DataFrame, k: int = K) -> pd.DataFrame:
    """Odds ratios that may be released: none of few children, no number of children, no reason that reveals an answer.

    Parameters
    ----------
    design : the sample that the models were fitted to.
    table : as `survey_stats.crude_and_adjusted` gives it for the factors of the page.
    k : the smallest number of children that is released; never fewer than in the protected tables.

    Returns
    -------
    The rows with factors in words, `k`, `n` and `events` missing, and `text`: "suppressed: ..." where a level or its
    reference has fewer than `k` children with or without the outcome, in its own model or in that with all factors.
    """
    factors, k = list(dict.fromkeys(table["factor"])), max(k, K)
    allowed = _large_enough(design, outcome, factors, k)
    size = int((_known(design, outcome) & design.data[factors].notna().all(axis=1)).sum())
    may_leave = disclosure.estimate_is_releasable(size, len(table) + 1, k)
    text, hidden = [], []
    for row in table.to_dict("records"):
        enough = all((row["factor"], row[level]) in allowed for level in ("level", "reference"))
        reason = str(row["text"] or "")
        hidden.append(not (enough and may_leave) or reason.startswith(SUPPRESSED))
        # A reason of the method can give away how many the few are, and what they answered.
        text.append(FEW_CONCERNED if hidden[-1] else "not estimable" if reason else "")
    found = table.assign(group=table["factor"].map(RARE_NAMES), text=text, k=k)
    found[RATIOS] = found[RATIOS].astype(float).mask(pd.Series(hidden, found.index), axis=0)
    return found.assign(n=np.nan, events=np.nan)


def _known(design: SurveyDesign, outcome: str) -> pd.Series:
    return pd.Series(design.inside, design.data.index) & design.data[outcome].notna()


def _large_enough(design: SurveyDesign, outcome: str, factors: list[str], k: int) -> set[tuple[str, str]]:
    """Levels of factors with enough children with the outcome, and without it, in either of their models."""
    data, known = design.data, _known(design, outcome)
    everything = known & data[factors].notna().all(axis=1)
    found = set()
    for factor in factors:
        levels = data[factor].astype(object).map(lambda value: {True: "yes", False: "no"}.get(value, value))
        for level in levels.dropna().unique():
            answers = [data.loc[here & levels.eq(level), outcome].astype(bool) for here in (known, everything)]
            if all(min(yes.sum(), (~yes).sum()) >= k for yes in answers):
                found.add((factor, str(level)))
    return found


def trafficked_enough(place: Area, design: SurveyDesign, fewest: int = RAREST) -> pd.DataFrame:
    """Return the children asked, where enough of them were trafficked by act and purpose for a model.

    Raises
    ------
    NotEstimable : fewer were, or the sample was not drawn by chance.
    """
    design.require_probability("odds ratio")
    respondents = design.data[design.inside]
    if int(respondents["trafficked"].sum()) < max(fewest, RAREST):
        larger = "A" if place.is_study else "The study as a whole, or a"
        raise NotEstimable(
            "few_trafficked",
            "Too few of the children asked were trafficked by act and purpose to say what goes with it. "
            f"{larger} larger sample would help; the case records show who is detected.",
        )
    return respondents


def releasable_firth(design: SurveyDesign, model: FirthLogistic, k: int = K) -> pd.DataFrame:
    """Odds ratios by Firth's method that may be released, in the columns of `releasable`; none is crude.

    Parameters
    ----------
    design : the sample whose domain the model was fitted to.
    k : as for `releasable`.
    """
    coefficients, k = model.coefficients[1:], max(k, K)
    table = coefficients.merge(describe(coefficients["term"], design.data[design.inside]), on="term")
    allowed = _large_enough(design, model.outcome, list(dict.fromkeys(table["factor"])), k)
    may_leave = disclosure.estimate_is_releasable(model.n, len(model.coefficients), k)
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
            confidence=model.confidence,
            k=k,
            **dict.fromkeys(("crude", "crude_low", "crude_high", "n", "events"), np.nan),
        )
        .rename(columns=dict(zip(ends, RATIOS[3:], strict=True)))
    )


take_names(__name__)
