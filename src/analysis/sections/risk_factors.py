"""Exhibits on risk factors: odds ratios, crude and adjusted; nationality and sector together; what is rare."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd

import disclosure
from analysis import plots, texts
from analysis.areas import Area
from analysis.sections.risk_odds_ratios import (
    FACTORS,
    FEW_CONCERNED,
    LEVELS,
    RATIOS,
    SECTOR_GROUPS,
    modelled,
    odds_ratios,
    odds_ratios_of_trafficking,
    with_factors,
)
from analysis.sections.risk_outcomes import at_work
from analysis.sections.risk_shares import Suppressed
from analysis.sections.risk_survey import (
    SUPPRESSED,
    design_of,
    in_words,
    of_nationalities,
    of_survey,
    or_refused,
    survey_footer,
    titled,
)
from analysis.sections.section import ESTIMATE, Section
from analysis.survey.counts import K
from survey_stats import FEW, LogisticRegression, SurveyDesign

TEXT = texts.of(__name__)

# Beside nationality and sector, in the models of children at work.
AT_WORK = ("debt_to_employer", "labour_intermediary", "separated")
ASSOCIATION = TEXT["association"]
OF_THE_RARE = TEXT["of_the_rare"]
HARMS = {"forced_labour": "forced labour", "hazardous_work": "hazardous work"}
LEAVES = TEXT["leaves"].format(k=K)


def exhibits(place: Area) -> list[Section]:
    """Odds ratios of child labour and of working, changes in percentage points, nationality by sector, what is rare."""
    return [
        or_refused(child_labour, place, "risk_factors_child_labour", TEXT["what_goes_with_child_labour"]),
        or_refused(working, place, "risk_factors_working", TEXT["what_goes_with_working"]),
        or_refused(changes, place, "risk_factors_changes", TEXT["what_goes_with_child_labour_2"]),
        or_refused(sectors, place, "risk_factors_sectors", TEXT["nationality_and_sector_together"]),
        or_refused(trafficking, place, "risk_factors_trafficking", TEXT["what_goes_with_trafficking"]),
    ]


def child_labour(place: Area) -> Section:
    """Crude and adjusted odds ratios of child labour, as a forest plot."""
    return _odds_ratios(place, "child_labour", TEXT["what_goes_with_child_labour"])


def working(place: Area) -> Section:
    """The same of working at all."""
    return _odds_ratios(place, "working", TEXT["what_goes_with_working"])


def _odds_ratios(place: Area, outcome: str, what: str) -> Section:
    table = odds_ratios(place, outcome)
    require_some(place, table)
    adjusted = TEXT["odds_ratios_adjusted"]
    cautions = cautious(filter(None, table["cautions"].unique()))
    limits = " ".join(dict.fromkeys([ASSOCIATION, adjusted, LEAVES, *cautions]))
    figure = plots.odds_ratios(table, title=titled(place, what), footer=survey_footer(place, limits))
    return of_survey(place, f"risk_factors_{outcome}", what, _printed(table), limits, figure, release_class=ESTIMATE)


def require_some(place: Area, table: pd.DataFrame) -> None:
    """Raise Suppressed where no odds ratio of a table may be shown."""
    if table[["crude", "adjusted"]].isna().all(axis=None):
        raise _none_shown(place, "odds ratio")


def _none_shown(place: Area, what: str) -> Suppressed:
    more = "" if place.is_study else TEXT["none_shown_more"]
    why = TEXT["none_shown_why"]
    return Suppressed("all_withheld", TEXT["no_can_be_shown"].format(what=what, why=why, more=more))


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
            "Caution": table["text"].fillna(""),
        }
    )
    return rows if rows["Caution"].ne("").any() else rows.drop(columns="Caution")


def ratios(table: pd.DataFrame, name: str) -> list[str]:
    """Odds ratios in words: "2.10 (1.40–3.15)"; one without limits is not shown."""
    return [
        f"{value:.2f} ({low:.2f}–{high:.2f})" if value == value and low == low else "not shown"
        for value, low, high in table[[name, f"{name}_low", f"{name}_high"]].astype(float).itertuples(index=False)
    ]


def changes(place: Area) -> Section:
    """By how many percentage points child labour differs between levels of a factor, the others as they are."""
    what = TEXT["what_goes_with_child_labour_2"]
    model = modelled(design_of(place)).logistic("child_labour", list(FACTORS))
    table = model.marginal_effects()
    limits = TEXT["changes_limits"].format(association=ASSOCIATION, leaves=LEAVES)
    # What cannot be shown as an odds ratio cannot be shown in percentage points.
    ratio = odds_ratios(place, "child_labour")
    reason = ratio.set_index(["factor", "level"])["text"]
    reasons = reason.reindex(pd.MultiIndex.from_frame(table[["factor", "level"]])).fillna("").to_numpy()
    few_asked = (table["n"] < FEW).to_numpy() | np.array([each.startswith("suppressed") for each in reasons])
    kept = pd.Series(~few_asked & (reasons == "") & table["low"].notna().to_numpy(), table.index)
    if not kept.any():
        raise _none_shown(place, "change")
    points = (100 * table[["effect", "low", "high"]]).where(kept, axis=0)
    shown = [f"{effect:+.1f} ({low:+.1f} to {high:+.1f})" for effect, low, high in points.itertuples(index=False)]
    text = np.select([few_asked, ~kept], [SUPPRESSED, "not estimable"], shown).tolist()
    label = table["level"].where(table["level"] != "yes", TEXT["yes_rather_than_no"])
    figure = plots.forest(
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
        xlabel=TEXT["changes_xlabel"],
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
    return of_survey(place, "risk_factors_changes", what, rows, limits, figure, release_class=ESTIMATE)


def sectors(place: Area) -> Section:
    """Of children at work: whether being Syrian goes with harm in one sector more than in another."""
    what = TEXT["nationality_and_sector_together"]
    design = with_factors(at_work(of_nationalities(design_of(place))))
    _require_sectors(place, design)
    parts, said = [], []
    both = "nationality*sector_group"
    for outcome, name in HARMS.items():
        crude = design.logistic(f"{outcome} ~ {both}", errors="jackknife")
        adjusted = design.logistic(f"{outcome} ~ {' + '.join((both, *AT_WORK))}", errors="jackknife")
        test = adjusted.wald("nationality:sector_group").iloc[0]
        said.append(TEXT["that_the_odds_ratio"].format(name=name.capitalize(), p_value=test["p_value"]))
        parts.append(_by_sector(design, outcome, name, crude, adjusted))
    table = pd.concat(parts, ignore_index=True)
    require_some(place, table)
    limits = " ".join(
        [
            *said,
            TEXT["of_children_who_worked"],
            LEAVES,
            *cautious(dict.fromkeys(adjusted.warnings)),
        ]
    )
    figure = plots.odds_ratios(table, title=titled(place, what), footer=survey_footer(place, limits))
    rows = _printed(table).rename(columns={"Factor": "Outcome", "Level": "Sector"})
    return of_survey(place, "risk_factors_sectors", what, rows, limits, figure, release_class=ESTIMATE)


def _require_sectors(place: Area, design: SurveyDesign) -> None:
    """Raise NotEstimable where in no sector enough children of both nationalities work, before a model is fitted."""
    design.require_probability("odds ratio")
    at = design.data[design.inside]
    sizes = at.groupby(["sector_group", "nationality"], observed=False).size().unstack()
    if not (sizes >= FEW).all(axis=1).any():
        raise Suppressed(
            "too_few_persons",
            f"In no sector were {FEW} Turkish and {FEW} Syrian children at work asked: how they compare is suppressed."
            + ("" if place.is_study else " The study as a whole may show it."),
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
            row |= dict.fromkeys(RATIOS, np.nan)
        row["text"] = FEW_CONCERNED if hidden else ""
        rows.append(row)
    return pd.DataFrame(rows)


def trafficking(place: Area) -> Section:
    """What goes with trafficking among those asked: too rare for the design's method, so by Firth's."""
    what = TEXT["what_goes_with_trafficking"]
    drawn_rows = odds_ratios_of_trafficking(place)
    require_some(place, drawn_rows)
    limits = f"{OF_THE_RARE} {ASSOCIATION} {LEAVES}"
    figure = plots.odds_ratios(drawn_rows, title=titled(place, what), footer=survey_footer(place, limits))
    rows = _printed(drawn_rows).drop(columns="Crude odds ratio")
    return of_survey(place, "risk_factors_trafficking", what, rows, limits, figure, release_class=ESTIMATE)
